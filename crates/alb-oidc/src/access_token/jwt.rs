//! An access token as a JWT: its header before its signature is verified, its payload afterwards.

use crate::base64url;
use crate::error::{EncodingError, JsonError, JsonKind, Segment};
use crate::json::{Document, Item, Limits, Name, Value};
use crate::keys::{Jwk, SignatureAlgorithm};
use crate::time::UnixTime;
use crate::token::Segments;

use super::AccessTokenError;

/// A compact JWS ([RFC 7515 section 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)) whose
/// header has been read. Its payload has not been looked at.
pub(crate) struct UnverifiedJwt<'t> {
    segments: Segments<'t>,
    pub(crate) header: Header,
}

/// What the header says. It chooses among keys that are trusted already, and nothing else.
pub(crate) struct Header {
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) key_id: String,
    pub(crate) typ: Option<String>,
}

impl<'t> UnverifiedJwt<'t> {
    pub(crate) fn parse(text: &'t str) -> Result<Self, AccessTokenError> {
        let segments = Segments::split(text.as_bytes()).map_err(|_| AccessTokenError::Opaque)?;
        let header = Header::parse(decode(Segment::Header, segments.header)?)?;
        Ok(Self { segments, header })
    }

    /// Verifies the signature, and only then decodes the payload.
    pub(crate) fn verify(self, key: &Jwk) -> Result<Claims, AccessTokenError> {
        let signature = decode(Segment::Signature, self.segments.signature)?;
        let message = self.segments.signing_input;
        if !key.allows(self.header.algorithm) {
            return Err(AccessTokenError::KeyDoesNotFit);
        }
        if !key.verify(self.header.algorithm, message, signature) {
            return Err(AccessTokenError::BadSignature);
        }
        Claims::parse(decode(Segment::Payload, self.segments.payload())?)
    }
}

impl Header {
    fn parse(bytes: Vec<u8>) -> Result<Self, AccessTokenError> {
        let fault = |error| AccessTokenError::Json {
            segment: Segment::Header,
            error,
        };
        let (mut algorithm, mut key_id, mut typ) = (None, None, None);
        let take = |name: Name<'_>, item: Item<'_>, _: &mut _| {
            let text = |member| item.text(member).map_err(fault);
            match name.bytes {
                b"alg" => {
                    // `none`, HS256, a number: whatever it is, it is the wrong algorithm.
                    let name = item.text("alg");
                    let known = name.map(|name| SignatureAlgorithm::from_name(&name.decode()));
                    algorithm = Some(known.ok().flatten().ok_or(AccessTokenError::Algorithm)?);
                }
                b"kid" => key_id = Some(text("kid")?.decode().into_owned()),
                b"typ" => typ = Some(text("typ")?.decode().into_owned()),
                b"crit" | b"b64" => return Err(AccessTokenError::CriticalHeader),
                // Whatever else names or carries a key is not looked at: keys come from the issuer.
                _ => {}
            }
            Ok(())
        };
        Document::read_as(bytes, LIMITS, &[], fault, take)?;
        Ok(Self {
            algorithm: algorithm.ok_or(AccessTokenError::Algorithm)?,
            key_id: key_id.ok_or(fault(JsonError::Missing("kid")))?,
            typ,
        })
    }
}

/// What a payload says that its issuer signed: of the members that access tokens have, those that
/// are there, each of its type.
#[derive(Default)]
pub(crate) struct Claims {
    pub(crate) issuer: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) audience: Option<Vec<String>>,
    pub(crate) client_id: Option<String>,
    pub(crate) token_use: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) cognito_groups: Option<Vec<String>>,
    pub(crate) groups: Option<serde_json::Value>,
    pub(crate) expires_at: Option<UnixTime>,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) issued_at: Option<UnixTime>,
}

impl Claims {
    fn parse(bytes: Vec<u8>) -> Result<Self, AccessTokenError> {
        let mut claims = Self::default();
        let (mut audience, mut cognito_groups, mut groups) = (None, None, None);
        let take = |name: Name<'_>, item: Item<'_>, _: &mut _| {
            let text = |member| {
                let text = item.text(member).map_err(payload)?;
                Ok::<_, AccessTokenError>(Some(text.decode().into_owned()))
            };
            let time = |member| item.time(member).map(Some).map_err(payload);
            match name.bytes {
                b"iss" => claims.issuer = text("iss")?,
                b"sub" => claims.subject = text("sub")?,
                b"aud" => audience = Some(item.span.start()),
                b"client_id" => claims.client_id = text("client_id")?,
                b"token_use" => claims.token_use = text("token_use")?,
                b"scope" => claims.scope = text("scope")?,
                b"cognito:groups" => cognito_groups = Some(list("cognito:groups", &item)?),
                b"groups" => groups = Some(item.span.start()),
                b"exp" => claims.expires_at = time("exp")?,
                b"nbf" => claims.not_before = time("nbf")?,
                b"iat" => claims.issued_at = time("iat")?,
                _ => {}
            }
            Ok(())
        };
        let document = Document::read_as(bytes, LIMITS, &[], payload, take)?;
        let value = |start: Option<u16>| start.and_then(|start| document.value(start));
        let audience = value(audience).map(|audience| match audience {
            // RFC 7519 section 4.1.3: one may come as a text.
            serde_json::Value::String(text) => Ok(vec![text]),
            other => texts("aud", &other),
        });
        claims.audience = audience.transpose()?;
        let cognito_groups = value(cognito_groups).map(|groups| texts("cognito:groups", &groups));
        claims.cognito_groups = cognito_groups.transpose()?;
        claims.groups = value(groups);
        Ok(claims)
    }
}

/// Where the array stands that the value of `member` must be.
fn list(member: &'static str, item: &Item<'_>) -> Result<u16, AccessTokenError> {
    match item.value {
        Value::Array => Ok(item.span.start()),
        other => Err(payload(JsonError::Type {
            member,
            found: other.kind(),
        })),
    }
}

/// The texts in the array that `member` must be.
pub(crate) fn texts(
    member: &'static str,
    value: &serde_json::Value,
) -> Result<Vec<String>, AccessTokenError> {
    let fault = |found| payload(JsonError::Type { member, found });
    let items = value.as_array().ok_or(fault(kind(value)))?;
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or(fault(kind(item))))
        .collect()
}

pub(crate) fn kind(value: &serde_json::Value) -> JsonKind {
    match value {
        serde_json::Value::Null => JsonKind::Null,
        serde_json::Value::Bool(_) => JsonKind::Bool,
        serde_json::Value::Number(number) if number.is_f64() => JsonKind::Fraction,
        serde_json::Value::Number(_) => JsonKind::Integer,
        serde_json::Value::String(_) => JsonKind::String,
        serde_json::Value::Array(_) => JsonKind::Array,
        serde_json::Value::Object(_) => JsonKind::Object,
    }
}

pub(crate) const fn payload(error: JsonError) -> AccessTokenError {
    AccessTokenError::Json {
        segment: Segment::Payload,
        error,
    }
}

/// A JWS has no padding (RFC 7515 section 2); an ALB's own token does, but did not make this one.
fn decode(segment: Segment, text: &[u8]) -> Result<Vec<u8>, AccessTokenError> {
    let decoded = match text.ends_with(b"=") {
        true => Err(EncodingError::Padding),
        false => base64url::decode(text),
    };
    decoded.map_err(|error| AccessTokenError::Encoding { segment, error })
}

/// As for the load balancer's own token: members are the identity provider's.
const LIMITS: Limits = Limits {
    depth: 64,
    members: 1024,
};
