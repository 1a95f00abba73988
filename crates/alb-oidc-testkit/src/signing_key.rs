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
    pair: Pair,
    public: Arc<PublicKey>,
}

enum Pair {
    /// Signs differently each time.
    Random(EcdsaKeyPair),
    /// Signs by RFC 6979, always alike.
    #[cfg(feature = "vectors")]
    Deterministic(Box<p256::ecdsa::SigningKey>),
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
            pair: Pair::Random(pair),
        }
    }

    /// The key with this private number, which signs alike each time.
    #[cfg(feature = "vectors")]
    pub(crate) fn deterministic(id: KeyId, secret: [u8; 32]) -> Self {
        let pair = p256::ecdsa::SigningKey::from_bytes(&secret.into()).expect("it is in range");
        let point = pair.verifying_key().to_sec1_point(false);
        let spki = [SPKI_START, point.as_bytes()].concat();
        let public = PublicKey::from_spki_der(&spki, CryptoBackend::default());
        Self {
            id,
            public: Arc::new(public.expect("the point of a number is a point")),
            pair: Pair::Deterministic(Box::new(pair)),
        }
    }

    /// A key of somebody else's.
    pub(crate) fn stranger(&self) -> Self {
        match &self.pair {
            Pair::Random(_) => Self::generate(),
            #[cfg(feature = "vectors")]
            Pair::Deterministic(_) => Self::deterministic(self.id, crate::vectors::STRANGER),
        }
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
        match &self.pair {
            Pair::Random(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).expect(RANDOMNESS);
                let signature = signature.as_ref().try_into();
                signature.expect("ES256 signatures are 64 bytes")
            }
            #[cfg(feature = "vectors")]
            Pair::Deterministic(pair) => {
                use p256::ecdsa::signature::Signer as _;
                let signature: p256::ecdsa::Signature = pair.sign(message);
                signature.to_bytes().into()
            }
        }
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
        self.public.as_spki_der().to_vec()
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

/// The beginning of a `SubjectPublicKeyInfo` of P-256 (RFC 5480 section 2): all but the point.
#[cfg(feature = "vectors")]
const SPKI_START: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const RANDOMNESS: &str = "the operating system has randomness";
