//! Middlewares in order: where each goes, shown as code. The code is that of
//! `crates/alb-oidc-actix/tests/layer_order`, which asks each of these applications what it answers to
//! whom.
//!
//! What holds whatever the framework (an ended session and `fetch`, and what the time when a token
//! expires is for) is on the page on sessions in the manual of [`alb_oidc`].
//!
//! From the outside in:
//!
//! | | middleware or route | because |
//! |---|---|---|
//! | 1 | headers for every response: security policies, request ids, logs | refusals carry them as well |
//! | 2 | CORS | it answers preflights, which carry no identity, and lets the other origin read refusals |
//! | 3 | [`Csrf`](crate::Csrf) | it is cheap, and what is refused there costs no verification; sign-out needs it too |
//! | 4 | routes for everyone: health checks, assets, sign-out and where it leads | those who ask have no token, or none that is still good |
//! | 5 | [`Authenticate`](crate::Authenticate) | whatever stands inside knows the user |
//! | 6 | default services and error pages | strangers do not learn which paths there are |
//! | 7 | routes for users, and [`Authorize`](crate::Authorize) around those that are not for all of them | |
//!
//! In actix-web, of what is wrapped around the same, the *later* is further *out*. On
//! [`App`](actix_web::App) it is around everything. Routes for everyone therefore stand beside a scope
//! with an empty prefix that has the users', and *before* it: of two services that fit a path, the
//! first takes it.
//!
//! What an application lets in without a token, the load balancer has to let through: a listener rule
//! of higher priority with the same paths, that forwards and does not authenticate.
//!
//! # Health checks and static assets
//!
//! The load balancer's own health checks carry no token, and go past its rules: the application has to
//! answer them. Assets need a rule as above. `actix-files`' `Files` stands where the style sheet does
//! here.
#![doc = concat!("```\n", include_str!("../../tests/layer_order/open_paths.rs"), "\n```")]
//!
//! # Error pages
//!
//! People get a page and scripts JSON, of whatever the middleware refuses; an extractor answers
//! everybody in JSON. Around [`App`](actix_web::App), the middleware covers the default service too, so
//! a stranger gets 401 for each path, there or not.
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
//! without a preflight. [`Csrf`](crate::Csrf) checks it like a `POST`.
//!
//! Close it when the token of its request expires: the page on sessions says why.
//!
//! (Here on plain connections. With `actix-ws` it is its `Session` that is closed then.)
#![doc = concat!("```\n", include_str!("../../tests/layer_order/websocket.rs"), "\n```")]
