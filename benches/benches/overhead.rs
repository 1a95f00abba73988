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
    let standings = rounds.run(ROUNDS);
    let bare = Operation::BARE_VERIFY.name;
    let has_bare = operations.iter().any(|operation| operation.name == bare);
    println!("medians, with quartiles; of bare-verify and beyond it: of each round's two turns\n");
    println!(
        "{:<26}{:>10}{:>34}{:>26}{:>34}",
        "per operation", "least µs", "µs", "of bare-verify", "µs beyond it"
    );
    for name in standings.names() {
        let time = standings.time(name);
        print!("{name:<26}{:>10.3}{time:>34.3}", time.least);
        match has_bare {
            true => println!(
                "{:>26.3}{:>34.3}",
                standings.ratio(name, bare),
                standings.beyond(name, bare)
            ),
            false => println!(),
        }
    }
}

const ROUNDS: usize = 300;
