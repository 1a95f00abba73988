//! The core against the conformance table, with a key server that counts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use alb_oidc::{
    AuthenticateError, Authenticator, Clock, CryptoBackend, OidcHeaders, Signer, StaticKeys,
    SystemClock, TrustedRule, UnixTime, UnverifiedToken,
};
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

fn headers(row: &Row) -> Result<OidcHeaders<'_>, AuthenticateError> {
    OidcHeaders::from_lookup(|name| {
        let lines = row.headers.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_slice())
    })
}

/// What became of the row: the user's `sub`, or the error's reason.
async fn run(authenticator: &Authenticator, row: &Row) -> Result<String, &'static str> {
    match authenticator.authenticate(headers(row)).await {
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

/// Fails with all rows that have another outcome than they should.
async fn check(authenticator: &Authenticator, rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        let (outcome, expected) = (run(authenticator, row).await, expected(row));
        if outcome != expected {
            let name = row.name;
            wrong.push(format!("{name}: {outcome:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_row_has_its_outcome_once_the_key_is_cached() {
    let bench = Bench::new().await;
    let rows = bench.rows();
    assert!(rows.len() > 400, "the table has only {} rows", rows.len());
    check(&bench.authenticator(), &rows).await;
}

#[tokio::test]
async fn what_can_be_rejected_without_a_key_asks_for_none() {
    let bench = Bench::new().await;
    let mut rows = bench.rows();
    rows.retain(|row| !row.may_fetch);
    assert!(rows.len() > 250, "only {} rows were tried", rows.len());
    // Cold: whatever wanted a key would have to fetch it.
    check(&bench.authenticator(), &rows).await;
    assert_eq!(bench.keys.hits(), 0);
}

/// Whether the rule says all that there is to a header, so that it is recognized, or not, so that each
/// is read.
#[tokio::test]
async fn headers_are_admitted_in_one_step_as_in_two() {
    let bench = Bench::new().await;
    let (arn, issuer, client) = (bench.alb.arn(), bench.alb.issuer(), bench.alb.client());
    let by_name = Signer::named(arn.region(), arn.account(), *arn.name());
    let by_name = TrustedRule::new(by_name, issuer.clone(), client.clone());
    for policy in [bench.alb.policy(), by_name.into()] {
        let mut admitted = 0;
        for row in bench.rows() {
            let (Ok(headers), Ok(same)) = (headers(&row), headers(&row)) else {
                continue;
            };
            let in_two = UnverifiedToken::parse(headers)
                .and_then(|token| policy.admit(token, bench.now))
                .map(|admitted| (admitted.key_request(), format!("{admitted:?}")));
            let in_one = policy
                .parse_and_admit(same, bench.now)
                .map(|admitted| (admitted.key_request(), format!("{admitted:?}")));
            assert_eq!(in_one, in_two, "{}", row.name);
            admitted += usize::from(in_one.is_ok());
        }
        assert!(admitted > 150, "only {admitted} rows were admitted");
    }
}

/// A canary listens wherever a header could lead: a key's URL, an issuer's, a host that a region or
/// a key id would make.
#[tokio::test]
async fn nothing_that_a_header_names_is_connected_to() {
    let bench = Bench::new().await;
    let authenticator = bench.authenticator();
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let host = canary.local_addr().unwrap();
    let (kid, region) = (
        bench.alb.key_id().to_string(),
        bench.alb.arn().region().to_string(),
    );
    let good = bench.alb.header(bench.now);
    let with = |members: &str| good.replace('}', &format!(",{members}}}"));
    for header in [
        with(&format!(r#""jku":"http://{host}/""#)),
        with(&format!(r#""x5u":"http://{host}/""#)),
        with(&format!(
            r#""url":"http://{host}/","jwks_uri":"http://{host}/""#
        )),
        good.replace(&kid, &format!("@{host}/{kid}")),
        good.replace(&kid, &format!("//{host}/{kid}")),
        good.replace(&kid, &format!("http://{host}/{kid}")),
        good.replace(&format!(":{region}:"), &format!(":@{host}/:")),
        good.replace(&format!(":{region}:"), &format!(":{region}.{host}/:")),
        good.replace(bench.alb.issuer().as_str(), &format!("http://{host}")),
    ] {
        assert_ne!(
            header, good,
            "a replacement that found nothing tests nothing"
        );
        let token = bench.alb.sign(&header, r#"{"sub":"alice"}"#);
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        let _verdict = authenticator.authenticate(headers).await;
        let connected = canary.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(connected, Err(ErrorKind::WouldBlock), "{header}");
    }
    let _visitor = TcpStream::connect(host).unwrap();
    assert!(canary.accept().is_ok(), "the canary hears nobody");
}

#[tokio::test]
async fn all_backends_give_the_same_outcomes() {
    let bench = Bench::new().await;
    for &backend in CryptoBackend::ALL {
        let keys = StaticKeys::from_pems(bench.alb.public_keys(), backend).unwrap();
        let authenticator = Authenticator::builder(bench.alb.policy())
            .key_source(keys)
            .clock(ManualClock::at(bench.now))
            .build()
            .unwrap();
        check(&authenticator, &bench.rows()).await;
    }
}
