//! Project Wycheproof's vectors for ECDSA and ECDH over P-256, with all backends. How many there
//! are of each kind is asserted: a vector that does not run shows nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};

use alb_oidc::{
    AuthenticateError, Authenticator, CryptoBackend, OidcHeaders, PublicKey, PublicKeyError,
    StaticKeys, TokenError, UnixTime,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use wycheproof::{TestResult, ecdh, ecdsa};

#[test]
fn signatures_in_r_and_s_have_their_verdict() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    for &backend in CryptoBackend::ALL {
        let mut ran = Counts::default();
        for group in &set.test_groups {
            let key = PublicKey::from_spki_der(&group.der, backend).unwrap();
            for test in &group.tests {
                let verified = <[u8; 64]>::try_from(test.sig.as_slice())
                    .is_ok_and(|signature| key.verify(&test.msg, &signature).is_ok());
                let valid = match test.result {
                    TestResult::Valid => true,
                    TestResult::Invalid => false,
                    TestResult::Acceptable => panic!("a verdict for {} is missing", test.tc_id),
                };
                assert_eq!(
                    verified, valid,
                    "test {} with {backend:?}: {}",
                    test.tc_id, test.comment
                );
                ran.count(test.result);
            }
        }
        let all = Counts {
            valid: 173,
            acceptable: 0,
            invalid: 89,
        };
        assert_eq!(ran, all, "{backend:?}");
    }
}

#[test]
fn keys_in_pem_are_the_same_keys() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    for &backend in CryptoBackend::ALL {
        for group in &set.test_groups {
            let der = PublicKey::from_spki_der(&group.der, backend).unwrap();
            let pem = PublicKey::from_pem(group.pem.as_bytes(), backend).unwrap();
            assert_eq!(der, pem);
        }
    }
}

/// The valid ones too: a JWS has `r || s` (RFC 7518 section 3.4). None of them happens to be 64
/// bytes long, so none gets as far as the arithmetic.
#[test]
fn signatures_in_der_are_refused_for_their_length() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let alb = SimulatedAlb::new();
    let good = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let (signing_input, _) = good.rsplit_once('.').unwrap();
    for &backend in CryptoBackend::ALL {
        let authenticator = authenticator(&alb, backend);
        assert_eq!(verdict(&authenticator, &good), Ok(()));
        let mut ran = Counts::default();
        let mut empty = Vec::new();
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let token = format!("{signing_input}.{}", URL_SAFE.encode(&test.sig));
            let refusal = if test.sig.is_empty() {
                empty.push(test.result);
                TokenError::Structure
            } else {
                assert_ne!(test.sig.len(), 64, "test {}", test.tc_id);
                TokenError::SignatureLength
            };
            assert_eq!(
                verdict(&authenticator, &token),
                Err(refusal.into()),
                "test {} with {backend:?}: {}",
                test.tc_id,
                test.comment
            );
            ran.count(test.result);
        }
        let all = Counts {
            valid: 174,
            acceptable: 0,
            invalid: 310,
        };
        assert_eq!(ran, all, "{backend:?}");
        assert_eq!(empty, [TestResult::Invalid]);
    }
}

/// The form of the 91 bytes comes first and is ours, so no backend sees anything else. That
/// the point is on the curve is each backend's own check: these keys show that they agree.
///
/// `Acceptable` is Wycheproof's word for another encoding of a good key, or a damaged one of which
/// enough is left. A key endpoint has no reason to serve one.
#[test]
fn keys_are_accepted_if_valid_and_else_refused_for_their_form_or_their_point() {
    for &backend in CryptoBackend::ALL {
        let mut tests = 0;
        let mut accepted = Counts::default();
        let mut form = Counts::default();
        let mut point = Counts::default();
        for (spki, results) in distinct_keys() {
            tests += results.len();
            // One key is in two tests with two results; the milder comes first.
            let result = *results.first().unwrap();
            match PublicKey::from_spki_der(&spki, backend) {
                Ok(_) => accepted.count(result),
                Err(PublicKeyError::Spki) => form.count(result),
                Err(PublicKeyError::Point) => point.count(result),
                Err(other) => panic!("neither form nor point: {other:?}"),
            }
        }
        assert_eq!(tests, 612);
        let valid = |valid| Counts {
            valid,
            ..Counts::default()
        };
        let faulty = |acceptable, invalid| Counts {
            valid: 0,
            acceptable,
            invalid,
        };
        assert_eq!(accepted, valid(315), "{backend:?}");
        assert_eq!(form, faulty(229, 33), "{backend:?}");
        assert_eq!(point, faulty(1, 17), "{backend:?}");
    }
}

/// What the check of the form is for. These are, today: a compressed point, a curve whose
/// parameters are written out without the cofactor, and zeros behind the key.
#[test]
fn aws_lc_alone_would_take_keys_that_are_not_of_the_form() {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
    let alone = |spki: &[u8]| ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, spki).is_ok();
    let ours = |spki: &[u8]| PublicKey::from_spki_der(spki, CryptoBackend::AwsLcRs);
    let mut taken = 0;
    for spki in distinct_keys().into_keys() {
        match ours(&spki) {
            Ok(_) => assert!(alone(&spki)),
            Err(error) if alone(&spki) => {
                assert_eq!(error, PublicKeyError::Spki);
                taken += 1;
            }
            Err(_) => {}
        }
    }
    assert!(taken > 0);
}

/// The public keys of the ECDH tests, each with the results of all tests that it is in, ascending.
fn distinct_keys() -> BTreeMap<Vec<u8>, Vec<TestResult>> {
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1).unwrap();
    let mut keys: BTreeMap<Vec<u8>, Vec<TestResult>> = BTreeMap::new();
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let results = keys.entry(test.public_key.to_vec()).or_default();
        results.push(test.result);
        results.sort_by_key(|result| match result {
            TestResult::Valid => 0,
            TestResult::Acceptable => 1,
            TestResult::Invalid => 2,
        });
    }
    assert_eq!(keys.len(), 595);
    keys
}

fn authenticator(alb: &SimulatedAlb, backend: CryptoBackend) -> Authenticator {
    let keys = StaticKeys::from_pems(alb.public_keys(), backend).unwrap();
    Authenticator::builder(alb.policy())
        .key_source(keys)
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap()
}

fn verdict(authenticator: &Authenticator, token: &str) -> Result<(), AuthenticateError> {
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let authentication = std::pin::pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict.map(drop),
        Poll::Pending => panic!("static keys are never pending"),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    valid: usize,
    acceptable: usize,
    invalid: usize,
}

impl Counts {
    const fn count(&mut self, result: TestResult) {
        match result {
            TestResult::Valid => self.valid += 1,
            TestResult::Acceptable => self.acceptable += 1,
            TestResult::Invalid => self.invalid += 1,
        }
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
