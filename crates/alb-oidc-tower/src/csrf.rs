//! The layer that refuses what other sites' pages ask for.

use std::task::{Context, Poll};

use alb_oidc::{CsrfProtection, Refusal};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::browser::browser_request;
use crate::future::{ResponseFuture, refuse};
use crate::responder::{ProblemJson, RefusalResponder};

/// Refuses requests that another site's page made, with 403; [`CsrfProtection`] says which. Put it
/// around everything, [`AuthenticateLayer`](crate::AuthenticateLayer) included, and inside of a CORS
/// layer.
///
/// ```
/// # #[cfg(feature = "axum")]
/// # fn app(authenticator: alb_oidc_tower::Authenticator) -> axum::Router {
/// use alb_oidc_tower::{AuthenticateLayer, CsrfLayer, CsrfProtection};
/// use axum::{Router, routing::post};
///
/// Router::new()
///     .route("/vote", post(async || "counted"))
///     .layer(AuthenticateLayer::required(authenticator))
///     .layer(CsrfLayer::new(CsrfProtection::new()))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CsrfLayer<R = ProblemJson> {
    csrf: CsrfProtection,
    responder: R,
}

impl CsrfLayer {
    /// Refuses what this protection refuses.
    #[must_use]
    pub const fn new(csrf: CsrfProtection) -> Self {
        Self {
            csrf,
            responder: ProblemJson,
        }
    }
}

impl<R> CsrfLayer<R> {
    /// Answers refused requests with this [`RefusalResponder`] instead of [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> CsrfLayer<R2> {
        CsrfLayer {
            csrf: self.csrf,
            responder,
        }
    }
}

impl<S, R: Clone> Layer<S> for CsrfLayer<R> {
    type Service = Csrf<S, R>;

    fn layer(&self, inner: S) -> Csrf<S, R> {
        Csrf {
            inner,
            csrf: self.csrf.clone(),
            responder: self.responder.clone(),
        }
    }
}

/// Checks each request before the service `S` sees it; see [`CsrfLayer`].
#[derive(Clone, Debug)]
pub struct Csrf<S, R> {
    inner: S,
    csrf: CsrfProtection,
    responder: R,
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Csrf<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: RefusalResponder<ResBody>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let said = browser_request(request.method(), request.uri(), request.headers());
        match self.csrf.check(&said) {
            Ok(()) => ResponseFuture::calling(self.inner.call(request)),
            Err(cause) => {
                let refusal = Refusal::from(cause);
                ResponseFuture::answered(refuse(&self.responder, refusal, request))
            }
        }
    }
}
