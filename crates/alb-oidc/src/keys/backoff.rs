//! How long a failure is believed: for longer, while it goes on.

use std::time::Duration;

use tokio::time::Instant;

use super::KeyStoreSettings;

/// Doubles with each failure that follows soon enough on the one before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    until: Instant,
    /// When it starts over.
    forget_at: Instant,
    step: u32,
}

impl Backoff {
    /// After a failure of what `began` then, for which the endpoint may have asked for some time.
    /// `random` is any number.
    ///
    /// The time that it took counts, so that an endpoint that hangs is asked as often as one that
    /// answers.
    pub(crate) fn after(
        previous: Option<Self>,
        asked_for: Duration,
        began: Instant,
        now: Instant,
        random: u64,
        settings: &KeyStoreSettings,
    ) -> Self {
        let (min, max) = (settings.min_backoff, settings.max_backoff);
        let step = match previous {
            Some(previous) if now < previous.forget_at => previous.step.saturating_add(1),
            _ => 0,
        };
        let doubled = min.saturating_mul(1_u32.checked_shl(step).unwrap_or(u32::MAX));
        // Upwards only, by at most an eighth, so that neither replicas nor ids stay in step.
        let jitter = u32::try_from(random % 1024).unwrap_or_default();
        let jittered = |pause: Duration| pause + pause / 8 * jitter / 1024;
        let backoff = jittered(doubled.max(asked_for).min(max));
        let until = (began + backoff).max(now + jittered(asked_for.clamp(min, max)));
        Self {
            until,
            forget_at: until + FORGET_AFTER,
            step,
        }
    }

    pub(crate) const fn until(&self) -> Instant {
        self.until
    }

    /// For how much longer the failure is believed.
    pub(crate) fn left(&self, now: Instant) -> Option<Duration> {
        (now < self.until).then(|| self.until - now)
    }

    /// Whether the failure was within the last minute or so.
    pub(crate) fn is_recent(&self, now: Instant) -> bool {
        now < self.forget_at
    }
}

/// What has not been asked for in a minute starts over with the shortest backoff.
const FORGET_AFTER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn after(previous: Option<Backoff>, now: Instant) -> Backoff {
        let settings = KeyStoreSettings::default();
        Backoff::after(previous, Duration::ZERO, now, now, 0, &settings)
    }

    #[test]
    fn it_doubles_until_it_is_forgotten_and_then_starts_over() {
        let (min, tick) = (
            KeyStoreSettings::default().min_backoff,
            Duration::from_nanos(1),
        );
        let start = Instant::now();
        let first = after(None, start);
        assert_eq!(first.until(), start + min);
        let forgotten = first.until() + FORGET_AFTER;
        for (now, expected) in [
            (first.until(), 2 * min),
            (forgotten - tick, 2 * min),
            (forgotten, min),
            (forgotten + FORGET_AFTER, min),
        ] {
            assert_eq!(after(Some(first), now).until(), now + expected);
        }
        assert_eq!(first.left(first.until() - tick), Some(tick));
        assert_eq!(first.left(first.until()), None);
        assert!(first.is_recent(forgotten - tick));
        assert!(!first.is_recent(forgotten));
    }
}
