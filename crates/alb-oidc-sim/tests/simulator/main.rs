//! Provider, load balancer and target on real sockets, in one test binary so that they share a harness.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test and its harness may stop at once"
)]

mod development_idp;
#[cfg(unix)]
mod example;
mod harness;
mod headers;
mod login;
mod session;
mod start;
mod streaming;
mod subject;
mod tokens;
mod traces;
mod verified;
