//! The claims of a user: the standard ones by name, the others as what they are.

use alb_oidc::{Issuer, LinkedIdentity, UserClaims, UserId};
use alb_oidc_testkit::user;
use serde::Deserialize;
use serde_json::{Value, json};

/// The standard claims that are texts, and how each is asked for.
type Text = fn(&UserClaims) -> Option<&str>;
type Flag = fn(&UserClaims) -> Option<bool>;

const TEXTS: [(&str, Text); 11] = [
    ("name", UserClaims::name),
    ("given_name", UserClaims::given_name),
    ("family_name", UserClaims::family_name),
    ("nickname", UserClaims::nickname),
    ("preferred_username", UserClaims::preferred_username),
    ("username", UserClaims::username),
    ("email", UserClaims::email),
    ("phone_number", UserClaims::phone_number),
    ("picture", UserClaims::picture),
    ("locale", UserClaims::locale),
    ("zoneinfo", UserClaims::zoneinfo),
];

/// The standard claims that are flags.
const FLAGS: [(&str, Flag); 2] = [
    ("email_verified", UserClaims::email_verified),
    ("phone_number_verified", UserClaims::phone_number_verified),
];

fn claims(userinfo: Value) -> UserClaims {
    user(userinfo).claims().clone()
}

#[test]
fn each_standard_text_is_the_claim_of_its_name_and_no_other() {
    for (name, claim) in TEXTS {
        let claims = claims(json!({"sub": "alice", name: "its value"}));
        assert_eq!(claim(&claims), Some("its value"), "{name}");
        assert_eq!(claims.text(name), Some("its value"), "{name}");
        for (other, claim) in TEXTS.into_iter().filter(|(other, _)| *other != name) {
            assert_eq!(claim(&claims), None, "{other} where {name} is");
        }
    }
}

#[test]
fn a_standard_text_of_another_type_is_absent_and_still_to_be_had() {
    for (name, claim) in TEXTS {
        for value in [json!(1), json!(null), json!(true), json!(["a"]), json!({})] {
            let claims = claims(json!({"sub": "alice", name: value}));
            assert_eq!(claim(&claims), None, "{name}: {value}");
            assert_eq!(claims.text(name), None, "{name}: {value}");
            assert_eq!(claims.get(name), Some(value), "{name}");
        }
    }
}

#[test]
fn a_flag_is_a_boolean_or_the_text_of_one() {
    for (name, flag) in FLAGS {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!(false), Some(false)),
            (json!("true"), Some(true)),
            (json!("false"), Some(false)),
            (json!("True"), None),
            (json!("yes"), None),
            (json!(""), None),
            (json!(1), None),
            (json!(null), None),
            (json!([true]), None),
        ] {
            let claims = claims(json!({"sub": "alice", name: value}));
            assert_eq!(flag(&claims), expected, "{name}: {value}");
        }
        assert_eq!(flag(&claims(json!({"sub": "alice"}))), None, "{name}");
    }
}

#[test]
fn an_address_counts_as_verified_only_if_it_is_said_to_be() {
    let address = "alice@example.com";
    for (verified, expected) in [
        (json!("true"), Some(address)),
        (json!(true), Some(address)),
        (json!("false"), None),
        (json!("yes"), None),
    ] {
        let claims = claims(json!({"sub": "a", "email": address, "email_verified": verified}));
        assert_eq!(claims.verified_email(), expected, "{verified}");
        assert_eq!(claims.email(), Some(address));
    }
    let unsaid = claims(json!({"sub": "a", "email": address}));
    assert_eq!(unsaid.verified_email(), None);
    let no_address = claims(json!({"sub": "a", "email_verified": true}));
    assert_eq!(no_address.verified_email(), None);
}

#[test]
fn a_custom_attribute_is_found_by_its_own_name_alone() {
    let claims =
        claims(json!({"sub": "a", "custom:dept": "sales", "custom:": "nameless", "dept": 1}));
    assert_eq!(claims.custom("dept"), Some(json!("sales")));
    assert_eq!(claims.custom(""), Some(json!("nameless")));
    assert_eq!(claims.custom("custom:dept"), None);
    assert_eq!(claims.custom("dep"), None);
    assert_eq!(claims.custom("sub"), None);
}

fn identities(value: Value) -> Result<Vec<(String, String, String, bool)>, String> {
    let read = claims(json!({"sub": "a", "identities": value})).identities();
    let parts = |identity: LinkedIdentity| {
        (
            identity.user_id,
            identity.provider_name,
            identity.provider_type,
            identity.primary,
        )
    };
    match read {
        Ok(identities) => Ok(identities.into_iter().map(parts).collect()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn linked_identities_are_read_from_an_array_and_from_a_text_with_one() {
    let identity = |primary: Value| json!([{"userId": "7", "providerName": "Corp", "providerType": "SAML", "primary": primary}]);
    for (primary, expected) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(1), false),
        (json!(null), false),
    ] {
        let written = identity(primary);
        let expected = vec![(
            "7".to_owned(),
            "Corp".to_owned(),
            "SAML".to_owned(),
            expected,
        )];
        assert_eq!(identities(json!(written.to_string())), Ok(expected.clone()));
        assert_eq!(identities(written), Ok(expected));
    }
    assert_eq!(identities(json!("[]")), Ok(vec![]));
    assert_eq!(claims(json!({"sub": "a"})).identities(), Ok(vec![]));
}

#[test]
fn what_are_no_linked_identities_is_an_error_that_shows_none() {
    let refused = "the claims do not fit: identities is not an array of linked identities";
    for value in [
        json!("secret"),
        json!(1),
        json!({"userId": "secret"}),
        json!(["secret"]),
        json!([{"userId": "secret", "providerName": "Corp"}]),
        json!([{"userId": 7, "providerName": "Corp", "providerType": "SAML"}]),
    ] {
        assert_eq!(
            identities(value.clone()),
            Err(refused.to_owned()),
            "{value}"
        );
    }
    let shown = format!(
        "{:?}",
        claims(json!({"sub": "a", "identities": [
            {"userId": "secret", "providerName": "Corp", "providerType": "SAML"}
        ]}))
        .identities()
    );
    assert_eq!(shown, "Ok([LinkedIdentity { .. }])");
}

#[test]
fn an_application_takes_the_claims_as_its_own_type() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Profile {
        sub: String,
        groups: Vec<String>,
        #[serde(rename = "custom:level")]
        level: Option<u8>,
    }
    let fitting = claims(json!({"sub": "alice", "groups": ["staff"], "custom:level": 3}));
    let profile = Profile {
        sub: "alice".to_owned(),
        groups: vec!["staff".to_owned()],
        level: Some(3),
    };
    assert_eq!(fitting.deserialize(), Ok(profile));
    let names: Vec<_> = fitting.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(!names.iter().any(|name| name == "exp" || name == "iss"));

    let unfit = claims(json!({"sub": "alice", "groups": "secret"}));
    let error = unfit.deserialize::<Profile>().unwrap_err();
    assert_eq!(
        format!("{error} {error:?}"),
        "the claims do not fit: they are not what the application's type asks for \
         ClaimsError { message: \"they are not what the application's type asks for\" }"
    );
}

#[test]
fn users_of_one_sub_at_two_issuers_are_two_users() {
    let issuer = |name: &str| Issuer::new(&format!("https://{name}.example.com")).unwrap();
    let id = UserId::new(issuer("one"), "alice");
    assert_eq!(id.issuer(), &issuer("one"));
    assert_eq!(id.subject(), "alice");
    assert_eq!(id, UserId::new(issuer("one"), String::from("alice")));
    assert_ne!(id, UserId::new(issuer("two"), "alice"));
    assert_ne!(id, UserId::new(issuer("one"), "Alice"));
    assert_eq!(
        format!("{id:?}"),
        r#"UserId { issuer: "https://one.example.com", .. }"#
    );
}
