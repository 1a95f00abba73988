//! How long a decision takes beside the bare verification in it: a table, one
//! line an operation.
//!
//! The operations take turns, a few milliseconds each, and each turn is
//! compared with the bare verification of the same round: what else the machine
//! is busy with slows both alike.
//!
//! Arguments that are names of operations leave the others out, so that a
//! profiler sees one.

use std::env;
use std::time::{Duration, Instant};

use benches::{Operation, Workload};

fn main() {
    // `cargo test --benches` does not say so, and wants to know no more than that
    // it runs.
    let rounds = if env::args().any(|argument| argument == "--bench") {
        1_000
    } else {
        1
    };
    let named: Vec<_> = Operation::ALL
        .into_iter()
        .filter(|operation| env::args().any(|argument| argument == operation.name()))
        .collect();
    let operations = match named.is_empty() {
        true => Operation::ALL.to_vec(),
        false => named,
    };
    let mut workloads: Vec<_> = operations
        .iter()
        .map(|operation| (*operation, Workload::new(*operation)))
        .collect();
    let mut turns = Vec::new();
    for _ in 0..rounds {
        let round: Vec<_> = workloads
            .iter_mut()
            .map(|(operation, workload)| (*operation, time(workload)))
            .collect();
        let bare = round
            .iter()
            .find(|(operation, _)| *operation == Operation::BareVerify);
        let bare = bare.map_or(Duration::ZERO, |(_, time)| *time);
        turns.extend(
            round
                .into_iter()
                .map(|(operation, time)| (operation, time, bare)),
        );
    }
    println!(
        "{:<26}{:>12}{:>12}{:>16}",
        "per operation", "least µs", "median µs", "of bare-verify"
    );
    for operation in operations {
        let turns: Vec<_> = turns
            .iter()
            .filter(|(other, ..)| *other == operation)
            .collect();
        let times = sorted(turns.iter().map(|(_, time, _)| microseconds(*time)));
        let ratios = sorted(
            turns
                .iter()
                .map(|(_, time, bare)| time.div_duration_f64(*bare)),
        );
        println!(
            "{:<26}{:>12.2}{:>12.2}{:>16.3}",
            operation.name(),
            times.first().copied().unwrap_or_default(),
            median(&times),
            median(&ratios)
        );
    }
}

/// How long one turn takes.
fn time(workload: &mut Workload) -> Duration {
    let start = Instant::now();
    for _ in 0..TURN {
        workload.run();
    }
    start.elapsed()
}

fn microseconds(turn: Duration) -> f64 {
    turn.as_secs_f64() * 1e6 / f64::from(TURN)
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Operations in a turn.
const TURN: u32 = 16;
