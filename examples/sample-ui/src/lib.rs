//! Four Tables: a small restaurant vote behind an Application Load Balancer
//! that signs users in, to try `alb-oidc` and to copy from.
//!
//! Its logic is written once: [`house`] answers a user, a form or a browser's request, and the pages
//! are functions from an `AuthenticatedUser` to HTML. [`axum_app`] and [`actix_app`] bring the
//! requests, each with its framework's own layers; [`embedded`] puts a local load balancer and a
//! development identity provider in front of either.

pub mod actix_app;
pub mod axum_app;
pub mod behind_alb;
pub mod embedded;
pub mod framework;
pub mod front_desk;
pub mod house;
pub mod me;
pub mod options;
pub mod page;
pub mod pages;
pub mod paths;
pub mod reply;
pub mod restaurants;
pub mod server;
pub mod votes;
