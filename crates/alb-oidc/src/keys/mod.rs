//! Where public keys come from.

mod age;
mod backoff;
mod budget;
mod diagnosis;
mod endpoint;
mod entries;
mod fetcher;
mod flights;
#[cfg(feature = "http-client")]
mod http;
#[cfg(feature = "access-token")]
mod jwk;
#[cfg(feature = "access-token")]
mod jwks;
mod negatives;
mod runtime;
mod settings;
mod static_keys;
mod store;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::arn::Region;
use crate::error::KeyError;
use crate::jose::KeyId;
use crate::signature::PublicKey;

pub use diagnosis::{EndpointState, KeyDiagnosis, KeyOwner};
pub(crate) use endpoint::{KeyEndpoints, is_acceptable_base};
pub use endpoint::{KeyUrl, plain_http_key_url};
pub use fetcher::{FetchFuture, KeyFetcher, KeyResponse};
#[cfg(feature = "http-client")]
pub use http::{HttpFetcher, HttpFetcherBuilder};
#[cfg(feature = "access-token")]
pub(crate) use jwk::{Jwk, JwkSet, SignatureAlgorithm};
#[cfg(feature = "access-token")]
pub(crate) use jwks::{JwkFuture, JwkLookup, JwksStore, WantedJwk};
pub use settings::KeyStoreSettings;
pub use static_keys::StaticKeys;
pub use store::{KeyStore, KeyStoreBuilder, KeyStoreStats};

/// Gives the key that an admitted token names.
///
/// [`KeyStore`] fetches and caches; [`StaticKeys`] holds what it was given. To bring another
/// transport, implement [`KeyFetcher`] and keep the store.
pub trait KeySource: fmt::Debug + Send + Sync + 'static {
    /// Looks the key up. Must not block: what takes time is [`Pending`](KeyLookup::Pending).
    ///
    /// Give the same [`Arc`] each time, not a key that is read anew: it remembers what it has
    /// verified, and has multiples of it computed once it is in use
    /// (`CryptoBackend::P256Tables`).
    fn key(&self, request: KeyRequest) -> KeyLookup;
}

impl<S: KeySource + ?Sized> KeySource for Arc<S> {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        (**self).key(request)
    }
}

/// Which key is asked for. [`AdmittedToken::key_request`](crate::AdmittedToken::key_request) alone
/// gives one out, so that no key is looked up for a token that does not name a trusted signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyRequest {
    // First, for it tells nearly all of them apart.
    key_id: KeyId,
    region: Region,
}

impl KeyRequest {
    pub(crate) const fn new(region: Region, key_id: KeyId) -> Self {
        Self { key_id, region }
    }

    /// The region of the trusted rule's load balancer.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }

    /// The key id that the token names.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }
}

/// What a lookup gives: an answer at once, or one to wait for. There is no third.
#[must_use]
pub enum KeyLookup {
    /// The answer is known.
    Ready(Result<Arc<PublicKey>, KeyError>),
    /// The answer has to be fetched.
    Pending(KeyFuture),
}

impl fmt::Debug for KeyLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(answer) => f.debug_tuple("Ready").field(answer).finish(),
            Self::Pending(_) => f.write_str("Pending(…)"),
        }
    }
}

/// A key to wait for. Dropping it abandons the wait and nothing else.
pub type KeyFuture = Pin<Box<dyn Future<Output = Result<Arc<PublicKey>, KeyError>> + Send>>;
