//! The keys that are held: what a hit reads.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::age::{Age, Freshness};
use super::{KeyRequest, KeyStoreSettings};
use crate::arn::Region;
use crate::signature::PublicKey;

/// An immutable snapshot of all keys; a change makes another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries(HashMap<Name, Arc<Entry>, BuildHasherDefault<IdBytes>>);

/// What a key is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name(KeyRequest);

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0.key_id().as_bytes());
    }
}

/// Takes an id's last bytes for a hash, for they are random. Where they are not, keys are looked at
/// one after the other: there are as few as the bounds say, and who asks for one puts none here.
#[derive(Default)]
struct IdBytes(u64);

impl Hasher for IdBytes {
    fn write(&mut self, id: &[u8]) {
        if let Some(bytes) = id.last_chunk() {
            self.0 = u64::from_be_bytes(*bytes);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// One key, and when it was fetched.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Arc<PublicKey>,
    age: Age,
    absences: Mutex<Absences>,
}

/// How often in a row the endpoint has said that there is no such key, and when first and last.
#[derive(Clone, Copy, Debug, Default)]
struct Absences {
    count: u32,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Entry {
    fn new(key: Arc<PublicKey>, now: Instant, settings: &KeyStoreSettings) -> Self {
        Self {
            key,
            age: Age::new(now, settings),
            absences: Mutex::default(),
        }
    }

    /// Whether it may be served, and whether whoever asks is to refresh it, as
    /// [`Age::freshness`].
    pub(crate) fn freshness(&self, now: Instant, settings: &KeyStoreSettings) -> Freshness {
        match self.has_failed_to_prove_itself(now, settings) {
            true => Freshness::Expired,
            false => self.age.freshness(now, settings),
        }
    }

    /// Whether it may not be served.
    pub(crate) fn is_expired(&self, now: Instant, settings: &KeyStoreSettings) -> bool {
        self.has_failed_to_prove_itself(now, settings) || self.age.is_expired(now, settings)
    }

    /// A good key proves itself at once. This one may be another than the endpoint meant to serve.
    fn has_failed_to_prove_itself(&self, now: Instant, settings: &KeyStoreSettings) -> bool {
        !self.key.is_proven() && self.age.at(now) >= settings.refresh_interval
    }

    /// Notes that the endpoint says there is no such key; `true` once that is to be believed: it
    /// has said so three times, each at least a refresh interval after the one before, and
    /// `served_at` shows that it has served another key meanwhile. If it serves none at all, that
    /// is an outage, whatever it says.
    pub(crate) fn note_absence(
        &self,
        served_at: Option<Instant>,
        now: Instant,
        settings: &KeyStoreSettings,
    ) -> bool {
        let mut absences = self.absences.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *absences.first.get_or_insert(now);
        let counts = absences
            .last
            .is_none_or(|last| now.saturating_duration_since(last) >= settings.refresh_interval);
        if counts {
            absences.count += 1;
            absences.last = Some(now);
        }
        absences.count >= ABSENCES_BELIEVED && served_at.is_some_and(|served| served > first)
    }
}

impl Entries {
    pub(crate) fn get(&self, request: &KeyRequest) -> Option<&Arc<Entry>> {
        self.0.get(&Name(*request))
    }

    /// These keys and one more, within the bounds: the oldest unproven key goes first, and a proven
    /// one never for an unproven one.
    ///
    /// Keys prove themselves in place, so until the next one comes there may be more proven keys
    /// than their bound, but never more keys than both bounds together.
    ///
    /// What has expired long ago goes too. Not at once: whoever asks for an expired key that is
    /// proven, and held, needs no place in the budget for unknown ids.
    pub(crate) fn with(
        &self,
        request: KeyRequest,
        key: Arc<PublicKey>,
        now: Instant,
        settings: &KeyStoreSettings,
    ) -> Self {
        let mut entries = self.0.clone();
        let is_proven = key.is_proven();
        entries.insert(Name(request), Arc::new(Entry::new(key, now, settings)));
        let kept_for = settings.hard_lifetime.saturating_mul(LIFETIMES_KEPT);
        entries.retain(|_, entry| entry.age.at(now) < kept_for);
        for (proven, max) in [
            (false, settings.max_unproven_keys),
            (true, settings.max_proven_keys),
        ] {
            let of_this_kind = || {
                entries
                    .iter()
                    .filter(|(other, entry)| entry.key.is_proven() == proven && other.0 != request)
            };
            // The new one must not be the one to go.
            let room = max.saturating_sub(usize::from(is_proven == proven));
            let excess = of_this_kind().count().saturating_sub(room);
            let mut oldest: Vec<_> = of_this_kind()
                .map(|(Name(request), entry)| (entry.age.fetched_at(), *request))
                .collect();
            oldest.sort();
            for (_, request) in oldest.into_iter().take(excess) {
                entries.remove(&Name(request));
            }
        }
        Self(entries)
    }

    pub(crate) fn without(&self, remove: impl Fn(&KeyRequest) -> bool) -> Self {
        let kept = self.0.iter().filter(|(name, _)| !remove(&name.0));
        Self(kept.map(|(name, entry)| (*name, entry.clone())).collect())
    }

    pub(crate) fn count_in(&self, region: Region) -> usize {
        self.regions().filter(|other| *other == region).count()
    }

    pub(crate) fn regions(&self) -> impl Iterator<Item = Region> {
        self.0.keys().map(|Name(request)| request.region())
    }

    pub(crate) fn count(&self, proven: bool) -> usize {
        let entries = self.0.values();
        entries
            .filter(|entry| entry.key.is_proven() == proven)
            .count()
    }
}

const ABSENCES_BELIEVED: u32 = 3;
const LIFETIMES_KEPT: u32 = 2;
