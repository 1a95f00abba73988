//! A page for people, where programs get a problem document.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::answer::Answer;
use crate::browser::BrowserRequest;
use crate::error::{AuthenticateError, Disposition};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// Answers a refused request as who sent it can read it: a page to a
/// [navigation](BrowserRequest::is_navigation), the problem document to everything else, `fetch`
/// included. Status and headers are the problem's in both cases.
///
/// The page is plain, in English, light or dark as the browser is. It is one document without
/// scripts, and brings a content security policy that allows its own style sheet by hash; where the
/// application puts another in its place, the page still reads well. For one of your own there is
/// [`with`](Self::with).
///
/// No `Vary` is sent, for nothing of it is to be stored.
#[derive(Clone, Default)]
pub struct Pages {
    render: Option<Arc<Render>>,
}

type Render = dyn Fn(&Refusal) -> Cow<'static, str> + Send + Sync;

impl Pages {
    /// The page that is built in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Pages of the application's own: HTML for a refusal. Which check failed is not for the one who
    /// asks to know; go by [`Refusal::problem`].
    ///
    /// No content security policy is sent with it.
    pub fn with<H>(render: impl Fn(&Refusal) -> H + Send + Sync + 'static) -> Self
    where
        H: Into<Cow<'static, str>>,
    {
        Self {
            render: Some(Arc::new(move |refusal: &Refusal| render(refusal).into())),
        }
    }

    /// The answer.
    #[must_use]
    pub fn answer(&self, refusal: &Refusal, request: &BrowserRequest<'_>) -> Answer {
        let problem = refusal.problem();
        if !request.is_navigation() {
            return problem.into();
        }
        let (html, policy) = match &self.render {
            Some(render) => (render(refusal), None),
            None => (page(refusal).into(), Some(POLICY)),
        };
        let problems = problem
            .headers()
            .filter(|(name, _)| *name != "content-type");
        let answer = problems
            .fold(
                Answer::without_headers(problem.status(), html),
                |answer, (name, value)| answer.with(name, value),
            )
            .with("content-type", "text/html; charset=utf-8")
            .with("x-content-type-options", "nosniff");
        match policy {
            Some(policy) => answer.with("content-security-policy", policy),
            None => answer,
        }
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("own", &self.render.is_some())
            .finish()
    }
}

fn page(refusal: &Refusal) -> String {
    let status = refusal.problem().status();
    let (title, text, again) = words(refusal);
    let again = if again { AGAIN } else { "" };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main><p>{status}</p><h1>{title}</h1><p>{text}</p>{again}</main></body></html>\n"
    )
}

/// What the page says, and whether it may help to ask again.
fn words(refusal: &Refusal) -> (&'static str, &'static str, bool) {
    match refusal {
        Refusal::Unauthenticated(error) => unauthenticated(error),
        Refusal::Forbidden(_) | Refusal::AccessToken(_)
            if refusal.problem() != Problem::FORBIDDEN =>
        {
            UNAVAILABLE
        }
        Refusal::Forbidden(_) | Refusal::AccessToken(_) | Refusal::ClaimsDoNotFit(_) => (
            "Not for this account",
            "You are signed in, and your account lacks what this page needs.",
            false,
        ),
        Refusal::CrossOrigin(_) => (
            "That came from another site",
            "The request was not made by a page of this application, so nothing was done.",
            false,
        ),
        Refusal::MissingLayer => (
            "Something is wrong here",
            "The application is not set up as it should be. It is not your fault.",
            false,
        ),
    }
}

fn unauthenticated(error: &AuthenticateError) -> (&'static str, &'static str, bool) {
    match error.disposition() {
        Disposition::Challenge => (
            "Please sign in",
            "This page is for people who are signed in, and you do not seem to be.",
            true,
        ),
        Disposition::Unavailable { .. } => UNAVAILABLE,
    }
}

const UNAVAILABLE: (&str, &str, bool) = (
    "One moment, please",
    "Who you are cannot be checked right now. It is not your fault, and should pass in a few seconds.",
    true,
);

/// To the same address, by a GET: through the load balancer, which asks for a sign-in where one is
/// needed.
const AGAIN: &str = "<p><a href=\"\">Try again</a></p>";

const STYLE: &str = "body{margin:0;min-height:100vh;display:grid;place-items:center;\
    font:1.0625rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}\
    main{max-width:32rem;padding:2rem}h1{margin:0;font-size:1.75rem;line-height:1.2}\
    p:first-child{margin:0 0 .5rem;opacity:.7}a{color:LinkText}";

/// The hash is the style sheet's.
const POLICY: &str = "default-src 'none'; style-src 'sha256-ODeTZCA134iHZgtGxXBAUnb+qjBtjqhD19VbhnIrNTQ='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
