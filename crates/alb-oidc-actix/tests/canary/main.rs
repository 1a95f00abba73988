//! Secrets planted in all that a load balancer sends, and looked for in all that comes out of the
//! middleware: logs of every crate, answers, errors, and every type's `Debug`. What the core shows
//! is looked at where the tower layer is.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../alb-oidc-tower/tests/canary/log.rs"]
mod log;
#[path = "../../../alb-oidc-tower/tests/canary/secrets.rs"]
#[expect(dead_code, reason = "the tower layer's tests need more of it")]
mod secrets;

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::{Context, Waker};

use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Logger;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, HttpRequest, HttpResponse, ResponseError as _, web};
use alb_oidc_actix::alb_oidc::{Clock as _, OidcHeaders};
use alb_oidc_actix::{Authenticate, Authenticator, Claims, MaybeUser, Refusal, Rejection, User};
use alb_oidc_testkit::conformance::table;
use alb_oidc_testkit::{HeaderLines, KeyServer, ManualClock, SimulatedAlb};
use secrets::Secrets;
use serde_json::json;

#[derive(Clone, Debug, serde::Deserialize)]
struct Misfit {
    #[serde(rename = "custom:canary-claim")]
    _number: u64,
}

/// Prints its extractors, as an application's log might.
async fn print(request: HttpRequest, user: User, maybe: MaybeUser) -> String {
    format!("{request:?} {user:?} {user:#?} {maybe:?} {maybe:#?}")
}

/// Prints why it has nothing to print.
async fn misfit(claims: Result<Claims<Misfit>, Rejection>) -> HttpResponse {
    let rejection = claims.unwrap_err();
    let mut response = rejection.error_response();
    let text = HeaderValue::from_str(&format!("{rejection} {rejection:?}")).unwrap();
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-text"), text);
    response
}

fn request(lines: &HeaderLines) -> TestRequest {
    lines
        .iter()
        .fold(TestRequest::get(), |request, (name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            request.append_header((HeaderName::from_static(name), value))
        })
}

fn secrets_of(lines: &HeaderLines) -> Secrets {
    let mut secrets = Secrets::default();
    for secret in ["canary", "alice", "mallory", "simulated-access-token"] {
        secrets.plant(secret);
    }
    for (_, value) in lines {
        secrets.plant_token(&String::from_utf8_lossy(value));
    }
    secrets
}

/// The whole answer as text: status, headers, extensions, error and body.
async fn text_of(response: ServiceResponse<impl MessageBody>) -> (u16, String) {
    let status = response.status().as_u16();
    let refusal = response.response().extensions().get::<Refusal>().cloned();
    let error = response
        .response()
        .error()
        .map(|error| format!("{error} {error:?}"));
    let head = format!("{:?} {refusal:?} {error:?}", response.headers());
    let body = read_body(response).await;
    (status, format!("{head} {}", String::from_utf8_lossy(&body)))
}

#[tokio::test]
async fn no_secret_is_in_any_log_answer_or_text_of_ours() {
    log::listen();
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let clock = ManualClock::at_system_time();
    let now = clock.unix_time().unwrap();
    let claims = json!({
        "sub": "canary-sub",
        "name": "canary-name",
        "email": "canary@example.com",
        "custom:canary-claim": "canary-value",
    });
    let genuine = vec![
        (
            OidcHeaders::DATA,
            alb.mint(&claims.to_string(), now).into_bytes(),
        ),
        (OidcHeaders::IDENTITY, b"canary-sub".to_vec()),
        (OidcHeaders::ACCESS_TOKEN, b"canary-access-token".to_vec()),
    ];
    let planted = secrets_of(&genuine);
    let forged = table(&alb, now)
        .into_iter()
        .map(|row| (row.name, row.headers));
    let sent = [("genuine", genuine)].into_iter().chain(forged);
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(clock)
        .build()
        .unwrap();
    let mut apps = Vec::new();
    let mut services = Vec::new();
    for authenticate in [
        Authenticate::required(authenticator.clone()),
        Authenticate::optional(authenticator.clone()),
        Authenticate::observe(authenticator),
    ] {
        let app = App::new()
            .route("/", web::get().to(print))
            .route("/", web::post().to(misfit))
            .wrap(authenticate.clone())
            .wrap(Logger::default());
        apps.push(init_service(app).await);
        let inner = fn_service(async |request: ServiceRequest| {
            Ok::<_, Error>(request.into_response(HttpResponse::Ok()))
        });
        services.push((
            authenticate.new_transform(inner).await.unwrap(),
            authenticate,
        ));
    }
    let mut statuses = BTreeSet::new();
    for (name, lines) in sent {
        let secrets = secrets_of(&lines);
        for app in &apps {
            for method in [Method::GET, Method::POST] {
                let request = request(&lines).method(method).to_request();
                let (status, text) = text_of(call_service(app, request).await).await;
                secrets.assert_absent(name, &text);
                statuses.insert(status);
            }
        }
        for (service, _) in &services {
            // The future, before and after it has decided.
            let mut future = pin!(service.call(request(&lines).to_srv_request()));
            secrets.assert_not_in_debug(name, &future);
            let mut context = Context::from_waker(Waker::noop());
            let _ = future.as_mut().poll(&mut context);
            secrets.assert_not_in_debug(name, &future);
        }
    }
    // What lives longer than a request.
    for (_, authenticate) in &services {
        planted.assert_not_in_debug("the middleware", authenticate);
    }
    assert_eq!(Vec::from_iter(statuses), [200, 401, 403, 500]);
    let logged = log::text();
    for expected in [
        "alb_oidc",
        "actix",
        "bad-signature",
        "untrusted-signer",
        "claims-do-not-fit",
        "missing-layer",
    ] {
        assert!(logged.contains(expected), "nobody logged {expected}");
    }
    planted.assert_absent("the log", &logged);
}
