//! A second JSON reader: the grammar of RFC 8259, word for word and byte by
//! byte, into a tree that forgets nothing: members stay in order and may come
//! twice, numbers stay text. It shares no code with `alb-oidc` and none with
//! `serde_json`.

use alb_oidc::JsonError;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// The members of an object; of anything else, none.
    pub(crate) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// All members of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        let members = self
            .members()
            .iter()
            .filter(move |(other, _)| other == name);
        members.map(|(_, value)| value)
    }

    /// The first of them.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        self.all(name).next()
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A number as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) String);

impl Number {
    /// Without fraction and exponent. Minus zero is none: only a float can tell
    /// it from zero.
    pub(crate) fn is_integer(&self) -> bool {
        !self.0.contains(['.', 'e', 'E']) && self.0 != "-0"
    }

    /// Its value, if it is an integer of 64 bits, with a sign or without.
    pub(crate) fn integer(&self) -> Option<i128> {
        let value = self.0.parse().ok().filter(|_| self.is_integer());
        value.filter(|value| (i64::MIN.into()..=u64::MAX.into()).contains(value))
    }

    pub(crate) fn float(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// Whether a double can hold it; `None` on the edge, where it depends on how
    /// the reader rounds.
    fn is_finite(&self) -> Option<bool> {
        let (digits, exponent) = self.0.split_once(['e', 'E']).unwrap_or((&self.0, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => (-1, exponent),
            None => (1, exponent.strip_prefix('+').unwrap_or(exponent)),
        };
        // A longer exponent than this is as good as infinite.
        let exponent = exponent.parse::<i64>().unwrap_or(i64::from(u32::MAX));
        let tenth = format!("{digits}e{}", sign * exponent - 1);
        let tenth = tenth.parse::<f64>().unwrap_or(f64::NAN).abs();
        match tenth {
            _ if tenth < 1.797e307 => Some(true),
            _ if tenth > 1.798e307 => Some(false),
            _ => None,
        }
    }
}

/// What is asked of a document beside the grammar.
pub(crate) struct Rules {
    /// How many objects and arrays may stand inside each other.
    pub(crate) depth: usize,
    /// How many members all objects may have together.
    pub(crate) members: usize,
    /// Which members of the outermost object may come twice.
    pub(crate) repeatable: &'static [&'static str],
}

/// A document, read to its end or to where it breaks.
pub(crate) struct Document {
    pub(crate) root: Json,
    /// Each of them is enough to refuse it.
    pub(crate) faults: Vec<JsonError>,
    /// What else a reader may blame once it refuses the document.
    pub(crate) blamable: Vec<JsonError>,
    /// It hangs on the rounding of a number whether it is to be refused.
    pub(crate) is_on_edge: bool,
}

impl Document {
    pub(crate) fn read(bytes: &[u8], rules: &Rules) -> Self {
        let mut document = Self {
            root: Json::Null,
            faults: Vec::new(),
            blamable: Vec::new(),
            is_on_edge: false,
        };
        let Ok(text) = str::from_utf8(bytes) else {
            document.faults.push(JsonError::Utf8);
            return document;
        };
        let mut reader = Reader {
            rest: text,
            depth: 0,
            fault: None,
        };
        document.root = reader.document();
        document.faults.extend(reader.fault);
        if reader.fault.is_some() {
            // Another reader may look at the first character, or at all digits, alone.
            document.blamable.push(JsonError::IntegerTooLarge);
            document.blamable.push(JsonError::NotObject);
        }
        if !matches!(document.root, Json::Object(_)) {
            if reader.fault.is_none() {
                document.faults.push(JsonError::NotObject);
            }
            return document;
        }
        let root = document.root.clone();
        if count(&root) > rules.members {
            document.faults.push(JsonError::TooManyMembers);
        }
        if depth(&root) > rules.depth {
            document.faults.push(JsonError::Depth);
        }
        if has_duplicate(&root, rules.repeatable) {
            document.faults.push(JsonError::Duplicate);
        }
        document.judge_numbers(&root);
        document
    }

    fn judge_numbers(&mut self, value: &Json) {
        match value {
            Json::Number(number) => self.judge_number(number),
            Json::Array(items) => {
                for item in items {
                    self.judge_numbers(item);
                }
            }
            Json::Object(members) => {
                for (_, value) in members {
                    self.judge_numbers(value);
                }
            }
            Json::Null | Json::Bool(_) | Json::Text(_) => {}
        }
    }

    fn judge_number(&mut self, number: &Number) {
        if !number.0.ends_with(|last: char| last.is_ascii_digit()) {
            // Here the document breaks.
            return;
        }
        if number.is_integer() && number.integer().is_none() {
            self.faults.push(JsonError::IntegerTooLarge);
        }
        match number.is_finite() {
            Some(true) => {}
            Some(false) => self.faults.push(JsonError::Syntax),
            None => {
                self.is_on_edge = true;
                self.blamable.push(JsonError::Syntax);
            }
        }
    }
}

fn children(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(items) => items.iter().collect(),
        Json::Object(members) => members.iter().map(|(_, value)| value).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => Vec::new(),
    }
}

fn count(value: &Json) -> usize {
    let inside = children(value).into_iter().map(count);
    value.members().len() + inside.sum::<usize>()
}

fn depth(value: &Json) -> usize {
    let inside = children(value).into_iter().map(depth).max();
    let own = usize::from(matches!(value, Json::Array(_) | Json::Object(_)));
    own + inside.unwrap_or_default()
}

fn has_duplicate(value: &Json, repeatable: &[&str]) -> bool {
    let names: Vec<_> = value.members().iter().map(|(name, _)| name).collect();
    let mut different = names.clone();
    different.sort();
    different.dedup();
    let once = |name: &&String| {
        repeatable.contains(&name.as_str())
            || names.iter().filter(|other| *other == name).count() < 2
    };
    let here = different.len() < names.len() && !different.iter().all(once);
    here || children(value)
        .into_iter()
        .any(|inside| has_duplicate(inside, &[]))
}

/// Reads on until something is wrong, and then nothing more: what has been read
/// by then is kept.
struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    fault: Option<JsonError>,
}

impl Reader<'_> {
    fn document(&mut self) -> Json {
        let value = self.value();
        if !self.rest.is_empty() {
            self.fail();
        }
        value
    }

    /// `ws value ws`.
    fn value(&mut self) -> Json {
        self.whitespace();
        let value = match self.rest.chars().next() {
            Some('{') => self.nested(Self::object),
            Some('[') => self.nested(Self::array),
            Some('"') => Json::Text(self.string().unwrap_or_default()),
            Some('-' | '0'..='9') => Json::Number(self.number()),
            _ if self.take("null") => Json::Null,
            _ if self.take("true") => Json::Bool(true),
            _ if self.take("false") => Json::Bool(false),
            _ => {
                self.fail();
                Json::Null
            }
        };
        self.whitespace();
        value
    }

    fn nested(&mut self, read: fn(&mut Self) -> Json) -> Json {
        if self.depth == FURTHEST_DEPTH {
            self.fault = self.fault.or(Some(JsonError::Depth));
            return Json::Null;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Json {
        let mut members = Vec::new();
        self.expect("{");
        self.whitespace();
        if self.take("}") {
            return Json::Object(members);
        }
        while self.fault.is_none() {
            self.whitespace();
            let Some(name) = self.string() else {
                break;
            };
            self.whitespace();
            // It counts from here on, whatever comes of its value.
            members.push((name, Json::Null));
            self.expect(":");
            if self.fault.is_some() {
                break;
            }
            let value = self.value();
            if let Some((_, last)) = members.last_mut() {
                *last = value;
            }
            if self.fault.is_some() || self.take("}") {
                break;
            }
            self.expect(",");
        }
        Json::Object(members)
    }

    fn array(&mut self) -> Json {
        let mut items = Vec::new();
        self.expect("[");
        self.whitespace();
        if self.take("]") {
            return Json::Array(items);
        }
        while self.fault.is_none() {
            items.push(self.value());
            if self.fault.is_some() || self.take("]") {
                break;
            }
            self.expect(",");
        }
        Json::Array(items)
    }

    /// `None` if it is not one, which is a fault.
    fn string(&mut self) -> Option<String> {
        self.expect("\"");
        let mut text = String::new();
        while self.fault.is_none() {
            match self.next() {
                Some('"') => return Some(text),
                Some('\\') => text.push(self.escape()?),
                Some(character) if character >= ' ' => text.push(character),
                _ => self.fail(),
            }
        }
        None
    }

    fn escape(&mut self) -> Option<char> {
        let character = match self.next() {
            Some(same @ ('"' | '\\' | '/')) => Some(same),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => self.code_point(),
            _ => None,
        };
        if character.is_none() {
            self.fail();
        }
        character
    }

    /// After `\u`. A surrogate without its other half is no text.
    fn code_point(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        let second = self.take("\\u").then(|| self.four_digits())??;
        let second = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
    }

    fn four_digits(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |value, _| Some(value << 4 | self.next()?.to_digit(16)?))
    }

    /// `[ minus ] int [ frac ] [ exp ]`.
    fn number(&mut self) -> Number {
        let start = self.rest;
        self.take("-");
        if !self.take("0") {
            self.digits();
        }
        if self.take(".") {
            self.digits();
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
            self.digits();
        }
        let length = start.len() - self.rest.len();
        Number(start.get(..length).unwrap_or_default().to_owned())
    }

    /// One or more.
    fn digits(&mut self) {
        let rest = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == self.rest.len() {
            self.fail();
        }
        self.rest = rest;
    }

    fn whitespace(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, text: &str) {
        if !self.take(text) {
            self.fail();
        }
    }

    const fn fail(&mut self) {
        if self.fault.is_none() {
            self.fault = Some(JsonError::Syntax);
        }
    }
}

/// Deeper than any document may be: the stack has an end.
const FURTHEST_DEPTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        depth: 3,
        members: 5,
        repeatable: &["twice"],
    };

    fn faults(text: &str) -> Vec<JsonError> {
        Document::read(text.as_bytes(), &RULES).faults
    }

    #[test]
    fn a_document_is_read_to_the_last_character() {
        let text = " { \"a\" : [ 1 , -2.50e+3 , \"\\u00e9\\ud83d\\ude00\\/\" , null ] , \"b\" : { } , \"twice\" : true , \"twice\" : -0 } ";
        let document = Document::read(text.as_bytes(), &RULES);
        let number = |text: &str| Json::Number(Number(text.to_owned()));
        let expected = [
            (
                "a",
                Json::Array(vec![
                    number("1"),
                    number("-2.50e+3"),
                    Json::Text("é😀/".to_owned()),
                    Json::Null,
                ]),
            ),
            ("b", Json::Object(Vec::new())),
            ("twice", Json::Bool(true)),
            ("twice", number("-0")),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(document.root, Json::Object(expected.to_vec()));
        assert_eq!(document.faults, []);
    }

    #[test]
    fn what_the_grammar_does_not_have_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "{}{}",
            "{},",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":+1}",
            "{\"a\":-}",
            "{\"a\":1e}",
            "{\"a\":tru}",
            "{\"a\":[1,]}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\ud800\\u0041\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":\"\\u00g0\"}",
            "\u{feff}{}",
            "{\"a\":NaN}",
            "{\"a\":1e400}",
            "{/**/}",
            "{\"a\":\"",
        ] {
            assert_eq!(faults(text), [JsonError::Syntax], "{text:?}");
        }
        for text in ["[]", "1", "\"a\"", "null", " true "] {
            assert_eq!(faults(text), [JsonError::NotObject], "{text}");
        }
        let document = Document::read(b"{\"\xff\":1}", &RULES);
        assert_eq!(document.faults, [JsonError::Utf8]);
    }

    #[test]
    fn what_is_asked_beside_the_grammar_is_judged_each_by_itself() {
        assert_eq!(faults(r#"{"a":1,"\u0061":2}"#), [JsonError::Duplicate]);
        assert_eq!(
            faults(r#"{"b":[{"twice":1,"twice":2}]}"#),
            [JsonError::Duplicate]
        );
        assert_eq!(faults(r#"{"a":[[]]}"#), []);
        assert_eq!(faults(r#"{"a":[[{}]]}"#), [JsonError::Depth]);
        assert_eq!(faults(r#"{"a":{"b":1,"c":2,"d":3,"e":4}}"#), []);
        assert_eq!(
            faults(r#"{"a":{"b":1,"c":2,"d":3,"e":4,"f":5}}"#),
            [JsonError::TooManyMembers]
        );
        assert_eq!(
            faults(r#"{"a":18446744073709551615,"b":-9223372036854775808}"#),
            []
        );
        for integer in ["18446744073709551616", "-9223372036854775809"] {
            let faults = faults(&format!("{{\"a\":[{integer}]}}"));
            assert_eq!(faults, [JsonError::IntegerTooLarge]);
        }
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(faults(&deep).contains(&JsonError::Depth));
    }

    #[test]
    fn the_edge_of_the_doubles_is_known_and_not_judged() {
        for (text, finite) in [
            ("1.79e308", Some(true)),
            ("1.7976931348623158e308", None),
            ("1.8e308", Some(false)),
            ("-1e309", Some(false)),
            ("0e999999999999999999999", Some(true)),
            ("1e999999999999999999999", Some(false)),
            ("1e-999999999999999999999", Some(true)),
        ] {
            assert_eq!(Number(text.to_owned()).is_finite(), finite, "{text}");
        }
    }
}
