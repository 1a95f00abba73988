//! What the layer does to a request, and how it refuses.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use alb_oidc::{Clock as _, SystemClock};
use alb_oidc_testkit::conformance::table;
use alb_oidc_testkit::{Fault, KeyServer, ManualClock, SimulatedAlb, user};
use alb_oidc_tower::{
    AuthenticateError, AuthenticateLayer, AuthenticatedUser, Authenticator, Refusal,
    RefusalResponder,
};
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::json;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

type Text = Response<String>;

/// Answers with who the extensions say the user is.
async fn who(request: Request<String>) -> Result<Text, Infallible> {
    let user = request.extensions().get::<AuthenticatedUser>();
    let sub = user.map_or("", |user| user.id().subject());
    Ok(Response::new(sub.to_owned()))
}

async fn call(layer: &AuthenticateLayer, request: Request<String>) -> Text {
    let service = layer.layer(service_fn(who));
    service.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_user_whom_somebody_else_put_there_is_removed() {
    let alb = SimulatedAlb::new();
    let planted = || {
        let mut request = Request::new(String::new());
        request
            .extensions_mut()
            .insert(user(json!({"sub": "mallory"})));
        request
    };
    let required = AuthenticateLayer::required(alb.authenticator());
    let optional = AuthenticateLayer::optional(alb.authenticator());
    assert_eq!(call(&required, planted()).await.status(), 401);
    assert_eq!(call(&optional, planted()).await.body(), "");
    for layer in [required, optional] {
        let response = call(&layer, alb.sign_in(planted(), "alice")).await;
        assert_eq!(response.body(), "alice");
        let mut forged = planted();
        forged
            .headers_mut()
            .insert("x-amzn-oidc-data", "a.b.c".parse().unwrap());
        assert_eq!(call(&layer, forged).await.status(), 401);
    }
}

#[tokio::test]
async fn an_observing_layer_refuses_nothing_grants_nothing_and_counts_everything() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let layer = AuthenticateLayer::observe(authenticator.clone());
    let rows = table(&alb, SystemClock.unix_time().unwrap());
    for row in &rows {
        let mut request = Request::new(String::new());
        for (name, value) in &row.headers {
            let value = HeaderValue::from_bytes(value).unwrap();
            request.headers_mut().append(*name, value);
        }
        request
            .extensions_mut()
            .insert(user(json!({"sub": "mallory"})));
        let response = call(&layer, request).await;
        assert_eq!(
            (response.status(), &**response.body()),
            (StatusCode::OK, "")
        );
    }
    let stats = authenticator.stats();
    let counted = stats.authenticated + stats.missing + stats.rejected + stats.unavailable;
    assert_eq!(counted, rows.len() as u64);
    assert!(
        stats.authenticated > 0 && stats.around_load_balancer > 0,
        "{stats:?}"
    );
}

#[tokio::test]
async fn an_observing_layer_makes_no_request_wait_for_a_key() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.fail(Fault::Hang);
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .build()
        .unwrap();
    let layer = AuthenticateLayer::observe(authenticator);
    let request = alb.sign_in(Request::new(String::new()), "alice");
    let response = call(&layer, request).now_or_never();
    assert_eq!(response.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn nothing_of_the_request_changes_but_that_its_secrets_are_marked() {
    let alb = SimulatedAlb::new();
    let mut request = alb.sign_in(Request::new("body".to_owned()), "alice");
    request
        .headers_mut()
        .insert(header::ACCEPT, "*/*".parse().unwrap());
    request.extensions_mut().insert(7_u8);
    *request.uri_mut() = "/a?b".parse().unwrap();
    let before = request.headers().clone();
    let service =
        service_fn(async |request: Request<String>| Ok::<_, Infallible>(Response::new(request)));
    let layer = AuthenticateLayer::required(alb.authenticator()).responder(Never);
    let seen = layer
        .layer(service)
        .oneshot(request)
        .await
        .unwrap()
        .into_body();
    assert_eq!(seen.headers(), &before);
    assert_eq!(seen.extensions().get(), Some(&7_u8));
    assert_eq!((seen.uri().path(), &**seen.body()), ("/a", "body"));
    for name in [
        "x-amzn-oidc-data",
        "x-amzn-oidc-identity",
        "x-amzn-oidc-accesstoken",
    ] {
        assert!(seen.headers()[name].is_sensitive(), "{name}");
    }
    assert!(!seen.headers()[header::ACCEPT].is_sensitive());
}

#[derive(Clone)]
struct Never;

impl<B> RefusalResponder<B> for Never {
    fn respond(&self, refusal: &Refusal, _: &Parts) -> Response<B> {
        panic!("refused: {refusal:?}")
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_had_is_503_with_retry_after_and_never_401() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.fail(Fault::RetryAfter(503, 5));
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .build()
        .unwrap();
    for layer in [
        AuthenticateLayer::required(authenticator.clone()),
        AuthenticateLayer::optional(authenticator),
    ] {
        let response = call(&layer, alb.sign_in(Request::new(String::new()), "alice")).await;
        assert_eq!(response.status(), 503);
        let headers = response.headers();
        let retry_after: u64 = headers[header::RETRY_AFTER]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=9).contains(&retry_after), "{retry_after}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert!(!headers.contains_key(header::WWW_AUTHENTICATE));
        let refusal = response.extensions().get::<Refusal>();
        assert!(
            matches!(
                refusal,
                Some(Refusal::Unauthenticated(AuthenticateError::Unavailable(_)))
            ),
            "{refusal:?}"
        );
    }
}

#[tokio::test]
async fn a_clock_that_cannot_be_read_is_503() {
    let alb = SimulatedAlb::new();
    let clock = ManualClock::at_system_time();
    let layer = AuthenticateLayer::required(alb.authenticator_at(clock.clone()));
    let request = || alb.sign_in(Request::new(String::new()), "alice");
    assert_eq!(call(&layer, request()).await.status(), 200);
    clock.break_down();
    assert_eq!(call(&layer, request()).await.status(), 503);
}

#[tokio::test]
async fn a_responder_of_ones_own_answers_and_the_refusal_is_left_for_the_log() {
    #[derive(Clone)]
    struct Page;
    impl RefusalResponder<String> for Page {
        fn respond(&self, refusal: &Refusal, request: &Parts) -> Text {
            let mut response =
                Response::new(format!("{} at {}", refusal.problem().status(), request.uri));
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response
        }
    }
    let alb = SimulatedAlb::new();
    let service = AuthenticateLayer::required(alb.authenticator())
        .responder(Page)
        .layer(service_fn(who));
    let mut request = Request::new(String::new());
    *request.uri_mut() = "/private".parse().unwrap();
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.body(), "401 at /private");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(
        response.extensions().get(),
        Some(&Refusal::Unauthenticated(AuthenticateError::Missing))
    );
}

/// Panics if it is called without having been polled ready, as a bounded service may.
#[derive(Debug, Default)]
struct Strict {
    ready: bool,
    called: Arc<AtomicBool>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            called: self.called.clone(),
        }
    }
}

impl Service<Request<String>> for Strict {
    type Response = Text;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Text, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        self.ready = false;
        self.called.store(true, Ordering::SeqCst);
        std::future::ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_the_one_that_is_called() {
    let alb = SimulatedAlb::new();
    let strict = Strict::default();
    let mut service = AuthenticateLayer::required(alb.authenticator()).layer(strict.clone());
    for _ in 0..3 {
        let request = alb.sign_in(Request::new(String::new()), "alice");
        let ready = service.ready().await.unwrap();
        ready.call(request).await.unwrap();
    }
    assert!(strict.called.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_service() {
    let alb = SimulatedAlb::new();
    let strict = Strict::default();
    let service = AuthenticateLayer::required(alb.authenticator()).layer(strict.clone());
    let response = service.oneshot(Request::new(String::new())).await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(!strict.called.load(Ordering::SeqCst));
}
