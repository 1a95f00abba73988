//! All that the app promises, on axum.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod suite;

use sample_ui::framework::Framework;

const FRAMEWORK: Framework = Framework::Axum;
