//! What a user has of a verified access token, and what one without has.

use alb_oidc::{
    AccessTokenError, AccessTokenVerifier, Authenticator, Authorizer, Issuer, Requirement,
};
use alb_oidc_testkit::{SimulatedAlb, user, user_in_groups};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::bench::{Bench, Groups, NOW, admins, now, owned, pool, rfc9068_alb, secs};
use crate::endpoint::FakeEndpoint;

#[test]
fn a_verified_access_token_gives_groups_and_scopes_in_the_call() {
    let bench = Bench::at_hand();
    let user = now(bench.send(&bench.token())).unwrap().unwrap();
    assert_eq!(user.groups().unwrap(), ["admins"]);
    assert_eq!(user.scopes().unwrap(), ["openid", "profile"]);
    let verified = user.verified_access_token().unwrap();
    assert_eq!(verified.issuer(), bench.alb.issuer());
    assert_eq!(verified.expires_at(), NOW.saturating_add(secs(3600)));
    assert_eq!(verified.issued_at(), Some(NOW));
    assert_eq!(
        user.access_token().unwrap().expose_unverified(),
        bench.token()
    );
}

#[test]
fn who_is_in_no_group_is_known_to_be_in_none() {
    let bench = Bench::at_hand();
    let token = bench.token_with(&json!({"cognito:groups": null, "scope": ""}));
    let user = now(bench.send(&token)).unwrap().unwrap();
    assert_eq!(user.groups().unwrap(), [""; 0]);
    assert_eq!(user.scopes().unwrap(), [""; 0]);
    let bench = Bench::rfc9068();
    let token = bench.token_with(&json!({"groups": []}));
    let user = now(bench.send(&token)).unwrap().unwrap();
    assert_eq!(user.groups().unwrap(), [""; 0]);
}

/// A provider may leave groups out for a client, or when there are too many.
#[test]
fn what_the_access_token_does_not_say_is_not_known() {
    let bench = Bench::rfc9068();
    let token = bench.token_with(&json!({"groups": null, "scope": null}));
    let user = now(bench.send(&token)).unwrap().unwrap();
    let missing = AccessTokenError::ClaimMissing;
    assert_eq!(owned(user.groups()), Err(missing("groups")));
    assert_eq!(owned(user.scopes()), Err(missing("scope")));
    for requirement in [
        Requirement::group("staff"),
        !Requirement::group("suspended"),
        Requirement::scope("write"),
        !Requirement::scope("read-only"),
    ] {
        let denial = Authorizer::enforce(requirement).authorize(&user);
        assert_eq!(denial.unwrap_err().reason(), "access-token-claim-missing");
    }
}

#[test]
fn a_provider_cannot_pass_the_other_ones_groups_off() {
    let cognito = Bench::at_hand();
    let token = cognito.token_with(&json!({"cognito:groups": null, "groups": ["root"]}));
    assert_eq!(cognito.groups_now(&token), Ok(Vec::new()));
    let other = Bench::rfc9068();
    let token = other.token_with(&json!({"groups": [], "cognito:groups": ["root"]}));
    assert_eq!(other.groups_now(&token), Ok(Vec::new()));
}

#[test]
fn both_forms_of_a_pools_issuer_are_its_own() {
    for (data, access) in [
        (pool().issuer(), pool().multi_region_issuer()),
        (pool().multi_region_issuer(), pool().issuer()),
        (pool().multi_region_issuer(), pool().multi_region_issuer()),
    ] {
        let alb = SimulatedAlb::builder().issuer(data).build();
        let verifier = alb.access_token_verifier();
        let bench = Bench::with(alb, FakeEndpoint::new(), verifier);
        let token = bench.token_with(&json!({"iss": access.as_str()}));
        let user = now(bench.send(&token)).unwrap().unwrap();
        assert_eq!(user.groups().unwrap(), ["admins"]);
        assert_eq!(user.verified_access_token().unwrap().issuer(), &access);
        assert_eq!(user.id().issuer(), bench.alb.issuer());
    }
}

#[test]
fn without_an_access_token_or_a_verifier_for_it_the_user_is_signed_in_and_groups_are_not_known() {
    let bench = Bench::at_hand();
    let without = now(bench.send_as("alice", None)).unwrap().unwrap();
    assert_eq!(owned(without.groups()), Err(AccessTokenError::Missing));
    assert_eq!(without.scopes(), Err(AccessTokenError::Missing));

    assert_eq!(
        owned(user(json!({"sub": "alice"})).groups()),
        Err(AccessTokenError::NotConfigured)
    );
    // One rule of two has a verifier.
    let other = SimulatedAlb::builder()
        .issuer(Issuer::new("https://other.example").unwrap())
        .build();
    let rule = other.policy().rules().next().unwrap().clone();
    let authenticator = Authenticator::builder(bench.alb.policy().or(rule))
        .key_source(other.clone())
        .verify_access_tokens(bench.alb.access_token_verifier())
        .build()
        .unwrap();
    let sent = other.headers_in_groups(&json!({"sub": "alice"}), &["admins"]);
    let headers = alb_oidc::OidcHeaders::from_lookup(|name| {
        let values = sent.iter().filter(move |(other, _)| *other == name);
        values.map(|(_, value)| value.as_bytes())
    });
    let user = now(authenticator.authenticate(headers)).unwrap().unwrap();
    assert_eq!(owned(user.groups()), Err(AccessTokenError::NotConfigured));
}

#[test]
fn a_clock_that_breaks_down_is_an_outage() {
    assert_eq!(AccessTokenError::Expired.retry_after(), None);
    let error = AccessTokenError::Clock(alb_oidc::ClockError);
    assert_eq!(error.retry_after(), Some(secs(1)));
    assert_eq!(error.problem().status(), 503);
}

#[test]
fn the_test_kit_makes_users_in_groups() {
    let user = user_in_groups(json!({"sub": "grace"}), &["admins", "staff"]);
    assert_eq!(user.groups().unwrap(), ["admins", "staff"]);
    assert_eq!(
        user_in_groups(json!({"sub": "bob"}), &[]).groups().unwrap(),
        [""; 0]
    );
}

/// Alice's groups, from a token of this algorithm, whose key is published so.
fn groups_of(algorithm: &str, jwk: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> Groups {
    let alb = rfc9068_alb();
    let verifier = alb.access_token_verifier();
    let verifier = verifier.keys(json!({"keys": [jwk]}).to_string()).unwrap();
    let bench = Bench::with(alb, FakeEndpoint::new(), verifier);
    let header = json!({"typ": "at+jwt", "kid": "own", "alg": algorithm}).to_string();
    let payload = bench.claims(&json!({})).to_string();
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = URL_SAFE_NO_PAD.encode(sign(input.as_bytes()));
    let broken = bench.groups_now(&format!(
        "{input}.{}",
        signature.replace(char::is_alphabetic, "A")
    ));
    assert_eq!(broken, Err(AccessTokenError::BadSignature), "{algorithm}");
    bench.groups_now(&format!("{input}.{signature}"))
}

#[test]
fn elliptic_curves_verify_too_each_with_its_own_algorithm() {
    for (algorithm, curve, signing, bytes) in [
        ("ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING, 32),
        ("ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING, 48),
    ] {
        let pair = EcdsaKeyPair::generate(signing).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(bytes);
        let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({"kty": "EC", "crv": curve, "kid": "own", "x": coordinate(x), "y": coordinate(y)});
        let sign = |message: &[u8]| {
            let signature = pair.sign(&SystemRandom::new(), message).unwrap();
            signature.as_ref().to_vec()
        };
        assert_eq!(groups_of(algorithm, &jwk, sign), admins());
        let mut short = jwk;
        short["x"] = coordinate(&x[1..]).into();
        let verifier = rfc9068_alb().access_token_verifier();
        assert!(verifier.keys(json!({"keys": [short]}).to_string()).is_err());
    }
}

#[test]
fn rsa_verifies_with_either_padding_and_any_hash() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let modulus = URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[9..265]);
    let jwk = json!({"kty": "RSA", "kid": "own", "n": modulus, "e": "AQAB"});
    let algorithms: [(_, &'static dyn RsaEncoding); 6] = [
        ("RS256", &RSA_PKCS1_SHA256),
        ("RS384", &RSA_PKCS1_SHA384),
        ("RS512", &RSA_PKCS1_SHA512),
        ("PS256", &RSA_PSS_SHA256),
        ("PS384", &RSA_PSS_SHA384),
        ("PS512", &RSA_PSS_SHA512),
    ];
    for (algorithm, encoding) in algorithms {
        let sign = |message: &[u8]| {
            let mut signature = vec![0; pair.public_modulus_len()];
            let random = SystemRandom::new();
            pair.sign(encoding, &random, message, &mut signature)
                .unwrap();
            signature
        };
        assert_eq!(groups_of(algorithm, &jwk, sign), admins(), "{algorithm}");
    }
}

#[test]
fn debug_texts_show_nothing_of_the_user() {
    let user = user_in_groups(json!({"sub": "canary"}), &["canary"]);
    assert!(!format!("{user:?} {user:#?}").contains("canary"));
    let verifier = AccessTokenVerifier::cognito(&pool());
    let shown = format!("{verifier:?}");
    assert!(shown.contains("us-east-1_SIMULATED"), "{shown}");
}
