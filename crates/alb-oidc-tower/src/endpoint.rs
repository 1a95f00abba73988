//! What answers by itself.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use alb_oidc::{Answer, CsrfProtection, Me, Refusal, SignOut};
use http::{Request, Response};
use tower_service::Service;

use crate::browser::browser_request;
use crate::future::refuse;
use crate::responder::{ProblemJson, RefusalResponder, answer_response};
use crate::service::visitor;

/// A service that answers a path by itself, with axum as `route_service`. Where the bodies of requests
/// and responses are of two types, as with plain hyper, a handler does the same with
/// [`Me::answer_to`] or [`SignOut::answer_to`] and [`answer_response`](crate::answer_response).
///
/// ```
/// # #[cfg(feature = "axum")]
/// # fn app(authenticator: alb_oidc_tower::Authenticator) -> Result<axum::Router, alb_oidc_tower::ConfigError> {
/// use alb_oidc_tower::{AuthenticateLayer, CsrfLayer, CsrfProtection, Endpoint, Me, SignOut};
/// use axum::Router;
///
/// let csrf = CsrfProtection::new();
/// let sign_out = SignOut::local("/signed-out")?;
/// # Ok(
/// Router::new()
///     .route_service("/me", Endpoint::me(Me::new(["name", "email", "email_verified"])))
///     .layer(AuthenticateLayer::required(authenticator))
///     .route_service("/signout", Endpoint::sign_out(sign_out, csrf.clone())) // after the layer
///     .layer(CsrfLayer::new(csrf))
/// # )
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint<R = ProblemJson> {
    kind: Kind,
    responder: R,
}

#[derive(Clone, Debug)]
enum Kind {
    Me(Me),
    SignOut(SignOut, CsrfProtection),
}

impl Endpoint {
    /// Tells a page's script who the user is ([`Me::answer_to`]). Behind
    /// [`AuthenticateLayer`](crate::AuthenticateLayer): without it, it answers 500 like an extractor.
    #[must_use]
    pub const fn me(me: Me) -> Self {
        Self::new(Kind::Me(me))
    }

    /// Signs the user out ([`SignOut::answer_to`]), by a POST of the application's own page.
    /// Outside of [`AuthenticateLayer`](crate::AuthenticateLayer), so that those get out too whose
    /// token is no longer good.
    #[must_use]
    pub const fn sign_out(sign_out: SignOut, csrf: CsrfProtection) -> Self {
        Self::new(Kind::SignOut(sign_out, csrf))
    }

    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            responder: ProblemJson,
        }
    }
}

impl<R> Endpoint<R> {
    /// Answers refused requests with this [`RefusalResponder`] instead of [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> Endpoint<R2> {
        Endpoint {
            kind: self.kind,
            responder,
        }
    }

    fn answer<B>(&self, request: &Request<B>) -> Result<Answer, Refusal> {
        let said = browser_request(request.method(), request.uri(), request.headers());
        match &self.kind {
            Kind::Me(me) => me.answer_to(&said, visitor(request.extensions())),
            Kind::SignOut(sign_out, csrf) => sign_out.answer_to(&said, csrf),
        }
    }
}

impl<R, B> Service<Request<B>> for Endpoint<R>
where
    R: RefusalResponder<B>,
    B: From<Cow<'static, str>>,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(match self.answer(&request) {
            Ok(answer) => answer_response(answer),
            Err(refusal) => refuse(&self.responder, refusal, request),
        }))
    }
}
