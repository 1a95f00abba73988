//! The layer against cross-site requests: what it does to a request, and beside tower-http's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;

use alb_oidc_tower::alb_oidc::CrossOrigin;
use alb_oidc_tower::{CsrfLayer, CsrfProtection, Pages, Refusal};
use futures_util::FutureExt as _;
use http::{Method, Request, Response, StatusCode};
use proptest::prelude::*;
use tower::{Layer as _, ServiceExt as _, service_fn};

type Text = Response<String>;

/// Answers with the method and the body: what came through.
async fn echo(request: Request<String>) -> Result<Text, Infallible> {
    let method = request.method().clone();
    Ok(Response::new(format!("{method} {}", request.into_body())))
}

fn call<R>(layer: &CsrfLayer<R>, request: Request<String>) -> Text
where
    R: alb_oidc_tower::RefusalResponder<String> + Clone,
{
    let service = layer.layer(service_fn(echo));
    service.oneshot(request).now_or_never().unwrap().unwrap()
}

fn request(method: &str, uri: &str, lines: &[(&str, &str)]) -> Request<String> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    request.body("body".to_owned()).unwrap()
}

#[test]
fn what_passes_reaches_the_service_as_it_was() {
    let layer = CsrfLayer::new(CsrfProtection::new());
    for (method, lines) in [
        ("GET", &[("sec-fetch-site", "cross-site")][..]),
        ("POST", &[("sec-fetch-site", "same-origin")]),
        ("POST", &[]),
    ] {
        let response = call(&layer, request(method, "/", lines));
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.body(), &format!("{method} body"));
        assert_eq!(response.extensions().get::<Refusal>(), None);
    }
}

#[test]
fn what_is_refused_is_a_problem_or_what_the_responder_makes_of_it() {
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    let layer = CsrfLayer::new(CsrfProtection::new());
    let problem = call(&layer, request("POST", "/", &foreign));
    let page = call(
        &layer.responder(Pages::new()),
        request("POST", "/", &foreign),
    );
    for (response, kind) in [
        (problem, "application/problem+json"),
        (page, "text/html; charset=utf-8"),
    ] {
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()["content-type"], kind);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let refusal = response.extensions().get::<Refusal>();
        assert_eq!(refusal, Some(&Refusal::CrossOrigin(CrossOrigin::Site)));
    }
}

#[test]
fn the_host_is_the_targets_authority_where_there_is_one() {
    let layer = CsrfLayer::new(CsrfProtection::new());
    let origin = ("origin", "https://app.example.com");
    for (uri, host, status) in [
        ("/", "app.example.com", 200),
        ("/", "evil.example", 403),
        ("https://app.example.com/", "10.0.0.1", 200),
        ("https://10.0.0.1/", "app.example.com", 403),
    ] {
        let response = call(&layer, request("POST", uri, &[origin, ("host", host)]));
        assert_eq!(response.status(), status, "{uri} {host}");
    }
}

const TRUSTED: &str = "https://office.example.com";

/// Whether tower-http lets it through.
fn peer(request: Request<String>) -> bool {
    let layer = tower_http::csrf::CsrfLayer::new();
    let service = layer
        .add_trusted_origin(TRUSTED)
        .unwrap()
        .layer(service_fn(echo));
    let response = service.oneshot(request).now_or_never().unwrap();
    response.unwrap().status() == StatusCode::OK
}

fn ours(request: Request<String>) -> bool {
    let csrf = CsrfProtection::new().trust_origin(TRUSTED).unwrap();
    call(&CsrfLayer::new(csrf), request).status() == StatusCode::OK
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Go's algorithm, by other hands. Where we differ, it is for a reason that is listed here.
    #[test]
    fn the_decision_is_tower_https_but_for_what_is_listed(
        method in "GET|HEAD|OPTIONS|POST|PUT|DELETE|TRACE|QUERY|get",
        site in prop::option::of("same-origin|none|same-site|cross-site|"),
        origin in prop::option::of(
            "(https|http)://(app|office|evil)\\.example\\.com(:443|:80|:8443)?|null|"
        ),
        host in "(app|evil)\\.example\\.com(:443|:80|:8443)?",
        websocket in any::<bool>(),
    ) {
        let mut lines = vec![("host", &*host)];
        lines.extend(site.as_deref().map(|site| ("sec-fetch-site", site)));
        lines.extend(origin.as_deref().map(|origin| ("origin", origin)));
        if websocket {
            lines.push(("upgrade", "websocket"));
        }
        let both = (
            ours(request(&method, "/", &lines)),
            peer(request(&method, "/", &lines)),
        );
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].iter().any(|safe| *safe == *method);
        let origin = origin.as_deref().unwrap_or("");
        let default_port = |text: &str| text.ends_with(":443") || text.ends_with(":80");
        let differs = (safe && websocket)
            || origin.starts_with("http://")
            || default_port(origin)
            || default_port(&host)
            || site.as_deref() == Some("")
            || lines.contains(&("origin", ""));
        prop_assert!(both.0 == both.1 || differs, "{:?} {:?} {:?}", both, method, lines);
        // Where ours is the laxer one, it is for a port that is the scheme's own.
        prop_assert!(!both.0 || both.1 || default_port(origin) || default_port(&host), "{:?}", lines);
    }
}
