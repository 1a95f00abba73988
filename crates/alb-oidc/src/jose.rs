//! The token's JOSE header: the seven members that an ALB writes, and nothing that could steer a
//! verifier.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::MapAccess;

use crate::arn::LoadBalancerArn;
use crate::error::{JsonError, KeyIdError, Segment, TokenError};
use crate::json::{self, Faults, Members};
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
    pub(crate) issuer: Box<str>,
    pub(crate) client: Box<str>,
    pub(crate) expires_at: UnixTime,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) issued_at: Option<UnixTime>,
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
        &self.issuer
    }

    /// `client`: the client id in that rule.
    #[must_use]
    pub fn untrusted_client(&self) -> &str {
        &self.client
    }

    /// `exp`: when the token is said to expire.
    #[must_use]
    pub const fn untrusted_expires_at(&self) -> UnixTime {
        self.expires_at
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let faults = Faults::new(Segment::Header);
        let mut reader = HeaderReader::default();
        json::read_object(bytes, &faults, HEADER_LIMITS, &mut reader)?;
        reader.finish(&faults)
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
const HEADER_LIMITS: json::Limits = json::Limits {
    depth: 16,
    members: 256,
};

#[derive(Default)]
struct HeaderReader<'de> {
    algorithm: bool,
    typ: bool,
    key_id: Option<KeyId>,
    signer: Option<Option<LoadBalancerArn>>,
    issuer: Option<Cow<'de, str>>,
    client: Option<Cow<'de, str>>,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    others: Vec<Cow<'de, str>>,
}

impl<'de> HeaderReader<'de> {
    fn finish(self, faults: &Faults) -> Result<JoseHeader, TokenError> {
        let missing = |member| faults.json(JsonError::Missing(member));
        if !self.algorithm {
            return Err(TokenError::Algorithm);
        }
        let key_id = self.key_id.ok_or_else(|| missing("kid"))?;
        let signer = self.signer.ok_or_else(|| missing("signer"))?;
        let issuer = self.issuer.ok_or_else(|| missing("iss"))?;
        let client = self.client.ok_or_else(|| missing("client"))?;
        let expires_at = self.expires_at.ok_or_else(|| missing("exp"))?;
        Ok(JoseHeader {
            key_id,
            signer: signer.ok_or(TokenError::UntrustedSigner { presented: None })?,
            issuer: issuer.into(),
            client: client.into(),
            expires_at,
            not_before: self.not_before,
            issued_at: self.issued_at,
        })
    }
}

impl<'de> Members<'de> for HeaderReader<'de> {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        values: &mut A,
        context: json::Context<'_>,
    ) -> Result<(), A::Error> {
        let faults = context.faults;
        match &*name {
            "alg" => {
                let fresh = !std::mem::replace(&mut self.algorithm, true);
                faults.unless_duplicate(fresh)?;
                match values.next_value_seed(context.text("alg")) {
                    Ok(algorithm) if algorithm == "ES256" => Ok(()),
                    Err(syntax) if !faults.any() => Err(syntax),
                    // `none`, HS256, a number: whatever it is, it is the wrong algorithm.
                    _ => Err(faults.raise(TokenError::Algorithm)),
                }
            }
            "typ" => {
                let fresh = !std::mem::replace(&mut self.typ, true);
                faults.unless_duplicate(fresh)?;
                let typ = values.next_value_seed(context.text("typ"))?;
                if typ.eq_ignore_ascii_case("JWT") {
                    Ok(())
                } else {
                    Err(faults.raise(TokenError::Type))
                }
            }
            "kid" => {
                faults.unless_duplicate(self.key_id.is_none())?;
                let text = values.next_value_seed(context.text("kid"))?;
                match KeyId::parse(&text) {
                    Ok(key_id) => self.key_id = Some(key_id),
                    Err(_) => return Err(faults.raise(TokenError::KeyId)),
                }
                Ok(())
            }
            "signer" => {
                faults.unless_duplicate(self.signer.is_none())?;
                let text = values.next_value_seed(context.text("signer"))?;
                // Judged once the rest of the header is known to be well-formed.
                self.signer = Some(LoadBalancerArn::parse(&text).ok());
                Ok(())
            }
            "iss" => {
                faults.unless_duplicate(self.issuer.is_none())?;
                self.issuer = Some(values.next_value_seed(context.text("iss"))?);
                Ok(())
            }
            "client" => {
                faults.unless_duplicate(self.client.is_none())?;
                self.client = Some(values.next_value_seed(context.text("client"))?);
                Ok(())
            }
            "exp" => {
                faults.unless_duplicate(self.expires_at.is_none())?;
                self.expires_at = Some(values.next_value_seed(context.time("exp"))?);
                Ok(())
            }
            "nbf" => {
                faults.unless_duplicate(self.not_before.is_none())?;
                self.not_before = Some(values.next_value_seed(context.time("nbf"))?);
                Ok(())
            }
            "iat" => {
                faults.unless_duplicate(self.issued_at.is_none())?;
                self.issued_at = Some(values.next_value_seed(context.time("iat"))?);
                Ok(())
            }
            "crit" => Err(faults.raise(TokenError::CriticalHeader)),
            _ => {
                if let Some(forbidden) = FORBIDDEN.into_iter().find(|member| *member == name) {
                    return Err(faults.raise(TokenError::ForbiddenParameter(forbidden)));
                }
                faults.unless_duplicate(!self.others.contains(&name))?;
                self.others.push(name);
                values.next_value_seed(context.ignored())
            }
        }
    }
}

/// Parameters that name, carry or change the key or the signing input
/// ([RFC 7515 section 4.1](https://www.rfc-editor.org/rfc/rfc7515#section-4.1), [RFC
/// 7797](https://www.rfc-editor.org/rfc/rfc7797)).
const FORBIDDEN: [&str; 7] = ["b64", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"];
