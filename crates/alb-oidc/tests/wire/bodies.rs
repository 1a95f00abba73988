//! What an endpoint may answer with 200 that is not one P-256 public key.

use std::sync::LazyLock;

use alb_oidc::FetchError::{self, BodyTooLarge};
use alb_oidc::PublicKeyError;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256};

/// A body, and why it is refused.
pub(crate) struct NotAKey {
    pub(crate) name: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) error: FetchError,
}

pub(crate) static NOT_KEYS: LazyLock<[NotAKey; 21]> = LazyLock::new(|| {
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&own).unwrap();
    let public = |algorithm| KeyPair::generate_for(algorithm).unwrap().public_key_pem();
    let tampered = |from: &str, to: &str| {
        let body = KEY.replace(from, to);
        assert_ne!(body, KEY, "{from:?} is not in it");
        body
    };
    [
        pem("nothing", String::new()),
        pem("HTML", "<html>sign in to the proxy</html>".to_owned()),
        pem("JSON", r#"{"keys":[]}"#.to_owned()),
        pem("a truncated PEM", KEY[..100].to_owned()),
        pem("two PEMs", KEY.repeat(2)),
        pem("a private key", own.serialize_pem()),
        pem("a certificate", certificate.pem()),
        pem("a byte order mark before it", format!("\u{feff}{KEY}")),
        pem("text before it", format!("a key\n{KEY}")),
        pem("text after it", format!("{KEY}a key\n")),
        pem("an empty line after it", format!("{KEY}\n")),
        pem("a line of 65 digits", tampered("MzV7\n6", "MzV76\n")),
        pem("digits that are not base64", tampered("MFkw", "MF!w")),
        pem("NUL for a newline", tampered("\n", "\0")),
        spki("an RSA key", public(&PKCS_RSA_SHA256)),
        spki("an Ed25519 key", public(&PKCS_ED25519)),
        spki("a P-384 key", public(&PKCS_ECDSA_P384_SHA384)),
        // The same x, and another y.
        not_a_key(
            "a point that is off the curve",
            tampered("jlrQ==", "jlrA=="),
            FetchError::Malformed(PublicKeyError::Point),
        ),
        // Most of it is not UTF-8 either.
        NotAKey {
            body: gzip(KEY.as_bytes()),
            ..pem("a key in gzip", String::new())
        },
        not_a_key("9 KiB", "A".repeat(9 * 1024), BodyTooLarge),
        not_a_key("a key and 8 KiB of spaces", padded(8 * 1024), BodyTooLarge),
    ]
});

/// The public key of RFC 7515 appendix A.3.
pub(crate) const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n\
    6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n\
    -----END PUBLIC KEY-----\n";

/// In the format of RFC 1952, one stored block: what it says is there for all to read who look.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    member.extend(length.to_le_bytes());
    member.extend((!length).to_le_bytes());
    member.extend(content);
    member.extend(crc32(content).to_le_bytes());
    member.extend(u32::from(length).to_le_bytes());
    member
}

fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let polynomial = if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            crc >> 1 ^ polynomial
        })
    })
}

fn padded(spaces: usize) -> String {
    format!("{KEY}{}", " ".repeat(spaces))
}

fn pem(name: &'static str, body: String) -> NotAKey {
    not_a_key(name, body, FetchError::Malformed(PublicKeyError::Pem))
}

fn spki(name: &'static str, body: String) -> NotAKey {
    not_a_key(name, body, FetchError::Malformed(PublicKeyError::Spki))
}

fn not_a_key(name: &'static str, body: String, error: FetchError) -> NotAKey {
    NotAKey {
        name,
        body: body.into_bytes(),
        error,
    }
}
