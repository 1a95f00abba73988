//! How a refused request is answered.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use alb_oidc::Refusal;

/// Makes the response to a request that is refused. The request never reaches the service, whatever
/// this answers.
///
/// ```
/// use actix_web::http::header::{self, ContentType};
/// use actix_web::{HttpRequest, HttpResponse};
/// use alb_oidc_actix::{ProblemJson, Refusal, RefusalResponder};
///
/// /// A page for people, and a problem document for everything else.
/// #[derive(Clone)]
/// struct Pages;
///
/// impl RefusalResponder for Pages {
///     fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
///         let mut response = ProblemJson.respond(refusal, request);
///         let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
///         if accept.is_some_and(|accept| accept.contains("text/html")) {
///             response.headers_mut().insert(header::CONTENT_TYPE, "text/html".parse().expect("a constant"));
///             response = response.set_body("<!doctype html><title>Sign in</title>…").map_into_boxed_body();
///         }
///         response
///     }
/// }
/// ```
pub trait RefusalResponder {
    /// The response. `request` is the one that is refused; nothing in it is verified.
    fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse;
}

/// Answers with a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) whose body
/// depends on nothing but the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemJson;

impl RefusalResponder for ProblemJson {
    fn respond(&self, refusal: &Refusal, _: &HttpRequest) -> HttpResponse {
        problem_response(refusal)
    }
}

pub(crate) fn problem_response(refusal: &Refusal) -> HttpResponse {
    let problem = refusal.problem();
    let mut response = HttpResponse::new(status(refusal)).set_body(problem.body());
    for (name, value) in problem.headers() {
        // All of them are constants or digits.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response.map_into_boxed_body()
}

pub(crate) fn status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.problem().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
