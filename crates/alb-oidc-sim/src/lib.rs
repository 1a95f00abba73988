//! A local AWS Application Load Balancer that logs users in, and a development
//! identity provider for it to log them in with.
//!
//! An app behind an Application Load Balancer with an `authenticate-oidc`
//! action never sees a login. It sees three headers. This crate puts
//! the same thing in front of an app on a developer's machine or in a test: a
//! redirect to a login page, the way back, a session cookie, and then
//! every request with `x-amzn-oidc-data`, `x-amzn-oidc-identity` and
//! `x-amzn-oidc-accesstoken`, signed by a key that a key endpoint serves.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use alb_oidc_sim::{DevelopmentIdp, LocalAlb};
//!
//! let idp = DevelopmentIdp::builder().start().await?;
//! let alb = LocalAlb::builder("http://127.0.0.1:3000".parse()?)
//!     .authenticate(idp.authenticate_oidc())
//!     .forward("/healthz")
//!     .start()
//!     .await?;
//! println!("open {}; the app trusts {} with keys at {}", alb.url(), alb.signer().arn(), alb.key_url());
//! # Ok(())
//! # }
//! ```
//!
//! # What is as on AWS, and what is not
//!
//! The wire is: parameters and their order, cookies, headers, status codes, and
//! what is checked before what. Where AWS does not document something
//! and nobody has seen it, it is a setting, or its documentation says what was
//! chosen. Different on purpose:
//!
//! - It speaks plain HTTP, so redirect URLs begin with `http://`. Cookies are `Secure`
//!   all the same: browsers that trust `http://localhost` send them. The
//!   identity provider may be on plain HTTP too, as long as it is on loopback.
//! - Session cookies do not survive a restart, since their key does not.
//! - A failed login says why, in the response header [`ErrorReason::HEADER`].
//!
//! # This is a development tool
//!
//! Whoever reaches it signs in as whom they like. It listens on loopback only,
//! unless told otherwise by a method whose name says what one admits; it
//! does not answer under names of `amazonaws.com`; its signer's account is
//! `000000000000`; and its keys come from the operating system's CSPRNG at each
//! start, and are neither written nor logged.

#![forbid(unsafe_code)]

mod alb;
mod body;
mod cookie;
mod discovery;
mod error;
mod host;
mod identity;
mod idp;
mod key_endpoint;
mod listener;
mod login;
mod page;
mod provider;
mod proxy;
mod random;
mod reason;
mod rule;
mod seal;
mod serve;
mod session;
mod state;
mod upgrade;

pub use alb::{LocalAlb, LocalAlbBuilder};
pub use discovery::DiscoverError;
pub use error::StartError;
pub use idp::{DevelopmentIdp, DevelopmentIdpBuilder, DevelopmentUser};
pub use reason::ErrorReason;
pub use rule::{
    AuthenticateOidc, ClientIdentityHeaders, OnUnauthenticatedRequest, RuleError,
    TokenEndpointAuthMethod,
};
