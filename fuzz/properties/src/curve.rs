//! The curve P-256, by school arithmetic: enough to tell whether a point is on
//! it. It shares no code with any cryptographic library.

/// Whether two coordinates are those of a point: each less than the field's
/// prime, and `y² = x³ - 3x + b`.
pub(crate) fn is_on_curve(x: &[u8; 32], y: &[u8; 32]) -> bool {
    let (x, y) = (Number::read(x), Number::read(y));
    if !x.is_less_than(&PRIME) || !y.is_less_than(&PRIME) {
        return false;
    }
    let cube = x.times(&x).times(&x);
    let right = cube.plus(&B);
    // 3x goes to the other side.
    let left = y.times(&y).plus(&x).plus(&x).plus(&x);
    left == right
}

/// 256 bits, the lowest first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Number([bool; 256]);

impl Number {
    const ZERO: Self = Self([false; 256]);

    /// From bytes, the highest first.
    fn read(bytes: &[u8; 32]) -> Self {
        let mut number = Self::ZERO;
        for (index, bit) in number.0.iter_mut().enumerate() {
            let byte = bytes.iter().rev().nth(index / 8);
            *bit = byte.is_some_and(|byte| byte >> (index % 8) & 1 == 1);
        }
        number
    }

    fn is_less_than(&self, other: &Self) -> bool {
        self.0.iter().rev().lt(other.0.iter().rev())
    }

    /// The sum, modulo the prime, of two numbers less than it.
    fn plus(&self, other: &Self) -> Self {
        let (sum, carry) = self.add(other);
        if carry || !sum.is_less_than(&PRIME) {
            // What is carried is what is borrowed.
            sum.subtract(&PRIME)
        } else {
            sum
        }
    }

    /// The product, modulo the prime: doubles, and adds where there is a bit.
    fn times(&self, other: &Self) -> Self {
        let mut product = Self::ZERO;
        for bit in other.0.iter().rev() {
            product = product.plus(&product);
            if *bit {
                product = product.plus(self);
            }
        }
        product
    }

    fn add(&self, other: &Self) -> (Self, bool) {
        let mut sum = Self::ZERO;
        let mut carry = false;
        for (to, (a, b)) in sum.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *to = a ^ b ^ carry;
            carry = a & b | carry & (a | b);
        }
        (sum, carry)
    }

    fn subtract(&self, other: &Self) -> Self {
        let mut difference = Self::ZERO;
        let mut borrow = false;
        for (to, (a, b)) in difference.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *to = a ^ b ^ borrow;
            borrow = !a & b | borrow & !(a ^ b);
        }
        difference
    }
}

/// `2^256 - 2^224 + 2^192 + 2^96 - 1` (FIPS 186-4 section D.1.2.3).
static PRIME: std::sync::LazyLock<Number> = std::sync::LazyLock::new(|| {
    let mut bits = [false; 256];
    for (index, bit) in bits.iter_mut().enumerate() {
        *bit = matches!(index, 0..96 | 192 | 224..);
    }
    Number(bits)
});

/// The same section's `b`.
static B: std::sync::LazyLock<Number> = std::sync::LazyLock::new(|| {
    Number::read(&[
        0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd, 0x55, 0x76, 0x98, 0x86,
        0xbc, 0x65, 0x1d, 0x06, 0xb0, 0xcc, 0x53, 0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2,
        0x60, 0x4b,
    ])
});

#[cfg(test)]
mod tests {
    use super::*;

    /// The base point (FIPS 186-4 section D.1.2.3).
    const X: [u8; 32] = [
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
        0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,
        0xc2, 0x96,
    ];
    const Y: [u8; 32] = [
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
        0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf,
        0x51, 0xf5,
    ];

    #[test]
    fn the_base_point_is_on_the_curve_and_its_neighbours_are_not() {
        assert!(is_on_curve(&X, &Y));
        assert!(!is_on_curve(&Y, &X));
        for index in 0..32 {
            let mut other = X;
            other[index] ^= 1;
            assert!(!is_on_curve(&other, &Y));
            let mut other = Y;
            other[index] ^= 0x80;
            assert!(!is_on_curve(&X, &other));
        }
        assert!(!is_on_curve(&[0; 32], &[0; 32]));
        assert!(!is_on_curve(&[0xff; 32], &[0xff; 32]));
    }
}
