//! Keys over real sockets: what a bad day of the endpoint does to a request.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, Clock, FetchError, HttpFetcher, KeyError,
    KeyStore, KeyStoreSettings, OidcHeaders, PublicKeyError, SystemClock, TokenError,
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
async fn every_fault_of_the_endpoint_is_a_503_and_a_held_key_survives_it() {
    let pem = SimulatedAlb::new().public_keys().remove(0).1;
    let canary = KeyServer::start().await.unwrap();
    let malformed = |error| FetchError::Malformed(error);
    let faults = [
        (Fault::Status(500), FetchError::Status(500)),
        (Fault::Status(503), FetchError::Status(503)),
        (Fault::Status(429), FetchError::Status(429)),
        (Fault::Status(400), FetchError::Status(400)),
        (Fault::Status(204), FetchError::Status(204)),
        (Fault::Status(206), FetchError::Status(206)),
        // Never having served a key, it may as well be a proxy.
        (Fault::Status(403), FetchError::Status(403)),
        (Fault::Status(404), FetchError::Status(404)),
        (Fault::RetryAfter(503, 5), FetchError::Status(503)),
        (
            Fault::Redirect(canary.url().to_owned()),
            FetchError::Redirect,
        ),
        (Fault::CloseBeforeStatus, FetchError::Aborted),
        (Fault::CloseMidBody, FetchError::Aborted),
        (Fault::EndlessBody, FetchError::BodyTooLarge),
        (Fault::Body(Vec::new()), malformed(PublicKeyError::Pem)),
        (
            Fault::Body(b"<html>sign in</html>".to_vec()),
            malformed(PublicKeyError::Pem),
        ),
        (
            Fault::Body(format!("{pem}{pem}").into_bytes()),
            malformed(PublicKeyError::Pem),
        ),
        (
            Fault::Body(pem.as_bytes()[..100].to_vec()),
            malformed(PublicKeyError::Pem),
        ),
        (Fault::Body(vec![b'A'; 9000]), FetchError::BodyTooLarge),
    ];
    for (fault, error) in faults {
        let bench = Bench::new().await;
        bench.keys.fail(fault.clone());
        assert_eq!(bench.fetch_error().await, error, "{fault:?}");

        let bench = Bench::new().await;
        bench.keys.publish(&bench.alb);
        bench.request().await.unwrap();
        bench.keys.fail(fault.clone());
        bench.request().await.unwrap();
    }
    assert_eq!(canary.hits(), 0);
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_a_503_in_time() {
    let settings = KeyStoreSettings::default()
        .exchange_timeout(Duration::from_millis(200))
        .flight_timeout(Duration::from_millis(250));
    let bench = Bench::with(settings).await;
    bench.keys.fail(Fault::Hang);
    assert_eq!(bench.fetch_error().await, FetchError::Timeout);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_a_503() {
    let bench = Bench::new().await;
    // Bound and not listening: nobody else can take the port, and nobody answers at it.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let authenticator = Authenticator::builder(bench.alb.policy())
        .key_url(&url)
        .unwrap()
        .build()
        .unwrap();
    let token = bench
        .alb
        .mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let error = authenticator.authenticate(headers).await.unwrap_err();
    assert!(
        matches!(
            error,
            AuthenticateError::Unavailable(KeyError::Fetch {
                error: FetchError::Connect | FetchError::Aborted,
                ..
            })
        ),
        "{error:?}"
    );
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

#[tokio::test]
async fn a_key_that_is_withdrawn_by_hand_is_fetched_anew() {
    let bench = Bench::new().await;
    bench.keys.publish(&bench.alb);
    bench.request().await.unwrap();
    bench.store.invalidate(bench.alb.key_id());
    bench.request().await.unwrap();
    assert_eq!(bench.keys.hits(), 2);
    bench.store.purge();
    bench.request().await.unwrap();
    assert_eq!(bench.keys.hits(), 3);
}

#[tokio::test]
async fn a_wrong_key_for_an_id_signs_nobody_in_and_proves_nothing() {
    let bench = Bench::new().await;
    let other = SimulatedAlb::new().public_keys().remove(0).1;
    bench.keys.publish_pem(bench.alb.key_id(), other);
    let error = bench.request().await.unwrap_err();
    assert_eq!(error, TokenError::BadSignature.into());
    assert_eq!(bench.store.stats().proven_keys, 0);
    assert_eq!(bench.store.stats().unproven_keys, 1);
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
