//! Keys over real sockets: what a bad day of the endpoint does to a request.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, Clock, FetchError, HttpFetcher, KeyError,
    KeyFetcher as _, KeyStore, KeyStoreSettings, OidcHeaders, PublicKeyError, SystemClock,
    TokenError,
};
use alb_oidc_testkit::{Fault, KeyServer, SimulatedAlb};
use tokio::runtime::Runtime;

struct Bench {
    alb: SimulatedAlb,
    keys: KeyServer,
    authenticator: Authenticator,
    store: KeyStore,
}

impl Bench {
    async fn new() -> Self {
        Self::with(KeyStoreSettings::default()).await
    }

    /// Short pauses, so that a test of many failures is no long test.
    async fn with(settings: KeyStoreSettings) -> Self {
        let settings = settings
            .unknown_retry_delay(Duration::from_millis(10))
            .min_backoff(Duration::from_millis(10))
            .max_backoff(Duration::from_millis(20));
        let alb = SimulatedAlb::new();
        let keys = KeyServer::start().await.unwrap();
        let store = KeyStore::builder(HttpFetcher::new().unwrap())
            .key_url(keys.url())
            .unwrap()
            .settings(settings)
            .build()
            .unwrap();
        let authenticator = Authenticator::builder(alb.policy())
            .key_store(store.clone())
            .build()
            .unwrap();
        Self {
            alb,
            keys,
            authenticator,
            store,
        }
    }

    async fn request(&self) -> Result<AuthenticatedUser, AuthenticateError> {
        let token = self
            .alb
            .mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        self.authenticator.authenticate(headers).await
    }

    async fn fetch_error(&self) -> FetchError {
        match self.request().await {
            Err(AuthenticateError::Unavailable(KeyError::Fetch { error, .. })) => error,
            other => panic!("expected a failed fetch, got {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_is_fetched_once_and_then_held() {
    let bench = Bench::new().await;
    bench.keys.publish(&bench.alb);
    for _ in 0..10 {
        assert_eq!(bench.request().await.unwrap().id().subject(), "alice");
    }
    assert_eq!(bench.keys.hits(), 1);
    assert_eq!(bench.keys.paths(), [format!("/{}", bench.alb.key_id())]);
    assert_eq!(bench.store.stats().proven_keys, 1);
}

#[tokio::test]
async fn a_rotation_needs_no_restart_and_the_old_key_stays_good() {
    let bench = Bench::new().await;
    bench.keys.publish(&bench.alb);
    let before = bench
        .alb
        .mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    bench.request().await.unwrap();
    bench.alb.rotate();
    bench.keys.publish(&bench.alb);
    bench.request().await.unwrap();
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(before.as_bytes()));
    bench.authenticator.authenticate(headers).await.unwrap();
    assert_eq!(bench.keys.hits(), 2);
}

#[tokio::test]
async fn a_key_server_fails_as_it_is_told_and_a_held_key_survives_it() {
    let settings = KeyStoreSettings::default().soft_lifetime(Duration::from_nanos(1));
    let canary = KeyServer::start().await.unwrap();
    let redirect = Fault::Redirect(canary.url().to_owned());
    let html = Fault::Body(b"<html>sign in</html>".to_vec());
    for (fault, error) in [
        (Fault::Status(429), FetchError::Status(429)),
        (Fault::RetryAfter(503, 5), FetchError::Status(503)),
        (html, FetchError::Malformed(PublicKeyError::Pem)),
        (redirect, FetchError::Redirect),
        (Fault::Hang, FetchError::Timeout),
        (Fault::CloseBeforeStatus, FetchError::Aborted),
        (Fault::CloseMidBody, FetchError::Aborted),
        (Fault::EndlessBody, FetchError::BodyTooLarge),
    ] {
        let bench = Bench::with(settings.clone()).await;
        bench.keys.publish(&bench.alb);
        bench.request().await.unwrap();
        bench.keys.fail(fault.clone());
        bench.request().await.unwrap();
        bench.keys.wait_for_hits(2).await;
        bench.request().await.unwrap();
        bench.alb.rotate();
        assert_eq!(bench.fetch_error().await, error, "{fault:?}");
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_bound_and_no_longer() {
    let (alb, keys) = (SimulatedAlb::new(), KeyServer::start().await.unwrap());
    keys.publish(&alb);
    let (key_id, pem) = alb.public_keys().remove(0);
    let fetcher = HttpFetcher::new().unwrap();
    let fetch = |bound| fetcher.fetch(format!("{}/{key_id}", keys.url()), bound);
    assert_eq!(
        fetch(pem.len()).await.map(|answer| answer.body),
        Ok(pem.clone().into_bytes())
    );
    let too_long = fetch(pem.len() - 1).await.map(drop);
    assert_eq!(too_long, Err(FetchError::BodyTooLarge));
}

#[tokio::test]
async fn an_unknown_key_is_a_401_once_the_endpoint_has_served_another() {
    let bench = Bench::new().await;
    bench.keys.publish(&bench.alb);
    bench.request().await.unwrap();
    bench.alb.rotate();
    let error = bench.request().await.unwrap_err();
    assert_eq!(error, TokenError::UnknownKey.into());
    // Tried twice in the flight, for the endpoint may lag behind a rotation.
    assert_eq!(bench.keys.hits(), 3);
}

#[test]
fn without_a_runtime_it_is_an_error_and_not_a_panic() {
    let alb = SimulatedAlb::new();
    let authenticator = Authenticator::builder(alb.policy())
        .key_url("http://127.0.0.1:9")
        .unwrap()
        .build()
        .unwrap();
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let mut authentication = std::pin::pin!(authenticator.authenticate(headers));
    let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
    match authentication.as_mut().poll(context) {
        std::task::Poll::Ready(Err(error)) => assert_eq!(error, KeyError::NoRuntime.into()),
        other => panic!("expected an error at once, got {other:?}"),
    }
}

fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// A token's verdict, asked for in a runtime that lives no longer than that.
fn ask_elsewhere(bench: &Bench, authenticator: &Authenticator) -> bool {
    let token = bench
        .alb
        .mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    runtime()
        .block_on(authenticator.authenticate(headers))
        .is_ok()
}

fn serving() -> (Runtime, Bench) {
    let serving = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let bench = serving.block_on(Bench::new());
    bench.keys.publish(&bench.alb);
    (serving, bench)
}

fn authenticator_built_in(
    runtime: &Runtime,
    bench: &Bench,
    settings: KeyStoreSettings,
) -> Authenticator {
    runtime.block_on(async {
        Authenticator::builder(bench.alb.policy())
            .key_url(bench.keys.url())
            .unwrap()
            .key_store_settings(settings)
            .build()
            .unwrap()
    })
}

/// A store in a `static`, built in one test's runtime and used in another's.
#[test]
fn a_store_survives_the_runtime_that_it_was_built_in() {
    let (_serving, bench) = serving();
    let first = runtime();
    let authenticator = authenticator_built_in(&first, &bench, KeyStoreSettings::default());
    drop(first);
    assert!(ask_elsewhere(&bench, &authenticator));
    assert_eq!(bench.keys.hits(), 1);
}

#[test]
fn a_runtime_that_nobody_drives_any_more_costs_one_timeout_and_not_all_requests() {
    let (_serving, bench) = serving();
    let idle = runtime();
    let settings = KeyStoreSettings::default()
        .exchange_timeout(Duration::from_millis(100))
        .flight_timeout(Duration::from_millis(200))
        .unknown_retry_delay(Duration::from_millis(1))
        .min_backoff(Duration::from_millis(1))
        .max_backoff(Duration::from_millis(1));
    let authenticator = authenticator_built_in(&idle, &bench, settings);
    assert!(!ask_elsewhere(&bench, &authenticator));
    // On a loaded machine the short deadlines may be missed a few times more.
    let succeeded = (0..50).any(|_| ask_elsewhere(&bench, &authenticator));
    assert!(succeeded);
}

#[test]
fn fetches_that_nobody_drives_and_nobody_waits_for_cost_no_slot() {
    let (_serving, bench) = serving();
    let idle = runtime();
    let settings = KeyStoreSettings::default()
        .exchange_timeout(Duration::from_millis(100))
        .flight_timeout(Duration::from_millis(200))
        .unknown_retry_delay(Duration::from_millis(1))
        .min_backoff(Duration::from_millis(1))
        .max_backoff(Duration::from_millis(1))
        .max_in_flight(1);
    let authenticator = authenticator_built_in(&idle, &bench, settings);
    // One client asks for a key, and hangs up before there is an answer.
    let token = bench
        .alb
        .mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    runtime().block_on(async {
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        let mut abandoned = std::pin::pin!(authenticator.authenticate(headers));
        let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
        assert!(abandoned.as_mut().poll(context).is_pending());
    });
    // Another key is asked for: it must have its turn.
    bench.alb.rotate();
    bench.keys.publish(&bench.alb);
    let succeeded = (0..50).any(|_| ask_elsewhere(&bench, &authenticator));
    assert!(succeeded);
}
