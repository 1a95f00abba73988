//! How long a decision takes beside the bare verification in it: a table, one line an operation.
//!
//! Arguments that are names of operations leave the others out. For `bare-verify authenticate` these
//! two alone take turns, in alternating order: their difference is what is ours.

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
    rounds.run(ROUNDS).print_beside(Operation::BARE_VERIFY.name);
}

const ROUNDS: usize = 300;
