//! What became of requests: counted, and told to the operator, who learns what the client does not.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use crate::error::{AuthenticateError, TokenError};
use crate::trace::event;
use crate::tripwire::Tripwire;
use crate::user::AuthenticatedUser;

/// How many requests an [`Authenticator`](crate::Authenticator) has decided on since it was built,
/// by outcome. Those that it only [observed](crate::Authenticator::observe) count alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticatorStats {
    /// Those that proved a user.
    pub authenticated: u64,
    /// Those that had none of the three headers.
    pub missing: u64,
    /// Those whose headers or token were rejected.
    pub rejected: u64,
    /// Those that could not be decided on, because the key or the time could not be had.
    pub unavailable: u64,
    /// Of those rejected, the ones that cannot have come through an authenticating rule of a
    /// trusted load balancer: with another's token, or a signature that does not verify.
    ///
    /// Anything but zero asks for a look at who can reach the application, and how; see
    /// [`Authenticator::stats`](crate::Authenticator::stats).
    pub around_load_balancer: u64,
}

/// Whether a decision is acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enforced,
    Observed,
}

#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    authenticated: AtomicU64,
    missing: AtomicU64,
    rejected: AtomicU64,
    unavailable: AtomicU64,
    tripwire: Tripwire,
}

impl Outcomes {
    pub(crate) fn stats(&self) -> AuthenticatorStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AuthenticatorStats {
            authenticated: count(&self.authenticated),
            missing: count(&self.missing),
            rejected: count(&self.rejected),
            unavailable: count(&self.unavailable),
            around_load_balancer: self.tripwire.count(),
        }
    }

    pub(crate) fn record(
        &self,
        decision: &Result<AuthenticatedUser, AuthenticateError>,
        mode: Mode,
    ) {
        let _observed = mode == Mode::Observed;
        let counter = match decision {
            Ok(_) => {
                if _observed {
                    event!(debug, observed = true, "would have let a user in");
                }
                &self.authenticated
            }
            Err(AuthenticateError::Missing) => {
                event!(
                    debug,
                    reason = "missing",
                    observed = _observed,
                    "no x-amzn-oidc-* header"
                );
                &self.missing
            }
            Err(error @ AuthenticateError::Rejected(rejected)) => {
                self.reject(error.reason(), rejected, _observed);
                &self.rejected
            }
            Err(_error @ AuthenticateError::Headers(_)) => {
                event!(
                    warn,
                    reason = _error.reason(),
                    observed = _observed,
                    "{_error}"
                );
                &self.rejected
            }
            Err(_error @ (AuthenticateError::Unavailable(_) | AuthenticateError::Clock(_))) => {
                event!(
                    error,
                    reason = _error.reason(),
                    observed = _observed,
                    "{_error}"
                );
                &self.unavailable
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn reject(&self, reason: &'static str, error: &TokenError, _observed: bool) {
        let (presented, trips) = match error {
            TokenError::UntrustedSigner { presented } => (presented.as_ref(), true),
            TokenError::BadSignature => (None, true),
            _ => (None, false),
        };
        event!(
            warn,
            reason,
            observed = _observed,
            presented_signer = presented.map(tracing::field::display),
            "the token was rejected: {error}"
        );
        if trips {
            self.tripwire.trip(reason, presented, Instant::now());
        }
    }
}
