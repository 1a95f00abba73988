//! What is made of measured times.

use benches::{Rounds, Spread};

#[test]
fn half_of_the_values_are_between_the_quartiles() {
    let spread = Spread::of((1..=101).rev().map(f64::from));
    assert_eq!((spread.values, spread.least), (101, 1.0));
    assert_eq!(
        [spread.lower, spread.median, spread.upper],
        [26.0, 51.0, 76.0]
    );
    assert_eq!(format!("{spread:16.1}"), "51.0 (26.0–76.0)");
    assert_eq!(format!("{:.0}", Spread::of([])), "NaN (NaN–NaN)");
}

#[test]
fn a_round_is_compared_if_the_turns_of_all_who_are_compared_count() {
    let mut rounds = Rounds::default();
    rounds.enter_turns("one", || Some(1.0));
    rounds.enter_turns("three", || Some(3.0));
    rounds.enter_turns("none", || None);
    let standings = rounds.run(10);
    // `cargo test` makes one round.
    assert_eq!(standings.ratio("three", "one"), Spread::of([3.0]));
    assert_eq!(standings.beyond("three", "one"), Spread::of([2.0]));
    assert_eq!(standings.ratio("one", "none").values, 0);
}
