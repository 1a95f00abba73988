//! Every way for an access token to say nothing, each with its own error. The user is signed in all
//! the same, and nobody waits.

use alb_oidc::{
    AccessTokenError, AccessTokenVerifier, EncodingError, JsonError, JsonKind, Segment,
};
use alb_oidc_testkit::{ProviderKey, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{Bench, NOW, admins, pool, rfc9068_alb};
use crate::endpoint::FakeEndpoint;

fn header_json(error: JsonError) -> AccessTokenError {
    AccessTokenError::Json {
        segment: Segment::Header,
        error,
    }
}

fn payload_json(error: JsonError) -> AccessTokenError {
    AccessTokenError::Json {
        segment: Segment::Payload,
        error,
    }
}

const fn encoding(segment: Segment, error: EncodingError) -> AccessTokenError {
    AccessTokenError::Encoding { segment, error }
}

fn check(bench: &Bench, rows: impl IntoIterator<Item = (&'static str, String, AccessTokenError)>) {
    assert_eq!(bench.groups_now(&bench.token()), admins());
    for (name, token, error) in rows {
        assert_eq!(bench.groups_now(&token), Err(error), "{name}");
    }
}

#[test]
fn what_is_no_signed_jwt_is_refused_before_a_key_is_looked_for() {
    let bench = Bench::at_hand();
    let genuine = bench.token();
    let [header, payload, signature]: [&str; 3] =
        genuine.split('.').collect::<Vec<_>>().try_into().unwrap();
    let raw =
        |header: &str| ProviderKey::first().sign(header, bench.claims(&json!({})).to_string());
    check(
        &bench,
        [
            (
                "an opaque token",
                "ya29a0AfH6SMB".to_owned(),
                AccessTokenError::Opaque,
            ),
            (
                "one with spaces",
                "a b c".to_owned(),
                AccessTokenError::Opaque,
            ),
            (
                "two segments",
                format!("{header}.{payload}"),
                AccessTokenError::Opaque,
            ),
            (
                "five segments, as encrypted ones have",
                "a.b.c.d.e".to_owned(),
                AccessTokenError::Opaque,
            ),
            (
                "no header",
                format!(".{payload}.{signature}"),
                AccessTokenError::Opaque,
            ),
            (
                "no payload",
                format!("{header}..{signature}"),
                AccessTokenError::Opaque,
            ),
            (
                "no signature",
                format!("{header}.{payload}."),
                AccessTokenError::Opaque,
            ),
            (
                "sixteen thousand dots",
                ".".repeat(16_000),
                AccessTokenError::Opaque,
            ),
            (
                "a header of the longest",
                format!("{}.a.a", "e".repeat(16_380)),
                header_json(JsonError::Utf8),
            ),
            (
                "a padded header",
                format!("{header}=.{payload}.{signature}"),
                encoding(Segment::Header, EncodingError::Padding),
            ),
            (
                "the standard alphabet",
                format!("+{header}.{payload}.{signature}"),
                encoding(Segment::Header, EncodingError::Alphabet),
            ),
            (
                "a padded signature",
                format!("{genuine}=="),
                encoding(Segment::Signature, EncodingError::Padding),
            ),
            (
                "a header that is no object",
                raw("[]"),
                header_json(JsonError::NotObject),
            ),
            (
                "a member of the header twice",
                raw(r#"{"kid":"first","alg":"RS256","x":1,"\u0078":2}"#),
                header_json(JsonError::Duplicate),
            ),
            (
                "alg twice",
                raw(r#"{"kid":"first","alg":"RS256","alg":"RS256"}"#),
                header_json(JsonError::Duplicate),
            ),
            (
                "no kid",
                raw(r#"{"alg":"RS256"}"#),
                header_json(JsonError::Missing("kid")),
            ),
            (
                "a kid that is no text",
                raw(r#"{"kid":1,"alg":"RS256"}"#),
                header_json(JsonError::Type {
                    member: "kid",
                    found: JsonKind::Integer,
                }),
            ),
            (
                "no alg",
                raw(r#"{"kid":"first"}"#),
                AccessTokenError::Algorithm,
            ),
            (
                "crit",
                bench.token_under(&json!({"crit": ["exp"]})),
                AccessTokenError::CriticalHeader,
            ),
            (
                "an empty crit",
                bench.token_under(&json!({"crit": []})),
                AccessTokenError::CriticalHeader,
            ),
            (
                "b64",
                bench.token_under(&json!({"b64": false})),
                AccessTokenError::CriticalHeader,
            ),
        ],
    );
}

#[test]
fn no_algorithm_is_accepted_but_rs256_of_cognito() {
    let bench = Bench::at_hand();
    let algorithms = [
        "none", "None", "", "HS256", "HS512", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA",
        "rs256", " RS256", "RS256 ",
    ];
    for algorithm in algorithms {
        let token = bench.token_under(&json!({ "alg": algorithm }));
        assert_eq!(
            bench.groups_now(&token),
            Err(AccessTokenError::Algorithm),
            "{algorithm:?}"
        );
    }
    for algorithm in [
        json!(["RS256"]),
        json!(256),
        json!(true),
        json!({"RS256": 1}),
    ] {
        let token = bench.token_under(&json!({ "alg": algorithm }));
        assert_eq!(
            bench.groups_now(&token),
            Err(AccessTokenError::Algorithm),
            "{algorithm}"
        );
    }
    // Whatever the signature: nothing here could verify a MAC with the public key as its secret.
    let header = URL_SAFE_NO_PAD.encode(r#"{"kid":"first","alg":"HS256"}"#);
    let payload = URL_SAFE_NO_PAD.encode(bench.claims(&json!({})).to_string());
    let token = format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([1; 32]));
    assert_eq!(bench.groups_now(&token), Err(AccessTokenError::Algorithm));
}

#[test]
fn a_signature_is_the_named_keys_over_the_token_as_it_came() {
    let bench = Bench::at_hand();
    let genuine = bench.token();
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let claims = bench.claims(&json!({})).to_string();
    let strangers = ProviderKey::second().sign(bench.alb.access_token_header(), &claims);
    let unknown = ProviderKey::second().sign(r#"{"kid":"second","alg":"RS256"}"#, &claims);
    let others = URL_SAFE_NO_PAD.encode(
        bench
            .claims(&json!({"cognito:groups": ["root"]}))
            .to_string(),
    );
    let short = URL_SAFE_NO_PAD.encode([1; 64]);
    check(
        &bench,
        [
            (
                "a stranger's key under our kid",
                strangers,
                AccessTokenError::BadSignature,
            ),
            (
                "a kid that nobody has",
                unknown,
                AccessTokenError::UnknownKey,
            ),
            (
                "an empty kid",
                bench.token_under(&json!({"kid": ""})),
                AccessTokenError::UnknownKey,
            ),
            (
                "a kid in another case",
                bench.token_under(&json!({"kid": "FIRST"})),
                AccessTokenError::UnknownKey,
            ),
            (
                "another payload",
                format!("{header}.{others}.{signature}"),
                AccessTokenError::BadSignature,
            ),
            (
                "a truncated signature",
                format!("{signed}.{}", &signature[..signature.len() - 4]),
                AccessTokenError::BadSignature,
            ),
            (
                "a short signature",
                format!("{signed}.{short}"),
                AccessTokenError::BadSignature,
            ),
            (
                "a truncated payload",
                format!("{header}.{}.{signature}", &payload[..payload.len() - 4]),
                AccessTokenError::BadSignature,
            ),
            (
                "a key of its own",
                ProviderKey::second().sign(
                    format!(
                        r#"{{"kid":"second","alg":"RS256","jwk":{},"jku":"https://evil.example"}}"#,
                        ProviderKey::second().jwk()
                    ),
                    &claims,
                ),
                AccessTokenError::UnknownKey,
            ),
        ],
    );
}

#[test]
fn what_a_provider_adds_to_a_header_is_not_looked_at() {
    let bench = Bench::at_hand();
    for extra in [
        json!({"x5t": "abc", "jku": "https://login.example.com/keys"}),
        json!({"typ": "JWT"}),
        json!({"typ": "at+jwt"}),
    ] {
        assert_eq!(
            bench.groups_now(&bench.token_under(&extra)),
            admins(),
            "{extra}"
        );
    }
    let token = bench.token_under(&json!({"typ": "logout+jwt"}));
    assert_eq!(bench.groups_now(&token), Err(AccessTokenError::Type));
}

#[test]
fn a_cognito_token_is_an_access_token_of_this_pool_client_and_user() {
    let bench = Bench::at_hand();
    let with = |changes: Value| bench.token_with(&changes);
    let id_token = json!({
        "token_use": "id",
        "aud": bench.alb.client().as_str(),
        "client_id": null,
        "cognito:username": "alice",
    });
    let pools = |id: &str| format!("https://cognito-idp.us-east-1.amazonaws.com/{id}");
    let missing = |member| payload_json(JsonError::Missing(member));
    let wrong = |member, found| payload_json(JsonError::Type { member, found });
    check(
        &bench,
        [
            ("an ID token", with(id_token), AccessTokenError::TokenUse),
            (
                "another use",
                with(json!({"token_use": "id"})),
                AccessTokenError::TokenUse,
            ),
            (
                "no use",
                with(json!({"token_use": null})),
                AccessTokenError::TokenUse,
            ),
            (
                "a use in another case",
                with(json!({"token_use": "Access"})),
                AccessTokenError::TokenUse,
            ),
            (
                "another client",
                with(json!({"client_id": "other"})),
                AccessTokenError::Client,
            ),
            (
                "an empty client",
                with(json!({"client_id": ""})),
                AccessTokenError::Client,
            ),
            (
                "no client",
                with(json!({"client_id": null})),
                missing("client_id"),
            ),
            (
                "a list of clients",
                with(json!({"client_id": [bench.alb.client().as_str()]})),
                wrong("client_id", JsonKind::Array),
            ),
            (
                "another user",
                with(json!({"sub": "mallory"})),
                AccessTokenError::Subject,
            ),
            (
                "the user in another case",
                with(json!({"sub": "Alice"})),
                AccessTokenError::Subject,
            ),
            ("no user", with(json!({"sub": null})), missing("sub")),
            (
                "another pool",
                with(json!({"iss": pools("us-east-1_OTHER")})),
                AccessTokenError::Issuer,
            ),
            (
                "a pool whose id begins alike",
                with(json!({"iss": pools("us-east-1_SIMULATED2")})),
                AccessTokenError::Issuer,
            ),
            (
                "a slash behind the issuer",
                with(json!({"iss": pools("us-east-1_SIMULATED/")})),
                AccessTokenError::Issuer,
            ),
            (
                "a list of issuers",
                with(json!({"iss": [pools("us-east-1_SIMULATED")]})),
                wrong("iss", JsonKind::Array),
            ),
            ("no issuer", with(json!({"iss": null})), missing("iss")),
            (
                "groups that are no list",
                with(json!({"cognito:groups": "admins"})),
                wrong("cognito:groups", JsonKind::String),
            ),
            (
                "a group that is no text",
                with(json!({"cognito:groups": ["admins", 1]})),
                wrong("cognito:groups", JsonKind::Integer),
            ),
            (
                "a group that is a fraction",
                with(json!({"cognito:groups": [1.5]})),
                wrong("cognito:groups", JsonKind::Fraction),
            ),
            (
                "a scope that is no text",
                with(json!({"scope": ["a"]})),
                wrong("scope", JsonKind::Array),
            ),
        ],
    );
}

#[test]
fn a_payload_is_one_object_without_a_member_twice() {
    let bench = Bench::at_hand();
    let sign = |payload: &str| ProviderKey::first().sign(bench.alb.access_token_header(), payload);
    let claims = bench.claims(&json!({})).to_string();
    let twice = |member: &str| sign(&claims.replacen('{', &format!("{{{member},"), 1));
    check(
        &bench,
        [
            (
                "sub twice",
                twice(r#""sub":"bob""#),
                payload_json(JsonError::Duplicate),
            ),
            (
                "exp twice",
                twice(r#""exp":1"#),
                payload_json(JsonError::Duplicate),
            ),
            (
                "groups twice, escaped",
                twice(r#""cognito\u003agroups":["root"]"#),
                payload_json(JsonError::Duplicate),
            ),
            ("text", sign("alice"), payload_json(JsonError::Syntax)),
            ("an array", sign("[]"), payload_json(JsonError::NotObject)),
            (
                "two documents",
                sign(&format!("{claims}{claims}")),
                payload_json(JsonError::Syntax),
            ),
            (
                "very deep",
                sign(&format!(r#"{{"a":{}"#, "[".repeat(1000))),
                payload_json(JsonError::Depth),
            ),
        ],
    );
}

#[test]
fn times_are_integers_by_our_own_clock_with_the_policys_leeway() {
    let bench = Bench::at_hand();
    let now = NOW.as_secs();
    let with = |member: &str, value: Value| bench.token_with(&json!({ member: value }));
    for (member, value, expected) in [
        ("exp", json!(now - 10), Err(AccessTokenError::Expired)),
        ("exp", json!(now - 9), admins()),
        ("exp", json!(0), Err(AccessTokenError::Expired)),
        ("nbf", json!(now + 11), Err(AccessTokenError::NotYetValid)),
        ("nbf", json!(now + 10), admins()),
        ("iat", json!(now + 11), Err(AccessTokenError::NotYetValid)),
        ("iat", json!(now + 10), admins()),
    ] {
        assert_eq!(
            bench.groups_now(&with(member, value.clone())),
            expected,
            "{member} {value}"
        );
    }
    for member in ["exp", "nbf", "iat"] {
        for value in [
            json!("9999999999"),
            json!(1e10),
            json!(true),
            json!([now]),
            json!(-1),
        ] {
            let refused = bench.groups_now(&with(member, value.clone()));
            let is_json = matches!(refused, Err(AccessTokenError::Json { .. }));
            assert!(is_json, "{member} {value}: {refused:?}");
        }
    }
    let without = bench.token_with(&json!({"exp": null}));
    let missing = payload_json(JsonError::Missing("exp"));
    assert_eq!(bench.groups_now(&without), Err(missing));
    let without = bench.token_with(&json!({"iat": null}));
    assert_eq!(bench.groups_now(&without), admins());

    let token = bench.token();
    bench.clock.advance(crate::bench::secs(3600 + 10));
    assert_eq!(bench.groups_now(&token), Err(AccessTokenError::Expired));
}

#[test]
fn a_token_of_rfc_9068_says_that_it_is_one_and_is_for_the_audience_that_was_named() {
    let bench = Bench::rfc9068();
    let with = |changes: Value| bench.token_with(&changes);
    let under = |changes: Value| bench.token_under(&changes);
    let missing = |member| payload_json(JsonError::Missing(member));
    check(
        &bench,
        [
            (
                "no type",
                under(json!({"typ": null})),
                AccessTokenError::Type,
            ),
            (
                "a JWT of any type",
                under(json!({"typ": "JWT"})),
                AccessTokenError::Type,
            ),
            (
                "another type",
                under(json!({"typ": "id+jwt"})),
                AccessTokenError::Type,
            ),
            (
                "a MAC",
                under(json!({"alg": "HS256"})),
                AccessTokenError::Algorithm,
            ),
            (
                "a key for RS256 alone",
                under(json!({"alg": "RS512"})),
                AccessTokenError::KeyDoesNotFit,
            ),
            (
                "a key of another kind",
                under(json!({"alg": "ES256"})),
                AccessTokenError::KeyDoesNotFit,
            ),
            (
                "another audience",
                with(json!({"aud": "other"})),
                AccessTokenError::Audience,
            ),
            (
                "other audiences",
                with(json!({"aud": ["a", "b"]})),
                AccessTokenError::Audience,
            ),
            (
                "no audience",
                with(json!({"aud": null})),
                AccessTokenError::Audience,
            ),
            (
                "none in the list",
                with(json!({"aud": []})),
                AccessTokenError::Audience,
            ),
            (
                "an audience that is no text",
                with(json!({"aud": [1]})),
                payload_json(JsonError::Type {
                    member: "aud",
                    found: JsonKind::Integer,
                }),
            ),
            (
                "another client",
                with(json!({"client_id": "other"})),
                AccessTokenError::Client,
            ),
            (
                "no client",
                with(json!({"client_id": null})),
                missing("client_id"),
            ),
            (
                "another user",
                with(json!({"sub": "mallory"})),
                AccessTokenError::Subject,
            ),
            (
                "another issuer",
                with(json!({"iss": "https://evil.example"})),
                AccessTokenError::Issuer,
            ),
            (
                "groups that are no list",
                with(json!({"groups": "admins"})),
                payload_json(JsonError::Type {
                    member: "groups",
                    found: JsonKind::String,
                }),
            ),
            (
                "a group without a name",
                with(json!({"groups": [{"display": "Admins"}]})),
                payload_json(JsonError::Type {
                    member: "groups",
                    found: JsonKind::Object,
                }),
            ),
        ],
    );
    for changes in [
        json!({"aud": ["other", SimulatedAlb::AUDIENCE]}),
        json!({"groups": [{"value": "admins", "display": "Admins"}]}),
    ] {
        assert_eq!(
            bench.groups_now(&with(changes.clone())),
            admins(),
            "{changes}"
        );
    }
    for typ in ["AT+JWT", "application/at+jwt"] {
        assert_eq!(
            bench.groups_now(&under(json!({ "typ": typ }))),
            admins(),
            "{typ}"
        );
    }
}

/// Looks at what a verifier of RFC 9068 makes of alice's token, signed with the first key, if the
/// issuer publishes that key so.
fn with_first_key(changes: &Value) -> Result<Vec<String>, AccessTokenError> {
    let mut jwk: Value = serde_json::from_str(&ProviderKey::first().jwk()).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        jwk.as_object_mut()
            .unwrap()
            .insert(name.clone(), value.clone());
    }
    // There is always one that is good, so that the set is a set.
    let second: Value = serde_json::from_str(&ProviderKey::second().jwk()).unwrap();
    let alb = rfc9068_alb();
    let verifier = alb.access_token_verifier();
    let verifier = verifier
        .keys(json!({"keys": [jwk, second]}).to_string())
        .unwrap();
    let bench = Bench::with(alb, FakeEndpoint::new(), verifier);
    bench.groups_now(&bench.token())
}

#[test]
fn a_key_that_is_not_for_this_is_as_good_as_none() {
    let modulus = ProviderKey::first().modulus();
    let short = URL_SAFE_NO_PAD.encode(&modulus[..128]);
    let nearly = URL_SAFE_NO_PAD.encode([&[0x7f], &modulus[1..]].concat());
    for changes in [
        json!({"use": "enc"}),
        json!({"use": null}),
        json!({"key_ops": ["encrypt"]}),
        json!({"key_ops": "verify"}),
        json!({"kty": "oct"}),
        json!({"kty": "EC"}),
        json!({"kty": "OKP"}),
        json!({"alg": "HS256"}),
        json!({"alg": "ES256"}),
        json!({"alg": "RSA-OAEP"}),
        json!({"d": "AQAB"}),
        json!({"kid": ""}),
        json!({"kid": 1}),
        json!({"n": short}),
        json!({"n": nearly}),
        json!({"n": ""}),
        json!({"n": "+"}),
        json!({"e": "AQ"}),
        json!({"e": "AAAA"}),
        json!({"e": "Ag"}),
        json!({"e": ""}),
        json!({"e": "AQAAAAE"}),
    ] {
        let refused = with_first_key(&changes);
        assert_eq!(refused, Err(AccessTokenError::UnknownKey), "{changes}");
    }
    assert_eq!(
        with_first_key(&json!({"alg": "PS256"})),
        Err(AccessTokenError::KeyDoesNotFit)
    );
    for changes in [
        json!({}),
        json!({"key_ops": ["verify"]}),
        json!({"x5c": ["AAAA"]}),
    ] {
        assert_eq!(with_first_key(&changes), admins(), "{changes}");
    }
}

#[test]
fn a_key_set_is_one_object_with_a_list_of_keys_that_verify_something() {
    let jwk = ProviderKey::first().jwk();
    let verifier = || AccessTokenVerifier::cognito(&pool());
    for set in [
        String::new(),
        "<html>".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"keys":[]}"#.to_owned(),
        r#"{"keys":{}}"#.to_owned(),
        r#"{"keys":[1,"a",null,{}]}"#.to_owned(),
        format!(r#"{{"keys":[{jwk}],"keys":[{jwk}]}}"#),
        format!(r#"{{"keys":[{}]}}"#, jwk.replacen('{', r#"{"kid":"x","#, 1)),
        format!(r#"{{"keys":[{jwk}]}} x"#),
        jwk.clone(),
    ] {
        assert!(verifier().keys(set.clone()).is_err(), "{set}");
    }
    assert!(
        verifier()
            .keys(format!(r#"{{"keys":[{{}},{jwk}],"x":1}}"#))
            .is_ok()
    );
}

/// RFC 7517 section 4.5: keys of different kinds may have one id.
#[test]
fn of_two_keys_with_one_id_the_one_that_fits_is_taken() {
    let other = json!({
        "kty": "EC",
        "crv": "P-256",
        "kid": "first",
        "x": URL_SAFE_NO_PAD.encode([1; 32]),
        "y": URL_SAFE_NO_PAD.encode([1; 32]),
    });
    let first: Value = serde_json::from_str(&ProviderKey::first().jwk()).unwrap();
    for keys in [[&first, &other], [&other, &first]] {
        let verifier = AccessTokenVerifier::cognito(&pool());
        let verifier = verifier.keys(json!({ "keys": keys }).to_string()).unwrap();
        let bench = Bench::with(SimulatedAlb::new(), FakeEndpoint::new(), verifier);
        assert_eq!(bench.groups_now(&bench.token()), admins());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the two tokens say of the user: groups are known only if they say the same.
    #[test]
    fn the_user_is_always_the_access_tokens(user in "[a-c]{1,3}", other in "[a-c]{1,3}") {
        let bench = Bench::at_hand();
        let token = bench.alb.access_token(&other, &["admins"], NOW);
        let signed_in = crate::bench::now(bench.send_as(&user, Some(&token))).unwrap().unwrap();
        prop_assert_eq!(signed_in.claims().sub(), &user);
        prop_assert_eq!(signed_in.groups().is_ok(), user == other);
    }

    /// No change of one character anywhere leaves a token that says something else.
    #[test]
    fn no_changed_token_says_anything_else(place in any::<prop::sample::Index>(), with in "[ -~]") {
        let bench = Bench::at_hand();
        let genuine = bench.token();
        let place = place.index(genuine.len());
        let changed = format!("{}{with}{}", &genuine[..place], &genuine[place + 1..]);
        let groups = bench.groups_now(&changed);
        prop_assert!(changed == genuine || groups.is_err(), "{:?}", groups);
    }
}
