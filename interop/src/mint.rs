//! A load balancer that signs the same token the same way in every run.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use crate::object::{Object, quoted};

/// A key that is no secret and whose signatures are deterministic (RFC 6979), with the names that
/// go into a token.
#[derive(Clone)]
pub(crate) struct Mint {
    pub(crate) key: SigningKey,
    pub(crate) key_id: &'static str,
    pub(crate) arn: &'static str,
    pub(crate) issuer: &'static str,
    pub(crate) client: &'static str,
}

impl Mint {
    pub(crate) fn new() -> Self {
        Self::with_key([0x42; 32])
    }

    /// Says the same, and signs with another key under the same id.
    pub(crate) fn impostor() -> Self {
        Self::with_key([0x43; 32])
    }

    fn with_key(secret: [u8; 32]) -> Self {
        Self {
            key: SigningKey::from_slice(&secret).expect("it is less than the group's order"),
            key_id: KEY_ID,
            arn: ARN,
            issuer: ISSUER,
            client: CLIENT,
        }
    }

    /// The PEM as a key endpoint serves it.
    pub(crate) fn public_pem(&self) -> String {
        let point = self.key.verifying_key().to_sec1_point(false);
        let digits = STANDARD.encode([&SPKI_PREFIX, point.as_bytes()].concat());
        let (first, second) = digits.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    pub(crate) fn header(&self, exp: u64) -> Object {
        Object::of(&[
            ("typ", quoted("JWT")),
            ("kid", quoted(self.key_id)),
            ("alg", quoted("ES256")),
            ("iss", quoted(self.issuer)),
            ("client", quoted(self.client)),
            ("signer", quoted(self.arn)),
            ("exp", exp.to_string()),
        ])
    }

    pub(crate) fn payload(&self, exp: u64) -> Object {
        Object::of(&[
            ("sub", quoted("alice")),
            ("email_verified", quoted("true")),
            ("email", quoted("alice@example.com")),
            ("exp", exp.to_string()),
            ("iss", quoted(self.issuer)),
        ])
    }

    /// Encodes both, each padded on its own, and signs.
    pub(crate) fn token(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        self.token_of(&URL_SAFE.encode(header), &URL_SAFE.encode(payload))
    }

    /// Signs two segments as they are spelled.
    pub(crate) fn token_of(&self, header: &str, payload: &str) -> String {
        let input = format!("{header}.{payload}");
        let signature = self.sign(&input).to_bytes();
        format!("{input}.{}", URL_SAFE.encode(signature))
    }

    pub(crate) fn sign(&self, input: &str) -> Signature {
        self.key.sign(input.as_bytes())
    }
}

const KEY_ID: &str = "6f1c1a52-9d3b-4e0f-8a77-1b2c3d4e5f60";
const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE";
const CLIENT: &str = "7LTcoPZrV44zeX6YK9VKApvO3q";
/// What stands before an uncompressed P-256 point in a `SubjectPublicKeyInfo` (RFC 5480).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
