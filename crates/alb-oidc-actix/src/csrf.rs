//! The middleware that refuses what other sites' pages ask for, and its service.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use alb_oidc::CsrfProtection;

use crate::browser::browser_request;
use crate::future::ResponseFuture;
use crate::responder::{ProblemJson, RefusalResponder};

/// Refuses requests that another site's page made, with 403; [`CsrfProtection`] says which. Wrap it
/// around everything, [`Authenticate`](crate::Authenticate) included, and inside of CORS.
///
/// ```
/// # fn app(authenticate: alb_oidc_actix::Authenticate) {
/// use actix_web::{App, web};
/// use alb_oidc_actix::{Csrf, CsrfProtection};
///
/// let users = web::scope("")
///     .route("/vote", web::post().to(async || "counted"))
///     .wrap(authenticate);
/// App::new().service(users).wrap(Csrf::new(CsrfProtection::new()))
/// # ;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Csrf<R = ProblemJson> {
    csrf: CsrfProtection,
    responder: R,
}

impl Csrf {
    /// Refuses what this protection refuses.
    #[must_use]
    pub const fn new(csrf: CsrfProtection) -> Self {
        Self {
            csrf,
            responder: ProblemJson,
        }
    }
}

impl<R> Csrf<R> {
    /// Answers refused requests with this [`RefusalResponder`] instead of [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> Csrf<R2> {
        Csrf {
            csrf: self.csrf,
            responder,
        }
    }
}

impl<S, B, R> Transform<S, ServiceRequest> for Csrf<R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
    R: RefusalResponder + Clone,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CsrfMiddleware<S, R>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CsrfMiddleware {
            inner,
            csrf: self.csrf.clone(),
            responder: self.responder.clone(),
        }))
    }
}

/// Checks each request before the service `S` sees it; see [`Csrf`].
#[derive(Debug)]
pub struct CsrfMiddleware<S, R> {
    inner: S,
    csrf: CsrfProtection,
    responder: R,
}

impl<S, B, R> Service<ServiceRequest> for CsrfMiddleware<S, R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
    R: RefusalResponder,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S, R>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match self.csrf.check(&browser_request(request.request())) {
            Ok(()) => ResponseFuture::calling(self.inner.call(request)),
            Err(cause) => ResponseFuture::refused(&self.responder, cause.into(), request),
        }
    }
}
