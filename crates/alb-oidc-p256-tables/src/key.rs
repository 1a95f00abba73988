//! A key with its table, and what it verifies.

use std::error::Error;
use std::fmt;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::ops::Reduce as _;
use p256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest as _, Sha256};

use crate::field::FieldElement;
use crate::point::{Sum, Undecided};
use crate::table::Table;

/// A public key of the curve P-256, with multiples of it.
pub struct PrecomputedKey {
    key: VerifyingKey,
    multiples: Table,
    generator: &'static Table,
}

impl PrecomputedKey {
    /// What the table of one key takes, on the heap.
    pub const TABLE_BYTES: usize = Table::BYTES;

    /// Reads a point in the uncompressed form of [SEC 1](https://www.secg.org/sec1-v2.pdf) section
    /// 2.3.3, and computes its multiples. That takes a few milliseconds, and once as much for the
    /// generator's.
    ///
    /// A `SubjectPublicKeyInfo` ([RFC 5480](https://www.rfc-editor.org/rfc/rfc5480)) of P-256 ends with
    /// it: of its 91 bytes, the last 65. Those before say which curve it is.
    ///
    /// ```
    /// # use alb_oidc_p256_tables::PrecomputedKey;
    /// # let key = p256::ecdsa::SigningKey::from_slice(&[0x42; 32])?;
    /// # let spki = [&[0; 26], key.verifying_key().to_sec1_point(false).as_bytes()].concat();
    /// let (_curve, point) = spki.split_last_chunk().ok_or("too short")?;
    /// let key = PrecomputedKey::from_uncompressed_point(point)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if it is anything else, or the point is not on the curve.
    pub fn from_uncompressed_point(point: &[u8; 65]) -> Result<Self, InvalidKey> {
        let key = VerifyingKey::from_sec1_bytes(point).map_err(|_| InvalidKey)?;
        let multiples = Table::new(ProjectivePoint::from(*key.as_affine()));
        Ok(Self {
            key,
            multiples: multiples.ok_or(InvalidKey)?,
            generator: Table::of_generator().ok_or(InvalidKey)?,
        })
    }

    /// Verifies an ES256 signature ([RFC 7518 section
    /// 3.4](https://www.rfc-editor.org/rfc/rfc7518#section-3.4)), `r || s`, each 32 bytes,
    /// big-endian. A high `s` is as good as a low one.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`] if it is not this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), InvalidSignature> {
        self.verify_digest(&Sha256::digest(message).into(), signature)
    }

    /// The same, of a message of which this is the SHA-256.
    ///
    /// It must be the digest of a message: for a number that somebody chooses, they can choose a
    /// signature that fits.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`] if it is not this key's over a message with this digest.
    pub fn verify_digest(
        &self,
        digest: &[u8; 32],
        signature: &[u8; 64],
    ) -> Result<(), InvalidSignature> {
        // From 1 to n - 1, both.
        let signature = Signature::from_slice(signature).map_err(|_| InvalidSignature)?;
        let (r, s) = signature.split_scalars();
        let z = Scalar::reduce(&FieldBytes::from(*digest));
        let s_inverse = Scalar::invert_vartime(&s)
            .into_option()
            .ok_or(InvalidSignature)?;
        let verified = match self.sum(&(z * s_inverse), &(*r * s_inverse)) {
            Ok(Some(point)) => has_x_modulo_order(&point, &r.to_bytes().into()),
            Ok(None) => false,
            Err(Undecided) => self.key.verify_prehash(digest, &signature).is_ok(),
        };
        if verified {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }

    /// `u1 · G + u2 · Q`; `None` if both are zero.
    fn sum(&self, u1: &Scalar, u2: &Scalar) -> Result<Option<Sum>, Undecided> {
        let of_generator = self.generator.summands(&u1.to_bytes().into());
        let of_key = self.multiples.summands(&u2.to_bytes().into());
        let mut sum: Option<Sum> = None;
        for summand in of_generator.iter().chain(&of_key) {
            match (summand, &mut sum) {
                (Ok(None), _) => {}
                (Ok(Some(point)), Some(sum)) => sum.add(point)?,
                (Ok(Some(point)), None) => sum = Some(Sum::from(*point)),
                (Err(undecided), _) => return Err(*undecided),
            }
        }
        Ok(sum)
    }
}

impl fmt::Debug for PrecomputedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrecomputedKey").finish_non_exhaustive()
    }
}

/// The bytes are not an uncompressed point of P-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an uncompressed point of P-256")
    }
}

impl Error for InvalidKey {}

/// It is not the key's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidSignature;

impl fmt::Display for InvalidSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the key's signature")
    }
}

impl Error for InvalidSignature {}

/// Whether the point's `x`, a number below `p`, is `r` modulo `n`: it is `r` or, as `p` is less
/// than `2n`, `r + n`.
fn has_x_modulo_order(point: &Sum, r: &[u8; 32]) -> bool {
    // r is below n, so below p.
    FieldElement::from_be_bytes(r).is_some_and(|x| point.has_x(x))
        || FieldElement::plus_order(r).is_some_and(|x| point.has_x(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_the_formula_cannot_tell_are_left_to_the_plain_way() {
        let one = Scalar::ONE;
        let two = one.double();
        let of_generator = key(one);
        let of_negative = key(-one);
        // A point and itself, and a point and its negative.
        assert!(matches!(of_generator.sum(&one, &one), Err(Undecided)));
        assert!(matches!(of_negative.sum(&one, &one), Err(Undecided)));
        assert!(matches!(of_generator.sum(&two, &-two), Err(Undecided)));
        // Infinity on the way, with a digit to come.
        let more = Scalar::from(129_u64);
        assert!(matches!(of_negative.sum(&one, &more), Err(Undecided)));
        // The formula is enough for others, by the same keys too.
        assert!(matches!(of_generator.sum(&one, &two), Ok(Some(_))));
        assert!(matches!(of_negative.sum(&two, &one), Ok(Some(_))));
        // 128 times the generator is in the generator's table, in the next place.
        let far = key(Scalar::from(128_u64));
        assert!(matches!(
            far.sum(&Scalar::from(128_u64), &one),
            Err(Undecided)
        ));
    }

    #[test]
    fn errors_say_what_is_wrong() {
        assert_eq!(InvalidKey.to_string(), "not an uncompressed point of P-256");
        assert_eq!(InvalidSignature.to_string(), "not the key's signature");
    }

    #[test]
    fn a_scalar_that_is_zero_adds_nothing() {
        let key = key(Scalar::from(5_u64));
        let (zero, one) = (Scalar::ZERO, Scalar::ONE);
        assert!(matches!(key.sum(&zero, &zero), Ok(None)));
        let point = key.sum(&one, &zero).unwrap().unwrap();
        assert!(point.has_x(x(one)));
        let point = key.sum(&zero, &one).unwrap().unwrap();
        assert!(point.has_x(x(Scalar::from(5_u64))));
    }

    #[test]
    fn no_multiple_of_one_point_meets_itself() {
        // The crate's documentation says why; here are the extremes.
        let key = key(Scalar::from(7_u64));
        let mut scalar = Scalar::ONE;
        for _ in 0..256 {
            for scalar in [scalar, -scalar, scalar - Scalar::ONE, scalar + Scalar::ONE] {
                assert!(key.sum(&scalar, &Scalar::ZERO).is_ok());
                assert!(key.sum(&Scalar::ZERO, &scalar).is_ok());
            }
            scalar = scalar.double();
        }
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        assert_eq!(format!("{:?}", key(Scalar::ONE)), "PrecomputedKey { .. }");
    }

    fn key(scalar: Scalar) -> PrecomputedKey {
        let point = (ProjectivePoint::GENERATOR * scalar).to_affine();
        let key = VerifyingKey::from_affine(point).unwrap();
        let point = key.to_sec1_point(false);
        PrecomputedKey::from_uncompressed_point(point.as_bytes().try_into().unwrap()).unwrap()
    }

    fn x(scalar: Scalar) -> FieldElement {
        use p256::elliptic_curve::point::AffineCoordinates as _;
        let point = (ProjectivePoint::GENERATOR * scalar).to_affine();
        FieldElement::from_be_bytes(&point.x().into()).unwrap()
    }
}
