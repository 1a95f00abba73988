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
//!    told now. The [`RefusalResponder`] makes the response; the [`Refusal`] is left in its extensions,
//!    and `cache-control: no-store` is set unless the responder set another.
//!
//! In [observe](AuthenticateLayer::observe) mode, for bringing the layer into a running application,
//! it does the first two, tells the operator what it would have done, and calls the service without
//! a user, whatever came.
//!
//! An extractor that refuses answers with a problem document, a navigation too: the responder is the
//! layer's, [`Pages`] included. It leaves its [`Refusal`] in the response's extensions.
//!
//! [`ProblemJson`], the default responder, serves bodies that are made from a `&'static str`:
//! axum's, `http_body_util::Full` and the like.
//!
//! # Which users
//!
//! [`AuthorizeLayer`] lets only those through who meet a [`Requirement`], before a whole router or
//! one route; in a handler, [`Authorizer::authorize`] with `?` does.
//!
//! # For browsers
//!
//! [`CsrfLayer`] refuses what other sites' pages ask for in a user's name, [`Endpoint`] signs out and
//! tells a page who the user is, and [`Pages`] shows people a page where programs get a problem
//! document.
//!
//! [Layers in order][manual::layers] shows where each goes: for CORS, static assets, health checks,
//! error pages, sign-out and WebSockets.
//!
//! # axum
//!
//! The layer, and the extractors [`User`], [`MaybeUser`] and [`Claims`]: `examples/axum.rs`. On
//! your own machine, with a login page and without an AWS account:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example axum
//! ```
//!
//! ## Where to put it
//!
//! `Router::layer`, after all routes and fallbacks that are for users, and before those that are
//! for anybody. And take the user as an argument of each handler that is for users: behind no
//! layer, or one that was forgotten, an extractor answers 500, never "anonymous".
//!
//! | | covers | does not cover |
//! |---|---|---|
//! | `Router::layer` | routes before it, their 405, a fallback before it, what is missing (404) | routes and fallbacks after it |
//! | `Router::route_layer` | routes before it, their 405 | **any fallback**, what is missing, routes after it |
//! | a layer inside of what is `nest`ed | its routes, their 405, a fallback of its own | what is missing in it, the router around it |
//! | a layer around what is `nest`ed | all of it, as if its routes were there | what is nested after it |
//! | a layer inside of what is `merge`d | its routes, their 405; **and what is missing in the whole application**, unless another fallback is set | the other router's routes and their 405 |
//! | `MethodRouter::layer` | the methods and the fallback before it | methods and a fallback after it |
//! | around the whole: `layer.layer(router)` | everything | |
//!
//! A path without a handler that the layer covers is 401 for nobody, and 404 or 405 for a user: an
//! application tells nobody what it has. Where it does not cover a fallback, that runs for anybody.
//!
//! # hyper, and everything else on tower
//!
//! [`AuthenticateLayer`] is a [`Layer`](tower_layer::Layer) around any service of
//! [`http::Request`]s; behind it, `visitor(request.extensions()).user()` is the user, or the
//! [`Refusal`] to answer with ([`visitor`]): `examples/hyper.rs`.
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example hyper
//! ```
//!
//! # tonic
//!
//! With the responder [`GrpcStatus`], a refused call is HTTP 200 with `grpc-status: 16`
//! (`UNAUTHENTICATED`), or 14 (`UNAVAILABLE`) if nobody can tell now. tonic's
//! `LayerExt::named_layer` puts the layer around one service, so that the health service stands
//! beside it: `examples/tonic.rs`. A method asks for the user as above, and makes a `Status` of the
//! refusal's [`grpc_status`](alb_oidc::Problem::grpc_status): 13 (`INTERNAL`) where no layer is. The
//! load balancer has to speak HTTP/2 to the target (a target group of protocol version gRPC).
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example tonic
//! ```
//!
//! # AWS Lambda
//!
//! A function as a load balancer's target is the same application, run by `lambda_http`:
//! `examples/lambda.rs`. Off Lambda it answers an event from standard input:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example lambda < crates/alb-oidc-tower/examples/alb-event.json
//! ```
//!
//! - Turn **multi-value headers** on for the target group. Without them the load balancer sends only
//!   the last of several headers of one name, so a request with two tokens looks like one with the
//!   last of them. That one is verified like every other; only the check that there is no second
//!   has nothing to look at.
//! - Build the [`Authenticator`] once, outside of the handler: it keeps the keys.
//! - Of `lambda_http`, enable the feature `alb` and no other event source: in API Gateway's events,
//!   it lets the single value of a header replace its list.
//! - Between two invocations the process stands still, a fetch of a key included. A request that
//!   waits for a key is an invocation under way, so only a refresh in the background is cut off.
//!   The key is served all the same, and the refresh tried again after a minute. At the end of the
//!   key's [hard lifetime](alb_oidc::KeyStoreSettings::hard_lifetime), a request waits for the
//!   fetch.
//! - A request may wait for a key for
//!   [3.2 seconds](alb_oidc::KeyStoreSettings::flight_timeout), and as long again for the issuer's
//!   keys where access tokens are verified: the function's timeout, which is 3
//!   seconds if nobody sets it, must be longer. In a VPC, the function needs a way to the key
//!   endpoint.
//!
// What is behind the feature, where it is off.
#![cfg_attr(
    not(feature = "axum"),
    doc = "[`User`]: #axum\n[`MaybeUser`]: #axum\n[`Claims`]: #axum\n[manual::layers]: #axum"
)]
#![forbid(unsafe_code)]

mod authorize;
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
#[cfg(feature = "access-token")]
pub use alb_oidc::AccessTokenVerifier;
pub use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, AuthenticatorBuilder, Authorizer,
    ClientId, CognitoDomain, CognitoUserPool, ConfigError, CsrfProtection, Me, Pages, Refusal,
    Requirement, SignOut, Visitor,
};
pub use authorize::{Authorize, AuthorizeLayer};
pub use browser::browser_request;
pub use csrf::{Csrf, CsrfLayer};
pub use endpoint::Endpoint;
#[cfg(feature = "axum")]
pub use extract::{Claims, MaybeUser, Rejection, User};
pub use future::ResponseFuture;
pub use layer::AuthenticateLayer;
pub use responder::{GrpcStatus, ProblemJson, RefusalResponder, answer_response};
pub use service::{Authenticate, visitor};
