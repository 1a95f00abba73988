//! A whole response, for all frameworks alike.

use std::borrow::Cow;

use crate::problem::Problem;

/// A response: a status, headers, and a text. Adapters translate it and add nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    headers: Vec<Header>,
    body: Cow<'static, str>,
}

/// A header's name, in lower case, and its value, which is visible ASCII and spaces.
type Header = (&'static str, Cow<'static, str>);

impl Answer {
    /// Not for a browser or a proxy to store.
    pub(crate) fn new(status: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self::without_headers(status, body).with("cache-control", "no-store")
    }

    pub(crate) fn without_headers(status: u16, body: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// 405: the path is there, and not for this method.
    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        let body = r#"{"type":"about:blank","title":"Method Not Allowed","status":405}"#;
        Self::new(405, body)
            .with("content-type", "application/problem+json")
            .with("allow", allowed)
    }

    /// One more header.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The headers, names in lower case; `set-cookie` several times.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, &**value))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The body, to be sent.
    #[must_use]
    pub fn into_body(self) -> Cow<'static, str> {
        self.body
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status(),
            headers: problem.headers().collect(),
            body: Cow::Borrowed(problem.body()),
        }
    }
}
