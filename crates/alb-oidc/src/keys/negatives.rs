//! What is known to fail: key ids that are unknown or could not be had, and for how long that is
//! believed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::Backoff;
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
    backoff: Backoff,
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
        let left = negative.backoff.left(now)?;
        Some((negative.failure, left))
    }

    /// Whether it has failed within the last minute or so.
    pub(crate) fn is_recent(&self, request: KeyRequest, now: Instant) -> bool {
        let negative = self.entries.get(&request);
        negative.is_some_and(|negative| negative.backoff.is_recent(now))
    }

    /// Remembers a failure of a flight that `began` then, and gives for how long. `random` is any
    /// number.
    pub(crate) fn remember(
        &mut self,
        request: KeyRequest,
        failure: Failure,
        began: Instant,
        now: Instant,
        random: u64,
    ) -> Duration {
        let asked_for = match failure {
            Failure::NoRuntime => return self.settings.min_backoff,
            Failure::Absent(_) => Duration::ZERO,
            Failure::Fetch { retry_after, .. } => retry_after.unwrap_or_default(),
        };
        let previous = self.entries.get(&request);
        let previous = previous.map(|negative| negative.backoff);
        let backoff = Backoff::after(previous, asked_for, began, now, random, &self.settings);
        self.make_room(now);
        self.entries.insert(request, Negative { failure, backoff });
        backoff.until() - now
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
        self.entries
            .retain(|_, negative| negative.backoff.is_recent(now));
        let soonest = self
            .entries
            .iter()
            .min_by_key(|(_, negative)| negative.backoff.until());
        if let Some(request) = soonest.map(|(request, _)| *request)
            && is_full(&self.entries)
        {
            self.entries.remove(&request);
        }
    }
}
