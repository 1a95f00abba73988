//! The names of one object's members, to find one that is there twice.

use std::mem;

use super::Fault;
use super::text::{Quoted, Span, Text, push};

/// Names as they come. The first few need no allocation, and a token's header has no more.
pub(super) struct Names<'t> {
    /// What they all stand in.
    text: &'t str,
    may_repeat: &'t [&'t str],
    first: [Place; FIRST],
    /// The tag of each of these.
    tags: [u16; FIRST],
    count: usize,
    more: Vec<Place>,
    /// What those mean that have escapes: bytes are compared, and none of them twice decoded.
    unescaped: String,
}

#[derive(Clone, Copy, Default)]
struct Place {
    span: Span,
    is_unescaped: bool,
}

/// An ALB writes seven members.
const FIRST: usize = 16;

impl<'t> Names<'t> {
    /// For names of which these may come any number of times.
    pub(super) fn new(text: &'t str, may_repeat: &'t [&'t str]) -> Self {
        Self {
            text,
            may_repeat,
            first: [Place::default(); FIRST],
            tags: [0; FIRST],
            count: 0,
            more: Vec::new(),
            unescaped: String::new(),
        }
    }

    /// Takes one more name, unless it is there already. Gives what it means.
    #[inline]
    pub(super) fn push(&mut self, name: Quoted) -> Result<&[u8], Fault> {
        let bytes = name.span.bytes_of(self.text);
        let tag = tag(bytes);
        // The usual name is the only one with its tag.
        if !name.has_escapes
            && !is_among(tag, self.tags)
            && let Some(slot) = self.first.get_mut(self.count)
            && let Some(slot_of_tag) = self.tags.get_mut(self.count)
        {
            slot.span = name.span;
            *slot_of_tag = tag;
            self.count += 1;
            return Ok(bytes);
        }
        self.push_unusual(name)
    }

    #[inline(never)]
    fn push_unusual(&mut self, name: Quoted) -> Result<&[u8], Fault> {
        let name = self.place(name);
        self.add(name)?;
        Ok(self.bytes(&name))
    }

    fn add(&mut self, name: Place) -> Result<(), Fault> {
        if !self.more.is_empty() {
            push(&mut self.more, name);
            return Ok(());
        }
        let bytes = self.bytes(&name);
        let mut first = self.first.iter().take(self.count);
        if first.any(|other| self.bytes(other) == bytes) {
            return self.repeat(bytes);
        }
        let tag = tag(bytes);
        match self.first.get_mut(self.count) {
            Some(slot) => {
                *slot = name;
                if let Some(slot) = self.tags.get_mut(self.count) {
                    *slot = tag;
                }
                self.count += 1;
            }
            None => {
                self.more.extend_from_slice(&self.first);
                push(&mut self.more, name);
            }
        }
        Ok(())
    }

    /// Looks at those that were too many to be compared each with each.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        let mut more = mem::take(&mut self.more);
        more.sort_unstable_by(|one, other| self.bytes(one).cmp(self.bytes(other)));
        let mut pairs = more.iter().zip(more.iter().skip(1));
        pairs.try_for_each(|(one, next)| match self.bytes(one) == self.bytes(next) {
            true => self.repeat(self.bytes(one)),
            false => Ok(()),
        })
    }

    /// What it means that this name comes again.
    fn repeat(&self, name: &[u8]) -> Result<(), Fault> {
        match self.may_repeat.iter().any(|other| other.as_bytes() == name) {
            true => Ok(()),
            false => Err(Fault::Duplicate),
        }
    }

    fn place(&mut self, name: Quoted) -> Place {
        let span = if name.has_escapes {
            // All of it together is less than the document.
            Text::new(self.text, name).unescape_into(&mut self.unescaped)
        } else {
            name.span
        };
        Place {
            span,
            is_unescaped: name.has_escapes,
        }
    }

    fn bytes(&self, name: &Place) -> &[u8] {
        name.span.bytes_of(match name.is_unescaped {
            true => &self.unescaped,
            false => self.text,
        })
    }
}

/// What tells most names apart: their length and first byte, and their last.
#[inline]
fn tag(name: &[u8]) -> u16 {
    let [length, _, ..] = name.len().to_le_bytes();
    match name {
        [first, .., last] => u16::from_le_bytes([length ^ first, *last]),
        _ => 0,
    }
}

/// Not `contains`: without an early end, the compiler compares many at a time.
#[inline]
fn is_among(tag: u16, tags: [u16; FIRST]) -> bool {
    tags.into_iter()
        .fold(false, |so_far, other| so_far | (other == tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(names: &[&str]) -> Result<(), Fault> {
        take_but_for(names, &[])
    }

    fn take_but_for(names: &[&str], may_repeat: &[&str]) -> Result<(), Fault> {
        let text = names.concat();
        let mut start = 0;
        let mut all = Names::new(&text, may_repeat);
        for name in names {
            all.push(Quoted {
                span: Span::new(start, start + name.len()),
                has_escapes: name.contains('\\'),
            })?;
            start += name.len();
        }
        all.finish()
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
                    assert_eq!(take(&names), Err(Fault::Duplicate), "{second} in {count}");
                    names.swap(place, count);
                    assert_eq!(take(&names), Err(Fault::Duplicate), "{second} in {count}");
                }
            }
            names.push(r"\u0041");
            assert_eq!(take(&names), Ok(()), "{count}");
        }
    }

    #[test]
    fn what_may_repeat_repeats_among_any_number_however_it_is_spelled() {
        for count in [0, 1, FIRST - 1, FIRST, 100] {
            let others: Vec<_> = (0..count).map(|n| format!("{n:03}")).collect();
            let mut names: Vec<_> = others.iter().map(String::as_str).collect();
            for name in ["exp", r"\u0065xp", "exp"] {
                names.insert(names.len() / 2, name);
                names.push(name);
            }
            assert_eq!(take_but_for(&names, &["iss", "exp"]), Ok(()), "{count}");
            assert_eq!(take_but_for(&names, &["iss"]), Err(Fault::Duplicate));
            names.extend(["x", "x"]);
            assert_eq!(take_but_for(&names, &["exp"]), Err(Fault::Duplicate));
        }
    }
}
