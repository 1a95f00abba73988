//! What answers by itself.

use std::future::ready;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use alb_oidc::{Answer, CsrfProtection, Me, Refusal, SignOut};

use crate::browser::browser_request;
use crate::responder::{ProblemJson, RefusalResponder, answer_response, refuse};
use crate::service::visitor;

/// A service that answers a path by itself, whatever the method, as it is given to `service`.
///
/// ```
/// # fn app(authenticate: alb_oidc_actix::Authenticate) -> Result<(), alb_oidc_actix::ConfigError> {
/// use actix_web::{App, web};
/// use alb_oidc_actix::{Csrf, CsrfProtection, Endpoint, Me, SignOut};
///
/// let csrf = CsrfProtection::new();
/// let sign_out = SignOut::local("/signed-out")?;
/// let users = web::scope("")
///     .service(Endpoint::me("/me", Me::new(["name", "email", "email_verified"])))
///     .wrap(authenticate);
/// App::new()
///     .service(Endpoint::sign_out("/signout", sign_out, csrf.clone())) // outside of the scope
///     .service(users)
///     .wrap(Csrf::new(csrf))
/// # ;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint<R = ProblemJson> {
    path: String,
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
    /// [`Authenticate`](crate::Authenticate): without it, it answers 500 like an extractor.
    #[must_use]
    pub fn me(path: impl Into<String>, me: Me) -> Self {
        Self::new(path.into(), Kind::Me(me))
    }

    /// Signs the user out ([`SignOut::answer_to`]), by a POST of the application's own page.
    /// Outside of [`Authenticate`](crate::Authenticate), so that those get out too whose token is no
    /// longer good.
    #[must_use]
    pub fn sign_out(path: impl Into<String>, sign_out: SignOut, csrf: CsrfProtection) -> Self {
        Self::new(path.into(), Kind::SignOut(sign_out, csrf))
    }

    const fn new(path: String, kind: Kind) -> Self {
        Self {
            path,
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
            path: self.path,
            kind: self.kind,
            responder,
        }
    }

    fn answer(&self, request: &HttpRequest) -> Result<Answer, Refusal> {
        let said = browser_request(request);
        match &self.kind {
            Kind::Me(me) => me.answer_to(&said, visitor(&request.extensions())),
            Kind::SignOut(sign_out, csrf) => sign_out.answer_to(&said, csrf),
        }
    }
}

impl<R: RefusalResponder> Endpoint<R> {
    fn respond(&self, request: &HttpRequest) -> HttpResponse {
        match self.answer(request) {
            Ok(answer) => answer_response(answer),
            Err(refusal) => refuse(&self.responder, refusal, request),
        }
    }
}

impl<R: RefusalResponder + Clone + 'static> HttpServiceFactory for Endpoint<R> {
    fn register(self, config: &mut AppService) {
        // Of any method: which are allowed, the core says.
        web::resource(self.path.clone())
            .to(move |request: HttpRequest| ready(self.respond(&request)))
            .register(config);
    }
}
