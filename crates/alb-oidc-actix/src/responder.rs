//! How a refused request is answered.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use alb_oidc::{Answer, Pages, Refusal};

use crate::browser::browser_request;

/// Makes the response to a request that is refused. The request never reaches the service, whatever
/// this answers.
///
/// For people in a browser there is [`Pages`]. One of your own:
///
/// ```
/// use actix_web::http::header::{HeaderValue, LINK};
/// use actix_web::{HttpRequest, HttpResponse};
/// use alb_oidc_actix::{ProblemJson, Refusal, RefusalResponder};
///
/// /// Says where to find help.
/// #[derive(Clone)]
/// struct WithHelp;
///
/// impl RefusalResponder for WithHelp {
///     fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
///         let mut response = ProblemJson.respond(refusal, request);
///         let help = HeaderValue::from_static("</help>; rel=\"help\"");
///         response.headers_mut().insert(LINK, help);
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

/// Answers navigations with a page, and all else with the problem document.
impl RefusalResponder for Pages {
    fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
        answer_response(self.answer(refusal, &browser_request(request)))
    }
}

/// What a refused request is answered, whoever refuses it. A response, and not an
/// [`Error`](actix_web::Error): what is wrapped around sees it with its status, headers and
/// extensions, and has nothing to translate.
pub(crate) fn refuse(
    responder: &impl RefusalResponder,
    refusal: Refusal,
    request: &HttpRequest,
) -> HttpResponse {
    let mut response = responder.respond(&refusal, request);
    let headers = response.headers_mut();
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response.extensions_mut().insert(refusal);
    response
}

pub(crate) fn problem_response(refusal: &Refusal) -> HttpResponse {
    answer_response(refusal.problem().into())
}

/// The response that an [`Answer`] is, for a handler of the application's own: of
/// [`Me::answer_to`](crate::Me::answer_to), [`SignOut::answer_to`](crate::SignOut::answer_to), or, by
/// `into()`, of a [`Refusal::problem`].
#[must_use]
pub fn answer_response(answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::new(status(answer.status()));
    for (name, value) in answer.headers() {
        // All of them are visible ASCII.
        if let Ok(value) = HeaderValue::from_str(value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().append(name, value);
        }
    }
    response.set_body(answer.into_body()).map_into_boxed_body()
}

pub(crate) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
