//! What no chance would bring, constructed on purpose: for a key of which the private half is known,
//! any two factors `u1` and `u2` have a digest and a signature that lead to them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alb_oidc_p256_tables::PrecomputedKey;
use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::ops::Reduce as _;
use p256::elliptic_curve::point::{AffineCoordinates as _, DecompressPoint as _};
use p256::{AffinePoint, FieldBytes, ProjectivePoint, Scalar, U256};

mod curve;

use curve::{MODULUS, ORDER, bytes};

/// Among the keys are ones by which the two sums meet: the generator, its negative, and neighbours.
/// Among the factors are zero, and those with extreme digits.
#[test]
fn any_factors_give_what_the_plain_way_gives() {
    let mut infinite = 0;
    let mut finite = 0;
    for q in private_keys() {
        let key = Key::new(ProjectivePoint::GENERATOR * q);
        for u1 in factors() {
            for u2 in factors() {
                if u2 == Scalar::ZERO {
                    // No signature leads there: r would be zero.
                    continue;
                }
                let sum = u1 + q * u2;
                if sum == Scalar::ZERO {
                    // Infinity has no x, so whatever r is, it is not that.
                    for r in [Scalar::ONE, -Scalar::ONE, x_modulo_order(&key.point)] {
                        let (digest, signature) = signature_with(r, u1, u2);
                        key.check(&digest, &signature, false);
                    }
                    infinite += 1;
                } else {
                    let r = x_modulo_order(&(ProjectivePoint::GENERATOR * sum));
                    let (digest, signature) = signature_with(r, u1, u2);
                    key.check(&digest, &signature, true);
                    let (digest, signature) = signature_with(r + Scalar::ONE, u1, u2);
                    key.check(&digest, &signature, false);
                    finite += 1;
                }
            }
        }
    }
    assert!(infinite > 20, "only {infinite} sums are infinity");
    assert!(finite > 3_000, "only {finite} sums are finite");
}

/// About one `x` of 2^128 is `n` or more. Then `r` is not `x`, but `x - n`.
#[test]
fn an_x_beyond_the_order_is_r_plus_the_order() {
    let mut found = 0;
    for above in 0..64_u64 {
        let Some(point) = point_with_x(ORDER.wrapping_add(&U256::from_u64(above))) else {
            continue;
        };
        let r = Scalar::from(above);
        if r == Scalar::ZERO {
            continue;
        }
        for (u1, u2) in some_factors() {
            // The key by which these factors lead to the point.
            let key = Key::new((point - ProjectivePoint::GENERATOR * u1) * invert(u2));
            let (digest, signature) = signature_with(r, u1, u2);
            key.check(&digest, &signature, true);
            let (digest, signature) = signature_with(r + Scalar::ONE, u1, u2);
            key.check(&digest, &signature, false);
        }
        found += 1;
    }
    assert!(found > 10, "only {found} such points");
}

/// `r + n` is a number, not one modulo `p`: where it is `p` or more, no `x` is meant but `r`.
#[test]
fn r_plus_the_order_does_not_wrap_around_the_modulus() {
    let mut found = 0;
    for x in 0..64_u64 {
        let Some(point) = point_with_x(U256::from_u64(x)) else {
            continue;
        };
        // r + n is x + p.
        let r = U256::from_u64(x).wrapping_add(&MODULUS.wrapping_sub(&ORDER));
        let r = Scalar::reduce(&r);
        for (u1, u2) in some_factors() {
            let key = Key::new((point - ProjectivePoint::GENERATOR * u1) * invert(u2));
            let (digest, signature) = signature_with(r, u1, u2);
            key.check(&digest, &signature, false);
        }
        found += 1;
    }
    assert!(found > 10, "only {found} such points");
}

#[test]
fn r_and_s_are_from_one_to_the_order_minus_one() {
    let q = Scalar::from(0xdead_beef_u64);
    let key = Key::new(ProjectivePoint::GENERATOR * q);
    let (u1, u2) = (Scalar::from(3_u64), Scalar::from(5_u64));
    let r = x_modulo_order(&(ProjectivePoint::GENERATOR * (u1 + q * u2)));
    let (digest, good) = signature_with(r, u1, u2);
    key.check(&digest, &good, true);
    let beyond = [
        U256::ZERO,
        ORDER,
        ORDER.wrapping_add(&U256::ONE),
        MODULUS.wrapping_sub(&U256::ONE),
        MODULUS,
        U256::MAX,
    ];
    for number in beyond {
        for start in [0, 32] {
            let mut signature = good;
            signature[start..start + 32].copy_from_slice(&bytes(number));
            key.check(&digest, &signature, false);
        }
    }
    // The same s, but for a multiple of the order, where that fits: for a small one.
    let (digest, mut signature) = with_small_s(&key, q);
    key.check(&digest, &signature, true);
    let (_, s) = signature.split_at_mut(32);
    let larger = ORDER.wrapping_add(&U256::from_be_slice(s));
    s.copy_from_slice(&bytes(larger));
    key.check(&digest, &signature, false);
}

#[test]
fn a_digest_is_taken_modulo_the_order() {
    let q = Scalar::from(0xdead_beef_u64);
    let key = Key::new(ProjectivePoint::GENERATOR * q);
    let k = Scalar::from(0x1234_5678_u64);
    for digest in [
        U256::ZERO,
        U256::ONE,
        ORDER.wrapping_sub(&U256::ONE),
        ORDER,
        ORDER.wrapping_add(&U256::ONE),
        U256::MAX,
    ] {
        let r = x_modulo_order(&(ProjectivePoint::GENERATOR * k));
        let s = invert(k) * (Scalar::reduce(&digest) + r * q);
        let signature = signature(r, s);
        key.check(&bytes(digest), &signature, true);
        let other = digest.wrapping_add(&U256::from_u64(2));
        key.check(&bytes(other), &signature, false);
    }
}

#[test]
fn a_point_is_uncompressed_and_on_the_curve() {
    let good = sec1(&ProjectivePoint::GENERATOR);
    assert!(is_key(&good));
    for tag in (0..=u8::MAX).filter(|tag| *tag != 4) {
        let mut other = good;
        other[0] = tag;
        assert!(!is_key(&other), "tag {tag}");
    }
    let mut infinity = [0; 65];
    infinity[0] = 4;
    assert!(!is_key(&infinity));
    for start in [1, 33] {
        let mut off_curve = good;
        off_curve[start + 31] ^= 1;
        assert!(!is_key(&off_curve));
        let mut beyond_the_field = good;
        beyond_the_field[start..start + 32].copy_from_slice(&bytes(MODULUS));
        assert!(!is_key(&beyond_the_field));
    }
}

fn is_key(point: &[u8; 65]) -> bool {
    PrecomputedKey::from_uncompressed_point(point).is_ok()
}

/// A key, as three libraries read it.
struct Key {
    point: ProjectivePoint,
    precomputed: PrecomputedKey,
    plain: VerifyingKey,
    aws_lc: ParsedPublicKey,
}

impl Key {
    fn new(point: ProjectivePoint) -> Self {
        let sec1 = sec1(&point);
        Self {
            point,
            precomputed: PrecomputedKey::from_uncompressed_point(&sec1).unwrap(),
            plain: VerifyingKey::from_sec1_bytes(&sec1).unwrap(),
            aws_lc: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, sec1).unwrap(),
        }
    }

    fn check(&self, digest: &[u8; 32], signature: &[u8; 64], valid: bool) {
        let ours = self.precomputed.verify_digest(digest, signature).is_ok();
        assert_eq!(ours, valid, "{digest:02x?} {signature:02x?}");
        let plain = Signature::from_slice(signature)
            .is_ok_and(|signature| self.plain.verify_prehash(digest, &signature).is_ok());
        assert_eq!(plain, valid, "p256: {digest:02x?} {signature:02x?}");
        let digest = Digest::import_less_safe(digest, &SHA256).unwrap();
        let aws_lc = self.aws_lc.verify_digest_sig(&digest, signature).is_ok();
        assert_eq!(aws_lc, valid, "aws-lc-rs: {digest:02x?} {signature:02x?}");
    }
}

/// The digest and the signature with this `r` that lead to these factors.
fn signature_with(r: Scalar, u1: Scalar, u2: Scalar) -> ([u8; 32], [u8; 64]) {
    let s = r * invert(u2);
    ((u1 * s).to_bytes().into(), signature(r, s))
}

fn signature(r: Scalar, s: Scalar) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r.to_bytes());
    signature[32..].copy_from_slice(&s.to_bytes());
    signature
}

/// A signature by `q` with `s = 1`.
fn with_small_s(key: &Key, q: Scalar) -> ([u8; 32], [u8; 64]) {
    let k = Scalar::from(99_u64);
    let r = x_modulo_order(&(ProjectivePoint::GENERATOR * k));
    let digest = (k - r * q).to_bytes().into();
    let signature = signature(r, Scalar::ONE);
    key.check(&digest, &signature, true);
    (digest, signature)
}

fn private_keys() -> Vec<Scalar> {
    let two = Scalar::from(2_u64);
    let mut keys = vec![Scalar::ONE, two, Scalar::from(128_u64), invert(two)];
    keys.extend(keys.clone().into_iter().map(|key| -key));
    keys.push(Scalar::reduce(&FieldBytes::from([0x5a; 32])));
    keys
}

fn factors() -> Vec<Scalar> {
    // Least, greatest and neighbouring values of a digit, in the first places and in the last.
    let mut numbers: Vec<_> = [0, 1, 2, 63, 64, 65, 127, 128, 129, 8_192]
        .into_iter()
        .map(U256::from_u64)
        .collect();
    for shift in [64, 128, 251, 252, 255] {
        numbers.push(U256::ONE.shl_vartime(shift));
    }
    // All digits 64, all -63, and a carry through all places.
    numbers.push(repeated(64));
    numbers.push(repeated(65));
    numbers.push(repeated(127));
    let mut factors: Vec<_> = numbers.iter().map(Scalar::reduce).collect();
    factors.push(-Scalar::ONE);
    factors.push(-Scalar::from(64_u64));
    factors.push(invert(Scalar::from(2_u64)));
    factors
}

/// A digit to the base 128 in the lower 36 places.
fn repeated(digit: u64) -> U256 {
    (0..36).fold(U256::ZERO, |number, _| {
        number.shl_vartime(7).wrapping_add(&U256::from_u64(digit))
    })
}

fn some_factors() -> [(Scalar, Scalar); 4] {
    let number = Scalar::reduce(&FieldBytes::from([0xc3; 32]));
    [
        (Scalar::ZERO, Scalar::ONE),
        (Scalar::ONE, Scalar::ONE),
        (number, -number),
        (-Scalar::ONE, number),
    ]
}

fn point_with_x(x: U256) -> Option<ProjectivePoint> {
    let point = AffinePoint::decompress(&FieldBytes::from(bytes(x)), 0.into());
    point.into_option().map(ProjectivePoint::from)
}

fn x_modulo_order(point: &ProjectivePoint) -> Scalar {
    Scalar::reduce(&point.to_affine().x())
}

fn invert(scalar: Scalar) -> Scalar {
    scalar.invert_vartime().into_option().unwrap()
}

fn sec1(point: &ProjectivePoint) -> [u8; 65] {
    let key = VerifyingKey::from_affine(point.to_affine()).unwrap();
    key.to_sec1_point(false).as_bytes().try_into().unwrap()
}
