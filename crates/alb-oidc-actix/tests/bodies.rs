//! The middleware around services whose body is not a handler's, among other middleware.

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{
    Condition, DefaultHeaders, ErrorHandlerResponse, ErrorHandlers, Logger,
};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use alb_oidc_actix::{Authenticate, Refusal, User};
use alb_oidc_testkit::SimulatedAlb;
use futures_util::TryFutureExt as _;
use serde_json::json;

async fn hello(User(user): User) -> String {
    format!("hello {}", user.display_name())
}

fn alice(alb: &SimulatedAlb) -> TestRequest {
    let headers = alb.headers(&json!({"sub": "alice"})).into_iter();
    headers.fold(TestRequest::get(), TestRequest::insert_header)
}

#[tokio::test]
async fn it_goes_around_bodies_of_any_type() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let app = App::new()
        .route("/", web::get().to(hello))
        // Here the body is text, and no longer the handler's box.
        .wrap_fn(|request, service| {
            let response = service.call(request);
            response.map_ok(|response| response.map_body(|_, _| "text"))
        })
        .wrap(authenticate.clone())
        // Here it is either text or a refusal, and then either of those or a refusal.
        .wrap(authenticate);
    let app = init_service(app).await;
    let response = call_service(&app, alice(&alb).to_request()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.response().body().size(), BodySize::Sized(4));
    assert_eq!(read_body(response).await, "text");
    let response = call_service(&app, TestRequest::get().to_request()).await;
    assert_eq!(response.status(), 401);
    assert!(read_body(response).await.starts_with(b"{\"type\""));
}

#[tokio::test]
async fn it_stands_among_other_middleware_and_they_see_the_refusal() {
    fn page<B>(mut response: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
        let refusal = response.response().extensions().get::<Refusal>().cloned();
        let reason = HeaderValue::from_static(refusal.unwrap().reason());
        let name = HeaderName::from_static("x-reason");
        response.headers_mut().insert(name, reason);
        Ok(ErrorHandlerResponse::Response(
            response.map_into_left_body(),
        ))
    }
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let app = App::new()
        .route("/", web::get().to(hello))
        .wrap(DefaultHeaders::new().add(("x-inner", "yes")))
        .wrap(Condition::new(true, authenticate))
        .wrap(ErrorHandlers::new().handler(StatusCode::UNAUTHORIZED, page))
        .wrap(DefaultHeaders::new().add(("x-outer", "yes")))
        .wrap(Logger::default());
    let app = init_service(app).await;
    for (request, status, inner, reason) in [
        (alice(&alb), 200, true, None),
        (TestRequest::get(), 401, false, Some("missing")),
    ] {
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status);
        let headers = response.headers();
        assert_eq!(headers.contains_key("x-inner"), inner);
        assert!(headers.contains_key("x-outer"));
        let shown = headers.get("x-reason").map(|value| value.to_str().unwrap());
        assert_eq!(shown, reason);
    }
}
