//! Base64url as the ALB writes it: each segment padded on its own. Canonical padding or none,
//! nothing else.

use crate::error::EncodingError;

/// Decodes one segment ([RFC 4648 section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
pub(crate) fn decode(segment: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let digits = strip_padding(segment)?;
    let mut bytes = vec![FILLING; digits.len() * 3 / 4];
    decode_into(&mut bytes, digits)?;
    Ok(bytes)
}

/// Decodes a segment that must hold as many bytes as these, into these; `None` if its length says that
/// it holds another number.
pub(crate) fn decode_exactly<'b>(
    bytes: &'b mut [u8],
    segment: &[u8],
) -> Result<Option<&'b [u8]>, EncodingError> {
    let digits = strip_padding(segment)?;
    if digits.len() != (bytes.len() * 4).div_ceil(3) {
        return Ok(None);
    }
    decode_into(bytes, digits)?;
    Ok(Some(bytes))
}

/// Decodes a segment into the first of these bytes; `None` if it holds more.
pub(crate) fn decode_within<'b>(
    bytes: &'b mut [u8],
    segment: &[u8],
) -> Result<Option<&'b [u8]>, EncodingError> {
    let digits = strip_padding(segment)?;
    let Some(bytes) = bytes.get_mut(..digits.len() * 3 / 4) else {
        return Ok(None);
    };
    decode_into(bytes, digits)?;
    Ok(Some(bytes))
}

/// `bytes` are as many as the digits stand for.
fn decode_into(bytes: &mut [u8], digits: &[u8]) -> Result<(), EncodingError> {
    let (chunks, rest) = digits.as_chunks();
    let (of_chunks, of_rest) = bytes.as_chunks_mut::<12>();
    let mut seen = 0;
    for (chunk, bytes) in chunks.iter().zip(of_chunks) {
        let groups = bits_of(chunk);
        seen |= groups.into_iter().fold(0, |seen, group| seen | group);
        let (words, _) = bytes.as_chunks_mut();
        words.copy_from_slice(&words_of(groups));
    }
    let (groups, rest) = rest.as_chunks();
    let (of_groups, of_rest) = of_rest.as_chunks_mut();
    for (group, bytes) in groups.iter().zip(of_groups) {
        let group = bits_of_group(*group);
        seen |= group;
        *bytes = bytes_of(group);
    }
    // The rest, filled up with zeros.
    let last = match *rest {
        [first] => [first, ZERO, ZERO, ZERO],
        [first, second] => [first, second, ZERO, ZERO],
        [first, second, third] => [first, second, third, ZERO],
        _ => [ZERO; 4],
    };
    let last = bits_of_group(last);
    seen |= last;
    let [first, second, third] = bytes_of(last);
    let stray = match of_rest {
        [byte] => {
            *byte = first;
            second
        }
        [one, other] => {
            [*one, *other] = [first, second];
            third
        }
        _ => 0,
    };
    match seen < INVALID && digits.len() % 4 != 1 && stray == 0 {
        true => Ok(()),
        false => Err(fault_of(digits)),
    }
}

/// The digits without their padding, which must be what the length calls for, or absent.
fn strip_padding(segment: &[u8]) -> Result<&[u8], EncodingError> {
    let end = segment
        .iter()
        .rposition(|&byte| byte != b'=')
        .map_or(0, |last| last + 1);
    let (digits, padding) = segment.split_at(end);
    let canonical = match digits.len() % 4 {
        2 => 2,
        3 => 1,
        _ => 0,
    };
    if padding.is_empty() || padding.len() == canonical {
        Ok(digits)
    } else {
        Err(EncodingError::Padding)
    }
}

/// What a group of four digits stands for: three bytes, the first in the lowest bits. At least
/// [`INVALID`] where one of the four digits is none.
#[inline]
fn bits_of_group([first, second, third, fourth]: [u8; 4]) -> u32 {
    let [firsts, seconds, thirds, fourths] = &BITS;
    // A byte is less than 256: what is compiled has no check.
    let look_up =
        |bits: &[u32; 256], digit| bits.get(usize::from(digit)).map_or(INVALID, |bits| *bits);
    look_up(firsts, first)
        | look_up(seconds, second)
        | look_up(thirds, third)
        | look_up(fourths, fourth)
}

/// The bytes in the bits of a group.
#[inline]
const fn bytes_of(group: u32) -> [u8; 3] {
    let [first, second, third, _] = group.to_le_bytes();
    [first, second, third]
}

/// What four groups of four digits stand for, each as [`bits_of_group`] says.
#[inline]
fn bits_of(&[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: &[u8; 16]) -> [u32; 4] {
    [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]].map(bits_of_group)
}

#[inline]
fn words_of([first, second, third, fourth]: [u32; 4]) -> [[u8; 4]; 3] {
    [
        first | second << 24,
        second >> 8 | third << 16,
        third >> 16 | fourth << 8,
    ]
    .map(u32::to_le_bytes)
}

/// What is wrong with digits that cannot be decoded.
#[cold]
fn fault_of(digits: &[u8]) -> EncodingError {
    let is_short = digits.len() % 4 == 1;
    // One digit too many, and behind it what is none: that is what to talk about.
    let excess = digits.last().filter(|_| is_short);
    let [firsts, ..] = &BITS;
    let is_wrong = |byte: &&u8| firsts.get(usize::from(**byte)) == Some(&INVALID);
    match excess.into_iter().chain(digits).find(is_wrong) {
        Some(b'=') => EncodingError::Padding,
        Some(_) => EncodingError::Alphabet,
        None if is_short => EncodingError::Length,
        None => EncodingError::TrailingBits,
    }
}

/// What a buffer holds before all of it is written to. Not zeros: glibc (2.36 was measured) takes
/// memory that must come zeroed the long way, past its cache for each thread.
const FILLING: u8 = 1;

/// More than any bits of digits.
const INVALID: u32 = 1 << 31;

/// The bits of each digit in each place of a group.
static BITS: [[u32; 256]; 4] = [
    bits_of_digits(0),
    bits_of_digits(1),
    bits_of_digits(2),
    bits_of_digits(3),
];

#[expect(clippy::indexing_slicing, reason = "it is evaluated by the compiler")]
const fn bits_of_digits(place: u32) -> [u32; 256] {
    let mut bits = [INVALID; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        let of_group = (value as u32) << (18 - 6 * place);
        bits[ALPHABET[value] as usize] = of_group.swap_bytes() >> 8;
        value += 1;
    }
    bits
}

/// The digit of the value zero.
const ZERO: u8 = b'A';

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use super::*;
    use base64::alphabet;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    use base64::{DecodeError, Engine as _};
    use proptest::prelude::*;

    /// The same by the crate `base64`, for digits without padding.
    fn oracle(digits: &[u8]) -> Result<Vec<u8>, EncodingError> {
        let config = GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(false)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone);
        let engine = GeneralPurpose::new(&alphabet::URL_SAFE, config);
        engine.decode(digits).map_err(|error| match error {
            DecodeError::InvalidByte(_, b'=') | DecodeError::InvalidPadding => {
                EncodingError::Padding
            }
            DecodeError::InvalidByte(..) => EncodingError::Alphabet,
            DecodeError::InvalidLength(_) => EncodingError::Length,
            DecodeError::InvalidLastSymbol { .. } => EncodingError::TrailingBits,
        })
    }

    /// Compares both ways to decode, without padding and with what is canonical.
    fn compare(digits: &[u8]) {
        let expected = oracle(digits);
        let shown = digits.escape_ascii();
        assert_eq!(decode(digits), expected, "{shown}");
        for length in [1, 5, 6, 12] {
            let mut bytes = vec![FILLING; length];
            let decoded = decode_exactly(&mut bytes, digits);
            let decoded = decoded.map(|bytes| bytes.map(<[u8]>::to_vec));
            assert_eq!(decoded, exactly(length, digits), "{shown}");

            let mut buffer = vec![FILLING; length];
            let decoded = decode_within(&mut buffer, digits);
            let fits = digits.len() * 3 / 4 <= length;
            let expected = match fits {
                true => expected.as_deref().map(Some),
                false => Ok(None),
            };
            assert_eq!(decoded, expected.map_err(|error| *error), "{shown}");
        }
        let padding = &b"=="[..(4 - digits.len() % 4) % 4 % 3];
        let padded = [digits, padding].concat();
        assert_eq!(decode(&padded), expected, "{shown}, padded");
    }

    fn exactly(length: usize, digits: &[u8]) -> Result<Option<Vec<u8>>, EncodingError> {
        match digits.len() == (length * 4).div_ceil(3) {
            true => oracle(digits).map(Some),
            false => Ok(None),
        }
    }

    #[test]
    fn every_byte_in_every_place_is_taken_as_by_the_crate_base64() {
        // A chunk and as little more as may be, and two chunks.
        for length in (0..=17).chain([32]) {
            for (place, byte) in
                (0..length).flat_map(|place| (0..=u8::MAX).map(move |byte| (place, byte)))
            {
                // What ends with padding is not digits alone.
                if byte == b'=' && place + 1 == length {
                    continue;
                }
                for filling in [b'A', b'_', b'!'] {
                    let mut digits = vec![filling; length];
                    digits[place] = byte;
                    compare(&digits);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_taken_as_by_the_crate_base64(digits in "[A-Za-z0-9_-]{0,100}([=+/.é]?[A-Za-z0-9_-]{1,3}){0,2}") {
            compare(digits.as_bytes());
        }

        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>) {
            let digits = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes);
            prop_assert_eq!(decode(digits.as_bytes()), Ok(bytes));
        }
    }

    #[test]
    fn canonical_padding_or_none_is_accepted() {
        for (text, bytes) in [
            ("", ""),
            ("Zg", "f"),
            ("Zg==", "f"),
            ("Zm8", "fo"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
        ] {
            assert_eq!(
                decode(text.as_bytes()),
                Ok(bytes.as_bytes().to_vec()),
                "{text}"
            );
        }
        assert_eq!(decode(b"-_-_"), Ok(vec![0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn any_other_spelling_has_its_own_error() {
        for (text, error) in [
            ("Zg=", EncodingError::Padding),
            ("Zg===", EncodingError::Padding),
            ("Zm8==", EncodingError::Padding),
            ("Zm9v=", EncodingError::Padding),
            ("Zm9v====", EncodingError::Padding),
            ("=", EncodingError::Padding),
            ("Z=g=", EncodingError::Padding),
            ("Zg==Zg==", EncodingError::Padding),
            ("Zg%3D%3D", EncodingError::Alphabet),
            ("Zm9+", EncodingError::Alphabet),
            ("Zm9/", EncodingError::Alphabet),
            ("Zm9\n", EncodingError::Alphabet),
            ("Zm 9v", EncodingError::Alphabet),
            ("Zm9\0", EncodingError::Alphabet),
            ("Zh", EncodingError::TrailingBits),
            ("Zm9", EncodingError::TrailingBits),
            ("Z", EncodingError::Length),
            ("Zm9vZ", EncodingError::Length),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(error), "{text:?}");
        }
    }

    #[test]
    fn exact_decoding_tells_a_wrong_length_from_a_wrong_spelling() {
        let mut byte = [0];
        assert_eq!(decode_exactly(&mut byte, b"Zg=="), Ok(Some(&b"f"[..])));
        assert_eq!(decode_exactly(&mut byte, b"Zm8="), Ok(None));
        let wrong = decode_exactly(&mut byte, b"Zh");
        assert_eq!(wrong, Err(EncodingError::TrailingBits));
    }
}
