//! Who gets a page, who a problem document, and what is in either.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use alb_oidc::{
    AccessTokenError, Answer, AuthenticateError, Authorizer, BrowserRequest, ClaimsError,
    CrossOrigin, FetchError, KeyError, Pages, Refusal, Requirement,
};
use alb_oidc_testkit::user;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

fn window() -> BrowserRequest<'static> {
    BrowserRequest::from_lookup("GET", None, |name| {
        (name == "sec-fetch-mode").then_some(&b"navigate"[..])
    })
}

fn script() -> BrowserRequest<'static> {
    BrowserRequest::from_lookup("GET", None, |name| match name {
        "sec-fetch-mode" => Some(&b"cors"[..]),
        "accept" => Some(&b"text/html"[..]),
        _ => None,
    })
}

fn claims_do_not_fit() -> ClaimsError {
    let alice = user(json!({"sub": "alice"}));
    alice.claims().deserialize::<Vec<u8>>().unwrap_err()
}

fn forbidden() -> Refusal {
    let bob = Authorizer::enforce(Requirement::subject("bob"));
    bob.authorize(&user(json!({"sub": "alice"})))
        .unwrap_err()
        .into()
}

fn refusals() -> Vec<Refusal> {
    let unavailable = KeyError::Fetch {
        error: FetchError::Timeout,
        retry_after: Duration::from_secs(7),
    };
    vec![
        AuthenticateError::Missing.into(),
        AuthenticateError::from(unavailable).into(),
        claims_do_not_fit().into(),
        CrossOrigin::Site.into(),
        Refusal::MissingLayer,
        forbidden(),
        AccessTokenError::ClaimMissing("groups").into(),
        AccessTokenError::Unavailable(unavailable).into(),
    ]
}

fn value<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut values = answer.headers().filter(|(other, _)| *other == name);
    let value = values.next().map(|(_, value)| value);
    assert_eq!(values.next(), None, "{name} is there twice");
    value
}

#[test]
fn a_script_and_a_program_get_the_problem_document_as_it_is() {
    for refusal in refusals() {
        for request in [script(), BrowserRequest::from_lookup("GET", None, |_| None)] {
            let answer = Pages::new().answer(&refusal, &request);
            assert_eq!(answer, Answer::from(refusal.problem()));
            assert_eq!(
                value(&answer, "content-type"),
                Some("application/problem+json")
            );
        }
    }
}

#[test]
fn a_window_gets_a_page_with_the_problems_status_and_headers() {
    for refusal in refusals() {
        let problem = refusal.problem();
        let page = Pages::new().answer(&refusal, &window());
        assert_eq!(page.status(), problem.status());
        for (name, expected) in problem
            .headers()
            .filter(|(name, _)| *name != "content-type")
        {
            assert_eq!(value(&page, name), Some(&*expected), "{refusal:?}");
        }
        assert_eq!(
            value(&page, "content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(value(&page, "x-content-type-options"), Some("nosniff"));
        assert_eq!(value(&page, "cache-control"), Some("no-store"));
        assert!(page.body().contains(&format!("<p>{}</p>", page.status())));
        // Which check failed is not for the one who asks to know.
        assert!(!page.body().contains(refusal.reason()), "{refusal:?}");
    }
}

#[test]
fn each_page_says_in_words_what_is_wrong() {
    let titles = [
        "Please sign in",
        "One moment, please",
        "Not for this account",
        "That came from another site",
        "Something is wrong here",
        "Not for this account",
        "Not for this account",
        "One moment, please",
    ];
    assert_eq!(refusals().len(), titles.len());
    for (refusal, title) in refusals().iter().zip(titles) {
        let page = Pages::new().answer(refusal, &window());
        let body = page.body();
        assert!(body.contains(&format!("<title>{title}</title>")), "{body}");
        let heading = format!("<h1>{title}</h1><p>");
        let (_, text) = body.split_once(&heading).unwrap();
        let (text, _) = text.split_once("</p>").unwrap();
        assert!(text.contains("you") || text.contains("request"), "{text}");
    }
}

#[test]
fn only_what_may_pass_is_worth_another_try() {
    let again: Vec<_> = refusals()
        .iter()
        .map(|refusal| {
            let page = Pages::new().answer(refusal, &window());
            page.body().contains("Try again")
        })
        .collect();
    assert_eq!(again, [true, true, false, false, false, false, false, true]);
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_its_policy_allows_what_it_has() {
    for refusal in refusals() {
        let page = Pages::new().answer(&refusal, &window());
        let html = page.body();
        for part in [
            "<script",
            " style=",
            " onclick=",
            "javascript:",
            "src=",
            "url(",
            "@import",
            "http://",
            "https://",
            "<form",
        ] {
            assert!(!html.contains(part), "{part}: {html}");
        }
        assert!(html.starts_with("<!doctype html><html lang=\"en\">"));
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"));
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, _) = rest.split_once("</style>").unwrap();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
        let hash = BASE64_STANDARD.encode(hash);
        assert_eq!(
            value(&page, "content-security-policy").unwrap(),
            format!(
                "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            )
        );
    }
}

#[test]
fn an_applications_own_page_is_sent_as_it_is() {
    let pages = Pages::with(|refusal: &Refusal| format!("<p>{}", refusal.problem().status()));
    for refusal in refusals() {
        let page = pages.answer(&refusal, &window());
        let status = refusal.problem().status();
        assert_eq!(
            (page.status(), page.body()),
            (status, &*format!("<p>{status}"))
        );
        assert_eq!(
            value(&page, "content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(value(&page, "content-security-policy"), None);
        assert_eq!(
            pages.answer(&refusal, &script()),
            Answer::from(refusal.problem())
        );
    }
    assert_eq!(format!("{pages:?}"), "Pages { own: true }");
    assert_eq!(format!("{:?}", Pages::new()), "Pages { own: false }");
}
