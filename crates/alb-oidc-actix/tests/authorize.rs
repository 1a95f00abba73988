//! Which users get through, and how the others are refused.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse, Transform as _};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error, HttpMessage as _, HttpRequest, HttpResponse};
use alb_oidc_actix::alb_oidc::DenialCause;
use alb_oidc_actix::{
    Authenticate, AuthenticateError, Authorize, Authorizer, Claims, Refusal, RefusalResponder,
    Rejection, Requirement, User,
};
use alb_oidc_testkit::{SimulatedAlb, user};
use serde_json::{Value, json};

fn staff() -> Requirement {
    Requirement::email_domain("example.com").unwrap()
}

fn auditors() -> Requirement {
    Requirement::claim_contains("groups", "auditors").unwrap()
}

fn guard(requirement: Requirement) -> Authorize {
    Authorize::new(Authorizer::enforce(requirement))
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

fn to(path: &str) -> TestRequest {
    TestRequest::with_uri(path)
}

fn signed_in(alb: &SimulatedAlb, claims: &Value, path: &str) -> TestRequest {
    let headers = alb.headers(claims).into_iter();
    headers.fold(to(path), TestRequest::insert_header)
}

/// Without an extractor: what the middleware lets through gets it.
fn secret(app: &mut ServiceConfig) {
    app.route("/", web::get().to(async || "secret"));
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

fn refusal(response: &HttpResponse<()>) -> Option<Refusal> {
    response.extensions().get::<Refusal>().cloned()
}

#[tokio::test]
async fn who_meets_the_requirement_gets_through_and_nobody_else() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let app = || {
        App::new()
            .configure(secret)
            .wrap(guard(staff()))
            .wrap(authenticate.clone())
    };
    let (response, body) = read(app(), signed_in(&alb, &alice(), "/")).await;
    assert_eq!((response.status().as_u16(), &*body), (200, "secret"));
    for claims in [
        mallory(),
        json!({"sub": "alice"}),
        json!({"sub": "alice", "email": "alice@example.com"}),
        json!({"sub": "alice", "email": "alice@example.com", "email_verified": "false"}),
    ] {
        let (response, body) = read(app(), signed_in(&alb, &claims, "/")).await;
        assert_eq!(response.status(), 403, "{claims}");
        assert!(!body.contains("secret") && !body.contains("example"));
    }
    assert_eq!(read(app(), to("/")).await.0.status(), 401);
}

#[tokio::test]
async fn a_denial_is_a_problem_document_and_is_left_for_the_log() {
    #[derive(serde::Deserialize)]
    struct Never {
        #[serde(rename = "never")]
        _never: String,
    }
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let request = || signed_in(&alb, &mallory(), "/");
    let app = App::new().configure(secret).wrap(guard(staff()));
    let (response, body) = read(app.wrap(authenticate.clone()), request()).await;
    // The same answer as for claims that do not fit, which tells nothing of the cause.
    let do_not_fit = web::get().to(async |_: Claims<Never>| "secret");
    let app = App::new().route("/", do_not_fit).wrap(authenticate);
    let (like, like_body) = read(app, request()).await;
    let headers = |response: &HttpResponse<()>| {
        let headers = response.headers().iter();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        headers
    };
    assert_eq!(response.status(), like.status());
    assert_eq!(headers(&response), headers(&like));
    assert_eq!(body, like_body);
    let header = |name| response.headers().get(name).unwrap();
    assert_eq!(header("content-type"), "application/problem+json");
    assert_eq!(header("cache-control"), "no-store");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["status"], 403);
    let Some(Refusal::Forbidden(denial)) = refusal(&response) else {
        panic!("{:?}", refusal(&response));
    };
    assert_eq!(denial.cause(), &DenialCause::Unmet);
    assert_eq!(denial.requirement(), &staff());
    assert_eq!(
        denial.to_string(),
        "e-mail domain example.com is required, and the user does not meet it"
    );
}

#[tokio::test]
async fn behind_an_optional_middleware_an_anonymous_visitor_is_asked_to_sign_in() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::optional(alb.authenticator());
    let app = || {
        App::new()
            .configure(secret)
            .wrap(guard(staff()))
            .wrap(authenticate.clone())
    };
    let (response, _) = read(app(), to("/")).await;
    assert_eq!(response.status(), 401);
    let challenge = response.headers().get("www-authenticate");
    assert_eq!(challenge.unwrap(), "ALB-OIDC");
    assert_eq!(
        refusal(&response),
        Some(Refusal::Unauthenticated(AuthenticateError::Missing))
    );
    for (claims, expected) in [(alice(), 200), (mallory(), 403)] {
        let (response, _) = read(app(), signed_in(&alb, &claims, "/")).await;
        assert_eq!(response.status(), expected);
    }
}

/// A requirement that anybody would meet of whom nothing is known.
fn not_mallory() -> Requirement {
    !Requirement::subject("mallory")
}

#[tokio::test]
async fn where_no_middleware_authenticates_before_it_everybody_gets_a_500() {
    async fn is_500<F, B>(arrangement: &str, app: App<F>, request: TestRequest)
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
        assert_eq!(response.status(), 500, "{arrangement}");
        assert!(!body.contains("secret"), "{arrangement}");
        assert_eq!(refusal(&response), Some(Refusal::MissingLayer));
    }
    let alb = SimulatedAlb::new();
    let app = || App::new().configure(secret);
    let authorize = || guard(not_mallory());
    let required = || Authenticate::required(alb.authenticator());
    let optional = || Authenticate::optional(alb.authenticator());
    let observe = || Authenticate::observe(alb.authenticator());
    for request in [|_: &_| to("/"), |alb: &_| signed_in(alb, &alice(), "/")] {
        is_500("no middleware", app().wrap(authorize()), request(&alb)).await;
        let wrong = app().wrap(required()).wrap(authorize());
        is_500("the wrong way round", wrong, request(&alb)).await;
        let wrong = app().wrap(optional()).wrap(authorize());
        is_500("the wrong way round, optional", wrong, request(&alb)).await;
        let observing = app().wrap(authorize()).wrap(observe());
        is_500("one that only observes", observing, request(&alb)).await;
    }
}

#[tokio::test]
async fn a_user_whom_somebody_else_put_there_is_not_authorized() {
    let alb = SimulatedAlb::new();
    let app = App::new().configure(secret).wrap(guard(staff()));
    let app = init_service(app.wrap(Authenticate::optional(alb.authenticator()))).await;
    let request = to("/").to_request();
    request.extensions_mut().insert(user(alice()));
    assert_eq!(call_service(&app, request).await.status(), 401);
}

#[tokio::test]
async fn a_resource_or_a_route_may_ask_for_more_than_its_scope() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let books = async || "books";
    let app = || {
        let resource = web::resource("/books").get(books).wrap(guard(auditors()));
        let route = web::get().to(books).wrap(guard(auditors()));
        let office = web::scope("/office")
            .service(resource)
            .route("/late", route)
            .route("/", web::get().to(async || "staff"))
            .wrap(guard(staff()));
        let users = web::scope("")
            .service(office)
            .route("/welcome", web::get().to(async || "anybody"))
            .wrap(authenticate.clone());
        App::new().service(users)
    };
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
            ("/office/books", books),
            ("/office/late", books),
            ("/office/", staff),
            ("/welcome", welcome),
        ] {
            let (response, _) = read(app(), signed_in(&alb, &claims, path)).await;
            assert_eq!(response.status(), expected, "{path} {claims}");
        }
    }
}

#[tokio::test]
async fn a_handler_asks_by_itself() {
    async fn books(
        auditors: Data<Authorizer>,
        User(user): User,
    ) -> Result<&'static str, Rejection> {
        auditors.authorize(&user)?;
        Ok("books")
    }
    let alb = SimulatedAlb::new();
    let authorizer = Authorizer::enforce(auditors());
    let app = || {
        App::new()
            .app_data(Data::new(authorizer.clone()))
            .route("/books", web::get().to(books))
            .wrap(Authenticate::required(alb.authenticator()))
    };
    let request = |claims| signed_in(&alb, &claims, "/books");
    assert_eq!(read(app(), request(auditor())).await.1, "books");
    let (response, body) = read(app(), request(alice())).await;
    assert_eq!(response.status(), 403);
    assert!(body.contains(r#""status":403"#), "{body}");
    assert_eq!(refusal(&response).unwrap().reason(), "claim-missing");
    let stats = authorizer.stats();
    assert_eq!((stats.permitted, stats.denied), (1, 1));
}

#[tokio::test]
async fn one_that_only_reports_refuses_nothing_and_counts_everything() {
    let alb = SimulatedAlb::new();
    let authorizer = Authorizer::report_only(staff());
    let app = |authenticate| {
        App::new()
            .configure(secret)
            .wrap(Authorize::new(authorizer.clone()))
            .wrap(authenticate)
    };
    let optional = Authenticate::optional(alb.authenticator());
    let observing = Authenticate::observe(alb.authenticator());
    for (authenticate, request, expected) in [
        (&optional, signed_in(&alb, &alice(), "/"), [1, 0]),
        (&optional, signed_in(&alb, &mallory(), "/"), [1, 1]),
        (&optional, to("/"), [1, 2]),
        (&observing, signed_in(&alb, &alice(), "/"), [1, 3]),
    ] {
        assert_eq!(read(app(authenticate.clone()), request).await.1, "secret");
        let stats = authorizer.stats();
        assert_eq!([stats.permitted, stats.would_have_refused], expected);
        assert_eq!(
            [stats.denied, stats.without_user, stats.unavailable],
            [0; 3]
        );
    }
    // A forged token is the other middleware's, and is refused.
    let forged = to("/").insert_header(("x-amzn-oidc-data", "a.b.c"));
    assert_eq!(read(app(optional), forged).await.0.status(), 401);
}

#[tokio::test]
async fn a_responder_of_ones_own_answers() {
    #[derive(Clone)]
    struct Page;
    impl RefusalResponder for Page {
        fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
            let text = format!("{} at {}", refusal.reason(), request.uri());
            HttpResponse::Forbidden().body(text)
        }
    }
    let alb = SimulatedAlb::new();
    let app = App::new()
        .configure(secret)
        .wrap(guard(staff()).responder(Page))
        .wrap(Authenticate::required(alb.authenticator()));
    let (response, body) = read(app, signed_in(&alb, &mallory(), "/")).await;
    assert_eq!(response.status(), 403);
    assert_eq!(body, "requirement-unmet at /");
    let caching = response.headers().get("cache-control");
    assert_eq!(caching.unwrap(), "no-store");
    assert!(refusal(&response).is_some());
}

/// Is ready every other time it is asked, and counts what it is called for.
#[derive(Clone, Default)]
struct Strict {
    polls: Rc<Cell<u32>>,
    calls: Rc<Cell<u32>>,
}

impl Service<ServiceRequest> for Strict {
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Ready<Result<Self::Response, Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.polls.set(self.polls.get() + 1);
        if self.polls.get() % 2 == 1 {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        self.calls.set(self.calls.get() + 1);
        ready(Ok(request.into_response(HttpResponse::Ok())))
    }
}

#[tokio::test]
async fn the_service_is_called_when_it_is_ready_and_never_for_a_refused_request() {
    let strict = Strict::default();
    let service = guard(staff()).new_transform(strict.clone()).await.unwrap();
    for (claims, status, calls) in [
        (mallory(), 403, 0),
        (alice(), 200, 1),
        (mallory(), 403, 1),
        (alice(), 200, 2),
    ] {
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(service.poll_ready(&mut context).is_pending());
        assert!(service.poll_ready(&mut context).is_ready());
        let request = to("/").to_srv_request();
        request.extensions_mut().insert(user(claims));
        let response = service.call(request).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(strict.calls.get(), calls);
    }
}

#[tokio::test]
async fn an_error_of_the_service_passes_as_it_is() {
    let failing = actix_web::dev::fn_service(async |_: ServiceRequest| {
        Err::<ServiceResponse, Error>(actix_web::error::ErrorImATeapot("short and stout"))
    });
    let service = guard(staff()).new_transform(failing).await.unwrap();
    let request = to("/").to_srv_request();
    request.extensions_mut().insert(user(alice()));
    let error = service.call(request).await.err().unwrap();
    assert_eq!(error.as_response_error().status_code(), 418);
}

#[test]
fn it_is_made_on_one_thread_and_used_on_others() {
    fn crosses<T: Clone + Send + Sync + 'static>() {}
    crosses::<Authorize>();
    crosses::<alb_oidc_actix::Csrf>();
    crosses::<alb_oidc_actix::Endpoint>();
}
