//! What a decision allocates: a table, one line an operation.

use benches::{CountingAllocator, Operation, Workload};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    println!(
        "{:<26}{:>14}{:>14}",
        "per operation", "allocations", "bytes"
    );
    for operation in Operation::ALL {
        let mut workload = operation.workload();
        let before = ALLOCATOR.so_far();
        workload.run_all();
        let total = ALLOCATOR.so_far() - before;
        println!(
            "{:<26}{:>14.2}{:>14.1}",
            operation.name,
            per_token(total.calls),
            per_token(total.bytes)
        );
    }
}

/// The tokens are of different lengths, so the counts of one are not those of
/// all.
fn per_token(total: u64) -> f64 {
    total as f64 / Workload::TOKENS as f64
}
