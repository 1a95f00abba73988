//! The middleware against the conformance table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use alb_oidc_actix::alb_oidc::Clock as _;
use alb_oidc_actix::{Authenticate, Authenticator, MaybeUser, Refusal};
use alb_oidc_testkit::conformance::{Answer, Row, check, table};
use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};

/// Answers with the user's `sub`, or with nothing for nobody.
async fn who(user: MaybeUser) -> String {
    match user {
        MaybeUser::SignedIn(user) => user.id().subject().to_owned(),
        MaybeUser::Anonymous => String::new(),
    }
}

fn request(row: &Row) -> TestRequest {
    let lines = row.headers.iter();
    lines.fold(TestRequest::get(), |request, (name, value)| {
        let value = HeaderValue::from_bytes(value).unwrap();
        request.append_header((HeaderName::from_static(name), value))
    })
}

async fn answer(response: ServiceResponse<impl MessageBody>) -> Answer {
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let refusal = response.response().extensions().get::<Refusal>().cloned();
    Answer {
        status: response.status().as_u16(),
        headers,
        refusal,
        body: String::from_utf8(read_body(response).await.into()).unwrap(),
    }
}

#[tokio::test]
async fn actix_gives_every_row_its_outcome_in_either_mode() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let clock = ManualClock::at_system_time();
    let now = clock.unix_time().unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(clock)
        .build()
        .unwrap();
    let app = |authenticate: Authenticate| {
        init_service(App::new().route("/", web::get().to(who)).wrap(authenticate))
    };
    let required = app(Authenticate::required(authenticator.clone())).await;
    let optional = app(Authenticate::optional(authenticator)).await;
    let rows = table(&alb, now);
    assert!(rows.len() > 400, "the table has only {} rows", rows.len());
    for row in rows {
        let hits = keys.hits();
        for (app, is_optional) in [(&required, false), (&optional, true)] {
            let response = call_service(app, request(&row).to_request()).await;
            check(&row, is_optional, &answer(response).await);
        }
        assert!(
            row.may_fetch || keys.hits() == hits,
            "{} fetched a key",
            row.name
        );
    }
}
