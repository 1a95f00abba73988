//! The manual: pages to read, and nothing to call.
//!
//! - [`threat_model`]: who attacks, what each check is for, why they stand in this order, and what
//!   is left over. With ALBeast in ten lines, for whoever has to explain it.
//! - [`defaults`]: every default and every limit, with its reason and the way to change it. A
//!   test compares its numbers with the code; those that other pages repeat follow it.
//! - [`sessions`]: what outlives its request, what a page's script does when the session has ended,
//!   and what the time when a token expires is for.
//!
//! What decides yes or no, step by step, is on the [front page](crate#what-decides).

pub mod defaults;
pub mod sessions;
pub mod threat_model;
