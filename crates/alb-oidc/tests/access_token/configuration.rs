//! What is refused when an authenticator is built.

use alb_oidc::{
    AccessTokenVerifier, Authenticator, ConfigError, EndpointState, Issuer, KeyDiagnosis, KeyOwner,
    KeyStore, KeyStoreSettings, danger,
};
use alb_oidc_testkit::{ProviderKey, SimulatedAlb};
use tokio::time::sleep;

use crate::bench::{Bench, millis, pool, secs};
use crate::endpoint::{Answer, FakeEndpoint, set};

fn issuer(url: &str) -> Issuer {
    Issuer::new(url).unwrap()
}

fn rfc9068(url: &str, audience: &str) -> Result<AccessTokenVerifier, ConfigError> {
    AccessTokenVerifier::rfc9068(issuer("https://login.example.com"), url, audience)
}

#[test]
fn the_url_of_a_key_set_is_https_or_loopback() {
    for url in [
        "https://login.example.com/jwks.json",
        "https://login.example.com/keys?p=policy&x=%20",
        "http://127.0.0.1:9000/jwks.json",
        "http://localhost/jwks.json",
    ] {
        assert!(rfc9068(url, "api").is_ok(), "{url}");
    }
    for url in [
        "",
        "login.example.com",
        "http://login.example.com/jwks.json",
        "https://user@login.example.com/jwks.json",
        "https://login.example.com/jwks.json#x",
        "https://login.example.com/jwks.json?x#y",
        "https://login.example.com/jwks.json?a b",
        "https://login.example.com/\r\nx",
        "file:///etc/passwd",
    ] {
        let refused = rfc9068(url, "api").map(drop);
        assert_eq!(refused, Err(ConfigError::KeySetUrl), "{url:?}");
    }
    for audience in ["", "a b", "\u{e9}", "a\n"] {
        let refused = rfc9068("https://login.example.com/jwks.json", audience).map(drop);
        assert_eq!(refused, Err(ConfigError::Audience), "{audience:?}");
    }
}

#[test]
fn a_verifier_is_for_an_issuer_of_the_policy_and_is_the_only_one() {
    let alb = SimulatedAlb::new();
    let build = |verifiers: &[AccessTokenVerifier]| {
        let builder = Authenticator::builder(alb.policy()).key_source(alb.clone());
        let builder = verifiers
            .iter()
            .cloned()
            .fold(builder, |builder, verifier| {
                builder.verify_access_tokens(verifier)
            });
        builder.build().map(drop)
    };
    let own = alb.access_token_verifier();
    assert_eq!(build(std::slice::from_ref(&own)), Ok(()));
    let twice = ConfigError::VerifierTwice(pool().issuer());
    assert_eq!(build(&[own.clone(), own.clone()]), Err(twice));
    let other = rfc9068("https://login.example.com/jwks.json", "api").unwrap();
    let other = other.keys(alb.jwks()).unwrap();
    let without = ConfigError::VerifierWithoutRule(issuer("https://login.example.com"));
    assert_eq!(build(&[own, other.clone()]), Err(without));

    // A rule without an issuer may meet any.
    let signer = alb_oidc::Signer::exact(*alb.arn());
    let policy = danger::any_issuer(signer, alb.client().clone()).into();
    let builder = Authenticator::builder(policy).key_source(alb.clone());
    assert!(builder.verify_access_tokens(other).build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_with_the_stores_own_fetcher_or_as_the_verifier_says() {
    let endpoint = FakeEndpoint::new();
    let alb = SimulatedAlb::new();
    let verifier = AccessTokenVerifier::cognito(&pool());
    let store = KeyStore::builder(endpoint.clone())
        .key_url("https://keys.example")
        .unwrap()
        .build()
        .unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .verify_access_tokens(verifier.clone())
        .build()
        .unwrap();
    let diagnoses = authenticator.diagnose().await;
    let [keys, set] = diagnoses.as_slice() else {
        panic!("{diagnoses:?}");
    };
    assert!(matches!(keys.owner, KeyOwner::LoadBalancers(_)));
    // Of the two forms of the pool's issuer, the one that the policy names.
    assert_eq!(set.owner, KeyOwner::Issuer(pool().issuer()));
    assert_eq!(
        (set.held_keys, set.endpoint),
        (1, EndpointState::Serves),
        "{set}"
    );
    assert_eq!(
        set.to_string(),
        format!(
            "{}: 1 keys are held; {} serves keys",
            pool().issuer(),
            pool().jwks_url()
        )
    );
    assert!(endpoint.urls().contains(&pool().jwks_url()));

    // There is no store, and so nothing to fetch with: not silently from somewhere else.
    let builder = Authenticator::builder(alb.policy()).key_source(alb.clone());
    let refused = builder.verify_access_tokens(verifier).build().map(drop);
    assert_eq!(refused, Err(ConfigError::NoKeySetSource));
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_tells_that_an_issuers_keys_cannot_be_had() {
    let bench = Bench::cognito();
    bench.endpoint.answer(Answer::Status(500));
    let diagnoses = bench.authenticator.diagnose().await;
    let [diagnosis] = diagnoses.as_slice() else {
        panic!("{diagnoses:?}");
    };
    assert!(!diagnosis.answers());
    assert_eq!(diagnosis.held_keys, 0);
    // Asking often does not load it.
    let asked = bench.endpoint.asked();
    for _ in 0..100 {
        let _ = bench.authenticator.diagnose().await;
    }
    assert_eq!(bench.endpoint.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_counts_the_keys_that_are_held() {
    let bench = Bench::cognito();
    let keys = [ProviderKey::first(), ProviderKey::second()];
    bench.endpoint.answer(Answer::Set(set(&keys)));
    let diagnoses = bench.authenticator.diagnose().await;
    assert_eq!(diagnoses.first().map(|it| it.held_keys), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_asks_even_where_the_last_fetch_has_failed_a_moment_ago() {
    let bench = Bench::cognito();
    bench.endpoint.answer(Answer::Status(500));
    assert!(bench.groups(&bench.token()).await.is_err());
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::first()])));
    bench.endpoint.take(millis(100));
    sleep(secs(9)).await;
    // Somebody else asks already.
    let request = bench.send(&bench.token());
    let diagnoses = bench.authenticator.diagnose().await;
    assert!(diagnoses.iter().all(KeyDiagnosis::answers), "{diagnoses:?}");
    assert!(request.await.unwrap().groups().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_shows_no_query_and_asks_for_no_form_of_an_issuer_in_vain() {
    let endpoint = FakeEndpoint::new();
    let alb = SimulatedAlb::new();
    let signer = alb_oidc::Signer::exact(*alb.arn());
    let any_issuer = danger::any_issuer(signer, alb.client().clone());
    let other = rfc9068("https://login.example.com/jwks.json?code=canary", "api").unwrap();
    let authenticator = Authenticator::builder(any_issuer.into())
        .key_source(alb.clone())
        .verify_access_tokens(AccessTokenVerifier::cognito(&pool()).fetcher(endpoint.clone()))
        .verify_access_tokens(other.fetcher(endpoint.clone()))
        .build()
        .unwrap();
    let diagnoses = authenticator.diagnose().await;
    let owners: Vec<_> = diagnoses.iter().map(|it| it.owner.clone()).collect();
    let issuers = [pool().issuer(), issuer("https://login.example.com")];
    assert_eq!(owners, issuers.map(KeyOwner::Issuer));
    let shown = format!("{diagnoses:?} {}", diagnoses.last().unwrap());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(endpoint.urls().iter().any(|url| url.contains("canary")));
}

#[test]
fn the_numbers_of_fetching_are_checked() {
    let alb = SimulatedAlb::new();
    let settings = KeyStoreSettings::default().hard_lifetime(secs(25 * 3600));
    let verifier = alb.access_token_verifier().settings(settings);
    let builder = Authenticator::builder(alb.policy()).key_source(alb.clone());
    let refused = builder.verify_access_tokens(verifier).build().map(drop);
    assert_eq!(refused, Err(ConfigError::Setting("hard_lifetime")));
}
