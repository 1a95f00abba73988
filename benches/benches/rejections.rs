//! What each rejection costs: every forgery of the test kit, by the reason that it is refused for.
//!
//! Each is minted by 64 load balancers, each with a key of its own, so that no token is measured
//! twice in a row.

use std::collections::BTreeMap;

use alb_oidc::{CryptoBackend, OidcHeaders};
use alb_oidc_testkit::conformance::{Outcome, table};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use benches::{Request, Rounds, Workload, decide, hours_from_now, warm_authenticator};

fn main() {
    let now = hours_from_now(0);
    let albs: Vec<_> = (0..Workload::TOKENS).map(|_| SimulatedAlb::new()).collect();
    let authenticators: Vec<_> = albs
        .iter()
        .map(|alb| {
            let genuine = [Request::genuine(alb, 0)];
            warm_authenticator(alb, CryptoBackend::AwsLcRs, ManualClock::at(now), &genuine)
        })
        .collect();
    let tables: Vec<_> = albs.iter().map(|alb| table(alb, now)).collect();

    let mut rounds = Rounds::default();
    let mut reasons: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let [first, ..] = &*tables else { return };
    for (index, row) in first.iter().enumerate() {
        let Outcome::Refused { reason } = row.outcome else {
            continue;
        };
        // Without a key, and as is said above: what needs a fetch waits for it.
        if row.may_fetch {
            continue;
        }
        let bytes = row
            .headers
            .iter()
            .map(|(_, value)| value.len())
            .sum::<usize>();
        reasons.entry(reason).or_default().push((row.name, bytes));
        let mut requests = authenticators.iter().zip(&tables).cycle();
        rounds.enter_calls(row.name, Workload::TOKENS, move || {
            let Some((authenticator, table)) = requests.next() else {
                return;
            };
            let lines = table.get(index).map_or(&[][..], |row| &row.headers);
            let headers = OidcHeaders::from_lookup(|name| {
                let lines = lines.iter().filter(move |(line, _)| *line == name);
                lines.map(|(_, value)| value.as_slice())
            });
            let refused = decide(authenticator, headers)
                .err()
                .map(|error| error.reason());
            assert_eq!(refused, Some(reason), "{}", row.name);
        });
    }
    let standings = rounds.run(ROUNDS);
    println!(
        "{:<26}{:>6}{:>12}{:>12}   the dearest, and how long its headers are",
        "median µs, by reason", "rows", "cheapest", "dearest"
    );
    for (reason, rows) in reasons {
        let mut times: Vec<_> = rows
            .iter()
            .map(|(name, bytes)| (standings.median(name), *name, *bytes))
            .collect();
        times.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        if let ([(least, ..), ..], [.., (most, name, bytes)]) = (&*times, &*times) {
            println!(
                "{reason:<26}{:>6}{least:>12.3}{most:>12.3}   {name}, {bytes} bytes",
                rows.len()
            );
        }
    }
}

const ROUNDS: usize = 20;
