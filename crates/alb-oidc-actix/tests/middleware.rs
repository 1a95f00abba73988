//! What the middleware does to a request, and how it refuses.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, HttpMessage as _, HttpRequest, HttpResponse, web};
use alb_oidc_actix::alb_oidc::{Clock as _, SystemClock};
use alb_oidc_actix::{
    Authenticate, AuthenticateError, AuthenticatedUser, Authenticator, MaybeUser, Refusal,
    RefusalResponder,
};
use alb_oidc_testkit::conformance::table;
use alb_oidc_testkit::{Fault, KeyServer, ManualClock, SimulatedAlb, user};
use futures_util::FutureExt as _;
use serde_json::json;

/// Answers with who the extensions say the user is.
async fn who(request: ServiceRequest) -> Result<ServiceResponse, Error> {
    let user = request.extensions().get::<AuthenticatedUser>().cloned();
    let sub = user.map_or(String::new(), |user| user.id().subject().to_owned());
    Ok(request.into_response(HttpResponse::Ok().body(sub)))
}

async fn call<R>(authenticate: &Authenticate<R>, request: TestRequest) -> ServiceResponse
where
    R: RefusalResponder + Clone,
{
    call_with(authenticate, request.to_srv_request()).await
}

async fn call_with<R>(authenticate: &Authenticate<R>, request: ServiceRequest) -> ServiceResponse
where
    R: RefusalResponder + Clone,
{
    let service = authenticate.new_transform(fn_service(who)).await.unwrap();
    service.call(request).await.unwrap().map_into_boxed_body()
}

fn alice(alb: &SimulatedAlb) -> TestRequest {
    let headers = alb.headers(&json!({"sub": "alice"})).into_iter();
    headers.fold(TestRequest::get(), TestRequest::insert_header)
}

fn forged() -> TestRequest {
    TestRequest::get().insert_header(("x-amzn-oidc-data", "a.b.c"))
}

fn planted(request: TestRequest) -> ServiceRequest {
    let request = request.to_srv_request();
    request
        .extensions_mut()
        .insert(user(json!({"sub": "mallory"})));
    request
}

fn refusal(response: &ServiceResponse) -> Option<Refusal> {
    response.response().extensions().get::<Refusal>().cloned()
}

#[tokio::test]
async fn a_user_whom_somebody_else_put_there_is_removed() {
    let alb = SimulatedAlb::new();
    let required = Authenticate::required(alb.authenticator());
    let optional = Authenticate::optional(alb.authenticator());
    let nobody = || planted(TestRequest::get());
    assert_eq!(call_with(&required, nobody()).await.status(), 401);
    let response = call_with(&optional, nobody()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(read_body(response).await, "");
    for authenticate in [required, optional] {
        let response = call_with(&authenticate, planted(alice(&alb))).await;
        assert_eq!(read_body(response).await, "alice");
        let response = call_with(&authenticate, planted(forged())).await;
        assert_eq!(response.status(), 401);
        let request = response.request().extensions();
        assert!(!request.contains::<AuthenticatedUser>());
    }
}

#[tokio::test]
async fn what_an_outer_middleware_found_counts_for_nothing_inside_of_another() {
    let alb = SimulatedAlb::new();
    let outer = Authenticate::optional(alb.authenticator());
    for (inner, nobody, signed_in) in [
        (Authenticate::required(alb.authenticator()), 401, 200),
        (Authenticate::observe(alb.authenticator()), 500, 500),
    ] {
        let app = App::new()
            .route("/", web::get().to(async |_: MaybeUser| "served"))
            .wrap(inner)
            .wrap(outer.clone());
        let app = init_service(app).await;
        for (request, expected) in [(TestRequest::get(), nobody), (alice(&alb), signed_in)] {
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), expected);
        }
    }
}

#[tokio::test]
async fn an_observing_middleware_refuses_nothing_grants_nothing_and_counts_everything() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let authenticate = Authenticate::observe(authenticator.clone());
    let rows = table(&alb, SystemClock.unix_time().unwrap());
    for row in &rows {
        let lines = row.headers.iter();
        let request = lines.fold(TestRequest::get(), |request, (name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            request.append_header((HeaderName::from_static(name), value))
        });
        let response = call_with(&authenticate, planted(request)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(read_body(response).await, "");
    }
    let stats = authenticator.stats();
    let counted = stats.authenticated + stats.missing + stats.rejected + stats.unavailable;
    assert_eq!(counted, rows.len() as u64);
    assert!(
        stats.authenticated > 0 && stats.around_load_balancer > 0,
        "{stats:?}"
    );
}

async fn unreachable_keys(fault: Fault) -> (SimulatedAlb, KeyServer, Authenticator) {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.fail(fault);
    let builder = Authenticator::builder(alb.policy());
    let authenticator = builder.key_url(keys.url()).unwrap().build().unwrap();
    (alb, keys, authenticator)
}

#[tokio::test]
async fn an_observing_middleware_makes_no_request_wait_for_a_key() {
    let (alb, _keys, authenticator) = unreachable_keys(Fault::Hang).await;
    let authenticate = Authenticate::observe(authenticator);
    let response = call(&authenticate, alice(&alb)).now_or_never();
    assert_eq!(response.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn nothing_of_the_request_changes_but_that_its_secrets_are_marked() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator()).responder(Never);
    let request = alice(&alb)
        .uri("/a?b")
        .insert_header((header::ACCEPT, "*/*"))
        .set_payload("body")
        .to_srv_request();
    request.extensions_mut().insert(7_u8);
    let before = request.headers().clone();
    let seen = fn_service(async |mut request: ServiceRequest| {
        let body = request.extract::<String>().await?;
        request.extensions_mut().insert(body);
        Ok(request.into_response(HttpResponse::Ok()))
    });
    let service = authenticate.new_transform(seen).await.unwrap();
    let response = service.call(request).await.unwrap();
    let seen = response.request();
    let sorted = |headers: &header::HeaderMap| {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        let mut headers: Vec<_> = headers.collect();
        headers.sort_by_key(|(name, _)| name.to_string());
        headers
    };
    assert_eq!(sorted(seen.headers()), sorted(&before));
    assert_eq!(seen.extensions().get(), Some(&7_u8));
    assert_eq!(seen.extensions().get(), Some(&"body".to_owned()));
    assert_eq!(seen.uri(), "/a?b");
    for name in SECRET {
        assert!(seen.headers().get(name).unwrap().is_sensitive(), "{name}");
    }
    assert!(!seen.headers().get(header::ACCEPT).unwrap().is_sensitive());
}

const SECRET: [&str; 3] = [
    "x-amzn-oidc-data",
    "x-amzn-oidc-identity",
    "x-amzn-oidc-accesstoken",
];

#[tokio::test]
async fn a_header_that_comes_twice_stays_two_in_order_and_both_are_secret() {
    let alb = SimulatedAlb::new();
    let mut request = TestRequest::get();
    for name in SECRET {
        request = request
            .append_header((name, "first"))
            .append_header((name, "second"));
    }
    let authenticate = Authenticate::observe(alb.authenticator());
    let response = call(&authenticate, request).await;
    assert_eq!(response.status(), 200);
    for name in SECRET {
        let values: Vec<_> = response.request().headers().get_all(name).collect();
        assert_eq!(values, ["first", "second"], "{name}");
        assert!(values.iter().all(|value| value.is_sensitive()), "{name}");
    }
}

#[derive(Clone)]
struct Never;

impl RefusalResponder for Never {
    fn respond(&self, refusal: &Refusal, _: &HttpRequest) -> HttpResponse {
        panic!("refused: {refusal:?}")
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_had_is_503_with_retry_after_and_never_401() {
    let (alb, _keys, authenticator) = unreachable_keys(Fault::RetryAfter(503, 5)).await;
    for authenticate in [
        Authenticate::required(authenticator.clone()),
        Authenticate::optional(authenticator),
    ] {
        let response = call(&authenticate, alice(&alb)).await;
        assert_eq!(response.status(), 503);
        let header = |name| response.headers().get(name).unwrap();
        let retry_after: u64 = header(header::RETRY_AFTER)
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=9).contains(&retry_after), "{retry_after}");
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert_eq!(header(header::CONTENT_TYPE), "application/problem+json");
        assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
        let refusal = refusal(&response);
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
    let authenticate = Authenticate::required(alb.authenticator_at(clock.clone()));
    assert_eq!(call(&authenticate, alice(&alb)).await.status(), 200);
    clock.break_down();
    assert_eq!(call(&authenticate, alice(&alb)).await.status(), 503);
}

/// A page that says where it stands in for what.
#[derive(Clone)]
struct Page {
    caching: Option<&'static str>,
}

impl RefusalResponder for Page {
    fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
        let status = refusal.problem().status();
        let mut response = HttpResponse::Unauthorized();
        if let Some(caching) = self.caching {
            response.insert_header((header::CACHE_CONTROL, caching));
        }
        response.body(format!("{status} at {}", request.uri()))
    }
}

#[tokio::test]
async fn a_responder_of_ones_own_answers_and_the_refusal_is_left_for_the_log() {
    let alb = SimulatedAlb::new();
    for (caching, expected) in [(None, "no-store"), (Some("private"), "private")] {
        let authenticate = Authenticate::required(alb.authenticator()).responder(Page { caching });
        let response = call(&authenticate, TestRequest::with_uri("/private")).await;
        assert_eq!(
            refusal(&response),
            Some(Refusal::Unauthenticated(AuthenticateError::Missing))
        );
        let values: Vec<_> = response.headers().get_all(header::CACHE_CONTROL).collect();
        assert_eq!(values, [expected]);
        assert_eq!(read_body(response).await, "401 at /private");
    }
}

/// Notes what it sees of a refusal.
async fn outer(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.response().error().is_none());
    let name = HeaderName::from_static("x-outer");
    let value = HeaderValue::from_static("was here");
    response.headers_mut().insert(name, value);
    Ok(response)
}

#[tokio::test]
async fn what_is_wrapped_around_sees_a_response_and_no_error() {
    let alb = SimulatedAlb::new();
    let app = init_service(
        App::new()
            .route("/", web::get().to(HttpResponse::Ok))
            .wrap(Authenticate::required(alb.authenticator()))
            .wrap(from_fn(outer)),
    )
    .await;
    let response = call_service(&app, TestRequest::get().to_request()).await;
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key("x-outer"));
}

/// Fails to be ready every other time, and counts what it is called for.
#[derive(Clone, Default)]
struct Strict {
    calls: Rc<Cell<u32>>,
    polls: Rc<Cell<u32>>,
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
async fn it_is_ready_when_the_service_is() {
    let alb = SimulatedAlb::new();
    let strict = Strict::default();
    let authenticate = Authenticate::required(alb.authenticator());
    let service = authenticate.new_transform(strict.clone()).await.unwrap();
    let mut context = Context::from_waker(std::task::Waker::noop());
    assert!(service.poll_ready(&mut context).is_pending());
    assert!(service.poll_ready(&mut context).is_ready());
    service.call(alice(&alb).to_srv_request()).await.unwrap();
    assert_eq!((strict.polls.get(), strict.calls.get()), (2, 1));
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_service() {
    let alb = SimulatedAlb::new();
    let strict = Strict::default();
    let authenticate = Authenticate::required(alb.authenticator());
    let service = authenticate.new_transform(strict.clone()).await.unwrap();
    for request in [TestRequest::get(), forged()] {
        let response = service.call(request.to_srv_request()).await.unwrap();
        assert_eq!(response.status(), 401);
    }
    assert_eq!(strict.calls.get(), 0);
}

#[tokio::test]
async fn an_error_of_the_service_passes_as_it_is() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let failing = fn_service(async |_: ServiceRequest| {
        Err::<ServiceResponse, Error>(actix_web::error::ErrorImATeapot("short and stout"))
    });
    let service = authenticate.new_transform(failing).await.unwrap();
    let answered = service.call(alice(&alb).to_srv_request()).await;
    let error = answered.err().unwrap();
    assert_eq!(error.as_response_error().status_code(), 418);
}

#[test]
fn it_is_made_on_one_thread_and_used_on_others() {
    fn crosses<T: Clone + Send + Sync + 'static>() {}
    crosses::<Authenticate>();
}
