//! JSON, strictly: one object, no member twice however it is spelled, bounded, and no integer
//! turned into a float.
//!
//! The reader is our own. What is refused on top of the grammar ([RFC
//! 8259](https://www.rfc-editor.org/rfc/rfc8259)) is more than a JSON library can be told to
//! refuse, and each refusal has a typed error. It takes one pass, copies nothing, and says where in
//! the text everything stands.

mod comparison;
mod form;
mod names;
mod number;
mod text;
mod value;

use std::iter;

use crate::error::{JsonError, JsonKind, Segment, TokenError};
use crate::time::UnixTime;
#[cfg(test)]
pub(crate) use form::FORM_BYTES;
pub(crate) use form::{Form, natural};
use names::Names;
pub(crate) use text::{Quoted, Span, Text, Unescaped, push};

/// Bounds of one document.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many objects and arrays may stand inside each other, the outermost counted.
    pub(crate) depth: usize,
    /// How many members all objects may have together.
    pub(crate) members: usize,
}

/// One object, and what of it was kept.
#[derive(Clone)]
pub(crate) struct Document {
    text: String,
    unescaped: Unescaped,
}

impl Document {
    /// The longest that is read: places inside of the braces have 16 bits.
    pub(crate) const MAX_BYTES: usize = 1 << 16;

    /// One that has been read, of whose strings these have been kept.
    pub(crate) const fn new(text: String, unescaped: Unescaped) -> Self {
        Self { text, unescaped }
    }

    /// Reads one segment of a token, as [`read_as`](Self::read_as).
    pub(crate) fn read(
        bytes: Vec<u8>,
        segment: Segment,
        limits: Limits,
        may_repeat: &[&str],
        take: impl FnMut(Name<'_>, Item<'_>, &mut Unescaped) -> Result<(), TokenError>,
    ) -> Result<Self, TokenError> {
        let fault = |error| TokenError::Json { segment, error };
        Self::read_as(bytes, limits, may_repeat, fault, take)
    }

    /// Reads what must be UTF-8, as [`of`](Self::of).
    pub(crate) fn read_as<E>(
        bytes: Vec<u8>,
        limits: Limits,
        may_repeat: &[&str],
        fault: impl Fn(JsonError) -> E,
        take: impl FnMut(Name<'_>, Item<'_>, &mut Unescaped) -> Result<(), E>,
    ) -> Result<Self, E> {
        let text = String::from_utf8(bytes).map_err(|_| fault(JsonError::Utf8))?;
        Self::of(text, limits, may_repeat, fault, take)
    }

    /// Reads one object and nothing after it, and hands its members to `take` as they come.
    ///
    /// No member may come twice, at any depth, but for those of the outermost object that
    /// `may_repeat` names. Among very many, whether one did is known at the end: what `take` has
    /// seen counts only if all is well.
    pub(crate) fn of<E>(
        text: String,
        limits: Limits,
        may_repeat: &[&str],
        fault: impl Fn(JsonError) -> E,
        mut take: impl FnMut(Name<'_>, Item<'_>, &mut Unescaped) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut unescaped = Unescaped::default();
        let mut refused = None;
        let read = Reader::new(&text, limits.members).and_then(|mut reader| {
            reader.document(limits.depth, may_repeat, |name, item| {
                take(name, item, &mut unescaped).map_err(|error| {
                    refused = Some(error);
                    Fault::Syntax
                })
            })
        });
        match refused {
            Some(error) => Err(error),
            None => read.map_err(|error| fault(error.into())),
        }?;
        Ok(Self { text, unescaped })
    }

    /// What is written there.
    pub(crate) fn written(&self, span: Span) -> &str {
        span.of(&self.text)
    }

    /// What the string there means, which was kept.
    pub(crate) fn text(&self, span: Span) -> &str {
        self.unescaped
            .get(span)
            .unwrap_or_else(|| self.written(span))
    }

    /// What the string means that begins there, behind its quote, and was kept.
    pub(crate) fn string(&self, start: u16) -> &str {
        let quote = usize::from(start).saturating_sub(1);
        match self.reader(quote).string() {
            Ok(text) => self.text(text.span),
            Err(_) => "",
        }
    }

    /// The value that begins there.
    pub(crate) fn item(&self, start: u16) -> Option<Item<'_>> {
        self.reader(start.into()).item(usize::MAX).ok()
    }

    /// The value that begins there, as one of `serde_json`'s.
    pub(crate) fn value(&self, start: u16) -> Option<serde_json::Value> {
        self.reader(start.into()).value()
    }

    /// What stands in this item, if it is an array.
    pub(crate) fn items(&self, array: Item<'_>) -> impl Iterator<Item = Item<'_>> {
        let mut reader = self.reader(array.span.start().into());
        let mut is_open = reader.eat(b'[');
        iter::from_fn(move || {
            is_open = is_open && reader.next_or(b']');
            is_open.then(|| reader.item(usize::MAX).ok())?
        })
    }

    /// What stands in this item, if it is an object.
    pub(crate) fn members(&self, object: Item<'_>) -> impl Iterator<Item = (Text<'_>, Item<'_>)> {
        let mut reader = self.reader(object.span.start().into());
        let mut is_open = reader.eat(b'{');
        iter::from_fn(move || {
            is_open = is_open && reader.next_or(b'}');
            let name = is_open.then(|| reader.string().ok())??;
            let name = Text::new(reader.text, name);
            reader.skip_whitespace();
            reader.expect(b':').ok()?;
            Some((name, reader.item(usize::MAX).ok()?))
        })
    }

    /// For what has been read once, by its own bounds.
    fn reader(&self, at: usize) -> Reader<'_> {
        Reader {
            text: &self.text,
            rest: self.text.as_bytes().get(at..).unwrap_or_default(),
            members_left: usize::MAX,
        }
    }
}

/// The name of a member.
#[derive(Clone, Copy)]
pub(crate) struct Name<'n> {
    pub(crate) text: Text<'n>,
    /// What it means, in UTF-8.
    pub(crate) bytes: &'n [u8],
}

/// A value, and what it is.
#[derive(Clone, Copy)]
pub(crate) struct Item<'t> {
    document: &'t str,
    /// Where it stands, as it is written.
    pub(crate) span: Span,
    pub(crate) value: Value,
}

impl<'t> Item<'t> {
    /// The text that it is, if it is one.
    pub(crate) fn as_text(self) -> Option<Text<'t>> {
        match self.value {
            Value::String { has_escapes } => {
                let quoted = Quoted {
                    span: self.span.inside(),
                    has_escapes,
                };
                Some(Text::new(self.document, quoted))
            }
            _ => None,
        }
    }

    /// The text that the value of `member` must be.
    pub(crate) fn text(self, member: &'static str) -> Result<Text<'t>, JsonError> {
        self.as_text().ok_or(JsonError::Type {
            member,
            found: self.value.kind(),
        })
    }

    /// The time that the value of `member` must be.
    pub(crate) fn time(self, member: &'static str) -> Result<UnixTime, JsonError> {
        self.value.time(member)
    }
}

/// What a value is. A text, an array or an object has been looked through and is not taken apart.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Null,
    Bool,
    /// An integer that is not negative.
    Natural(u64),
    Negative(i64),
    Fraction,
    Exponent,
    String {
        has_escapes: bool,
    },
    Array,
    Object,
}

impl Value {
    /// The `NumericDate` ([RFC 7519 section 2](https://www.rfc-editor.org/rfc/rfc7519#section-2))
    /// that the value of `member` must be: an integer, from 0 to the end of the year 9999.
    pub(crate) fn time(self, member: &'static str) -> Result<UnixTime, JsonError> {
        match self {
            Self::Natural(seconds) if UnixTime::from_secs(seconds) <= UnixTime::MAX => {
                Ok(UnixTime::from_secs(seconds))
            }
            Self::Natural(_) | Self::Negative(_) => Err(JsonError::TimeOutOfRange(member)),
            other => Err(JsonError::Type {
                member,
                found: other.kind(),
            }),
        }
    }

    pub(crate) const fn kind(self) -> JsonKind {
        match self {
            Self::Null => JsonKind::Null,
            Self::Bool => JsonKind::Bool,
            Self::Natural(_) | Self::Negative(_) => JsonKind::Integer,
            Self::Fraction => JsonKind::Fraction,
            Self::Exponent => JsonKind::Exponent,
            Self::String { .. } => JsonKind::String,
            Self::Array => JsonKind::Array,
            Self::Object => JsonKind::Object,
        }
    }
}

/// Why reading ends. Not [`JsonError`] itself, which may name a member, so that what is read fits
/// into a register or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Syntax,
    NotObject,
    Duplicate,
    Depth,
    TooManyMembers,
    IntegerTooLarge,
}

impl From<Fault> for JsonError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Syntax => Self::Syntax,
            Fault::NotObject => Self::NotObject,
            Fault::Duplicate => Self::Duplicate,
            Fault::Depth => Self::Depth,
            Fault::TooManyMembers => Self::TooManyMembers,
            Fault::IntegerTooLarge => Self::IntegerTooLarge,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    /// What of it has not been read.
    rest: &'t [u8],
    members_left: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, members_left: usize) -> Result<Self, Fault> {
        match text.len() {
            0..=Document::MAX_BYTES => Ok(Self {
                text,
                rest: text.as_bytes(),
                members_left,
            }),
            _ => Err(Fault::Syntax),
        }
    }

    fn document(
        &mut self,
        depth: usize,
        may_repeat: &[&str],
        take: impl FnMut(Name<'_>, Item<'t>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.skip_whitespace();
        match self.peek() {
            Some(b'{') => self.object(depth, may_repeat, take)?,
            Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                return Err(Fault::NotObject);
            }
            _ => return Err(Fault::Syntax),
        }
        self.skip_whitespace();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Fault::Syntax),
        }
    }

    fn object(
        &mut self,
        depth_left: usize,
        may_repeat: &[&str],
        mut take: impl FnMut(Name<'_>, Item<'t>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let depth_left = depth_left.checked_sub(1).ok_or(Fault::Depth)?;
        self.expect(b'{')?;
        self.skip_whitespace();
        if self.eat(b'}') {
            return Ok(());
        }
        let mut names = Names::new(self.text, may_repeat);
        loop {
            self.skip_whitespace();
            let name = self.string()?;
            let left = self.members_left.checked_sub(1);
            self.members_left = left.ok_or(Fault::TooManyMembers)?;
            if !self.eat_next(b':') {
                return Err(Fault::Syntax);
            }
            let item = self.item(depth_left)?;
            let name = Name {
                text: Text::new(self.text, name),
                bytes: names.push(name)?,
            };
            take(name, item)?;
            if !self.eat_next(b',') {
                self.expect(b'}')?;
                return names.finish();
            }
        }
    }

    fn array(&mut self, depth_left: usize) -> Result<(), Fault> {
        let depth_left = depth_left.checked_sub(1).ok_or(Fault::Depth)?;
        self.expect(b'[')?;
        self.skip_whitespace();
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            self.item(depth_left)?;
            if !self.eat_next(b',') {
                return self.expect(b']');
            }
        }
    }

    #[inline]
    fn item(&mut self, depth_left: usize) -> Result<Item<'t>, Fault> {
        self.skip_whitespace();
        let start = self.rest;
        let value = match start {
            [b'"', ..] => Value::String {
                has_escapes: self.string()?.has_escapes,
            },
            _ => self.look_through(depth_left)?,
        };
        Ok(Item {
            document: self.text,
            span: self.span(start, self.rest),
            value,
        })
    }

    /// What is no string.
    fn look_through(&mut self, depth_left: usize) -> Result<Value, Fault> {
        match self.peek() {
            Some(b'{') => {
                self.object(depth_left, &[], |_, _| Ok(()))?;
                Ok(Value::Object)
            }
            Some(b'[') => {
                self.array(depth_left)?;
                Ok(Value::Array)
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true", Value::Bool),
            Some(b'f') => self.literal(b"false", Value::Bool),
            Some(b'n') => self.literal(b"null", Value::Null),
            _ => Err(Fault::Syntax),
        }
    }

    #[inline]
    fn string(&mut self) -> Result<Quoted, Fault> {
        let [b'"', start @ ..] = self.rest else {
            return Err(Fault::Syntax);
        };
        let mut end = text::skip_plain(start);
        let has_escapes = end.first() == Some(&b'\\');
        if has_escapes {
            end = text::skip_from_escape(end);
        }
        // A control character, half an escape or the end.
        let [b'"', rest @ ..] = end else {
            return Err(Fault::Syntax);
        };
        self.rest = rest;
        Ok(Quoted {
            span: self.span(start, end),
            has_escapes,
        })
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.rest;
        let is_negative = self.eat(b'-');
        let integer = match self.eat(b'0') {
            true => Some(0),
            false => self.digits()?,
        };
        let mut value = None;
        if self.eat(b'.') {
            self.digits()?;
            value = Some(Value::Fraction);
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
            value = Some(Value::Exponent);
        }
        match (value, integer) {
            // What no double-precision number comes near is no number that anyone can read.
            (Some(value), _) => {
                let written = self.span(start, self.rest).bytes_of(self.text);
                match number::is_finite(written) {
                    true => Ok(value),
                    false => Err(Fault::Syntax),
                }
            }
            (None, Some(integer)) if !is_negative => Ok(Value::Natural(integer)),
            // Only a float can tell -0 from zero.
            (None, Some(0)) => Ok(Value::Fraction),
            (None, integer) => integer
                .and_then(|integer| 0_i64.checked_sub_unsigned(integer))
                .map(Value::Negative)
                .ok_or(Fault::IntegerTooLarge),
        }
    }

    /// One digit or more. Gives what they come to, if that has no more than 64 bits.
    fn digits(&mut self) -> Result<Option<u64>, Fault> {
        let digits = self.rest.iter().map_while(|byte| match byte {
            b'0'..=b'9' => Some(u64::from(byte - b'0')),
            _ => None,
        });
        let (mut count, mut number) = (0, 0_u64);
        for digit in digits {
            count += 1;
            number = number.wrapping_mul(10).wrapping_add(digit);
        }
        let (written, rest) = self.rest.split_at(count);
        self.rest = rest;
        match count {
            0 => Err(Fault::Syntax),
            // So few cannot have wrapped around.
            1..=19 => Ok(Some(number)),
            _ => Ok(str::from_utf8(written)
                .ok()
                .and_then(|digits| digits.parse().ok())),
        }
    }

    fn literal(&mut self, word: &[u8], value: Value) -> Result<Value, Fault> {
        self.rest = self.rest.strip_prefix(word).ok_or(Fault::Syntax)?;
        Ok(value)
    }

    /// Goes to the next item, in what has been read once; false if this is the end.
    fn next_or(&mut self, end: u8) -> bool {
        self.skip_whitespace();
        self.eat(b',');
        self.skip_whitespace();
        !self.eat(end)
    }

    /// Behind what whitespace there is.
    #[inline]
    fn eat_next(&mut self, byte: u8) -> bool {
        self.eat(byte) || {
            self.skip_some_whitespace();
            self.eat(byte)
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(Fault::Syntax)
        }
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        match self.rest {
            [next, rest @ ..] if *next == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline]
    fn skip_whitespace(&mut self) {
        // Nearly always there is none.
        if let [next, ..] = self.rest
            && *next <= b' '
        {
            self.skip_some_whitespace();
        }
    }

    /// Called once an object where there is none, and otherwise for text that is laid out for people.
    #[cold]
    fn skip_some_whitespace(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// What stands from where one rest begins to where another does.
    #[inline]
    fn span(&self, start: &[u8], end: &[u8]) -> Span {
        let place = |rest: &[u8]| self.text.len() - rest.len();
        Span::new(place(start), place(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    const LIMITS: Limits = Limits {
        depth: 4,
        members: 8,
    };

    fn read(bytes: &[u8]) -> Result<Map<String, serde_json::Value>, JsonError> {
        let mut members = Vec::new();
        let read = Document::read(
            bytes.to_vec(),
            Segment::Payload,
            LIMITS,
            &[],
            |name, item, unescaped| {
                members.push((unescaped.keep(name.text), item.span));
                Ok(())
            },
        );
        match read {
            Ok(document) => Ok(members
                .into_iter()
                .map(|(name, value)| {
                    let value = serde_json::from_str(document.written(value)).unwrap();
                    (document.text(name).to_owned(), value)
                })
                .collect()),
            Err(TokenError::Json { error, .. }) => Err(error),
            Err(other) => panic!("not a fault of the JSON: {other:?}"),
        }
    }

    #[test]
    fn an_object_is_read_as_serde_json_reads_it() {
        let text = r#" {"a":[1,-2,1.5,"\u00e9",null,true,{"b":{}}],"c":18446744073709551615 , "\u0064\\\"\/" : false,"e":-0.5E+2} "#;
        let expected: Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
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
            r#"{,"a":1}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[,]}"#,
            r#"{"a":[1}"#,
            r#"{"a" 1}"#,
            r#"{"a":}"#,
            r#"{"a":tru}"#,
            r#"{"a":nul"#,
            "{'a':1}",
            "{a:1}",
            "\u{feff}{}",
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":+1}"#,
            r#"{"a":.5}"#,
            r#"{"a":1.}"#,
            r#"{"a":1e}"#,
            r#"{"a":1e+}"#,
            r#"{"a":0x1}"#,
            r#"{"a":1e400}"#,
            r#"{"a":NaN}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\ud800\u0041"}"#,
            r#"{"a":"\udc00"}"#,
            r#"{"a":"\u12g4"}"#,
            r#"{"a":"\u+123"}"#,
            r#"{"a":"\u12"#,
            r#"{"a":"\x41"}"#,
            r#"{"a":"\"#,
            r#"{"a":"b"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\"a long text and then a control character\u{1f}\"}",
            "{/**/}",
            "\u{b}{}",
            "{\u{a0}}",
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
            r#"{"\u006bid":1,"\u006Bid":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"\u0062":2}]}"#,
            r#"{"":1,"":2}"#,
            r#"{"😀":1,"\ud83d\ude00":2}"#,
            r#"{"b":1,"c":2,"a":3,"d":4,"c":5}"#,
        ] {
            assert_eq!(read(text.as_bytes()), Err(JsonError::Duplicate), "{text}");
        }
        for text in [
            r#"{"a":1,"A":1}"#,
            r#"{"a":{"a":{"a":1}}}"#,
            r#"{"a":[{"b":1},{"b":1}],"b":1}"#,
            r#"{"a\\":1,"a":1,"a\\u0061":1}"#,
        ] {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn only_what_may_repeat_repeats_and_only_in_the_outermost_object() {
        let read = |text: &str| {
            let bytes = text.as_bytes().to_vec();
            let read = Document::read(bytes, Segment::Payload, LIMITS, &["exp"], |_, _, _| Ok(()));
            read.map(drop)
        };
        assert_eq!(read(r#"{"exp":1,"a":1,"\u0065xp":2,"exp":3}"#), Ok(()));
        for text in [r#"{"exp":1,"a":1,"a":2}"#, r#"{"a":{"exp":1,"exp":2}}"#] {
            let duplicate = TokenError::Json {
                segment: Segment::Payload,
                error: JsonError::Duplicate,
            };
            assert_eq!(read(text), Err(duplicate), "{text}");
        }
    }

    #[test]
    fn what_takes_the_members_may_refuse_one() {
        let mut seen = 0;
        let bytes = br#"{"a":1,"b":2,"c":3}"#.to_vec();
        let read = Document::read(bytes, Segment::Header, LIMITS, &[], |name, _, _| {
            seen += 1;
            match name.bytes == b"b" {
                true => Err(TokenError::CriticalHeader),
                false => Ok(()),
            }
        });
        let read = read.map(drop);
        assert_eq!((read, seen), (Err(TokenError::CriticalHeader), 2));
    }

    #[test]
    fn depth_and_members_are_bounded() {
        assert!(read(br#"{"a":{"b":{"c":{}}}}"#).is_ok());
        assert_eq!(
            read(br#"{"a":{"b":{"c":{"d":{}}}}}"#),
            Err(JsonError::Depth)
        );
        assert_eq!(read(br#"{"a":[[[[]]]]}"#), Err(JsonError::Depth));
        let deep = format!(r#"{{"a":{}"#, "[".repeat(60_000));
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
    fn an_object_has_64_kib_at_most() {
        let length = Document::MAX_BYTES;
        let object = format!(r#"{{"a":"{}"}}"#, "b".repeat(length - 8));
        assert_eq!(object.len(), length);
        let members = read(object.as_bytes()).unwrap();
        assert_eq!(members["a"].as_str().map(str::len), Some(length - 8));
        let longer = object.replacen('b', "bb", 1);
        assert_eq!(read(longer.as_bytes()), Err(JsonError::Syntax));
    }

    #[test]
    fn an_integer_beyond_64_bits_is_refused_and_never_becomes_a_float() {
        let huge = format!(r#"{{"a":{}}}"#, "9".repeat(5000));
        for text in [
            r#"{"a":18446744073709551616}"#,
            r#"{"a":-9223372036854775809}"#,
            r#"{"a":[{"b":123456789012345678901234567890}]}"#,
            r#"{"s":"\"1","a":18446744073709551616}"#,
            &huge,
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
        ] {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn each_kind_of_value_is_told_from_the_others() {
        for (value, expected) in [
            ("null", JsonKind::Null),
            ("true", JsonKind::Bool),
            ("false", JsonKind::Bool),
            ("0", JsonKind::Integer),
            ("-1", JsonKind::Integer),
            ("1.0", JsonKind::Fraction),
            ("-0", JsonKind::Fraction),
            ("1e3", JsonKind::Exponent),
            ("1.5E-3", JsonKind::Exponent),
            (r#""1""#, JsonKind::String),
            ("[1]", JsonKind::Array),
            (r#"{"a":1}"#, JsonKind::Object),
        ] {
            let text = format!(r#"{{"a": {value} }}"#);
            let mut found = None;
            let bytes = text.into_bytes();
            let read = Document::read(bytes, Segment::Header, LIMITS, &[], |_, item, _| {
                found = Some((item.value.kind(), item.span));
                Ok(())
            });
            let (kind, span) = found.unwrap();
            assert_eq!((kind, read.unwrap().written(span)), (expected, value));
        }
    }
}
