//! Which users are let in: a requirement, asked, counted and told to the operator.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use crate::denial::{Denial, DenialCause};
use crate::meter;
use crate::outcomes::{LOUD_EVENTS_PER_MINUTE, Mode};
use crate::quota::Quota;
use crate::refusal::Refusal;
use crate::requirement::Requirement;
use crate::trace::event;
use crate::user::AuthenticatedUser;
use crate::visitor::Visitor;

/// Decides which users are let in, by a [`Requirement`] that it asks of each. Cheap to clone; clones
/// count together.
///
/// An adapter's layer puts it before routes; a handler may ask it by itself.
///
/// ```
/// use alb_oidc::{AuthenticatedUser, Authorizer, Denial, Requirement};
///
/// fn staff() -> Result<Authorizer, alb_oidc::ConfigError> {
///     Ok(Authorizer::enforce(Requirement::email_domain("example.com")?))
/// }
///
/// fn payroll(staff: &Authorizer, user: &AuthenticatedUser) -> Result<&'static str, Denial> {
///     staff.authorize(user)?;
///     Ok("salaries")
/// }
/// # let user = alb_oidc_testkit::user(serde_json::json!({
/// #     "sub": "alice", "email": "alice@example.com", "email_verified": "true",
/// # }));
/// # assert_eq!(payroll(&staff()?, &user), Ok("salaries"));
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorizer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    requirement: Requirement,
    mode: Mode,
    permitted: AtomicU64,
    denied: AtomicU64,
    unavailable: AtomicU64,
    without_user: AtomicU64,
    would_have_refused: AtomicU64,
    refusals: Quota,
}

/// How many requests an [`Authorizer`] has decided on since it was made, each counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizerStats {
    /// Those of users who meet the requirement.
    pub permitted: u64,
    /// Those of users who do not: refused with 403.
    pub denied: u64,
    /// Those of which it could not be told: refused with 503.
    pub unavailable: u64,
    /// Those without a user: refused with 401 where the visitor is anonymous, with 500 where no
    /// layer has authenticated.
    pub without_user: u64,
    /// Those that it let through because it only [reports](Authorizer::report_only), and would have
    /// refused for any of these reasons.
    pub would_have_refused: u64,
}

impl Authorizer {
    /// Lets only those in who meet the requirement.
    #[must_use]
    pub fn enforce(requirement: Requirement) -> Self {
        Self::new(requirement, Mode::Enforced)
    }

    /// Lets everybody in, counts those who would have been refused, and tells the operator why, in
    /// events with `observed=true`: for trying a requirement out in a running application.
    ///
    /// It protects nothing, not even from requests without a user.
    #[must_use]
    pub fn report_only(requirement: Requirement) -> Self {
        Self::new(requirement, Mode::Observed)
    }

    /// Decides whether this user is let in.
    ///
    /// # Errors
    ///
    /// A [`Denial`], unless it only [reports](Self::report_only). As a [`Refusal`] it becomes an
    /// answer.
    pub fn authorize(&self, user: &AuthenticatedUser) -> Result<(), Denial> {
        self.0.conclude(self.0.requirement.ask(user))
    }

    /// Decides whether this visitor is let in: for layers, which may find nobody.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], unless it only [reports](Self::report_only): for a user what
    /// [`authorize`](Self::authorize) says, and without a user what [`Visitor::user`] says.
    pub fn admit(&self, visitor: Visitor<'_>) -> Result<(), Refusal> {
        match visitor.user() {
            Ok(user) => Ok(self.authorize(user)?),
            Err(refusal) => {
                let counter = &self.0.without_user;
                self.0.refuse(counter, refusal.reason(), refusal)
            }
        }
    }

    /// How many requests it has decided on, by outcome. Clones count together.
    #[must_use]
    pub fn stats(&self) -> AuthorizerStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AuthorizerStats {
            permitted: count(&self.0.permitted),
            denied: count(&self.0.denied),
            unavailable: count(&self.0.unavailable),
            without_user: count(&self.0.without_user),
            would_have_refused: count(&self.0.would_have_refused),
        }
    }

    /// What it requires.
    #[must_use]
    pub fn requirement(&self) -> &Requirement {
        &self.0.requirement
    }

    fn new(requirement: Requirement, mode: Mode) -> Self {
        Self(Arc::new(Parts {
            requirement,
            mode,
            permitted: AtomicU64::new(0),
            denied: AtomicU64::new(0),
            unavailable: AtomicU64::new(0),
            without_user: AtomicU64::new(0),
            would_have_refused: AtomicU64::new(0),
            refusals: Quota::new(LOUD_EVENTS_PER_MINUTE),
        }))
    }
}

impl Parts {
    fn conclude(&self, asked: Result<(), (Requirement, DenialCause)>) -> Result<(), Denial> {
        let Err((requirement, cause)) = asked else {
            count(&self.permitted);
            meter::authorization("none", self.mode == Mode::Observed);
            return Ok(());
        };
        let denial = Denial::new(requirement, cause);
        let counter = match denial.cause() {
            DenialCause::Unavailable(_) => &self.unavailable,
            DenialCause::Unmet
            | DenialCause::EmailMissing
            | DenialCause::EmailUnverified
            | DenialCause::EmailForm
            | DenialCause::ClaimMissing { .. }
            | DenialCause::ClaimType { .. }
            | DenialCause::AccessToken(_) => &self.denied,
        };
        self.refuse(counter, denial.reason(), denial)
    }

    /// Tells the operator, counts, and refuses unless it only reports.
    fn refuse<E: fmt::Display>(
        &self,
        counter: &AtomicU64,
        reason: &'static str,
        error: E,
    ) -> Result<(), E> {
        self.tell(reason, &error);
        meter::authorization(reason, self.mode == Mode::Observed);
        match self.mode {
            Mode::Enforced => {
                count(counter);
                Err(error)
            }
            Mode::Observed => {
                count(&self.would_have_refused);
                Ok(())
            }
        }
    }

    fn tell(&self, _reason: &'static str, _error: &impl fmt::Display) {
        let _observed = self.mode == Mode::Observed;
        match (self.mode, self.refusals.spend(Instant::now())) {
            (Mode::Enforced, Some(_untold)) => event!(
                info,
                reason = _reason,
                observed = _observed,
                untold = _untold,
                "{_error}"
            ),
            (Mode::Observed, Some(_untold)) => event!(
                warn,
                reason = _reason,
                observed = _observed,
                untold = _untold,
                "{_error}"
            ),
            (_, None) => event!(debug, reason = _reason, observed = _observed, "{_error}"),
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::AccessTokenError;
    use crate::error::{FetchError, KeyError};
    use crate::problem::Problem;
    use std::time::Duration;

    #[test]
    fn what_cannot_be_told_now_is_a_503_and_never_a_403() {
        let requirement = || Requirement::subject("alice");
        let retry_after = Duration::from_secs(7);
        let error = AccessTokenError::Unavailable(KeyError::Fetch {
            error: FetchError::Timeout,
            retry_after,
        });
        let asked = || Err((requirement(), DenialCause::Unavailable(error)));
        let reporting = Authorizer::report_only(requirement());
        assert_eq!(reporting.0.conclude(asked()), Ok(()));
        assert_eq!(reporting.stats().would_have_refused, 1);
        let authorizer = Authorizer::enforce(requirement());
        let refusal = Refusal::from(authorizer.0.conclude(asked()).unwrap_err());
        let stats = authorizer.stats();
        assert_eq!((stats.unavailable, stats.denied), (1, 0));
        assert_eq!(refusal.reason(), "authorization-unavailable");
        let problem = refusal.problem();
        assert_eq!(problem, Problem::unavailable(retry_after));
        assert_eq!(problem.status(), 503);
        assert!(
            problem
                .headers()
                .any(|header| header == ("retry-after", "7".into()))
        );
    }
}
