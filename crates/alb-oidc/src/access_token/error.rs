//! Why nothing is known of an access token.

use std::time::Duration;

use crate::error::{DEFAULT_RETRY_AFTER, EncodingError, JsonError, KeyError, Segment};
use crate::problem::Problem;
use crate::time::ClockError;

/// Why a user's groups and scopes are not known. The user is signed in all the same: only what
/// needs them fails.
///
/// Holds nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// Nothing was set up to verify access tokens of the user's issuer.
    #[error("no verifier of access tokens was set up for the user's issuer")]
    NotConfigured,
    /// The request has none.
    #[error("the request has no access token")]
    Missing,
    /// It is not a compact JWS (RFC 7515 section 7.1): opaque, or encrypted.
    #[error("the access token is not one that can be read")]
    Opaque,
    /// A segment is not base64url without padding.
    #[error("the access token's {segment} is not base64url: {error}")]
    Encoding {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: EncodingError,
    },
    /// A segment is not the JSON object that it must be.
    #[error("the access token's {segment}'s JSON {error}")]
    Json {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: JsonError,
    },
    /// `alg` is not one that is accepted of this issuer. All that are need a public key.
    #[error("the access token's algorithm is not accepted")]
    Algorithm,
    /// `typ` is not that of an access token.
    #[error("the access token's type is not an access token's")]
    Type,
    /// `crit` or `b64` is there. No extension is understood, so any is refused.
    #[error("the access token has critical extensions")]
    CriticalHeader,
    /// The issuer, whose keys are known, has none with its key id.
    #[error("no key of the issuer has the access token's key id")]
    UnknownKey,
    /// The key with its id is of another kind, or for another algorithm.
    #[error("the key with the access token's key id is not for its algorithm")]
    KeyDoesNotFit,
    /// The signature is not that key's over this token.
    #[error("the access token's signature does not verify")]
    BadSignature,
    /// `iss` is not the issuer of the user's own token, in either form if that is a Cognito user
    /// pool.
    #[error("the access token is another issuer's")]
    Issuer,
    /// `token_use` is not `access`: it may be an ID token.
    #[error("the token that came as access token is meant for another use")]
    TokenUse,
    /// `client_id` is not that of the load balancer's rule.
    #[error("the access token is another client's")]
    Client,
    /// `aud` does not have the audience that was named.
    #[error("the access token is for another audience")]
    Audience,
    /// `sub` is not the user's.
    #[error("the access token is another user's")]
    Subject,
    /// `exp` is past, by more than the leeway.
    #[error("the access token has expired")]
    Expired,
    /// `nbf` or `iat` is to come, by more than the leeway.
    #[error("the access token is not valid yet")]
    NotYetValid,
    /// It verifies, and lacks the claim that was asked for: `groups` or `scope`. That is not to be in
    /// none.
    #[error("the access token has no claim {0}")]
    ClaimMissing(&'static str),
    /// The issuer's keys cannot be had now.
    #[error("the issuer's keys cannot be had: {0}")]
    Unavailable(KeyError),
    /// The time that would tell is not known.
    #[error(transparent)]
    Clock(ClockError),
}

impl AccessTokenError {
    /// When to try again, if this is an outage; `None` if trying again does not help.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable(error) => Some(error.retry_after()),
            Self::Clock(_) => Some(DEFAULT_RETRY_AFTER),
            Self::NotConfigured
            | Self::Missing
            | Self::Opaque
            | Self::Encoding { .. }
            | Self::Json { .. }
            | Self::Algorithm
            | Self::Type
            | Self::CriticalHeader
            | Self::UnknownKey
            | Self::KeyDoesNotFit
            | Self::BadSignature
            | Self::Issuer
            | Self::TokenUse
            | Self::Client
            | Self::Audience
            | Self::Subject
            | Self::Expired
            | Self::NotYetValid
            | Self::ClaimMissing(_) => None,
        }
    }

    /// What to answer to a request that needs groups or scopes: 503 in an outage, else 403. Never
    /// 401, for the user is signed in.
    #[must_use]
    pub const fn problem(&self) -> Problem {
        match self.retry_after() {
            Some(retry_after) => Problem::unavailable(retry_after),
            None => Problem::FORBIDDEN,
        }
    }

    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotConfigured => "access-token-not-configured",
            Self::Missing => "access-token-missing",
            Self::Opaque => "access-token-opaque",
            Self::Encoding { .. } => "access-token-encoding",
            Self::Json { .. } => "access-token-json",
            Self::Algorithm => "access-token-algorithm",
            Self::Type => "access-token-type",
            Self::CriticalHeader => "access-token-critical-header",
            Self::UnknownKey => "access-token-unknown-key",
            Self::KeyDoesNotFit => "access-token-key-does-not-fit",
            Self::BadSignature => "access-token-bad-signature",
            Self::Issuer => "access-token-issuer",
            Self::TokenUse => "access-token-use",
            Self::Client => "access-token-client",
            Self::Audience => "access-token-audience",
            Self::Subject => "access-token-subject",
            Self::Expired => "access-token-expired",
            Self::NotYetValid => "access-token-not-yet-valid",
            Self::ClaimMissing(_) => "access-token-claim-missing",
            Self::Unavailable(_) => "access-token-keys-unavailable",
            Self::Clock(_) => "clock",
        }
    }
}
