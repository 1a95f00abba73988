//! The layer that asks whether a user is let in, and its service.

use std::task::{Context, Poll};

use alb_oidc::Authorizer;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::future::{ResponseFuture, refuse};
use crate::responder::{ProblemJson, RefusalResponder};
use crate::service::visitor;

/// Lets requests through whose user an [`Authorizer`] lets in, and answers the others: 403 if the
/// user may not, 503 if that cannot be told now, 401 if there is no user, and 500 if no
/// [`AuthenticateLayer`](crate::AuthenticateLayer) has looked for one.
///
/// The [`RefusalResponder`] makes the response; the [`Refusal`](crate::Refusal) is left in its extensions,
/// and `cache-control: no-store` is set unless the responder set another. It changes nothing of a
/// request, and never touches the body.
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use alb_oidc_tower::{Authenticator, AuthenticateLayer, AuthorizeLayer, Authorizer, ConfigError, Requirement};
/// use axum::{Router, routing::get};
///
/// fn app(authenticator: Authenticator) -> Result<Router, ConfigError> {
///     let staff = Authorizer::enforce(Requirement::email_domain("example.com")?);
///     let auditors = Authorizer::enforce(Requirement::claim_contains("roles", "auditor")?);
///     Ok(Router::new()
///         .route("/", get(async || "for staff"))
///         // One route asks for more. Both are asked, the router's first.
///         .route("/books", get(async || "for auditors").layer(AuthorizeLayer::new(auditors)))
///         .layer(AuthorizeLayer::new(staff))
///         .route("/welcome", get(async || "for whoever is signed in"))
///         // Last, for the last layer sees a request first.
///         .layer(AuthenticateLayer::required(authenticator)))
/// }
/// # }
/// ```
///
/// The order matters, and a wrong one lets nobody in: a layer that authorizes *before* one that
/// authenticates finds nobody, and answers 500.
///
/// ```
/// # #[cfg(feature = "axum")]
/// # fn app(router: axum::Router, staff: alb_oidc_tower::Authorizer, authenticator: alb_oidc_tower::Authenticator) -> axum::Router {
/// # use alb_oidc_tower::{AuthenticateLayer, AuthorizeLayer};
/// router
///     .layer(AuthenticateLayer::required(authenticator))
///     .layer(AuthorizeLayer::new(staff)) // 500: the user is looked for afterwards
/// # }
/// ```
///
/// What a layer covers is the same for both: see [where to put it](crate#where-to-put-it). A handler
/// can ask by itself, of whatever it knows by then:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use alb_oidc_tower::{Authorizer, Rejection, User};
/// use axum::extract::State;
///
/// async fn books(State(auditors): State<Authorizer>, User(user): User) -> Result<&'static str, Rejection> {
///     auditors.authorize(&user)?;
///     Ok("for auditors")
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizeLayer<R = ProblemJson> {
    authorizer: Authorizer,
    responder: R,
}

impl AuthorizeLayer {
    /// Asks this authorizer.
    #[must_use]
    pub const fn new(authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            responder: ProblemJson,
        }
    }
}

impl<R> AuthorizeLayer<R> {
    /// Answers refused requests with this [`RefusalResponder`] instead of [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> AuthorizeLayer<R2> {
        AuthorizeLayer {
            authorizer: self.authorizer,
            responder,
        }
    }
}

impl<S, R: Clone> Layer<S> for AuthorizeLayer<R> {
    type Service = Authorize<S, R>;

    fn layer(&self, inner: S) -> Authorize<S, R> {
        Authorize {
            inner,
            authorizer: self.authorizer.clone(),
            responder: self.responder.clone(),
        }
    }
}

/// Asks whether the user of each request is let in before the service `S` sees it; see
/// [`AuthorizeLayer`].
#[derive(Clone, Debug)]
pub struct Authorize<S, R> {
    inner: S,
    authorizer: Authorizer,
    responder: R,
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Authorize<S, R>
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
        match self.authorizer.admit(visitor(request.extensions())) {
            Ok(()) => ResponseFuture::calling(self.inner.call(request)),
            Err(refusal) => ResponseFuture::answered(refuse(&self.responder, refusal, request)),
        }
    }
}
