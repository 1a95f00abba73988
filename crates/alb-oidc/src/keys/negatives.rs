//! What is known to fail: key ids that are unknown or could not be had, and for how long that is
//! believed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{KeyRequest, KeyStoreSettings};
use crate::error::{FetchError, KeyError};

/// How one fetch failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 403, 404 or 410: there is no such key, if the endpoint is what it should be.
    Absent(u16),
    /// Anything else.
    Fetch {
        error: FetchError,
        retry_after: Option<Duration>,
    },
    /// There is no runtime to fetch in. Says nothing about the endpoint.
    NoRuntime,
}

impl Failure {
    /// One of a closed set of labels.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Absent(_) => KeyError::Unknown.reason(),
            Self::Fetch { error, .. } => error.reason(),
            Self::NoRuntime => KeyError::NoRuntime.reason(),
        }
    }
}

/// Failures, each with a backoff that doubles while it goes on.
#[derive(Debug)]
pub(crate) struct Negatives {
    settings: Arc<KeyStoreSettings>,
    entries: HashMap<KeyRequest, Negative>,
}

#[derive(Clone, Copy, Debug)]
struct Negative {
    failure: Failure,
    until: Instant,
    /// When the backoff starts over.
    forget_at: Instant,
    step: u32,
}

impl Negatives {
    pub(crate) fn new(settings: Arc<KeyStoreSettings>) -> Self {
        Self {
            settings,
            entries: HashMap::new(),
        }
    }

    /// The failure that a request for this key is answered with at once, and for how much longer.
    pub(crate) fn current(&self, request: KeyRequest, now: Instant) -> Option<(Failure, Duration)> {
        let negative = self.entries.get(&request)?;
        (now < negative.until).then(|| (negative.failure, negative.until - now))
    }

    /// Whether it has failed within the last minute or so.
    pub(crate) fn is_recent(&self, request: KeyRequest, now: Instant) -> bool {
        let negative = self.entries.get(&request);
        negative.is_some_and(|negative| now < negative.forget_at)
    }

    /// Remembers a failure of a flight that `began` then, and gives for how long. `random` is any
    /// number.
    ///
    /// The time of the flight counts, so that an endpoint that hangs is asked as often as one that
    /// answers.
    pub(crate) fn remember(
        &mut self,
        request: KeyRequest,
        failure: Failure,
        began: Instant,
        now: Instant,
        random: u64,
    ) -> Duration {
        let (min, max) = (self.settings.min_backoff, self.settings.max_backoff);
        let asked_for = match failure {
            Failure::NoRuntime => return min,
            Failure::Absent(_) => Duration::ZERO,
            Failure::Fetch { retry_after, .. } => retry_after.unwrap_or_default(),
        };
        let step = match self.entries.get(&request) {
            Some(negative) if now < negative.forget_at => negative.step.saturating_add(1),
            _ => 0,
        };
        let doubled = min.saturating_mul(1_u32.checked_shl(step).unwrap_or(u32::MAX));
        // Upwards only, by at most an eighth, so that neither replicas nor ids stay in step.
        let jitter = u32::try_from(random % 1024).unwrap_or_default();
        let jittered = |pause: Duration| pause + pause / 8 * jitter / 1024;
        let backoff = jittered(doubled.max(asked_for).min(max));
        let until = (began + backoff).max(now + jittered(asked_for.clamp(min, max)));
        self.make_room(now);
        self.entries.insert(
            request,
            Negative {
                failure,
                until,
                forget_at: until + FORGET_AFTER,
                step,
            },
        );
        until - now
    }

    pub(crate) fn remove(&mut self, request: KeyRequest) {
        self.entries.remove(&request);
    }

    pub(crate) fn forget(&mut self, forget: impl Fn(&KeyRequest) -> bool) {
        self.entries.retain(|request, _| !forget(request));
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn make_room(&mut self, now: Instant) {
        let is_full = |entries: &HashMap<_, _>| entries.len() >= self.settings.max_negative;
        if !is_full(&self.entries) {
            return;
        }
        self.entries.retain(|_, negative| now < negative.forget_at);
        let soonest = self
            .entries
            .iter()
            .min_by_key(|(_, negative)| negative.until);
        if let Some(request) = soonest.map(|(request, _)| *request)
            && is_full(&self.entries)
        {
            self.entries.remove(&request);
        }
    }
}

/// An id that has not been asked for in a minute starts over with the shortest backoff.
const FORGET_AFTER: Duration = Duration::from_secs(60);
