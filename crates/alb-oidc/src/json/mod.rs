//! JSON, strictly: one object, no member twice however it is spelled, bounded, and no integer
//! turned into a float.
//!
//! `serde_json` parses; what is refused on top of its grammar ([RFC
//! 8259](https://www.rfc-editor.org/rfc/rfc8259)) is refused here, while it parses.
//! Serde's errors carry text, ours are typed: a fault is put aside in [`Faults`] and serde is told
//! to stop.

mod scalar;
mod value;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer as _, MapAccess, Visitor};

use crate::error::{JsonError, Segment, TokenError};
use scalar::{TextSeed, TimeSeed};
use value::{IgnoredSeed, ValueSeed};

/// Bounds of one document.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many objects and arrays may stand inside each other, the outermost counted.
    pub(crate) depth: usize,
    /// How many members all objects may have together.
    pub(crate) members: usize,
}

/// Takes the members of the outermost object as they come.
pub(crate) trait Members<'de> {
    /// Takes the member `name`, whose value is the next one of `values`.
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        values: &mut A,
        context: Context<'_>,
    ) -> Result<(), A::Error>;
}

/// Reads one object and nothing after it.
pub(crate) fn read_object<'de>(
    bytes: &'de [u8],
    faults: &Faults,
    limits: Limits,
    members: &mut impl Members<'de>,
) -> Result<(), TokenError> {
    let text = str::from_utf8(bytes).map_err(|_| faults.json(JsonError::Utf8))?;
    let first = text.trim_start_matches(WHITESPACE).bytes().next();
    if matches!(
        first,
        Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
    ) {
        return Err(faults.json(JsonError::NotObject));
    }
    faults.members_left.set(limits.members);
    let start = text.as_ptr().addr();
    faults.document.set((start, start + text.len()));
    let context = Context {
        faults,
        depth_left: limits.depth.saturating_sub(1),
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = deserializer
        .deserialize_map(ObjectVisitor { members, context })
        .and_then(|()| deserializer.end());
    if faults.huge_number.get() && has_oversized_integer(text) {
        return Err(faults.json(JsonError::IntegerTooLarge));
    }
    read.map_err(|_| {
        let raised = faults.raised.take();
        raised.unwrap_or_else(|| faults.json(JsonError::Syntax))
    })
}

/// Where a fault waits while serde unwinds, and what is left of the bounds.
pub(crate) struct Faults {
    segment: Segment,
    raised: Cell<Option<TokenError>>,
    any: Cell<bool>,
    members_left: Cell<usize>,
    huge_number: Cell<bool>,
    /// The addresses between which the document lies.
    document: Cell<(usize, usize)>,
}

impl Faults {
    pub(crate) const fn new(segment: Segment) -> Self {
        Self {
            segment,
            raised: Cell::new(None),
            any: Cell::new(false),
            members_left: Cell::new(0),
            huge_number: Cell::new(false),
            document: Cell::new((0, 0)),
        }
    }

    /// Puts `fault` aside and gives serde something to stop with.
    pub(crate) fn raise<E: de::Error>(&self, fault: TokenError) -> E {
        self.raised.set(Some(fault));
        self.any.set(true);
        E::custom("refused")
    }

    /// Whether a fault has been put aside, so that an error of serde is ours.
    pub(crate) const fn any(&self) -> bool {
        self.any.get()
    }

    pub(crate) const fn json(&self, error: JsonError) -> TokenError {
        TokenError::Json {
            segment: self.segment,
            error,
        }
    }

    pub(crate) fn unless_duplicate<E: de::Error>(&self, fresh: bool) -> Result<(), E> {
        if fresh {
            Ok(())
        } else {
            Err(self.raise(self.json(JsonError::Duplicate)))
        }
    }

    fn count_member<E: de::Error>(&self) -> Result<(), E> {
        match self.members_left.get().checked_sub(1) {
            Some(left) => {
                self.members_left.set(left);
                Ok(())
            }
            None => Err(self.raise(self.json(JsonError::TooManyMembers))),
        }
    }

    /// If any crate of the application enables serde_json's `arbitrary_precision`, a number that is
    /// no 64-bit integer comes as a map, with a member of serde_json's own whose name is
    /// nowhere in the document. A document that spells this name has a borrowed one inside of it,
    /// or an unescaped copy.
    #[expect(
        clippy::ptr_arg,
        reason = "whether the name is borrowed is half of the answer"
    )]
    fn is_number_in_disguise(&self, name: &Cow<'_, str>) -> bool {
        let (start, end) = self.document.get();
        match name {
            Cow::Borrowed(name) => {
                *name == DISGUISE && !(start..end).contains(&name.as_ptr().addr())
            }
            Cow::Owned(_) => false,
        }
    }

    /// serde_json hands an integer beyond 64 bits over as a float. Whether this float was one is
    /// looked up in the text, afterwards.
    fn note_float(&self, number: f64) {
        if number.abs() >= 9.0e18 {
            self.huge_number.set(true);
        }
    }
}

/// Where in the document the reader is.
#[derive(Clone, Copy)]
pub(crate) struct Context<'f> {
    pub(crate) faults: &'f Faults,
    depth_left: usize,
}

impl<'f> Context<'f> {
    /// Reads a string, borrowed from the document unless it has escapes.
    pub(crate) const fn text(self, member: &'static str) -> TextSeed<'f> {
        TextSeed {
            member,
            faults: self.faults,
        }
    }

    /// Reads a `NumericDate` that is an integer from 0 to the end of the year 9999.
    pub(crate) const fn time(self, member: &'static str) -> TimeSeed<'f> {
        TimeSeed {
            member,
            faults: self.faults,
        }
    }

    /// Reads anything, by the same rules all the way down.
    pub(crate) const fn any(self) -> ValueSeed<'f> {
        ValueSeed(self)
    }

    /// Reads anything, by the same rules all the way down, and keeps nothing but the names that it
    /// needs to see a second time.
    pub(crate) const fn ignored(self) -> IgnoredSeed<'f> {
        IgnoredSeed(self)
    }

    fn inside<E: de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(self.faults.raise(self.faults.json(JsonError::Depth))),
        }
    }
}

struct ObjectVisitor<'m, 'f, M> {
    members: &'m mut M,
    context: Context<'f>,
}

impl<'de, M: Members<'de>> Visitor<'de> for ObjectVisitor<'_, '_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(name) = values.next_key_seed(NameSeed)? {
            self.context.faults.count_member()?;
            self.members.member(name, &mut values, self.context)?;
        }
        Ok(())
    }
}

struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Whether a number outside of strings is written as an integer and fits neither `i64` nor `u64`.
fn has_oversized_integer(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (_, from_start) = rest.split_at(start);
        if let Some(string) = from_start.strip_prefix('"') {
            rest = after_string(string);
            continue;
        }
        let in_number = |c: char| matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        let end = from_start
            .find(|c| !in_number(c))
            .unwrap_or(from_start.len());
        let (number, after) = from_start.split_at(end);
        if !number.contains(['.', 'e', 'E'])
            && number.parse::<i64>().is_err()
            && number.parse::<u64>().is_err()
        {
            return true;
        }
        rest = after;
    }
    false
}

/// What follows the string whose opening quotation mark has just been passed.
fn after_string(text: &str) -> &str {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => drop(characters.next()),
            _ => {}
        }
    }
    characters.as_str()
}

/// The name that serde_json gives to the one member of a number in disguise.
const DISGUISE: &str = "$serde_json::private::Number";
const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};

    #[derive(Default)]
    struct All(Map<String, Value>);

    impl<'de> Members<'de> for All {
        fn member<A: MapAccess<'de>>(
            &mut self,
            name: Cow<'de, str>,
            values: &mut A,
            context: Context<'_>,
        ) -> Result<(), A::Error> {
            let value = values.next_value_seed(context.any())?;
            let previous = self.0.insert(name.into_owned(), value);
            context.faults.unless_duplicate(previous.is_none())
        }
    }

    fn read(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
        let limits = Limits {
            depth: 4,
            members: 8,
        };
        let mut all = All::default();
        match read_object(bytes, &Faults::new(Segment::Payload), limits, &mut all) {
            Ok(()) => Ok(all.0),
            Err(TokenError::Json { error, .. }) => Err(error),
            Err(other) => panic!("not a fault of the JSON: {other:?}"),
        }
    }

    #[test]
    fn an_object_is_read_as_serde_json_reads_it() {
        let text = r#" {"a":[1,-2,1.5,"\u00e9",null,true,{"b":{}}],"c":18446744073709551615} "#;
        let expected: Map<String, Value> = serde_json::from_str(text).unwrap();
        assert_eq!(read(text.as_bytes()), Ok(expected));
    }

    #[test]
    fn anything_but_one_object_is_refused() {
        for text in [
            "[]", "[[]]", r#"["a"]"#, "1", "-1", r#""a""#, "null", "true", " false",
        ] {
            assert_eq!(read(text.as_bytes()), Err(JsonError::NotObject), "{text}");
        }
        for text in [
            "",
            " ",
            "{",
            "}",
            "{}{}",
            "{} x",
            "{},",
            r#"{"a":1,}"#,
            "{'a':1}",
            "{a:1}",
            "\u{feff}{}",
            r#"{"a":01}"#,
            r#"{"a":1e400}"#,
            r#"{"a":NaN}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"\n\"}",
            "{/**/}",
            "\u{b}{}",
        ] {
            assert_eq!(read(text.as_bytes()), Err(JsonError::Syntax), "{text:?}");
        }
        for bytes in [
            &b"{\"a\":\"\xff\"}"[..],
            b"\xff",
            b"{\"a\":\"\xc0\xaf\"}",
            b"{\"\xed\xa0\x80\":1}",
        ] {
            assert_eq!(read(bytes), Err(JsonError::Utf8), "{bytes:?}");
        }
    }

    #[test]
    fn a_member_may_come_once_however_it_is_spelled_and_wherever_it_stands() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"kid":1,"\u006bid":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"\u0062":2}]}"#,
            r#"{"":1,"":2}"#,
        ] {
            assert_eq!(read(text.as_bytes()), Err(JsonError::Duplicate), "{text}");
        }
    }

    #[test]
    fn depth_and_members_are_bounded() {
        assert!(read(br#"{"a":{"b":{"c":{}}}}"#).is_ok());
        assert_eq!(
            read(br#"{"a":{"b":{"c":{"d":{}}}}}"#),
            Err(JsonError::Depth)
        );
        assert_eq!(read(br#"{"a":[[[[]]]]}"#), Err(JsonError::Depth));
        let deep = format!(r#"{{"a":{}"#, "[".repeat(100_000));
        assert_eq!(read(deep.as_bytes()), Err(JsonError::Depth));
        let members = |count: usize| {
            let members: Vec<_> = (0..count).map(|n| format!(r#""{n}":1"#)).collect();
            read(format!("{{{}}}", members.join(",")).as_bytes())
        };
        assert!(members(8).is_ok());
        assert_eq!(members(9), Err(JsonError::TooManyMembers));
        assert_eq!(
            read(br#"{"a":{"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}}"#),
            Err(JsonError::TooManyMembers)
        );
    }

    #[test]
    fn a_member_with_the_name_of_a_number_in_disguise_is_a_member() {
        for text in [
            r#"{"a":{"$serde_json::private::Number":"1.5"}}"#,
            r#"{"a":{"\u0024serde_json::private::Number":"1.5"}}"#,
        ] {
            let members = read(text.as_bytes()).unwrap();
            assert_eq!(members["a"][DISGUISE], "1.5", "{text}");
        }
    }

    #[test]
    fn a_fraction_is_a_number_whatever_serde_json_is_built_with() {
        let members = read(br#"{"a":1.5,"b":[-1e3],"c":{"d":{"e":0.25}}}"#).unwrap();
        assert_eq!(members["a"].as_f64(), Some(1.5));
        assert_eq!(members["b"][0].as_f64(), Some(-1000.0));
        assert_eq!(members["c"]["d"]["e"].as_f64(), Some(0.25));
    }

    #[test]
    fn an_integer_beyond_64_bits_is_refused_and_never_becomes_a_float() {
        for text in [
            r#"{"a":18446744073709551616}"#,
            r#"{"a":-9223372036854775809}"#,
            r#"{"a":[{"b":123456789012345678901234567890}]}"#,
            r#"{"s":"\"1","a":18446744073709551616}"#,
        ] {
            assert_eq!(
                read(text.as_bytes()),
                Err(JsonError::IntegerTooLarge),
                "{text}"
            );
        }
        for text in [
            r#"{"a":18446744073709551615}"#,
            r#"{"a":-9223372036854775808}"#,
            r#"{"a":1e300}"#,
            r#"{"a":18446744073709551616.0}"#,
            r#"{"a":1e300,"b":"18446744073709551616"}"#,
            r#"{"a":1e300,"b":"\\\"18446744073709551616"}"#,
        ] {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
        }
    }
}
