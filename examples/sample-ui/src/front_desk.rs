//! What the authenticating layer answers with when it lets nobody through.

use alb_oidc_tower::{ProblemJson, Refusal, Responder};
use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::page;
use crate::pages::Notice;
use crate::reader::Reader;

/// Shows people a page, and programs the layer's own problem document. Status,
/// challenge and retry headers are the layer's in both cases.
#[derive(Clone, Copy, Debug)]
pub struct FrontDesk;

impl Responder<Body> for FrontDesk {
    fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<Body> {
        let response: Response<Body> = ProblemJson.respond(refusal, request);
        let (mut head, problem) = response.into_parts();
        let body = match reader(&request.headers) {
            Reader::Program => problem,
            Reader::Person => {
                let notice = if head.status == StatusCode::UNAUTHORIZED {
                    Notice::Unauthorized
                } else {
                    Notice::Unavailable
                };
                head.headers.remove(CONTENT_LENGTH);
                head.headers
                    .insert(CONTENT_TYPE, HeaderValue::from_static(page::CONTENT_TYPE));
                Body::from(notice.page().into_html())
            }
        };
        Response::from_parts(head, body)
    }
}

pub(crate) fn reader(headers: &HeaderMap) -> Reader {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    Reader::of(text("sec-fetch-mode"), text(ACCEPT.as_str()))
}
