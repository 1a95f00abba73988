//! Where a decision is asked for, and where it is awaited.

use alb_oidc::{
    Authenticator, Clock as _, FetchFuture, KeyFetcher, KeyStore, OidcHeaders, SystemClock,
};
use alb_oidc_testkit::{KeyServer, SimulatedAlb};

#[test]
fn a_decision_that_is_asked_for_outside_of_a_runtime_is_taken_inside() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let alb = SimulatedAlb::new();
    let keys = runtime.block_on(KeyServer::start()).unwrap();
    keys.publish(&alb);
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .build()
        .unwrap();
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let headers =
        || OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    // Once with the key to be fetched, once with it at hand.
    for _ in 0..2 {
        let user = runtime.block_on(authenticator.authenticate(headers()));
        assert_eq!(user.unwrap().id().subject(), "alice");
    }
    assert_eq!(keys.hits(), 1);
}

/// Never answers.
#[derive(Debug)]
struct Silence;

impl KeyFetcher for Silence {
    fn fetch(&self, _: String, _: usize) -> FetchFuture {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn of_what_is_observed_only_so_much_waits_for_keys() {
    let alb = SimulatedAlb::new();
    let store = KeyStore::builder(Silence)
        .key_url("http://127.0.0.1:9")
        .unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store.build().unwrap())
        .build()
        .unwrap();
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    for _ in 0..300 {
        authenticator.observe(OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        }));
    }
    assert_eq!(authenticator.stats().unavailable, 300 - 256);
    let waiting = authenticator.key_store().unwrap().stats().waiting_requests;
    assert_eq!(waiting, 256);
    // They give up in their time, and make room.
    while authenticator.stats().unavailable < 300 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    authenticator.observe(OidcHeaders::from_lookup(|name| {
        (name == OidcHeaders::DATA).then_some(token.as_bytes())
    }));
    assert_eq!(authenticator.stats().unavailable, 301);
}
