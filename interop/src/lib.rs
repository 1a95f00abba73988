//! Other people's test material, and what becomes of it: the inputs of [`json_suite`], and the
//! [`cases`] that another verifier judges beside ours.
//!
//! Functions of this crate panic on misuse, as a test would.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub mod cases;
pub mod invalid_utf8;
pub mod json_suite;
mod mint;
mod object;
mod policy;
mod random;
mod verdict;

pub use verdict::Verdict;
