//! What the benchmarks measure, and how: thread CPU time in turns, and the allocator that counts.
//!
//! ```text
//! cargo bench -p benches                        all of the next eight
//! cargo bench -p benches --bench overhead       each operation beside a bare verification, turn by turn
//! cargo bench -p benches --bench instructions   each operation and rejection in instructions, by valgrind
//! cargo bench -p benches --bench rejections     every forgery of the test kit, by the reason of its refusal
//! cargo bench -p benches --bench layers         the layers, beside the same application without them
//! cargo bench -p benches --bench load           the sample app over HTTP, by wrk, with its layer and without
//! cargo bench -p benches --bench threads        two threads beside one
//! cargo bench -p benches --bench allocations    what each operation allocates
//! cargo bench -p benches --bench fleet          what many replicas ask of the key endpoint, and what keys and tables weigh
//! cargo bench -p benches --bench authenticate   each operation, by criterion
//! cargo bench --manifest-path benches/no-op-signature/Cargo.toml
//!                                               a decision whose message is hashed and not verified, and the hash alone
//! benches/compare                               beside other libraries, and the README's table
//! benches/figures                               all that the documents quote, into target/figures
//! cargo test -p benches --bench '*'             that they run, each for a moment
//! ```
//!
//! Times are CPU time: the thread's, and the process's of peers and of servers, their collectors of
//! garbage included. Where others use the machine too, even those of one run are not comparable if
//! they are minutes apart, as criterion's are: caches and clock rates are shared. Quote the others,
//! which compare what took turns within a round of some tens of milliseconds.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

mod allocations;
mod cpu_time;
mod key_endpoint;
mod operation;
mod rejections;
mod request;
mod rounds;
mod scene;
mod spread;
mod workload;

pub use allocations::{Allocations, CountingAllocator};
pub use cpu_time::{process_cpu_time, thread_cpu_time};
pub use key_endpoint::{KeyEndpoint, warm_authenticator};
pub use operation::Operation;
pub use rejections::Rejections;
pub use request::{Request, decide, header_of_unknown_key, hours_from_now, read_headers};
pub use rounds::{Rounds, Standings, is_bench};
pub use scene::Scene;
pub use spread::Spread;
pub use workload::{Ending, Workload};
