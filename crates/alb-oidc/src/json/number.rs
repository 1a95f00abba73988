//! Whether a number is one that a double can hold, told from its digits.
//!
//! Not by parsing it: halfway between two doubles that takes some twenty microseconds, and a header
//! that nobody has signed holds hundreds of such numbers.

use std::cmp::Ordering;
use std::iter;

/// Whether the number, which has the grammar of JSON and a fraction or an exponent, is below what
/// doubles end at, 1.7976931348623157e308.
pub(super) fn is_finite(written: &str) -> bool {
    let written = written.strip_prefix('-').unwrap_or(written);
    let (digits, exponent) = written.rsplit_once(['e', 'E']).unwrap_or((written, "0"));
    let exponent = parse_exponent(exponent);
    // Nearly always it is nowhere near, as can be told from how long it is.
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if exponent.saturating_add(length) < GREATEST_POWER {
        return true;
    }
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let significant = || {
        let digits = integer.bytes().chain(fraction.bytes());
        digits.skip_while(|digit| *digit == b'0')
    };
    if significant().next().is_none() {
        return true;
    }
    // The number is 0.d₁d₂d₃… times ten to this power, d₁ being its first digit that is no zero.
    let leading_zeros = integer.len() + fraction.len() - significant().count();
    let point = i64::try_from(integer.len()).unwrap_or(i64::MAX);
    let skipped = i64::try_from(leading_zeros).unwrap_or(i64::MAX);
    let power = exponent.saturating_add(point - skipped);
    match power.cmp(&GREATEST_POWER) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => {
            let padded = significant().chain(iter::repeat(b'0'));
            let first = padded.take(GREATEST_DIGITS.len());
            first.le(GREATEST_DIGITS.bytes())
        }
    }
}

fn parse_exponent(text: &str) -> i64 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    // With more digits than can be parsed it is far beyond any power, one way or the other.
    sign * digits.parse::<i64>().unwrap_or(i64::MAX / 2)
}

const GREATEST_POWER: i64 = 309;
const GREATEST_DIGITS: &str = "17976931348623157";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parses_to_an_infinity_is_not_finite_and_all_else_is() {
        let zeros = "0".repeat(400);
        let nines = "9".repeat(400);
        for text in [
            "0.0",
            "0e999999999999999999999",
            "-0.0e+99",
            "1.5",
            "1e308",
            "1.7976931348623157e308",
            "1.79769313486231570e+308",
            "179769313486231579999e288",
            "17.976931348623157e307",
            "0.00017976931348623157e312",
            "1.8e308",
            "-1.8E308",
            "1e309",
            "10e308",
            "0.1e310",
            "0.01e310",
            "1e-400",
            "1e-99999999999999999999",
            "1e99999999999999999999",
            "1e00000000000000000000001",
            "2.5e-0000308",
            &format!("1{zeros}.0"),
            &format!("1{zeros}e-400"),
            &format!("0.{zeros}1e400"),
            &format!("0.{zeros}1e709"),
            &format!("0.{zeros}1e710"),
            &format!("{nines}.0e-91"),
            &format!("{nines}.0e-92"),
        ] {
            let parsed: f64 = text.parse().unwrap();
            assert_eq!(is_finite(text), parsed.is_finite(), "{text}");
        }
    }

    #[test]
    fn on_the_edge_what_might_be_rounded_up_is_refused() {
        for text in ["1.7976931348623158e308", "179769313486231580793e288"] {
            assert!(!is_finite(text), "{text}");
        }
    }
}
