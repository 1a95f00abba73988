//! Layers in order: where each goes, shown as code. The code is that of
//! `crates/alb-oidc-tower/tests/layer_order`, which asks each of these applications what it answers to
//! whom.
//!
//! From the outside in:
//!
//! | | layer or route | because |
//! |---|---|---|
//! | 1 | headers for every response: security policies, request ids, logs | refusals carry them as well |
//! | 2 | CORS | it answers preflights, which carry no identity, and lets the other origin read refusals |
//! | 3 | [`CsrfLayer`](crate::CsrfLayer) | it is cheap, and what is refused there costs no verification; sign-out needs it too |
//! | 4 | routes for everyone: health checks, assets, sign-out and where it leads | those who ask have no token, or none that is still good |
//! | 5 | [`AuthenticateLayer`](crate::AuthenticateLayer) | whatever stands inside knows the user |
//! | 6 | fallbacks and error pages | strangers do not learn which paths there are |
//! | 7 | routes for users | |
//!
//! In axum, what is added to a router *later* is further *out*: `layer` wraps the routes and the
//! fallback that are there already, and no other.
//!
//! What an application lets in without a token, the load balancer has to let through: a listener rule
//! of higher priority with the same paths, that forwards and does not authenticate.
//!
//! # Health checks and static assets
//!
//! The load balancer's own health checks carry no token, and go past its rules: the application has to
//! answer them. Assets need a rule as above. `tower-http`'s `ServeDir` stands where the style sheet
//! does here.
#![doc = concat!("```\n", include_str!("../../tests/layer_order/open_paths.rs"), "\n```")]
//!
//! # Error pages
//!
//! People get a page and scripts JSON, of whatever the layer refuses. The fallback is set *before* the
//! layer, so a stranger gets 401 for each path, there or not.
#![doc = concat!("```\n", include_str!("../../tests/layer_order/error_pages.rs"), "\n```")]
//!
//! # Sign-out, and who am I
//!
//! [`SignOut`](crate::SignOut) says what the load balancer needs for it. The page calls it by a form:
//! `<form method="post" action="/signout"><button>Sign out</button></form>`.
#![doc = concat!("```\n", include_str!("../../tests/layer_order/sign_out.rs"), "\n```")]
//!
//! # CORS
//!
//! For pages of another origin that call this one with the user's cookie. Three have to agree: CORS
//! lets them read the answers, CSRF protection lets them ask, and the load balancer lets their
//! preflights through. Those are `OPTIONS` without a cookie, so an authenticating rule would answer them
//! with a redirect to the login page, and browsers follow none: add a rule for the request method
//! `OPTIONS` that forwards.
#![doc = concat!("```\n", include_str!("../../tests/layer_order/cors.rs"), "\n```")]
//!
//! # WebSockets
//!
//! A WebSocket begins as a `GET`, which browsers let every site send, with the user's cookie and
//! without a preflight. [`CsrfLayer`](crate::CsrfLayer) checks it like a `POST`.
//!
//! Its user is who asked for it, however long it lasts. Close it when the token of that request
//! expires, two minutes later, and let the page open another: that one goes through the load balancer,
//! which looks whether there is still a session. If two minutes are too short, the time until you
//! notice that somebody has signed out, or has been locked out, is yours to choose; but choose one. The
//! same holds for event streams.
//!
//! (Here on plain connections. With axum's feature `ws` it is `upgrade.on_upgrade(async move |socket| {
//! timeout(left, talk(socket)).await; })`.)
#![doc = concat!("```\n", include_str!("../../tests/layer_order/websocket.rs"), "\n```")]
//!
//! # `fetch`, and a session that has ended
//!
//! When a session has ended, the load balancer does not ask the application: it answers with a redirect
//! to the login page. That is another site's, so a `fetch` that follows it ends with a CORS error that
//! says nothing. Do not follow it, and let the browser go there itself:
//!
//! ```js
//! async function ask(path, options = {}) {
//!   const response = await fetch(path, { ...options, redirect: "manual" });
//!   if (response.type === "opaqueredirect" || response.status === 401) {
//!     location.reload(); // through the load balancer, by way of the login page, and back
//!     return new Promise(() => {}); // this page is on its way out
//!   }
//!   return response;
//! }
//! ```
//!
//! The 401 is the application's own: the request reached it without a token that is good. The page has
//! to be on an authenticating rule itself. One that is not (a single-page application among the static
//! assets) would be reloaded for ever: send it to a path on such a rule, whose handler leads back to a
//! fixed place.
//!
//! A rule whose `OnUnauthenticatedRequest` is `deny` answers 401 only to those who never had a session;
//! who had one gets the redirect all the same.
//!
//! # When the token expires
//!
//! [`token_expires_at`](alb_oidc::AuthenticatedUser::token_expires_at) is 120 seconds after the
//! *request*. It bounds what outlives the request, as above, and nothing else:
//!
//! | not for | because |
//! |---|---|
//! | a timer that signs out, or warns of it | it would go off two minutes after each page. The end of the session is known to the load balancer alone |
//! | the lifetime of a cookie or session of your own | either it ends after two minutes, or it is renewed by each request and never does |
//! | the lifetime of a cached answer | what one user was told is `no-store` |
//! | how recently the user signed in | the token is new with each request. Ask the provider for `auth_time`, if it has that among its claims |
