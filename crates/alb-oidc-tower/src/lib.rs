//! A tower layer that authenticates users whom an AWS Application Load Balancer has signed in, and
//! axum extractors for them.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use alb_oidc_tower::{Authenticator, AuthenticateLayer, ConfigError, User};
//! use axum::{Router, routing::get};
//!
//! // One rule of one load balancer: ALB_OIDC_ALB_ARN, ALB_OIDC_ISSUER, ALB_OIDC_CLIENT_ID.
//! fn app() -> Result<Router, ConfigError> {
//!     let authenticator = Authenticator::from_env()?;
//!     Ok(Router::new()
//!         .route("/", get(async |User(user): User| format!("hello {}", user.display_name())))
//!         .layer(AuthenticateLayer::required(authenticator))
//!         .route("/healthz", get(async || "ok"))) // after the layer: health checks carry no token
//! }
//! # }
//! ```
//!
//! # What the layer does
//!
//! 1. Removes any [`AuthenticatedUser`] that is in the request's extensions already: nobody else
//!    may put one there.
//! 2. Marks the three `x-amzn-oidc-*` headers as sensitive, so that logs of the request do not show
//!    them. It changes nothing else of the request, and never touches the body.
//! 3. Asks the [`Authenticator`]. If that gives a user, puts it into the extensions and calls the
//!    service.
//! 4. In [optional](AuthenticateLayer::optional) mode, calls the service without a user if, and
//!    only if, none of the three headers is there.
//! 5. Otherwise answers itself: 401 if the request does not prove a user, 503 if that cannot be
//!    told now. The [`Responder`] makes the response; the [`Refusal`] is left in its extensions,
//!    and `cache-control: no-store` is set unless the responder set another.
//!
//! In [observe](AuthenticateLayer::observe) mode, for bringing the layer into a running application,
//! it does the first two, tells the operator what it would have done, and calls the service without
//! a user, whatever came.
//!
//! An extractor that refuses answers with a problem document of the same form, whatever the layer's
//! responder, and leaves its [`Refusal`] in the response's extensions.
//!
//! [`ProblemJson`], the default responder, serves bodies that are made from a `&'static str`:
//! axum's, `http_body_util::Full` and the like. For tonic there is [`GrpcStatus`].
//!
//! # For browsers
//!
//! [`CsrfLayer`] refuses what other sites' pages ask for in a user's name, [`Endpoint`] signs out and
//! tells a page who the user is, and [`Pages`] shows people a page where programs get a problem
//! document.
//!
//! # Where to put it
//!
//! `Router::layer` after all routes that it is for, and before those that it is not for.
//! `Router::route_layer` does not run for fallbacks or for routes that are added later.
//! An extractor on a route that no layer covers answers 500, never "anonymous".
//!
//! [Layers in order](manual::layers) shows it for CORS, static assets, health checks, error pages,
//! sign-out and WebSockets.

#![forbid(unsafe_code)]

#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod browser;
mod csrf;
mod endpoint;
#[cfg(feature = "axum")]
mod extract;
mod future;
mod layer;
#[cfg(all(doc, feature = "axum"))]
pub mod manual;
mod responder;
mod service;

pub use alb_oidc;
pub use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, ConfigError, CsrfProtection, Me, Pages,
    Refusal, SignOut,
};
pub use browser::browser_request;
pub use csrf::{Csrf, CsrfLayer};
pub use endpoint::Endpoint;
#[cfg(feature = "axum")]
pub use extract::{Claims, MaybeUser, Rejection, User};
pub use future::ResponseFuture;
pub use layer::AuthenticateLayer;
pub use responder::{GrpcStatus, ProblemJson, Responder, sign_out};
pub use service::Authenticate;
