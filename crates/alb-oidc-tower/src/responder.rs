//! How a refused request is answered.

use std::borrow::Cow;

use alb_oidc::{Answer, Pages, Refusal};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::browser::browser_request;

/// Makes the response to a request that is refused. The request never reaches the service, whatever
/// this answers.
///
/// For people in a browser there is [`Pages`]. One of your own:
///
/// ```
/// use alb_oidc_tower::{ProblemJson, Refusal, RefusalResponder};
/// use http::{Response, header, request::Parts};
///
/// /// Says where to find help.
/// #[derive(Clone)]
/// struct WithHelp;
///
/// impl RefusalResponder<String> for WithHelp {
///     fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<String> {
///         let mut response: Response<String> = ProblemJson.respond(refusal, request);
///         let help = header::HeaderValue::from_static("</help>; rel=\"help\"");
///         response.headers_mut().insert(header::LINK, help);
///         response
///     }
/// }
/// ```
pub trait RefusalResponder<ResBody> {
    /// The response. `request` is the head of the request that is refused; nothing in it is
    /// verified.
    fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<ResBody>;
}

/// Answers with a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) whose body
/// depends on nothing but the status.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemJson;

impl<ResBody: From<&'static str>> RefusalResponder<ResBody> for ProblemJson {
    fn respond(&self, refusal: &Refusal, _: &Parts) -> Response<ResBody> {
        problem_response(refusal)
    }
}

/// Answers a gRPC call: HTTP 200 with a [`grpc-status`](alb_oidc::Problem::grpc_status) and no message
/// ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), "Trailers-Only"). For
/// tonic, whose body is made from nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct GrpcStatus;

impl<ResBody: Default> RefusalResponder<ResBody> for GrpcStatus {
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

/// Answers navigations with a page, and all else with the problem document.
impl<ResBody: From<Cow<'static, str>>> RefusalResponder<ResBody> for Pages {
    fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<ResBody> {
        let said = browser_request(&request.method, &request.uri, &request.headers);
        answer_response(self.answer(refusal, &said))
    }
}

/// The response that an [`Answer`] is, for a service of the application's own: of
/// [`Me::answer_to`](crate::Me::answer_to), [`SignOut::answer_to`](crate::SignOut::answer_to), or, by
/// `into()`, of a [`Refusal::problem`].
#[must_use]
pub fn answer_response<ResBody: From<Cow<'static, str>>>(answer: Answer) -> Response<ResBody> {
    let mut response = Response::new(());
    write_head(&mut response, answer.status(), answer.headers());
    response.map(|()| ResBody::from(answer.into_body()))
}

pub(crate) fn problem_response<ResBody: From<&'static str>>(
    refusal: &Refusal,
) -> Response<ResBody> {
    let problem = refusal.problem();
    let mut response = Response::new(ResBody::from(problem.body()));
    write_head(&mut response, problem.status(), problem.headers());
    response
}

fn write_head<ResBody>(
    response: &mut Response<ResBody>,
    status: u16,
    headers: impl Iterator<Item = (&'static str, impl AsRef<str>)>,
) {
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        // All of them are visible ASCII.
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            let name = HeaderName::from_static(name);
            response.headers_mut().append(name, value);
        }
    }
}
