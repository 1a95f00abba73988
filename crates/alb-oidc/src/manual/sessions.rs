//! Sessions: what an application behind a load balancer knows of them, and what it does when one has
//! ended.
//!
//! The session is the load balancer's: a cookie of its own, which is good until the listener rule's
//! session timeout, or until the user signs out ([`SignOut`](crate::SignOut)). The application sees
//! requests, and each brings a new token.
//!
//! # What outlives its request
//!
//! The user of a WebSocket is who asked for it, however long it lasts. Close it when the token of that
//! request expires, two minutes later, and let the page open another: that one goes through the load
//! balancer, which looks whether there is still a session. If two minutes are too short, the time until
//! you notice that somebody has signed out, or has been locked out, is yours to choose; but choose one.
//! The same holds for event streams.
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
//! [`token_expires_at`](crate::AuthenticatedUser::token_expires_at) is 120 seconds after the
//! *request*. It bounds what outlives the request, as above, and nothing else:
//!
//! | not for | because |
//! |---|---|
//! | a timer that signs out, or warns of it | it would go off two minutes after each page. The end of the session is known to the load balancer alone |
//! | the lifetime of a cookie or session of your own | either it ends after two minutes, or it is renewed by each request and never does |
//! | the lifetime of a cached answer | what one user was told is `no-store` |
//! | how recently the user signed in | the token is new with each request. Ask the provider for `auth_time`, if it has that among its claims |
