//! Project Wycheproof's vectors for ES256, and its public keys. How many there are of each kind is
//! asserted: a vector that does not run shows nothing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use alb_oidc_p256_tables::PrecomputedKey;
use aws_lc_rs::digest::{self, Algorithm, SHA3_256, SHA3_512, SHA256, SHA512};
use wycheproof::ecdsa::{TestName, TestSet};
use wycheproof::{TestResult, ecdh};

/// Of those with SHAKE128 too, which needs a library that is not here, there is nothing new: the
/// arithmetic gets a digest.
#[test]
fn signatures_have_their_verdict() {
    for (set, algorithm, fixed, expected) in [
        (
            TestName::EcdsaSecp256r1Sha256P1363,
            &SHA256,
            as_fixed as Fixed,
            (173, 68, 21),
        ),
        (
            TestName::EcdsaSecp256r1Sha256,
            &SHA256,
            from_der,
            (174, 75, 235),
        ),
        (
            TestName::EcdsaSecp256r1Sha512P1363,
            &SHA512,
            as_fixed,
            (242, 69, 21),
        ),
        (
            TestName::EcdsaSecp256r1Sha512,
            &SHA512,
            from_der,
            (243, 77, 234),
        ),
        (
            TestName::EcdsaSecp256r1Sha3_256,
            &SHA3_256,
            from_der,
            (178, 69, 235),
        ),
        (
            TestName::EcdsaSecp256r1Sha3_512,
            &SHA3_512,
            from_der,
            (243, 69, 236),
        ),
    ] {
        assert_eq!(verdicts(set, algorithm, fixed), expected, "{set:?}");
    }
}

/// How many are valid, invalid, and invalid already in their form, which this crate does not see.
fn verdicts(set: TestName, algorithm: &'static Algorithm, fixed: Fixed) -> (u32, u32, u32) {
    let (mut valid, mut invalid, mut malformed) = (0, 0, 0);
    for group in &TestSet::load(set).unwrap().test_groups {
        let point = group.key.key.as_slice().try_into().unwrap();
        let key = PrecomputedKey::from_uncompressed_point(point).unwrap();
        for test in &group.tests {
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("a verdict for {} is missing", test.tc_id),
            };
            let told = format!("{set:?} {}: {}", test.tc_id, test.comment);
            let Some(signature) = fixed(&test.sig) else {
                assert!(!expected, "{told}");
                malformed += 1;
                continue;
            };
            // Of a longer digest, its leftmost 256 bits (SEC 1 section 4.1.4).
            let digest = digest::digest(algorithm, &test.msg);
            let digest = digest.as_ref().first_chunk().unwrap();
            let verified = key.verify_digest(digest, &signature).is_ok();
            assert_eq!(verified, expected, "{told}");
            if *algorithm == SHA256 {
                let verified = key.verify(&test.msg, &signature).is_ok();
                assert_eq!(verified, expected, "{told}");
            }
            *if expected { &mut valid } else { &mut invalid } += 1;
        }
    }
    (valid, invalid, malformed)
}

/// `r || s`, of what is written in a set; `None` if it is not in the set's form.
type Fixed = fn(&[u8]) -> Option<[u8; 64]>;

fn as_fixed(signature: &[u8]) -> Option<[u8; 64]> {
    signature.try_into().ok()
}

/// `SEQUENCE { INTEGER, INTEGER }` in DER, of numbers of 32 bytes at most that are not negative.
fn from_der(signature: &[u8]) -> Option<[u8; 64]> {
    let (integers, []) = element(0x30, signature)? else {
        return None;
    };
    let (r, rest) = element(0x02, integers)?;
    let (s, []) = element(0x02, rest)? else {
        return None;
    };
    let mut fixed = [0; 64];
    let (halves, _) = fixed.as_chunks_mut::<32>();
    for (half, integer) in halves.iter_mut().zip([r, s]) {
        let magnitude = match integer {
            [0, rest @ ..] if rest.first() > Some(&0x7f) => rest,
            [0] | [1..=0x7f, ..] => integer,
            _ => return None,
        };
        let start = half.len().checked_sub(magnitude.len())?;
        half.get_mut(start..)?.copy_from_slice(magnitude);
    }
    Some(fixed)
}

/// What stands in an element of this tag, whose length is below 128, and what follows it.
fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes {
        [first, length @ ..=0x7f, rest @ ..] if *first == tag => {
            rest.split_at_checked((*length).into())
        }
        _ => None,
    }
}

/// Most of the keys are in forms that are not read here. What is left is 65 bytes at the end of 91.
#[test]
fn keys_are_read_if_they_are_valid() {
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Some((start, point)) = test.public_key.split_last_chunk::<65>() else {
            continue;
        };
        if start != SPKI_START {
            continue;
        }
        let expected = test.result == TestResult::Valid;
        let read = PrecomputedKey::from_uncompressed_point(point).is_ok();
        assert_eq!(read, expected, "test {}: {}", test.tc_id, test.comment);
        *if expected { &mut valid } else { &mut invalid } += 1;
    }
    assert_eq!((valid, invalid), (330, 19));
}

/// What comes before the point: `SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING`.
const SPKI_START: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
