//! Which keys take one of a process's places for tables of multiples, and when. A place that is taken
//! once too often is one that another key lacks: so they are counted, by a test that has the process
//! for itself.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use alb_oidc::{
    AuthenticateError, Authenticator, CryptoBackend, FetchFuture, KeyFetcher, KeyLookup,
    KeyRequest, KeyResponse, KeySource as _, KeyStore, OidcHeaders, PublicKey, TokenError,
    UnixTime, UnverifiedToken,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use tokio::time;

#[tokio::test(start_paused = true)]
async fn sixteen_keys_in_use_have_a_table_and_another_gets_one_when_a_place_is_given_back() {
    let without = keys_that_take_no_place().await;
    let bench = Bench::new(CryptoBackend::P256Tables);
    let tokens: Vec<_> = (0..16).map(|_| bench.token_of_a_new_key()).collect();
    for token in &tokens {
        bench.use_key(token, 32).await;
        let key = bench.key(token);
        let start = Instant::now();
        while !key.is_precomputed() {
            assert!(start.elapsed() < PATIENCE, "a place is gone");
            thread::yield_now();
        }
    }
    assert!(without.iter().all(|key| !key.is_precomputed()));

    let late = bench.token_of_a_new_key();
    bench.use_key(&late, 100).await;
    let late_key = bench.key(&late);
    bench.refresh(&late).await;
    assert!(!late_key.is_precomputed(), "these are 17");

    let [first, ..] = &tokens[..] else {
        panic!("there are 16")
    };
    bench.store.invalidate(bench.asks_for(first).key_id());
    let start = Instant::now();
    while !late_key.is_precomputed() {
        assert!(start.elapsed() < PATIENCE, "it is not tried again");
        bench.refresh(&late).await;
    }
}

/// Keys of which one use or another is made, but not the one that takes a place.
async fn keys_that_take_no_place() -> Vec<Arc<PublicKey>> {
    let mut keys = Vec::new();

    let forged = Bench::new(CryptoBackend::P256Tables);
    let genuine = forged.token_of_a_new_key();
    let others = Bench::new(CryptoBackend::P256Tables).token_of_a_new_key();
    let (input, signature) = genuine.rsplit_once('.').unwrap();
    let (_, others_signature) = others.rsplit_once('.').unwrap();
    for _ in 0..100 {
        let token = format!("{input}.{others_signature}");
        let refusal = Err(TokenError::BadSignature.into());
        assert_eq!(forged.request(&token).await, refusal);
    }
    // To verify by hand proves nothing: nobody trusted is named.
    let key = forged.key(&genuine);
    let signature: [u8; 64] = URL_SAFE.decode(signature).unwrap().try_into().unwrap();
    for _ in 0..100 {
        assert_eq!(key.verify(input.as_bytes(), &signature), Ok(()));
    }
    keys.push(key);

    let hardly_used = Bench::new(CryptoBackend::P256Tables);
    let token = hardly_used.token_of_a_new_key();
    hardly_used.use_key(&token, 31).await;
    hardly_used.refresh(&token).await;
    keys.push(hardly_used.key(&token));

    for backend in [CryptoBackend::AwsLcRs, CryptoBackend::P256] {
        let other = Bench::new(backend);
        let token = other.token_of_a_new_key();
        other.use_key(&token, 100).await;
        other.refresh(&token).await;
        keys.push(other.key(&token));
    }
    keys
}

/// A load balancer, and a store that has its keys.
struct Bench {
    alb: SimulatedAlb,
    store: KeyStore,
    authenticator: Authenticator,
}

impl Bench {
    fn new(backend: CryptoBackend) -> Self {
        let alb = SimulatedAlb::new();
        let store = KeyStore::builder(Endpoint(alb.clone()))
            .crypto_backend(backend)
            .key_url("https://keys.example")
            .unwrap()
            .build()
            .unwrap();
        let authenticator = Authenticator::builder(alb.policy())
            .key_store(store.clone())
            .clock(ManualClock::at(NOW))
            .build()
            .unwrap();
        Self {
            alb,
            store,
            authenticator,
        }
    }

    fn token_of_a_new_key(&self) -> String {
        self.alb.rotate();
        self.alb.mint(r#"{"sub":"alice"}"#, NOW)
    }

    async fn request(&self, token: &str) -> Result<(), AuthenticateError> {
        let verdict = self.authenticator.authenticate(headers(token)).await;
        verdict.map(drop)
    }

    async fn use_key(&self, token: &str, times: usize) {
        // The budget brings one key a second.
        time::sleep(Duration::from_secs(1)).await;
        for _ in 0..times {
            assert_eq!(self.request(token).await, Ok(()));
        }
    }

    fn asks_for(&self, token: &str) -> KeyRequest {
        let token = UnverifiedToken::parse(headers(token).unwrap()).unwrap();
        let policy = self.alb.policy();
        policy.admit(token, NOW).unwrap().key_request()
    }

    /// The one that the store holds.
    fn key(&self, token: &str) -> Arc<PublicKey> {
        match self.store.key(self.asks_for(token)) {
            KeyLookup::Ready(Ok(key)) => key,
            other => panic!("{other:?}"),
        }
    }

    async fn refresh(&self, token: &str) {
        time::sleep(Duration::from_secs(3600)).await;
        let before = self.key(token);
        time::sleep(Duration::from_millis(1)).await;
        assert!(Arc::ptr_eq(&before, &self.key(token)));
    }
}

#[derive(Debug)]
struct Endpoint(SimulatedAlb);

impl KeyFetcher for Endpoint {
    fn fetch(&self, url: String, _: usize) -> FetchFuture {
        let keys = self.0.public_keys().into_iter();
        let key = keys.rev().find(|(id, _)| url.ends_with(&id.to_string()));
        let (_, pem) = key.unwrap();
        Box::pin(async { Ok(KeyResponse::new(200, pem.into_bytes())) })
    }
}

fn headers(token: &str) -> Result<OidcHeaders<'_>, AuthenticateError> {
    OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()))
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const PATIENCE: Duration = Duration::from_secs(60);
