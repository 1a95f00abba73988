//! The seam under the store: one GET.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use crate::error::FetchError;

/// Makes one GET request. Everything else, the cache, the budget, retries, deadlines and what an
/// answer means, is the store's.
///
/// An implementation follows no redirect and decompresses nothing.
pub trait KeyFetcher: fmt::Debug + Send + Sync + 'static {
    /// Gets `url`. Of a body longer than `max_body_bytes` it reads no more than it must to know
    /// that, and gives [`FetchError::BodyTooLarge`]. Dropping the future must end the exchange.
    fn fetch(&self, url: String, max_body_bytes: usize) -> FetchFuture;
}

/// What a [`KeyFetcher`] gives.
pub type FetchFuture = Pin<Box<dyn Future<Output = Result<KeyResponse, FetchError>> + Send>>;

/// The answer to a GET.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyResponse {
    /// The status code.
    pub status: u16,
    /// `Retry-After`, if it is there and in seconds.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// Shows the length of the body, which may be anything.
impl fmt::Debug for KeyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyResponse")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl KeyResponse {
    /// An answer without `Retry-After`.
    #[must_use]
    pub const fn new(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            retry_after: None,
            body,
        }
    }

    /// The same, with `Retry-After`.
    #[must_use]
    pub const fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }
}
