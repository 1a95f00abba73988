//! Whether a number is one that a double can hold, told from its digits.
//!
//! Not by parsing it: halfway between two doubles that takes some twenty microseconds, and a header
//! that nobody has signed holds hundreds of such numbers.

use std::cmp::Ordering;

/// Whether the number, which has the grammar of JSON and a fraction or an exponent, is below what
/// doubles end at, 1.7976931348623157e308.
pub(super) fn is_finite(written: &[u8]) -> bool {
    let written = written.strip_prefix(b"-").unwrap_or(written);
    let (digits, exponent) = split_at_first(written, |byte| matches!(byte, b'e' | b'E'));
    let exponent = parse_exponent(exponent);
    // Nearly always it is nowhere near, as can be told from how long it is.
    let length = |digits: &[u8]| i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if exponent.saturating_add(length(digits)) < GREATEST_POWER {
        return true;
    }
    // The number is 0.d₁d₂d₃… times ten to this power, d₁ being its first digit that is no zero.
    let (integer, fraction) = split_at_first(digits, |byte| byte == b'.');
    let (power, first, more) = match integer {
        b"0" => {
            let zeros = fraction.iter().take_while(|digit| **digit == b'0').count();
            let (zeros, digits) = fraction.split_at(zeros);
            (exponent.saturating_sub(length(zeros)), digits, &[][..])
        }
        integer => (exponent.saturating_add(length(integer)), integer, fraction),
    };
    match power.cmp(&GREATEST_POWER) {
        Ordering::Less => true,
        Ordering::Greater => first.is_empty(),
        Ordering::Equal => {
            let digits = first.iter().chain(more).zip(GREATEST_DIGITS);
            let mut orders = digits.map(|(digit, greatest)| digit.cmp(greatest));
            orders.find(|order| order.is_ne()) != Some(Ordering::Greater)
        }
    }
}

/// What stands before the first such byte, and what behind it.
fn split_at_first(text: &[u8], is_separator: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| is_separator(*byte));
    let (before, rest) = text.split_at(end.unwrap_or(text.len()));
    (before, rest.get(1..).unwrap_or_default())
}

fn parse_exponent(text: &[u8]) -> i64 {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    let exponent = digits.iter().fold(0, |exponent: i64, digit| {
        let exponent = exponent * 10 + i64::from(digit.wrapping_sub(b'0'));
        exponent.min(BEYOND_ANY)
    });
    sign * exponent
}

/// Far more than a document has digits.
const BEYOND_ANY: i64 = 1 << 32;
const GREATEST_POWER: i64 = 309;
const GREATEST_DIGITS: &[u8] = b"17976931348623157";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            assert_eq!(is_finite(text.as_bytes()), parsed.is_finite(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn near_the_greatest_power_a_double_tells_the_same(
            integer in "-?(0|[1-9][0-9]{0,4})",
            fraction in "(\\.0{0,3}[0-9]{1,3})?",
            sign in "[eE][+]?",
            exponent in 300..315,
        ) {
            let text = format!("{integer}{fraction}{sign}{exponent}");
            let parsed: f64 = text.parse().unwrap();
            prop_assert_eq!(is_finite(text.as_bytes()), parsed.is_finite(), "{}", text);
        }
    }

    #[test]
    fn on_the_edge_what_might_be_rounded_up_is_refused() {
        for text in ["1.7976931348623158e308", "179769313486231580793e288"] {
            assert!(!is_finite(text.as_bytes()), "{text}");
        }
    }
}
