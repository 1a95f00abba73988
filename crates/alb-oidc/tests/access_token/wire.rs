//! The same over HTTP, with the fetcher that an authenticator has by itself.

use std::time::Duration;

use alb_oidc::{AccessTokenVerifier, Authenticator, FetchError, HttpFetcher, KeyStoreSettings};
use alb_oidc_testkit::{Fault, KeyServer, SimulatedAlb};
use serde_json::json;

use crate::bench::{Groups, fetch_error, owned, rfc9068_alb};

async fn groups(authenticator: &Authenticator, alb: &SimulatedAlb) -> Groups {
    let sent = alb.headers_in_groups(&json!({"sub": "grace"}), &["admins"]);
    let headers = alb_oidc::OidcHeaders::from_lookup(|name| {
        let values = sent.iter().filter(move |(other, _)| *other == name);
        values.map(|(_, value)| value.as_bytes())
    });
    let user = authenticator.authenticate(headers).await.unwrap();
    owned(user.groups())
}

/// Patience enough for a loaded machine: here it is the fault that is to be seen, and no timeout.
fn patient() -> KeyStoreSettings {
    let half_a_minute = Duration::from_secs(30);
    KeyStoreSettings::default()
        .exchange_timeout(half_a_minute)
        .flight_timeout(2 * half_a_minute)
}

#[tokio::test]
async fn public_keys_and_the_key_set_are_fetched_by_one_authenticator() {
    let alb = rfc9068_alb();
    let server = KeyServer::start().await.unwrap();
    server.publish(&alb);
    server.publish_jwks(&alb);
    let verifier = AccessTokenVerifier::rfc9068(
        alb.issuer().clone(),
        &server.jwks_url(),
        SimulatedAlb::AUDIENCE,
    );
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(server.url())
        .unwrap()
        .key_store_settings(patient())
        .verify_access_tokens(verifier.unwrap().settings(patient()))
        .build()
        .unwrap();
    for _ in 0..3 {
        let admins = Ok(vec!["admins".to_owned()]);
        assert_eq!(groups(&authenticator, &alb).await, admins);
    }
    let key = format!("/{}", alb.key_id());
    assert_eq!(server.paths(), [key, "/jwks.json".to_owned()]);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_an_endless_set_is_not_read() {
    for (fault, error) in [
        (
            Fault::Redirect("http://127.0.0.1:1/".to_owned()),
            FetchError::Redirect,
        ),
        (Fault::EndlessBody, FetchError::BodyTooLarge),
        (Fault::Status(403), FetchError::Status(403)),
    ] {
        let alb = rfc9068_alb();
        let server = KeyServer::start().await.unwrap();
        server.fail(fault);
        let verifier = AccessTokenVerifier::rfc9068(
            alb.issuer().clone(),
            &server.jwks_url(),
            SimulatedAlb::AUDIENCE,
        );
        let fetcher = HttpFetcher::builder().build().unwrap();
        let authenticator = Authenticator::builder(alb.policy())
            .key_source(alb.clone())
            .verify_access_tokens(verifier.unwrap().fetcher(fetcher).settings(patient()))
            .build()
            .unwrap();
        assert_eq!(fetch_error(groups(&authenticator, &alb).await), error);
    }
}
