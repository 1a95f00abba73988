//! The load balancer's own HTML answers.

use http::header::{CONTENT_TYPE, LOCATION, SERVER};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::body::{Body, full};
use crate::reason::ErrorReason;

const ERROR_REASON: HeaderName = HeaderName::from_static(ErrorReason::HEADER);

/// A page as the load balancer sends it: the status as title and heading,
/// nothing else.
pub(crate) fn status_page(status: StatusCode) -> Response<Body> {
    let title = format!("{} {}", status.as_u16(), phrase(status));
    let html = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = Response::new(full(html));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(SERVER, HeaderValue::from_static("awselb/2.0"));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// The page for a failed authentication, with its reason in a header.
pub(crate) fn reason_page(reason: ErrorReason) -> Response<Body> {
    let mut response = status_page(reason.status());
    response
        .headers_mut()
        .insert(ERROR_REASON, HeaderValue::from_static(reason.as_str()));
    response
}

/// 302 to `location`.
pub(crate) fn found(location: HeaderValue) -> Response<Body> {
    let mut response = status_page(StatusCode::FOUND);
    response.headers_mut().insert(LOCATION, location);
    response
}

fn phrase(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "Authorization Required",
        561 => "Authentication Error",
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}
