//! The middleware against cross-site requests: what it does to a request, and how it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse, Transform as _, fn_service};
use actix_web::http::Method;
use actix_web::test::{TestRequest, read_body};
use actix_web::{Error, HttpResponse};
use alb_oidc_actix::alb_oidc::CrossOrigin;
use alb_oidc_actix::{Csrf, CsrfProtection, Pages, Refusal, RefusalResponder, browser_request};

type Lines<'a> = &'a [(&'static str, &'static str)];

/// Answers with the method and the body: what came through.
async fn echo(mut request: ServiceRequest) -> Result<ServiceResponse, Error> {
    let body = request.extract::<String>().await?;
    let text = format!("{} {body}", request.method());
    Ok(request.into_response(HttpResponse::Ok().body(text)))
}

async fn call<R>(csrf: &Csrf<R>, request: TestRequest) -> ServiceResponse
where
    R: RefusalResponder + Clone,
{
    let service = csrf.new_transform(fn_service(echo)).await.unwrap();
    let response = service.call(request.to_srv_request()).await.unwrap();
    response.map_into_boxed_body()
}

fn request(method: &str, uri: &str, lines: Lines<'_>) -> TestRequest {
    let request = TestRequest::with_uri(uri)
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .insert_header(("content-type", "text/plain"))
        .set_payload("body");
    lines
        .iter()
        .fold(request, |request, line| request.append_header(*line))
}

fn refusal(response: &ServiceResponse) -> Option<Refusal> {
    response.response().extensions().get::<Refusal>().cloned()
}

#[tokio::test]
async fn what_passes_reaches_the_service_as_it_was() {
    let csrf = Csrf::new(CsrfProtection::new());
    for (method, lines) in [
        ("GET", &[("sec-fetch-site", "cross-site")][..]),
        ("POST", &[("sec-fetch-site", "same-origin")]),
        ("POST", &[]),
    ] {
        let response = call(&csrf, request(method, "/", lines)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(refusal(&response), None);
        assert_eq!(read_body(response).await, format!("{method} body"));
    }
}

#[tokio::test]
async fn what_another_sites_page_asks_for_is_refused_websockets_included() {
    let csrf = Csrf::new(CsrfProtection::new());
    let own = ("host", "app.example.com");
    let evil = ("origin", "https://evil.example");
    for (method, lines, cause) in [
        (
            "POST",
            &[("sec-fetch-site", "cross-site")][..],
            CrossOrigin::Site,
        ),
        (
            "DELETE",
            &[("sec-fetch-site", "same-site")],
            CrossOrigin::Site,
        ),
        ("POST", &[own, evil], CrossOrigin::Origin),
        (
            "POST",
            &[own, evil, ("origin", "https://app.example.com")],
            CrossOrigin::Unreadable,
        ),
        (
            "GET",
            &[own, evil, ("upgrade", "websocket")],
            CrossOrigin::Origin,
        ),
        (
            "GET",
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "websocket"),
            ],
            CrossOrigin::Site,
        ),
    ] {
        let response = call(&csrf, request(method, "/", lines)).await;
        assert_eq!(response.status(), 403, "{method} {lines:?}");
        assert_eq!(refusal(&response), Some(Refusal::CrossOrigin(cause)));
    }
    let trusting = CsrfProtection::new().trust_origin("https://evil.example");
    let trusting = Csrf::new(trusting.unwrap());
    for own in [
        call(
            &csrf,
            request(
                "GET",
                "/",
                &[
                    own,
                    ("upgrade", "websocket"),
                    ("origin", "https://app.example.com"),
                ],
            ),
        ),
        call(&trusting, request("POST", "/", &[own, evil])),
    ] {
        assert_eq!(own.await.status(), 200);
    }
}

#[tokio::test]
async fn what_is_refused_is_a_problem_or_what_the_responder_makes_of_it() {
    let foreign = &[
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    let csrf = Csrf::new(CsrfProtection::new());
    let problem = call(&csrf, request("POST", "/", foreign)).await;
    let csrf = csrf.responder(Pages::new());
    let page = call(&csrf, request("POST", "/", foreign)).await;
    for (response, kind) in [
        (problem, "application/problem+json"),
        (page, "text/html; charset=utf-8"),
    ] {
        assert_eq!(response.status(), 403);
        let header = |name| response.headers().get(name).unwrap();
        assert_eq!(header("content-type"), kind);
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(
            refusal(&response),
            Some(Refusal::CrossOrigin(CrossOrigin::Site))
        );
    }
}

#[tokio::test]
async fn the_host_is_the_targets_authority_where_there_is_one() {
    let csrf = Csrf::new(CsrfProtection::new());
    let origin = ("origin", "https://app.example.com");
    for (uri, host, status) in [
        ("/", "app.example.com", 200),
        ("/", "evil.example", 403),
        ("https://app.example.com/", "10.0.0.1", 200),
        ("https://10.0.0.1/", "app.example.com", 403),
    ] {
        let request = request("POST", uri, &[origin, ("host", host)]);
        assert_eq!(call(&csrf, request).await.status(), status, "{uri} {host}");
    }
}

#[test]
fn the_browser_is_read_from_a_request_as_it_is() {
    let window = request("PUT", "/", &[("sec-fetch-mode", "navigate")]).to_http_request();
    let said = browser_request(&window);
    assert_eq!(said.method(), "PUT");
    assert!(said.is_navigation() && !said.is_websocket() && !said.is_safe());
    // Two lines of one name are two: it is not the first that counts.
    let twice = &[
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-mode", "navigate"),
    ];
    let twice = request("GET", "/", twice).to_http_request();
    assert!(!browser_request(&twice).is_navigation());
    let socket = request("GET", "/", &[("upgrade", "h2c"), ("upgrade", "websocket")]);
    assert!(browser_request(&socket.to_http_request()).is_websocket());
}
