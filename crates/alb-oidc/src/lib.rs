//! Decides who is calling an application behind an AWS Application Load Balancer (ALB).
//!
//! When a listener rule signs a user in (`authenticate-oidc`, `authenticate-cognito`), the load
//! balancer adds `x-amzn-oidc-data` to each request: a token with the user's claims, signed with
//! ES256. This crate verifies it and gives a typed [`AuthenticatedUser`], or a typed error. It
//! names no web framework: `alb-oidc-tower` is for axum, hyper and tonic, `alb-oidc-actix` for
//! actix-web.
//!
//! ```
//! use alb_oidc::{Authenticator, ClientId, Issuer, OidcHeaders, Signer, TrustPolicy, TrustedRule};
//!
//! # #[cfg(all(feature = "http-client", feature = "aws-lc-rs"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188".parse()?;
//! let rule = TrustedRule::new(
//!     Signer::exact(arn),
//!     Issuer::new("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE")?,
//!     ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?,
//! );
//! let authenticator = Authenticator::builder(TrustPolicy::from(rule)).build()?;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let request_headers = [("x-amzn-oidc-data", "not.a.token")];
//! let headers = OidcHeaders::from_lookup(|name| {
//!     request_headers.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value.as_bytes())
//! });
//! assert!(authenticator.authenticate(headers).await.is_err());
//! # });
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "http-client", feature = "aws-lc-rs")))]
//! # fn main() {}
//! ```
//!
//! # What decides
//!
//! In this order; the first that fails ends it. Nothing before the ninth makes any input or output.
//!
//! 1. Each of the three headers is there once or not at all, at most 16,384 bytes long, in
//!    printable ASCII; none of the others without `x-amzn-oidc-data` ([`OidcHeaders`]).
//! 2. The token is three non-empty segments ([`UnverifiedToken`]).
//! 3. Its signature is 64 bytes in base64url, with canonical padding or none.
//! 4. Its header is base64url likewise, and one JSON object without a member twice, at any depth
//!    ([`JoseHeader`]).
//! 5. `alg` is `ES256`; `typ`, if there, is `JWT`; there is no `crit`, `b64`, `jwk`, `jku` or
//!    `x5*`; `kid` is a UUID in lower case; `signer` is the ARN of an Application Load Balancer.
//! 6. `signer`, `iss` and `client` fit one rule of the [`TrustPolicy`], all three the same one.
//! 7. `exp` is not past. `nbf` and `iat`, if there, are not to come. The header is the only
//!    authority on `exp` and `iss`.
//! 8. The token is now an [`AdmittedToken`]: worth one key lookup, and not authentic.
//! 9. The key of that id, of the region in the trusted rule, is held, or fetched ([`KeyStore`]).
//! 10. The signature is that key's, over the text as it was received, padding included. High and
//!     low `s` are alike.
//! 11. The payload is base64url and one JSON object without a member twice (but for `exp` and
//!     `iss`, which the ALB adds), with a `sub`; `nbf` and `iat` as above.
//! 12. `x-amzn-oidc-identity`, if there, is the signed `sub`. The token is now a [`VerifiedToken`],
//!     and turns into an [`AuthenticatedUser`].
//!
//! What fails at 1 to 8, or at 10 to 12, is a 401; so is a key id that an endpoint does not know
//! which has served others. A key that cannot be had is a 503, never a 401, and never let in
//! ([`AuthenticateError::disposition`]).
//!
//! # Groups and scopes
//!
//! The load balancer's token has what the identity provider's userinfo endpoint said, and with
//! Cognito no groups are in there. They are in the access token, which the load balancer passes
//! along and does not sign. Whoever believes it unverified believes anybody who reaches the
//! application.
//!
//! With the feature `access-token` it is verified by its own signature, against the issuer's keys,
//! once the load balancer's token has been:
//!
//! ```
//! # #[cfg(all(feature = "access-token", feature = "http-client", feature = "aws-lc-rs"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use alb_oidc::{AccessTokenVerifier, Authenticator, ClientId, CognitoUserPool, Issuer, Signer, TrustPolicy, TrustedRule};
//!
//! let pool: CognitoUserPool = "eu-west-1_AbCdEf123".parse()?;
//! let rule = TrustedRule::new(
//!     Signer::exact("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188".parse()?),
//!     Issuer::cognito(&pool),
//!     ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?,
//! );
//! let authenticator = Authenticator::builder(TrustPolicy::from(rule))
//!     .verify_access_tokens(AccessTokenVerifier::cognito(&pool))
//!     .build()?;
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "access-token", feature = "http-client", feature = "aws-lc-rs")))]
//! # fn main() {}
//! ```
//!
//! Then [`AuthenticatedUser::groups`] and [`scopes`](AuthenticatedUser::scopes) are known; or not,
//! with the reason as [`AccessTokenError`]. That decides nothing about who the user is: one without
//! an access token, with a forged one, or while the issuer's keys cannot be had, is signed in all
//! the same, and only what asks for groups fails: with `?`, for an [`AccessTokenError`] becomes a
//! [`Refusal`].
//!
//! # Who of them is let in
//!
//! Whoever has an account at the identity provider is a user. An [`Authorizer`] asks more of them: a
//! [`Requirement`] of e-mail domains and addresses, subjects, groups, scopes and claims. What is not
//! known of a user denies.
//!
//! # What is left to the deployment
//!
//! - **Pin the signer.** All load balancers of a region, of every AWS account, sign with the same
//!   keys. The policy cannot be built without a signer; make it yours.
//! - **Restrict the security group** of the targets to the load balancer. A token is valid for 120
//!   seconds wherever it is presented: whoever has seen one, and reaches the target directly, can
//!   use it until then.
//! - **Put every route behind an authenticating rule**, or behind none. What the load balancer does
//!   with a client's own `x-amzn-oidc-*` headers on other rules is not documented.
//!
//! # Manual
//!
//! - [Threat model](manual::threat_model): who attacks, what each check is for, why they stand in
//!   this order, and what is left over.
//! - [Defaults](manual::defaults): every default and every limit, with its reason and the way to
//!   change it.
//! - [Sessions](manual::sessions): what outlives its request, and what a page's script does when the
//!   session has ended.
//!
//! # Features
//!
//! - `aws-lc-rs` (default): verifies with [aws-lc-rs](https://docs.rs/aws-lc-rs).
//! - `p256`: verifies in pure Rust. Beside `aws-lc-rs` it switches nothing by itself:
//!   [`CryptoBackend`] does. Alone it is the default backend, until another crate of the
//!   application enables `aws-lc-rs`; name the backend if that matters. (`http-client` brings
//!   aws-lc-rs for TLS, whatever verifies.)
//! - `p256-tables`: `p256`, and one more backend, `CryptoBackend::P256Tables`. It computes multiples
//!   of each key in use, and with them takes about half the time of aws-lc-rs
//!   ([alb-oidc-p256-tables](https://docs.rs/alb-oidc-p256-tables)). It is never the default.
//! - `http-client` (default): fetches keys with [reqwest](https://docs.rs/reqwest) and rustls.
//!   Without it, give [`StaticKeys`] or a [`KeyFetcher`] of your own.
//! - `access-token`: verifies `x-amzn-oidc-accesstoken` too, Cognito's and JWTs of
//!   [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068), with
//!   [jsonwebtoken](https://docs.rs/jsonwebtoken) and aws-lc-rs. It adds `AccessTokenVerifier` and
//!   the builder's `verify_access_tokens`; see [above](#groups-and-scopes).
//! - `metrics`: what became of requests and of key fetches, through the facade
//!   [metrics](https://docs.rs/metrics). Never an identity.
//! - `tracing` (default): rejections and key fetches as events of the target `alb_oidc`. Never an
//!   identity.

#![forbid(unsafe_code)]

mod access_token;
mod answer;
mod arn;
mod authenticator;
mod authority;
mod authorization;
mod base64url;
mod browser;
mod claims;
mod cognito;
mod condition;
mod csrf;
pub mod danger;
mod denial;
mod email;
mod error;
mod expected_header;
mod headers;
mod hex;
mod inline;
mod jose;
mod json;
mod keys;
#[cfg(doc)]
pub mod manual;
mod me;
mod meter;
mod origin;
mod outcomes;
mod pages;
mod policy;
#[cfg(feature = "p256-tables")]
mod precomputation;
mod problem;
mod query;
mod quota;
mod refusal;
mod requirement;
mod sign_out;
mod signature;
mod time;
mod token;
mod trace;
mod tripwire;
mod truth;
mod user;
mod visitor;

#[cfg(feature = "access-token")]
pub use access_token::AccessTokenVerifier;
pub use access_token::{AccessTokenError, UnverifiedAccessToken, VerifiedAccessToken};
pub use answer::Answer;
pub use arn::{AccountId, LoadBalancerArn, LoadBalancerName, Partition, Region};
pub use authenticator::{Authentication, Authenticator, AuthenticatorBuilder};
pub use authorization::{Authorizer, AuthorizerStats};
pub use browser::BrowserRequest;
pub use claims::{LinkedIdentity, UserClaims, UserId};
pub use cognito::{CognitoDomain, CognitoUserPool};
pub use csrf::{CrossOrigin, CsrfProtection};
pub use denial::{Denial, DenialCause};
pub use error::{
    ArnError, AuthenticateError, ClaimsError, ConfigError, Disposition, EncodingError, FetchError,
    HeaderFault, HeadersError, JsonError, JsonKind, KeyError, KeyIdError, KeySetError,
    PublicKeyError, Segment, TokenError,
};
pub use headers::OidcHeaders;
pub use jose::{JoseHeader, KeyId};
pub use keys::{
    EndpointState, FetchFuture, KeyDiagnosis, KeyFetcher, KeyFuture, KeyLookup, KeyOwner,
    KeyRequest, KeyResponse, KeySource, KeyStore, KeyStoreBuilder, KeyStoreSettings, KeyStoreStats,
    KeyUrl, StaticKeys,
};
#[cfg(feature = "http-client")]
pub use keys::{HttpFetcher, HttpFetcherBuilder};
pub use me::Me;
#[cfg(feature = "metrics")]
pub use meter::describe_metrics;
pub use outcomes::AuthenticatorStats;
pub use pages::Pages;
pub use policy::{ClientId, Issuer, Signer, TrustPolicy, TrustedRule};
pub use problem::Problem;
pub use refusal::Refusal;
pub use requirement::Requirement;
pub use sign_out::{SessionCookieName, SignOut};
pub use signature::{CryptoBackend, PublicKey};
pub use time::{Clock, ClockError, SystemClock, UnixTime};
pub use token::{AdmittedToken, UnverifiedToken, VerifiedToken};
pub use user::AuthenticatedUser;
pub use visitor::{Need, Visitor};
