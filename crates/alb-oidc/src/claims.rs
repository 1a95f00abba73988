//! The user's claims, as identity providers really send them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, MapAccess};
use serde_json::{Map, Value};

use crate::error::{ClaimsError, JsonError, JsonKind, Segment, TokenError};
use crate::json::{self, Faults, Members};
use crate::policy::Issuer;
use crate::time::UnixTime;

/// A user, told apart from every other: the `sub` is unique only at its issuer
/// ([OpenID Connect Core section
/// 5.7](https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability)). The key to store
/// things under;
/// an e-mail address is not, for it changes hands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId {
    issuer: Issuer,
    subject: Arc<str>,
}

impl UserId {
    /// The id of the user with this `sub` at this issuer, as a database has it, say. Having one
    /// proves nothing: an [`AuthenticatedUser`](crate::AuthenticatedUser) does.
    pub fn new(issuer: Issuer, subject: impl Into<Arc<str>>) -> Self {
        Self {
            issuer,
            subject: subject.into(),
        }
    }

    /// The identity provider, as the listener rule names it.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The signed `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserId")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// The claims of a verified token: what the identity provider's userinfo endpoint said, signed by
/// the load balancer.
///
/// The standard claims of [OpenID Connect Core section
/// 5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims) have methods; all
/// claims
/// are reached with [`get`](Self::get), [`iter`](Self::iter) and
/// [`deserialize`](Self::deserialize). A standard claim of the wrong type counts as absent for its
/// method and is still there for `get`. The `exp` and `iss` that an ALB adds are not among them:
/// the token's header is the authority on both.
#[derive(Clone, PartialEq)]
pub struct UserClaims {
    pub(crate) subject: Arc<str>,
    members: Map<String, Value>,
}

impl UserClaims {
    /// `sub`: who the user is at this issuer.
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.subject
    }

    /// `name`: the full name, for display.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// `given_name`.
    #[must_use]
    pub fn given_name(&self) -> Option<&str> {
        self.text("given_name")
    }

    /// `family_name`.
    #[must_use]
    pub fn family_name(&self) -> Option<&str> {
        self.text("family_name")
    }

    /// `nickname`.
    #[must_use]
    pub fn nickname(&self) -> Option<&str> {
        self.text("nickname")
    }

    /// `preferred_username`: what the user likes to be called. Not unique, and the user may change
    /// it.
    #[must_use]
    pub fn preferred_username(&self) -> Option<&str> {
        self.text("preferred_username")
    }

    /// `username`, which Cognito sends.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.text("username")
    }

    /// `email`, verified or not. To decide by an address, use
    /// [`verified_email`](Self::verified_email).
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// `email_verified`: a boolean, or the text `"true"` or `"false"` as Cognito sends it. `None`
    /// if it is absent or anything else.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        self.flag("email_verified")
    }

    /// `email`, if the identity provider says that it has verified it.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        match self.email_verified() {
            Some(true) => self.email(),
            _ => None,
        }
    }

    /// `phone_number`, verified or not.
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// `phone_number_verified`, read like [`email_verified`](Self::email_verified).
    #[must_use]
    pub fn phone_number_verified(&self) -> Option<bool> {
        self.flag("phone_number_verified")
    }

    /// `picture`: a URL of a portrait. Written by the user: treat it as untrusted input.
    #[must_use]
    pub fn picture(&self) -> Option<&str> {
        self.text("picture")
    }

    /// `locale`, such as `de-AT` (BCP 47).
    #[must_use]
    pub fn locale(&self) -> Option<&str> {
        self.text("locale")
    }

    /// `zoneinfo`, such as `Europe/Vienna`.
    #[must_use]
    pub fn zoneinfo(&self) -> Option<&str> {
        self.text("zoneinfo")
    }

    /// The value of Cognito's custom attribute `custom:<name>`.
    #[must_use]
    pub fn custom(&self, name: &str) -> Option<&Value> {
        self.members.get(&format!("custom:{name}"))
    }

    /// `identities`: the accounts at other providers that a Cognito user is linked to, sent as an
    /// array or as a text with an array in it. Empty if the claim is absent.
    ///
    /// # Errors
    ///
    /// [`ClaimsError`] if the claim is there and is neither.
    pub fn identities(&self) -> Result<Vec<LinkedIdentity>, ClaimsError> {
        let array = match self.members.get("identities") {
            None => return Ok(Vec::new()),
            Some(Value::Array(array)) => Cow::Borrowed(array),
            Some(Value::String(text)) => {
                Cow::Owned(serde_json::from_str(text).map_err(|_| NOT_IDENTITIES)?)
            }
            Some(_) => return Err(NOT_IDENTITIES),
        };
        array
            .iter()
            .map(|identity| LinkedIdentity::read(identity).ok_or(NOT_IDENTITIES))
            .collect()
    }

    /// The claim of this name, whatever it is.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// All claims, `sub` included, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// The claims as the application's own type.
    ///
    /// # Errors
    ///
    /// [`ClaimsError`] if they do not fit it. It does not tell what did not, for that could be a
    /// claim's value.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        T::deserialize(&self.members).map_err(|_| ClaimsError {
            message: "they are not what the application's type asks for",
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.members.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text == "true" => Some(true),
            Value::String(text) if text == "false" => Some(false),
            _ => None,
        }
    }
}

/// Shows how many claims there are, and none of them.
impl fmt::Debug for UserClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserClaims")
            .field("claims", &self.members.len())
            .finish_non_exhaustive()
    }
}

const NOT_IDENTITIES: ClaimsError = ClaimsError {
    message: "identities is not an array of linked identities",
};

/// An account at another provider that a Cognito user is linked to.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkedIdentity {
    /// `userId`: the user's id at that provider.
    pub user_id: String,
    /// `providerName`: what the user pool calls the provider.
    pub provider_name: String,
    /// `providerType`, such as `SAML`, `OIDC` or `Google`.
    pub provider_type: String,
    /// `primary`: whether the user was first made by signing in with this one.
    pub primary: bool,
}

impl LinkedIdentity {
    fn read(identity: &Value) -> Option<Self> {
        let text = |name| identity.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            user_id: text("userId")?,
            provider_name: text("providerName")?,
            provider_type: text("providerType")?,
            primary: match identity.get("primary") {
                Some(Value::Bool(primary)) => *primary,
                Some(Value::String(primary)) => primary == "true",
                _ => false,
            },
        })
    }
}

impl fmt::Debug for LinkedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedIdentity").finish_non_exhaustive()
    }
}

/// A payload, read after its signature was verified.
pub(crate) struct Payload {
    pub(crate) claims: UserClaims,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) issued_at: Option<UnixTime>,
    /// The payload's own `exp` and `iss`, if each is there once: not read, but a difference from
    /// the header's is worth a note.
    pub(crate) exp: Option<Value>,
    pub(crate) iss: Option<Value>,
}

impl Payload {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let faults = Faults::new(Segment::Payload);
        let mut reader = PayloadReader::default();
        json::read_object(bytes, &faults, PAYLOAD_LIMITS, &mut reader)?;
        let type_fault = |member, found| Err(faults.json(JsonError::Type { member, found }));
        let subject = match reader.members.get("sub") {
            Some(Value::String(subject)) if subject.is_empty() => {
                return Err(faults.json(JsonError::Empty("sub")));
            }
            Some(Value::String(subject)) => Arc::from(subject.as_str()),
            Some(other) => return type_fault("sub", kind_of(other)),
            None => return Err(faults.json(JsonError::Missing("sub"))),
        };
        Ok(Self {
            claims: UserClaims {
                subject,
                members: reader.members,
            },
            not_before: reader.not_before,
            issued_at: reader.issued_at,
            exp: reader.exp,
            iss: reader.iss,
        })
    }
}

fn kind_of(value: &Value) -> JsonKind {
    match value {
        Value::Null => JsonKind::Null,
        Value::Bool(_) => JsonKind::Bool,
        Value::Number(number) if number.is_f64() => JsonKind::Fraction,
        Value::Number(_) => JsonKind::Integer,
        Value::String(_) => JsonKind::String,
        Value::Array(_) => JsonKind::Array,
        Value::Object(_) => JsonKind::Object,
    }
}

/// Claims are the identity provider's, and an ALB lets at most 11 KB of them through.
const PAYLOAD_LIMITS: json::Limits = json::Limits {
    depth: 64,
    members: 4096,
};

#[derive(Default)]
struct PayloadReader {
    members: Map<String, Value>,
    not_before: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    exp: Option<Value>,
    iss: Option<Value>,
}

impl<'de> Members<'de> for PayloadReader {
    fn member<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        values: &mut A,
        context: json::Context<'_>,
    ) -> Result<(), A::Error> {
        let value = match &*name {
            // May come twice: from userinfo, and appended by the ALB.
            "exp" => {
                self.exp = Some(values.next_value_seed(context.any())?);
                return Ok(());
            }
            "iss" => {
                self.iss = Some(values.next_value_seed(context.any())?);
                return Ok(());
            }
            "nbf" => {
                let time = values.next_value_seed(context.time("nbf"))?;
                self.not_before = Some(time);
                Value::from(time.as_secs())
            }
            "iat" => {
                let time = values.next_value_seed(context.time("iat"))?;
                self.issued_at = Some(time);
                Value::from(time.as_secs())
            }
            _ => values.next_value_seed(context.any())?,
        };
        let previous = self.members.insert(name.into_owned(), value);
        context.faults.unless_duplicate(previous.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(text: &str) -> UserClaims {
        Payload::parse(text.as_bytes()).unwrap().claims
    }

    fn error(text: &str) -> JsonError {
        match Payload::parse(text.as_bytes()).map(drop) {
            Err(TokenError::Json { error, .. }) => error,
            other => panic!("expected a fault of the JSON, got {other:?}"),
        }
    }

    #[test]
    fn email_verified_is_a_boolean_or_cognitos_text() {
        for (value, expected) in [
            ("true", Some(true)),
            ("false", Some(false)),
            (r#""true""#, Some(true)),
            (r#""false""#, Some(false)),
            (r#""True""#, None),
            (r#""yes""#, None),
            ("1", None),
            ("null", None),
            ("[true]", None),
        ] {
            let claims = claims(&format!(
                r#"{{"sub":"a","email":"a@example.com","email_verified":{value}}}"#
            ));
            assert_eq!(claims.email_verified(), expected, "{value}");
            let verified = (expected == Some(true)).then_some("a@example.com");
            assert_eq!(claims.verified_email(), verified, "{value}");
        }
        assert_eq!(
            claims(r#"{"sub":"a","email":"a@example.com"}"#).verified_email(),
            None
        );
    }

    #[test]
    fn identities_are_an_array_or_a_text_with_one_in_it() {
        let array = r#"[{"userId":"1","providerName":"Corp","providerType":"SAML","issuer":null,"primary":"true","dateCreated":"1"}]"#;
        let text = serde_json::to_string(array).unwrap();
        for value in [array, &text] {
            let claims = claims(&format!(r#"{{"sub":"a","identities":{value}}}"#));
            let identities = claims.identities().unwrap();
            assert_eq!(identities.len(), 1);
            assert_eq!(identities[0].provider_name, "Corp");
            assert!(identities[0].primary);
        }
        assert_eq!(claims(r#"{"sub":"a"}"#).identities(), Ok(Vec::new()));
        for value in ["1", "null", r#""x""#, r#""{}""#, "[1]", "[{}]"] {
            let claims = claims(&format!(r#"{{"sub":"a","identities":{value}}}"#));
            assert!(claims.identities().is_err(), "{value}");
        }
    }

    #[test]
    fn every_claim_is_kept_and_reachable() {
        let claims = claims(
            r#"{"custom:dept":"Küche","sub":"a","roles":["x"],"big":18446744073709551615,"exp":1,"iss":"x","iat":5}"#,
        );
        assert_eq!(claims.custom("dept"), Some(&json!("Küche")));
        assert_eq!(claims.get("roles"), Some(&json!(["x"])));
        assert_eq!(claims.get("big"), Some(&json!(u64::MAX)));
        let mut names: Vec<_> = claims.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        assert_eq!(names, ["big", "custom:dept", "iat", "roles", "sub"]);

        #[derive(serde::Deserialize)]
        struct Staff {
            sub: String,
            #[serde(rename = "custom:dept")]
            department: String,
            big: u64,
        }
        let staff: Staff = claims.deserialize().unwrap();
        assert_eq!(
            (&*staff.sub, &*staff.department, staff.big),
            ("a", "Küche", u64::MAX)
        );

        #[derive(Debug, serde::Deserialize)]
        struct Other {
            #[expect(dead_code, reason = "only its absence is of interest")]
            absent: String,
        }
        assert!(claims.deserialize::<Other>().is_err());
    }

    #[test]
    fn a_subject_is_needed_and_is_text() {
        assert_eq!(error("{}"), JsonError::Missing("sub"));
        assert_eq!(error(r#"{"sub":""}"#), JsonError::Empty("sub"));
        for (value, found) in [
            ("1", JsonKind::Integer),
            ("1.5", JsonKind::Fraction),
            ("null", JsonKind::Null),
            (r#"["a"]"#, JsonKind::Array),
        ] {
            assert_eq!(
                error(&format!(r#"{{"sub":{value}}}"#)),
                JsonError::Type {
                    member: "sub",
                    found
                }
            );
        }
    }

    #[test]
    fn only_exp_and_iss_may_come_twice_and_only_at_the_top() {
        let claims = claims(r#"{"sub":"a","exp":1,"iss":"x","exp":2,"\u0069ss":"y"}"#);
        assert_eq!((claims.get("exp"), claims.get("iss")), (None, None));
        for text in [
            r#"{"sub":"a","sub":"a"}"#,
            r#"{"sub":"a","nbf":1,"nbf":1}"#,
            r#"{"sub":"a","x":{"exp":1,"exp":2}}"#,
            r#"{"sub":"a","exp":{"a":1,"a":2}}"#,
        ] {
            assert_eq!(error(text), JsonError::Duplicate, "{text}");
        }
    }

    #[test]
    fn debug_shows_no_claim() {
        let claims = claims(r#"{"sub":"canary","name":"canary"}"#);
        let id = UserId::new(Issuer::new("https://example.com").unwrap(), "canary");
        let shown = format!("{claims:?} {claims:#?} {id:?} {id:#?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
