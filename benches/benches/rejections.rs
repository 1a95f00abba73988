//! What each rejection costs: every forgery of the test kit that is refused without a key, by the
//! reason of its refusal; and beside the bare verification of a signature, which takes its turns too.

use std::collections::BTreeMap;

use benches::{Operation, Rejections, Rounds, Workload, is_bench};

fn main() {
    let rejections = Rejections::by(if is_bench() { Workload::TOKENS } else { 1 });
    let mut rounds = Rounds::default();
    let bare = Operation::BARE_VERIFY;
    rounds.enter(bare.name, bare.workload());
    let mut reasons: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for forgery in Rejections::forgeries() {
        rounds.enter(forgery.name(), rejections.workload(forgery));
        reasons.entry(forgery.reason()).or_default().push(forgery);
    }
    let standings = rounds.run(ROUNDS);
    println!("{} takes {:.3} µs\n", bare.name, standings.time(bare.name));
    println!(
        "{:<22}{:>5}{:>10}{:>25}{:>26}   the dearest, and how long its headers are",
        "median µs, by reason", "rows", "cheapest", "dearest", "dearest, of bare-verify"
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
                "{reason:<22}{rows:>5}{:>10.3}{most:>25.3}{:>26.4}   {}, {} bytes",
                least.median,
                standings.ratio(forgery.name(), bare.name),
                forgery.name(),
                rejections.bytes(*forgery)
            );
        }
    }
}

const ROUNDS: usize = 20;
