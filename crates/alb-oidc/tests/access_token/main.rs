//! Access tokens beside the load balancer's own: which of them say something, and how the keys that
//! tell are fetched and kept.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod authorization;
mod bench;
mod configuration;
mod endpoint;
mod keys;
mod metrics;
mod outages;
#[path = "../key_store/recorder.rs"]
mod recorder;
mod refusals;
mod users;
mod wire;
