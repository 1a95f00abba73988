//! What became of requests: counted, and told to the operator, who learns what the client does not.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

#[cfg(feature = "access-token")]
use crate::access_token::AccessTokenError;
use crate::error::{AuthenticateError, TokenError};
use crate::meter;
use crate::quota::Quota;
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

#[derive(Debug)]
pub(crate) struct Outcomes {
    authenticated: AtomicU64,
    missing: AtomicU64,
    rejected: AtomicU64,
    unavailable: AtomicU64,
    tripwire: Tripwire,
    rejections: Quota,
    outages: Quota,
    #[cfg(feature = "access-token")]
    access_tokens: Quota,
}

/// Enough to see what is going on; what is more goes out at level `DEBUG`.
pub(crate) const LOUD_EVENTS_PER_MINUTE: u32 = 60;

impl Default for Outcomes {
    fn default() -> Self {
        Self {
            authenticated: AtomicU64::new(0),
            missing: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            unavailable: AtomicU64::new(0),
            tripwire: Tripwire::default(),
            rejections: Quota::new(LOUD_EVENTS_PER_MINUTE),
            outages: Quota::new(LOUD_EVENTS_PER_MINUTE),
            #[cfg(feature = "access-token")]
            access_tokens: Quota::new(LOUD_EVENTS_PER_MINUTE),
        }
    }
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
        let (counter, outcome) = match decision {
            Ok(_user) => {
                if _observed {
                    event!(debug, observed = true, "would have let a user in");
                } else {
                    #[cfg(feature = "access-token")]
                    self.tell_of_access_token(_user);
                }
                (&self.authenticated, "authenticated")
            }
            Err(AuthenticateError::Missing) => {
                event!(
                    debug,
                    reason = "missing",
                    observed = _observed,
                    "no x-amzn-oidc-* header"
                );
                (&self.missing, "missing")
            }
            Err(error @ (AuthenticateError::Headers(_) | AuthenticateError::Rejected(_))) => {
                self.tell_of_rejection(error, _observed);
                (&self.rejected, "rejected")
            }
            Err(error @ (AuthenticateError::Unavailable(_) | AuthenticateError::Clock(_))) => {
                self.tell_of_outage(error, _observed);
                (&self.unavailable, "unavailable")
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let reason = decision
            .as_ref()
            .map_or_else(AuthenticateError::reason, |_| "none");
        meter::request(outcome, reason, _observed);
    }

    #[cfg_attr(
        not(feature = "tracing"),
        expect(clippy::single_match, reason = "either arm traces, and nothing else")
    )]
    fn tell_of_rejection(&self, error: &AuthenticateError, _observed: bool) {
        let now = Instant::now();
        let (_reason, mut _presented) = (error.reason(), None);
        if let AuthenticateError::Rejected(error) = error {
            self.tripwire.see(error, now);
            if let TokenError::UntrustedSigner { presented } = error {
                _presented = presented.as_ref();
            }
        }
        match self.rejections.spend(now) {
            Some(_untold) => event!(
                warn,
                reason = _reason,
                observed = _observed,
                presented_signer = _presented.map(tracing::field::display),
                untold = _untold,
                "{error}"
            ),
            None => event!(
                debug,
                reason = _reason,
                observed = _observed,
                presented_signer = _presented.map(tracing::field::display),
                "{error}"
            ),
        }
    }

    #[cfg_attr(
        not(feature = "tracing"),
        expect(clippy::single_match, reason = "either arm traces, and nothing else")
    )]
    fn tell_of_outage(&self, _error: &AuthenticateError, _observed: bool) {
        let _reason = _error.reason();
        match self.outages.spend(Instant::now()) {
            Some(_untold) => event!(
                error,
                reason = _reason,
                observed = _observed,
                untold = _untold,
                "{_error}"
            ),
            None => event!(debug, reason = _reason, observed = _observed, "{_error}"),
        }
    }

    /// What came in place of an access token, where one was to be verified. Not an alarm: the load
    /// balancer does not sign them, and a provider may give out others.
    #[cfg(feature = "access-token")]
    #[cfg_attr(
        not(feature = "tracing"),
        expect(clippy::single_match, reason = "either arm traces, and nothing else")
    )]
    fn tell_of_access_token(&self, user: &AuthenticatedUser) {
        let error = match user.verified_access_token() {
            Ok(_) => return meter::access_token("none"),
            Err(AccessTokenError::NotConfigured) => return,
            Err(error) => error,
        };
        let _reason = error.reason();
        meter::access_token(_reason);
        let told = match error {
            AccessTokenError::Missing | AccessTokenError::Opaque => None,
            _ => self.access_tokens.spend(Instant::now()),
        };
        match told {
            Some(_untold) => event!(warn, reason = _reason, untold = _untold, "{error}"),
            None => event!(debug, reason = _reason, "{error}"),
        }
    }
}
