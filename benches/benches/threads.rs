//! Two threads beside one: what the decision shares among threads must cost no more than the bare
//! verification, which shares nothing.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::sync::Barrier;
use std::thread;

use benches::{Operation, Rounds, Workload, thread_cpu_time};

fn main() {
    let operations = [Operation::BARE_VERIFY, Operation::AUTHENTICATE];
    let mut rounds = Rounds::default();
    for operation in operations {
        let workload = operation.workload();
        let other = workload.clone();
        let name = operation.name;
        rounds.enter_turns(&alone(name), move || in_threads(1, &workload));
        rounds.enter_turns(&together(name), move || in_threads(2, &other));
    }
    let standings = rounds.run(ROUNDS);
    println!(
        "{:<26}{:>12}{:>12}{:>12}",
        "CPU µs per operation", "one thread", "each of two", "scaling"
    );
    let scaling = operations.map(|operation| {
        let (alone, together) = (alone(operation.name), together(operation.name));
        let scaling = standings.ratio(&alone, &together);
        println!(
            "{:<26}{:>12.2}{:>12.2}{scaling:>12.3}",
            operation.name,
            standings.median(&alone),
            standings.median(&together)
        );
        scaling
    });
    let [bare, whole] = scaling;
    println!("the whole scales {:.3} as well as the bare", whole / bare);
}

fn alone(name: &str) -> String {
    format!("{name}, alone")
}

fn together(name: &str) -> String {
    format!("{name}, together")
}

/// CPU time of a call, in microseconds, in each of so many threads at the same time.
fn in_threads(threads: usize, workload: &Workload) -> f64 {
    let barrier = Barrier::new(threads);
    let times: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let (barrier, mut workload) = (&barrier, workload.clone());
                scope.spawn(move || {
                    barrier.wait();
                    let start = thread_cpu_time();
                    for _ in 0..CALLS {
                        workload.run();
                    }
                    thread_cpu_time().saturating_sub(start)
                })
            })
            .collect();
        let times = threads.into_iter().map(thread::ScopedJoinHandle::join);
        times
            .map(|time| time.expect("nothing here panics"))
            .collect()
    });
    let sum: f64 = times.iter().map(|time| time.as_secs_f64() * 1e6).sum();
    sum / (threads * CALLS) as f64
}

/// Some ten milliseconds: long beside the start of a thread.
const CALLS: usize = 2 * Workload::TOKENS;
const ROUNDS: usize = 200;
