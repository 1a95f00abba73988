//! One operation on one token after the other.

use std::hint::black_box;
use std::sync::Arc;

/// An operation and what it is given: another user's token each time, so that no cache or branch
/// predictor learns one token by heart (what is made to be dear, and has one header for all users, is too
/// long to be learned). Clones share what it is given, as the threads of a server
/// do.
#[derive(Clone)]
pub struct Workload {
    step: Arc<Step>,
    next: usize,
}

/// What becomes of one of the tokens: why it is refused, if it is.
type Step = dyn Fn(usize) -> Ending + Send + Sync;

/// Why a token is refused, if it is.
pub type Ending = Option<&'static str>;

impl Workload {
    /// How many tokens there are.
    pub const TOKENS: usize = 64;

    /// Does `step` with one token after the other. All of them are tried at once, and must come to
    /// this end.
    ///
    /// # Panics
    ///
    /// If one of them does not.
    #[must_use]
    pub fn new(ending: Ending, step: impl Fn(usize) -> Ending + Send + Sync + 'static) -> Self {
        for token in 0..Self::TOKENS {
            assert_eq!(step(token), ending, "token {token}");
        }
        Self {
            step: Arc::new(step),
            next: 0,
        }
    }

    /// Performs the operation once, on the next token. What it gives is dropped.
    pub fn run(&mut self) {
        black_box((self.step)(self.next));
        self.next = (self.next + 1) % Self::TOKENS;
    }

    /// Performs it once on each token. A function of its own, so that a profiler can be told to look
    /// at nothing else.
    #[inline(never)]
    pub fn run_all(&mut self) {
        for _ in 0..Self::TOKENS {
            self.run();
        }
    }
}
