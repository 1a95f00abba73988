//! The middleware, as it is given to `wrap`.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use alb_oidc::{Authenticator, Need};

use crate::responder::{ProblemJson, RefusalResponder};
use crate::service::AuthenticateMiddleware;

/// Lets requests through that prove a user; see the [crate's
/// documentation](crate#what-the-middleware-does).
///
/// Make it once, outside of the closure that [`HttpServer`](actix_web::HttpServer) calls for each
/// worker: clones share their keys.
#[derive(Clone, Debug)]
pub struct Authenticate<R = ProblemJson> {
    authenticator: Authenticator,
    mode: Mode,
    responder: R,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enforce(Need),
    Observe,
}

impl Authenticate {
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
    /// It protects nothing. Extractors behind it answer 500, as without a middleware.
    #[must_use]
    pub const fn observe(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            mode: Mode::Observe,
            responder: ProblemJson,
        }
    }
}

impl<R> Authenticate<R> {
    /// Answers refused requests with this [`RefusalResponder`] instead of [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> Authenticate<R2> {
        Authenticate {
            authenticator: self.authenticator,
            mode: self.mode,
            responder,
        }
    }
}

impl<S, B, R> Transform<S, ServiceRequest> for Authenticate<R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
    R: RefusalResponder + Clone,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = AuthenticateMiddleware<S, R>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(AuthenticateMiddleware {
            inner: Rc::new(service),
            authenticator: self.authenticator.clone(),
            mode: self.mode,
            responder: Rc::new(self.responder.clone()),
        }))
    }
}
