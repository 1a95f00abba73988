//! Objects whose text is known to the letter, but for some values: read without looking for what is
//! known.

use super::text::{Quoted, Span, skip_from_escape, skip_plain};

/// The text of a flat object in which some strings and, at its end, a natural number are left open.
/// Whoever writes one sees to it that it has no name twice.
pub(crate) struct Form<const N: usize> {
    /// What stands before each string, its quote included; from the second on, what stands between
    /// the one before and this.
    pub(crate) before_strings: [&'static str; N],
    /// What stands between the last string and the number.
    pub(crate) before_number: &'static str,
}

impl<const N: usize> Form<N> {
    /// What stands in the gaps of `text`, if it has the form. Then there is nothing that
    /// [`Document::of`](super::Document::of) would refuse, or read otherwise.
    pub(crate) fn gaps(&self, text: &str) -> Option<([Quoted; N], u64)> {
        if text.len() > FORM_BYTES {
            return None;
        }
        // Its end first: where there is something else, there is most likely a member more.
        let text = text.strip_suffix('}')?;
        let digits = text.bytes().rev().take_while(u8::is_ascii_digit);
        let digits = digits.take(MAX_DIGITS).count();
        let (text, number) = text.split_at_checked(text.len() - digits)?;
        let text = text.strip_suffix(self.before_number)?;
        let mut rest = text.as_bytes();
        let mut strings = [Quoted::default(); N];
        for (string, before) in strings.iter_mut().zip(self.before_strings) {
            let start = rest.strip_prefix(before.as_bytes())?;
            rest = skip_plain(start);
            let has_escapes = rest.first() == Some(&b'\\');
            if has_escapes {
                rest = skip_from_escape(rest);
            }
            *string = Quoted {
                span: Span::new(text.len() - start.len(), text.len() - rest.len()),
                has_escapes,
            };
        }
        match rest {
            [] => Some((strings, natural(number.as_bytes())?)),
            _ => None,
        }
    }
}

/// The natural number that all of these are the digits of, as JSON writes them; `None` too if it has
/// more than 64 bits.
pub(crate) fn natural(digits: &[u8]) -> Option<u64> {
    match digits {
        [] | [b'0', _, ..] => None,
        digits => digits.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        }),
    }
}

/// What is longer is read in the other way at once: nobody can have much read twice, or read that a
/// value before it refuses.
pub(crate) const FORM_BYTES: usize = 1_024;

/// How many digits an integer of 64 bits has at most.
const MAX_DIGITS: usize = 20;
