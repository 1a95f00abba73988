//! Why a key cannot be had.

use std::time::Duration;

use super::DEFAULT_RETRY_AFTER;
use super::token::JsonError;

/// Why the key of a token could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key with this id.
    ///
    /// Said by a [`KeyStore`](crate::KeyStore) only of an endpoint that has served a key before:
    /// until then a 403 or 404 is as likely a wrong URL or a proxy, and is
    /// [`FetchError::Status`]. Said by [`StaticKeys`](crate::StaticKeys) of every id that they
    /// lack.
    #[error("no key has this id")]
    Unknown,
    /// The fetch failed.
    #[error("{error}")]
    Fetch {
        /// How.
        error: FetchError,
        /// When the next fetch may be made.
        retry_after: Duration,
    },
    /// Too many unknown key ids are being asked for, and this one has not had its turn.
    #[error("too many unknown key ids are being asked for")]
    Limited,
    /// There is no tokio runtime to fetch in.
    #[error("there is no tokio runtime to fetch in")]
    NoRuntime,
}

impl KeyError {
    pub(crate) const fn retry_after(&self) -> Duration {
        match self {
            Self::Fetch { retry_after, .. } => *retry_after,
            Self::Unknown | Self::Limited | Self::NoRuntime => DEFAULT_RETRY_AFTER,
        }
    }

    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-key",
            Self::Fetch { error, .. } => error.reason(),
            Self::Limited => "key-fetch-limited",
            Self::NoRuntime => "no-runtime",
        }
    }
}

/// Why one fetch of a key gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The exchange took longer than it may.
    #[error("the key endpoint did not answer in time")]
    Timeout,
    /// The name of the endpoint could not be resolved.
    #[error("the key endpoint's name could not be resolved")]
    Dns,
    /// No connection could be made.
    #[error("no connection to the key endpoint could be made")]
    Connect,
    /// The connection could not be secured: an expired or self-signed certificate, another name, or
    /// a failed handshake.
    #[error("the connection to the key endpoint could not be secured")]
    Tls,
    /// The connection ended before the answer did, or the fetch was stopped.
    #[error("the key endpoint's answer broke off")]
    Aborted,
    /// The endpoint answered with this status.
    #[error("the key endpoint answered with status {0}")]
    Status(u16),
    /// The endpoint answered with a redirect, which is never followed.
    #[error("the key endpoint answered with a redirect")]
    Redirect,
    /// The answer was longer than it may be.
    #[error("the key endpoint's answer was too long")]
    BodyTooLarge,
    /// The answer was not one P-256 public key.
    #[error("the key endpoint's answer was not a key: {0}")]
    Malformed(PublicKeyError),
    /// The answer was not a set of public keys, which access tokens are verified with.
    #[error("the key endpoint's answer was not a set of keys: {0}")]
    MalformedSet(KeySetError),
}

impl FetchError {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Timeout => "key-timeout",
            Self::Dns => "key-dns",
            Self::Connect => "key-connect",
            Self::Tls => "key-tls",
            Self::Aborted => "key-aborted",
            Self::Status(_) => "key-status",
            Self::Redirect => "key-redirect",
            Self::BodyTooLarge => "key-body-too-large",
            Self::Malformed(_) => "key-malformed",
            Self::MalformedSet(_) => "key-set-malformed",
        }
    }
}

/// Why bytes are not a P-256 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// They are not one PEM block `PUBLIC KEY` (RFC 7468 section 13) and nothing else.
    #[error("it is not one PEM block PUBLIC KEY and nothing else")]
    Pem,
    /// They are not a `SubjectPublicKeyInfo` (RFC 5480 section 2) of an uncompressed point of
    /// P-256, which is always 91 bytes.
    #[error("it is not a SubjectPublicKeyInfo of an uncompressed P-256 point")]
    Spki,
    /// The point is not on the curve.
    #[error("its point is not on the curve")]
    Point,
}

/// Why bytes are not a JWK set ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// They are not the JSON object that it must be.
    #[error("its JSON {0}")]
    Json(JsonError),
    /// No key in it can verify a signature: each is of a kind that is not supported, for another
    /// use, too small, or without an id.
    #[error("it has no key that can verify a signature")]
    NoKey,
}
