//! Choices, one byte each, until the bytes are used up.

/// Bytes that are still to be chosen by.
pub(crate) struct Choices<'b>(pub(crate) &'b [u8]);

impl Choices<'_> {
    /// A byte; `None` if there are no more.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> Option<usize> {
        usize::from(self.byte()?).checked_rem(end)
    }

    /// One of these.
    pub(crate) fn of<T: Clone>(&mut self, options: &[T]) -> Option<T> {
        let index = self.below(options.len())?;
        options.get(index).cloned()
    }
}
