//! Base64url as the ALB writes it: each segment padded on its own. Canonical padding or none,
//! nothing else.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, DecodeSliceError, Engine as _};

use crate::error::EncodingError;

/// Decodes one segment ([RFC 4648 section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
pub(crate) fn decode(segment: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let digits = strip_padding(segment)?;
    ENGINE.decode(digits).map_err(from_decode_error)
}

/// Decodes a segment that must hold exactly `N` bytes; `None` if its length says that it holds
/// another number.
pub(crate) fn decode_exactly<const N: usize>(
    segment: &[u8],
) -> Result<Option<[u8; N]>, EncodingError> {
    let digits = strip_padding(segment)?;
    if digits.len() != (N * 4).div_ceil(3) {
        return Ok(None);
    }
    let mut bytes = [0; N];
    match ENGINE.decode_slice(digits, &mut bytes) {
        Ok(length) => Ok((length == N).then_some(bytes)),
        Err(DecodeSliceError::DecodeError(error)) => Err(from_decode_error(error)),
        Err(DecodeSliceError::OutputSliceTooSmall) => Ok(None),
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

fn from_decode_error(error: DecodeError) -> EncodingError {
    match error {
        DecodeError::InvalidByte(_, b'=') | DecodeError::InvalidPadding => EncodingError::Padding,
        DecodeError::InvalidByte(..) => EncodingError::Alphabet,
        DecodeError::InvalidLength(_) => EncodingError::Length,
        DecodeError::InvalidLastSymbol { .. } => EncodingError::TrailingBits,
    }
}

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(decode_exactly::<1>(b"Zg=="), Ok(Some(*b"f")));
        assert_eq!(decode_exactly::<1>(b"Zm8="), Ok(None));
        assert_eq!(decode_exactly::<1>(b"Zh"), Err(EncodingError::TrailingBits));
    }
}
