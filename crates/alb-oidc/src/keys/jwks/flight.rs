//! The one fetch of a key set that there may be at a time.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::super::KeyStoreSettings;
use super::super::backoff::Backoff;
use super::super::flights::GRACE;
use super::Held;
use crate::error::{FetchError, KeyError};

/// Whether a set is being fetched, and what is known to have failed.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) flight: Option<Flight>,
    pub(super) failure: Option<(FetchError, Backoff)>,
    counter: u64,
    randomness: RandomState,
}

#[derive(Debug)]
pub(super) struct Flight {
    pub(super) attempt: u64,
    began: Instant,
    pub(super) deadline: Instant,
    pub(super) outcome: watch::Sender<Option<Outcome>>,
}

pub(super) type Outcome = Result<Arc<Held>, KeyError>;

/// What is to be done once the lock is let go.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) errand: Option<Errand>,
    pub(super) landed: Option<(watch::Sender<Option<Outcome>>, Outcome)>,
    pub(super) is_runtime_lost: bool,
}

/// One flight to be flown.
#[derive(Clone, Copy)]
pub(super) struct Errand {
    pub(super) attempt: u64,
    pub(super) deadline: Instant,
    pub(super) may_retry: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    /// `None` if there is no runtime to fetch in, which says nothing about the endpoint.
    pub(super) error: Option<FetchError>,
    pub(super) retry_after: Option<Duration>,
}

impl Failure {
    pub(super) const NO_RUNTIME: Self = Self {
        error: None,
        retry_after: None,
    };

    pub(super) const fn of(error: FetchError) -> Self {
        Self {
            error: Some(error),
            retry_after: None,
        }
    }

    pub(super) fn reason(&self) -> &'static str {
        self.error.map_or("no-runtime", |error| error.reason())
    }
}

impl State {
    /// Begins a flight, unless one is under way or the endpoint is known to fail.
    pub(super) fn begin(
        &mut self,
        now: Instant,
        settings: &KeyStoreSettings,
        effects: &mut Effects,
    ) {
        self.give_up_overdue(now, settings, effects);
        if self.flight.is_some() || self.failing(now).is_some() {
            return;
        }
        self.counter += 1;
        let attempt = self.counter;
        let deadline = now + settings.flight_timeout;
        let recent = self.failure.as_ref();
        effects.errand = Some(Errand {
            attempt,
            deadline,
            may_retry: !recent.is_some_and(|(_, backoff)| backoff.is_recent(now)),
        });
        self.flight = Some(Flight {
            attempt,
            began: now,
            deadline,
            outcome: watch::Sender::new(None),
        });
    }

    /// Forgets what failed, and fetches anew if a set is being fetched: whoever waits for that one
    /// waits for the new one.
    pub(super) fn start_over(
        &mut self,
        now: Instant,
        settings: &KeyStoreSettings,
        effects: &mut Effects,
    ) {
        self.failure = None;
        if let Some(superseded) = self.flight.take() {
            self.begin(now, settings, effects);
            if let Some(flight) = &mut self.flight {
                flight.outcome = superseded.outcome;
            }
        }
    }

    /// How the last fetch failed, for as long as that is believed.
    pub(super) fn failing(&self, now: Instant) -> Option<KeyError> {
        let (error, backoff) = self.failure.as_ref()?;
        Some(KeyError::Fetch {
            error: *error,
            retry_after: backoff.left(now)?,
        })
    }

    /// A flight has ended. A set that it brought must be held before anyone is told of it.
    pub(super) fn land(
        &mut self,
        attempt: u64,
        answer: Result<Arc<Held>, Failure>,
        now: Instant,
        settings: &KeyStoreSettings,
        effects: &mut Effects,
    ) {
        let Some(flight) = self.flight.take_if(|flight| flight.attempt == attempt) else {
            return;
        };
        let outcome = match answer {
            Ok(held) => {
                self.failure = None;
                Ok(held)
            }
            Err(Failure { error: None, .. }) => Err(KeyError::NoRuntime),
            Err(Failure {
                error: Some(error),
                retry_after,
            }) => {
                let backoff = Backoff::after(
                    self.failure.as_ref().map(|(_, backoff)| *backoff),
                    retry_after.unwrap_or_default(),
                    flight.began,
                    now,
                    self.randomness.hash_one(attempt),
                    settings,
                );
                self.failure = Some((error, backoff));
                Err(KeyError::Fetch {
                    error,
                    retry_after: backoff.until().saturating_duration_since(now),
                })
            }
        };
        effects.landed = Some((flight.outcome, outcome));
    }

    /// Gives up what has not ended by its deadline. A flight does, unless nobody drives its runtime
    /// any more.
    pub(super) fn give_up_overdue(
        &mut self,
        now: Instant,
        settings: &KeyStoreSettings,
        effects: &mut Effects,
    ) {
        let overdue = |flight: &&Flight| now >= flight.deadline + GRACE;
        if let Some(attempt) = self.flight.as_ref().filter(overdue).map(|f| f.attempt) {
            effects.is_runtime_lost = true;
            let failure = Failure::of(FetchError::Timeout);
            self.land(attempt, Err(failure), now, settings, effects);
        }
    }
}
