//! Codes, sessions and refresh tokens: kept for a while, and never more than so
//! many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alb_oidc::UnixTime;

/// Values under unguessable names, each of which expires.
#[derive(Debug)]
pub(crate) struct Store<V> {
    entries: Mutex<HashMap<String, (UnixTime, V)>>,
    lifetime: Duration,
}

impl<V: Clone> Store<V> {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self {
            entries: Mutex::default(),
            lifetime,
        }
    }

    /// Keeps `value`. The oldest makes room if there are too many.
    pub(crate) fn insert(&self, name: String, value: V, now: UnixTime) {
        let mut entries = self.lock();
        entries.retain(|_, (expires_at, _)| *expires_at > now);
        if entries.len() >= MAX_ENTRIES {
            let oldest = entries
                .iter()
                .min_by_key(|(_, (expires_at, _))| *expires_at)
                .map(|(name, _)| name.clone());
            if let Some(oldest) = oldest {
                entries.remove(&oldest);
            }
        }
        entries.insert(name, (now.saturating_add(self.lifetime), value));
    }

    pub(crate) fn get(&self, name: &str, now: UnixTime) -> Option<V> {
        self.lock()
            .get(name)
            .filter(|(expires_at, _)| *expires_at > now)
            .map(|(_, value)| value.clone())
    }

    /// The value, which is gone from now on.
    pub(crate) fn take(&self, name: &str, now: UnixTime) -> Option<V> {
        self.lock()
            .remove(name)
            .filter(|(expires_at, _)| *expires_at > now)
            .map(|(_, value)| value)
    }

    pub(crate) fn remove_where(&self, unwanted: impl Fn(&V) -> bool) {
        self.lock().retain(|_, (_, value)| !unwanted(value));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (UnixTime, V)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const MAX_ENTRIES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_secs(seconds)
    }

    #[test]
    fn a_value_is_there_until_it_expires_or_is_taken() {
        let store = Store::new(Duration::from_secs(10));
        store.insert("a".to_owned(), 1, at(0));

        assert_eq!(store.get("a", at(9)), Some(1));
        assert_eq!(store.get("a", at(10)), None);
        assert_eq!(store.take("a", at(9)), Some(1));
        assert_eq!(store.take("a", at(9)), None);
    }

    #[test]
    fn the_oldest_makes_room() {
        let store = Store::new(Duration::from_secs(100_000));
        for index in 0..=MAX_ENTRIES {
            store.insert(index.to_string(), index, at(index as u64));
        }

        assert_eq!(store.get("0", at(0)), None);
        assert_eq!(store.get("1", at(0)), Some(1));
    }
}
