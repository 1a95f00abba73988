//! The field of P-256: fiat-crypto's verified functions, with operators.

use std::ops::{Add, Mul, Neg, Sub};

use fiat_crypto::p256_64::{
    fiat_p256_add, fiat_p256_from_bytes, fiat_p256_montgomery_domain_field_element, fiat_p256_mul,
    fiat_p256_non_montgomery_domain_field_element, fiat_p256_opp, fiat_p256_set_one,
    fiat_p256_square, fiat_p256_sub, fiat_p256_to_montgomery,
};

/// An integer modulo `p`, in Montgomery form.
///
/// The limbs are always those of a number below `p`: fiat-crypto asks for that (`0 ≤ eval arg1 < m`
/// before each of its functions), and promises it (`0 ≤ eval out1 < m` after it). So equal elements
/// have equal limbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldElement([u64; 4]);

impl FieldElement {
    pub(crate) const ZERO: Self = Self([0; 4]);

    pub(crate) const ONE: Self = {
        let mut one = UNSET;
        fiat_p256_set_one(&mut one);
        Self(one.0)
    };

    /// The number that is written big-endian in 32 bytes (SEC 1 section 2.3.6); `None` if it is not
    /// below `p`.
    pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> Option<Self> {
        // Arrays compare byte by byte from the first on: as big-endian numbers do.
        (*bytes < MODULUS).then(|| Self::from_reduced(bytes))
    }

    /// The same of a number below `p`.
    fn from_reduced(bytes: &[u8; 32]) -> Self {
        let mut little_endian = *bytes;
        little_endian.reverse();
        let mut number = fiat_p256_non_montgomery_domain_field_element([0; 4]);
        fiat_p256_from_bytes(&mut number.0, &little_endian);
        let mut element = UNSET;
        fiat_p256_to_montgomery(&mut element, &number);
        Self(element.0)
    }

    #[inline]
    pub(crate) fn square(self) -> Self {
        let mut square = UNSET;
        fiat_p256_square(&mut square, &self.montgomery());
        Self(square.0)
    }

    /// Of an `r` below `n`, the other number below `p` that is `r` modulo `n`: `r + n`, if that is
    /// below `p`.
    pub(crate) fn plus_order(r: &[u8; 32]) -> Option<Self> {
        if *r < MODULUS_MINUS_ORDER {
            Some(Self::from_reduced(r) + Self::from_reduced(&ORDER))
        } else {
            None
        }
    }

    const fn montgomery(self) -> fiat_p256_montgomery_domain_field_element {
        fiat_p256_montgomery_domain_field_element(self.0)
    }
}

impl Add for FieldElement {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        let mut sum = UNSET;
        fiat_p256_add(&mut sum, &self.montgomery(), &other.montgomery());
        Self(sum.0)
    }
}

impl Sub for FieldElement {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        let mut difference = UNSET;
        fiat_p256_sub(&mut difference, &self.montgomery(), &other.montgomery());
        Self(difference.0)
    }
}

impl Mul for FieldElement {
    type Output = Self;

    #[inline]
    fn mul(self, other: Self) -> Self {
        let mut product = UNSET;
        fiat_p256_mul(&mut product, &self.montgomery(), &other.montgomery());
        Self(product.0)
    }
}

impl Neg for FieldElement {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        let mut negative = UNSET;
        fiat_p256_opp(&mut negative, &self.montgomery());
        Self(negative.0)
    }
}

/// What fiat-crypto writes a result over.
const UNSET: fiat_p256_montgomery_domain_field_element =
    fiat_p256_montgomery_domain_field_element([0; 4]);

/// `p`, big-endian (SP 800-186 section 3.2.1.3).
const MODULUS: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

/// `n`, the number of points, likewise.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// `p - n`.
const MODULUS_MINUS_ORDER: [u8; 32] = [
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x43, 0x19, 0x05, 0x53, 0x58, 0xe8, 0x61, 0x7b, 0x0c, 0x46, 0x35, 0x3d, 0x03, 0x9c, 0xda, 0xae,
];

#[cfg(test)]
mod tests {
    use p256::U256;
    use p256::elliptic_curve::bigint::NonZero;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_below_the_modulus_are_elements_and_no_others() {
        let below = minus(MODULUS, 1);
        assert_eq!(
            FieldElement::from_be_bytes(&below),
            Some(-FieldElement::ONE)
        );
        assert_eq!(
            FieldElement::from_be_bytes(&[0; 32]),
            Some(FieldElement::ZERO)
        );
        assert_eq!(FieldElement::from_be_bytes(&MODULUS), None);
        assert_eq!(FieldElement::from_be_bytes(&[0xff; 32]), None);
    }

    #[test]
    fn the_order_is_added_as_long_as_the_sum_is_below_the_modulus() {
        // p - 1 is the largest x that there could be: r + n, for this r.
        let largest = minus(MODULUS_MINUS_ORDER, 1);
        assert_eq!(FieldElement::plus_order(&largest), Some(-FieldElement::ONE));
        assert_eq!(FieldElement::plus_order(&MODULUS_MINUS_ORDER), None);
        assert_eq!(FieldElement::plus_order(&[0xff; 32]), None);
        assert_eq!(
            FieldElement::plus_order(&[0; 32]),
            FieldElement::from_be_bytes(&ORDER)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The oracle is crypto-bigint's arithmetic of integers, and a remainder.
        #[test]
        fn elements_are_computed_with_as_integers_modulo_p(a in number(), b in number()) {
            let p = NonZero::new(U256::from_be_slice(&MODULUS)).unwrap();
            let [x, y] = [a, b].map(element);
            prop_assert_eq!(x + y, element(a.add_mod(&b, &p)));
            prop_assert_eq!(x - y, element(a.sub_mod(&b, &p)));
            prop_assert_eq!(x * y, element(a.mul_mod(&b, &p)));
            prop_assert_eq!(x.square(), element(a.mul_mod(&a, &p)));
            prop_assert_eq!(-x, element(a.neg_mod(&p)));
            prop_assert_eq!(x == y, a == b);
        }
    }

    /// Below `p`: any, and such as have limbs that are full, empty or nearly so.
    fn number() -> impl Strategy<Value = U256> {
        let limb = prop_oneof![
            any::<u64>(),
            Just(0),
            Just(1),
            Just(u64::MAX),
            Just(u64::MAX << 32)
        ];
        let p = U256::from_be_slice(&MODULUS);
        let number = prop::array::uniform4(limb).prop_map(U256::from_words);
        number.prop_map(move |number| {
            if number < p {
                number
            } else {
                number.wrapping_sub(&p)
            }
        })
    }

    fn element(number: U256) -> FieldElement {
        FieldElement::from_be_bytes(&number.to_be_bytes().into()).unwrap()
    }

    /// No borrow: none of the numbers here ends in a zero byte.
    fn minus(mut number: [u8; 32], difference: u8) -> [u8; 32] {
        number[31] -= difference;
        number
    }
}
