//! How a refused request is answered.

use alb_oidc::{AuthenticateError, Disposition, Problem};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// Makes the response to a request that is refused. The request never reaches the service, whatever
/// this answers.
///
/// ```
/// use alb_oidc_tower::{Rejection, Responder};
/// use http::{Response, header, request::Parts};
///
/// /// A page for people, and a problem document for everything else.
/// #[derive(Clone)]
/// struct Pages;
///
/// impl Responder<String> for Pages {
///     fn respond(&self, rejection: &Rejection, request: &Parts) -> Response<String> {
///         let mut response = rejection.problem::<String>();
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
    fn respond(&self, rejection: &Rejection, request: &Parts) -> Response<ResBody>;
}

/// Answers with a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) whose body
/// depends on nothing but the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemJson;

impl<ResBody: From<&'static str>> Responder<ResBody> for ProblemJson {
    fn respond(&self, rejection: &Rejection, _: &Parts) -> Response<ResBody> {
        rejection.problem()
    }
}

/// Answers a gRPC call: HTTP 200 with `grpc-status` 16 (`UNAUTHENTICATED`) or 14 (`UNAVAILABLE`),
/// and no message ([gRPC over
/// HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), "Trailers-Only"). For
/// tonic, whose body is made from nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcStatus;

impl<ResBody: Default> Responder<ResBody> for GrpcStatus {
    fn respond(&self, rejection: &Rejection, _: &Parts) -> Response<ResBody> {
        let status = match rejection.error().disposition() {
            Disposition::Challenge => "16",
            Disposition::Unavailable { .. } => "14",
        };
        let mut response = Response::new(ResBody::default());
        for (name, value) in [
            ("content-type", "application/grpc"),
            ("grpc-status", status),
        ] {
            response.headers_mut().insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        response
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    error: AuthenticateError,
}

impl From<AuthenticateError> for Rejection {
    fn from(error: AuthenticateError) -> Self {
        Self { error }
    }
}

impl Rejection {
    /// The cause, for the operator. To tell the client would help an attacker.
    #[must_use]
    pub const fn error(&self) -> &AuthenticateError {
        &self.error
    }

    /// 401 if the request does not prove a user, 503 if that cannot be told now.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        status(&self.as_problem())
    }

    /// The answer as a problem document, with all its headers.
    #[must_use]
    pub fn problem<ResBody: From<&'static str>>(&self) -> Response<ResBody> {
        problem_response(&self.as_problem())
    }

    pub(crate) fn into_error(self) -> AuthenticateError {
        self.error
    }

    fn as_problem(&self) -> Problem {
        self.error.disposition().into()
    }
}

pub(crate) fn problem_response<ResBody: From<&'static str>>(
    problem: &Problem,
) -> Response<ResBody> {
    let mut response = Response::new(ResBody::from(problem.body()));
    *response.status_mut() = status(problem);
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

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
