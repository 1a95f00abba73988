//! Hexadecimal digits in lower case, as key ids and load balancers' ids have them.

/// The bytes that pairs of digits stand for; `None` if one of them is no digit.
pub(crate) fn decode<const N: usize>(pairs: &[[u8; 2]; N]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // Without an early end, the compiler looks at many digits at a time.
    let mut greatest = 0;
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair.map(value);
        greatest = high.max(low).max(greatest);
        *byte = high << 4 | low & 0xf;
    }
    (greatest < 16).then_some(bytes)
}

/// What the digit stands for; more than any digit does if it is none.
const fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => u8::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_digit_or_none_in_either_place() {
        for byte in 0..=u8::MAX {
            let expected = b"0123456789abcdef"
                .iter()
                .position(|digit| *digit == byte)
                .map(|value| value as u8);
            let low = decode(&[*b"00", [b'a', byte]]);
            assert_eq!(low, expected.map(|value| [0, 0xa0 | value]), "{byte}");
            let high = decode(&[[byte, b'b'], *b"ff"]);
            assert_eq!(
                high,
                expected.map(|value| [value << 4 | 0xb, 0xff]),
                "{byte}"
            );
        }
    }
}
