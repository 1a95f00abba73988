//! The service that the middleware makes of what it is wrapped around.

use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Extensions, Service, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpMessage as _};
use alb_oidc::{AuthenticatedUser, Authenticator, OidcHeaders, Visitor};

use crate::future::{ResponseFuture, Waiting};
use crate::responder::RefusalResponder;
use crate::transform::Mode;

/// Authenticates each request before the service `S` sees it; see the [crate's
/// documentation](crate#what-the-middleware-does).
#[derive(Debug)]
pub struct AuthenticateMiddleware<S, R> {
    pub(crate) inner: Rc<S>,
    pub(crate) authenticator: Authenticator,
    pub(crate) mode: Mode,
    pub(crate) responder: Rc<R>,
}

impl<S, B, R> Service<ServiceRequest> for AuthenticateMiddleware<S, R>
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

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        request.extensions_mut().remove::<AuthenticatedUser>();
        request.extensions_mut().remove::<Anonymous>();
        mark_sensitive(request.headers_mut());
        let headers = OidcHeaders::from_lookup(|name| {
            let values = request.headers().get_all(HeaderName::from_static(name));
            values.map(HeaderValue::as_bytes)
        });
        let need = match self.mode {
            Mode::Enforce(need) => need,
            Mode::Observe => {
                self.authenticator.observe(headers);
                return ResponseFuture::calling(self.inner.call(request));
            }
        };
        ResponseFuture::authenticating(Waiting {
            authentication: self.authenticator.authenticate(headers),
            request: Some(request),
            service: self.inner.clone(),
            need,
            responder: self.responder.clone(),
        })
    }
}

/// In a request's extensions: an optional middleware has looked, and there is nobody.
#[derive(Clone, Copy)]
pub(crate) struct Anonymous;

/// Whom a middleware has put into a request's extensions, for middleware and guards of the
/// application's own. [`Visitor::user`] refuses where none has looked.
#[must_use]
pub fn visitor(extensions: &Extensions) -> Visitor<'_> {
    Visitor::new(extensions.get(), extensions.get::<Anonymous>().is_some())
}

fn mark_sensitive(headers: &mut HeaderMap) {
    for name in OidcHeaders::NAMES {
        let name = HeaderName::from_static(name);
        // Of several values of one name, this map lets none but the first be changed in place.
        for mut value in headers.remove(&name) {
            value.set_sensitive(true);
            headers.append(name.clone(), value);
        }
    }
}
