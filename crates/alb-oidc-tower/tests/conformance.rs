//! The layer in axum against the conformance table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alb_oidc_testkit::conformance::{Answer, Row, check, table};
use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};
use alb_oidc_tower::{AuthenticateLayer, Authenticator, MaybeUser, Refusal};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// Answers with the user's `sub`, or with nothing for nobody.
async fn who(user: MaybeUser) -> String {
    match user {
        MaybeUser::SignedIn(user) => user.id().subject().to_owned(),
        MaybeUser::Anonymous => String::new(),
    }
}

fn app(layer: AuthenticateLayer) -> Router {
    Router::new().route("/", get(who)).layer(layer)
}

fn request(row: &Row) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    for (name, value) in &row.headers {
        let value = HeaderValue::from_bytes(value).unwrap();
        request
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    request
}

async fn answer(response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    let headers = head.headers.iter();
    Answer {
        status: head.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap(),
        refusal: head.extensions.get::<Refusal>().cloned(),
    }
}

#[tokio::test]
async fn axum_gives_every_row_its_outcome_in_either_mode() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let clock = ManualClock::at_system_time();
    let now = alb_oidc::Clock::unix_time(&clock).unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(clock)
        .build()
        .unwrap();
    let required = app(AuthenticateLayer::required(authenticator.clone()));
    let optional = app(AuthenticateLayer::optional(authenticator));
    let rows = table(&alb, now);
    assert!(rows.len() > 400, "the table has only {} rows", rows.len());
    for row in rows {
        let hits = keys.hits();
        for (app, is_optional) in [(&required, false), (&optional, true)] {
            let response = app.clone().oneshot(request(&row)).await.unwrap();
            check(&row, is_optional, &answer(response).await);
        }
        assert!(
            row.may_fetch || keys.hits() == hits,
            "{} fetched a key",
            row.name
        );
    }
}
