//! `exp`, `nbf` and `iat` around each of their bounds, in the header, the payload and both.

use super::{Bench, LIFETIME, NOW};
use crate::policy::Policy;

pub(super) fn add(bench: &mut Bench) {
    for leeway in [0, 10, 60] {
        for offset in OFFSETS {
            let time = NOW.saturating_add_signed(offset);
            for (place, header, payload) in [
                ("both", time, time),
                ("the header", time, NOW + LIFETIME),
                ("the payload", NOW + LIFETIME, time),
            ] {
                let token = bench.mint.token(
                    bench.mint.header(header).text(),
                    bench.mint.payload(payload).text(),
                );
                add_at(bench, leeway, format!("exp of {place} {offset:+} s"), token);
            }
            for name in ["nbf", "iat"] {
                let with = |object: crate::object::Object| object.with(name, time.to_string());
                let (header, payload) = (bench.header(), bench.payload());
                let token = bench
                    .mint
                    .token(header.text(), with(payload.clone()).text());
                add_at(
                    bench,
                    leeway,
                    format!("{name} of the payload {offset:+} s"),
                    token,
                );
                let token = bench.mint.token(with(header).text(), payload.text());
                add_at(
                    bench,
                    leeway,
                    format!("{name} of the header {offset:+} s"),
                    token,
                );
            }
        }
    }
}

fn add_at(bench: &mut Bench, leeway: u64, name: String, token: String) {
    let policy = Policy {
        leeway,
        ..bench.policy()
    };
    bench.add_for(policy, format!("time: {name}, leeway {leeway} s"), token);
}

const OFFSETS: [i64; 23] = [
    -315_360_000,
    -121,
    -120,
    -61,
    -60,
    -59,
    -11,
    -10,
    -9,
    -1,
    0,
    1,
    9,
    10,
    11,
    59,
    60,
    61,
    119,
    120,
    121,
    86_400,
    315_360_000,
];
