//! Base64url and the spellings of a signature, from first principles.

/// The four texts that are one and the same token: `s` or `n - s`, each with
/// its signature padded or not. They verify alike, and no others do.
///
/// # Panics
///
/// If `token` has no signature of 64 bytes.
#[must_use]
pub fn spellings(token: &str) -> [String; 4] {
    let (input, signature) = token.rsplit_once('.').expect("a token has dots");
    let signature = decode(signature).expect("its signature is base64url");
    let (r, s) = signature.split_at(32);
    let s = s.try_into().expect("its signature is 64 bytes");
    let other = [r, &minus_modulo_order(s)].concat();
    let padded = [&signature, &other].map(|bytes| format!("{input}.{}", encode(bytes)));
    let stripped = |text: &String| text.trim_end_matches('=').to_owned();
    let [first, second] = &padded;
    [
        stripped(first),
        stripped(second),
        first.clone(),
        second.clone(),
    ]
}

/// Decodes without a look at the spelling, and then asks whether the bytes
/// would be spelled like that, with padding or without.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|&other| other == digit)?;
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    let padded = encode(&bytes);
    (text == padded || text == padded.trim_end_matches('=')).then_some(bytes)
}

/// Encodes with padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, index| {
            bits << 8 | usize::from(group.get(index).copied().unwrap_or_default())
        });
        for digit in 0..4 {
            let value = bits >> (18 - 6 * digit) & 0x3f;
            // A group of n bytes has n + 1 digits.
            let digit = ALPHABET.get(value).filter(|_| digit <= group.len());
            text.push(digit.map_or('=', |&digit| char::from(digit)));
        }
    }
    text
}

/// Encodes as in RFC 4648 section 4, with padding.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    encode(bytes).replace('-', "+").replace('_', "/")
}

/// Decodes as in RFC 4648 section 4: with padding, and in one spelling.
pub(crate) fn decode_standard(text: &str) -> Option<Vec<u8>> {
    let bytes = decode(&text.replace('+', "-").replace('/', "_"))?;
    (encode_standard(&bytes) == text).then_some(bytes)
}

/// `n - s`, by long subtraction.
fn minus_modulo_order(s: &[u8; 32]) -> [u8; 32] {
    let mut difference = [0; 32];
    let mut borrow = 0;
    for ((to, n), s) in difference.iter_mut().zip(ORDER).zip(s).rev() {
        let column = i16::from(n) - i16::from(*s) - borrow;
        borrow = i16::from(column < 0);
        *to = (column & 0xff) as u8;
    }
    difference
}

/// RFC 4648 section 5.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The order of the group of P-256 (FIPS 186-4 section D.1.2.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_are_encoded_and_decoded() {
        // Section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text), Some(bytes.as_bytes().to_vec()));
            assert_eq!(
                decode(text.trim_end_matches('=')),
                Some(bytes.as_bytes().to_vec())
            );
        }
        assert_eq!(decode("-_-_"), Some(vec![0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn no_other_spelling_is_decoded() {
        for text in [
            "Z", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "=", "Z=g=", "Zm9+", "Zm9 ",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn s_and_its_negative_add_up_to_the_order() {
        let mut one = [0; 32];
        one[31] = 1;
        let mut less_one = ORDER;
        less_one[31] -= 1;
        assert_eq!(minus_modulo_order(&one), less_one);
        assert_eq!(minus_modulo_order(&less_one), one);
    }
}
