//! What must hold whatever bytes come in.
//!
//! One function a fuzz target. Each asserts more than the absence of a crash,
//! and fails by panicking. `cargo test` calls them on the checked-in corpus,
//! the fuzzer on what it makes of it.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a property fails by panicking"
)]

mod choices;
mod config;
mod curve;
mod decision;
mod end_to_end;
mod grammar;
mod header;
mod json;
mod judgement;
mod key_endpoint;
mod payload;
mod public_key;
mod reference;
mod signer;
mod signing_key;
mod spelling;
mod token;
mod url;

pub use config::config;
pub use end_to_end::end_to_end;
pub use header::header;
pub use payload::payload;
pub use public_key::public_key;
pub use signer::NOW;
pub use spelling::spellings;
pub use token::token;

/// A property: passes, or panics.
pub type Property = fn(&[u8]);

/// All properties by the names of their fuzz targets, which are also those of
/// their folders in the corpus.
pub const ALL: [(&str, Property); 6] = [
    ("config", config),
    ("end_to_end", end_to_end),
    ("header", header),
    ("payload", payload),
    ("public_key", public_key),
    ("token", token),
];
