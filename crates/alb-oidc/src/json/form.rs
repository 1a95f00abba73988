//! Objects whose text is known to the letter, but for some values: read without looking for what is
//! known.

use super::text::{Span, skip_plain};
use super::{Reader, Value};

/// The text of a flat object, with no name twice, in which some strings and, at its end, a number are
/// left open.
pub(crate) struct Form<const N: usize> {
    /// What stands before each string, its quote included; from the second on, what stands between
    /// the one before and this.
    pub(crate) before_strings: [&'static str; N],
    /// What stands between the last string and the number.
    pub(crate) before_number: &'static str,
}

impl<const N: usize> Form<N> {
    /// What stands in the gaps of `text`, if it has the form and its strings have no escapes. Then
    /// there is nothing that [`Document::of`](super::Document::of) would refuse, or read otherwise.
    pub(crate) fn gaps(&self, text: &str) -> Option<([Span; N], Value)> {
        let mut reader = Reader::new(text, 0).ok()?;
        let mut strings = [Span::default(); N];
        for (string, before) in strings.iter_mut().zip(self.before_strings) {
            let start = reader.rest.strip_prefix(before.as_bytes())?;
            let end = skip_plain(start);
            *string = reader.span(start, end);
            reader.rest = end;
        }
        reader.rest = reader.rest.strip_prefix(self.before_number.as_bytes())?;
        if reader.rest.len() > INTEGER_AND_BRACE {
            // Something else. It would be read twice.
            return None;
        }
        let number = reader.number().ok()?;
        (reader.rest == b"}").then_some((strings, number))
    }
}

/// How long the longest integer of 64 bits and a brace are.
const INTEGER_AND_BRACE: usize = 21;
