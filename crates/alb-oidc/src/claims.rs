//! The user's claims, as identity providers really send them.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{ClaimsError, JsonError, Segment, TokenError};
use crate::json::{self, Document, Limits};
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
///
/// They are kept as the text that was signed, and where each stands in it: texts are borrowed from
/// there, and other values are made when they are asked for.
#[derive(Clone)]
pub struct UserClaims {
    user_id: UserId,
    claims: Claims,
    document: Document,
}

/// Where claims stand in the document, in order. Those of a usual user need no allocation.
#[derive(Clone, Default)]
struct Claims {
    count: usize,
    first: [Claim; USUAL_CLAIMS],
    more: Vec<Claim>,
}

/// Where a claim stands: no more than that, so that a thousand claims of a few bytes each take no more
/// than a few times those bytes.
#[derive(Clone, Copy, Default)]
struct Claim {
    name: u16,
    value: u16,
}

impl Claims {
    fn push(&mut self, claim: Claim) {
        match self.first.get_mut(self.count) {
            Some(place) => *place = claim,
            None => json::push(&mut self.more, claim),
        }
        self.count += 1;
    }

    fn iter(&self) -> impl Iterator<Item = &Claim> {
        self.first.iter().take(self.count).chain(&self.more)
    }
}

impl UserClaims {
    /// `sub`: who the user is at this issuer.
    #[must_use]
    pub fn sub(&self) -> &str {
        self.user_id.subject()
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

    /// The value of Cognito's custom attribute `custom:<name>`. If it is a text,
    /// [`text("custom:<name>")`](Self::text) borrows it.
    #[must_use]
    pub fn custom(&self, name: &str) -> Option<Value> {
        self.claims
            .iter()
            .find(|claim| self.name_of(claim).strip_prefix("custom:") == Some(name))
            .and_then(|claim| self.value(claim))
    }

    /// `identities`: the accounts at other providers that a Cognito user is linked to, sent as an
    /// array or as a text with an array in it. Empty if the claim is absent.
    ///
    /// # Errors
    ///
    /// [`ClaimsError`] if the claim is there and is neither.
    pub fn identities(&self) -> Result<Vec<LinkedIdentity>, ClaimsError> {
        let Some(claim) = self.get("identities") else {
            return Ok(Vec::new());
        };
        let array = match claim {
            Value::String(text) => read_array(&text).ok_or(NOT_IDENTITIES)?,
            Value::Array(array) => array,
            _ => return Err(NOT_IDENTITIES),
        };
        array
            .iter()
            .map(|identity| LinkedIdentity::read(identity).ok_or(NOT_IDENTITIES))
            .collect()
    }

    /// The claim of this name, whatever it is. Made anew for each call.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        self.value(self.claim(name)?)
    }

    /// The claim of this name, if it is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = self.item(name)?.as_text()?;
        Some(self.document.text(text.span()))
    }

    /// All claims, `sub` included, in the order in which they stand in the token.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Value)> {
        self.claims
            .iter()
            .filter_map(|claim| Some((self.name_of(claim), self.value(claim)?)))
    }

    /// The claims as the application's own type.
    ///
    /// # Errors
    ///
    /// [`ClaimsError`] if they do not fit it. It does not tell what did not, for that could be a
    /// claim's value. Also if one of their names begins with `$serde_json::private::`, at any
    /// depth: where a crate of the application enables certain features of `serde_json`, that
    /// takes an object with such a member for something else than was signed.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        let members: Map<_, _> = self
            .iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if has_reserved_name(&members) {
            return Err(ClaimsError {
                message: "one of them has a name that is reserved",
            });
        }
        T::deserialize(members).map_err(|_| ClaimsError {
            message: "they are not what the application's type asks for",
        })
    }

    /// The issuer and the `sub`.
    pub(crate) const fn user_id(&self) -> &UserId {
        &self.user_id
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.text_or_json(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// What a text says, and any other value as it is written.
    fn text_or_json(&self, name: &str) -> Option<&str> {
        let item = self.item(name)?;
        Some(match item.as_text() {
            Some(text) => self.document.text(text.span()),
            None => self.document.written(item.span),
        })
    }

    /// The claim of this name, as it stands in the document.
    pub(crate) fn item(&self, name: &str) -> Option<json::Item<'_>> {
        self.document.item(self.claim(name)?.value)
    }

    /// What the claims stand in.
    pub(crate) const fn document(&self) -> &Document {
        &self.document
    }

    fn claim(&self, name: &str) -> Option<&Claim> {
        self.claims.iter().find(|claim| self.name_of(claim) == name)
    }

    fn name_of(&self, claim: &Claim) -> &str {
        self.document.string(claim.name)
    }

    /// It has been read once: there is one.
    fn value(&self, claim: &Claim) -> Option<Value> {
        self.document.value(claim.value)
    }
}

/// Shows how many claims there are, and none of them.
impl fmt::Debug for UserClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserClaims")
            .field("claims", &self.claims.count)
            .finish_non_exhaustive()
    }
}

fn has_reserved_name(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| {
        name.starts_with("$serde_json::private::") || has_reserved_name_inside(value)
    })
}

fn has_reserved_name_inside(value: &Value) -> bool {
    match value {
        Value::Object(members) => has_reserved_name(members),
        Value::Array(items) => items.iter().any(has_reserved_name_inside),
        _ => false,
    }
}

/// An array that came as a text, by the rules for the payload that it is a part of.
fn read_array(text: &str) -> Option<Vec<Value>> {
    let mut spans = Vec::new();
    let object = format!(r#"{{"array":{text}}}"#).into_bytes();
    let take = |_: json::Name<'_>, item: json::Item<'_>, _: &mut json::Unescaped| {
        spans.push(item.span);
        Ok(())
    };
    let document = Document::read(object, Segment::Payload, LIMITS, &[], take).ok()?;
    // Not `[],"more":1`.
    let [span] = *spans else { return None };
    match document.value(span.start()) {
        Some(Value::Array(array)) => Some(array),
        _ => None,
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
    /// The later one of `nbf` and `iat`.
    pub(crate) starts_at: Option<UnixTime>,
    /// Whether its own `exp` or `iss` are other than the header's: not acted upon, but worth a
    /// note.
    pub(crate) exp_differs: bool,
    pub(crate) iss_differs: bool,
}

impl Payload {
    /// `issuer` and `expires_at` are the header's.
    pub(crate) fn parse(
        bytes: Vec<u8>,
        issuer: &Issuer,
        expires_at: UnixTime,
    ) -> Result<Self, TokenError> {
        let json = |error| TokenError::Json {
            segment: Segment::Payload,
            error,
        };
        let mut claims = Claims::default();
        let (mut user_id, mut not_before, mut issued_at) = (None, None, None);
        let (mut exp_differs, mut iss_differs) = (false, false);
        let document = Document::read(
            bytes,
            Segment::Payload,
            LIMITS,
            &["exp", "iss"],
            |name, item, unescaped| {
                match name.bytes {
                    b"exp" => {
                        exp_differs = item.time("exp") != Ok(expires_at);
                        return Ok(());
                    }
                    b"iss" => {
                        iss_differs = !item.text("iss").is_ok_and(|text| text.is(issuer.as_str()));
                        return Ok(());
                    }
                    b"sub" => {
                        let text = item.text("sub").map_err(json)?;
                        if text.is_empty() {
                            return Err(json(JsonError::Empty("sub")));
                        }
                        user_id = Some(UserId::new(issuer.clone(), text.decode()));
                    }
                    b"nbf" => not_before = Some(item.time("nbf").map_err(json)?),
                    b"iat" => issued_at = Some(item.time("iat").map_err(json)?),
                    _ => {}
                }
                // In the order in which they stand, by which they are found again.
                let claim = Claim {
                    name: unescaped.keep(name.text).start(),
                    value: item.span.start(),
                };
                claims.push(claim);
                if let Some(text) = item.as_text() {
                    unescaped.keep(text);
                }
                Ok(())
            },
        )?;
        Ok(Self {
            claims: UserClaims {
                user_id: user_id.ok_or_else(|| json(JsonError::Missing("sub")))?,
                claims,
                document,
            },
            starts_at: not_before.max(issued_at),
            exp_differs,
            iss_differs,
        })
    }
}

/// Claims are the identity provider's, and an ALB lets at most 11 KB of them through.
const LIMITS: Limits = Limits {
    depth: 64,
    members: 1024,
};

/// A Cognito user has about ten.
const USUAL_CLAIMS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::JsonKind;
    use serde_json::json;

    fn parse(text: &str) -> Result<Payload, TokenError> {
        let issuer = Issuer::new("https://example.com").unwrap();
        Payload::parse(text.into(), &issuer, UnixTime::from_secs(5))
    }

    fn claims(text: &str) -> UserClaims {
        parse(text).unwrap().claims
    }

    fn error(text: &str) -> JsonError {
        match parse(text).map(drop) {
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
        for value in [
            "1",
            "null",
            r#""x""#,
            r#""{}""#,
            "[1]",
            "[{}]",
            r#""[],\"more\":1""#,
            r#""[{\"userId\":\"1\",\"userId\":\"2\",\"providerName\":\"C\",\"providerType\":\"S\"}]""#,
        ] {
            let claims = claims(&format!(r#"{{"sub":"a","identities":{value}}}"#));
            assert!(claims.identities().is_err(), "{value}");
        }
    }

    #[test]
    fn every_claim_is_kept_and_reachable() {
        let claims = claims(
            r#"{"custom:dept":"Küche","sub":"a","roles":["x"],"big":18446744073709551615,"exp":1,"iss":"x","iat":5}"#,
        );
        assert_eq!(claims.custom("dept"), Some(json!("Küche")));
        assert_eq!(claims.get("roles"), Some(json!(["x"])));
        assert_eq!(claims.get("big"), Some(json!(u64::MAX)));
        let names: Vec<_> = claims.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["custom:dept", "sub", "roles", "big", "iat"]);

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
    fn what_serde_json_would_take_for_something_else_is_not_deserialized() {
        for object in [
            r#"{"$serde_json::private::RawValue":"[\"admin\"]"}"#,
            r#"{"\u0024serde_json::private::Number":"1"}"#,
        ] {
            let claims = claims(&format!(r#"{{"sub":"a","x":[{{"y":{object}}}]}}"#));
            let x = claims.get("x").unwrap();
            assert!(x[0]["y"].is_object(), "{x}");
            assert!(claims.deserialize::<Value>().is_err(), "{object}");
        }
    }

    #[test]
    fn a_subject_is_needed_and_is_text() {
        assert_eq!(error("{}"), JsonError::Missing("sub"));
        assert_eq!(error(r#"{"sub":""}"#), JsonError::Empty("sub"));
        for (value, found) in [
            ("1", JsonKind::Integer),
            ("1.5", JsonKind::Fraction),
            ("1e3", JsonKind::Exponent),
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
    fn what_the_payload_says_of_exp_and_iss_is_compared_and_no_more() {
        for (text, exp_differs, iss_differs) in [
            (r#"{"sub":"a"}"#, false, false),
            (
                r#"{"sub":"a","exp":5,"iss":"https:\/\/example.com"}"#,
                false,
                false,
            ),
            (r#"{"sub":"a","exp":6,"iss":"x"}"#, true, true),
            (r#"{"sub":"a","exp":"5","iss":null}"#, true, true),
            (r#"{"sub":"a","exp":4,"exp":5}"#, false, false),
        ] {
            let payload = parse(text).unwrap();
            let differs = (payload.exp_differs, payload.iss_differs);
            assert_eq!(differs, (exp_differs, iss_differs), "{text}");
        }
    }

    #[test]
    fn escapes_are_read_in_names_and_values_alike() {
        let claims = claims(
            r#"{"\u0073ub":"\u0061\"b","n\u0061me":"Zo\u00eb","email":"z@example.com","email_verified":"tru\u0065"}"#,
        );
        assert_eq!((claims.sub(), claims.name()), ("a\"b", Some("Zoë")));
        assert_eq!(claims.verified_email(), Some("z@example.com"));
        assert_eq!(claims.get("name"), Some(json!("Zoë")));
        assert_eq!(claims.text("email_verified"), Some("true"));
        assert_eq!((claims.text("absent"), claims.get("absent")), (None, None));
    }

    #[test]
    fn debug_shows_no_claim() {
        let claims = claims(r#"{"sub":"canary","name":"canary"}"#);
        let id = UserId::new(Issuer::new("https://example.com").unwrap(), "canary");
        let shown = format!("{claims:?} {claims:#?} {id:?} {id:#?}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
