//! What each rejection costs: every forgery of the test kit that is refused without a key, by the
//! reason of its refusal.

use std::collections::BTreeMap;

use benches::{Rejections, Rounds, Workload, is_bench};

fn main() {
    let rejections = Rejections::by(if is_bench() { Workload::TOKENS } else { 1 });
    let mut rounds = Rounds::default();
    let mut reasons: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for forgery in Rejections::forgeries() {
        rounds.enter(forgery.name(), rejections.workload(forgery));
        reasons.entry(forgery.reason()).or_default().push(forgery);
    }
    let standings = rounds.run(ROUNDS);
    println!(
        "{:<26}{:>6}{:>12}{:>24}   the dearest, and how long its headers are",
        "median µs, by reason", "rows", "cheapest", "dearest"
    );
    for (reason, forgeries) in reasons {
        let rows = forgeries.len();
        let mut times: Vec<_> = forgeries
            .into_iter()
            .map(|forgery| (standings.time(forgery.name()), forgery))
            .collect();
        times.sort_by(|(a, _), (b, _)| a.median.total_cmp(&b.median));
        if let ([(least, _), ..], [.., (most, forgery)]) = (&*times, &*times) {
            println!(
                "{reason:<26}{rows:>6}{:>12.3}{most:>24.3}   {}, {} bytes",
                least.median,
                forgery.name(),
                rejections.bytes(*forgery)
            );
        }
    }
}

const ROUNDS: usize = 20;
