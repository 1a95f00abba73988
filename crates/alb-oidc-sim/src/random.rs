//! Unguessable values, all from the operating system's CSPRNG.

use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// 256 random bits as 43 characters of base64url: a bearer secret.
pub(crate) fn secret() -> Result<String, Unspecified> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// Sixteen letters and digits, the form of an `AWSALBAuthNonce` (95 bits).
pub(crate) fn alphanumerics() -> Result<String, Unspecified> {
    let mut text = String::with_capacity(NONCE_LENGTH);
    while text.len() < NONCE_LENGTH {
        // Of 256 byte values, 248 map evenly onto the 62 characters; the others are
        // drawn again.
        for byte in bytes::<32>()? {
            if let Some(character) = (byte < 248)
                .then(|| ALPHANUMERICS.get(usize::from(byte % 62)))
                .flatten()
                && text.len() < NONCE_LENGTH
            {
                text.push(char::from(*character));
            }
        }
    }
    Ok(text)
}

/// A random (version 4) UUID, RFC 9562 section 5.4.
pub(crate) fn uuid() -> Result<String, Unspecified> {
    Ok(format_uuid(bytes::<16>()?))
}

/// These bytes in the shape of a version 4 UUID.
pub(crate) fn format_uuid(bytes: [u8; 16]) -> String {
    let number =
        u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |range| hex.get(range).unwrap_or_default();
    [
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32),
    ]
    .join("-")
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Unspecified> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

const NONCE_LENGTH: usize = 16;
const ALPHANUMERICS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_sixteen_alphanumerics() {
        let nonce = alphanumerics().unwrap();

        assert_eq!(nonce.len(), 16);
        assert!(nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(nonce, alphanumerics().unwrap());
    }

    #[test]
    fn a_uuid_carries_its_version_and_variant() {
        assert_eq!(
            format_uuid([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            format_uuid([0x00; 16]),
            "00000000-0000-4000-8000-000000000000"
        );
    }
}
