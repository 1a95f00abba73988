//! Who voted for what, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alb_oidc::UserId;

use crate::restaurants::Restaurant;

/// One vote a user. Clones share the same box of ballots.
///
/// The key is the [`UserId`], issuer and subject together: a `sub` alone is
/// only unique within its issuer.
#[derive(Clone, Debug, Default)]
pub struct Votes {
    ballots: Arc<Mutex<HashMap<UserId, Restaurant>>>,
}

impl Votes {
    /// Casts the user's vote, or moves it if there was one.
    pub fn cast(&self, voter: &UserId, choice: Restaurant) {
        self.ballots().insert(voter.clone(), choice);
    }

    /// Counts the votes, as `voter` sees them.
    #[must_use]
    pub fn tally(&self, voter: &UserId) -> Tally {
        let ballots = self.ballots();
        Tally {
            counts: Restaurant::ALL.map(|restaurant| {
                let votes = ballots
                    .values()
                    .filter(|choice| **choice == restaurant)
                    .count();
                (restaurant, votes)
            }),
            own: ballots.get(voter).copied(),
        }
    }

    /// No code panics while it holds the lock, and a map of ballots has no
    /// half-written state: a poisoned lock is as good as any.
    fn ballots(&self) -> MutexGuard<'_, HashMap<UserId, Restaurant>> {
        self.ballots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The count at one moment, and the vote of the user who looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    counts: [(Restaurant, usize); 4],
    own: Option<Restaurant>,
}

impl Tally {
    /// Each restaurant with its votes, in the order of [`Restaurant::ALL`].
    #[must_use]
    pub fn counts(&self) -> &[(Restaurant, usize); 4] {
        &self.counts
    }

    /// The user's own vote.
    #[must_use]
    pub fn own(&self) -> Option<Restaurant> {
        self.own
    }

    /// All votes.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().map(|(_, votes)| votes).sum()
    }

    /// Who is ahead, if it is one alone.
    #[must_use]
    pub fn leader(&self) -> Option<Restaurant> {
        let most = self
            .counts
            .iter()
            .map(|(_, votes)| *votes)
            .max()
            .filter(|most| *most > 0)?;
        let mut ahead = self.counts.iter().filter(|(_, votes)| *votes == most);
        match (ahead.next(), ahead.next()) {
            (Some((restaurant, _)), None) => Some(*restaurant),
            _ => None,
        }
    }
}
