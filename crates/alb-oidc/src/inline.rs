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
        let text = self.bytes.get(..usize::from(self.length));
        text.and_then(|text| str::from_utf8(text).ok())
            .unwrap_or_default()
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
        self.as_str().cmp(other.as_str())
    }
}
