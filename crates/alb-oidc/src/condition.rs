//! What is asked of one user, and whether it is met.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::access_token::AccessTokenError;
use crate::claims::UserId;
use crate::denial::DenialCause;
use crate::email::EmailAddress;
use crate::json;
use crate::truth::Truth;
use crate::user::AuthenticatedUser;

/// What is asked of one user at one time.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    EmailDomain(Box<str>),
    Email(Box<str>),
    Subject(Arc<str>),
    User(UserId),
    Group(Arc<str>),
    Scope(Arc<str>),
    Claim {
        name: Arc<str>,
        relation: Relation,
        value: Value,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equals,
    Contains,
}

impl Condition {
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>, shown: Shown) -> fmt::Result {
        match (self, shown) {
            (Self::EmailDomain(domain), Shown::Values) => write!(f, "e-mail domain {domain}"),
            (Self::EmailDomain(_), Shown::NamesAlone) => f.write_str("a certain e-mail domain"),
            (Self::Email(_), _) => f.write_str("a certain e-mail address"),
            (Self::Subject(_), _) => f.write_str("a certain subject"),
            (Self::User(user), _) => write!(f, "a certain user of {}", user.issuer()),
            (Self::Group(name), Shown::Values) => write!(f, "group {}", name.escape_debug()),
            (Self::Group(_), Shown::NamesAlone) => f.write_str("a certain group"),
            (Self::Scope(name), Shown::Values) => write!(f, "scope {}", name.escape_debug()),
            (Self::Scope(_), Shown::NamesAlone) => f.write_str("a certain scope"),
            (
                Self::Claim {
                    name,
                    relation,
                    value,
                },
                shown,
            ) => {
                let relation = match relation {
                    Relation::Equals => "equals",
                    Relation::Contains => "contains",
                };
                write!(f, "claim {} {relation} ", name.escape_debug())?;
                match shown {
                    Shown::Values => write!(f, "{value}"),
                    Shown::NamesAlone => f.write_str("a certain value"),
                }
            }
        }
    }
}

/// How much of a condition is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Values,
    NamesAlone,
}

/// Whether a condition is met; why not, or why that is not known.
pub(crate) type Met = Result<(), DenialCause>;

/// What is known of a user.
pub(crate) struct Facts<'u> {
    user: &'u AuthenticatedUser,
    /// Read once, for lists of addresses are long.
    email: OnceCell<Result<EmailAddress<'u>, DenialCause>>,
}

impl<'u> Facts<'u> {
    pub(crate) const fn new(user: &'u AuthenticatedUser) -> Self {
        Self {
            user,
            email: OnceCell::new(),
        }
    }

    pub(crate) fn meet(&self, condition: &Condition) -> Met {
        let is_met = match condition {
            Condition::EmailDomain(domain) => self.email()?.is_at(domain),
            Condition::Email(address) => self.email()?.is(address),
            Condition::Subject(subject) => *self.user.claims().sub() == **subject,
            Condition::User(user) => self.user.id() == user,
            Condition::Group(name) => has(self.user.groups(), name)?,
            Condition::Scope(name) => has(self.user.scopes(), name)?,
            Condition::Claim {
                name,
                relation,
                value,
            } => self.compare(name, *relation, value)?,
        };
        if is_met {
            Ok(())
        } else {
            Err(DenialCause::Unmet)
        }
    }

    fn email(&self) -> Result<EmailAddress<'u>, DenialCause> {
        let email = self.email.get_or_init(|| {
            let claims = self.user.claims();
            claims.email().ok_or(DenialCause::EmailMissing)?;
            let verified = claims.verified_email();
            let verified = verified.ok_or(DenialCause::EmailUnverified)?;
            EmailAddress::parse(verified).ok_or(DenialCause::EmailForm)
        });
        email.clone()
    }

    fn compare(
        &self,
        name: &Arc<str>,
        relation: Relation,
        value: &Value,
    ) -> Result<bool, DenialCause> {
        let claims = self.user.claims();
        let document = claims.document();
        let claim = claims.item(name);
        let claim = claim.filter(|claim| !matches!(claim.value, json::Value::Null));
        let claim = claim.ok_or_else(|| DenialCause::ClaimMissing { name: name.clone() })?;
        let truth = match relation {
            Relation::Equals => document.compare(claim, value),
            Relation::Contains if matches!(claim.value, json::Value::Array) => document
                .items(claim)
                .map(|item| document.compare(item, value))
                .max()
                .unwrap_or(Truth::False),
            Relation::Contains => Truth::Unknown,
        };
        match truth {
            Truth::True => Ok(true),
            Truth::False => Ok(false),
            Truth::Unknown => Err(DenialCause::ClaimType { name: name.clone() }),
        }
    }
}

fn has(names: Result<&[String], AccessTokenError>, name: &str) -> Result<bool, DenialCause> {
    match names {
        Ok(names) => Ok(names.iter().any(|other| other == name)),
        Err(error) => Err(match error.retry_after() {
            Some(_) => DenialCause::Unavailable(error),
            None => DenialCause::AccessToken(error),
        }),
    }
}
