//! ES256, and the public keys that verify it. The only file that names a cryptographic library, but
//! for `precomputation.rs` and `keys/jwk.rs`.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{PublicKeyError, TokenError};
#[cfg(feature = "p256-tables")]
use crate::precomputation::Precomputation;

/// A public key of the curve P-256, checked to be a point on it.
pub struct PublicKey {
    spki: [u8; SPKI_BYTES],
    verifier: Verifier,
    /// How many tokens it has verified that a trusted signer is named in, up to [`IN_USE`]: from the
    /// first on it is worth keeping.
    proven: AtomicU8,
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
            proven: AtomicU8::new(0),
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
        if self.verifier.verify(message, signature) {
            Ok(())
        } else {
            Err(TokenError::BadSignature)
        }
    }

    /// Whether multiples of it are at hand, as they are with [`CryptoBackend::P256Tables`] some
    /// milliseconds after it has verified 32 tokens, unless 16 other keys of the process have theirs.
    /// With another backend it is always `false`.
    #[cfg(feature = "p256-tables")]
    #[must_use]
    pub fn is_precomputed(&self) -> bool {
        match &self.verifier {
            Verifier::P256Tables(_, precomputation) => precomputation.get().is_some(),
            _ => false,
        }
    }

    /// It has verified a token that names a trusted signer.
    pub(crate) fn mark_proven(&self) {
        // What is in use is only read: a store, even of the same number, would take the cache line
        // from the other cores.
        let count = |proven| (proven < IN_USE).then_some(proven + 1);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        if self.proven.fetch_update(set, fetch, count) == Ok(IN_USE - 1) {
            self.precompute();
        }
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed) > 0
    }

    /// Has its multiples computed if it is in use, its backend wants them, and they are not there.
    pub(crate) fn precompute(&self) {
        #[cfg(feature = "p256-tables")]
        if let Verifier::P256Tables(_, precomputation) = &self.verifier
            && self.proven.load(Ordering::Relaxed) == IN_USE
            && let Some(point) = self.spki.last_chunk()
        {
            precomputation.begin(*point);
        }
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

/// Which library does the arithmetic. All accept and refuse the same keys and signatures.
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
    /// `p256`, and for keys in use [`alb-oidc-p256-tables`](https://docs.rs/alb-oidc-p256-tables), pure
    /// Rust too. Never the default.
    ///
    /// Once a key has verified 32 tokens that name a trusted signer, a thread computes multiples of it,
    /// which takes some milliseconds; until they are there, the key verifies without. As many as 16
    /// keys of a process have theirs at once, 148 KiB each, until they are dropped. A key that finds
    /// no room is told of at `WARN`, once, and tried again when a [`KeyStore`](crate::KeyStore)
    /// refreshes it.
    #[cfg(feature = "p256-tables")]
    P256Tables,
}

impl CryptoBackend {
    /// All that are compiled in; the first is the default.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLcRs,
        #[cfg(feature = "p256")]
        Self::P256,
        #[cfg(feature = "p256-tables")]
        Self::P256Tables,
    ];
}

enum Verifier {
    #[cfg(feature = "aws-lc-rs")]
    AwsLcRs(aws_lc_rs::signature::ParsedPublicKey),
    #[cfg(feature = "p256")]
    P256(Box<p256::ecdsa::VerifyingKey>),
    #[cfg(feature = "p256-tables")]
    P256Tables(Box<p256::ecdsa::VerifyingKey>, Precomputation),
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
            #[cfg(feature = "p256-tables")]
            CryptoBackend::P256Tables => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                .ok()
                .map(|key| Self::P256Tables(Box::new(key), Precomputation::default())),
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
            Self::P256(ref key) => verify_plainly(key, message, signature),
            #[cfg(feature = "p256-tables")]
            Self::P256Tables(ref key, ref precomputation) => match precomputation.get() {
                Some(key) => key.verify(message, signature).is_ok(),
                None => verify_plainly(key, message, signature),
            },
        }
    }
}

#[cfg(feature = "p256")]
fn verify_plainly(key: &p256::ecdsa::VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    use p256::ecdsa::signature::Verifier as _;
    p256::ecdsa::Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
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
/// A key that has verified so many tokens will verify many more: what is computed once pays.
const IN_USE: u8 = 32;
