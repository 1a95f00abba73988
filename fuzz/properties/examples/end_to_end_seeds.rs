//! Makes the corpus of the target `end_to_end` anew.
//!
//!     cargo run -p fuzz-properties --example end_to_end_seeds
//!
//! Its files are histories: a byte says what happens, and those after it in
//! which way. `World::step` in `src/end_to_end.rs` reads them, and the tables at
//! its end say what each number stands for.

use std::path::Path;
use std::{fs, io};

/// A token is signed and sent: what is not named is as it should be.
macro_rules! send {
    ($($field:ident = $value:expr),*) => { Send { $($field: $value,)* ..Send::GENUINE }.event() };
}

/// An earlier one is sent.
macro_rules! again {
    (token = $token:literal $(, $field:ident = $value:expr)*) => {
        [&[5, $token], &*Send { $($field: $value,)* ..Send::GENUINE }.lines()].concat()
    };
}

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/end_to_end");
    fs::create_dir_all(&corpus)?;
    for (name, history) in histories() {
        fs::write(corpus.join(name), history.concat())?;
    }
    for name in MANNERS.into_iter().filter(|name| *name != "honest") {
        let (before, after) = (manner(0, name), manner(0, "honest"));
        let history = [
            before,
            send!(),
            wait(S3),
            send!(),
            wait(S10),
            after,
            wait(S10),
            send!(),
        ];
        fs::write(corpus.join(format!("outage-{name}")), history.concat())?;
    }
    Ok(())
}

type Event = Vec<u8>;

fn histories() -> Vec<(&'static str, Vec<Event>)> {
    vec![
        ("one-user", vec![send!()]),
        (
            "one-user-of-each-rule",
            vec![
                send!(),
                send!(rule = &[1], key_id = 1),
                send!(rule = &[2], key_id = 2),
                again!(token = 0),
                again!(token = 1),
                again!(token = 2),
            ],
        ),
        (
            "four-spellings",
            vec![
                send!(),
                again!(token = 0, text = &[0, 0]),
                again!(token = 0, text = &[0, 1]),
                again!(token = 0, text = &[0, 2]),
                again!(token = 0, text = &[0, 3]),
            ],
        ),
        (
            "others-load-balancer",
            vec![send!(), send!(rule = &[3, 2, 0, 0])],
        ),
        (
            "parts-of-different-rules",
            vec![
                send!(rule = &[3, 0, 0, 1]),
                send!(rule = &[3, 1, 1, 1]),
                send!(rule = &[3, 0, 1, 0]),
            ],
        ),
        (
            "signed-with-another-key",
            vec![send!(), send!(key = &[3, 1]), send!(key = &[3, 3])],
        ),
        (
            "key-of-another-region",
            vec![
                send!(rule = &[2], key_id = 0),
                send!(key_id = 0, key = &[3, 2]),
            ],
        ),
        (
            "expired-and-not-yet-valid",
            vec![
                send!(),
                send!(life = 4),
                send!(life = 5),
                send!(life = 6),
                send!(start = 4),
                send!(start = 5),
            ],
        ),
        (
            "expires-while-it-waits",
            vec![clock(0), latency(4), send!(life = 4), clock(1), wait(S10)],
        ),
        (
            "headers-that-no-load-balancer-sends",
            vec![
                send!(data = 1),
                send!(data = 0),
                send!(identity = &[0]),
                send!(identity = &[1]),
                send!(identity = &[2, 1]),
                send!(access_token = 0),
                send!(access_token = 1),
            ],
        ),
        (
            "changed",
            vec![
                send!(subject = 1),
                again!(token = 0, text = &[1, 0, 0]),
                again!(token = 0, text = &[1, 1]),
                again!(token = 0, text = &[1, 2, 1]),
                again!(token = 0, text = &[1, 2, 88]),
                again!(token = 0, text = &[1, 3, 3, 1, 0]),
                again!(token = 0, text = &[1, 3, 40, 2, 3]),
            ],
        ),
        (
            "unknown-key-of-a-new-endpoint",
            vec![send!(key_id = 3, key = &[3, 0]), wait(S10)],
        ),
        (
            "unknown-key-of-a-known-endpoint",
            vec![
                send!(),
                send!(key_id = 3, key = &[3, 0]),
                wait(S10),
                publish(0, 3, 0),
                wait(S10),
                again!(token = 1),
            ],
        ),
        (
            "rotation",
            vec![
                send!(),
                publish(0, 3, 2),
                send!(key_id = 3),
                withdraw(0, 0),
                wait(H1),
                send!(key = &[3, 0]),
            ],
        ),
        (
            "key-is-replaced",
            vec![
                send!(),
                publish(0, 0, 1),
                send!(),
                wait(H1),
                send!(),
                wait(MS100),
                send!(),
            ],
        ),
        (
            "wrong-key-at-first",
            vec![
                publish(0, 0, 1),
                send!(key = &[3, 0]),
                publish(0, 0, 0),
                wait(S61),
                send!(),
            ],
        ),
        (
            "held-through-an-outage",
            vec![
                send!(),
                manner(0, "500"),
                wait(H1),
                send!(),
                wait(H1),
                send!(),
                wait(S61),
                send!(),
            ],
        ),
        (
            "held-through-refusals",
            vec![
                send!(),
                manner(0, "403"),
                wait(H1),
                send!(),
                wait(S61),
                send!(),
                wait(S61),
                send!(),
                wait(S61),
                send!(),
            ],
        ),
        (
            "withdrawn",
            vec![
                send!(),
                send!(rule = &[1], key_id = 1),
                withdraw(0, 0),
                wait(H1),
                send!(key = &[3, 0]),
                publish(0, 3, 2),
                send!(key_id = 3),
                wait(S61),
                send!(key = &[3, 0]),
                wait(S61),
                send!(key = &[3, 0]),
                wait(S61),
                send!(key = &[3, 0]),
            ],
        ),
        (
            "too-old-in-an-outage",
            vec![send!(), manner(0, "connect"), wait(D1), send!(), wait(S10)],
        ),
        (
            "slow",
            vec![
                latency(3),
                send!(),
                again!(token = 0),
                wait(S3),
                again!(token = 0),
            ],
        ),
        (
            "too-slow",
            vec![
                latency(5),
                send!(),
                again!(token = 0),
                wait(S10),
                latency(0),
                again!(token = 0),
            ],
        ),
        (
            "client-disconnects",
            vec![
                latency(3),
                send!(),
                again!(token = 0),
                abort(0),
                wait(S3),
                again!(token = 0),
            ],
        ),
        (
            "forgotten-while-fetched",
            vec![
                latency(3),
                send!(),
                forget(0),
                publish(0, 0, 1),
                wait(S3),
                send!(),
                wait(S3),
            ],
        ),
        (
            "purged",
            vec![
                send!(),
                forget(4),
                send!(),
                forget(0),
                manner(0, "500"),
                send!(),
            ],
        ),
        (
            "flood",
            vec![
                send!(),
                flood(0),
                flood(1),
                flood(2),
                send!(rule = &[1], key_id = 1),
                wait(S3),
                send!(rule = &[1], key_id = 1),
                wait(S10),
            ],
        ),
        (
            "flood-of-an-endpoint-that-hangs",
            vec![
                manner(0, "silence"),
                flood(0),
                flood(0),
                wait(S1),
                flood(0),
                wait(S10),
                flood(0),
            ],
        ),
        (
            "flood-that-takes-all-places",
            vec![manner(0, "silence"), flood(0), send!()],
        ),
        (
            "clock-breaks",
            vec![
                send!(),
                clock(5),
                send!(),
                send!(data = 0),
                clock(0),
                send!(),
            ],
        ),
        (
            "clock-breaks-while-it-waits",
            vec![latency(3), send!(), clock(5), wait(S3)],
        ),
        (
            "clock-goes-back",
            vec![
                send!(),
                clock(4),
                again!(token = 0),
                send!(),
                clock(2),
                again!(token = 0),
            ],
        ),
        ("nothing", vec![]),
    ]
}

struct Send {
    /// A rule; or 3, a load balancer, an issuer and a client.
    rule: &'static [u8],
    key_id: u8,
    /// The one that is published; or 3 and another.
    key: &'static [u8],
    life: u8,
    start: u8,
    subject: u8,
    /// As it is; or 0 and a spelling; or 1 and a change.
    text: &'static [u8],
    data: u8,
    identity: &'static [u8],
    access_token: u8,
}

impl Send {
    const GENUINE: Self = Self {
        rule: &[0],
        key_id: 0,
        key: &[0],
        life: 0,
        start: 0,
        subject: 0,
        text: &[2],
        data: 2,
        identity: &[5],
        access_token: 4,
    };

    fn event(&self) -> Event {
        let times = [self.life, self.start, self.subject];
        let token = [&[0], self.rule, &[self.key_id], self.key, &times];
        [&token.concat(), &*self.lines()].concat()
    }

    fn lines(&self) -> Vec<u8> {
        [self.text, &[self.data], self.identity, &[self.access_token]].concat()
    }
}

fn wait(length: u8) -> Event {
    vec![7, length]
}

fn publish(region: u8, key_id: u8, key: u8) -> Event {
    vec![9, region, key_id, key]
}

fn withdraw(region: u8, key_id: u8) -> Event {
    publish(region, key_id, 3)
}

fn manner(region: u8, name: &str) -> Event {
    let index = (0..).zip(MANNERS).find(|(_, other)| *other == name);
    let (index, _) = index.unwrap_or_default();
    // The first three are the same.
    vec![10, region, index + 2]
}

fn latency(index: u8) -> Event {
    vec![12, index]
}

fn clock(index: u8) -> Event {
    vec![13, index]
}

fn forget(key_id: u8) -> Event {
    vec![14, key_id]
}

fn abort(request: u8) -> Event {
    vec![15, 0, request]
}

fn flood(rule: u8) -> Event {
    vec![15, 1, rule]
}

const MANNERS: [&str; 16] = [
    "honest", "204", "302", "403", "404", "410", "500", "later", "nonsense", "long", "timeout",
    "dns", "connect", "tls", "aborted", "silence",
];
const MS100: u8 = 1;
const S1: u8 = 2;
const S3: u8 = 3;
const S10: u8 = 4;
const S61: u8 = 5;
const H1: u8 = 6;
const D1: u8 = 7;
