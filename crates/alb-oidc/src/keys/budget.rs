//! How much network unknown key ids may cost.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket: `burst` fetches at once, then one every `interval`. Taken before a fetch,
/// whatever comes of it.
#[derive(Debug)]
pub(crate) struct Budget {
    burst: u32,
    interval: Duration,
    /// When the bucket will be full again. Each fetch moves it on by one interval.
    full_at: Instant,
}

impl Budget {
    pub(crate) const fn new(burst: u32, interval: Duration, now: Instant) -> Self {
        Self {
            burst,
            interval,
            full_at: now,
        }
    }

    /// Takes one fetch; if there is none, tells when there will be.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let after = self.full_at.max(now) + self.interval;
        let furthest = now + self.interval * self.burst;
        if after > furthest {
            return Err(now + (after - furthest));
        }
        self.full_at = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_one_an_interval_and_never_more_than_the_burst_saved_up() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut budget = Budget::new(10, second, start);
        let mut taken = |at: Instant| (0..1000).take_while(|_| budget.take(at).is_ok()).count();
        assert_eq!(taken(start), 10);
        assert_eq!(taken(start + second / 2), 0);
        assert_eq!(taken(start + second), 1);
        assert_eq!(taken(start + second * 3), 2);
        assert_eq!(taken(start + second * 1000), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn when_it_is_short_it_tells_when_the_next_may_be_taken() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut budget = Budget::new(1, second, start);
        assert_eq!(budget.take(start), Ok(()));
        assert_eq!(budget.take(start), Err(start + second));
        assert_eq!(budget.take(start + second), Ok(()));
    }
}
