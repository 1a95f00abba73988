//! Which users get through, and how the others are refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use alb_oidc_testkit::SimulatedAlb;
use alb_oidc_tower::alb_oidc::DenialCause;
use alb_oidc_tower::{
    AuthenticateError, AuthenticateLayer, AuthorizeLayer, Authorizer, GrpcStatus, Refusal,
    RefusalResponder, Rejection, Requirement, User,
};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::{Layer as _, Service, ServiceExt as _};

fn staff() -> Requirement {
    Requirement::email_domain("example.com").unwrap()
}

fn auditors() -> Requirement {
    Requirement::claim_contains("groups", "auditors").unwrap()
}

fn guard(requirement: Requirement) -> AuthorizeLayer {
    AuthorizeLayer::new(Authorizer::enforce(requirement))
}

fn alice() -> Value {
    json!({"sub": "alice", "email": "alice@example.com", "email_verified": true})
}

fn auditor() -> Value {
    json!({
        "sub": "ann",
        "email": "ann@example.com",
        "email_verified": true,
        "groups": ["auditors"],
    })
}

fn mallory() -> Value {
    json!({"sub": "mallory", "email": "mallory@evil.org", "email_verified": true})
}

fn to(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> (http::response::Parts, String) {
    let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head, String::from_utf8(body.into()).unwrap())
}

async fn status(app: &Router, request: Request<Body>) -> u16 {
    send(app, request).await.0.status.as_u16()
}

/// Without an extractor: what the layers let through gets it.
fn secret() -> Router {
    Router::new().route("/", get(async || "secret"))
}

#[tokio::test]
async fn who_meets_the_requirement_gets_through_and_nobody_else() {
    let alb = SimulatedAlb::new();
    let app = secret()
        .layer(guard(staff()))
        .layer(AuthenticateLayer::required(alb.authenticator()));
    let (head, body) = send(&app, alb.sign_in_with(to("/"), &alice())).await;
    assert_eq!((head.status.as_u16(), &*body), (200, "secret"));
    for claims in [
        mallory(),
        json!({"sub": "alice"}),
        json!({"sub": "alice", "email": "alice@example.com"}),
        json!({"sub": "alice", "email": "alice@example.com", "email_verified": "false"}),
    ] {
        let (head, body) = send(&app, alb.sign_in_with(to("/"), &claims)).await;
        assert_eq!(head.status, 403, "{claims}");
        assert!(!body.contains("secret") && !body.contains("example"));
    }
    assert_eq!(status(&app, to("/")).await, 401);
}

#[tokio::test]
async fn a_denial_is_a_problem_document_and_is_left_for_the_log() {
    #[derive(serde::Deserialize)]
    struct Never {
        #[serde(rename = "never")]
        _never: String,
    }
    let alb = SimulatedAlb::new();
    let claims_do_not_fit =
        Router::new().route("/", get(async |_: alb_oidc_tower::Claims<Never>| "secret"));
    let authenticate = || AuthenticateLayer::required(alb.authenticator());
    let request = || alb.sign_in_with(to("/"), &mallory());
    let app = secret().layer(guard(staff())).layer(authenticate());
    let (head, body) = send(&app, request()).await;
    // The same answer as for claims that do not fit, which tells nothing of the cause.
    let (like, like_body) = send(&claims_do_not_fit.layer(authenticate()), request()).await;
    assert_eq!((head.status, &head.headers), (like.status, &like.headers));
    assert_eq!(body, like_body);
    assert_eq!(head.headers["content-type"], "application/problem+json");
    assert_eq!(head.headers["cache-control"], "no-store");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["status"], 403);
    let Some(Refusal::Forbidden(denial)) = head.extensions.get::<Refusal>() else {
        panic!("{:?}", head.extensions.get::<Refusal>());
    };
    assert_eq!(denial.cause(), &DenialCause::Unmet);
    assert_eq!(denial.requirement(), &staff());
    assert_eq!(
        denial.to_string(),
        "e-mail domain example.com is required, and the user does not meet it"
    );
}

#[tokio::test]
async fn behind_an_optional_layer_an_anonymous_visitor_is_asked_to_sign_in() {
    let alb = SimulatedAlb::new();
    let app = secret()
        .layer(guard(staff()))
        .layer(AuthenticateLayer::optional(alb.authenticator()));
    let (head, _) = send(&app, to("/")).await;
    assert_eq!(head.status, 401);
    assert_eq!(head.headers["www-authenticate"], "ALB-OIDC");
    assert_eq!(
        head.extensions.get(),
        Some(&Refusal::Unauthenticated(AuthenticateError::Missing))
    );
    assert_eq!(status(&app, alb.sign_in_with(to("/"), &alice())).await, 200);
    assert_eq!(
        status(&app, alb.sign_in_with(to("/"), &mallory())).await,
        403
    );
}

/// A requirement that anybody would meet of whom nothing is known.
fn not_mallory() -> Requirement {
    !Requirement::subject("mallory")
}

#[tokio::test]
async fn where_no_layer_authenticates_before_it_everybody_gets_a_500() {
    let alb = SimulatedAlb::new();
    let authenticator = || alb.authenticator();
    for (arrangement, app) in [
        ("no layer", secret().layer(guard(not_mallory()))),
        (
            "the wrong way round",
            secret()
                .layer(AuthenticateLayer::required(authenticator()))
                .layer(guard(not_mallory())),
        ),
        (
            "the wrong way round, optional",
            secret()
                .layer(AuthenticateLayer::optional(authenticator()))
                .layer(guard(not_mallory())),
        ),
        (
            "a layer that only observes",
            secret()
                .layer(guard(not_mallory()))
                .layer(AuthenticateLayer::observe(authenticator())),
        ),
    ] {
        for request in [to("/"), alb.sign_in_with(to("/"), &alice())] {
            let (head, body) = send(&app, request).await;
            assert_eq!(head.status, 500, "{arrangement}");
            assert!(!body.contains("secret"), "{arrangement}");
            assert_eq!(head.extensions.get(), Some(&Refusal::MissingLayer));
        }
    }
}

#[tokio::test]
async fn a_user_whom_somebody_else_put_there_is_not_authorized() {
    let alb = SimulatedAlb::new();
    let app = secret()
        .layer(guard(staff()))
        .layer(AuthenticateLayer::optional(alb.authenticator()));
    let mut request = to("/");
    let planted = alb_oidc_testkit::user(alice());
    request.extensions_mut().insert(planted);
    assert_eq!(status(&app, request).await, 401);
}

#[tokio::test]
async fn one_route_may_ask_for_more_than_its_router() {
    let alb = SimulatedAlb::new();
    let books = || get(async || "books");
    let app = Router::new()
        .route("/books", books().layer(guard(auditors())))
        .route("/late", books().route_layer(guard(auditors())))
        .route("/", get(async || "staff"))
        .layer(guard(staff()))
        .route("/welcome", get(async || "anybody"))
        .layer(AuthenticateLayer::required(alb.authenticator()));
    let outsider = {
        let mut claims = mallory();
        claims["groups"] = json!(["auditors"]);
        claims
    };
    for (claims, [books, staff, welcome]) in [
        (auditor(), [200, 200, 200]),
        (alice(), [403, 200, 200]),
        (outsider, [403, 403, 200]),
        (mallory(), [403, 403, 200]),
    ] {
        for (path, expected) in [
            ("/books", books),
            ("/late", books),
            ("/", staff),
            ("/welcome", welcome),
        ] {
            let request = alb.sign_in_with(to(path), &claims);
            assert_eq!(status(&app, request).await, expected, "{path} {claims}");
        }
    }
}

#[tokio::test]
async fn a_handler_asks_by_itself() {
    async fn books(
        State(auditors): State<Authorizer>,
        User(user): User,
    ) -> Result<&'static str, Rejection> {
        auditors.authorize(&user)?;
        Ok("books")
    }
    let alb = SimulatedAlb::new();
    let authorizer = Authorizer::enforce(auditors());
    let app = Router::new()
        .route("/books", get(books))
        .with_state(authorizer.clone())
        .layer(AuthenticateLayer::required(alb.authenticator()));
    let request = |claims| alb.sign_in_with(to("/books"), &claims);
    assert_eq!(send(&app, request(auditor())).await.1, "books");
    let (head, body) = send(&app, request(alice())).await;
    assert_eq!(head.status, 403);
    assert!(body.contains(r#""status":403"#), "{body}");
    let refusal = head.extensions.get::<Refusal>();
    assert_eq!(refusal.unwrap().reason(), "claim-missing");
    let stats = authorizer.stats();
    assert_eq!((stats.permitted, stats.denied), (1, 1));
}

#[tokio::test]
async fn a_layer_that_only_reports_refuses_nothing_and_counts_everything() {
    let alb = SimulatedAlb::new();
    let authorizer = Authorizer::report_only(staff());
    let app = |authenticate| {
        secret()
            .layer(AuthorizeLayer::new(authorizer.clone()))
            .layer(authenticate)
    };
    let optional = app(AuthenticateLayer::optional(alb.authenticator()));
    let observing = app(AuthenticateLayer::observe(alb.authenticator()));
    for (app, request, expected) in [
        (&optional, alb.sign_in_with(to("/"), &alice()), [1, 0]),
        (&optional, alb.sign_in_with(to("/"), &mallory()), [1, 1]),
        (&optional, to("/"), [1, 2]),
        (&observing, alb.sign_in_with(to("/"), &alice()), [1, 3]),
    ] {
        assert_eq!(send(app, request).await.1, "secret");
        let stats = authorizer.stats();
        assert_eq!([stats.permitted, stats.would_have_refused], expected);
        assert_eq!(
            [stats.denied, stats.without_user, stats.unavailable],
            [0; 3]
        );
    }
    // A forged token is the other layer's, and is refused.
    let mut forged = to("/");
    forged
        .headers_mut()
        .insert("x-amzn-oidc-data", "a.b.c".parse().unwrap());
    assert_eq!(status(&optional, forged).await, 401);
}

#[tokio::test]
async fn a_responder_of_ones_own_answers_and_grpc_is_told_in_its_own_way() {
    #[derive(Clone)]
    struct Page;
    impl RefusalResponder<Body> for Page {
        fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<Body> {
            let text = format!("{} at {}", refusal.reason(), request.uri);
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
    }
    let alb = SimulatedAlb::new();
    let authenticate = || AuthenticateLayer::required(alb.authenticator());
    let request = || alb.sign_in_with(to("/"), &mallory());
    let app = secret()
        .layer(guard(staff()).responder(Page))
        .layer(authenticate());
    let (head, body) = send(&app, request()).await;
    assert_eq!(body, "requirement-unmet at /");
    assert_eq!(head.headers["cache-control"], "no-store");
    assert!(head.extensions.get::<Refusal>().is_some());
    let without = secret().layer(guard(staff()).responder(GrpcStatus));
    let behind = without.clone().layer(authenticate());
    for (app, status) in [(behind, "7"), (without, "13")] {
        let (head, body) = send(&app, request()).await;
        assert_eq!((head.status.as_u16(), &*body), (200, ""));
        assert_eq!(head.headers["grpc-status"], status);
    }
}

/// Panics if it is called without having been polled ready. Not `Clone`: the layer asks for none.
#[derive(Debug, Default)]
struct Strict {
    ready: bool,
    called: Arc<AtomicBool>,
}

impl Service<Request<String>> for Strict {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        self.ready = false;
        self.called.store(true, Ordering::SeqCst);
        ready(Ok(Response::new(request.into_body())))
    }
}

#[tokio::test]
async fn the_service_is_called_when_it_is_ready_and_never_for_a_refused_request() {
    let strict = Strict::default();
    let called = strict.called.clone();
    let mut service = guard(staff()).layer(strict);
    for claims in [mallory(), alice(), mallory(), alice()] {
        let mut request = Request::new("body".to_owned());
        let user = alb_oidc_testkit::user(claims.clone());
        request.extensions_mut().insert(user);
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        let is_staff = claims == alice();
        assert_eq!(response.status(), if is_staff { 200 } else { 403 });
        assert_eq!(response.body() == "body", is_staff);
        assert_eq!(called.swap(false, Ordering::SeqCst), is_staff);
    }
}
