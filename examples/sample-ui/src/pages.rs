//! The pages, each a pure function from what it shows to a
//! [`Page`](crate::page::Page).

mod account;
mod admin;
mod groups;
mod home;
mod notice;
mod signed_out;

pub use admin::admin;
pub use home::{Visit, home};
pub use notice::Notice;
pub use signed_out::signed_out;
