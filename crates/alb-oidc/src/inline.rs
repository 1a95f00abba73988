//! Short ASCII text kept in place, so that names parsed from a token cost no allocation.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// At most `N` bytes of ASCII. The unused tail is always zero, so that equal texts are equal
/// values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct InlineText<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> InlineText<N> {
    /// `None` if the text is longer than `N` bytes or not ASCII.
    pub(crate) fn new(text: &[u8]) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self {
            length: u8::try_from(text.len()).ok()?,
            bytes,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        let text = self.bytes.get(..usize::from(self.length));
        text.unwrap_or_default()
    }
}

impl<const N: usize> Hash for InlineText<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<const N: usize> PartialOrd for InlineText<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for InlineText<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        // As the texts compare: where one ends, its tail is less than all that the other may have.
        let lengths = || self.length.cmp(&other.length);
        self.bytes.cmp(&other.bytes).then_with(lengths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_compare_as_their_texts_do() {
        let texts = [
            "", "\0", "\0\0", "\0a", "a", "a\0", "a\0b", "aa", "ab", "b", "abcd",
        ];
        for (a, b) in texts.iter().flat_map(|a| texts.map(|b| (*a, b))) {
            let [one, other] = [a, b].map(|text| InlineText::<4>::new(text.as_bytes()).unwrap());
            assert_eq!(one.cmp(&other), a.cmp(b), "{a:?} and {b:?}");
            assert_eq!(one == other, a == b, "{a:?} and {b:?}");
        }
    }
}
