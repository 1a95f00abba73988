//! The names of one object's members, to find one that is there twice.

use super::text::{Span, Text};
use crate::error::JsonError;

/// Names as they come. The first few need no allocation, and a token's header has no more.
#[derive(Default)]
pub(super) struct Names {
    first: [Name; FIRST],
    count: usize,
    more: Vec<Name>,
    /// What those mean that have escapes: bytes are compared, and none of them twice decoded.
    unescaped: String,
}

#[derive(Clone, Copy, Default)]
struct Name {
    span: Span,
    is_unescaped: bool,
}

/// An ALB writes seven members.
const FIRST: usize = 16;

impl Names {
    /// Takes one more name, unless it is there already. `text` is what they all stand in.
    pub(super) fn push(&mut self, name: Text<'_>, text: &str) -> Result<(), JsonError> {
        let name = self.name(name)?;
        if !self.more.is_empty() {
            self.more.push(name);
            return Ok(());
        }
        let first = self.first.get(..self.count).unwrap_or_default();
        let bytes = name.bytes(text, &self.unescaped);
        if first
            .iter()
            .any(|other| other.bytes(text, &self.unescaped) == bytes)
        {
            return Err(JsonError::Duplicate);
        }
        match self.first.get_mut(self.count) {
            Some(slot) => {
                *slot = name;
                self.count += 1;
            }
            None => {
                self.more.extend_from_slice(&self.first);
                self.more.push(name);
            }
        }
        Ok(())
    }

    /// Looks at those that were too many to be compared each with each.
    pub(super) fn finish(mut self, text: &str) -> Result<(), JsonError> {
        let unescaped = &self.unescaped;
        self.more
            .sort_unstable_by(|a, b| a.bytes(text, unescaped).cmp(b.bytes(text, unescaped)));
        let is_twice = |pair: &[Name]| matches!(pair, [a, b] if a.bytes(text, unescaped) == b.bytes(text, unescaped));
        match self.more.windows(2).any(is_twice) {
            true => Err(JsonError::Duplicate),
            false => Ok(()),
        }
    }

    fn name(&mut self, name: Text<'_>) -> Result<Name, JsonError> {
        let span = if name.has_escapes() {
            let start = self.unescaped.len();
            self.unescaped.extend(name.chars());
            // Less than the document, whose spans have been measured.
            Span::new(start, self.unescaped.len()).ok_or(JsonError::Syntax)?
        } else {
            name.span()
        };
        Ok(Name {
            span,
            is_unescaped: name.has_escapes(),
        })
    }
}

impl Name {
    fn bytes<'t>(self, text: &'t str, unescaped: &'t str) -> &'t [u8] {
        self.span
            .bytes_of(if self.is_unescaped { unescaped } else { text })
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
