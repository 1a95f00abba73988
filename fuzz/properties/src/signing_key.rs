//! Keys to sign with, made when they are first needed. No property depends on
//! which they are.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

use crate::spelling::{encode, encode_standard};

/// An ES256 key.
pub(crate) struct SigningKey(EcdsaKeyPair);

impl SigningKey {
    pub(crate) fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self(pair.expect("there is randomness"))
    }

    /// A token of this header and payload, whatever they are.
    pub(crate) fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes());
        let signature = signature.expect("there is randomness");
        format!("{input}.{}", encode(signature.as_ref()))
    }

    /// As a key endpoint serves it.
    pub(crate) fn pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().expect("it has a DER form");
        pem(der.as_ref())
    }
}

/// The PEM of a public key.
pub(crate) fn pem(der: &[u8]) -> String {
    let digits = encode_standard(der);
    let mut text = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(digit);
    }
    text + "\n-----END PUBLIC KEY-----\n"
}
