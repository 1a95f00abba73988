//! The middleware that asks whether a user is let in, and its service.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::{Error, HttpMessage as _};
use alb_oidc::Authorizer;

use crate::future::ResponseFuture;
use crate::responder::{ProblemJson, RefusalResponder};
use crate::service::visitor;

/// Lets requests through whose user an [`Authorizer`] lets in, and answers the others: 403 if the
/// user may not, 503 if that cannot be told now, 401 if there is no user, and 500 if no
/// [`Authenticate`](crate::Authenticate) has looked for one.
///
/// The [`RefusalResponder`] makes the response; the [`Refusal`](crate::Refusal) is left in its
/// extensions, and `cache-control: no-store` is set unless the responder set another. It changes
/// nothing of a request, and never touches the body.
///
/// ```
/// use actix_web::web::{self, ServiceConfig};
/// use alb_oidc_actix::{Authenticate, Authorize, Authorizer, ConfigError, Requirement};
///
/// /// What each worker configures its application with. The authorizers are made once: their clones
/// /// count together.
/// fn app(authenticate: Authenticate) -> Result<impl Fn(&mut ServiceConfig) + Clone, ConfigError> {
///     let staff = Authorize::new(Authorizer::enforce(Requirement::email_domain("example.com")?));
///     let auditors = Authorize::new(Authorizer::enforce(Requirement::claim_contains("roles", "auditor")?));
///     Ok(move |app: &mut ServiceConfig| {
///         // One resource asks for more. Both are asked, the scope's first.
///         let books = web::resource("/books").get(async || "for auditors").wrap(auditors.clone());
///         let office = web::scope("/office")
///             .service(books)
///             .route("/", web::get().to(async || "for staff"))
///             .wrap(staff.clone());
///         let users = web::scope("")
///             .service(office)
///             .route("/welcome", web::get().to(async || "for whoever is signed in"))
///             .wrap(authenticate.clone());
///         app.service(users);
///     })
/// }
/// ```
///
/// On one scope the order matters, and a wrong one lets nobody in: of two that are wrapped around the
/// same, the last runs first, and one that authorizes *before* one that authenticates finds nobody,
/// and answers 500.
///
/// ```
/// # fn wrong(authenticate: alb_oidc_actix::Authenticate, staff: alb_oidc_actix::Authorizer) {
/// # use actix_web::web;
/// # use alb_oidc_actix::Authorize;
/// web::scope("")
///     .wrap(authenticate)
///     .wrap(Authorize::new(staff)) // 500: the user is looked for afterwards
/// # ;
/// # }
/// ```
///
/// What is covered is the same for both: see [where to put it](crate#where-to-put-it). A handler can
/// ask by itself, of whatever it knows by then:
///
/// ```
/// use actix_web::web::Data;
/// use alb_oidc_actix::{Authorizer, Rejection, User};
///
/// async fn books(auditors: Data<Authorizer>, User(user): User) -> Result<&'static str, Rejection> {
///     auditors.authorize(&user)?;
///     Ok("for auditors")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Authorize<R = ProblemJson> {
    authorizer: Authorizer,
    responder: R,
}

impl Authorize {
    /// Asks this authorizer.
    #[must_use]
    pub const fn new(authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            responder: ProblemJson,
        }
    }
}

impl<R> Authorize<R> {
    /// Answers refused requests with this [`RefusalResponder`] instead of [`ProblemJson`].
    #[must_use]
    pub fn responder<R2>(self, responder: R2) -> Authorize<R2> {
        Authorize {
            authorizer: self.authorizer,
            responder,
        }
    }
}

impl<S, B, R> Transform<S, ServiceRequest> for Authorize<R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
    R: RefusalResponder + Clone,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = AuthorizeMiddleware<S, R>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(AuthorizeMiddleware {
            inner,
            authorizer: self.authorizer.clone(),
            responder: self.responder.clone(),
        }))
    }
}

/// Asks whether the user of each request is let in before the service `S` sees it; see
/// [`Authorize`].
#[derive(Debug)]
pub struct AuthorizeMiddleware<S, R> {
    inner: S,
    authorizer: Authorizer,
    responder: R,
}

impl<S, B, R> Service<ServiceRequest> for AuthorizeMiddleware<S, R>
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
        let admitted = self.authorizer.admit(visitor(&request.extensions()));
        match admitted {
            Ok(()) => ResponseFuture::calling(self.inner.call(request)),
            Err(refusal) => ResponseFuture::refused(&self.responder, refusal, request),
        }
    }
}
