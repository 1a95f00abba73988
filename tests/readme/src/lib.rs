//! That the README's code compiles, and does what it says: its blocks are this crate's doctests.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
