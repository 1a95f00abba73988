//! The tables of keys' multiples, with the feature `p256-tables`: which keys get one, and that
//! nobody's verdict depends on it. How many there are at once is tested where they are made.

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
fn a_key_that_has_verified_a_token_gets_a_table_and_decides_the_same_with_it() {
    let bench = Bench::new(CryptoBackend::P256);
    let rows = table(&bench.alb, NOW);
    assert!(bench.keys().all(|key| !key.is_precomputed()));
    let without: Vec<_> = rows.iter().map(|row| bench.verdict(row)).collect();
    let used = bench.key();
    wait_until(|| used.is_precomputed());
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
    let bench = Bench::new(CryptoBackend::P256);
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
    wait_until(|| bench.key().is_precomputed());
    judge();
}

#[test]
fn a_key_that_has_verified_nothing_gets_no_table() {
    let unproven = Bench::new(CryptoBackend::P256);
    let good = unproven.alb.mint(r#"{"sub":"alice"}"#, NOW);
    let (input, _) = good.rsplit_once('.').unwrap();
    let other = SimulatedAlb::new().mint(r#"{"sub":"mallory"}"#, NOW);
    let (_, signature) = other.rsplit_once('.').unwrap();
    let forged = format!("{input}.{signature}");
    for _ in 0..16 {
        assert_eq!(
            unproven.authenticate(&forged),
            Err(TokenError::BadSignature.into())
        );
    }
    // To verify by hand proves nothing either: nobody trusted is named.
    let message = input.as_bytes();
    assert!(unproven.key().verify(message, &[1; 64]).is_err());
    // What is started later is there: what had been started would be too.
    let proven = Bench::new(CryptoBackend::P256);
    let good = proven.alb.mint(r#"{"sub":"alice"}"#, NOW);
    assert_eq!(proven.authenticate(&good), Ok(()));
    wait_until(|| proven.key().is_precomputed());
    assert!(!unproven.key().is_precomputed());
}

#[test]
fn another_backend_s_keys_get_no_table() {
    let bench = Bench::new(CryptoBackend::AwsLcRs);
    let good = bench.alb.mint(r#"{"sub":"alice"}"#, NOW);
    assert_eq!(bench.authenticate(&good), Ok(()));
    let proven = Bench::new(CryptoBackend::P256);
    let good = proven.alb.mint(r#"{"sub":"alice"}"#, NOW);
    assert_eq!(proven.authenticate(&good), Ok(()));
    wait_until(|| proven.key().is_precomputed());
    assert!(!bench.key().is_precomputed());
}

#[test]
fn the_feature_does_not_choose_the_backend() {
    assert_eq!(CryptoBackend::default(), CryptoBackend::AwsLcRs);
}

struct Bench {
    alb: SimulatedAlb,
    keys: Keys,
    authenticator: Authenticator,
}

impl Bench {
    fn new(backend: CryptoBackend) -> Self {
        let alb = SimulatedAlb::new();
        let keys = alb.public_keys().into_iter().map(|(id, pem)| {
            let key = PublicKey::from_pem(pem.as_ref(), backend).unwrap();
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

fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "in vain");
        thread::yield_now();
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
