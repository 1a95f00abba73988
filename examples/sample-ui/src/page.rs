//! A page: a status and escaped HTML, whatever the web framework that sends it.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::paths;

/// What a handler gives back to be shown to a person.
///
/// Its text went through `maud`, which escapes whatever is put into a template;
/// only the art, which is part of the program, goes in as it is.
#[derive(Clone, Debug)]
pub struct Page {
    status: u16,
    markup: Markup,
}

impl Page {
    /// Lays `content` out between the document's head and foot. `bar` goes into
    /// the bar at the top, beside the app's name.
    pub(crate) fn new(status: u16, title: &str, bar: &Markup, content: &Markup) -> Self {
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbf4e8";
                    meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1d1815";
                    title { (title) " · " (APP_NAME) }
                    link rel="icon" type="image/svg+xml" href=(paths::ICON);
                    link rel="stylesheet" href=(paths::STYLE);
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header.bar {
                        a.brand href=(paths::HOME) { span.mark { (PreEscaped(ICON)) } span { (APP_NAME) } }
                        (bar)
                    }
                    main #content tabindex="-1" { (content) }
                }
            }
        };
        Self { status, markup }
    }

    /// The HTTP status to send it with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The document.
    #[must_use]
    pub fn into_html(self) -> String {
        self.markup.into_string()
    }
}

/// What every response carries.
///
/// - No script at all, and styles and pictures only from the app itself.
/// - `form-action` is left open on purpose: browsers apply it to the redirects
///   after a form as well, and both a sign-out and a vote after the session's
///   end are answered by a redirect to the identity provider, whose own next
///   hops the app cannot know.
/// - The referrer policy is `same-origin`, not `no-referrer`: the latter turns
///   the `Origin` of our own forms into `null`.
pub const SECURITY_HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
];

/// What every response carries besides, unless it says itself that it may be stored.
pub const NOT_STORED: (&str, &str) = ("cache-control", "no-store");

/// The one style sheet.
pub const STYLE: &str = include_str!("../assets/style.css");
/// The icon of the app, as SVG.
pub const ICON: &str = include_str!("../assets/icon.svg");

const APP_NAME: &str = "Four Tables";
