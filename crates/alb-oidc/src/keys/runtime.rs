//! Where fetches run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

/// The runtime that a store was built in, or else the first that asks: a fetch belongs to no
/// request, and so not to a request's runtime either.
#[derive(Debug)]
pub(crate) struct FetchRuntime(Mutex<Option<Handle>>);

impl FetchRuntime {
    /// Remembers this one, or the one that the caller is in.
    pub(crate) fn new(given: Option<Handle>) -> Self {
        Self(Mutex::new(given.or_else(|| Handle::try_current().ok())))
    }

    /// The runtime that is remembered, or else the one that asks.
    pub(crate) fn handle(&self) -> Option<Handle> {
        let mut remembered = self.remembered();
        if remembered.is_none() {
            *remembered = Handle::try_current().ok();
        }
        remembered.clone()
    }

    /// It has ended, or nobody drives it any more: the one that asks next takes its place.
    pub(crate) fn forget(&self) {
        *self.remembered() = None;
    }

    fn remembered(&self) -> MutexGuard<'_, Option<Handle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
