//! The token's JOSE header: the seven members that an ALB writes, and nothing that could steer a
//! verifier.

use std::fmt;
use std::str::FromStr;

use crate::arn::LoadBalancerArn;
use crate::error::{JsonError, KeyIdError, Segment, TokenError};
use crate::json::{Document, Excerpt, Limits};
use crate::time::UnixTime;

/// The id of a signing key: a UUID ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562)) in lower
/// case with hyphens, kept as its 16 bytes.
///
/// Upper case is refused: an id would have many spellings, and each would be another cache entry
/// and another URL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn parse(text: &str) -> Result<Self, KeyIdError> {
        if text.len() != UUID_LENGTH {
            return Err(KeyIdError);
        }
        let mut bytes = [0_u8; 16];
        let mut digits = 0;
        for (index, byte) in text.bytes().enumerate() {
            if matches!(index, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return Err(KeyIdError);
                }
                continue;
            }
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                _ => return Err(KeyIdError),
            };
            let slot = bytes.get_mut(digits / 2).ok_or(KeyIdError)?;
            *slot = *slot << 4 | digit;
            digits += 1;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        Self::parse(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const UUID_LENGTH: usize = 36;

/// What the header of an unverified token says. Good for an earlier rejection, and for choosing
/// among keys that are trusted already.
#[derive(Clone)]
pub struct JoseHeader {
    pub(crate) key_id: KeyId,
    pub(crate) signer: LoadBalancerArn,
    pub(crate) expires_at: UnixTime,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) issued_at: Option<UnixTime>,
    issuer: Excerpt,
    client: Excerpt,
    document: Document,
}

impl JoseHeader {
    /// `kid`: which key is said to have signed.
    #[must_use]
    pub const fn untrusted_key_id(&self) -> KeyId {
        self.key_id
    }

    /// `signer`: which load balancer is said to have signed.
    #[must_use]
    pub const fn untrusted_signer(&self) -> &LoadBalancerArn {
        &self.signer
    }

    /// `iss`: the issuer in the listener rule that is said to have authenticated the user.
    #[must_use]
    pub fn untrusted_issuer(&self) -> &str {
        self.document.text(self.issuer)
    }

    /// `client`: the client id in that rule.
    #[must_use]
    pub fn untrusted_client(&self) -> &str {
        self.document.text(self.client)
    }

    /// `exp`: when the token is said to expire.
    #[must_use]
    pub const fn untrusted_expires_at(&self) -> UnixTime {
        self.expires_at
    }

    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, TokenError> {
        let json = |error| TokenError::Json {
            segment: Segment::Header,
            error,
        };
        let (mut algorithm, mut key_id, mut signer) = (None, None, None);
        let (mut issuer, mut client) = (None, None);
        let (mut expires_at, mut not_before, mut issued_at) = (None, None, None);
        let document = Document::read(
            bytes,
            Segment::Header,
            LIMITS,
            &[],
            |name, item, unescaped| {
                let value = item.value;
                match &*name.decode() {
                    "alg" => match value.text("alg") {
                        Ok(text) if text.is("ES256") => algorithm = Some(()),
                        // `none`, HS256, a number: whatever it is, it is the wrong algorithm.
                        _ => return Err(TokenError::Algorithm),
                    },
                    "typ" => {
                        let text = value.text("typ").map_err(json)?;
                        if !text.decode().eq_ignore_ascii_case("JWT") {
                            return Err(TokenError::Type);
                        }
                    }
                    "kid" => {
                        let text = value.text("kid").map_err(json)?;
                        let parsed = KeyId::parse(&text.decode());
                        key_id = Some(parsed.map_err(|_| TokenError::KeyId)?);
                    }
                    "signer" => {
                        let text = value.text("signer").map_err(json)?;
                        // Judged once the rest of the header is known to be well-formed.
                        signer = Some(LoadBalancerArn::parse(&text.decode()).ok());
                    }
                    "iss" => issuer = Some(unescaped.keep(value.text("iss").map_err(json)?)),
                    "client" => client = Some(unescaped.keep(value.text("client").map_err(json)?)),
                    "exp" => expires_at = Some(value.time("exp").map_err(json)?),
                    "nbf" => not_before = Some(value.time("nbf").map_err(json)?),
                    "iat" => issued_at = Some(value.time("iat").map_err(json)?),
                    "crit" => return Err(TokenError::CriticalHeader),
                    name => {
                        let forbidden = FORBIDDEN.into_iter().find(|member| *member == name);
                        if let Some(member) = forbidden {
                            return Err(TokenError::ForbiddenParameter(member));
                        }
                    }
                }
                Ok(())
            },
        )?;
        let missing = |member| json(JsonError::Missing(member));
        algorithm.ok_or(TokenError::Algorithm)?;
        let key_id = key_id.ok_or_else(|| missing("kid"))?;
        let signer = signer.ok_or_else(|| missing("signer"))?;
        Ok(Self {
            key_id,
            issuer: issuer.ok_or_else(|| missing("iss"))?,
            client: client.ok_or_else(|| missing("client"))?,
            expires_at: expires_at.ok_or_else(|| missing("exp"))?,
            signer: signer.ok_or(TokenError::UntrustedSigner { presented: None })?,
            not_before,
            issued_at,
            document,
        })
    }
}

impl fmt::Debug for JoseHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoseHeader")
            .field("untrusted_key_id", &self.key_id)
            .field("untrusted_signer", &self.signer)
            .field("untrusted_expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// An ALB writes seven flat members; AWS may add some.
const LIMITS: Limits = Limits {
    depth: 16,
    members: 256,
};

/// Parameters that name, carry or change the key or the signing input
/// ([RFC 7515 section 4.1](https://www.rfc-editor.org/rfc/rfc7515#section-4.1), [RFC
/// 7797](https://www.rfc-editor.org/rfc/rfc7797)).
const FORBIDDEN: [&str; 7] = ["b64", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"];
