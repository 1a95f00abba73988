//! How often something is said loudly.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many events a minute, and no more: a flood of requests is not to become a flood of log lines.
#[derive(Debug)]
pub(crate) struct Quota {
    per_minute: u32,
    spending: Mutex<Spending>,
}

#[derive(Debug, Default)]
struct Spending {
    /// When this minute began.
    since: Option<Instant>,
    spent: u32,
    untold: u64,
}

impl Quota {
    pub(crate) const fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            spending: Mutex::new(Spending {
                since: None,
                spent: 0,
                untold: 0,
            }),
        }
    }

    /// How many went untold since the last event; `None` if there has been enough of them.
    pub(crate) fn spend(&self, now: Instant) -> Option<u64> {
        let mut spending = self.spending.lock().unwrap_or_else(PoisonError::into_inner);
        if spending.since.is_none_or(|since| now >= since + MINUTE) {
            spending.since = Some(now);
            spending.spent = 0;
        }
        if spending.spent >= self.per_minute {
            spending.untold += 1;
            return None;
        }
        spending.spent += 1;
        Some(std::mem::take(&mut spending.untold))
    }
}

const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_are_told_and_the_others_are_counted() {
        let quota = Quota::new(2);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let told = [0, 0, 0, 59, 60, 60, 61, 600, 601, 602, 660].map(|at_| quota.spend(at(at_)));
        let expected = [
            Some(0),
            Some(0),
            None,
            None,
            Some(2),
            Some(0),
            None,
            Some(1),
            Some(0),
            None,
            Some(1),
        ];
        assert_eq!(told, expected);
    }
}
