//! Which users meet a requirement: each bad day of their claims, and what holds of all requirements.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random;

use alb_oidc::{
    AccessTokenError, AuthenticatedUser, Authorizer, ClockError, ConfigError, DenialCause, Issuer,
    Refusal, Requirement, UserId, Visitor,
};
use alb_oidc_testkit::user;
use serde_json::{Value, json};

fn ask(requirement: &Requirement, user: &AuthenticatedUser) -> &'static str {
    match Authorizer::enforce(requirement.clone()).authorize(user) {
        Ok(()) => "met",
        Err(denial) => denial.reason(),
    }
}

/// Asks for the requirement and for its opposite. What is not known denies both.
fn assert_asked(requirement: &Requirement, claims: &Value, expected: &str) {
    let user = user(claims.clone());
    assert_eq!(ask(requirement, &user), expected, "{requirement}: {claims}");
    let opposite = match expected {
        "met" => "requirement-unmet",
        "requirement-unmet" => "met",
        unknown => unknown,
    };
    let not = !requirement.clone();
    assert_eq!(ask(&not, &user), opposite, "{not}: {claims}");
    let not_not = !not;
    assert_eq!(ask(&not_not, &user), expected, "{not_not}: {claims}");
}

fn domain(domain: &str) -> Requirement {
    Requirement::email_domain(domain).unwrap()
}

fn email(address: &str) -> Requirement {
    Requirement::email(address).unwrap()
}

fn all(parts: impl IntoIterator<Item = Requirement>) -> Requirement {
    Requirement::all(parts).unwrap()
}

fn any(parts: impl IntoIterator<Item = Requirement>) -> Requirement {
    Requirement::any(parts).unwrap()
}

#[test]
fn an_address_counts_if_the_provider_says_that_it_is_verified() {
    for (verified, expected) in [
        (json!(true), "met"),
        (json!("true"), "met"),
        (json!(false), "email-unverified"),
        (json!("false"), "email-unverified"),
        (json!("TRUE"), "email-unverified"),
        (json!("True"), "email-unverified"),
        (json!("true "), "email-unverified"),
        (json!(""), "email-unverified"),
        (json!("1"), "email-unverified"),
        (json!("yes"), "email-unverified"),
        (json!(1), "email-unverified"),
        (json!(null), "email-unverified"),
        (json!([true]), "email-unverified"),
        (json!({"true": true}), "email-unverified"),
    ] {
        let claims = json!({"sub": "a", "email": "a@example.com", "email_verified": verified});
        assert_asked(&domain("example.com"), &claims, expected);
        assert_asked(&email("a@example.com"), &claims, expected);
    }
    let claims = json!({"sub": "a", "email": "a@example.com"});
    assert_asked(&domain("example.com"), &claims, "email-unverified");
    for missing in [
        json!({"sub": "a", "email_verified": true}),
        json!({"sub": "a", "email_verified": true, "email": null}),
        json!({"sub": "a", "email_verified": true, "email": ["a@example.com"]}),
        json!({"sub": "a", "email_verified": true, "Email": "a@example.com"}),
        json!({"sub": "a@example.com", "email_verified": true, "name": "a@example.com"}),
    ] {
        assert_asked(&domain("example.com"), &missing, "email-missing");
        assert_asked(&email("a@example.com"), &missing, "email-missing");
    }
}

#[test]
fn a_domain_is_that_very_domain_and_a_strange_address_is_of_none() {
    for (address, expected) in [
        ("user@example.com", "met"),
        ("user@EXAMPLE.com", "met"),
        ("USER@Example.Com", "met"),
        ("first.last+tag@example.com", "met"),
        ("user@example.com.evil.org", "requirement-unmet"),
        ("user@sub.example.com", "requirement-unmet"),
        ("user@example.co", "requirement-unmet"),
        ("user@xample.com", "requirement-unmet"),
        ("user@notexample.com", "requirement-unmet"),
        ("user@not-example.com", "requirement-unmet"),
        ("user@com", "requirement-unmet"),
        ("user@evil.org", "requirement-unmet"),
        ("example.com", "email-form"),
        ("@example.com", "email-form"),
        ("user", "email-form"),
        ("", "email-form"),
        ("user@", "email-form"),
        ("a@b@example.com", "email-form"),
        ("user@evil.org@example.com", "email-form"),
        ("user@example.com@evil.org", "email-form"),
        ("\"a@example.com\"@evil.org", "email-form"),
        ("\"a@evil.org\"@example.com", "email-form"),
        ("\"a\"@example.com", "email-form"),
        ("user@example.com ", "email-form"),
        (" user@example.com", "email-form"),
        ("user@ example.com", "email-form"),
        ("user@example.com\t", "email-form"),
        ("user@example.com\r\n", "email-form"),
        ("user@example.com.", "email-form"),
        ("user@.example.com", "email-form"),
        ("user@example..com", "email-form"),
        ("user@example.com\0", "email-form"),
        ("user@example.com\0.evil.org", "email-form"),
        ("user\0@example.com", "email-form"),
        ("user@evil.org\0@example.com", "email-form"),
        ("user@example.com,x@evil.org", "email-form"),
        ("x@evil.org,user@example.com", "email-form"),
        ("User <user@example.com>", "email-form"),
        ("user@example.com(evil)", "email-form"),
        ("user@[192.0.2.1]", "email-form"),
        ("user@example.com:25", "email-form"),
        ("user@example.com/x", "email-form"),
        ("user@ex\u{430}mple.com", "email-form"),
        ("user@example\u{ff0e}com", "email-form"),
        ("user\u{ff20}example.com", "email-form"),
        ("user@example.com\u{200b}", "email-form"),
        ("user@exa\u{ad}mple.com", "email-form"),
        ("\u{202e}user@example.com", "email-form"),
        ("user@e\u{301}xample.com", "email-form"),
        ("us\u{e9}r@example.com", "email-form"),
    ] {
        let claims = json!({"sub": "a", "email": address, "email_verified": true});
        assert_asked(&domain("example.com"), &claims, expected);
        assert_asked(&domain("EXAMPLE.COM"), &claims, expected);
    }
    let claims = json!({"sub": "a", "email": "a@xn--exmple-cua.com", "email_verified": true});
    assert_asked(&domain("XN--exmple-cua.com"), &claims, "met");
}

#[test]
fn an_address_is_that_very_address_but_for_case() {
    for (address, expected) in [
        ("alice@example.com", "met"),
        ("Alice@Example.com", "met"),
        ("ALICE@EXAMPLE.COM", "met"),
        ("alice+x@example.com", "requirement-unmet"),
        ("a.lice@example.com", "requirement-unmet"),
        ("xalice@example.com", "requirement-unmet"),
        ("alice@example.com.evil.org", "requirement-unmet"),
        ("alice@evil.org", "requirement-unmet"),
        ("bob@example.com", "requirement-unmet"),
        ("alice@example.com.", "email-form"),
        ("alice@example.com ", "email-form"),
        ("al\u{131}ce@example.com", "email-form"),
        ("al\u{130}ce@example.com", "email-form"),
    ] {
        let claims = json!({"sub": "a", "email": address, "email_verified": true});
        assert_asked(&email("alice@example.com"), &claims, expected);
        assert_asked(&email("Alice@EXAMPLE.com"), &claims, expected);
    }
}

#[test]
fn what_cannot_be_required_is_refused_when_it_is_configured() {
    for text in [
        "",
        ".",
        "*",
        "*.example.com",
        ".example.com",
        "example.com.",
        "example..com",
        "@example.com",
        "a@example.com",
        "https://example.com",
        "example.com/",
        "example.com:25",
        " example.com",
        "example.com ",
        "example.com,example.net",
        "exämple.com",
        "ex\u{430}mple.com",
        "-example.com",
        "exam_ple.com",
        "[192.0.2.1]",
        "example.com\0",
    ] {
        let refused = Requirement::email_domain(text);
        assert_eq!(refused, Err(ConfigError::EmailDomain), "{text:?}");
    }
    for text in [
        "",
        "@",
        "alice",
        "example.com",
        "@example.com",
        "alice@",
        "*@example.com",
        "alice@*.example.com",
        "alice@example.com ",
        "alice@example.com.",
        "alice@b@example.com",
        "\"alice\"@example.com",
        "Alice <alice@example.com>",
        "alice@example.com,bob@example.com",
        "älice@example.com",
    ] {
        let refused = Requirement::email(text);
        let expected = if text.starts_with('*') {
            // A star is a letter of addresses like others: it is no wildcard.
            Ok(email("*@example.com"))
        } else {
            Err(ConfigError::EmailAddress)
        };
        assert_eq!(refused, expected, "{text:?}");
    }
    for name in ["email", "sub", "iss", "exp", "cognito:groups"] {
        for refused in [
            Requirement::claim_equals(name, "canary"),
            Requirement::claim_contains(name, "canary"),
        ] {
            let error = refused.unwrap_err();
            assert!(matches!(error, ConfigError::RequiredClaim(_)), "{name}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
    for nothing in [Value::Null, f64::NAN.into(), None::<bool>.into()] {
        let refused = Requirement::claim_equals("level", nothing);
        let instead = ConfigError::RequiredClaim("nothing equals null");
        assert_eq!(refused, Err(instead));
    }
    assert_eq!(Requirement::all([]), Err(ConfigError::NoRequirements));
    assert_eq!(Requirement::any([]), Err(ConfigError::NoRequirements));
}

#[test]
fn a_subject_is_compared_to_the_letter_and_a_user_with_the_issuer() {
    let claims = json!({"sub": "alice"});
    for (subject, expected) in [
        ("alice", "met"),
        ("Alice", "requirement-unmet"),
        ("alic", "requirement-unmet"),
        ("alice ", "requirement-unmet"),
        ("", "requirement-unmet"),
    ] {
        assert_asked(&Requirement::subject(subject), &claims, expected);
    }
    let alice = user(claims.clone());
    let issuer = alice.id().issuer().clone();
    let other = Issuer::new("https://other.example.com").unwrap();
    for (id, expected) in [
        (alice.id().clone(), "met"),
        (UserId::new(issuer, "bob"), "requirement-unmet"),
        (UserId::new(other, "alice"), "requirement-unmet"),
    ] {
        assert_asked(&Requirement::user(id), &claims, expected);
    }
}

#[test]
fn a_claim_equals_a_value_of_its_own_type_alone() {
    for (claim, value, expected) in [
        (json!("sales"), json!("sales"), "met"),
        (json!("sales"), json!("Sales"), "requirement-unmet"),
        (json!("sales "), json!("sales"), "requirement-unmet"),
        (json!("sales,it"), json!("sales"), "requirement-unmet"),
        (json!("é"), json!("é"), "met"),
        (json!("e\u{301}"), json!("é"), "requirement-unmet"),
        (json!("a\0b"), json!("a\0b"), "met"),
        (json!("a\0b"), json!("a"), "requirement-unmet"),
        (json!(""), json!(""), "met"),
        (json!(true), json!(true), "met"),
        (json!(false), json!(true), "requirement-unmet"),
        (json!("true"), json!(true), "claim-type"),
        (json!(1), json!(true), "claim-type"),
        (json!(1), json!(1), "met"),
        (json!(1), json!("1"), "claim-type"),
        (json!("1"), json!(1), "claim-type"),
        (json!(1), json!(1.0), "claim-type"),
        (json!(1.0), json!(1), "claim-type"),
        (json!(1.0), json!(1.0), "met"),
        (json!(u64::MAX), json!(u64::MAX), "met"),
        (json!(u64::MAX), json!(u64::MAX - 1), "requirement-unmet"),
        (json!(i64::MIN), json!(i64::MIN), "met"),
        (json!(-1), json!(u64::MAX), "requirement-unmet"),
        (
            json!(9_007_199_254_740_993_i64),
            json!(9_007_199_254_740_992_i64),
            "requirement-unmet",
        ),
        (json!(["a"]), json!("a"), "claim-type"),
        (json!(["a", 1]), json!(["a", 1]), "met"),
        (json!(["a", 1]), json!([1, "a"]), "claim-type"),
        (json!(["a", "b"]), json!(["b", "a"]), "requirement-unmet"),
        (json!([]), json!([]), "met"),
        (json!({"a": {"b": [1]}}), json!({"a": {"b": [1]}}), "met"),
        (
            json!({"a": {"b": [1]}}),
            json!({"a": {"b": [2]}}),
            "requirement-unmet",
        ),
        (
            json!({"a": 1, "b": 1}),
            json!({"a": 1}),
            "requirement-unmet",
        ),
        (json!(null), json!("a"), "claim-missing"),
    ] {
        let claims = json!({"sub": "a", "claim": claim});
        let requirement = Requirement::claim_equals("claim", value).unwrap();
        assert_asked(&requirement, &claims, expected);
    }
    let absent = json!({"sub": "a", "Claim": "x", "claim ": "x", "claims": "x"});
    for value in [json!("x"), json!(true), json!([])] {
        let requirement = Requirement::claim_equals("claim", value).unwrap();
        assert_asked(&requirement, &absent, "claim-missing");
    }
}

#[test]
fn a_claim_contains_what_is_an_item_of_it_and_a_text_contains_nothing() {
    for (claim, value, expected) in [
        (json!(["admin", "dev"]), json!("dev"), "met"),
        (json!(["admin", "admin"]), json!("admin"), "met"),
        (
            json!(["administrators"]),
            json!("admin"),
            "requirement-unmet",
        ),
        (
            json!(["Admin", "admin "]),
            json!("admin"),
            "requirement-unmet",
        ),
        (json!([]), json!("admin"), "requirement-unmet"),
        (json!(["admin", 1, null]), json!("admin"), "met"),
        (json!([1, "admin"]), json!("admin"), "met"),
        (json!([1, "dev"]), json!("admin"), "claim-type"),
        (json!([null]), json!("admin"), "claim-type"),
        (json!([["admin"]]), json!("admin"), "claim-type"),
        (json!([["admin"]]), json!(["admin"]), "met"),
        (json!([1, 2]), json!(2), "met"),
        (json!([1, 2]), json!("2"), "claim-type"),
        (json!([1, 2.0]), json!(2), "claim-type"),
        (json!([{"id": 1}, {"id": 2}]), json!({"id": 2}), "met"),
        (json!(["a\"b\\c\n"]), json!("a\"b\\c\n"), "met"),
        (json!("admin"), json!("admin"), "claim-type"),
        (json!("admin dev"), json!("admin"), "claim-type"),
        (json!("[\"admin\"]"), json!("admin"), "claim-type"),
        (json!("no admin"), json!("admin"), "claim-type"),
        (json!({"admin": true}), json!("admin"), "claim-type"),
        (json!(true), json!(true), "claim-type"),
        (json!(null), json!("admin"), "claim-missing"),
    ] {
        let claims = json!({"sub": "a", "groups": claim});
        let requirement = Requirement::claim_contains("groups", value).unwrap();
        assert_asked(&requirement, &claims, expected);
    }
    let requirement = Requirement::claim_contains("groups", "admin").unwrap();
    assert_asked(&requirement, &json!({"sub": "a"}), "claim-missing");
}

#[test]
fn all_any_and_not_follow_kleene() {
    let claims = json!({"sub": "a", "yes": 1, "no": 2});
    let is = |name: &str| Requirement::claim_equals(name, 1).unwrap();
    let (yes, no, missing) = (is("yes"), is("no"), is("missing"));
    let [unmet, unknown] = ["requirement-unmet", "claim-missing"];
    for (requirement, expected) in [
        (all([yes.clone()]), "met"),
        (any([yes.clone()]), "met"),
        (all([missing.clone()]), unknown),
        (any([missing.clone()]), unknown),
        (all([yes.clone(), yes.clone()]), "met"),
        (all([yes.clone(), no.clone()]), unmet),
        (all([yes.clone(), missing.clone()]), unknown),
        (any([no.clone(), yes.clone()]), "met"),
        (any([no.clone(), no.clone()]), unmet),
        (any([no.clone(), missing.clone()]), unknown),
        // Whatever is known of the others.
        (any([missing.clone(), yes.clone()]), "met"),
        (any([missing.clone(), !missing.clone()]), unknown),
        (all([yes.clone(), !no.clone()]), "met"),
        (any([missing.clone(), no.clone(), yes.clone()]), "met"),
        (no.clone().or(yes.clone()).and(!no.clone()), "met"),
        (
            all([any([missing.clone(), yes.clone()]), yes.clone()]),
            "met",
        ),
        (!all([missing.clone(), no.clone()]), "met"),
        (!any([missing.clone(), no.clone()]), unknown),
        (!any([missing.clone(), yes.clone()]), unmet),
    ] {
        assert_asked(&requirement, &claims, expected);
    }
    // A lone list is its only item; and `and` and `or` go on with a list.
    let chained = yes.clone().and(no.clone()).and(missing.clone());
    assert_eq!(chained, all([yes.clone(), no.clone(), missing.clone()]));
    let chained = yes.clone().or(no.clone()).or(missing.clone());
    assert_eq!(chained, any([yes, no, missing]));
}

#[test]
fn a_visitor_who_is_no_user_is_refused_for_that() {
    let authorizer = Authorizer::enforce(!Requirement::subject("mallory"));
    let alice = user(json!({"sub": "alice"}));
    let mallory = user(json!({"sub": "mallory"}));
    let status = |visitor| match authorizer.admit(visitor) {
        Ok(()) => 200,
        Err(refusal) => refusal.problem().status(),
    };
    assert_eq!(status(Visitor::SignedIn(&alice)), 200);
    assert_eq!(status(Visitor::SignedIn(&mallory)), 403);
    assert_eq!(status(Visitor::Anonymous), 401);
    assert_eq!(status(Visitor::Unknown), 500);
    let stats = authorizer.clone().stats();
    assert_eq!((stats.permitted, stats.denied), (1, 1));
    assert_eq!((stats.without_user, stats.unavailable), (2, 0));
    assert_eq!(stats.would_have_refused, 0);
}

#[test]
fn what_only_reports_lets_everybody_in_and_counts_whom_it_would_not_have() {
    let authorizer = Authorizer::report_only(Requirement::subject("alice"));
    let alice = user(json!({"sub": "alice"}));
    let mallory = user(json!({"sub": "mallory"}));
    assert_eq!(authorizer.authorize(&alice), Ok(()));
    assert_eq!(authorizer.authorize(&mallory), Ok(()));
    for visitor in [
        Visitor::SignedIn(&alice),
        Visitor::SignedIn(&mallory),
        Visitor::Anonymous,
        Visitor::Unknown,
    ] {
        assert_eq!(authorizer.admit(visitor), Ok(()));
    }
    let stats = authorizer.clone().stats();
    assert_eq!((stats.permitted, stats.would_have_refused), (2, 4));
    assert_eq!(
        (stats.denied, stats.without_user, stats.unavailable),
        (0, 0, 0)
    );
}

#[test]
fn a_denial_names_the_first_part_that_is_not_met_and_why() {
    let claims =
        json!({"sub": "a", "email": "a@example.com", "email_verified": true, "level": "3"});
    let user = user(claims);
    let list = any((0..12).map(|n| domain(&format!("d{n}.example"))));
    for (requirement, text) in [
        (
            domain("example.org"),
            "e-mail domain example.org is required, and the user does not meet it",
        ),
        (
            domain("example.com").and(Requirement::claim_equals("dept", "sales").unwrap()),
            "claim dept equals \"sales\" is required, and the claim dept is missing",
        ),
        (
            Requirement::claim_equals("level", 3).unwrap(),
            "claim level equals 3 is required, and the claim level is of another type",
        ),
        (
            Requirement::claim_contains("a\nb", "c\nd").unwrap(),
            "claim a\\nb contains \"c\\nd\" is required, and the claim a\\nb is missing",
        ),
        (
            email("bob@example.com").or(Requirement::subject("bob")),
            "any of (a certain e-mail address, a certain subject) is required, and the user does not meet it",
        ),
        (
            !all([
                domain("example.com"),
                Requirement::claim_equals("level", "3").unwrap(),
            ]),
            "not (all of (a certain e-mail domain, claim level equals a certain value)) is required, and the user does not meet it",
        ),
        (
            list,
            "any of (e-mail domain d0.example, e-mail domain d1.example, e-mail domain d2.example, e-mail domain d3.example, e-mail domain d4.example, e-mail domain d5.example, e-mail domain d6.example, e-mail domain d7.example, and 4 more) is required, and the user does not meet it",
        ),
    ] {
        let denial = Authorizer::enforce(requirement)
            .authorize(&user)
            .unwrap_err();
        assert_eq!(denial.to_string(), text);
        let refusal = Refusal::from(denial.clone());
        assert_eq!(refusal.to_string(), text);
        assert_eq!(refusal.reason(), denial.reason());
        assert_eq!(refusal.problem().status(), 403);
    }
}

#[test]
fn nothing_that_is_shown_tells_what_a_user_is() {
    let claims = json!({
        "sub": "canary",
        "email": "canary@canary.example",
        "email_verified": true,
        "name": "canary",
        "groups": ["canary"],
    });
    let canary = user(claims);
    let conditions = [
        Requirement::subject("canary"),
        Requirement::user(canary.id().clone()),
        email("canary@canary.example"),
        domain("canary.example"),
        Requirement::claim_equals("name", "canary").unwrap(),
        Requirement::claim_contains("groups", "canary").unwrap(),
    ];
    let others = [
        Requirement::subject("bob"),
        email("bob@example.com"),
        domain("example.com"),
        Requirement::claim_equals("name", "bob").unwrap(),
        Requirement::claim_contains("groups", "bob").unwrap(),
        Requirement::claim_equals("groups", "bob").unwrap(),
        Requirement::claim_contains("name", "bob").unwrap(),
    ];
    let opposites = conditions.clone().map(|condition| !condition);
    let nested = [
        !all(conditions.clone()),
        !any(conditions.clone()),
        !!all(others.clone()),
        all(conditions.clone()).and(!any(conditions)),
        any(others.clone()).or(any(opposites.clone())),
    ];
    for requirement in others.into_iter().chain(opposites).chain(nested) {
        let authorizer = Authorizer::enforce(requirement);
        let denial = authorizer.authorize(&canary).unwrap_err();
        let refusal = Refusal::from(denial.clone());
        for shown in [
            format!("{denial} {denial:?} {denial:#?}"),
            format!("{refusal} {refusal:?} {:?}", refusal.problem()),
            denial.cause().to_string(),
        ] {
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
}

#[test]
fn identities_in_a_requirement_are_never_shown() {
    let requirement = any([
        Requirement::subject("canary"),
        Requirement::user(user(json!({"sub": "canary"})).id().clone()),
        email("canary@example.com"),
    ]);
    let authorizer = Authorizer::enforce(requirement.clone());
    let shown = format!("{requirement} {requirement:?} {authorizer:?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(authorizer.requirement(), &requirement);
}

#[test]
fn what_cannot_be_told_is_a_label_of_its_own() {
    let cause = DenialCause::Unavailable(AccessTokenError::Clock(ClockError));
    assert_eq!(cause.reason(), "authorization-unavailable");
    assert_eq!(
        cause.to_string(),
        "that cannot be told at the moment: the wall clock cannot be read or stands before 1970"
    );
}
