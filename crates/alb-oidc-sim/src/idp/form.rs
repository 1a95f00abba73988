//! Parameters, from a query or a form.

use std::collections::HashMap;

use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use url::form_urlencoded;

/// Parameters of which none is there twice: "request and response parameters
/// MUST NOT be included more than once" (RFC 6749 section 3.1).
pub(crate) struct Form(HashMap<String, String>);

impl Form {
    pub(crate) fn parse(encoded: &[u8]) -> Option<Self> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if parameters
                .insert(name.into_owned(), value.into_owned())
                .is_some()
            {
                return None;
            }
        }
        Some(Self(parameters))
    }

    /// The body of a form of at most 64 KiB.
    pub(crate) async fn read(request: Request<Incoming>) -> Option<Self> {
        let content_type = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let media_type = content_type.split(';').next()?.trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        let body = Limited::new(request.into_body(), MAX_FORM_BYTES)
            .collect()
            .await
            .ok()?;
        Self::parse(&body.to_bytes())
    }

    /// A parameter; an empty one counts as missing (RFC 6749 section 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

const MAX_FORM_BYTES: usize = 64 * 1024;
