//! How many texts are one and the same valid token: four.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::task::{Context, Poll, Waker};

use alb_oidc::{AuthenticateError, Authenticator, OidcHeaders, TokenError, UnixTime};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use proptest::prelude::*;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

fn verdict(authenticator: &Authenticator, token: &str) -> Result<(), AuthenticateError> {
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let authentication = std::pin::pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict.map(drop),
        Poll::Pending => panic!("static keys are never pending"),
    }
}

fn bench() -> (SimulatedAlb, Authenticator) {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator_at(ManualClock::at(NOW));
    (alb, authenticator)
}

/// The token with the other of the two `s` that verify.
fn with_other_s(token: &str) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE.decode(signature).unwrap();
    let signature_type = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    let (r, s) = signature_type.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -*s).unwrap();
    signature.copy_from_slice(&other.to_bytes());
    format!("{input}.{}", URL_SAFE.encode(signature))
}

#[test]
fn padded_or_not_and_either_s_are_the_four_spellings() {
    let (alb, authenticator) = bench();
    let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let other = with_other_s(&token);
    assert_ne!(token, other);
    for token in [&token, &other] {
        assert!(token.ends_with("=="));
        assert_eq!(verdict(&authenticator, token), Ok(()));
        let stripped = token.trim_end_matches('=');
        assert_eq!(verdict(&authenticator, stripped), Ok(()));
    }
}

#[test]
fn a_token_stripped_of_padding_before_it_is_verified_fails() {
    let (alb, authenticator) = bench();
    let mut stripped_segments = 0;
    for length in 0..3 {
        let userinfo = format!(r#"{{"sub":"alice","x":"{}"}}"#, "x".repeat(length));
        let token = alb.mint(&userinfo, NOW);
        let all = token.replace('=', "");
        let segments: Vec<&str> = token.split('.').collect();
        if !segments[0].ends_with('=') && !segments[1].ends_with('=') {
            continue;
        }
        stripped_segments += 1;
        assert_eq!(
            verdict(&authenticator, &all),
            Err(TokenError::BadSignature.into())
        );
    }
    assert!(stripped_segments >= 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_an_alb_signs_is_read_back(sub in "[!-~]{1,40}", name in ".{0,40}", extra in any::<i64>()) {
        let (alb, authenticator) = bench();
        let userinfo = serde_json::json!({"name": name, "sub": sub, "custom:n": extra}).to_string();
        let token = alb.mint(&userinfo, NOW);
        let headers = OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
        let authentication = std::pin::pin!(authenticator.authenticate(headers));
        let Poll::Ready(Ok(user)) = authentication.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("a genuine token was refused");
        };
        prop_assert_eq!(user.id().subject(), &sub);
        prop_assert_eq!(user.claims().name(), Some(&*name));
        prop_assert_eq!(user.claims().get("custom:n"), Some(serde_json::json!(extra)));
    }

    #[test]
    fn any_single_change_is_refused(position in any::<prop::sample::Index>(), byte in 0x21_u8..0x7f) {
        let (alb, authenticator) = bench();
        let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
        let mut changed = token.clone().into_bytes();
        let index = position.index(changed.len());
        prop_assume!(changed[index] != byte);
        changed[index] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(verdict(&authenticator, &changed).is_err());
    }

    #[test]
    fn any_text_cut_or_grown_is_refused(position in any::<prop::sample::Index>(), extra in "[!-~]{0,3}") {
        let (alb, authenticator) = bench();
        let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
        let index = position.index(token.len() - 2);
        let cut = &token[..index];
        prop_assert!(verdict(&authenticator, cut).is_err());
        if !extra.is_empty() {
            let grown = format!("{}{extra}{}", &token[..index], &token[index..]);
            prop_assert!(verdict(&authenticator, &grown).is_err());
        }
    }
}
