//! A load balancer's signing key, made up on the spot.

use std::fmt;
use std::sync::Arc;

use alb_oidc::{CryptoBackend, KeyId, PublicKey};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// An ES256 key pair with an id, as AWS keeps several of per region.
pub(crate) struct SigningKey {
    id: KeyId,
    pair: EcdsaKeyPair,
    public: Arc<PublicKey>,
}

impl SigningKey {
    pub(crate) fn generate() -> Self {
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).expect(RANDOMNESS);
        // Version 4 and variant 10, as RFC 9562 section 5.4 has it.
        id[6] = id[6] & 0x0f | 0x40;
        id[8] = id[8] & 0x3f | 0x80;
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(RANDOMNESS);
        let public = PublicKey::from_spki_der(&spki(&pair), CryptoBackend::default());
        Self {
            id: KeyId::from_bytes(id),
            public: Arc::new(public.expect("a generated key is a key")),
            pair,
        }
    }

    /// A key of somebody else's.
    #[expect(
        clippy::unused_self,
        reason = "what kind of key it is depends on this one"
    )]
    pub(crate) fn stranger(&self) -> Self {
        Self::generate()
    }

    /// What verifies what it signs.
    pub(crate) fn public(&self) -> Arc<PublicKey> {
        self.public.clone()
    }

    pub(crate) const fn id(&self) -> KeyId {
        self.id
    }

    /// `r || s`, high or low `s` as it comes.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        let signature = signature.expect(RANDOMNESS);
        signature
            .as_ref()
            .try_into()
            .expect("ES256 signatures are 64 bytes")
    }

    /// The PEM as a key endpoint serves it: two lines of base64.
    pub(crate) fn public_pem(&self) -> String {
        let der = self.public_spki();
        let digits = STANDARD.encode(der);
        let (first, second) = digits.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    /// The `SubjectPublicKeyInfo`, 91 bytes.
    pub(crate) fn public_spki(&self) -> Vec<u8> {
        spki(&self.pair)
    }
}

fn spki(pair: &EcdsaKeyPair) -> Vec<u8> {
    let der: PublicKeyX509Der<'_> = pair
        .public_key()
        .as_der()
        .expect("a public key has a DER form");
    der.as_ref().to_vec()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

const RANDOMNESS: &str = "the operating system has randomness";
