//! Damage by chance: bits flipped before and after signing, and several changes at once.

use super::Bench;
use super::members::{HEADER, PAYLOAD, VALUES, changes};
use crate::object::Object;
use crate::random::Random;

pub(super) fn add(bench: &mut Bench) {
    flipped_after_signing(bench);
    flipped_before_signing(bench);
    several_changes(bench);
}

/// One bit of each character of a token.
fn flipped_after_signing(bench: &mut Bench) {
    let mut random = Random::seeded(2);
    let token = bench
        .mint
        .token(bench.header().text(), bench.payload().text());
    for index in 0..token.len() {
        let mut token = token.clone().into_bytes();
        token[index] ^= 1 << random.below(7);
        bench.add(format!("havoc: character {index} of a token"), token);
    }
}

/// Two bits of each byte of a header and of a payload, one at a time.
fn flipped_before_signing(bench: &mut Bench) {
    let mut random = Random::seeded(3);
    let (header, payload) = (bench.header().text(), bench.payload().text());
    for _ in 0..2 {
        for index in 0..header.len() {
            let mut header = header.clone().into_bytes();
            header[index] ^= 1 << random.below(8);
            bench.add_signed(format!("havoc: byte {index} of a header"), header, &payload);
        }
        for index in 0..payload.len() {
            let mut payload = payload.clone().into_bytes();
            payload[index] ^= 1 << random.below(8);
            bench.add_signed(
                format!("havoc: byte {index} of a payload"),
                &header,
                payload,
            );
        }
    }
}

fn several_changes(bench: &mut Bench) {
    let mut random = Random::seeded(4);
    for number in 0..1000 {
        let (mut header, mut payload) = (bench.header(), bench.payload());
        let mut what = Vec::new();
        for _ in 0..=random.below(3) {
            if random.below(3) == 0 {
                what.push(change(&mut random, &mut header, "header", &HEADER));
            } else {
                what.push(change(&mut random, &mut payload, "payload", &PAYLOAD));
            }
        }
        bench.add_signed(
            format!("havoc: {number}: {}", what.join(", ")),
            header.text(),
            payload.text(),
        );
    }
}

fn change(random: &mut Random, object: &mut Object, place: &str, members: &[&str]) -> String {
    let name = *random.pick(members);
    if random.below(4) == 0 {
        let value = *random.pick(&VALUES);
        *object = object.and(format!(r#""{name}-{}""#, random.below(3)), value);
        return format!("{place} with {value}");
    }
    let (what, changed) = random.pick(&changes(object, name)).clone();
    *object = changed;
    format!("{place} {name} {what}")
}
