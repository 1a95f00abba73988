//! What a decision allocates, counted: what the documents say, and nothing for a key that is held.

use benches::{CountingAllocator, Operation, Workload};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// The decoded payload, the `sub`, the copy of the access token, and the user.
const ALLOCATIONS: u64 = 4;
/// With a rule that does not name the load balancer's id: the decoded header, and the names in it.
const BY_NAME: u64 = 2;

#[test]
fn a_decision_allocates_as_often_as_the_documents_say_and_a_hit_not_at_all() {
    for (operation, allocations) in [
        (Operation::AUTHENTICATE, ALLOCATIONS),
        (Operation::AUTHENTICATE_BY_NAME, ALLOCATIONS + BY_NAME),
        (Operation::KEY_STORE_HIT, 0),
    ] {
        // Whatever is made once, is made now.
        let mut workload = operation.workload();
        let before = ALLOCATOR.so_far();
        workload.run_all();
        let asked = ALLOCATOR.so_far() - before;
        let expected = allocations * Workload::TOKENS as u64;
        assert_eq!(asked.calls, expected, "{}", operation.name);
    }
    let documents = include_str!("../../docs/capacity.md");
    for said in [
        format!("A decision allocates {ALLOCATIONS} times"),
        format!("that allocates {} times", ALLOCATIONS + BY_NAME),
    ] {
        assert!(documents.contains(&said), "docs/capacity.md: {said}");
    }
}
