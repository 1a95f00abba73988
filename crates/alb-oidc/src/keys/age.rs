//! How old something is that was fetched, and what follows from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::KeyStoreSettings;

/// When something was fetched, and when it is to be fetched again.
#[derive(Debug)]
pub(crate) struct Age {
    fetched_at: Instant,
    /// The end of the soft lifetime.
    fresh_until: Instant,
    /// Milliseconds after `fetched_at` before which no refresh is tried.
    refresh_after: AtomicU64,
}

/// What an age says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    /// Served, and to be refreshed by whoever is told this. Told to one caller an interval.
    RefreshDue,
    Expired,
}

impl Age {
    pub(crate) fn new(now: Instant, settings: &KeyStoreSettings) -> Self {
        Self {
            fetched_at: now,
            fresh_until: now + settings.soft_lifetime,
            refresh_after: AtomicU64::new(millis(settings.soft_lifetime)),
        }
    }

    pub(crate) const fn fetched_at(&self) -> Instant {
        self.fetched_at
    }

    pub(crate) fn at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.fetched_at)
    }

    pub(crate) fn is_expired(&self, now: Instant, settings: &KeyStoreSettings) -> bool {
        self.at(now) >= settings.hard_lifetime
    }

    /// Asking may change the answer: the refresh that it tells of is the caller's to begin.
    #[inline]
    pub(crate) fn freshness(&self, now: Instant, settings: &KeyStoreSettings) -> Freshness {
        if now < self.fresh_until {
            Freshness::Fresh
        } else {
            self.freshness_past_soft_lifetime(now, settings)
        }
    }

    #[cold]
    fn freshness_past_soft_lifetime(&self, now: Instant, settings: &KeyStoreSettings) -> Freshness {
        if self.is_expired(now, settings) {
            return Freshness::Expired;
        }
        let due = self.refresh_after.load(Ordering::Relaxed);
        let age = millis(self.at(now));
        let next = age.saturating_add(millis(settings.refresh_interval));
        let claimed = age >= due
            && self
                .refresh_after
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if claimed {
            Freshness::RefreshDue
        } else {
            Freshness::Fresh
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
