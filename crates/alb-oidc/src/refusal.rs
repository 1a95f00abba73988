//! Why a request is answered before a handler has seen it, whoever says so.

use tokio::time::Instant;

use crate::access_token::AccessTokenError;
use crate::csrf::CrossOrigin;
use crate::denial::{Denial, DenialCause};
use crate::error::{AuthenticateError, ClaimsError};
use crate::meter;
use crate::outcomes::LOUD_EVENTS_PER_MINUTE;
use crate::problem::Problem;
use crate::quota::Quota;
use crate::trace::event;

/// Why a layer or an extractor answers a request itself. Adapters leave it in the response's
/// extensions, for the application's own log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no authenticated user: 401, or 503 if nobody can tell now.
    #[error(transparent)]
    Unauthenticated(#[from] AuthenticateError),
    /// The claims do not fit the application's type: 403.
    #[error(transparent)]
    ClaimsDoNotFit(#[from] ClaimsError),
    /// The user is not one whom the application lets do this: 403, or 503 if nobody can tell now.
    #[error(transparent)]
    Forbidden(#[from] Denial),
    /// What the access token would tell is not known, and the request needs it: 403, or 503 in an
    /// outage.
    #[error(transparent)]
    AccessToken(#[from] AccessTokenError),
    /// Another site's page made the request: 403.
    #[error(transparent)]
    CrossOrigin(#[from] CrossOrigin),
    /// No layer that authenticates covers the route: 500. The application's mistake, and nobody is
    /// let in.
    #[error("no layer authenticates on this route, or it only observes")]
    MissingLayer,
}

impl Refusal {
    /// What the client is answered. The one place where a refusal becomes an answer.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unauthenticated(error) => error.disposition().into(),
            Self::ClaimsDoNotFit(_) => Problem::FORBIDDEN,
            Self::Forbidden(denial) => match denial.cause() {
                DenialCause::Unavailable(error) => error.problem(),
                DenialCause::Unmet
                | DenialCause::EmailMissing
                | DenialCause::EmailUnverified
                | DenialCause::EmailForm
                | DenialCause::ClaimMissing { .. }
                | DenialCause::ClaimType { .. }
                | DenialCause::AccessToken(_) => Problem::FORBIDDEN,
            },
            Self::AccessToken(error) => error.problem(),
            Self::CrossOrigin(_) => Problem::CROSS_ORIGIN,
            Self::MissingLayer => Problem::MISSING_LAYER,
        }
    }

    /// Tells the operator of a refusal of which nobody has told yet, as an event and in the metrics: for
    /// adapters, where an extractor or an endpoint refuses. An
    /// [`Authenticator`](crate::Authenticator), an [`Authorizer`](crate::Authorizer) and a
    /// [`CsrfProtection`](crate::CsrfProtection) have told of theirs.
    pub fn tell(&self) {
        match self {
            Self::Unauthenticated(_) | Self::Forbidden(_) | Self::CrossOrigin(_) => return,
            Self::MissingLayer | Self::ClaimsDoNotFit(_) | Self::AccessToken(_) => {}
        }
        let _reason = self.reason();
        meter::refusal(_reason);
        let quota = match self {
            Self::MissingLayer => &TOLD_OF_MISSING_LAYERS,
            _ => &TOLD,
        };
        match (self, quota.spend(Instant::now())) {
            (Self::MissingLayer, Some(_untold)) => {
                event!(error, reason = _reason, untold = _untold, "{self}");
            }
            (_, Some(_untold)) => event!(warn, reason = _reason, untold = _untold, "{self}"),
            (_, None) => event!(debug, reason = _reason, "{self}"),
        }
    }

    /// The cause as one of a closed set of labels, for logs and metrics. To tell it to the client
    /// would help an attacker.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unauthenticated(error) => error.reason(),
            Self::ClaimsDoNotFit(_) => "claims-do-not-fit",
            Self::Forbidden(denial) => denial.cause().reason(),
            Self::AccessToken(error) => error.reason(),
            Self::CrossOrigin(cause) => cause.reason(),
            Self::MissingLayer => "missing-layer",
        }
    }
}

/// An extractor has nothing of its own that could count, so that all of a process count together.
static TOLD: Quota = Quota::new(LOUD_EVENTS_PER_MINUTE);

/// Counted apart: no user's requests are to hide that a route is unprotected.
static TOLD_OF_MISSING_LAYERS: Quota = Quota::new(LOUD_EVENTS_PER_MINUTE);
