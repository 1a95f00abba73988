//! Whatever goes wrong, in whatever state the key is. A row is a fault, a column a state of the
//! key, and every cell runs.

mod answers;
mod contents;
mod endings;
mod wall_clock;

use std::fmt;
use std::time::Duration;

use crate::bench::{Bench, HOUR, wait};

/// What the store knows of the key when the fault begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    /// Held, and served without asking.
    Fresh,
    /// Held, served, and due for a refresh.
    SoftExpired,
    /// Held, proven, and too old to serve.
    HardExpired,
    /// Not held. The endpoint has served another key, so it is what it should be.
    Unknown,
    /// Not held, and the endpoint has never served any.
    Unserved,
}

impl Column {
    const ALL: [Self; 5] = [
        Self::Fresh,
        Self::SoftExpired,
        Self::HardExpired,
        Self::Unknown,
        Self::Unserved,
    ];

    /// A bench whose key is in this state, and whose endpoint has the key.
    async fn bench(self) -> Bench {
        let bench = Bench::new();
        match self {
            Self::Fresh | Self::SoftExpired | Self::HardExpired => bench.request().await.unwrap(),
            Self::Unknown => bench.make_endpoint_known().await,
            Self::Unserved => {}
        }
        wait(self.age()).await;
        bench.endpoint.forget_asked();
        bench
    }

    fn age(self) -> Duration {
        match self {
            Self::SoftExpired => HOUR,
            Self::HardExpired => 24 * HOUR,
            Self::Fresh | Self::Unknown | Self::Unserved => Duration::ZERO,
        }
    }

    /// Whether a request is answered with the key that is held.
    fn serves(self) -> bool {
        matches!(self, Self::Fresh | Self::SoftExpired)
    }

    /// Whether the key is in the store, and has verified a token.
    fn holds(self) -> bool {
        self.serves() || self == Self::HardExpired
    }

    /// How often a request has the endpoint asked that has nothing to complain of.
    fn fetches(self) -> usize {
        usize::from(self != Self::Fresh)
    }
}

/// One fault in one state, to tell where a test failed.
#[derive(Clone, Copy)]
struct Cell<'f>(&'f str, Column);

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {:?}", self.0, self.1)
    }
}
