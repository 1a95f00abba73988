//! What each rejection costs: every forgery of the test kit that is refused without a key, or by one that
//! is held, by the reason of its refusal; and beside the bare verification of a signature, which takes its
//! turns too.

use std::collections::BTreeMap;

use alb_oidc_testkit::Forgery;
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
    let mut reasons_by_key: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for forgery in rejections.forgeries_by_key() {
        rounds.enter(forgery.name(), rejections.workload(forgery));
        let forgeries = reasons_by_key.entry(forgery.reason()).or_default();
        forgeries.push(forgery);
    }
    let standings = rounds.run(ROUNDS);
    let time = standings.time(bare.name);
    println!(
        "{} takes {:.3} µs at least, {time:.3} in the median\n",
        bare.name, time.least
    );
    println!(
        "{:<28}{:>5}{:>9}{:>9}{:>28}{:>26}   the dearest, and how long its headers are",
        "median µs, by reason", "rows", "least ¹", "cheapest", "dearest", "dearest, of bare-verify"
    );
    let print = |reason: &str, forgeries: &[Forgery]| {
        let mut times: Vec<_> = forgeries
            .iter()
            .map(|forgery| (standings.time(forgery.name()), forgery))
            .collect();
        times.sort_by(|(a, _), (b, _)| a.median.total_cmp(&b.median));
        let least = times.iter().map(|(time, _)| time.least);
        let least = least.fold(0.0, f64::max);
        if let ([(cheapest, _), ..], [.., (dearest, forgery)]) = (&*times, &*times) {
            println!(
                "{reason:<28}{:>5}{least:>9.3}{:>9.3}{dearest:>28.3}{:>26.4}   {}, {} bytes",
                times.len(),
                cheapest.median,
                standings.ratio(forgery.name(), bare.name),
                forgery.name(),
                rejections.bytes(**forgery)
            );
        }
    };
    let (mut all_usual, mut all_longer) = (Vec::new(), Vec::new());
    for (reason, forgeries) in reasons {
        let is_usual = |forgery: &Forgery| rejections.bytes(*forgery) <= USUAL_BYTES;
        let (usual, longer): (Vec<_>, Vec<_>) = forgeries.into_iter().partition(is_usual);
        print(reason, &usual);
        print(&format!("{reason}, longer"), &longer);
        all_usual.extend(usual);
        all_longer.extend(longer);
    }
    println!();
    print("all", &all_usual);
    print("all, longer", &all_longer);
    println!("\nthose that take a key");
    for (reason, forgeries) in reasons_by_key {
        print(reason, &forgeries);
    }
    println!("\n¹ the least time of each row, and of those the greatest");
    println!("longer: than {USUAL_BYTES} bytes, all headers together");
}

/// A genuine request's headers have some 700, and those of most forgeries.
const USUAL_BYTES: usize = 1_024;
const ROUNDS: usize = 20;
