//! The public keys that an issuer publishes, as JSON, and what they verify. The only file that names
//! `jsonwebtoken`.

use std::sync::Arc;

use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use crate::base64url;
use crate::error::{JsonError, KeySetError};
use crate::json::{self, Document, Item, Limits, Name};

/// An algorithm of [RFC 7518 section 3](https://www.rfc-editor.org/rfc/rfc7518#section-3) that needs
/// a public key. There is none here with a shared secret, and no `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
}

impl SignatureAlgorithm {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            _ => return None,
        })
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Kind::Rsa
            }
            Self::Es256 => Kind::P256,
            Self::Es384 => Kind::P384,
        }
    }

    const fn of_the_library(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Rs384 => Algorithm::RS384,
            Self::Rs512 => Algorithm::RS512,
            Self::Ps256 => Algorithm::PS256,
            Self::Ps384 => Algorithm::PS384,
            Self::Ps512 => Algorithm::PS512,
            Self::Es256 => Algorithm::ES256,
            Self::Es384 => Algorithm::ES384,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
}

/// A JWK set ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)): those of its
/// keys that can verify a signature.
#[derive(Debug)]
pub(crate) struct JwkSet(Vec<Arc<Jwk>>);

impl JwkSet {
    /// Keys that are of no use here are passed over, as the RFC has it: of other kinds, for
    /// encryption, without an id, too small. If none is left, this is not what was asked for.
    pub(crate) fn parse(body: Vec<u8>) -> Result<Self, KeySetError> {
        let mut keys = None;
        let take = |name: Name<'_>, item: Item<'_>, _: &mut _| {
            if name.bytes == b"keys" {
                let json::Value::Array = item.value else {
                    return Err(KeySetError::Json(JsonError::Type {
                        member: "keys",
                        found: item.value.kind(),
                    }));
                };
                keys = Some(item.span.start());
            }
            Ok(())
        };
        let document = Document::read_as(body, LIMITS, &[], KeySetError::Json, take)?;
        let keys = keys.ok_or(KeySetError::Json(JsonError::Missing("keys")))?;
        let keys = document.value(keys);
        let keys: Vec<_> = keys
            .iter()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|key| Jwk::read(key.as_object()?).map(Arc::new))
            .collect();
        match keys.is_empty() {
            true => Err(KeySetError::NoKey),
            false => Ok(Self(keys)),
        }
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The key with this id: one for this algorithm, if there is more than one.
    pub(crate) fn find(&self, key_id: &str, algorithm: SignatureAlgorithm) -> Option<&Arc<Jwk>> {
        let named = || self.0.iter().filter(|key| key.id == key_id);
        named()
            .find(|key| key.allows(algorithm))
            .or_else(|| named().next())
    }
}

/// A public key that verifies signatures.
#[derive(Debug)]
pub(crate) struct Jwk {
    id: String,
    kind: Kind,
    /// The one that it is for, if it says so.
    algorithm: Option<SignatureAlgorithm>,
    key: DecodingKey,
}

impl Jwk {
    fn read(members: &Map<String, Value>) -> Option<Self> {
        let text = |name| members.get(name).and_then(Value::as_str);
        let bytes = |name| base64url::decode(text(name)?.as_bytes()).ok();
        let id = text("kid").filter(|id| !id.is_empty())?.to_owned();
        let is_for_signatures = match members.get("use") {
            None => true,
            Some(value) => value == "sig",
        };
        let may_verify = match members.get("key_ops") {
            None => true,
            Some(value) => value
                .as_array()?
                .iter()
                .any(|operation| operation == "verify"),
        };
        // Whoever publishes a private key has given it to everybody.
        if !is_for_signatures || !may_verify || members.contains_key("d") {
            return None;
        }
        let (kind, key) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (Kind::Rsa, rsa(&bytes("n")?, &bytes("e")?)?),
            ("EC", Some("P-256")) => (Kind::P256, point::<32>(&bytes("x")?, &bytes("y")?)?),
            ("EC", Some("P-384")) => (Kind::P384, point::<48>(&bytes("x")?, &bytes("y")?)?),
            _ => return None,
        };
        let algorithm = match members.get("alg") {
            None => None,
            Some(name) => Some(SignatureAlgorithm::from_name(name.as_str()?)?),
        };
        let fits = algorithm.is_none_or(|algorithm| algorithm.kind() == kind);
        fits.then_some(Self {
            id,
            kind,
            algorithm,
            key,
        })
    }

    /// Whether it is of the kind that the algorithm needs, and not for another one.
    pub(crate) fn allows(&self, algorithm: SignatureAlgorithm) -> bool {
        self.kind == algorithm.kind() && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether this is a signature of this key over `message`.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: Vec<u8>,
    ) -> bool {
        // By name, and not through the process' default provider: if two crates of an application
        // want two different ones, there is none, and asking for it panics.
        let verifier = aws_lc::DEFAULT_PROVIDER.verifier_factory;
        verifier(&algorithm.of_the_library(), &self.key)
            .is_ok_and(|verifier| verifier.verify(message, &signature).is_ok())
    }
}

/// A modulus of at least 2,048 bits ([RFC 7518 section
/// 3.3](https://www.rfc-editor.org/rfc/rfc7518#section-3.3)), at most as many as the library takes,
/// and an odd exponent of 3 or more.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<DecodingKey> {
    let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
    let leading = modulus.first()?.leading_zeros();
    let bits = modulus.len() * 8 - usize::try_from(leading).ok()?;
    let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
    let fits = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits)
        && is_odd
        && exponent != [1]
        && exponent.len() <= 4;
    fits.then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

/// Both coordinates in full ([RFC 7518 section
/// 6.2.1.2](https://www.rfc-editor.org/rfc/rfc7518#section-6.2.1.2)). Whether the point is on its
/// curve is checked with each signature.
fn point<const BYTES: usize>(x: &[u8], y: &[u8]) -> Option<DecodingKey> {
    let is_full = x.len() == BYTES && y.len() == BYTES;
    is_full.then(|| DecodingKey::from_ec_der(&[&[UNCOMPRESSED], x, y].concat()))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|&byte| byte != 0);
    number
        .get(start.unwrap_or(number.len())..)
        .unwrap_or_default()
}

/// What a set may be made of: some dozens of keys, each with its certificates.
const LIMITS: Limits = Limits {
    depth: 16,
    members: 4096,
};
const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;
const UNCOMPRESSED: u8 = 4;
