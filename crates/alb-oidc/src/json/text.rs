//! Strings of a document: where they stand, and what they mean.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

/// A stretch of a document.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    start: u16,
    end: u16,
}

impl Span {
    /// In an object of at most [`Document::MAX_BYTES`](super::Document::MAX_BYTES), or in what its
    /// escapes stand for.
    #[inline]
    pub(super) fn new(start: usize, end: usize) -> Self {
        let [start, end] = [start, end].map(|place| place.try_into().unwrap_or(u16::MAX));
        Self { start, end }
    }

    pub(crate) const fn start(self) -> u16 {
        self.start
    }

    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }

    pub(super) fn bytes_of(self, text: &str) -> &[u8] {
        text.as_bytes().get(self.range()).unwrap_or_default()
    }

    /// What stands between the first byte and the last.
    pub(super) const fn inside(self) -> Self {
        Self {
            start: self.start.saturating_add(1),
            end: self.end.saturating_sub(1),
        }
    }

    fn range(self) -> Range<usize> {
        self.start.into()..self.end.into()
    }
}

/// What stands between the quotes of a string. Its escapes are known to be right.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quoted {
    pub(super) span: Span,
    pub(super) has_escapes: bool,
}

/// The same, with the document that it stands in.
#[derive(Clone, Copy)]
pub(crate) struct Text<'t> {
    document: &'t str,
    quoted: Quoted,
}

impl<'t> Text<'t> {
    pub(crate) const fn new(document: &'t str, quoted: Quoted) -> Self {
        Self { document, quoted }
    }

    fn written(self) -> &'t str {
        self.quoted.span.of(self.document)
    }

    /// What it means.
    #[inline]
    pub(crate) fn decode(self) -> Cow<'t, str> {
        if self.quoted.has_escapes {
            Cow::Owned(self.unescape())
        } else {
            Cow::Borrowed(self.written())
        }
    }

    /// Whether it means `other`.
    pub(crate) fn is(self, other: &str) -> bool {
        if self.quoted.has_escapes {
            self.chars().eq(other.chars())
        } else {
            self.quoted.span.bytes_of(self.document) == other.as_bytes()
        }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.quoted.span.start == self.quoted.span.end
    }

    pub(crate) const fn span(self) -> Span {
        self.quoted.span
    }

    fn unescape(self) -> String {
        let mut text = String::new();
        self.unescape_into(&mut text);
        text
    }

    /// Puts what it means behind the text that is there, and says where.
    pub(super) fn unescape_into(self, text: &mut String) -> Span {
        let mut rest = self.written();
        // No escape is shorter than what it stands for.
        make_room(text, rest.len());
        let start = text.len();
        loop {
            let plain = match rest.as_bytes() {
                // Often one escape follows the other.
                [b'\\', ..] => 0,
                bytes => bytes.len() - skip_plain(bytes).len(),
            };
            let (plain, behind) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            text.push_str(plain);
            // Where there is none, there is nothing: all have been read once.
            let Some((character, length)) = escape(behind.as_bytes()) else {
                return Span::new(start, text.len());
            };
            text.push(character);
            rest = behind.get(length..).unwrap_or_default();
        }
    }

    /// What it means, character by character.
    pub(super) fn chars(self) -> impl Iterator<Item = char> {
        let mut rest = self.written();
        iter::from_fn(move || {
            let (next, length) = match escape(rest.as_bytes()) {
                Some(escaped) => escaped,
                None => rest.chars().next().map(|next| (next, next.len_utf8()))?,
            };
            rest = rest.get(length..).unwrap_or_default();
            Some(next)
        })
    }
}

/// What those of a document's strings mean that are kept and have escapes.
#[derive(Clone, Default)]
pub(crate) struct Unescaped {
    text: String,
    /// Where a string begins in the document, in order, and where its meaning ends here. It begins
    /// where the one before ends.
    places: Vec<Span>,
}

impl Unescaped {
    /// Keeps what the string means, if that is not what is written. Gives where it is written.
    /// Strings are kept in the order in which they stand.
    #[inline]
    pub(crate) fn keep(&mut self, text: Text<'_>) -> Span {
        if text.quoted.has_escapes {
            // All of it together is less than the document.
            let meaning = text.unescape_into(&mut self.text);
            let place = Span {
                start: text.span().start,
                end: meaning.end,
            };
            push(&mut self.places, place);
        }
        text.span()
    }

    /// What the string there means, if it was kept.
    pub(super) fn get(&self, span: Span) -> Option<&str> {
        let place = self
            .places
            .binary_search_by_key(&span.start, |place| place.start)
            .ok()?;
        let before = place
            .checked_sub(1)
            .and_then(|before| self.places.get(before));
        let meaning = Span {
            start: before.map_or(0, |before| before.end),
            end: self.places.get(place)?.end,
        };
        Some(meaning.of(&self.text))
    }
}

/// What follows the bytes at the start that a string may have as they are: no quote, no backslash
/// and no control character. Looks at eight at a time.
#[inline]
pub(super) fn skip_plain(mut bytes: &[u8]) -> &[u8] {
    while let Some((word, rest)) = bytes.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        // The high bit of the lowest byte that is special, and perhaps of some above it.
        let special = less(word, 0x20) | less(word ^ all(b'"'), 1) | less(word ^ all(b'\\'), 1);
        let special = special & !word & all(0x80);
        if special != 0 {
            let plain = (special.trailing_zeros() / 8) as usize;
            return bytes.get(plain..).unwrap_or_default();
        }
        bytes = rest;
    }
    while let [byte, rest @ ..] = bytes
        && !matches!(byte, b'"' | b'\\' | 0..=0x1f)
    {
        bytes = rest;
    }
    bytes
}

/// What follows the bytes at the start that a string may have, if it begins with an escape.
#[cold]
#[inline(never)]
pub(super) fn skip_from_escape(mut bytes: &[u8]) -> &[u8] {
    while let Some((_, length)) = escape(bytes) {
        bytes = bytes.get(length..).unwrap_or_default();
        // Often one escape follows the other.
        if bytes.first() != Some(&b'\\') {
            bytes = skip_plain(bytes);
        }
    }
    bytes
}

/// Grows by a quarter beyond what is needed, as [`push`].
fn make_room(text: &mut String, bytes: usize) {
    if text.capacity() - text.len() < bytes {
        text.reserve_exact(bytes + text.len() / 4);
    }
}

/// Grows by a quarter, not to twice as much: a request has its share of memory, and what grows is
/// there twice for a moment.
pub(crate) fn push<T>(items: &mut Vec<T>, item: T) {
    if items.len() == items.capacity() {
        items.reserve_exact(8 + items.len() / 4);
    }
    items.push(item);
}

/// Among the bytes below 0x80, the lowest that is less than `limit` has its high bit set here, and
/// none below it has.
const fn less(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(all(limit))
}

const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The character that an escape at the start stands for, and the length of the escape ([RFC 8259
/// section 7](https://www.rfc-editor.org/rfc/rfc8259#section-7)); `None` if there is none, or half
/// of a surrogate pair.
#[inline]
fn escape(bytes: &[u8]) -> Option<(char, usize)> {
    let [b'\\', kind, digits @ ..] = bytes else {
        return None;
    };
    let character = match kind {
        b'"' | b'\\' | b'/' => char::from(*kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return utf16(digits),
        _ => return None,
    };
    Some((character, 2))
}

/// The same for an escape of UTF-16, from its digits on.
fn utf16(digits: &[u8]) -> Option<(char, usize)> {
    let first = four_digits(digits)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = digits.get(4..)?.strip_prefix(br"\u")?;
    let pair = [first, four_digits(second)?].map(|unit| u16::try_from(unit).ok());
    let [Some(high), Some(low)] = pair else {
        return None;
    };
    let character = char::decode_utf16([high, low]).next()?.ok()?;
    Some((character, 12))
}

fn four_digits(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.first_chunk::<4>()?;
    digits.iter().try_fold(0, |number, digit| {
        Some(number << 4 | char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_byte_that_is_not_plain_is_found_wherever_it_stands() {
        for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for length in 0..40 {
                for place in 0..length {
                    let mut bytes = vec![b' '; length];
                    bytes[place] = special;
                    assert_eq!(skip_plain(&bytes), &bytes[place..], "{special} in {length}");
                    bytes[length - 1] = b'"';
                    assert_eq!(skip_plain(&bytes), &bytes[place..], "{special} in {length}");
                }
            }
        }
        for plain in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
            assert!(skip_plain(&[plain; 21]).is_empty(), "{plain}");
        }
    }

    #[test]
    fn an_escape_is_one_character_and_half_a_pair_is_none() {
        for (text, expected) in [
            (r#"\"x"#, Some(('"', 2))),
            (r"\\x", Some(('\\', 2))),
            (r"\/", Some(('/', 2))),
            (r"\b", Some(('\u{8}', 2))),
            (r"\f", Some(('\u{c}', 2))),
            (r"\n", Some(('\n', 2))),
            (r"\r", Some(('\r', 2))),
            (r"\t", Some(('\t', 2))),
            (r"\u0000", Some(('\0', 6))),
            (r"\u00e9x", Some(('é', 6))),
            (r"\u00E9", Some(('é', 6))),
            (r"\uffff", Some(('\u{ffff}', 6))),
            (r"\ud83d\ude00", Some(('😀', 12))),
            (r"\uD83D\uDE00", Some(('😀', 12))),
            (r"\ud83d", None),
            (r"\ud83d\n1234", None),
            (r"\ud83d\u0041", None),
            (r"\ud83d\ud83d", None),
            (r"\ude00\ud83d", None),
            (r"\u00e", None),
            (r"\u 0e9", None),
            (r"\u-0e9", None),
            (r"\U00e9", None),
            (r"\a", None),
            (r"\", None),
            ("n", None),
            ("", None),
        ] {
            assert_eq!(escape(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_unescaped_in_runs_is_what_the_characters_are(
            written in r#"([ -!#-\[\]-~é😀]{0,9}(\\["\\/bfnrt]|\\u00[0-9a-fA-F]{2}|\\ud83d\\ude00){0,3}){0,4}"#,
        ) {
            let quoted = Quoted {
                span: Span::new(0, written.len()),
                has_escapes: true,
            };
            let text = Text::new(&written, quoted);
            prop_assert_eq!(text.decode(), text.chars().collect::<String>());
            let expected: String = serde_json::from_str(&format!("\"{written}\"")).unwrap();
            prop_assert_eq!(text.decode(), expected);
        }
    }

    #[test]
    fn a_text_means_what_its_escapes_stand_for() {
        let written = r#"a\u0062\"\ud83d\ude00é"#;
        let quoted = |start, end| Quoted {
            span: Span::new(start, end),
            has_escapes: true,
        };
        let text = Text::new(written, quoted(0, written.len()));
        assert_eq!(text.decode(), "ab\"😀é");
        assert!(text.is("ab\"😀é") && !text.is("ab") && !text.is(written));
        let mut unescaped = Unescaped::default();
        let other = Text::new(r"\n\n", quoted(2, 4));
        unescaped.keep(text);
        assert_eq!(unescaped.get(other.span()), None);
        unescaped.keep(other);
        assert_eq!(unescaped.get(text.span()), Some("ab\"😀é"));
        assert_eq!(unescaped.get(other.span()), Some("\n"));
    }
}
