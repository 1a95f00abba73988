//! The names of one object's members, to find one that is there twice.

use super::text::{Span, Text, chars};
use crate::error::JsonError;

/// Names as they come. The first few need no allocation, and a token's header has no more.
pub(super) struct Names {
    first: [Span; FIRST],
    count: usize,
    more: Vec<Span>,
    has_escapes: bool,
}

/// An ALB writes seven members.
const FIRST: usize = 16;

impl Default for Names {
    fn default() -> Self {
        Self {
            first: [Span::default(); FIRST],
            count: 0,
            more: Vec::new(),
            has_escapes: false,
        }
    }
}

impl Names {
    /// Takes one more name, unless it is there already. `text` is what they all stand in.
    pub(super) fn push(&mut self, name: Text<'_>, text: &str) -> Result<(), JsonError> {
        self.has_escapes |= name.has_escapes();
        if !self.more.is_empty() {
            self.more.push(name.span());
            return Ok(());
        }
        let first = self.first.get(..self.count).unwrap_or_default();
        if first
            .iter()
            .any(|other| self.same(text, *other, name.span()))
        {
            return Err(JsonError::Duplicate);
        }
        match self.first.get_mut(self.count) {
            Some(slot) => {
                *slot = name.span();
                self.count += 1;
            }
            None => {
                self.more.extend_from_slice(&self.first);
                self.more.push(name.span());
            }
        }
        Ok(())
    }

    /// Looks at those that were too many to be compared each with each.
    pub(super) fn finish(mut self, text: &str) -> Result<(), JsonError> {
        if self.has_escapes {
            let meaning = |span: &Span| chars(span.of(text));
            self.more
                .sort_unstable_by(|a, b| meaning(a).cmp(meaning(b)));
        } else {
            self.more.sort_unstable_by_key(|name| name.bytes_of(text));
        }
        let is_twice = |pair: &[Span]| matches!(pair, [a, b] if self.same(text, *a, *b));
        match self.more.windows(2).any(is_twice) {
            true => Err(JsonError::Duplicate),
            false => Ok(()),
        }
    }

    fn same(&self, text: &str, a: Span, b: Span) -> bool {
        if self.has_escapes {
            chars(a.of(text)).eq(chars(b.of(text)))
        } else {
            a.bytes_of(text) == b.bytes_of(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(names: &[&str]) -> Result<(), JsonError> {
        let text = names.concat();
        let mut start = 0;
        let mut all = Names::default();
        for name in names {
            let span = Span::new(start, start + name.len()).unwrap();
            all.push(Text::new(&text, span, name.contains('\\')), &text)?;
            start += name.len();
        }
        all.finish(&text)
    }

    #[test]
    fn a_second_one_is_found_among_any_number() {
        assert_eq!(take(&[]), Ok(()));
        for count in [1, 2, FIRST - 1, FIRST, FIRST + 1, 500] {
            let names: Vec<_> = (0..count).map(|n| format!("{n:03}")).collect();
            let mut names: Vec<_> = names.iter().map(String::as_str).collect();
            assert_eq!(take(&names), Ok(()), "{count}");
            for place in [0, count / 2, count - 1] {
                let (first, rest) = names[place].split_at(1);
                let escaped = format!(r"\u003{first}{rest}");
                for second in [names[place], &escaped] {
                    let mut names = names.clone();
                    names.push(second);
                    assert_eq!(
                        take(&names),
                        Err(JsonError::Duplicate),
                        "{second} in {count}"
                    );
                    names.swap(place, count);
                    assert_eq!(
                        take(&names),
                        Err(JsonError::Duplicate),
                        "{second} in {count}"
                    );
                }
            }
            names.push(r"\u0041");
            assert_eq!(take(&names), Ok(()), "{count}");
        }
    }
}
