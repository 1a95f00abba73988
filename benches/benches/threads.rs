//! Two threads beside one: what the decision shares among threads must cost no more than the bare
//! verification, which shares a key and nothing else. And a decision in which each thread has an
//! authenticator and keys of its own: what that costs more beside another thread, sharing does not cost.
//!
//! A turn counts if each of its threads had a core of its own all the time: if they took turns on
//! one, nothing would be shared, and nothing measured. Where too few rounds count, no ratio is
//! printed.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use benches::{Operation, Rounds, Workload, is_bench, thread_cpu_time};

fn main() -> ExitCode {
    let [bare, whole] = [Operation::BARE_VERIFY, Operation::AUTHENTICATE];
    let shared = |operation: Operation| {
        let workload = operation.workload();
        (operation.name, [workload.clone(), workload])
    };
    let operations = [
        shared(bare),
        shared(whole),
        (SEPARATE, [whole.workload(), whole.workload()]),
    ];
    let mut rounds = Rounds::default();
    for (name, workloads) in &operations {
        rounds.enter_turns(&alone(name), || in_threads(&workloads[..1]));
        rounds.enter_turns(&together(name), || in_threads(workloads));
    }
    let standings = rounds.run(ROUNDS);
    println!(
        "{:<26}{:>24}{:>24}{:>24}",
        "CPU µs per operation", "one thread", "each of two", "scaling"
    );
    for (name, _) in &operations {
        let (alone, together) = (alone(name), together(name));
        println!(
            "{name:<26}{:>24.2}{:>24.2}{:>24.3}",
            standings.time(&alone),
            standings.time(&together),
            standings.ratio(&alone, &together)
        );
    }
    let beside_bare = |name| {
        standings.compare(
            [
                &alone(bare.name),
                &together(bare.name),
                &alone(name),
                &together(name),
            ]
            .map(String::as_str),
            |[bare, bare_together, whole, whole_together]| {
                (whole / whole_together) / (bare / bare_together)
            },
        )
    };
    let beside = beside_bare(whole.name);
    if !is_bench() {
        return ExitCode::SUCCESS;
    }
    let rounds = beside.values;
    println!("in {rounds} of {ROUNDS} rounds each thread had a core of its own");
    if rounds < ENOUGH {
        println!("too few to tell how the whole scales: {ENOUGH} are needed, on an idle machine");
        return ExitCode::FAILURE;
    }
    println!("the whole scales {beside:.3} as well as the bare");
    println!("{SEPARATE}: {:.3} as well", beside_bare(SEPARATE));
    ExitCode::SUCCESS
}

fn alone(name: &str) -> String {
    format!("{name}, alone")
}

fn together(name: &str) -> String {
    format!("{name}, together")
}

/// CPU time of a call, in microseconds, each workload in a thread, all at the same time; nothing if one
/// of them had to wait for a core.
fn in_threads(workloads: &[Workload]) -> Option<f64> {
    let threads = workloads.len();
    let (ready, done) = (Barrier::new(threads), Barrier::new(threads));
    let times: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = workloads
            .iter()
            .map(|workload| {
                let (ready, done, mut workload) = (&ready, &done, workload.clone());
                scope.spawn(move || {
                    workload.run_all();
                    ready.wait();
                    let (start, wall) = (thread_cpu_time(), Instant::now());
                    workload.run_all();
                    let time = thread_cpu_time().saturating_sub(start);
                    // Until the last is done: that they ran at the same time is the point.
                    done.wait();
                    (time, wall.elapsed())
                })
            })
            .collect();
        let times = threads.into_iter().map(thread::ScopedJoinHandle::join);
        times
            .map(|time| time.expect("nothing here panics"))
            .collect()
    });
    let overlapped = times.iter().all(|(time, wall)| *wall < time.mul_f64(SLACK));
    let sum: Duration = times.iter().map(|(time, _)| *time).sum();
    let calls = threads * Workload::TOKENS;
    overlapped.then(|| sum.as_secs_f64() * 1e6 / calls as f64)
}

const SEPARATE: &str = "authenticate, separately";
/// How much longer than its CPU time a turn may take. Two threads on one core take twice as long.
const SLACK: f64 = 1.1;
const ROUNDS: usize = 400;
const ENOUGH: usize = 30;
