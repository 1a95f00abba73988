//! Four Tables: a small restaurant vote behind an Application Load Balancer
//! that signs users in, to try `alb-oidc` and to copy from.
//!
//! The pages are functions from an `AuthenticatedUser` to HTML and know no web
//! framework; [`app`] binds them to axum; [`embedded`] puts a local load
//! balancer and a development identity provider in front of it.

pub mod app;
pub mod behind_alb;
pub mod embedded;
pub mod front_desk;
pub mod me;
pub mod options;
pub mod page;
pub mod pages;
pub mod restaurants;
pub mod server;
pub mod votes;
