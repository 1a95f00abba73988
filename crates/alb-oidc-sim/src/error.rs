//! Why something did not start.

use std::io;
use std::net::SocketAddr;

use crate::rule::RuleError;

/// A [`LocalAlb`](crate::LocalAlb) or a
/// [`DevelopmentIdp`](crate::DevelopmentIdp) could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not a loopback address, and the builder was not told that
    /// this is meant.
    #[error("{0} is not a loopback address: other machines could sign in as anybody")]
    NotLoopback(SocketAddr),
    /// The socket could not be bound.
    #[error("cannot listen on {address}: {kind}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The target is not an `http` URL with a host and nothing after it.
    #[error("the target is not http://host:port")]
    Target,
    /// The path of a rule is neither an absolute path nor one that ends in
    /// `/*`.
    #[error("the path of a rule is neither an absolute path nor a prefix ending in /*")]
    Path,
    /// A host name is malformed, or one of AWS's own.
    #[error("a host is not `name` or `name:port`, or belongs to amazonaws.com")]
    Host,
    /// The authenticate action has a setting that a load balancer refuses.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The issuer or the client identifier cannot be put into a token.
    #[error("the issuer or the client id cannot be put into a token: {0}")]
    Identity(String),
    /// A client, redirect path, redirect URI or logout URI of the identity
    /// provider is malformed, or a user is there twice.
    #[error("the development IdP's {0} is malformed or there twice")]
    Idp(&'static str),
    /// The HTTP client for the identity provider could not be made, for want of
    /// a certificate store for example.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
    /// The operating system gave no randomness, or a key could not be made from
    /// it.
    #[error("a key could not be generated")]
    Key,
}

impl From<aws_lc_rs::error::Unspecified> for StartError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Key
    }
}
