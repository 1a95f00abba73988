//! The manual: pages to read, and nothing to call.
//!
//! - [`layers`]: the right order of layers for CORS, static assets, health checks, error pages,
//!   sign-out and WebSockets.
//!
//! The manual of [`alb_oidc`] has the threat model, and every default and limit.

pub mod layers;
