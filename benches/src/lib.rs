//! What the benchmarks measure, and the allocator that counts.
//!
//! ```text
//! cargo bench -p benches                        all of them
//! cargo bench -p benches --bench authenticate   how long each takes, by criterion
//! cargo bench -p benches --bench overhead       how long beside a bare verification, turn by turn
//! cargo bench -p benches --bench allocations    what each allocates
//! ```
//!
//! Where others use the machine too, criterion's times of one run are not
//! comparable even with each other: it measures one operation after the other,
//! minutes apart. Quote `overhead`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

mod allocations;
mod operation;
mod workload;

pub use allocations::{Allocations, CountingAllocator};
pub use operation::Operation;
pub use workload::Workload;
