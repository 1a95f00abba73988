//! What the application's own pages are told of the user.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alb_oidc::{
    Answer, AuthenticateError, AuthenticatedUser, BrowserRequest, Me, Refusal, Visitor,
};
use alb_oidc_testkit::{SimulatedAlb, user};
use proptest::prelude::*;
use serde_json::{Value, json};

fn alice() -> AuthenticatedUser {
    user(json!({
        "sub": "alice",
        "name": "Alice \"</script>\u{2028}\u{0}\\ Å",
        "email": "a@example.com",
        "email_verified": "true",
        "phone_number_verified": false,
        "roles": ["x", {"y": 1}],
        "custom:table": 18_446_744_073_709_551_615_u64,
        "nothing": null,
        "exp": 5,
    }))
}

fn read(me: &Me, user: &AuthenticatedUser) -> Value {
    serde_json::from_str(&me.json(user)).unwrap()
}

#[test]
fn exactly_the_listed_claims_are_told_in_the_listed_order() {
    let me = Me::new(["roles", "name", "custom:table", "nothing", "name"]);
    let told = me.json(&alice());
    let value: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        value,
        json!({
            "roles": ["x", {"y": 1}],
            "name": "Alice \"</script>\u{2028}\u{0}\\ Å",
            "custom:table": u64::MAX,
            "nothing": null,
        })
    );
    let places = ["roles", "name", "custom:table", "nothing"].map(|name| told.find(name).unwrap());
    assert!(places.is_sorted(), "{told}");
    assert_eq!(told.matches("name").count(), 1, "{told}");
}

#[test]
fn nothing_is_told_that_is_not_listed() {
    assert_eq!(Me::new::<&str>([]).json(&alice()), "{}");
    let absent = [
        "nickname",
        "email ",
        "Name",
        "",
        "exp",
        "aud",
        "access_token",
        "x-amzn-oidc-data",
    ];
    assert_eq!(Me::new(absent).json(&alice()), "{}");
    assert_eq!(
        Me::new([String::from("sub")]).json(&alice()),
        r#"{"sub":"alice"}"#
    );
}

#[test]
fn whether_an_address_was_verified_is_a_boolean_or_not_told() {
    let me = Me::new(["email", "email_verified", "phone_number_verified"]);
    assert_eq!(
        read(&me, &alice()),
        json!({"email": "a@example.com", "email_verified": true, "phone_number_verified": false})
    );
    for unknown in [json!("TRUE"), json!(1), Value::Null, json!([true])] {
        let claims = json!({"sub": "a", "email": "a@example.com", "email_verified": unknown});
        assert_eq!(read(&me, &user(claims)), json!({"email": "a@example.com"}));
    }
    let claims = json!({"sub": "a", "phone_number_verified": "true"});
    let told = read(&me, &user(claims));
    assert_eq!(told, json!({"phone_number_verified": true}));
}

#[test]
fn the_issuer_is_the_rules_and_not_what_the_provider_says() {
    let alice = user(json!({"sub": "alice", "iss": "https://evil.example"}));
    let told = read(&Me::new(["iss", "sub"]), &alice);
    let expected = SimulatedAlb::new().issuer().as_str().to_owned();
    assert_eq!(told, json!({"iss": expected, "sub": "alice"}));
}

#[test]
fn the_answer_is_json_for_this_page_alone() {
    let me = Me::new(["sub"]);
    let answer = me.answer(&alice());
    assert_eq!(
        (answer.status(), answer.body()),
        (200, r#"{"sub":"alice"}"#)
    );
    let headers: Vec<_> = answer.headers().collect();
    assert_eq!(
        headers,
        [
            ("cache-control", "no-store"),
            ("content-type", "application/json"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ]
    );
}

#[test]
fn only_who_is_signed_in_and_asks_is_told() {
    let me = Me::new(["sub"]);
    let alice = alice();
    let ask = |method, visitor: Visitor<'_>| {
        me.answer_to(
            &BrowserRequest::from_lookup(method, None, |_| None),
            visitor,
        )
    };
    for method in ["GET", "HEAD"] {
        assert_eq!(
            ask(method, Visitor::SignedIn(&alice)),
            Ok(me.answer(&alice))
        );
    }
    for method in ["POST", "OPTIONS", "DELETE", "get"] {
        let refused: Answer = ask(method, Visitor::SignedIn(&alice)).unwrap();
        assert_eq!(refused.status(), 405, "{method}");
        assert!(
            refused
                .headers()
                .any(|header| header == ("allow", "GET, HEAD"))
        );
    }
    for method in ["GET", "POST"] {
        let refusal = Refusal::Unauthenticated(AuthenticateError::Missing);
        assert_eq!(ask(method, Visitor::Anonymous), Err(refusal));
        let refusal = Refusal::MissingLayer;
        assert_eq!(ask(method, Visitor::Unknown), Err(refusal));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However hostile names and values are, the object has these members and no other.
    #[test]
    fn hostile_names_and_values_stay_what_they_are(name in any::<String>(), value in any::<String>()) {
        let special = ["sub", "iss", "exp", "nbf", "iat", "email_verified", "phone_number_verified"];
        prop_assume!(!special.contains(&&*name));
        let mut claims = json!({"sub": "alice", "secret": "canary"});
        claims[&name] = json!(value);
        let told = read(&Me::new([&*name, "sub"]), &user(claims));
        let mut expected = json!({"sub": "alice"});
        expected[&name] = json!(value);
        prop_assert_eq!(told, expected);
    }
}
