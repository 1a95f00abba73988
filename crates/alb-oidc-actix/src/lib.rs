//! An actix-web middleware that authenticates users whom an AWS Application Load Balancer has
//! signed in, and extractors for them.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use actix_web::{App, HttpServer, web};
//! use alb_oidc_actix::{Authenticate, Authenticator, User};
//!
//! async fn hello(User(user): User) -> String {
//!     format!("hello {}", user.display_name())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // One rule of one load balancer: ALB_OIDC_ALB_ARN, ALB_OIDC_ISSUER, ALB_OIDC_CLIENT_ID.
//!     let authenticate = Authenticate::required(Authenticator::from_env()?); // once, for all workers
//!     let server = HttpServer::new(move || {
//!         let users = web::scope("").wrap(authenticate.clone()).route("/", web::get().to(hello));
//!         App::new()
//!             .route("/healthz", web::get().to(async || "ok")) // outside: health checks carry no token
//!             .service(users) // last, for its prefix takes every path
//!     });
//!     let server = server.keep_alive(Duration::from_secs(75)); // longer than the load balancer's 60
//!     Ok(server.bind("0.0.0.0:8080")?.run().await?)
//! }
//! ```
//!
//! # What the middleware does
//!
//! 1. Removes any [`AuthenticatedUser`] that is in the request's extensions already: nobody else
//!    may put one there.
//! 2. Marks the three `x-amzn-oidc-*` headers as sensitive, so that the request's `Debug` does not
//!    show them. It changes nothing else of the request, and never touches the body.
//! 3. Asks the [`Authenticator`]. If that gives a user, puts it into the extensions and calls the
//!    service.
//! 4. In [optional](Authenticate::optional) mode, calls the service without a user if, and only if,
//!    none of the three headers is there.
//! 5. Otherwise answers itself: 401 if the request does not prove a user, 503 if that cannot be
//!    told now. The [`RefusalResponder`] makes the response; the [`Refusal`] is left in its
//!    extensions, and `cache-control: no-store` is set unless the responder set another.
//!
//! A refusal is a response, `Ok`, and not an [`actix_web::Error`]: middleware around it sees the
//! status, headers and extensions that are sent, and has no error to make something else of.
//!
//! In [observe](Authenticate::observe) mode, for bringing the middleware into a running
//! application, it does the first two, tells the operator what it would have done, and calls the
//! service without a user, whatever came.
//!
//! An extractor that refuses answers with a problem document, a navigation too: the responder is the
//! middleware's, [`Pages`] included. It leaves its [`Refusal`] in the response's extensions.
//!
//! # Which users
//!
//! [`Authorize`] lets only those through who meet a [`Requirement`], before a scope, a resource or one
//! route; in a handler, [`Authorizer::authorize`] with `?` does.
//!
//! # For browsers
//!
//! [`Csrf`] refuses what other sites' pages ask for in a user's name, [`Endpoint`] signs out and tells
//! a page who the user is, and [`Pages`] shows people a page where programs get a problem document.
//!
//! [Middlewares in order](manual::layers) shows where each goes: for CORS, static assets, health
//! checks, error pages, sign-out and WebSockets.
//!
//! # On your own machine
//!
//! `examples/actix.rs`, with a login page and without an AWS account:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-actix --example actix
//! ```
//!
//! # Where to put it
//!
//! - **Build it in `main`, outside of the closure** that [`HttpServer`](actix_web::HttpServer)
//!   calls once a worker, and clone it inside: so the workers share one store of keys, which fetches
//!   them on `main`'s runtime, whatever the workers are busy with.
//! - **`wrap` on a scope or a resource** covers all that is in it, whether it is registered before
//!   or after the `wrap`: its routes, its default service, and what it answers with 404 or 405
//!   itself. Of another scope or resource it covers nothing, and of two that fit a path, the one
//!   that was registered first takes it.
//! - **`wrap` on `App`** covers everything, the default service and every 404 too, and leaves no
//!   room for a health check.
//! - **The last `wrap` runs first.** Wrap what looks at users, [`Authorize`] included, before this, and
//!   what logs or counts all requests after it. Guards of routes see a user only if `wrap` is further out than they are.
//! - An extractor on a route that no middleware covers answers 500, never "anonymous".
//!
//! **Set [`keep_alive`](actix_web::HttpServer::keep_alive) to more than the load balancer's idle
//! timeout**, which is 60 seconds unless it is changed, say to 75. actix-web's default of 5 seconds
//! closes connections that the load balancer is about to use again, and its answer to a request that
//! meets one is 502 ([AWS, *Troubleshoot your Application Load
//! Balancers*](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues)).
//!
//! Two things are actix-web's own. What is wrapped around this must not hold a clone of the
//! [`HttpRequest`](actix_web::HttpRequest) while it waits for the response: to change a request that
//! is shared is a panic, here as in routing. And `Expect: 100-continue` is answered before the
//! application is asked; who is refused then has been told to go on, and the body is left unread.
//!
//! # Optional users
//!
//! [`MaybeUser`] is the way to say that a user is optional. `Option<User>` compiles, and says
//! something else: actix-web implements [`FromRequest`](actix_web::FromRequest) for `Option<T>` of
//! any `T`, and makes `None` of any error, so a route that no middleware covers, which should be a
//! 500, looks like one where nobody is signed in. The same goes for `Either<User, …>`; with
//! `Result<User, Rejection>` the handler has to look itself.

#![forbid(unsafe_code)]

mod authorize;
mod browser;
mod csrf;
mod endpoint;
mod extract;
mod future;
#[cfg(doc)]
pub mod manual;
mod responder;
mod service;
mod transform;

pub use alb_oidc;
#[cfg(feature = "access-token")]
pub use alb_oidc::AccessTokenVerifier;
pub use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, AuthenticatorBuilder, Authorizer,
    ClientId, CognitoDomain, CognitoUserPool, ConfigError, CsrfProtection, Me, Pages, Refusal,
    Requirement, SignOut, Visitor,
};
pub use authorize::{Authorize, AuthorizeMiddleware};
pub use browser::browser_request;
pub use csrf::{Csrf, CsrfMiddleware};
pub use endpoint::Endpoint;
pub use extract::{Claims, MaybeUser, Rejection, User};
pub use future::ResponseFuture;
pub use responder::{ProblemJson, RefusalResponder, answer_response};
pub use service::{AuthenticateMiddleware, visitor};
pub use transform::Authenticate;
