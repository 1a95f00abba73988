//! Whether keys can be had, for a person who wants to know.

use std::fmt;

use super::store::is_absence;
use super::{KeyLookup, KeyRequest, KeySource as _, KeyStore};
use crate::arn::Region;
use crate::error::{FetchError, KeyError};
use crate::jose::KeyId;
use crate::policy::Issuer;

/// Whether the keys of one owner can be had now. [`Display`](fmt::Display) says it in a line.
///
/// For a status page, a command or an alarm. Not for a readiness probe: keys that are held go on
/// verifying while the endpoint is down, and an outage of it must not take every target out of
/// service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyDiagnosis {
    /// Whose keys they are.
    pub owner: KeyOwner,
    /// Where they are fetched from: the base URL of a region's endpoint, or the URL of an issuer's
    /// set.
    pub url: String,
    /// How many of them are held.
    pub held_keys: usize,
    /// What the endpoint says.
    pub endpoint: EndpointState,
}

/// Who signs with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyOwner {
    /// The load balancers of a region, of which the policy trusts some.
    LoadBalancers(Region),
    /// The issuer of access tokens that are verified (feature `access-token`).
    Issuer(Issuer),
}

impl fmt::Display for KeyOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoadBalancers(region) => region.fmt(f),
            Self::Issuer(issuer) => issuer.fmt(f),
        }
    }
}

/// What an endpoint says when a region's is asked for a key that does not exist, and an issuer's for
/// its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointState {
    /// That there is no such key, and it has served others; or it served the set.
    Serves,
    /// A region's: that there is no such key. It has not served any yet, so it could as well be a proxy or
    /// another server that says so.
    Answers {
        /// The status: 403, 404 or 410.
        status: u16,
    },
    /// Nothing of use.
    Unavailable(KeyError),
}

impl KeyDiagnosis {
    /// Whether the endpoint answers as one of keys does. Until it has served one
    /// ([`EndpointState::Serves`]), that may be another server at a wrong URL.
    #[must_use]
    pub const fn answers(&self) -> bool {
        match self.endpoint {
            EndpointState::Serves | EndpointState::Answers { .. } => true,
            EndpointState::Unavailable(_) => false,
        }
    }
}

impl KeyStore {
    /// Asks the region's endpoint for a key that does not exist: the one whose id is all zeros.
    ///
    /// This is a fetch like any other. It takes up to the [flight's
    /// deadline](super::KeyStoreSettings::flight_timeout), counts against the budget, is shared by
    /// all who ask at the same time, and its result is believed for some seconds: asking often, or
    /// letting others ask, does not load the endpoint.
    pub fn diagnose(&self, region: Region) -> impl Future<Output = KeyDiagnosis> + Send + 'static {
        let lookup = self.key(KeyRequest::new(region, KeyId::from_bytes([0; 16])));
        let store = self.clone();
        async move {
            let answer = match lookup {
                KeyLookup::Ready(answer) => answer,
                KeyLookup::Pending(answer) => answer.await,
            };
            KeyDiagnosis {
                owner: KeyOwner::LoadBalancers(region),
                // The regions of a policy were checked when it was built.
                url: store.endpoints().base(region).unwrap_or_default(),
                held_keys: store.held_keys(region),
                endpoint: match answer {
                    // Somebody's idea of a key with that id. It does serve keys.
                    Ok(_) | Err(KeyError::Unknown) => EndpointState::Serves,
                    Err(KeyError::Fetch {
                        error: FetchError::Status(status),
                        ..
                    }) if is_absence(status) => EndpointState::Answers { status },
                    Err(error) => EndpointState::Unavailable(error),
                },
            }
        }
    }
}

impl fmt::Display for KeyDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            owner,
            url,
            held_keys,
            endpoint,
        } = self;
        write!(f, "{owner}: {held_keys} keys are held; {url} ")?;
        match endpoint {
            EndpointState::Serves => f.write_str("serves keys"),
            EndpointState::Answers { status } => {
                write!(f, "answers with {status}, and has served no key yet")
            }
            EndpointState::Unavailable(error) => write!(f, "is of no use now: {error}"),
        }
    }
}
