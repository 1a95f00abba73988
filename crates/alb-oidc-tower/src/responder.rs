//! How a refused request is answered.

use alb_oidc::Refusal;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// Makes the response to a request that is refused. The request never reaches the service, whatever
/// this answers.
///
/// ```
/// use alb_oidc_tower::{ProblemJson, Refusal, Responder};
/// use http::{Response, header, request::Parts};
///
/// /// A page for people, and a problem document for everything else.
/// #[derive(Clone)]
/// struct Pages;
///
/// impl Responder<String> for Pages {
///     fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<String> {
///         let mut response: Response<String> = ProblemJson.respond(refusal, request);
///         let accept = request.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
///         if accept.is_some_and(|accept| accept.contains("text/html")) {
///             response.headers_mut().insert(header::CONTENT_TYPE, "text/html".parse().expect("a constant"));
///             *response.body_mut() = "<!doctype html><title>Sign in</title>…".to_owned();
///         }
///         response
///     }
/// }
/// ```
pub trait Responder<ResBody> {
    /// The response. `request` is the head of the request that is refused; nothing in it is
    /// verified.
    fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<ResBody>;
}

/// Answers with a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) whose body
/// depends on nothing but the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemJson;

impl<ResBody: From<&'static str>> Responder<ResBody> for ProblemJson {
    fn respond(&self, refusal: &Refusal, _: &Parts) -> Response<ResBody> {
        problem_response(refusal)
    }
}

/// Answers a gRPC call: HTTP 200 with a [`grpc-status`](alb_oidc::Problem::grpc_status) and no message
/// ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), "Trailers-Only"). For
/// tonic, whose body is made from nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcStatus;

impl<ResBody: Default> Responder<ResBody> for GrpcStatus {
    fn respond(&self, refusal: &Refusal, _: &Parts) -> Response<ResBody> {
        let mut response = Response::new(ResBody::default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(
            HeaderName::from_static("grpc-status"),
            HeaderValue::from(u16::from(refusal.problem().grpc_status())),
        );
        response
    }
}

pub(crate) fn problem_response<ResBody: From<&'static str>>(
    refusal: &Refusal,
) -> Response<ResBody> {
    let problem = refusal.problem();
    let mut response = Response::new(ResBody::from(problem.body()));
    *response.status_mut() =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in problem.headers() {
        // All of them are constants or digits.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
