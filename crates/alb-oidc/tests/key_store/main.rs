//! The key store on paused time: who waits, what is fetched, and what becomes of requests on the endpoint's bad days.
//!
//! All requests go through an authenticator, for only a token that names a trusted signer asks for a key. The endpoint is in memory, and the wall clock stands still.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bench;
#[path = "../wire/bodies.rs"]
mod bodies;
mod bounds;
mod crowds;
mod diagnosis;
mod fault_matrix;
mod fetcher;
mod flood;
mod freezes;
mod lifetimes;
mod metrics;
mod negatives;
mod outages;
mod recorder;
mod runtimes;
mod separation;
mod single_flight;
mod tables;
mod withdrawal;
