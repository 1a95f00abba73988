//! A wall clock that stands still until it is told otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alb_oidc::{Clock, ClockError, SystemClock, UnixTime};

/// A wall clock set by hand. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that stands at `time`.
    #[must_use]
    pub fn at(time: UnixTime) -> Self {
        Self(Arc::new(AtomicU64::new(time.as_secs())))
    }

    /// A clock that stands at what the system's says now.
    #[must_use]
    pub fn at_system_time() -> Self {
        Self::at(SystemClock.unix_time().unwrap_or(UnixTime::from_secs(0)))
    }

    /// Sets it.
    pub fn set(&self, time: UnixTime) {
        self.0.store(time.as_secs(), Ordering::SeqCst);
    }

    /// Moves it on, by whole seconds.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// Makes it unreadable, like a clock that stands before 1970.
    pub fn break_down(&self) {
        self.0.store(BROKEN, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn unix_time(&self) -> Result<UnixTime, ClockError> {
        match self.0.load(Ordering::SeqCst) {
            BROKEN => Err(ClockError),
            seconds => Ok(UnixTime::from_secs(seconds)),
        }
    }
}

const BROKEN: u64 = u64::MAX;
