//! Who has sent a request, as an adapter finds it.

use crate::error::AuthenticateError;
use crate::refusal::Refusal;
use crate::user::AuthenticatedUser;

/// What becomes of a request that has none of the three headers. One that has them and does not prove
/// a user is refused either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// Only signed-in users get through.
    Required,
    /// Requests without any of the three headers get through too, as nobody.
    Optional,
}

impl Need {
    /// As whom a request gets through on which this was decided: as a user, or as nobody.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unauthenticated`] if it does not get through.
    pub fn admit(
        self,
        decision: Result<AuthenticatedUser, AuthenticateError>,
    ) -> Result<Option<AuthenticatedUser>, Refusal> {
        match (decision, self) {
            (Ok(user), _) => Ok(Some(user)),
            (Err(AuthenticateError::Missing), Self::Optional) => Ok(None),
            (Err(error), _) => Err(error.into()),
        }
    }
}

/// Who has sent a request, as far as the layer that authenticates has found out. Adapters say which
/// of the three it is; what follows from it is decided here. There are these three; a fourth would be a
/// breaking change, so that nobody needs a catch-all.
#[derive(Clone, Copy, Debug)]
pub enum Visitor<'u> {
    /// A trusted load balancer vouches for this user.
    SignedIn(&'u AuthenticatedUser),
    /// An optional layer has looked: the request has none of the three headers.
    Anonymous,
    /// No layer has looked, or it only observes. It may be anybody.
    Unknown,
}

impl<'u> Visitor<'u> {
    /// Whom a layer has left in a request: a user, or the mark that it has looked and found nobody.
    #[must_use]
    pub const fn new(user: Option<&'u AuthenticatedUser>, is_anonymous: bool) -> Self {
        match (user, is_anonymous) {
            (Some(user), _) => Self::SignedIn(user),
            (None, true) => Self::Anonymous,
            (None, false) => Self::Unknown,
        }
    }

    /// The user.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unauthenticated`] if the visitor is anonymous, [`Refusal::MissingLayer`] if nobody
    /// has looked.
    pub fn user(self) -> Result<&'u AuthenticatedUser, Refusal> {
        self.maybe_user()?
            .ok_or(Refusal::Unauthenticated(AuthenticateError::Missing))
    }

    /// The user, or `None` if the visitor is anonymous.
    ///
    /// # Errors
    ///
    /// [`Refusal::MissingLayer`] if nobody has looked: whoever that is, it is not known to be nobody.
    pub const fn maybe_user(self) -> Result<Option<&'u AuthenticatedUser>, Refusal> {
        match self {
            Self::SignedIn(user) => Ok(Some(user)),
            Self::Anonymous => Ok(None),
            Self::Unknown => Err(Refusal::MissingLayer),
        }
    }
}
