//! How long a decision takes beside the bare verification in it: a table, one line an operation.
//!
//! Arguments that are names of operations leave the others out, so that a profiler sees one.

use std::env;

use benches::{Operation, Rounds};

fn main() {
    let named: Vec<_> = Operation::ALL
        .iter()
        .filter(|operation| env::args().any(|argument| argument == operation.name))
        .collect();
    let operations = match named.is_empty() {
        true => Operation::ALL.iter().collect(),
        false => named,
    };
    let mut rounds = Rounds::default();
    for operation in &operations {
        rounds.enter(operation.name, operation.workload());
    }
    let standings = rounds.run(ROUNDS);
    let bare = Operation::BARE_VERIFY.name;
    let has_bare = operations.iter().any(|operation| operation.name == bare);
    println!(
        "{:<26}{:>12}{:>12}{:>16}{:>16}",
        "per operation", "least µs", "median µs", "of bare-verify", "beyond it µs"
    );
    for name in standings.names() {
        print!(
            "{name:<26}{:>12.3}{:>12.3}",
            standings.least(name),
            standings.median(name)
        );
        match has_bare {
            true => println!(
                "{:>16.3}{:>16.3}",
                standings.ratio(name, bare),
                standings.beyond(name, bare)
            ),
            false => println!(),
        }
    }
}

const ROUNDS: usize = 300;
