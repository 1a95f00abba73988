//! The two numbers that have edges.

use p256::elliptic_curve::Curve as _;
use p256::{NistP256, U256};

/// `n`, the number of points.
pub(crate) const ORDER: U256 =
    U256::from_be_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
/// `p`, the number of the field's elements.
pub(crate) const MODULUS: U256 =
    U256::from_be_hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");

pub(crate) fn bytes(number: U256) -> [u8; 32] {
    number.to_be_bytes().into()
}

#[test]
fn the_constants_are_those_of_the_curve() {
    assert_eq!(ORDER, *NistP256::ORDER);
    // SP 800-186 section 3.2.1.3: 2^256 - 2^224 + 2^192 + 2^96 - 1.
    let power = |exponent| U256::ONE.shl_vartime(exponent);
    let modulus = U256::ZERO
        .wrapping_sub(&power(224))
        .wrapping_add(&power(192));
    let modulus = modulus.wrapping_add(&power(96)).wrapping_sub(&U256::ONE);
    assert_eq!(MODULUS, modulus);
}
