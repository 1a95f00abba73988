//! Several things measured in turns, so that what the machine is busy with slows all of them alike.

use std::env;
use std::time::Duration;

use crate::cpu_time::thread_cpu_time;
use crate::spread::Spread;
use crate::workload::Workload;

/// Entrants that take turns: of a millisecond, or of as long as each of its tokens takes once, which
/// is some six for signatures. Turns of one round are compared with each other, and with no others.
///
/// Another one begins each round, and every other round goes the other way around, so that no entrant
/// always comes after the same one.
#[derive(Default)]
pub struct Rounds<'e> {
    entrants: Vec<Entrant<'e>>,
}

struct Entrant<'e> {
    name: String,
    turn: Box<dyn FnMut() -> Option<f64> + 'e>,
    times: Vec<Option<f64>>,
}

impl<'e> Rounds<'e> {
    /// Enters a workload.
    pub fn enter(&mut self, name: &str, mut workload: Workload) {
        self.enter_calls(name, Workload::TOKENS, move || workload.run());
    }

    /// Enters whatever `call` does. A turn is a multiple of `period` calls, so that each has all
    /// of its tokens. As many calls come before it and are not timed, for the entrant before has
    /// left nothing where it is needed.
    pub fn enter_calls(&mut self, name: &str, period: usize, mut call: impl FnMut() + 'e) {
        let mut calls = period;
        let mut time = time_calls(period, &mut call);
        while calls < MAX_CALLS && time < TURN {
            calls *= 2;
            time = time_calls(calls, &mut call);
        }
        self.enter_turns(name, move || {
            time_calls(period, &mut call);
            Some(microseconds(time_calls(calls, &mut call)) / calls as f64)
        });
    }

    /// Enters something that measures itself: `turn` gives the microseconds of one call, or nothing
    /// if this turn does not count.
    pub fn enter_turns(&mut self, name: &str, turn: impl FnMut() -> Option<f64> + 'e) {
        self.entrants.push(Entrant {
            name: name.to_owned(),
            turn: Box::new(turn),
            times: Vec::new(),
        });
    }

    /// So many rounds of one turn each; one, unless this [is a bench](is_bench).
    #[must_use]
    pub fn run(mut self, rounds: usize) -> Standings {
        let entrants = self.entrants.len();
        for round in 0..if is_bench() { rounds } else { 1 } {
            for place in 0..entrants {
                let place = match round % 2 {
                    0 => place,
                    _ => entrants - 1 - place,
                };
                let entrant = &mut self.entrants[(round / 2 + place) % entrants];
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
pub struct Standings(Vec<(String, Vec<Option<f64>>)>);

impl Standings {
    /// Who took part, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Prints a line each: how long it took and, where `bare` took part, how long beside that.
    pub fn print_beside(&self, bare: &str) {
        let has_bare = self.names().any(|name| name == bare);
        println!("medians, with quartiles; of {bare} and beyond it: of each round's two turns\n");
        println!(
            "{:<26}{:>10}{:>34}{:>29}{:>34}",
            "per operation",
            "least µs",
            "µs",
            format!("of {bare}"),
            "µs beyond it"
        );
        for name in self.names() {
            let time = self.time(name);
            print!("{name:<26}{:>10.3}{time:>34.3}", time.least);
            match has_bare {
                true => println!(
                    "{:>29.4}{:>34.3}",
                    self.ratio(name, bare),
                    self.beyond(name, bare)
                ),
                false => println!(),
            }
        }
    }

    /// How long it took.
    #[must_use]
    pub fn time(&self, name: &str) -> Spread {
        self.compare([name], |[time]| time)
    }

    /// How many times as long as the other.
    #[must_use]
    pub fn ratio(&self, name: &str, other: &str) -> Spread {
        self.compare([name, other], |[time, other]| time / other)
    }

    /// How many microseconds longer than the other.
    #[must_use]
    pub fn beyond(&self, name: &str, other: &str) -> Spread {
        self.compare([name, other], |[time, other]| time - other)
    }

    /// What `make` makes of the times of each round in which the turns of all of these count.
    #[must_use]
    pub fn compare<const N: usize>(
        &self,
        names: [&str; N],
        make: impl Fn([f64; N]) -> f64,
    ) -> Spread {
        let times = names.map(|name| self.times(name));
        let rounds = times.iter().map(|times| times.len()).min().unwrap_or(0);
        Spread::of((0..rounds).filter_map(|round| {
            let mut of_round = [0.0; N];
            for (time, times) in of_round.iter_mut().zip(times) {
                *time = times[round]?;
            }
            Some(make(of_round))
        }))
    }

    fn times(&self, name: &str) -> &[Option<f64>] {
        let found = self.0.iter().find(|(entrant, _)| entrant == name);
        match found {
            Some((_, times)) => times,
            None => panic!("nobody is called {name}"),
        }
    }
}

/// Whether this is `cargo bench`, which says so to the programs that it runs. `cargo test` wants to
/// know no more than that they run.
#[must_use]
pub fn is_bench() -> bool {
    env::args().any(|argument| argument == "--bench")
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

/// Long beside the reading of the clock, short beside what the machine's other users do.
const TURN: Duration = Duration::from_millis(1);
const MAX_CALLS: usize = 1 << 20;
