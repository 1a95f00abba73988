//! All that the app promises, on actix-web.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod suite;

use sample_ui::framework::Framework;

const FRAMEWORK: Framework = Framework::Actix;
