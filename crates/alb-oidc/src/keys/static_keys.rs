//! Keys that are given, not fetched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::{KeyLookup, KeyRequest, KeySource};
use crate::error::{ConfigError, KeyError};
use crate::jose::KeyId;
use crate::signature::{CryptoBackend, PublicKey};

/// A fixed set of keys, for tests and for networks without a way to a key endpoint.
///
/// The set is taken to be complete: a key id that it lacks is unknown, which is a 401. Keys rotate
/// without notice, so somebody has to keep it up to date.
#[derive(Clone, Debug, Default)]
pub struct StaticKeys(HashMap<KeyId, Arc<PublicKey>>);

impl StaticKeys {
    /// The keys in these PEM texts, each as a key endpoint serves it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::PublicKey`] if a text is not one key; [`ConfigError::KeyTwice`] if an id is
    /// there with two different keys.
    pub fn from_pems<P: AsRef<[u8]>>(
        pems: impl IntoIterator<Item = (KeyId, P)>,
        backend: CryptoBackend,
    ) -> Result<Self, ConfigError> {
        let mut keys = HashMap::new();
        for (key_id, pem) in pems {
            let key = Arc::new(PublicKey::from_pem(pem.as_ref(), backend)?);
            match keys.entry(key_id) {
                Entry::Vacant(vacant) => drop(vacant.insert(key)),
                Entry::Occupied(other) if *other.get() == key => {}
                Entry::Occupied(_) => return Err(ConfigError::KeyTwice(key_id)),
            }
        }
        Ok(Self(keys))
    }
}

impl KeySource for StaticKeys {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        let key = self.0.get(&request.key_id());
        KeyLookup::Ready(key.cloned().ok_or(KeyError::Unknown))
    }
}
