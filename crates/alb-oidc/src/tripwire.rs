//! The alarm for what cannot have come through the load balancer.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use crate::error::TokenError;
use crate::meter;
use crate::quota::Quota;
use crate::trace::event;

/// An authenticating rule of a trusted load balancer replaces a client's token by its own. A token
/// of another signer, or with a signature that does not verify, has come another way: somebody
/// reaches the application around the load balancer, or through a rule that does not authenticate.
/// Or the policy is not that of the load balancer in front.
///
/// That is worth a loud event, though not one for each request of a flood.
#[derive(Debug)]
pub(crate) struct Tripwire {
    count: AtomicU64,
    quota: Quota,
}

impl Default for Tripwire {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            quota: Quota::new(1),
        }
    }
}

impl Tripwire {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Looks at why a token was rejected.
    #[cfg_attr(
        not(feature = "tracing"),
        expect(
            unused_variables,
            clippy::single_match,
            reason = "the rest is traced, and nothing else"
        )
    )]
    pub(crate) fn see(&self, error: &TokenError, now: Instant) {
        let presented = match error {
            TokenError::UntrustedSigner { presented } => Some(presented),
            TokenError::BadSignature => None,
            _ => return,
        };
        self.count.fetch_add(1, Ordering::Relaxed);
        meter::around_load_balancer();
        let Some(untold) = self.quota.spend(now) else {
            return;
        };
        let reason = error.reason();
        match presented {
            Some(presented) => event!(
                error,
                reason,
                presented_signer = presented.map(tracing::field::display),
                untold,
                "reachable around the load balancer? This token is another load balancer's. If presented_signer is yours, the policy names the wrong one. If not, somebody reaches the targets directly, or through a rule that does not authenticate: let their security group admit the load balancer alone, and have every rule authenticate"
            ),
            None => event!(
                error,
                reason,
                untold,
                "reachable around the load balancer? The signature of this token does not verify, so it has not come through an authenticating rule: let the targets' security group admit the load balancer alone, and have every rule authenticate. If your own users are refused too, the key URL serves wrong keys"
            ),
        }
    }
}
