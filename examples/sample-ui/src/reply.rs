//! What a handler answers, whatever the web framework that sends it.

use std::borrow::Cow;

use crate::page::Page;

/// A response that no framework has seen yet: a status, headers, and a text.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: Cow<'static, str>,
}

impl Reply {
    /// A text of this type.
    pub fn new(
        status: u16,
        content_type: &'static str,
        body: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.into())],
            body: body.into(),
        }
    }

    /// Leads to another page, which is asked for by a GET.
    #[must_use]
    pub fn see_other(path: &'static str) -> Self {
        Self {
            status: 303,
            headers: vec![("location", path.into())],
            body: Cow::Borrowed(""),
        }
    }

    /// A file that is part of the program, and may be stored.
    #[must_use]
    pub fn asset(content_type: &'static str, text: &'static str) -> Self {
        Self::new(200, content_type, text).with("cache-control", "public, max-age=86400")
    }

    /// One more header, its name in lower case.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, &**value))
    }

    /// The body.
    #[must_use]
    pub fn into_body(self) -> Cow<'static, str> {
        self.body
    }
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self::new(page.status(), "text/html; charset=utf-8", page.into_html())
    }
}
