//! The tables of keys' multiples, for as long as the store holds the keys. A process has room for 16.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use alb_oidc::{CryptoBackend, KeyLookup, KeySource as _, OidcHeaders, PublicKey, UnverifiedToken};
use alb_oidc_testkit::SimulatedAlb;

use crate::bench::{Bench, HOUR, MINUTE, NOW, UNKNOWN_KEY, settle, store, wait};
use crate::fetcher::{BASE, FakeEndpoint};

fn bench() -> Bench {
    let endpoint = FakeEndpoint::new();
    let store = store(&endpoint).crypto_backend(CryptoBackend::P256Tables);
    let bench = Bench::around(SimulatedAlb::new(), endpoint, store.build().unwrap());
    bench.endpoint.publish(&bench.alb);
    bench
}

/// The key that the store holds for the load balancer's newest.
fn held(bench: &Bench) -> Arc<PublicKey> {
    let token = bench.token();
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let token = UnverifiedToken::parse(headers.unwrap()).unwrap();
    let policy = bench.alb.policy();
    let request = policy.admit(token, NOW).unwrap().key_request();
    match bench.store.key(request) {
        KeyLookup::Ready(Ok(key)) => key,
        other => panic!("{other:?}"),
    }
}

/// Uses the load balancer's newest key until it has its table.
async fn use_key(bench: &Bench) -> Arc<PublicKey> {
    let token = bench.token();
    for _ in 0..32 {
        assert_eq!(bench.verdict(&token).await, Ok(()));
    }
    let key = held(bench);
    // The thread that makes it has another clock.
    let start = Instant::now();
    while !key.is_precomputed() {
        assert!(start.elapsed() < Duration::from_secs(60), "in vain");
        thread::yield_now();
    }
    key
}

#[tokio::test(start_paused = true)]
async fn after_twenty_rotations_the_newest_key_gets_a_table_too() {
    let bench = bench();
    use_key(&bench).await;
    for _ in 0..20 {
        wait(3 * 24 * HOUR).await;
        bench.alb.rotate();
        bench.endpoint.publish(&bench.alb);
        use_key(&bench).await;
    }
    assert_eq!(bench.store.stats().proven_keys, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refreshed_or_fetched_anew_keeps_its_table() {
    let bench = bench();
    let key = use_key(&bench).await;
    // The first is a refresh. At the second it has expired.
    for (hours, asked) in [(1, 2), (24, 3)] {
        wait(hours * HOUR).await;
        assert_eq!(bench.request().await, Ok(()));
        settle().await;
        assert_eq!(bench.endpoint.asked(), asked);
        assert!(Arc::ptr_eq(&key, &held(&bench)));
        assert!(key.is_precomputed());
    }
}

/// And so its table: each goes with its key, where it is made.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_given_up_is_dropped() {
    let purged = bench();
    let key = unheld(use_key(&purged).await);
    purged.store.purge();
    assert_eq!(key.strong_count(), 0, "purged");

    let invalidated = bench();
    let key = unheld(use_key(&invalidated).await);
    invalidated.store.invalidate(invalidated.alb.key_id());
    assert_eq!(key.strong_count(), 0, "invalidated");

    let replaced = bench();
    let key = unheld(use_key(&replaced).await);
    let (_, pem) = SimulatedAlb::new().public_keys().remove(0);
    let id = replaced.alb.key_id();
    replaced.endpoint.publish_pem(BASE, id, pem);
    wait(HOUR).await;
    assert_eq!(replaced.request().await, Ok(()));
    settle().await;
    assert_eq!(key.strong_count(), 0, "replaced");

    let withdrawn = bench();
    let key = unheld(use_key(&withdrawn).await);
    withdrawn.endpoint.withdraw(withdrawn.alb.key_id());
    wait(HOUR).await;
    for _ in 0..3 {
        assert_eq!(withdrawn.request().await, Ok(()));
        settle().await;
        withdrawn.make_endpoint_known().await;
        wait(MINUTE).await;
    }
    assert_eq!(withdrawn.request().await, UNKNOWN_KEY);
    assert_eq!(key.strong_count(), 0, "withdrawn");
}

fn unheld(key: Arc<PublicKey>) -> Weak<PublicKey> {
    let weak = Arc::downgrade(&key);
    assert!(weak.strong_count() > 1, "nobody else holds it");
    weak
}
