//! The layer.

use alb_oidc::{Authenticator, Need};
use tower_layer::Layer;

use crate::responder::ProblemJson;
use crate::service::Authenticate;

/// Lets requests through that prove a user; see the [crate's
/// documentation](crate#what-the-layer-does).
#[derive(Clone, Debug)]
pub struct AuthenticateLayer<R = ProblemJson> {
    authenticator: Authenticator,
    mode: Mode,
    responder: R,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enforce(Need),
    Observe,
}

impl AuthenticateLayer {
    /// Only signed-in users get through.
    #[must_use]
    pub const fn required(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            mode: Mode::Enforce(Need::Required),
            responder: ProblemJson,
        }
    }

    /// Signed-in users get through as such, and requests without any of the three headers as
    /// anonymous: for listener rules that `allow` unauthenticated requests.
    ///
    /// A request with a bad, expired or forged token is refused with 401 all the same.
    #[must_use]
    pub const fn optional(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            mode: Mode::Enforce(Need::Optional),
            responder: ProblemJson,
        }
    }

    /// Every request gets through, as nobody: for trying a policy out in a running application.
    /// Each is [observed](Authenticator::observe), which the operator sees in the log and in
    /// [`Authenticator::stats`], and nothing is refused, granted or made to wait.
    ///
    /// It protects nothing. Extractors behind it answer 500, as without a layer.
    #[must_use]
    pub const fn observe(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            mode: Mode::Observe,
            responder: ProblemJson,
        }
    }
}

impl<R> AuthenticateLayer<R> {
    /// Answers refused requests with this [`RefusalResponder`](crate::RefusalResponder) instead of
    /// [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> AuthenticateLayer<R2> {
        AuthenticateLayer {
            authenticator: self.authenticator,
            mode: self.mode,
            responder,
        }
    }
}

impl<S, R: Clone> Layer<S> for AuthenticateLayer<R> {
    type Service = Authenticate<S, R>;

    fn layer(&self, inner: S) -> Authenticate<S, R> {
        Authenticate {
            inner,
            authenticator: self.authenticator.clone(),
            mode: self.mode,
            responder: self.responder.clone(),
        }
    }
}
