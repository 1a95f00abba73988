//! Keys over real sockets and real TLS: whom the fetcher believes, and what the endpoint's bad days
//! do to a request.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bench;
mod bodies;
mod certificates;
mod endpoint;
mod environment;
mod faults;
mod proxy;
