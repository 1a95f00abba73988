//! The tables of keys' multiples: that nobody's verdict depends on them. Which keys get one, and how
//! many, is in `places.rs`; what the key store has to do with them in `key_store/tables.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use alb_oidc::{
    AuthenticateError, Authenticator, CryptoBackend, KeyError, KeyId, KeyLookup, KeyRequest,
    KeySource, OidcHeaders, PublicKey, TokenError, UnixTime,
};
use alb_oidc_testkit::conformance::{Outcome, Row, table};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};

#[test]
fn a_key_in_use_gets_a_table_and_decides_the_same_with_it() {
    let bench = Bench::new();
    let rows = table(&bench.alb, NOW);
    assert!(bench.keys().all(|key| !key.is_precomputed()));
    // Before it has verified 32 tokens, after that, and once the table is there for sure.
    let without: Vec<_> = rows.iter().map(|row| bench.verdict(row)).collect();
    bench.wait_for_table();
    let with: Vec<_> = rows.iter().map(|row| bench.verdict(row)).collect();
    assert_eq!(without, with);
    for (row, verdict) in rows.iter().zip(with) {
        let expected = match row.outcome {
            Outcome::User { sub } => Ok(sub.to_owned()),
            Outcome::Anonymous => Err("missing"),
            Outcome::Refused { reason } => Err(reason),
        };
        assert_eq!(verdict, expected, "{}", row.name);
    }
}

#[test]
fn a_signature_is_judged_without_a_table_until_there_is_one() {
    let bench = Bench::new();
    let good = bench.alb.mint(r#"{"sub":"alice"}"#, NOW);
    let bad = bench.alb.mint(r#"{"sub":"mallory"}"#, NOW);
    let (_, signature) = good.rsplit_once('.').unwrap();
    let (input, _) = bad.rsplit_once('.').unwrap();
    let forged = format!("{input}.{signature}");
    let judge = || {
        assert_eq!(bench.authenticate(&good), Ok(()));
        assert_eq!(
            bench.authenticate(&forged),
            Err(TokenError::BadSignature.into())
        );
    };
    judge();
    assert!(!bench.key().is_precomputed());
    bench.wait_for_table();
    judge();
}

struct Bench {
    alb: SimulatedAlb,
    keys: Keys,
    authenticator: Authenticator,
}

impl Bench {
    fn new() -> Self {
        let alb = SimulatedAlb::new();
        let keys = alb.public_keys().into_iter().map(|(id, pem)| {
            let key = PublicKey::from_pem(pem.as_ref(), CryptoBackend::P256Tables).unwrap();
            (id, Arc::new(key))
        });
        let keys = Keys(Arc::new(keys.collect()));
        let authenticator = Authenticator::builder(alb.policy())
            .key_source(keys.clone())
            .clock(ManualClock::at(NOW))
            .build()
            .unwrap();
        Self {
            alb,
            keys,
            authenticator,
        }
    }

    fn keys(&self) -> impl Iterator<Item = &Arc<PublicKey>> {
        self.keys.0.values()
    }

    /// The one that the load balancer signs with.
    fn key(&self) -> &PublicKey {
        self.keys.0.get(&self.alb.key_id()).unwrap()
    }

    fn wait_for_table(&self) {
        let token = self.alb.mint(r#"{"sub":"alice"}"#, NOW);
        for _ in 0..32 {
            assert_eq!(self.authenticate(&token), Ok(()));
        }
        let start = Instant::now();
        while !self.key().is_precomputed() {
            assert!(start.elapsed() < Duration::from_secs(60), "in vain");
            thread::yield_now();
        }
    }

    fn authenticate(&self, token: &str) -> Result<(), AuthenticateError> {
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        decide(&self.authenticator, headers).map(drop)
    }

    fn verdict(&self, row: &Row) -> Result<String, &'static str> {
        let headers = OidcHeaders::from_lookup(|name| {
            let lines = row.headers.iter().filter(move |(line, _)| *line == name);
            lines.map(|(_, value)| value.as_slice())
        });
        decide(&self.authenticator, headers).map_err(|error| error.reason())
    }
}

/// The keys, where the test sees them too.
#[derive(Clone, Debug)]
struct Keys(Arc<HashMap<KeyId, Arc<PublicKey>>>);

impl KeySource for Keys {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        let key = self.0.get(&request.key_id());
        KeyLookup::Ready(key.cloned().ok_or(KeyError::Unknown))
    }
}

/// The user's `sub`.
fn decide(
    authenticator: &Authenticator,
    headers: Result<OidcHeaders<'_>, AuthenticateError>,
) -> Result<String, AuthenticateError> {
    let authentication = std::pin::pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(decision) => decision.map(|user| user.id().subject().to_owned()),
        Poll::Pending => panic!("keys at hand are never pending"),
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
