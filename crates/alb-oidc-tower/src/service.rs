//! The service that the layer makes.

use std::mem;
use std::task::{Context, Poll};

use alb_oidc::{AuthenticatedUser, Authenticator, OidcHeaders, Visitor};
use http::{Extensions, HeaderMap, HeaderValue, Request, Response};
use tower_service::Service;

use crate::future::ResponseFuture;
use crate::layer::Mode;
use crate::responder::RefusalResponder;

/// Authenticates each request before the service `S` sees it; see the [crate's
/// documentation](crate#what-the-layer-does).
#[derive(Clone, Debug)]
pub struct Authenticate<S, R> {
    pub(crate) inner: S,
    pub(crate) authenticator: Authenticator,
    pub(crate) mode: Mode,
    pub(crate) responder: R,
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Authenticate<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    R: RefusalResponder<ResBody> + Clone,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        request.extensions_mut().remove::<AuthenticatedUser>();
        request.extensions_mut().remove::<Anonymous>();
        mark_sensitive(request.headers_mut());
        let headers = OidcHeaders::from_lookup(|name| {
            let values = request.headers().get_all(name);
            values.iter().map(HeaderValue::as_bytes)
        });
        let need = match self.mode {
            Mode::Enforce(need) => need,
            Mode::Observe => {
                self.authenticator.observe(headers);
                return ResponseFuture::calling(self.inner.call(request));
            }
        };
        let authentication = self.authenticator.authenticate(headers);
        // The service that was polled ready is the one to call; its clone may not be.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let responder = self.responder.clone();
        ResponseFuture::authenticating(authentication, request, ready, need, responder)
    }
}

/// In a request's extensions: an optional layer has looked, and there is nobody.
#[derive(Clone, Copy)]
pub(crate) struct Anonymous;

/// Whom a layer has put into a request's extensions, for services without axum's extractors.
/// [`Visitor::user`] refuses where no layer has looked.
#[must_use]
pub fn visitor(extensions: &Extensions) -> Visitor<'_> {
    Visitor::new(extensions.get(), extensions.get::<Anonymous>().is_some())
}

fn mark_sensitive(headers: &mut HeaderMap) {
    for name in OidcHeaders::NAMES {
        if let http::header::Entry::Occupied(mut values) = headers.entry(name) {
            values
                .iter_mut()
                .for_each(|value| value.set_sensitive(true));
        }
    }
}
