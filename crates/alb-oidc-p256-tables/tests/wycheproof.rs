//! Project Wycheproof's vectors for ES256, and its public keys. How many there are of each kind is
//! asserted: a vector that does not run shows nothing.

use alb_oidc_p256_tables::PrecomputedKey;
use wycheproof::{TestResult, ecdh, ecdsa};

#[test]
fn signatures_have_their_verdict() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let point = group.key.key.as_slice().try_into().unwrap();
        let key = PrecomputedKey::from_uncompressed_point(point).unwrap();
        for test in &group.tests {
            let verified = <[u8; 64]>::try_from(test.sig.as_slice())
                .is_ok_and(|signature| key.verify(&test.msg, &signature).is_ok());
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("a verdict for {} is missing", test.tc_id),
            };
            assert_eq!(verified, expected, "test {}: {}", test.tc_id, test.comment);
            *if expected { &mut valid } else { &mut invalid } += 1;
        }
    }
    assert_eq!((valid, invalid), (173, 89));
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
