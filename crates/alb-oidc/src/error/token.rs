//! What can be wrong with a token.

use std::fmt;

use crate::arn::LoadBalancerArn;

/// Why a token is rejected. Holds nothing of the token but what has been parsed into a type of
/// ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not three non-empty segments joined by two dots.
    #[error("it is not three segments joined by dots")]
    Structure,
    /// A segment is not base64url with canonical padding or none.
    #[error("the {segment} is not base64url: {error}")]
    Encoding {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: EncodingError,
    },
    /// A segment is not the JSON object that it must be.
    #[error("the {segment}'s JSON {error}")]
    Json {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: JsonError,
    },
    /// `alg` is not exactly `ES256`.
    #[error("its algorithm is not ES256")]
    Algorithm,
    /// `typ` is there and is not `JWT`.
    #[error("its type is not JWT")]
    Type,
    /// `crit` is there. No extension is understood, so any is refused (RFC 7515 section 4.1.11).
    #[error("it has critical extensions")]
    CriticalHeader,
    /// The header has a parameter that would name, carry or change the key or the signing input.
    #[error("it has the header parameter {0}, which no ALB sends")]
    ForbiddenParameter(&'static str),
    /// `kid` is not a UUID in lower case.
    #[error("its key id is not a UUID in lower case")]
    KeyId,
    /// The signature is not the 64 bytes of `r || s` (RFC 7518 section 3.4). DER is refused here.
    #[error("its signature is not 64 bytes")]
    SignatureLength,
    /// No rule names the load balancer that the token says has signed it.
    #[error("it was not signed by a load balancer that is trusted")]
    UntrustedSigner {
        /// The ARN in the token, if it is one of an Application Load Balancer. Unverified.
        presented: Option<LoadBalancerArn>,
    },
    /// Rules name its signer, but none with its issuer.
    #[error("no rule for its signer names its issuer")]
    UntrustedIssuer,
    /// Rules name its signer and issuer, but none with its client id.
    #[error("no rule for its signer and issuer names its client id")]
    UntrustedClient,
    /// `exp` is past, by more than the leeway.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` is to come, by more than the leeway.
    #[error("it is not valid yet")]
    NotYetValid,
    /// `exp` is further ahead than the policy's longest lifetime.
    #[error("it lives longer than the policy allows")]
    LifetimeTooLong,
    /// The key endpoint, which has served others, says that there is no such key.
    #[error("no key has its key id")]
    UnknownKey,
    /// The signature is not one of the key over this token.
    #[error("its signature does not verify")]
    BadSignature,
    /// `x-amzn-oidc-identity` is there and is not the signed `sub`.
    #[error("the identity header is not its subject")]
    IdentityMismatch,
}

impl TokenError {
    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Encoding { .. } => "encoding",
            Self::Json { .. } => "json",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::CriticalHeader => "critical-header",
            Self::ForbiddenParameter(_) => "forbidden-parameter",
            Self::KeyId => "key-id",
            Self::SignatureLength => "signature-length",
            Self::UntrustedSigner { .. } => "untrusted-signer",
            Self::UntrustedIssuer => "untrusted-issuer",
            Self::UntrustedClient => "untrusted-client",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::LifetimeTooLong => "lifetime-too-long",
            Self::UnknownKey => "unknown-key",
            Self::BadSignature => "bad-signature",
            Self::IdentityMismatch => "identity-mismatch",
        }
    }
}

/// One of the three segments of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a segment is not base64url (RFC 4648 section 5) as an ALB writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// A character is not of the URL-safe alphabet.
    #[error("a character is not of the alphabet")]
    Alphabet,
    /// The padding is neither canonical nor absent.
    #[error("the padding is neither canonical nor absent")]
    Padding,
    /// The last character has bits that are not part of any byte.
    #[error("the last character has stray bits")]
    TrailingBits,
    /// No number of bytes has this many characters.
    #[error("the number of characters is impossible")]
    Length,
}

/// Why a segment is not the JSON object (RFC 8259) that it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is not one JSON document.
    #[error("is not one JSON document")]
    Syntax,
    /// It is not UTF-8.
    #[error("is not UTF-8")]
    Utf8,
    /// It is JSON, but no object.
    #[error("is not an object")]
    NotObject,
    /// An object has a member twice.
    #[error("has a member twice")]
    Duplicate,
    /// Objects or arrays stand inside each other too deep.
    #[error("is nested too deep")]
    Depth,
    /// There are too many members.
    #[error("has too many members")]
    TooManyMembers,
    /// An integer does not fit 64 bits.
    #[error("has an integer beyond 64 bits")]
    IntegerTooLarge,
    /// A member that must be there is not.
    #[error("has no member {0}")]
    Missing(&'static str),
    /// A member is not of its type.
    #[error("has {found} as {member}")]
    Type {
        /// The member.
        member: &'static str,
        /// What its value is instead.
        found: JsonKind,
    },
    /// A member that must be text has none.
    #[error("has no text in {0}")]
    Empty(&'static str),
    /// A time is before 1970 or after 9999.
    #[error("has a time in {0} that is before 1970 or after 9999")]
    TimeOutOfRange(&'static str),
}

/// What kind of JSON value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonKind {
    /// `null`.
    #[error("null")]
    Null,
    /// `true` or `false`.
    #[error("a boolean")]
    Bool,
    /// A number without fraction and exponent.
    #[error("an integer")]
    Integer,
    /// A number with a fraction and no exponent; or `-0`, which only a float can tell from zero.
    #[error("a number with a fraction")]
    Fraction,
    /// A number with an exponent.
    #[error("a number with an exponent")]
    Exponent,
    /// A string.
    #[error("a string")]
    String,
    /// An array.
    #[error("an array")]
    Array,
    /// An object.
    #[error("an object")]
    Object,
}

/// A key id is a UUID in lower case with hyphens; this is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in lower case with hyphens")]
pub struct KeyIdError;

/// Claims do not fit the application's type. Holds no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims do not fit: {message}")]
pub struct ClaimsError {
    pub(crate) message: &'static str,
}
