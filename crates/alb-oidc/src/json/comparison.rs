//! Whether what stands in a document is a value that somebody expects.

use serde_json::{Number, Value};

use super::{Document, Item};
use crate::truth::Truth;

impl Document {
    /// Whether the item is `expected`. Unknown if the two are of different kinds, wherever in them
    /// that decides: `1` is not `"1"`, and neither is it something else than `"1"`.
    ///
    /// An integer and a number with a fraction or an exponent are of different kinds.
    pub(crate) fn compare(&self, item: Item<'_>, expected: &Value) -> Truth {
        match (item.value, expected) {
            (super::Value::Null, Value::Null) => Truth::True,
            (super::Value::Bool, Value::Bool(expected)) => {
                Truth::from((self.written(item.span) == "true") == *expected)
            }
            (super::Value::Natural(integer), Value::Number(expected)) if is_integer(expected) => {
                (expected.as_u64() == Some(integer)).into()
            }
            (super::Value::Negative(integer), Value::Number(expected)) if is_integer(expected) => {
                (expected.as_i64() == Some(integer)).into()
            }
            (super::Value::Fraction | super::Value::Exponent, Value::Number(expected))
                if !is_integer(expected) =>
            {
                (self.written(item.span).parse().ok() == expected.as_f64()).into()
            }
            (super::Value::String { .. }, Value::String(expected)) => {
                item.as_text().is_some_and(|text| text.is(expected)).into()
            }
            (super::Value::Array, Value::Array(expected)) => {
                if self.items(item).count() != expected.len() {
                    return Truth::False;
                }
                let pairs = self.items(item).zip(expected);
                least(pairs.map(|(item, expected)| self.compare(item, expected)))
            }
            (super::Value::Object, Value::Object(expected)) => {
                if self.members(item).count() != expected.len() {
                    return Truth::False;
                }
                least(self.members(item).map(|(name, item)| {
                    let expected = expected.get(&*name.decode());
                    expected.map_or(Truth::False, |expected| self.compare(item, expected))
                }))
            }
            _ => Truth::Unknown,
        }
    }
}

fn least(truths: impl Iterator<Item = Truth>) -> Truth {
    truths.min().unwrap_or(Truth::True)
}

fn is_integer(number: &Number) -> bool {
    number.is_u64() || number.is_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Segment;
    use crate::json::Limits;
    use serde_json::json;

    fn compare(written: &str, expected: &Value) -> Truth {
        let text = format!(r#"{{"claim": {written} }}"#);
        let limits = Limits {
            depth: 8,
            members: 16,
        };
        let mut start = 0;
        let document = Document::read(
            text.into_bytes(),
            Segment::Payload,
            limits,
            &[],
            |_, item, _| {
                start = item.span.start();
                Ok(())
            },
        );
        let document = document.unwrap();
        document.compare(document.item(start).unwrap(), expected)
    }

    #[test]
    fn values_of_one_kind_are_equal_or_not_and_of_two_kinds_are_neither() {
        use Truth::{False, True, Unknown};
        for (written, expected, truth) in [
            (r#""a""#, json!("a"), True),
            (r#""\u0061""#, json!("a"), True),
            (r#""a""#, json!("A"), False),
            (r#""a""#, json!("a "), False),
            (r#""""#, json!(""), True),
            (r#""1""#, json!(1), Unknown),
            ("1", json!("1"), Unknown),
            ("1", json!(1), True),
            ("1", json!(2), False),
            ("1", json!(1.0), Unknown),
            ("1.0", json!(1), Unknown),
            ("1.0", json!(1.0), True),
            ("10e-1", json!(1.0), True),
            ("1.5", json!(1.0), False),
            ("-0", json!(0), Unknown),
            ("-0", json!(0.0), True),
            ("-1", json!(u64::MAX), False),
            ("-1", json!(-1.0), Unknown),
            ("18446744073709551615", json!(u64::MAX), True),
            ("18446744073709551614", json!(u64::MAX), False),
            ("-9223372036854775808", json!(i64::MIN), True),
            ("9007199254740993", json!(9_007_199_254_740_993_i64), True),
            ("9007199254740993", json!(9_007_199_254_740_992_i64), False),
            ("true", json!(true), True),
            ("true", json!(false), False),
            ("false", json!(false), True),
            (r#""true""#, json!(true), Unknown),
            ("1", json!(true), Unknown),
            ("null", json!(null), True),
            ("null", json!(false), Unknown),
            ("[]", json!([]), True),
            ("[ ]", json!({}), Unknown),
            ("[1,2]", json!([1, 2]), True),
            ("[1, 2 ]", json!([2, 1]), False),
            ("[1]", json!([1, 2]), False),
            ("[1,2]", json!([1]), False),
            ("[1]", json!(["1"]), Unknown),
            (r#"[1,"b"]"#, json!(["1", "a"]), False),
            ("[[],{}]", json!([[], {}]), True),
            ("[null]", json!([null]), True),
            ("{}", json!({}), True),
            (r#"{"b":1,"a":[true]}"#, json!({"a": [true], "b": 1}), True),
            (r#"{"\u0062":1,"a":2}"#, json!({"a": 2, "b": 1}), True),
            (r#"{"a":1}"#, json!({"a": 2}), False),
            (r#"{"a":1}"#, json!({"b": 1}), False),
            (r#"{"a":1}"#, json!({"a": 1, "b": 1}), False),
            (r#"{"a":1,"b":1}"#, json!({"a": 1}), False),
            (r#"{"a":1}"#, json!({"a": "1"}), Unknown),
            (r#"{"a":1,"b":2}"#, json!({"a": "1", "b": 3}), False),
        ] {
            assert_eq!(
                compare(written, &expected),
                truth,
                "{written} and {expected}"
            );
        }
    }
}
