//! Any bytes as a public key: as the PEM that a key endpoint answers with, and as
//! DER.

use alb_oidc::{CryptoBackend, PublicKey, PublicKeyError, TokenError};

use crate::curve::is_on_curve;
use crate::signing_key::pem;
use crate::spelling::decode_standard;

/// Whatever `data` is:
///
/// 1. It is a key, as PEM and as DER, exactly if the reference says so; and the
///    error says which of the three steps it fails.
/// 2. All backends say the same of it, and of a signature.
/// 3. A key gives back the DER that it was made of, and is the same key when it
///    is read from that again.
///
/// # Panics
///
/// If one of these does not hold.
pub fn public_key(data: &[u8]) {
    let expected = read_der(data).err();
    let key = check(
        |backend| PublicKey::from_spki_der(data, backend),
        &expected.into_iter().collect::<Vec<_>>(),
    );
    if let Some(key) = key {
        assert_eq!(key.as_spki_der(), data);
        round_trip(&key);
    }
    match read_pem(data) {
        Ok(der) => {
            let expected: Vec<_> = read_der(&der).err().into_iter().collect();
            if let Some(key) = check(|backend| PublicKey::from_pem(data, backend), &expected) {
                assert_eq!(key.as_spki_der(), der);
                round_trip(&key);
            }
        }
        Err(errors) => drop(check(|backend| PublicKey::from_pem(data, backend), &errors)),
    }
}

/// Reads a key with each backend: all must give the key if nothing is expected
/// to be wrong with it, and one of the errors otherwise.
fn check(
    read: impl Fn(CryptoBackend) -> Result<PublicKey, PublicKeyError>,
    expected: &[PublicKeyError],
) -> Option<PublicKey> {
    let mut results = CryptoBackend::ALL.iter().map(|backend| read(*backend));
    let first = results.next().expect("a backend");
    let others: Vec<_> = results.collect();
    for other in &others {
        assert_eq!(first, *other, "the backends disagree");
    }
    match &first {
        Ok(_) => assert_eq!(expected, [], "accepted"),
        Err(error) => assert!(
            expected.contains(error),
            "{error:?} is not among {expected:?}"
        ),
    }
    // The last 64 bytes are as good a signature as any.
    for key in others.iter().chain([&first]).flatten() {
        let signature = key.as_spki_der().last_chunk().expect("it has 91");
        assert_eq!(key.verify(b"", signature), Err(TokenError::BadSignature));
    }
    first.ok()
}

fn round_trip(key: &PublicKey) {
    let text = pem(key.as_spki_der());
    for text in [text.replace('\n', "\r\n"), text.trim_end().to_owned(), text] {
        for &backend in CryptoBackend::ALL {
            assert_eq!(
                PublicKey::from_pem(text.as_bytes(), backend).as_ref(),
                Ok(key)
            );
        }
    }
}

/// One block, line by line; what is in it. The errors are those that may be
/// named.
fn read_pem(data: &[u8]) -> Result<Vec<u8>, Vec<PublicKeyError>> {
    let is_line_end = |byte: &u8| *byte == b'\n';
    let mut lines: Vec<&[u8]> = data.split_inclusive(is_line_end).collect();
    let end = lines.pop().unwrap_or_default();
    let begin = if lines.is_empty() {
        end
    } else {
        lines.remove(0)
    };
    let mut is_form_kept =
        without_end(begin) == Some(BEGIN) && (end == END || without_end(end) == Some(END));
    let mut digits = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let line = without_end(line).unwrap_or_default();
        let is_last = index + 1 == lines.len();
        is_form_kept &= line.len() == 64 || is_last && (1..=64).contains(&line.len());
        digits.extend_from_slice(line);
    }
    let is_long = digits.len() > DIGITS;
    let digits = String::from_utf8_lossy(&digits);
    match decode_standard(&digits).filter(|_| is_form_kept) {
        Some(der) => Ok(der),
        // Whoever has seen enough to know that it is another kind of key need not see the end.
        None if is_long => Err(vec![PublicKeyError::Pem, PublicKeyError::Spki]),
        None => Err(vec![PublicKeyError::Pem]),
    }
}

/// A line without LF or CRLF; `None` if it ends with neither.
fn without_end(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\n")?;
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

fn read_der(der: &[u8]) -> Result<(), PublicKeyError> {
    let coordinates = der.strip_prefix(&PREFIX).ok_or(PublicKeyError::Spki)?;
    let (x, y) = coordinates
        .split_at_checked(32)
        .ok_or(PublicKeyError::Spki)?;
    let (Ok(x), Ok(y)) = (x.try_into(), y.try_into()) else {
        return Err(PublicKeyError::Spki);
    };
    if is_on_curve(x, y) {
        Ok(())
    } else {
        Err(PublicKeyError::Point)
    }
}

const BEGIN: &[u8] = b"-----BEGIN PUBLIC KEY-----";
const END: &[u8] = b"-----END PUBLIC KEY-----";
/// How many digits 91 bytes have.
const DIGITS: usize = 124;
/// RFC 5480 section 2, for an uncompressed point of P-256.
const PREFIX: [u8; 27] = *b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
