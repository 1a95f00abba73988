//! What a browser says of its request, read from the `http` crate's types.

use alb_oidc::BrowserRequest;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Uri};

/// What a browser says of the request with this head.
#[must_use]
pub fn browser_request<'r>(
    method: &'r Method,
    uri: &'r Uri,
    headers: &'r HeaderMap,
) -> BrowserRequest<'r> {
    let authority = uri.authority().map(Authority::as_str);
    BrowserRequest::from_lookup(method.as_str(), authority, |name| {
        let values = headers.get_all(name).iter();
        values.map(HeaderValue::as_bytes)
    })
}
