//! The core against the conformance table, with a key server that counts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alb_oidc::{Authenticator, Clock, OidcHeaders, SystemClock, UnixTime};
use alb_oidc_testkit::conformance::{Outcome, Row, table};
use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};

struct Bench {
    alb: SimulatedAlb,
    keys: KeyServer,
    now: UnixTime,
}

impl Bench {
    async fn new() -> Self {
        let alb = SimulatedAlb::new();
        let keys = KeyServer::start().await.unwrap();
        keys.publish(&alb);
        let now = SystemClock.unix_time().unwrap();
        Self { alb, keys, now }
    }

    fn authenticator(&self) -> Authenticator {
        Authenticator::builder(self.alb.policy())
            .key_url(self.keys.url())
            .unwrap()
            .clock(ManualClock::at(self.now))
            .build()
            .unwrap()
    }

    fn rows(&self) -> Vec<Row> {
        table(&self.alb, self.now)
    }
}

/// What became of the row: the user's `sub`, or the error's reason.
async fn run(authenticator: &Authenticator, row: &Row) -> Result<String, &'static str> {
    let headers = OidcHeaders::from_lookup(|name| {
        let lines = row.headers.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_slice())
    });
    match authenticator.authenticate(headers).await {
        Ok(user) => Ok(user.id().subject().to_owned()),
        Err(error) => Err(error.reason()),
    }
}

fn expected(row: &Row) -> Result<String, &'static str> {
    match row.outcome {
        Outcome::User { sub } => Ok(sub.to_owned()),
        Outcome::Anonymous => Err("missing"),
        Outcome::Refused { reason } => Err(reason),
    }
}

#[tokio::test]
async fn every_row_has_its_outcome_once_the_key_is_cached() {
    let bench = Bench::new().await;
    let authenticator = bench.authenticator();
    let rows = bench.rows();
    assert!(rows.len() > 140, "the table has only {} rows", rows.len());
    for row in &rows {
        assert_eq!(
            run(&authenticator, row).await,
            expected(row),
            "{}",
            row.name
        );
    }
}

#[tokio::test]
async fn what_can_be_rejected_without_a_key_asks_for_none() {
    let bench = Bench::new().await;
    // Cold: whatever wanted a key would have to fetch it.
    let authenticator = bench.authenticator();
    let mut refused = 0;
    for row in bench.rows() {
        if !row.may_fetch {
            assert_eq!(
                run(&authenticator, &row).await,
                expected(&row),
                "{}",
                row.name
            );
            refused += 1;
        }
    }
    assert!(refused > 100, "only {refused} rows were tried");
    assert_eq!(bench.keys.hits(), 0);
}

#[tokio::test]
async fn both_backends_give_the_same_outcomes() {
    let bench = Bench::new().await;
    for backend in [
        alb_oidc::CryptoBackend::AwsLcRs,
        alb_oidc::CryptoBackend::P256,
    ] {
        let keys = alb_oidc::StaticKeys::from_pems(bench.alb.public_keys(), backend).unwrap();
        let authenticator = Authenticator::builder(bench.alb.policy())
            .key_source(keys)
            .clock(ManualClock::at(bench.now))
            .build()
            .unwrap();
        for row in bench.rows() {
            let outcome = run(&authenticator, &row).await;
            assert_eq!(outcome, expected(&row), "{} with {backend:?}", row.name);
        }
    }
}
