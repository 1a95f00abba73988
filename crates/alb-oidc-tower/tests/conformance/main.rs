//! The layer against the conformance table: in axum, in plain hyper over a socket, in tonic, and in
//! what lambda_http makes of a load balancer's event. All give the same answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axum;
mod hyper;
mod lambda;
mod tonic;

use alb_oidc_testkit::conformance::{Answer, Row, table};
use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};
use alb_oidc_tower::alb_oidc::Clock as _;
use alb_oidc_tower::{AuthenticateLayer, Authenticator, Refusal};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

/// What each framework is run with.
struct Bench {
    keys: KeyServer,
    authenticator: Authenticator,
    rows: Vec<Row>,
}

impl Bench {
    async fn new() -> Self {
        let alb = SimulatedAlb::new();
        let keys = KeyServer::start().await.unwrap();
        keys.publish(&alb);
        let clock = ManualClock::at_system_time();
        let rows = table(&alb, clock.unix_time().unwrap());
        assert!(rows.len() > 400, "the table has only {} rows", rows.len());
        let authenticator = Authenticator::builder(alb.policy())
            .key_url(keys.url())
            .unwrap()
            .clock(clock)
            .build()
            .unwrap();
        Self {
            keys,
            authenticator,
            rows,
        }
    }

    /// Both modes, and whether the layer is optional.
    fn layers(&self) -> [(AuthenticateLayer, bool); 2] {
        let authenticator = || self.authenticator.clone();
        [
            (AuthenticateLayer::required(authenticator()), false),
            (AuthenticateLayer::optional(authenticator()), true),
        ]
    }

    /// Asks for an answer to each row, and sees that no key was fetched where none may be.
    async fn run(&self, rows: &[Row], mut send: impl AsyncFnMut(&Row)) {
        for row in rows {
            let hits = self.keys.hits();
            send(row).await;
            assert!(
                row.may_fetch || self.keys.hits() == hits,
                "{} fetched a key",
                row.name
            );
        }
    }
}

fn headers(row: &Row) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &row.headers {
        let value = HeaderValue::from_bytes(value).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

fn answer(head: &Parts, body: impl Into<Vec<u8>>) -> Answer {
    let headers = head.headers.iter();
    Answer {
        status: head.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8(body.into()).unwrap(),
        refusal: head.extensions.get::<Refusal>().cloned(),
    }
}
