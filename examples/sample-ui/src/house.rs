//! The house: what every request shares, and what is answered to each. No web framework is named
//! here; [`axum_app`](crate::axum_app) and [`actix_app`](crate::actix_app) bring the requests.

use std::sync::Arc;

use alb_oidc::{
    AuthenticatedUser, Authorizer, BrowserRequest, Clock, CsrfProtection, Requirement, SignOut,
    SystemClock,
};
use serde::Deserialize;

use crate::framework::Framework;
use crate::me::me;
use crate::page;
use crate::pages::{Notice, Visit, admin, home, signed_out};
use crate::paths;
use crate::reply::Reply;
use crate::votes::Votes;

/// What the app's handlers share. Clones share the same votes.
#[derive(Clone, Debug)]
pub struct House {
    /// The votes so far.
    pub votes: Votes,
    /// Who gets behind the counter.
    pub admins: Authorizer,
    /// Whose forms are taken.
    pub csrf: CsrfProtection,
    /// How to sign out.
    pub sign_out: SignOut,
    /// What the app runs on, which the page shows.
    pub framework: Framework,
    /// The name of the serving host, which the page shows.
    pub host: Arc<str>,
    /// Tells how long a token still holds.
    pub clock: Arc<dyn Clock>,
}

/// What a voter sends.
#[derive(Debug, Deserialize)]
pub struct Ballot {
    restaurant: String,
}

impl House {
    /// An empty ballot box on this host, by the system's clock.
    #[must_use]
    pub fn new(framework: Framework, sign_out: SignOut) -> Self {
        Self {
            votes: Votes::default(),
            admins: Authorizer::enforce(Requirement::group(ADMINS)),
            csrf: CsrfProtection::new(),
            sign_out,
            framework,
            host: gethostname::gethostname().to_string_lossy().into(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The vote, the claims, and what the tokens proved.
    #[must_use]
    pub fn home(&self, user: &AuthenticatedUser, asked: &BrowserRequest<'_>) -> Reply {
        let Ok(now) = self.clock.unix_time() else {
            return Notice::Unavailable.reply(asked);
        };
        let visit = Visit {
            tally: &self.votes.tally(user.id()),
            framework: self.framework,
            host: &self.host,
            now,
        };
        home(user, &visit).into()
    }

    /// The user, for programs.
    #[must_use]
    pub fn me(&self, user: &AuthenticatedUser) -> Reply {
        Reply::new(200, "application/json", me(user).to_string())
    }

    /// Casts a vote, or moves it. There is no `ballot` if the form was none.
    #[must_use]
    pub fn vote(
        &self,
        user: &AuthenticatedUser,
        ballot: Option<Ballot>,
        asked: &BrowserRequest<'_>,
    ) -> Reply {
        match ballot.and_then(|ballot| ballot.restaurant.parse().ok()) {
            Some(choice) => {
                self.votes.cast(user, choice);
                Reply::see_other(paths::HOME)
            }
            None => Notice::BadBallot.reply(asked),
        }
    }

    /// All ballots. The [`admins`](Self::admins) layer has let the user in.
    #[must_use]
    pub fn admin(&self, user: &AuthenticatedUser) -> Reply {
        admin(user, &self.votes.ballots()).into()
    }

    /// Clears all ballots. The [`admins`](Self::admins) layer has let the user in.
    #[must_use]
    pub fn new_round(&self) -> Reply {
        self.votes.clear();
        Reply::see_other(paths::ADMIN)
    }

    /// Where a sign-out ends.
    #[must_use]
    pub fn signed_out(&self) -> Reply {
        signed_out(self.sign_out.location() != paths::SIGNED_OUT).into()
    }

    /// For health checks.
    #[must_use]
    pub fn health(&self) -> Reply {
        Reply::new(200, "text/plain; charset=utf-8", "ok")
    }

    /// The style sheet.
    #[must_use]
    pub fn style(&self) -> Reply {
        Reply::asset("text/css; charset=utf-8", page::STYLE)
    }

    /// The icon.
    #[must_use]
    pub fn icon(&self) -> Reply {
        Reply::asset("image/svg+xml", page::ICON)
    }
}

/// The group that gets behind the counter. One of the development users is in it.
pub const ADMINS: &str = "admins";
/// In bytes: a ballot is `restaurant=` and a slug.
pub const MAX_BALLOT: usize = 256;
