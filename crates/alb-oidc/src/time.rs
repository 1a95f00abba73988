//! Wall-clock time: an argument everywhere, read in one place.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted: the integer form of a
/// `NumericDate` ([RFC 7519 section 2](https://www.rfc-editor.org/rfc/rfc7519#section-2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The last second of the year 9999, the latest time that a token may name.
    pub const MAX: Self = Self(253_402_300_799);

    /// `seconds` after the epoch.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// This time and `duration`, in whole seconds; stops at the largest time there is.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

/// Tells the wall-clock time, which decides nothing but whether a token has expired.
///
/// Lifetimes of cached keys, backoff and budgets follow a monotonic clock instead, so that a jump
/// of the wall clock does not touch them.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    ///
    /// # Errors
    ///
    /// [`ClockError`] if the clock cannot be read or stands before 1970. The request is then
    /// answered with 503: without a time, nothing can be known to be unexpired.
    fn unix_time(&self) -> Result<UnixTime, ClockError>;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn unix_time(&self) -> Result<UnixTime, ClockError> {
        (**self).unix_time()
    }
}

/// The operating system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix_time(&self) -> Result<UnixTime, ClockError> {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(|elapsed| UnixTime(elapsed.as_secs()))
            .map_err(|_| ClockError)
    }
}

/// The wall clock could not be read, or stands before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wall clock cannot be read or stands before 1970")]
pub struct ClockError;
