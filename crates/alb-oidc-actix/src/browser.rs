//! What a browser says of its request, read from actix-web's types.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use actix_web::http::uri::Authority;
use alb_oidc::BrowserRequest;

/// What a browser says of this request.
#[must_use]
pub fn browser_request(request: &HttpRequest) -> BrowserRequest<'_> {
    let authority = request.uri().authority().map(Authority::as_str);
    BrowserRequest::from_lookup(request.method().as_str(), authority, |name| {
        let values = request.headers().get_all(name);
        values.map(HeaderValue::as_bytes)
    })
}
