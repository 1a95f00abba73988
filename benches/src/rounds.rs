//! Several things measured in turns, so that what the machine is busy with slows all of them alike.

use std::env;
use std::time::Duration;

use crate::cpu_time::thread_cpu_time;
use crate::workload::Workload;

/// Entrants that take turns of about a millisecond. Turns of one round are compared with each
/// other, and with no others.
#[derive(Default)]
pub struct Rounds<'e> {
    entrants: Vec<Entrant<'e>>,
}

struct Entrant<'e> {
    name: String,
    turn: Box<dyn FnMut() -> f64 + 'e>,
    times: Vec<f64>,
}

impl<'e> Rounds<'e> {
    /// Enters a workload.
    pub fn enter(&mut self, name: &str, mut workload: Workload) {
        self.enter_calls(name, Workload::TOKENS, move || workload.run());
    }

    /// Enters whatever `call` does. A turn is a multiple of `period` calls, so that each has all
    /// of its tokens.
    pub fn enter_calls(&mut self, name: &str, period: usize, mut call: impl FnMut() + 'e) {
        let mut calls = period;
        // The first is slow, for nothing is where it is needed. It does not count.
        let mut time = time_calls(period, &mut call);
        while calls < MAX_CALLS && time < TURN {
            calls *= 2;
            time = time_calls(calls, &mut call);
        }
        self.enter_turns(name, move || {
            microseconds(time_calls(calls, &mut call)) / calls as f64
        });
    }

    /// Enters something that measures itself: `turn` gives the microseconds of one call.
    pub fn enter_turns(&mut self, name: &str, turn: impl FnMut() -> f64 + 'e) {
        self.entrants.push(Entrant {
            name: name.to_owned(),
            turn: Box::new(turn),
            times: Vec::new(),
        });
    }

    /// So many rounds of one turn each; one, unless this is `cargo bench`: `cargo test --benches`
    /// wants to know no more than that it runs.
    #[must_use]
    pub fn run(mut self, rounds: usize) -> Standings {
        let is_bench = env::args().any(|argument| argument == "--bench");
        for _ in 0..if is_bench { rounds } else { 1 } {
            for entrant in &mut self.entrants {
                let time = (entrant.turn)();
                entrant.times.push(time);
            }
        }
        Standings(
            self.entrants
                .into_iter()
                .map(|entrant| (entrant.name, entrant.times))
                .collect(),
        )
    }
}

/// How long each took, round by round, in microseconds a call.
pub struct Standings(Vec<(String, Vec<f64>)>);

impl Standings {
    /// Who took part, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The least.
    #[must_use]
    pub fn least(&self, name: &str) -> f64 {
        let times = self.times(name).iter();
        times.copied().fold(f64::INFINITY, f64::min)
    }

    /// The median.
    #[must_use]
    pub fn median(&self, name: &str) -> f64 {
        median(self.times(name).iter().copied())
    }

    /// The median of what `compare` makes of two of the same round.
    #[must_use]
    pub fn median_of(&self, name: &str, other: &str, compare: impl Fn(f64, f64) -> f64) -> f64 {
        let pairs = self.times(name).iter().zip(self.times(other));
        median(pairs.map(|(time, other)| compare(*time, *other)))
    }

    /// How many times as long as the other.
    #[must_use]
    pub fn ratio(&self, name: &str, other: &str) -> f64 {
        self.median_of(name, other, |time, other| time / other)
    }

    /// How many microseconds longer than the other.
    #[must_use]
    pub fn beyond(&self, name: &str, other: &str) -> f64 {
        self.median_of(name, other, |time, other| time - other)
    }

    fn times(&self, name: &str) -> &[f64] {
        let found = self.0.iter().find(|(entrant, _)| entrant == name);
        match found {
            Some((_, times)) => times,
            None => panic!("nobody is called {name}"),
        }
    }
}

fn time_calls(calls: usize, call: &mut impl FnMut()) -> Duration {
    let start = thread_cpu_time();
    for _ in 0..calls {
        call();
    }
    thread_cpu_time().saturating_sub(start)
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Long beside the reading of the clock, short beside what the machine's other users do.
const TURN: Duration = Duration::from_millis(1);
const MAX_CALLS: usize = 1 << 20;
