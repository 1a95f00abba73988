//! Any bytes as the payload of a token that a trusted load balancer has signed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use alb_oidc::{
    AuthenticateError, Authenticator, CryptoBackend, HeaderFault, JsonError, KeyId, OidcHeaders,
    Segment, StaticKeys, TokenError, UserClaims,
};
use serde_json::Value;

use crate::decision::decide;
use crate::json::{Document, Json, Number, Rules};
use crate::judgement::{Judgement, kind};
use crate::signer::{ARN, CLIENT, ISSUER, NOW, StoppedClock, policy};
use crate::signing_key::SigningKey;

/// Whatever `data` is, as the payload of a token with a genuine signature:
///
/// 1. The user is let in exactly if the reference finds no fault in it; and the
///    error is one of the faults that it has.
/// 2. The claims are what the reference reads there, to the last integer, by
///    each way to reach them; the `exp` and `iss` at the top are not among them.
/// 3. The identity header changes nothing if it is the `sub`, and keeps everyone
///    out otherwise.
///
/// # Panics
///
/// If one of these does not hold.
pub fn payload(data: &[u8]) {
    let token = KEY.sign(HEADER.as_bytes(), data);
    let token = (OidcHeaders::DATA, token.as_bytes());
    let decision = decide(&AUTHENTICATOR, &[token]);
    let decision = match decision {
        Err(AuthenticateError::Headers(error)) => {
            assert_eq!(error.fault(), HeaderFault::TooLarge);
            assert!(token.1.len() > 16 * 1024);
            return;
        }
        Err(AuthenticateError::Rejected(error)) => Err(error),
        Err(error) => panic!("{error:?}"),
        Ok(user) => Ok(user),
    };
    if data.is_empty() {
        assert_eq!(decision.err(), Some(TokenError::Structure));
        return;
    }
    let document = Document::read(data, &RULES);
    judge(&document).compare(&decision);
    let Ok(user) = decision else {
        return;
    };
    let subject = document.root.member("sub").and_then(Json::text);
    let subject = subject.expect("a user has a subject");
    assert_eq!(user.id().subject(), subject);
    assert_eq!(user.id().issuer().as_str(), ISSUER);
    assert_eq!(user.client().as_str(), CLIENT);
    compare_claims(user.claims(), &document.root);
    compare_identity(token, subject);
}

fn judge(document: &Document) -> Judgement {
    let root = &document.root;
    let mut judgement = Judgement::of(document, Segment::Payload);
    let starts = [judgement.time(root, "nbf"), judgement.time(root, "iat")];
    // Each of several is judged: the last may be blamed where the document breaks behind it.
    let subjects: Vec<_> = root.all("sub").collect();
    for subject in &subjects {
        match subject {
            Json::Text(subject) if subject.is_empty() => {
                judgement.json_fault(JsonError::Empty("sub"));
            }
            Json::Text(_) => {}
            other => {
                let found = kind(other);
                judgement.json_fault(JsonError::Type {
                    member: "sub",
                    found,
                });
            }
        }
    }
    // What is not there can be told only of a payload that can be read.
    if subjects.is_empty() && !judgement.has_fault() {
        judgement.json_fault(JsonError::Missing("sub"));
    }
    if judgement.has_fault() {
        return judgement;
    }
    let latest = NOW.as_secs() + LEEWAY;
    if starts.into_iter().flatten().any(|start| start > latest) {
        judgement.fault(TokenError::NotYetValid);
    }
    judgement
}

fn compare_claims(claims: &UserClaims, root: &Json) {
    let expected: Vec<_> = root
        .members()
        .iter()
        .filter(|(name, _)| !NOT_CLAIMS.contains(&name.as_str()))
        .collect();
    let names: BTreeSet<_> = expected.iter().map(|(name, _)| name.clone()).collect();
    let all = all(claims);
    let deserialized = claims.deserialize::<BTreeMap<String, Value>>();
    // serde_json could take it for something else.
    assert_eq!(deserialized.is_err(), has_reserved_name(root));
    let deserialized = deserialized.unwrap_or_else(|_| all.clone());
    assert_eq!(all.keys().cloned().collect::<BTreeSet<_>>(), names);
    assert_eq!(deserialized.keys().cloned().collect::<BTreeSet<_>>(), names);
    for (name, json) in expected {
        for value in [
            get(claims, name),
            all.get(name).cloned(),
            deserialized.get(name).cloned(),
        ] {
            assert!(
                value.as_ref().is_some_and(|value| same(value, json)),
                "{name:?}: {value:?}"
            );
        }
    }
    for name in NOT_CLAIMS {
        assert_eq!(get(claims, name), None);
    }
    let text = |name| root.member(name).and_then(Json::text);
    assert_eq!(Some(claims.sub()), text("sub"));
    for (name, claim) in [
        ("name", claims.name()),
        ("given_name", claims.given_name()),
        ("family_name", claims.family_name()),
        ("nickname", claims.nickname()),
        ("preferred_username", claims.preferred_username()),
        ("username", claims.username()),
        ("email", claims.email()),
        ("phone_number", claims.phone_number()),
        ("picture", claims.picture()),
        ("locale", claims.locale()),
        ("zoneinfo", claims.zoneinfo()),
    ] {
        assert_eq!(claim, text(name), "{name}");
    }
    let is_verified = match root.member("email_verified") {
        Some(Json::Bool(flag)) => Some(*flag),
        Some(Json::Text(flag)) if flag == "true" => Some(true),
        Some(Json::Text(flag)) if flag == "false" => Some(false),
        _ => None,
    };
    assert_eq!(claims.email_verified(), is_verified);
    let verified_email = text("email").filter(|_| is_verified == Some(true));
    assert_eq!(claims.verified_email(), verified_email);
}

fn get(claims: &UserClaims, name: &str) -> Option<Value> {
    claims.get(name)
}

fn has_reserved_name(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(has_reserved_name),
        _ => value.members().iter().any(|(name, value)| {
            name.starts_with("$serde_json::private::") || has_reserved_name(value)
        }),
    }
}

fn all(claims: &UserClaims) -> BTreeMap<String, Value> {
    let claims = claims.iter();
    claims
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Whether a value says what is written.
fn same(value: &Value, json: &Json) -> bool {
    match (value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(value), Json::Bool(flag)) => value == flag,
        (Value::String(value), Json::Text(text)) => value == text,
        (Value::Number(value), Json::Number(number)) => same_number(value, number),
        (Value::Array(values), Json::Array(items)) => {
            let mut pairs = values.iter().zip(items);
            values.len() == items.len() && pairs.all(|(value, item)| same(value, item))
        }
        (Value::Object(values), Json::Object(members)) => {
            let same = |(name, member): &(String, Json)| {
                values.get(name).is_some_and(|value| same(value, member))
            };
            values.len() == members.len() && members.iter().all(same)
        }
        _ => false,
    }
}

/// An integer is the same to its last digit; a float, but for its last bits,
/// which are the reader's to round.
fn same_number(value: &serde_json::Number, number: &Number) -> bool {
    if number.is_integer() {
        let value = value
            .as_u64()
            .map(i128::from)
            .or(value.as_i64().map(i128::from));
        return value == number.integer();
    }
    let expected = number.float();
    let close = expected.abs() * 1e-14 + SMALLEST_NORMAL * 1e-14;
    let difference = value.as_f64().map(|value| (value - expected).abs());
    difference.is_some_and(|difference| difference <= close)
}

fn compare_identity(token: (&str, &[u8]), subject: &str) {
    let is_printable = subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let is_sendable = is_printable && subject.bytes().any(|byte| byte != b' ');
    if is_sendable && subject.len() <= 16 * 1024 {
        let identity = (OidcHeaders::IDENTITY, subject.as_bytes());
        let decision = decide(&AUTHENTICATOR, &[token, identity]);
        assert!(decision.is_ok(), "{decision:?}");
    }
    // Not a byte more, nor one less.
    let longer = format!("{subject}x");
    let (_, last) = subject.char_indices().last().unwrap_or_default();
    let shorter = subject.strip_suffix(last).unwrap_or_default();
    for other in [&longer, shorter] {
        let identity = (OidcHeaders::IDENTITY, other.as_bytes());
        match decide(&AUTHENTICATOR, &[token, identity]) {
            Err(AuthenticateError::Rejected(TokenError::IdentityMismatch)) => {}
            // It cannot be the value of a header.
            Err(AuthenticateError::Headers(_)) => {}
            decision => panic!("{decision:?}"),
        }
    }
}

static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

static AUTHENTICATOR: LazyLock<Authenticator> = LazyLock::new(|| {
    let key_id: KeyId = KEY_ID.parse().expect("the key id is one");
    let keys = StaticKeys::from_pems([(key_id, KEY.pem())], CryptoBackend::AwsLcRs);
    Authenticator::builder(policy())
        .key_source(keys.expect("the key is one"))
        .clock(StoppedClock)
        .build()
        .expect("the policy fits the key")
});

static HEADER: LazyLock<String> = LazyLock::new(|| {
    let expires_at = NOW.as_secs() + 120;
    format!(
        r#"{{"typ":"JWT","kid":"{KEY_ID}","alg":"ES256","iss":"{ISSUER}","client":"{CLIENT}","signer":"{ARN}","exp":{expires_at}}}"#
    )
});

const RULES: Rules = Rules {
    depth: 64,
    members: 1024,
    repeatable: &NOT_CLAIMS,
};
const KEY_ID: &str = "01234567-89ab-4def-8123-456789abcdef";
/// The two that the load balancer adds are the token's, not the user's.
const NOT_CLAIMS: [&str; 2] = ["exp", "iss"];
/// The default.
const LEEWAY: u64 = 10;
const SMALLEST_NORMAL: f64 = f64::MIN_POSITIVE;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_reference_lets_these_of_the_corpus_in_and_no_others() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/payload");
        let mut flawless = Vec::new();
        for file in fs::read_dir(corpus).unwrap() {
            let file = file.unwrap();
            let document = Document::read(&fs::read(file.path()).unwrap(), &RULES);
            if !judge(&document).has_fault() && !document.is_on_edge {
                flawless.push(file.file_name().into_string().unwrap());
            }
        }
        flawless.sort();
        let expected = [
            "all-standard-claims",
            "arrays-and-objects",
            "cognito",
            "custom-attributes",
            "disagrees-with-its-header",
            "entra",
            "escaped-utf-16",
            "exp-and-iss-twice",
            "float-with-an-integer-value",
            "floats",
            "google",
            "integer-beyond-64-bits-in-a-text",
            "largest-integers",
            "names-that-look-alike",
            "nbf-and-iat",
            "number-in-disguise",
            "pretty-printed",
            "raw-utf-8",
            "raw-value-in-disguise",
            "sixty-four-deep",
            "standard-claims-of-other-types",
            "subject-of-spaces",
            "subject-that-no-header-can-hold",
        ];
        assert_eq!(flawless, expected);
    }
}
