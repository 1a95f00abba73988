//! The extractors, in applications as they are written.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::error::Error as _;

use actix_web::body::{MessageBody, to_bytes_limited};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, Either, ServiceConfig};
use actix_web::{App, Error, HttpResponse};
use alb_oidc_actix::alb_oidc::{AccessTokenError, CrossOrigin};
use alb_oidc_actix::{
    Authenticate, AuthenticateError, Authorizer, Claims, MaybeUser, Pages, Refusal, Rejection,
    Requirement, User,
};
use alb_oidc_testkit::{SimulatedAlb, user};
use serde_json::{Value, json};

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

fn routes(app: &mut ServiceConfig) {
    app.route("/", web::get().to(hello))
        .route("/maybe", web::get().to(maybe))
        .route("/staff", web::get().to(staff));
}

fn to(path: &str) -> TestRequest {
    TestRequest::with_uri(path)
}

fn signed_in(alb: &SimulatedAlb, claims: &Value, request: TestRequest) -> TestRequest {
    let headers = alb.headers(claims).into_iter();
    headers.fold(request, TestRequest::insert_header)
}

async fn read<F, B>(app: App<F>, request: TestRequest) -> (HttpResponse<()>, String)
where
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody,
{
    let app = init_service(app).await;
    let (_, response) = call_service(&app, request.to_request()).await.into_parts();
    let (response, body) = response.into_parts();
    let Ok(Ok(body)) = to_bytes_limited(body, 1024).await else {
        panic!("the body cannot be read");
    };
    (response, String::from_utf8(body.into()).unwrap())
}

async fn send<F, B>(app: App<F>, request: TestRequest) -> (u16, String)
where
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody,
{
    let (response, body) = read(app, request).await;
    (response.status().as_u16(), body)
}

#[tokio::test]
async fn a_handler_is_tested_without_middleware_network_or_clock() {
    assert_eq!(
        hello(User(user(json!({"sub": "alice"})))).await,
        "hello alice"
    );
}

#[tokio::test]
async fn a_signed_in_user_is_extracted_by_each() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let alice = json!({"sub": "alice", "custom:dept": "sales"});
    for (path, body) in [
        ("/", "hello alice"),
        ("/maybe", "alice"),
        ("/staff", "sales"),
    ] {
        let app = App::new().configure(routes).wrap(authenticate.clone());
        let request = signed_in(&alb, &alice, to(path));
        assert_eq!(send(app, request).await, (200, body.to_owned()));
    }
}

#[tokio::test]
async fn claims_that_do_not_fit_are_403_and_say_nothing_of_them() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    for claims in [
        json!({"sub": "bob"}),
        json!({"sub": "bob", "custom:dept": 7}),
    ] {
        let app = App::new().configure(routes).wrap(authenticate.clone());
        let (response, body) = read(app, signed_in(&alb, &claims, to("/staff"))).await;
        assert_eq!(response.status(), 403);
        let header = |name| response.headers().get(name).unwrap();
        assert_eq!(header("content-type"), "application/problem+json");
        assert_eq!(header("cache-control"), "no-store");
        assert!(!body.contains("dept") && !body.contains('7'), "{body}");
        let refusal = response.extensions().get::<Refusal>().cloned();
        assert!(
            matches!(refusal, Some(Refusal::ClaimsDoNotFit(_))),
            "{refusal:?}"
        );
    }
}

#[tokio::test]
async fn behind_an_optional_middleware_nobody_is_anonymous_and_still_no_user() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::optional(alb.authenticator());
    let app = || App::new().configure(routes).wrap(authenticate.clone());
    assert_eq!(send(app(), to("/maybe")).await, (200, "nobody".to_owned()));
    for path in ["/", "/staff"] {
        let (response, body) = read(app(), to(path)).await;
        assert_eq!(response.status(), 401);
        assert_eq!(
            response.headers().get("www-authenticate").unwrap(),
            "ALB-OIDC"
        );
        assert!(body.contains(r#""status":401"#), "{body}");
    }
}

/// The middleware's responder answers for the middleware alone.
#[tokio::test]
async fn an_extractor_answers_a_navigation_in_json_where_the_middleware_shows_a_page() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::optional(alb.authenticator()).responder(Pages::new());
    for (token, content_type) in [
        (Some("a.b.c"), "text/html; charset=utf-8"),
        (None, "application/problem+json"),
    ] {
        let mut navigation = to("/")
            .insert_header(("sec-fetch-mode", "navigate"))
            .insert_header(("accept", "text/html,*/*;q=0.8"));
        if let Some(token) = token {
            navigation = navigation.insert_header(("x-amzn-oidc-data", token));
        }
        let app = App::new().configure(routes).wrap(authenticate.clone());
        let (response, _) = read(app, navigation).await;
        assert_eq!(response.status(), 401);
        let header = |name| response.headers().get(name).unwrap();
        assert_eq!(header("content-type"), content_type);
        assert_eq!(header("cache-control"), "no-store");
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
    for path in ["/closed", "/away"] {
        let app = App::new()
            .route("/closed", web::get().to(closed))
            .route("/away", web::get().to(away));
        assert_eq!(send(app, to(path)).await.0, 403);
    }
}

#[tokio::test]
async fn without_a_middleware_every_extractor_is_500_even_for_a_signed_in_user() {
    let alb = SimulatedAlb::new();
    let app = || App::new().configure(routes);
    for path in ["/", "/maybe", "/staff"] {
        for request in [
            to(path),
            signed_in(&alb, &json!({"sub": "alice"}), to(path)),
        ] {
            let (response, body) = read(app(), request).await;
            assert_eq!(response.status(), 500, "{path}");
            assert!(body.contains(r#""status":500"#), "{body}");
            assert_eq!(
                response.extensions().get(),
                Some(&Refusal::MissingLayer),
                "{path}"
            );
        }
    }
}

/// What actix-web makes of an extractor's errors, whatever they are, and why [`MaybeUser`] is there.
#[tokio::test]
async fn an_option_takes_a_forgotten_middleware_for_nobody_and_maybe_user_does_not() {
    let alb = SimulatedAlb::new();
    let optional = async |user: Option<User>| match user {
        Some(user) => user.id().subject().to_owned(),
        None => "nobody".to_owned(),
    };
    let either = async |user: Either<User, String>| match user {
        Either::Left(user) => user.id().subject().to_owned(),
        Either::Right(_) => "nobody".to_owned(),
    };
    let result = async |user: Result<User, Rejection>| match user {
        Ok(user) => user.id().subject().to_owned(),
        Err(rejection) => rejection.refusal().reason().to_owned(),
    };
    let routes = |app: &mut ServiceConfig| {
        app.route("/option", web::get().to(optional))
            .route("/either", web::get().to(either))
            .route("/result", web::get().to(result))
            .route("/maybe", web::get().to(maybe));
    };
    let alice = |path| signed_in(&alb, &json!({"sub": "alice"}), to(path));
    let authenticate = Authenticate::optional(alb.authenticator());
    for (path, signed_in, anonymous, forgotten) in [
        ("/option", "alice", "nobody", (200, "nobody")),
        ("/either", "alice", "nobody", (200, "nobody")),
        ("/result", "alice", "missing", (200, "missing-layer")),
        ("/maybe", "alice", "nobody", (500, "{\"type\"")),
    ] {
        let app = || App::new().configure(routes).wrap(authenticate.clone());
        assert_eq!(send(app(), alice(path)).await, (200, signed_in.to_owned()));
        assert_eq!(send(app(), to(path)).await, (200, anonymous.to_owned()));
        let (status, body) = send(App::new().configure(routes), alice(path)).await;
        assert_eq!(status, forgotten.0, "{path}");
        assert!(body.starts_with(forgotten.1), "{path}: {body}");
    }
}
