//! The axum extractors, in routers as applications have them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;

use alb_oidc_testkit::{SimulatedAlb, user};
use alb_oidc_tower::alb_oidc::{AccessTokenError, CrossOrigin};
use alb_oidc_tower::{
    AuthenticateError, AuthenticateLayer, Authorizer, Claims, MaybeUser, Pages, Refusal, Rejection,
    Requirement, User,
};
use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

#[derive(serde::Deserialize)]
struct Staff {
    #[serde(rename = "custom:dept")]
    department: String,
}

async fn hello(User(user): User) -> String {
    format!("hello {}", user.display_name())
}

async fn maybe(user: MaybeUser) -> String {
    match user {
        MaybeUser::SignedIn(user) => user.id().subject().to_owned(),
        MaybeUser::Anonymous => "nobody".to_owned(),
    }
}

async fn staff(Claims(staff): Claims<Staff>) -> String {
    staff.department
}

fn routes() -> Router {
    Router::new()
        .route("/", get(hello))
        .route("/maybe", get(maybe))
        .route("/staff", get(staff))
}

fn to(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> (u16, String) {
    let (head, body) = read(app.clone().oneshot(request).await.unwrap()).await;
    (head.status.as_u16(), body)
}

async fn read(response: Response<Body>) -> (http::response::Parts, String) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn a_handler_is_tested_without_layer_network_or_clock() {
    assert_eq!(
        hello(User(user(json!({"sub": "alice"})))).await,
        "hello alice"
    );
}

#[tokio::test]
async fn a_signed_in_user_is_extracted_by_each() {
    let alb = SimulatedAlb::new();
    let app = routes().layer(AuthenticateLayer::required(alb.authenticator()));
    let signed_in = |path| alb.sign_in(to(path), "alice");
    assert_eq!(
        send(&app, signed_in("/")).await,
        (200, "hello alice".to_owned())
    );
    assert_eq!(
        send(&app, signed_in("/maybe")).await,
        (200, "alice".to_owned())
    );
    let staff = json!({"sub": "bob", "custom:dept": "sales"});
    let request = alb.sign_in_with(to("/staff"), &staff);
    assert_eq!(send(&app, request).await, (200, "sales".to_owned()));
}

#[tokio::test]
async fn claims_that_do_not_fit_are_403_and_say_nothing_of_them() {
    let alb = SimulatedAlb::new();
    let app = routes().layer(AuthenticateLayer::required(alb.authenticator()));
    for claims in [
        json!({"sub": "bob"}),
        json!({"sub": "bob", "custom:dept": 7}),
    ] {
        let request = alb.sign_in_with(to("/staff"), &claims);
        let (head, body) = read(app.clone().oneshot(request).await.unwrap()).await;
        assert_eq!(head.status, 403);
        assert_eq!(head.headers["content-type"], "application/problem+json");
        assert_eq!(head.headers["cache-control"], "no-store");
        assert!(!body.contains("dept") && !body.contains('7'), "{body}");
        let refusal = head.extensions.get::<Refusal>();
        assert!(
            matches!(refusal, Some(Refusal::ClaimsDoNotFit(_))),
            "{refusal:?}"
        );
    }
}

#[tokio::test]
async fn behind_an_optional_layer_nobody_is_anonymous_and_still_no_user() {
    let alb = SimulatedAlb::new();
    let app = routes().layer(AuthenticateLayer::optional(alb.authenticator()));
    assert_eq!(send(&app, to("/maybe")).await, (200, "nobody".to_owned()));
    for path in ["/", "/staff"] {
        let (head, body) = read(app.clone().oneshot(to(path)).await.unwrap()).await;
        assert_eq!(head.status, 401);
        assert_eq!(head.headers["www-authenticate"], "ALB-OIDC");
        assert!(body.contains(r#""status":401"#), "{body}");
    }
}

/// The layer's responder answers for the layer alone.
#[tokio::test]
async fn an_extractor_answers_a_navigation_in_json_where_the_layer_shows_a_page() {
    let alb = SimulatedAlb::new();
    let layer = AuthenticateLayer::optional(alb.authenticator()).responder(Pages::new());
    let app = routes().layer(layer);
    for (token, content_type) in [
        (Some("a.b.c"), "text/html; charset=utf-8"),
        (None, "application/problem+json"),
    ] {
        let mut navigation = to("/");
        let headers = navigation.headers_mut();
        headers.insert("sec-fetch-mode", "navigate".parse().unwrap());
        headers.insert("accept", "text/html,*/*;q=0.8".parse().unwrap());
        if let Some(token) = token {
            headers.insert("x-amzn-oidc-data", token.parse().unwrap());
        }
        let (head, _) = read(app.clone().oneshot(navigation).await.unwrap()).await;
        assert_eq!(head.status, 401);
        assert_eq!(head.headers["content-type"], content_type);
        assert_eq!(head.headers["cache-control"], "no-store");
    }
}

#[test]
fn every_cause_becomes_a_rejection_that_says_what_the_refusal_says() {
    let denied = Authorizer::enforce(Requirement::email_domain("example.com").unwrap())
        .authorize(&user(json!({"sub": "alice"})));
    let claims = user(json!({"sub": "bob"})).claims().deserialize::<Staff>();
    let (denied, claims) = (denied.unwrap_err(), claims.err().unwrap());
    for (rejection, refusal) in [
        (
            Rejection::from(AuthenticateError::Missing),
            Refusal::from(AuthenticateError::Missing),
        ),
        (denied.clone().into(), denied.into()),
        (claims.clone().into(), claims.into()),
        (
            AccessTokenError::Missing.into(),
            AccessTokenError::Missing.into(),
        ),
        (CrossOrigin::Site.into(), CrossOrigin::Site.into()),
        (Refusal::MissingLayer.into(), Refusal::MissingLayer),
    ] {
        assert_eq!(rejection.refusal(), &refusal);
        assert_eq!(rejection.to_string(), refusal.to_string());
        let (source, expected) = (rejection.source(), refusal.source());
        assert_eq!(
            source.map(ToString::to_string),
            expected.map(ToString::to_string)
        );
    }
}

#[tokio::test]
async fn an_application_makes_rejections_or_refusals_of_its_own_errors_and_either_answers() {
    struct Closed;
    impl From<Closed> for Rejection {
        fn from(_: Closed) -> Self {
            AccessTokenError::Missing.into()
        }
    }
    struct Away;
    impl From<Away> for Refusal {
        fn from(_: Away) -> Self {
            AccessTokenError::Missing.into()
        }
    }
    let closed = async || -> Result<&'static str, Rejection> { Err(Closed)? };
    let away = async || -> Result<&'static str, Rejection> { Err(Away)? };
    let app = Router::new()
        .route("/closed", get(closed))
        .route("/away", get(away));
    for path in ["/closed", "/away"] {
        assert_eq!(send(&app, to(path)).await.0, 403);
    }
}

#[tokio::test]
async fn without_a_layer_every_extractor_is_500_even_for_a_signed_in_user() {
    let alb = SimulatedAlb::new();
    let app = routes();
    for path in ["/", "/maybe", "/staff"] {
        assert_eq!(send(&app, to(path)).await.0, 500, "{path}");
        let signed_in = alb.sign_in(to(path), "alice");
        assert_eq!(send(&app, signed_in).await.0, 500, "{path}");
    }
}

#[tokio::test]
async fn the_layer_covers_what_stands_before_it_and_nothing_after() {
    let alb = SimulatedAlb::new();
    let app = routes()
        .fallback(async || "fallback")
        .layer(AuthenticateLayer::required(alb.authenticator()))
        .route("/healthz", get(async || "ok"))
        .route("/late", post(hello));
    assert_eq!(send(&app, to("/healthz")).await, (200, "ok".to_owned()));
    for path in ["/", "/maybe", "/staff", "/nowhere"] {
        assert_eq!(send(&app, to(path)).await.0, 401, "{path}");
    }
    let late = Request::post("/late").body(Body::empty()).unwrap();
    assert_eq!(send(&app, alb.sign_in(late, "alice")).await.0, 500);
}
