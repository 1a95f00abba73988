//! For tests of applications behind an AWS Application Load Balancer, and of `alb-oidc` itself.
//!
//! - [`user`]: a user for a handler's unit test; and `user_in_groups`, behind the feature
//!   `access-token`.
//! - [`SimulatedAlb`]: signs users in to a whole application, with tokens that are an ALB's to the
//!   byte.
//! - [`KeyServer`]: a key endpoint on the loopback interface that counts what it is asked, and
//!   fails on command.
//! - [`ManualClock`]: a wall clock set by hand.
//! - [`Forgery`]: every attack that the verifier knows, by name.
//! - `vectors`, behind the feature of that name: the table and more, for verifiers in any language.
//! - [`conformance`]: headers in, outcome out: the table that each adapter is run against.
//!
//! Everything is minted and verified for real; production code has no door for tests.
//!
//! Functions of this crate panic on misuse, as a test would.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test kit fails a test by panicking"
)]

mod alb;
mod clock;
pub mod conformance;
mod forgery;
mod genuine;
mod key_server;
mod minter;
mod provider_key;
mod signing_key;
mod user;
#[cfg(feature = "vectors")]
pub mod vectors;

pub use alb::{SimulatedAlb, SimulatedAlbBuilder};
pub use clock::ManualClock;
pub use forgery::Forgery;
pub use key_server::{Fault, KeyServer};
pub use minter::HeaderLines;
pub use provider_key::ProviderKey;
pub use user::user;
#[cfg(feature = "access-token")]
pub use user::user_in_groups;
