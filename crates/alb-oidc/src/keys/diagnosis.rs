//! Whether keys can be had, for a person who wants to know.

use std::fmt;

use super::{KeyLookup, KeyRequest, KeySource as _, KeyStore};
use crate::arn::Region;
use crate::error::{FetchError, KeyError};
use crate::jose::KeyId;

/// Whether the keys of one region can be had now. [`Display`](fmt::Display) says it in a line.
///
/// For a status page, a command or an alarm. Not for a readiness probe: keys that are held go on
/// verifying while the endpoint is down, and an outage of it must not take every target out of
/// service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyDiagnosis {
    /// The region.
    pub region: Region,
    /// The base URL that its keys are fetched from.
    pub url: String,
    /// How many of its keys are held.
    pub held_keys: usize,
    /// What its endpoint says when it is asked for a key that does not exist.
    pub endpoint: EndpointState,
}

/// What a key endpoint says when it is asked for a key that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointState {
    /// That there is no such key, and it has served others.
    Serves,
    /// That there is no such key. It has not served any yet, so it could as well be a proxy or
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
                region,
                // The regions of a policy were checked when it was built.
                url: store.endpoints().base(region).unwrap_or_default(),
                held_keys: store.held_keys(region),
                endpoint: match answer {
                    // Somebody's idea of a key with that id. It does serve keys.
                    Ok(_) | Err(KeyError::Unknown) => EndpointState::Serves,
                    Err(KeyError::Fetch {
                        error: FetchError::Status(status @ (403 | 404 | 410)),
                        ..
                    }) => EndpointState::Answers { status },
                    Err(error) => EndpointState::Unavailable(error),
                },
            }
        }
    }
}

impl fmt::Display for KeyDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            region,
            url,
            held_keys,
            endpoint,
        } = self;
        write!(f, "{region}: {held_keys} keys are held; {url} ")?;
        match endpoint {
            EndpointState::Serves => f.write_str("serves keys"),
            EndpointState::Answers { status } => {
                write!(f, "answers with {status}, and has served no key yet")
            }
            EndpointState::Unavailable(error) => write!(f, "is of no use now: {error}"),
        }
    }
}
