//! The pages, each a pure function from what it shows to a
//! [`Page`](crate::page::Page).

mod home;
mod notice;
mod signed_out;

pub use home::{Visit, home};
pub use notice::{Notice, PROBLEM_TYPE};
pub use signed_out::signed_out;
