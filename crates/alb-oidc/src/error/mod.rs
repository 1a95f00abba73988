//! Every way to fail, one variant a cause, and the one table from an error to what the client is
//! told.

mod config;
mod key;
mod token;

use std::time::Duration;

pub use config::{ArnError, ConfigError};
pub use key::{FetchError, KeyError, KeySetError, PublicKeyError};
pub use token::{ClaimsError, EncodingError, JsonError, JsonKind, KeyIdError, Segment, TokenError};

use crate::time::ClockError;

/// Why a request has no authenticated user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// None of the three headers is there: the request did not come through an authenticating
    /// listener rule.
    #[error("the request has no x-amzn-oidc-* header")]
    Missing,
    /// The headers are not what an ALB sends.
    #[error(transparent)]
    Headers(#[from] HeadersError),
    /// The token is not one to trust.
    #[error("the token was rejected: {0}")]
    Rejected(TokenError),
    /// The token could be good; the key that would tell cannot be had now.
    #[error("the public key cannot be had: {0}")]
    Unavailable(KeyError),
    /// The token could be good; the time that would tell is not known.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

// By hand: `#[from]` would make the cause a source too, and it is in the text already.
impl From<TokenError> for AuthenticateError {
    fn from(error: TokenError) -> Self {
        Self::Rejected(error)
    }
}

impl From<KeyError> for AuthenticateError {
    fn from(error: KeyError) -> Self {
        Self::Unavailable(error)
    }
}

impl AuthenticateError {
    /// What the client is told. The one place where an error becomes an answer.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::Missing | Self::Headers(_) | Self::Rejected(_) => Disposition::Challenge,
            Self::Unavailable(error) => Disposition::Unavailable {
                retry_after: error.retry_after(),
            },
            Self::Clock(_) => Disposition::Unavailable {
                retry_after: DEFAULT_RETRY_AFTER,
            },
        }
    }

    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Headers(error) => error.fault.reason(),
            Self::Rejected(error) => error.reason(),
            Self::Unavailable(error) => error.reason(),
            Self::Clock(_) => "clock",
        }
    }
}

/// What the client is told about a request that has no authenticated user. There are these two; a
/// third would be a breaking change, so that no adapter needs a catch-all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// 401: authenticate first. The same answer for every cause, so that it tells an attacker
    /// nothing.
    Challenge,
    /// 503: nobody can tell now. Never 401, for an outage must not sign users out.
    Unavailable {
        /// When to try again, for `Retry-After`.
        retry_after: Duration,
    },
}

pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A fault of one of the three headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header {header} {fault}")]
pub struct HeadersError {
    header: &'static str,
    fault: HeaderFault,
}

impl HeadersError {
    pub(crate) const fn new(header: &'static str, fault: HeaderFault) -> Self {
        Self { header, fault }
    }

    /// The name of the header.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        self.header
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn fault(&self) -> HeaderFault {
        self.fault
    }
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// It is there more than once.
    #[error("is there more than once")]
    Duplicate,
    /// It has no value.
    #[error("is empty")]
    Empty,
    /// It is longer than [`OidcHeaders::MAX_BYTES`](crate::OidcHeaders::MAX_BYTES).
    #[error("is longer than 16384 bytes")]
    TooLarge,
    /// It has characters that it cannot have, or nothing but spaces.
    #[error("has characters that it cannot have")]
    Characters,
    /// It came without `x-amzn-oidc-data`.
    #[error("came without x-amzn-oidc-data")]
    WithoutData,
}

impl HeaderFault {
    const fn reason(self) -> &'static str {
        match self {
            Self::Duplicate => "header-duplicate",
            Self::Empty => "header-empty",
            Self::TooLarge => "header-too-large",
            Self::Characters => "header-characters",
            Self::WithoutData => "header-without-data",
        }
    }
}
