//! Where a decision is asked for, and where it is awaited.

use alb_oidc::{Authenticator, Clock as _, OidcHeaders, SystemClock};
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
