//! The alarm for what cannot have come through the load balancer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::arn::LoadBalancerArn;
use crate::trace::event;

/// An authenticating rule of a trusted load balancer replaces a client's token by its own. A token
/// of another signer, or with a signature that does not verify, has come another way: somebody
/// reaches the application around the load balancer, or through a rule that does not authenticate.
///
/// That is worth a loud event, though not one for each request of a flood.
#[derive(Debug, Default)]
pub(crate) struct Tripwire {
    count: AtomicU64,
    quiet: Mutex<Quiet>,
}

#[derive(Debug, Default)]
struct Quiet {
    until: Option<Instant>,
    untold: u64,
}

impl Tripwire {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    #[cfg_attr(
        not(feature = "tracing"),
        expect(unused_variables, reason = "they are only traced")
    )]
    pub(crate) fn trip(
        &self,
        reason: &'static str,
        presented: Option<&LoadBalancerArn>,
        now: Instant,
    ) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let Some(untold) = self.speak_up(now) else {
            return;
        };
        event!(
            error,
            reason,
            presented_signer = presented.map(tracing::field::display),
            untold,
            "reachable around the load balancer: this token cannot have come through an authenticating rule of a trusted load balancer. Let nothing but the load balancer reach the targets (their security group), have every rule authenticate, and see that the key URL is the right one"
        );
    }

    /// How many went untold since the last event; `None` if it is too early for another.
    fn speak_up(&self, now: Instant) -> Option<u64> {
        let mut quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        if quiet.until.is_some_and(|until| now < until) {
            quiet.untold += 1;
            return None;
        }
        quiet.until = Some(now + INTERVAL);
        Some(std::mem::take(&mut quiet.untold))
    }
}

/// Often enough to be noticed, too rare to fill a disk.
const INTERVAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_speaks_up_at_once_then_once_a_minute_and_counts_all() {
        let tripwire = Tripwire::default();
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(tripwire.speak_up(at(0)), Some(0));
        assert_eq!(tripwire.speak_up(at(0)), None);
        assert_eq!(tripwire.speak_up(at(59)), None);
        assert_eq!(tripwire.speak_up(at(60)), Some(2));
        assert_eq!(tripwire.speak_up(at(61)), None);
        assert_eq!(tripwire.speak_up(at(600)), Some(1));
        assert_eq!(tripwire.speak_up(at(660)), Some(0));
        for _ in 0..5 {
            tripwire.trip("bad-signature", None, at(700));
        }
        assert_eq!(tripwire.count(), 5);
    }
}
