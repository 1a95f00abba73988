//! Why a user is not let in.

use std::sync::Arc;

use crate::access_token::AccessTokenError;
use crate::requirement::Requirement;
use crate::truth::Verdict;

/// Why a user is not let in: what is required, and why it is not met. Nothing in it, and nothing
/// that it shows, tells what the user's claims are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{requirement} is required, and {cause}")]
pub struct Denial {
    requirement: Requirement,
    cause: DenialCause,
}

impl Denial {
    pub(crate) const fn new(requirement: Requirement, cause: DenialCause) -> Self {
        Self { requirement, cause }
    }

    /// What is not met: of all that must be, the first.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// Why it is not met.
    #[must_use]
    pub const fn cause(&self) -> &DenialCause {
        &self.cause
    }

    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.cause.reason()
    }
}

/// Why a requirement is not met. Holds names that the application chose, and nothing of the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DenialCause {
    /// The user has all that it asks for, and it is not as required.
    #[error("the user does not meet it")]
    Unmet,
    /// There is no claim `email`, or it is no text.
    #[error("the claim email is missing")]
    EmailMissing,
    /// The identity provider does not say that it has verified the e-mail address.
    #[error("the e-mail address is not verified")]
    EmailUnverified,
    /// The e-mail address is not one that can be compared.
    #[error("the e-mail address is not a plain name@domain")]
    EmailForm,
    /// There is no such claim, or it is `null`.
    #[error("the claim {} is missing", name.escape_debug())]
    ClaimMissing {
        /// The claim.
        name: Arc<str>,
    },
    /// The claim is of another type than what it is compared with, or should contain something and
    /// is no array.
    #[error("the claim {} is of another type", name.escape_debug())]
    ClaimType {
        /// The claim.
        name: Arc<str>,
    },
    /// What the access token would tell, the groups and scopes, is not known.
    #[error("what the access token would tell is not known: {0}")]
    AccessToken(AccessTokenError),
    /// What the access token would tell makes a difference, and cannot be told at the moment.
    #[error("that cannot be told at the moment: {0}")]
    Unavailable(AccessTokenError),
}

impl DenialCause {
    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unmet => "requirement-unmet",
            Self::EmailMissing => "email-missing",
            Self::EmailUnverified => "email-unverified",
            Self::EmailForm => "email-form",
            Self::ClaimMissing { .. } => "claim-missing",
            Self::ClaimType { .. } => "claim-type",
            Self::AccessToken(error) => error.reason(),
            Self::Unavailable(_) => "authorization-unavailable",
        }
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        match self {
            Self::Unmet => Verdict::FALSE,
            Self::EmailMissing
            | Self::EmailUnverified
            | Self::EmailForm
            | Self::ClaimMissing { .. }
            | Self::ClaimType { .. }
            | Self::AccessToken(_) => Verdict::UNKNOWN,
            Self::Unavailable(_) => Verdict::UNAVAILABLE,
        }
    }
}
