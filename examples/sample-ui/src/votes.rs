//! Who voted for what, in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alb_oidc::{AuthenticatedUser, UserId};

use crate::restaurants::Restaurant;

/// One vote a user. Clones share the same box of ballots.
///
/// The key is the [`UserId`], issuer and subject together: a `sub` alone is
/// only unique within its issuer.
#[derive(Clone, Default)]
pub struct Votes {
    ballots: Arc<Mutex<HashMap<UserId, Cast>>>,
}

struct Cast {
    name: String,
    choice: Restaurant,
}

/// A ballot, as the one who counts sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ballot {
    /// Whose it is.
    pub voter: UserId,
    /// What the voter was called when it was cast.
    pub name: String,
    /// What was voted for.
    pub choice: Restaurant,
}

impl Votes {
    /// Casts the user's vote, or moves it if there was one.
    pub fn cast(&self, voter: &AuthenticatedUser, choice: Restaurant) {
        let name = voter.display_name().to_owned();
        self.lock()
            .insert(voter.id().clone(), Cast { name, choice });
    }

    /// Throws all votes away.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// All ballots, by the names of the voters.
    #[must_use]
    pub fn ballots(&self) -> Vec<Ballot> {
        let mut ballots: Vec<_> = self
            .lock()
            .iter()
            .map(|(voter, cast)| Ballot {
                voter: voter.clone(),
                name: cast.name.clone(),
                choice: cast.choice,
            })
            .collect();
        ballots.sort_by_cached_key(|ballot| {
            let voter = &ballot.voter;
            let issuer = voter.issuer().as_str().to_owned();
            (
                ballot.name.to_lowercase(),
                issuer,
                voter.subject().to_owned(),
            )
        });
        ballots
    }

    /// Counts the votes, as `voter` sees them.
    #[must_use]
    pub fn tally(&self, voter: &UserId) -> Tally {
        let ballots = self.lock();
        Tally {
            counts: Restaurant::ALL.map(|restaurant| {
                let votes = ballots
                    .values()
                    .filter(|cast| cast.choice == restaurant)
                    .count();
                (restaurant, votes)
            }),
            own: ballots.get(voter).map(|cast| cast.choice),
        }
    }

    /// No code panics while it holds the lock, and a map of ballots has no
    /// half-written state: a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Cast>> {
        self.ballots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows no voter.
impl fmt::Debug for Votes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Votes").finish_non_exhaustive()
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
