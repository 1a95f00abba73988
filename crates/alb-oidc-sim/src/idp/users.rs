//! The people who can sign in.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use crate::random::format_uuid;

/// A user of the [`DevelopmentIdp`](super::DevelopmentIdp): a name to sign in
/// with, claims in a fixed order, and groups.
///
/// ```
/// use alb_oidc_sim::DevelopmentUser;
///
/// let user = DevelopmentUser::new("carol")
///     .name("Carol Example")
///     .email("carol@example.com")
///     .claim("custom:department", "kitchen")
///     .group("admins");
/// assert_eq!(user.username(), "carol");
/// ```
#[derive(Clone, PartialEq)]
pub struct DevelopmentUser {
    username: String,
    claims: Vec<(String, Value)>,
    groups: Vec<String>,
}

impl DevelopmentUser {
    /// A user with one claim, `sub`: a UUID that is the same for the same
    /// `username` at every start.
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        let username = username.into();
        let hash = digest(
            &SHA256,
            format!("alb-oidc-sim development user {username}").as_bytes(),
        );
        let mut bytes = [0; 16];
        bytes
            .iter_mut()
            .zip(hash.as_ref())
            .for_each(|(byte, hashed)| *byte = *hashed);
        Self {
            username,
            claims: vec![("sub".to_owned(), Value::from(format_uuid(bytes)))],
            groups: Vec::new(),
        }
    }

    /// Adds a claim behind the others, or replaces the value of the one that is
    /// there.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self
            .claims
            .iter_mut()
            .find(|(existing, _)| *existing == name)
        {
            Some((_, existing)) => *existing = value,
            None => self.claims.push((name, value)),
        }
        self
    }

    /// The `name` claim.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.claim("name", name.into())
    }

    /// The `email` claim, with `email_verified` before it as Cognito sends it:
    /// the string `"true"`.
    #[must_use]
    pub fn email(self, email: impl Into<String>) -> Self {
        self.claim("email_verified", "true")
            .claim("email", email.into())
    }

    /// Adds a group. Groups are in the access token only (`cognito:groups`),
    /// never among the user claims.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// The name that is signed in with.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The groups that the access token tells.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Five people that an app should be able to live with:
    ///
    /// - `alice`: name, e-mail, nothing special.
    /// - `zoe`: a name in three scripts, far from ASCII.
    /// - `bob`: no e-mail.
    /// - `grace`: in the group `admins`, which only the access token tells.
    /// - `max`: claims so long that, with the access token, they are just below
    ///   the load balancer's limit of 11K bytes.
    #[must_use]
    pub fn cast() -> Vec<Self> {
        let long = |mut user: Self| {
            let mut number = 0;
            while user.user_info().len() < NEARLY_TOO_LONG {
                number += 1;
                let room = (NEARLY_TOO_LONG - user.user_info().len()).min(LONGEST_CLAIM);
                let value: String = ENTITLEMENT.chars().cycle().take(room).collect();
                user = user.claim(format!("custom:entitlements_{number:02}"), value);
            }
            user
        };
        vec![
            Self::new("alice")
                .name("Alice Example")
                .email("alice@example.com"),
            Self::new("zoe")
                .name("Zoë Åström 佐藤 Ελένη")
                .email("zoe@example.com")
                .claim("given_name", "Zoë")
                .claim("family_name", "Åström 佐藤 Ελένη"),
            Self::new("bob").name("Bob Nomail"),
            Self::new("grace")
                .name("Grace Admin")
                .email("grace@example.com")
                .group("admins"),
            long(
                Self::new("max")
                    .name("Max Longclaim")
                    .email("max@example.com"),
            ),
        ]
    }

    pub(crate) fn sub(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    pub(crate) fn display_name(&self) -> &str {
        self.text("name").unwrap_or(&self.username)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.claims
            .iter()
            .find(|(candidate, _)| candidate == name)
            .map(|(_, value)| value)
    }

    /// The userinfo object: the claims in their order, and `username` behind
    /// them, as Cognito adds it.
    pub(crate) fn user_info(&self) -> String {
        let username = Value::from(self.username.as_str());
        let added = self
            .value("username")
            .is_none()
            .then_some(("username", &username));
        let claims = self
            .claims
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .chain(added);
        let members: Vec<_> = claims
            .map(|(name, value)| format!("{}:{value}", Value::from(name)))
            .collect();
        format!("{{{}}}", members.join(","))
    }
}

impl fmt::Debug for DevelopmentUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentUser")
            .field("username", &self.username)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

/// 11K bytes, less what an access token of ours takes at most for a user of
/// this cast.
const NEARLY_TOO_LONG: usize = 11 * 1024 - 1_280;
/// What Cognito allows one custom attribute.
const LONGEST_CLAIM: usize = 2_048;
const ENTITLEMENT: &str = "restaurants:read restaurants:vote reports:read ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_info_keeps_the_order_and_escapes() {
        let user = DevelopmentUser::new("a\"b")
            .claim("sub", "1")
            .claim("custom:z", true)
            .claim("custom:a", "\u{e9}\n");

        assert_eq!(
            user.user_info(),
            "{\"sub\":\"1\",\"custom:z\":true,\"custom:a\":\"\u{e9}\\n\",\"username\":\"a\\\"b\"}"
        );
    }

    #[test]
    fn a_users_sub_is_the_same_at_every_start() {
        assert_eq!(
            DevelopmentUser::new("alice").sub(),
            DevelopmentUser::new("alice").sub()
        );
        assert_ne!(
            DevelopmentUser::new("alice").sub(),
            DevelopmentUser::new("bob").sub()
        );
    }

    #[test]
    fn email_is_verified_by_a_string_as_in_cognito() {
        assert_eq!(
            DevelopmentUser::new("a")
                .email("a@b")
                .value("email_verified"),
            Some(&Value::from("true"))
        );
    }

    #[test]
    fn the_cast_has_one_of_each() {
        let cast = DevelopmentUser::cast();
        let user = |name| cast.iter().find(|user| user.username() == name).unwrap();

        assert!(!user("zoe").display_name().is_ascii());
        assert_eq!(user("bob").text("email"), None);
        assert_eq!(user("grace").groups(), ["admins"]);
        let length = user("max").user_info().len();
        assert!((9_900..11_264 - 1_200).contains(&length), "{length}");
    }

    #[test]
    fn claims_are_not_in_the_debug_text() {
        assert!(!format!("{:?}", DevelopmentUser::new("a").name("canary")).contains("canary"));
    }
}
