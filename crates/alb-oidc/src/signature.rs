//! ES256, and the public keys that verify it. The only file that names a cryptographic library, but
//! for `precomputation.rs` and `keys/jwk.rs`.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{PublicKeyError, TokenError};
#[cfg(feature = "p256-tables")]
use crate::precomputation::Precomputation;

/// A public key of the curve P-256, checked to be a point on it.
pub struct PublicKey {
    spki: [u8; SPKI_BYTES],
    verifier: Verifier,
    #[cfg(feature = "p256-tables")]
    precomputation: Precomputation,
    /// Whether it has verified a token that a trusted signer is named in: such a key is worth
    /// keeping.
    proven: AtomicBool,
}

impl PublicKey {
    /// Reads the PEM that a key endpoint serves: one block `PUBLIC KEY` ([RFC 7468 section
    /// 13](https://www.rfc-editor.org/rfc/rfc7468#section-13)), lines of
    /// 64 characters ended by LF or CRLF, the last end optional, and nothing else.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if it is anything else, a certificate or a key of another kind included.
    pub fn from_pem(pem: &[u8], backend: CryptoBackend) -> Result<Self, PublicKeyError> {
        Self::from_spki_der(&decode_pem(pem)?, backend)
    }

    /// Reads a `SubjectPublicKeyInfo` ([RFC 5480 section
    /// 2](https://www.rfc-editor.org/rfc/rfc5480#section-2)) of an uncompressed P-256 point: always
    /// 91 bytes.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if it is anything else, or the point is not on the curve.
    pub fn from_spki_der(der: &[u8], backend: CryptoBackend) -> Result<Self, PublicKeyError> {
        let spki: [u8; SPKI_BYTES] = der.try_into().map_err(|_| PublicKeyError::Spki)?;
        let point = spki
            .strip_prefix(&SPKI_PREFIX)
            .ok_or(PublicKeyError::Spki)?;
        let verifier = Verifier::new(point, backend).ok_or(PublicKeyError::Point)?;
        Ok(Self {
            spki,
            verifier,
            #[cfg(feature = "p256-tables")]
            precomputation: Precomputation::default(),
            proven: AtomicBool::new(false),
        })
    }

    /// The 91 bytes of its `SubjectPublicKeyInfo`.
    #[must_use]
    pub const fn as_spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Verifies an ES256 signature ([RFC 7518 section
    /// 3.4](https://www.rfc-editor.org/rfc/rfc7518#section-3.4)), `r || s`. A high `s` is as good
    /// as a low one: real tokens have both.
    ///
    /// # Errors
    ///
    /// [`TokenError::BadSignature`] if it is not this key's signature over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), TokenError> {
        #[cfg(feature = "p256-tables")]
        if let Some(key) = self.precomputation.get() {
            let verified = key.verify(message, signature);
            return verified.map_err(|_| TokenError::BadSignature);
        }
        if self.verifier.verify(message, signature) {
            Ok(())
        } else {
            Err(TokenError::BadSignature)
        }
    }

    /// Whether multiples of it are at hand, and verify faster than [`CryptoBackend::P256`] does
    /// without.
    ///
    /// They are computed once it has verified a token that names a trusted signer, in a thread of
    /// its own, which takes some milliseconds, and for 16 keys at once. Until then, and for others, it
    /// verifies without. With another backend it is always `false`.
    #[cfg(feature = "p256-tables")]
    #[must_use]
    pub fn is_precomputed(&self) -> bool {
        self.precomputation.get().is_some()
    }

    /// It has verified a token that names a trusted signer.
    pub(crate) fn mark_proven(&self) {
        // A store that changes nothing would still take the cache line from the other cores.
        if !self.is_proven() && !self.proven.swap(true, Ordering::Relaxed) {
            #[cfg(feature = "p256-tables")]
            self.precompute();
        }
    }

    #[cfg(feature = "p256-tables")]
    fn precompute(&self) {
        if let (Verifier::P256(_), Some(point)) = (&self.verifier, self.spki.last_chunk()) {
            self.precomputation.start(*point);
        }
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").finish_non_exhaustive()
    }
}

/// `r || s`, each 32 bytes, big-endian.
pub(crate) type Signature = [u8; SIGNATURE_BYTES];

pub(crate) const SIGNATURE_BYTES: usize = 64;

/// Which library does the arithmetic. Both accept and refuse the same keys and signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "aws-lc-rs", feature = "p256"), derive(Default))]
#[non_exhaustive]
pub enum CryptoBackend {
    /// [`aws-lc-rs`](https://docs.rs/aws-lc-rs), the default wherever it is compiled in.
    #[cfg(feature = "aws-lc-rs")]
    #[default]
    AwsLcRs,
    /// [`p256`](https://docs.rs/p256), pure Rust.
    #[cfg(feature = "p256")]
    #[cfg_attr(not(feature = "aws-lc-rs"), default)]
    P256,
}

impl CryptoBackend {
    /// The default, if any is compiled in.
    pub(crate) const DEFAULT: Option<Self> = {
        #[cfg(feature = "aws-lc-rs")]
        {
            Some(Self::AwsLcRs)
        }
        #[cfg(all(feature = "p256", not(feature = "aws-lc-rs")))]
        {
            Some(Self::P256)
        }
        #[cfg(not(any(feature = "aws-lc-rs", feature = "p256")))]
        {
            None
        }
    };
}

enum Verifier {
    #[cfg(feature = "aws-lc-rs")]
    AwsLcRs(aws_lc_rs::signature::ParsedPublicKey),
    #[cfg(feature = "p256")]
    P256(Box<p256::ecdsa::VerifyingKey>),
}

impl Verifier {
    /// `None` if the point (SEC 1 section 2.3.3, uncompressed, without its first byte) is not on
    /// the curve.
    #[cfg_attr(
        not(any(feature = "aws-lc-rs", feature = "p256")),
        expect(
            unused_variables,
            reason = "without a backend there is nothing to give them to"
        )
    )]
    fn new(coordinates: &[u8], backend: CryptoBackend) -> Option<Self> {
        #[cfg(any(feature = "aws-lc-rs", feature = "p256"))]
        let point = [&[UNCOMPRESSED], coordinates].concat();
        match backend {
            #[cfg(feature = "aws-lc-rs")]
            CryptoBackend::AwsLcRs => {
                use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .ok()
                    .map(Self::AwsLcRs)
            }
            #[cfg(feature = "p256")]
            CryptoBackend::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                .ok()
                .map(|key| Self::P256(Box::new(key))),
        }
    }

    #[cfg_attr(
        not(any(feature = "aws-lc-rs", feature = "p256")),
        expect(
            unused_variables,
            reason = "without a backend there is nothing to give them to"
        )
    )]
    fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        match *self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLcRs(ref key) => key.verify_sig(message, signature).is_ok(),
            #[cfg(feature = "p256")]
            Self::P256(ref key) => {
                use p256::ecdsa::signature::Verifier as _;
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
        }
    }
}

/// The DER inside the one PEM block that `pem` is.
fn decode_pem(pem: &[u8]) -> Result<[u8; SPKI_BYTES], PublicKeyError> {
    let text = str::from_utf8(pem).map_err(|_| PublicKeyError::Pem)?;
    if text.ends_with('\r') {
        // Alone it ends no line.
        return Err(PublicKeyError::Pem);
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut body = String::with_capacity(PEM_DIGITS);
    if lines.next() != Some("-----BEGIN PUBLIC KEY-----")
        || lines.next_back() != Some("-----END PUBLIC KEY-----")
    {
        return Err(PublicKeyError::Pem);
    }
    let mut full = true;
    for line in lines {
        if !full || line.is_empty() || line.len() > PEM_LINE {
            return Err(PublicKeyError::Pem);
        }
        full = line.len() == PEM_LINE;
        if body.len() + line.len() > PEM_DIGITS {
            // Well-formed so far, and longer than any P-256 key: another kind of key.
            return Err(PublicKeyError::Spki);
        }
        body.push_str(line);
    }
    let der = STANDARD.decode(body).map_err(|_| PublicKeyError::Pem)?;
    der.try_into().map_err(|_| PublicKeyError::Spki)
}

/// `SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING` and the byte that says that the
/// point is uncompressed.
const SPKI_PREFIX: [u8; 27] = [
    0x30,
    0x59,
    0x30,
    0x13,
    0x06,
    0x07,
    0x2a,
    0x86,
    0x48,
    0xce,
    0x3d,
    0x02,
    0x01,
    0x06,
    0x08,
    0x2a,
    0x86,
    0x48,
    0xce,
    0x3d,
    0x03,
    0x01,
    0x07,
    0x03,
    0x42,
    0x00,
    UNCOMPRESSED,
];
const UNCOMPRESSED: u8 = 0x04;
const SPKI_BYTES: usize = 91;
const PEM_LINE: usize = 64;
/// How many base64 digits 91 bytes have.
const PEM_DIGITS: usize = 124;
