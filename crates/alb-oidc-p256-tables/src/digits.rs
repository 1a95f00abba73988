//! A scalar in signed digits.

use std::iter::Rev;
use std::slice::Iter;

/// The digits of a number of 256 bits to the base 128, the least significant first, each from -63
/// to 64: after [`Digits::COUNT`] of them, they are all zero.
///
/// A digit above 64 is written as what it lacks to 128, negative, and 128 more is carried to the
/// next. The last digit takes the four bits that 36 others leave, and a carry: it is at most 16,
/// and carries nothing.
#[derive(Debug)]
pub(crate) struct Digits<'a> {
    /// The bytes that are still to come, from the last.
    bytes: Rev<Iter<'a, u8>>,
    /// Bits that have come and are in no digit yet.
    bits: u16,
    /// How many of them there are.
    count: u32,
    /// Whether the digit before was written as what it lacks to 128.
    carry: bool,
}

impl<'a> Digits<'a> {
    pub(crate) const BITS: u32 = 7;

    /// The largest absolute value.
    pub(crate) const MAX: usize = 1 << (Self::BITS - 1);

    /// How many digits a number of 256 bits has.
    pub(crate) const COUNT: usize = 37;

    /// `bytes` is big-endian.
    pub(crate) fn new(bytes: &'a [u8; 32]) -> Self {
        Self {
            bytes: bytes.iter().rev(),
            bits: 0,
            count: 0,
            carry: false,
        }
    }
}

/// It does not end: zeros follow.
impl Iterator for Digits<'_> {
    type Item = i16;

    fn next(&mut self) -> Option<i16> {
        if self.count < Self::BITS {
            // Six bits and a byte fit easily.
            self.bits |= u16::from(self.bytes.next().copied().unwrap_or(0)) << self.count;
            self.count += u8::BITS;
        }
        let digit = self.bits & (BASE - 1);
        self.bits >>= Self::BITS;
        self.count -= Self::BITS;
        let digit = digit.cast_signed() + i16::from(self.carry);
        self.carry = digit > BASE.cast_signed() / 2;
        Some(if self.carry {
            digit - BASE.cast_signed()
        } else {
            digit
        })
    }
}

const BASE: u16 = 1 << Digits::BITS;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_of_every_byte_in_every_place_make_up_the_number() {
        for place in 0..32 {
            for byte in 0..=u8::MAX {
                for others in [0, 0x40, 0x7f, 0x80, 0xc0, 0xff] {
                    let mut bytes = [others; 32];
                    bytes[place] = byte;
                    check(&bytes);
                }
            }
        }
    }

    #[test]
    fn digits_of_every_value_in_every_place_make_up_the_number() {
        // Each of the 37 digits, at each value, above zeros and above what carries.
        for place in 0..Digits::COUNT {
            for value in 0..128_u16 {
                for below in [false, true] {
                    let mut bytes = [0; 32];
                    let start = place * 7;
                    for bit in 0..start {
                        set(&mut bytes, bit, below);
                    }
                    for bit in 0..7 {
                        set(&mut bytes, start + bit, (value >> bit) & 1 == 1);
                    }
                    check(&bytes);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn digits_of_any_number_make_it_up(bytes: [u8; 32]) {
            check(&bytes);
        }
    }

    fn set(bytes: &mut [u8; 32], bit: usize, value: bool) {
        if let Some(byte) = bytes.iter_mut().rev().nth(bit / 8) {
            *byte |= u8::from(value) << (bit % 8);
        }
    }

    fn check(bytes: &[u8; 32]) {
        let mut digits = Digits::new(bytes);
        let own: Vec<i16> = digits.by_ref().take(Digits::COUNT).collect();
        assert!(own.iter().all(|digit| (-63..=64).contains(digit)));
        assert!((0..=16).contains(&own[Digits::COUNT - 1]), "{bytes:02x?}");
        assert!(digits.take(8).all(|digit| digit == 0), "{bytes:02x?}");
        assert_eq!(number(&own), *bytes);
    }

    /// The sum of `digit · 128^place` modulo 2^256, by schoolbook arithmetic on bits.
    fn number(digits: &[i16]) -> [u8; 32] {
        let mut bytes = [0; 32];
        for digit in digits.iter().rev() {
            // Times 128, plus the digit, from the last byte to the first.
            let mut carry = i32::from(*digit);
            for byte in bytes.iter_mut().rev() {
                let value = i32::from(*byte) * 128 + carry;
                *byte = u8::try_from(value.rem_euclid(256)).unwrap();
                carry = value.div_euclid(256);
            }
        }
        bytes
    }
}
