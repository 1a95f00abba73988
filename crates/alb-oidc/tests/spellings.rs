//! How many texts are one and the same valid token: four.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::task::{Context, Poll, Waker};

use alb_oidc::{
    AuthenticateError, Authenticator, ClientId, CryptoBackend, OidcHeaders, StaticKeys, TokenError,
    UnixTime,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use proptest::prelude::*;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// One for each backend.
fn all(alb: &SimulatedAlb) -> Vec<Authenticator> {
    let authenticators = CryptoBackend::ALL.iter().map(|backend| {
        Authenticator::builder(alb.policy())
            .key_source(StaticKeys::from_pems(alb.public_keys(), *backend).unwrap())
            .clock(ManualClock::at(NOW))
            .build()
            .unwrap()
    });
    authenticators.collect()
}

/// What all say.
fn verdict(authenticators: &[Authenticator], token: &str) -> Result<(), AuthenticateError> {
    let (one, others) = authenticators.split_first().unwrap();
    let verdict = verdict_of(one, token);
    for other in others {
        assert_eq!(verdict, verdict_of(other, token), "{token}");
    }
    verdict
}

fn verdict_of(authenticator: &Authenticator, token: &str) -> Result<(), AuthenticateError> {
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let authentication = std::pin::pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict.map(drop),
        Poll::Pending => panic!("static keys are never pending"),
    }
}

fn bench() -> (SimulatedAlb, Vec<Authenticator>) {
    let alb = SimulatedAlb::new();
    let authenticators = all(&alb);
    (alb, authenticators)
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
    let (alb, authenticators) = bench();
    let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let other = with_other_s(&token);
    assert_ne!(token, other);
    for token in [&token, &other] {
        assert!(token.ends_with("=="));
        assert_eq!(verdict(&authenticators, token), Ok(()));
        let stripped = token.trim_end_matches('=');
        assert_eq!(verdict(&authenticators, stripped), Ok(()));
    }
}

/// A load balancer and a user, such that header and payload both end in `=`.
fn padded() -> (SimulatedAlb, String) {
    let names = ["client", "client1", "client22"].map(|name| ClientId::new(name).unwrap());
    let userinfos = [0, 1, 2].map(|n| format!(r#"{{"sub":"alice","x":"{}"}}"#, "x".repeat(n)));
    for client in names {
        let alb = SimulatedAlb::builder().client(client).build();
        for userinfo in &userinfos {
            let token = alb.mint(userinfo, NOW);
            if token.matches("=.").count() == 2 {
                return (alb, token);
            }
        }
    }
    panic!("of three lengths in a row two have padding")
}

/// Pads each segment or not, whichever `s` it is: sixteen texts, of which the ones are good that
/// keep what was signed.
#[test]
fn only_the_padding_that_is_not_signed_may_be_left_out() {
    let (alb, token) = padded();
    let authenticators = all(&alb);
    let mut accepted = 0;
    for token in [token.clone(), with_other_s(&token)] {
        for choice in 0_u8..8 {
            let segments = token.split('.').enumerate().map(|(index, segment)| {
                if choice & 1 << index == 0 {
                    segment
                } else {
                    segment.trim_end_matches('=')
                }
            });
            let text = segments.collect::<Vec<_>>().join(".");
            let verdict = verdict(&authenticators, &text);
            if choice & 0b011 == 0 {
                assert_eq!(verdict, Ok(()), "{text}");
                accepted += 1;
            } else {
                assert_eq!(verdict, Err(TokenError::BadSignature.into()), "{text}");
            }
        }
    }
    assert_eq!(accepted, 4);
}

/// The last digit has four bits that belong to no byte, and behind it is the padding.
#[test]
fn no_other_end_of_a_token_is_accepted() {
    let (alb, token) = padded();
    let authenticators = all(&alb);
    let mut accepted = 0;
    for token in [token.clone(), with_other_s(&token)] {
        let start = token.strip_suffix("==").unwrap();
        let start = start.get(..start.len() - 1).unwrap();
        for digit in (0x21_u8..0x7f).map(char::from) {
            for padding in ["", "=", "==", "===", "====", "%3D%3D", "A", "A=="] {
                let text = format!("{start}{digit}{padding}");
                let is_good = text == token || text == token.trim_end_matches('=');
                assert_eq!(verdict(&authenticators, &text).is_ok(), is_good, "{text}");
                accepted += u32::from(is_good);
            }
        }
    }
    assert_eq!(accepted, 4);
}

/// Each bit of what the segments hold, not of the text: most changes of a text are no base64url.
#[test]
fn every_bit_of_header_payload_and_signature_counts() {
    let (alb, token) = padded();
    let authenticators = all(&alb);
    let segments = token
        .split('.')
        .map(|segment| URL_SAFE.decode(segment).unwrap());
    let segments: Vec<_> = segments.collect();
    let mut flipped = 0;
    for (index, segment) in segments.iter().enumerate() {
        for bit in 0..segment.len() * 8 {
            let mut changed = segments.clone();
            let byte = changed
                .get_mut(index)
                .and_then(|segment| segment.get_mut(bit / 8));
            *byte.unwrap() ^= 1 << (bit % 8);
            let text: Vec<_> = changed
                .iter()
                .map(|segment| URL_SAFE.encode(segment))
                .collect();
            assert!(
                verdict(&authenticators, &text.join(".")).is_err(),
                "{index} {bit}"
            );
            flipped += 1;
        }
    }
    assert!(flipped > 3000, "only {flipped} bits");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_an_alb_signs_is_read_back(sub in "[!-~]{1,40}", name in ".{0,40}", extra in any::<i64>()) {
        let (alb, authenticators) = bench();
        let userinfo = serde_json::json!({"name": name, "sub": sub, "custom:n": extra}).to_string();
        let token = alb.mint(&userinfo, NOW);
        for authenticator in authenticators {
            let headers = OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
            let authentication = std::pin::pin!(authenticator.authenticate(headers));
            let Poll::Ready(Ok(user)) = authentication.poll(&mut Context::from_waker(Waker::noop())) else {
                panic!("a genuine token was refused");
            };
            prop_assert_eq!(user.id().subject(), &sub);
            prop_assert_eq!(user.claims().name(), Some(&*name));
            prop_assert_eq!(user.claims().get("custom:n"), Some(serde_json::json!(extra)));
        }
    }

    /// Up to two changes at once, among them those that turn one good spelling into another.
    #[test]
    fn what_is_accepted_is_one_of_the_four_spellings(
        choice in 0_u8..16,
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[-_=.A-Za-z0-9]"), 0..=2),
    ) {
        let (alb, good) = padded();
        let authenticators = all(&alb);
        let other = with_other_s(&good);
        let four = [&good, &other].map(|token| [token.clone(), token.trim_end_matches('=').to_owned()]).concat();
        let base = if choice & 8 == 0 { &good } else { &other };
        let segments = base.split('.').enumerate().map(|(index, segment)| {
            if choice & 1 << index == 0 { segment } else { segment.trim_end_matches('=') }
        });
        let mut text = segments.collect::<Vec<_>>().join(".");
        for (position, character) in changes {
            let index = position.index(text.len());
            text.replace_range(index..=index, &character);
        }
        prop_assert_eq!(verdict(&authenticators, &text).is_ok(), four.contains(&text), "{}", text);
    }

    #[test]
    fn any_single_change_is_refused(position in any::<prop::sample::Index>(), byte in 0x21_u8..0x7f) {
        let (alb, authenticators) = bench();
        let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
        let mut changed = token.clone().into_bytes();
        let index = position.index(changed.len());
        prop_assume!(changed[index] != byte);
        changed[index] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(verdict(&authenticators, &changed).is_err());
    }

    #[test]
    fn any_text_cut_or_grown_is_refused(position in any::<prop::sample::Index>(), extra in "[!-~]{0,3}") {
        let (alb, authenticators) = bench();
        let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
        let index = position.index(token.len() - 2);
        let cut = &token[..index];
        prop_assert!(verdict(&authenticators, cut).is_err());
        if !extra.is_empty() {
            let grown = format!("{}{extra}{}", &token[..index], &token[index..]);
            prop_assert!(verdict(&authenticators, &grown).is_err());
        }
    }
}
