//! What an application requires of a user: conditions, and `all`, `any` and `not` of them.

use std::fmt;
use std::ops::Not;
use std::sync::Arc;

use serde_json::Value;

use crate::claims::UserId;
use crate::condition::{Condition, Facts, Met, Relation, Shown};
use crate::denial::DenialCause;
use crate::email::{self, EmailAddress};
use crate::error::ConfigError;
use crate::truth::{Decision, Truth, Verdict};
use crate::user::AuthenticatedUser;

/// What an application requires of a user whom it lets in. An [`Authorizer`](crate::Authorizer)
/// asks it.
///
/// ```
/// use alb_oidc::Requirement;
///
/// let staff = Requirement::email_domain("example.com")?;
/// let auditor = Requirement::claim_contains("roles", "auditor")?;
/// let suspended = Requirement::claim_equals("suspended", true)?;
/// let requirement = staff.or(auditor).and(!suspended);
///
/// // From a list, as a configuration has it. An empty one is an error, and not everybody or nobody.
/// let domains = ["example.com", "example.net"];
/// let domains: Result<Vec<_>, _> = domains.into_iter().map(Requirement::email_domain).collect();
/// let requirement = Requirement::any(domains?)?;
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
///
/// # What is not known denies
///
/// A condition whose claim is missing, is of another type, or is an e-mail address that is not
/// verified is neither met nor not met ([Kleene's
/// logic](https://en.wikipedia.org/wiki/Three-valued_logic#Kleene_and_Priest_logics)). `not` of it
/// is not met either: in the example, a user without the claim `suspended` is denied. So nobody gains
/// anything by a claim that an identity provider leaves out or sends in another form.
///
/// | | what it takes |
/// |---|---|
/// | [`all`](Self::all), [`and`](Self::and) | all are met |
/// | [`any`](Self::any), [`or`](Self::or) | one is met, whatever is known of the others |
/// | `!` | the claim is there, and says otherwise |
///
/// What cannot be asked at the moment, and would make a difference, is neither: it is
/// [`DenialCause::Unavailable`].
///
/// # What is shown
///
/// [`Display`](fmt::Display) and [`Debug`](fmt::Debug), for the operator's log, name claims, the
/// values that they must have, and domains; never an e-mail address, a subject or a user, and inside
/// of a `not` no value at all. So a [`Denial`](crate::Denial) does not tell what a user is, only
/// what a user is not.
#[derive(Clone, PartialEq, Eq)]
pub struct Requirement(Arc<Node>);

#[derive(Clone, PartialEq, Eq)]
enum Node {
    Condition(Condition),
    All(Vec<Requirement>),
    Any(Vec<Requirement>),
    Not(Requirement),
}

impl Requirement {
    /// The user's verified e-mail address is one at this very domain; `example.com` is not
    /// `mail.example.com`. The case of ASCII letters does not matter.
    ///
    /// Verified is what the identity provider's `email_verified` says
    /// ([`UserClaims::verified_email`](crate::UserClaims::verified_email)). A provider that does not
    /// send it, as Entra ID, lets nobody in by this.
    ///
    /// An address is compared if it is `name@domain` in plain ASCII. One with quotes, spaces or a
    /// second `@`, with a dot at its end, or with an international domain that is not in its `xn--`
    /// form neither meets this nor its opposite.
    ///
    /// # Errors
    ///
    /// [`ConfigError::EmailDomain`] if it is not a domain's name: in ASCII, and without a wildcard,
    /// an `@`, or a dot at either end.
    pub fn email_domain(domain: &str) -> Result<Self, ConfigError> {
        if !email::is_domain(domain) {
            return Err(ConfigError::EmailDomain);
        }
        Ok(Condition::EmailDomain(domain.into()).into())
    }

    /// The user's verified e-mail address is this one. The case of ASCII letters does not matter, on
    /// either side of the `@`: no mail system gives two people addresses that differ in that alone.
    /// Verified, and compared, as for [`email_domain`](Self::email_domain).
    ///
    /// An address can be given to another person. A [`user`](Self::user) is always the same.
    ///
    /// # Errors
    ///
    /// [`ConfigError::EmailAddress`] if it is not `name@domain` in plain ASCII.
    pub fn email(address: &str) -> Result<Self, ConfigError> {
        if EmailAddress::parse(address).is_none() {
            return Err(ConfigError::EmailAddress);
        }
        Ok(Condition::Email(address.into()).into())
    }

    /// The user's `sub` is this one, to the letter.
    ///
    /// A `sub` is unique only at its issuer. Where the
    /// [`TrustPolicy`](crate::TrustPolicy) trusts several, require a [`user`](Self::user).
    #[must_use]
    pub fn subject(subject: impl Into<Arc<str>>) -> Self {
        Condition::Subject(subject.into()).into()
    }

    /// It is this user: the issuer and the `sub`, to the letter. A Cognito user pool has two issuers,
    /// of which a load balancer's rule names one: under `not`, name the user at both.
    #[must_use]
    pub fn user(user: UserId) -> Self {
        Condition::User(user).into()
    }

    /// The user is in this group, as the verified access token says: Cognito's `cognito:groups`, or
    /// `groups` of RFC 9068, compared to the letter.
    ///
    /// Groups are not in the load balancer's token. Set the
    /// [authenticator](crate::Authenticator) up to verify access tokens (feature `access-token`):
    /// otherwise they are not known of anybody, and what is not known denies, under `not` too. While
    /// the issuer's keys cannot be had it is a 503, where the group makes a difference.
    ///
    /// ```
    /// # #[cfg(feature = "access-token")] {
    /// use alb_oidc::{Authorizer, Requirement};
    /// use alb_oidc_testkit::{user, user_in_groups};
    /// use serde_json::json;
    ///
    /// let admins = Authorizer::enforce(Requirement::group("admins"));
    /// assert!(admins.authorize(&user_in_groups(json!({"sub": "grace"}), &["admins"])).is_ok());
    /// assert!(admins.authorize(&user_in_groups(json!({"sub": "alice"}), &[])).is_err());
    /// assert!(admins.authorize(&user(json!({"sub": "mallory", "cognito:groups": ["admins"]}))).is_err());
    /// # }
    /// ```
    #[must_use]
    pub fn group(name: impl Into<Arc<str>>) -> Self {
        Condition::Group(name.into()).into()
    }

    /// The user has granted this scope, as the verified access token says. Known and unknown like a
    /// [`group`](Self::group).
    #[must_use]
    pub fn scope(name: impl Into<Arc<str>>) -> Self {
        Condition::Scope(name.into()).into()
    }

    /// The claim of this name has this value.
    ///
    /// Values of different types are not compared, and so are neither equal nor different: `1`,
    /// `1.0`, `"1"` and `true` are of four types. Texts are compared to the letter; arrays item by
    /// item, in their order. A claim that is `null` counts as missing, so that nothing equals `null`.
    ///
    /// Cognito sends its custom attributes as texts: `claim_equals("custom:level", "3")`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::RequiredClaim`], which says what to write instead: for `email`, of which
    /// nothing would say whether it is verified; for `sub`; for `iss` and `exp`, which are the load
    /// balancer's own; for `cognito:groups`, which is in the access token alone; and for the value
    /// `null`.
    pub fn claim_equals(
        name: impl Into<Arc<str>>,
        value: impl Into<Value>,
    ) -> Result<Self, ConfigError> {
        Self::claim(name.into(), Relation::Equals, value.into())
    }

    /// The claim of this name is an array that contains this value, compared as by
    /// [`claim_equals`](Self::claim_equals).
    ///
    /// A text contains nothing, be it a part of it or one of its words: `"administrators"` is not
    /// in the group `admin`, nor is `"no admin"`.
    ///
    /// # Errors
    ///
    /// As [`claim_equals`](Self::claim_equals).
    pub fn claim_contains(
        name: impl Into<Arc<str>>,
        value: impl Into<Value>,
    ) -> Result<Self, ConfigError> {
        Self::claim(name.into(), Relation::Contains, value.into())
    }

    /// All of these.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoRequirements`] if there is none.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Result<Self, ConfigError> {
        Self::parts(parts).map(|parts| Node::All(parts).into())
    }

    /// At least one of these.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoRequirements`] if there is none.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Result<Self, ConfigError> {
        Self::parts(parts).map(|parts| Node::Any(parts).into())
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut parts = match Arc::unwrap_or_clone(self.0) {
            Node::All(parts) => parts,
            node => vec![node.into()],
        };
        parts.push(other);
        Node::All(parts).into()
    }

    /// This or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut parts = match Arc::unwrap_or_clone(self.0) {
            Node::Any(parts) => parts,
            node => vec![node.into()],
        };
        parts.push(other);
        Node::Any(parts).into()
    }

    /// Asks it of a user: nothing if it is met; else the first part that is not, and why.
    pub(crate) fn ask(&self, user: &AuthenticatedUser) -> Result<(), (Self, DenialCause)> {
        let facts = Facts::new(user);
        self.judge(&|condition| facts.meet(condition))
    }

    fn judge(&self, meet: &impl Fn(&Condition) -> Met) -> Result<(), (Self, DenialCause)> {
        match self.verdict(meet).decision() {
            Decision::Permit => Ok(()),
            decision @ (Decision::Deny | Decision::Undecided) => {
                let part = self.failing_part(meet, decision);
                let cause = part.cause(meet).unwrap_or(DenialCause::Unmet);
                Err((part.clone(), cause))
            }
        }
    }

    fn verdict(&self, meet: &impl Fn(&Condition) -> Met) -> Verdict {
        match &*self.0 {
            Node::Condition(condition) => match meet(condition) {
                Ok(()) => Verdict::TRUE,
                Err(cause) => cause.verdict(),
            },
            Node::All(parts) => Verdict::all(parts.iter().map(|part| part.verdict(meet))),
            Node::Any(parts) => Verdict::any(parts.iter().map(|part| part.verdict(meet))),
            Node::Not(part) => part.verdict(meet).not(),
        }
    }

    /// Of all that must be met, the first for which the decision is the same: it is enough to bring
    /// it about.
    fn failing_part(&self, meet: &impl Fn(&Condition) -> Met, decision: Decision) -> &Self {
        let Node::All(parts) = &*self.0 else {
            return self;
        };
        let fails = |part: &&Self| part.verdict(meet).decision() == decision;
        parts
            .iter()
            .find(fails)
            .map_or(self, |part| part.failing_part(meet, decision))
    }

    /// Why this, which is not met, is not known to be met: of the first condition that leaves it
    /// open. `None` if it is known not to be met.
    fn cause(&self, meet: &impl Fn(&Condition) -> Met) -> Option<DenialCause> {
        let verdict = self.verdict(meet);
        if verdict.decision() == Decision::Undecided {
            self.cause_where(meet, &|part, _| part.is_open(), false)
        } else {
            let is_unknown = |part: Verdict, negated| {
                Truth::Unknown == if negated { part.least } else { part.most }
            };
            self.cause_where(meet, &is_unknown, false)
        }
    }

    /// The cause of the first condition of which this is so, as of all that it stands in. (A verdict
    /// that is open has a part that is, and a bound that is unknown is the bound of a part.)
    fn cause_where(
        &self,
        meet: &impl Fn(&Condition) -> Met,
        is_so: &impl Fn(Verdict, bool) -> bool,
        negated: bool,
    ) -> Option<DenialCause> {
        if !is_so(self.verdict(meet), negated) {
            return None;
        }
        match &*self.0 {
            Node::Condition(condition) => meet(condition).err(),
            Node::All(parts) | Node::Any(parts) => parts
                .iter()
                .find_map(|part| part.cause_where(meet, is_so, negated)),
            Node::Not(part) => part.cause_where(meet, is_so, !negated),
        }
    }

    fn parts(parts: impl IntoIterator<Item = Self>) -> Result<Vec<Self>, ConfigError> {
        let parts: Vec<_> = parts.into_iter().collect();
        if parts.is_empty() {
            return Err(ConfigError::NoRequirements);
        }
        Ok(parts)
    }

    fn claim(name: Arc<str>, relation: Relation, value: Value) -> Result<Self, ConfigError> {
        let instead = match (&*name, &value) {
            ("email", _) => Some("require an email, which asks whether it is verified"),
            ("sub", _) => Some("require a subject or a user"),
            ("iss", _) => Some("require a user, or trust the issuer in the policy alone"),
            ("exp", _) => Some("the token's expiry is checked in any case"),
            ("cognito:groups", _) => Some("require a group, which the access token tells of"),
            (_, Value::Null) => Some("nothing equals null"),
            _ => None,
        };
        if let Some(instead) = instead {
            return Err(ConfigError::RequiredClaim(instead));
        }
        let condition = Condition::Claim {
            name,
            relation,
            value,
        };
        Ok(condition.into())
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>, shown: Shown) -> fmt::Result {
        match &*self.0 {
            Node::Condition(condition) => condition.describe(f, shown),
            Node::All(parts) => describe_list(f, "all of", parts, shown),
            Node::Any(parts) => describe_list(f, "any of", parts, shown),
            Node::Not(part) => {
                f.write_str("not (")?;
                part.describe(f, Shown::NamesAlone)?;
                f.write_str(")")
            }
        }
    }
}

impl Not for Requirement {
    type Output = Self;

    /// It is known not to be met.
    fn not(self) -> Self {
        Node::Not(self).into()
    }
}

impl From<Node> for Requirement {
    fn from(node: Node) -> Self {
        Self(Arc::new(node))
    }
}

impl From<Condition> for Requirement {
    fn from(condition: Condition) -> Self {
        Node::Condition(condition).into()
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe(f, Shown::Values)
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Requirement({self})")
    }
}

fn describe_list(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    parts: &[Requirement],
    shown: Shown,
) -> fmt::Result {
    write!(f, "{word} (")?;
    for (index, part) in parts.iter().take(MAX_SHOWN_PARTS).enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        part.describe(f, shown)?;
    }
    match parts.len().saturating_sub(MAX_SHOWN_PARTS) {
        0 => f.write_str(")"),
        more => write!(f, ", and {more} more)"),
    }
}

/// A list of a thousand addresses is no line of a log.
const MAX_SHOWN_PARTS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::AccessTokenError;
    use crate::time::ClockError;

    const UNAVAILABLE: DenialCause = DenialCause::Unavailable(AccessTokenError::Clock(ClockError));

    /// A condition whose name says how it is met: `T`, `F`, `M` (missing) or `X` (unavailable), and
    /// then a name of its own.
    fn leaf(name: &str) -> Requirement {
        Requirement::subject(name)
    }

    fn meet(condition: &Condition) -> Met {
        let Condition::Subject(name) = condition else {
            panic!("not a leaf of these tests");
        };
        match name.as_bytes() {
            [b'T', ..] => Ok(()),
            [b'F', ..] => Err(DenialCause::Unmet),
            [b'M', ..] => Err(DenialCause::ClaimMissing { name: name.clone() }),
            _ => Err(UNAVAILABLE),
        }
    }

    fn all<const N: usize>(parts: [Requirement; N]) -> Requirement {
        Requirement::all(parts).unwrap()
    }

    fn any<const N: usize>(parts: [Requirement; N]) -> Requirement {
        Requirement::any(parts).unwrap()
    }

    #[test]
    fn the_first_part_that_brings_the_denial_about_is_named_with_its_cause() {
        let missing = |name: &str| DenialCause::ClaimMissing { name: name.into() };
        let [t, f, m, x] = ["T", "F", "M", "X"].map(leaf);
        let not_both = !all([leaf("M"), leaf("X")]);
        for (requirement, part, cause) in [
            (f.clone(), f.clone(), DenialCause::Unmet),
            (m.clone(), m.clone(), missing("M")),
            (!t.clone(), !t.clone(), DenialCause::Unmet),
            (!m.clone(), !m.clone(), missing("M")),
            (
                all([t.clone(), f.clone(), m.clone()]),
                f.clone(),
                DenialCause::Unmet,
            ),
            (
                all([t.clone(), m.clone(), f.clone()]),
                m.clone(),
                missing("M"),
            ),
            (
                all([t.clone(), all([t.clone(), m.clone()])]),
                m.clone(),
                missing("M"),
            ),
            (
                any([f.clone(), m.clone(), leaf("M2")]),
                any([f.clone(), m.clone(), leaf("M2")]),
                missing("M"),
            ),
            (
                any([all([m.clone(), f.clone()]), leaf("M2")]),
                any([all([m.clone(), f.clone()]), leaf("M2")]),
                missing("M2"),
            ),
            // What cannot be asked matters only where it could make a difference.
            (x.clone(), x.clone(), UNAVAILABLE),
            (!x.clone(), !x.clone(), UNAVAILABLE),
            (all([t.clone(), x.clone()]), x.clone(), UNAVAILABLE),
            (all([x.clone(), f.clone()]), f.clone(), DenialCause::Unmet),
            (all([x.clone(), m.clone()]), m.clone(), missing("M")),
            (
                any([m.clone(), x.clone()]),
                any([m.clone(), x.clone()]),
                UNAVAILABLE,
            ),
            // It could turn out to be false, and this true.
            (not_both.clone(), not_both, UNAVAILABLE),
            (
                !any([m.clone(), x.clone()]),
                !any([m.clone(), x.clone()]),
                missing("M"),
            ),
            (
                any([all([f.clone(), x.clone()]), m.clone()]),
                any([all([f.clone(), x.clone()]), m.clone()]),
                missing("M"),
            ),
        ] {
            let expected = Err((part, cause));
            assert_eq!(requirement.judge(&meet), expected, "{requirement}");
        }
        for requirement in [
            t.clone(),
            !f.clone(),
            any([x, m, t.clone()]),
            all([t.clone(), !f]),
            t.clone().and(t),
        ] {
            assert_eq!(requirement.judge(&meet), Ok(()), "{requirement}");
        }
    }

    /// The decision is the one that every answer would lead to, if all lead to one.
    #[test]
    fn what_is_unavailable_is_decided_as_if_each_answer_were_tried() {
        fn tree(shape: u32, [a, b, c]: [&str; 3]) -> Requirement {
            let is = |bit: u32| shape >> bit & 1 == 1;
            let negate = |is: bool, part: Requirement| if is { !part } else { part };
            let join = |is_any: bool, parts| if is_any { any(parts) } else { all(parts) };
            let inner = join(is(0), [leaf(b), leaf(c)]);
            let parts = [negate(is(1), leaf(a)), negate(is(2), inner)];
            negate(is(3), join(is(4), parts))
        }
        let leaves = ["T", "F", "M", "X"];
        let (mut undecided, mut decided) = (0, 0);
        for shape in 0..32 {
            for index in 0..64 {
                let names = [index % 4, index / 4 % 4, index / 16].map(|leaf| leaves[leaf]);
                let mut permits = Vec::new();
                for answers in 0..27 {
                    let answers = [answers % 3, answers / 3 % 3, answers / 9];
                    let answered = [0, 1, 2].map(|place| match names[place] {
                        "X" => leaves[answers[place]],
                        known => known,
                    });
                    permits.push(tree(shape, answered).judge(&meet).is_ok());
                }
                let requirement = tree(shape, names);
                let permitted = permits.iter().filter(|permit| **permit).count();
                let judged = requirement.judge(&meet);
                match judged {
                    Ok(()) => assert_eq!(permitted, 27, "{shape} {names:?}"),
                    Err((_, DenialCause::Unavailable(_))) => {
                        assert!((1..27).contains(&permitted), "{shape} {names:?}");
                        undecided += 1;
                    }
                    Err(_) => assert_eq!(permitted, 0, "{shape} {names:?}"),
                }
                decided += u32::from(names.contains(&"X"));
            }
        }
        assert!(
            undecided > 100 && decided > undecided,
            "{undecided} {decided}"
        );
    }
}
