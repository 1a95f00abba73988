//! What holds of all requirements and all claims.

use alb_oidc::{AuthenticatedUser, Authorizer, Requirement};
use alb_oidc_testkit::user;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{all, any, domain, email};

/// A requirement in a form that can be looked into.
#[derive(Clone, Debug)]
enum Tree {
    Domain(&'static str),
    Email(&'static str),
    Subject(&'static str),
    Equals(&'static str, Value),
    Contains(&'static str, Value),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
}

impl Tree {
    fn requirement(&self) -> Requirement {
        match self {
            Self::Domain(text) => domain(text),
            Self::Email(text) => email(text),
            Self::Subject(subject) => Requirement::subject(*subject),
            Self::Equals(name, value) => Requirement::claim_equals(*name, value.clone()).unwrap(),
            Self::Contains(name, value) => {
                Requirement::claim_contains(*name, value.clone()).unwrap()
            }
            Self::All(parts) => all(parts.iter().map(Self::requirement)),
            Self::Any(parts) => any(parts.iter().map(Self::requirement)),
            Self::Not(part) => !part.requirement(),
        }
    }

    /// Whether it is met, by the definitions and without haste. `None` is "not known".
    fn holds(&self, claims: &Value) -> Option<bool> {
        let claim = |name: &str| claims.get(name).filter(|claim| !claim.is_null());
        let address = || {
            let verified = claim("email_verified")?;
            (verified == true || verified == "true").then_some(())?;
            let address = claim("email")?.as_str()?.to_lowercase();
            let parts: Vec<_> = address.split('@').map(str::to_owned).collect();
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
            let is_plain = parts
                .iter()
                .all(|part| part.chars().all(plain) && !part.is_empty() && !part.ends_with('.'));
            <[String; 2]>::try_from(parts).ok().filter(|_| is_plain)
        };
        match self {
            Self::Domain(text) => Some(address()?[1] == text.to_lowercase()),
            Self::Email(text) => Some(address()?.join("@") == text.to_lowercase()),
            Self::Subject(subject) => Some(claims["sub"] == *subject),
            Self::Equals(name, value) => equals(claim(name)?, value),
            Self::Contains(name, value) => {
                let items = claim(name)?.as_array()?;
                either(items.iter().map(|item| equals(item, value)))
            }
            Self::All(parts) => {
                negated(either(parts.iter().map(|part| negated(part.holds(claims)))))
            }
            Self::Any(parts) => either(parts.iter().map(|part| part.holds(claims))),
            Self::Not(part) => negated(part.holds(claims)),
        }
    }
}

fn negated(holds: Option<bool>) -> Option<bool> {
    holds.map(|holds| !holds)
}

fn either(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(true)) {
        Some(true)
    } else if parts.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// For the values of these tests: arrays hold no arrays, and there are no objects.
fn equals(claim: &Value, value: &Value) -> Option<bool> {
    let kind = |value: &Value| match value {
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        Value::Array(_) => "array",
        Value::Bool(_) => "boolean",
        _ => "null",
    };
    match (claim, value) {
        (Value::Array(claims), Value::Array(values)) if claims.len() == values.len() => {
            let pairs = claims.iter().zip(values);
            negated(either(
                pairs.map(|(claim, value)| negated(equals(claim, value))),
            ))
        }
        _ => (kind(claim) == kind(value)).then(|| claim == value),
    }
}

const NAMES: [&str; 3] = ["a", "b", "custom:c"];

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop::sample::select(vec![
        json!(1),
        json!(2),
        json!(1.0),
        json!("1"),
        json!("x"),
        json!(true),
        json!(null),
    ]);
    let array = prop::collection::vec(scalar.clone(), 0..3).prop_map(Value::Array);
    prop_oneof![3 => scalar, 1 => array]
}

/// What can be required: nothing equals `null`.
fn required() -> impl Strategy<Value = Value> {
    value().prop_filter("not null", |value| !value.is_null())
}

fn claims() -> impl Strategy<Value = Value> {
    let email = prop::sample::select(vec![
        json!("a@example.com"),
        json!("A@Example.com"),
        json!("b@example.com"),
        json!("a@example.org"),
        json!("a@sub.example.com"),
        json!("a@example.com."),
        json!("a@b@example.com"),
        json!(7),
        json!(null),
    ]);
    let verified = prop::sample::select(vec![
        json!(true),
        json!("true"),
        json!("TRUE"),
        json!(false),
        json!(1),
        json!(null),
    ]);
    let subject = prop::sample::select(vec!["alice", "bob"]);
    let others = prop::collection::btree_map(prop::sample::select(NAMES.to_vec()), value(), 0..4);
    (
        subject,
        prop::option::of(email),
        prop::option::of(verified),
        others,
    )
        .prop_map(|(subject, email, verified, others)| {
            let given = [
                ("sub", Some(json!(subject))),
                ("email", email),
                ("email_verified", verified),
            ];
            let given = given
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            let members = others.into_iter().chain(given);
            Value::Object(
                members
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            )
        })
}

fn tree() -> impl Strategy<Value = Tree> {
    let name = || prop::sample::select(NAMES.to_vec());
    let leaf = prop_oneof![
        prop::sample::select(vec!["example.com", "EXAMPLE.org"]).prop_map(Tree::Domain),
        prop::sample::select(vec!["a@example.com", "B@example.com"]).prop_map(Tree::Email),
        prop::sample::select(vec!["alice", "bob"]).prop_map(Tree::Subject),
        (name(), required()).prop_map(|(name, value)| Tree::Equals(name, value)),
        (name(), required()).prop_map(|(name, value)| Tree::Contains(name, value)),
    ];
    leaf.prop_recursive(5, 24, 4, |part| {
        prop_oneof![
            prop::collection::vec(part.clone(), 1..4).prop_map(Tree::All),
            prop::collection::vec(part.clone(), 1..4).prop_map(Tree::Any),
            part.prop_map(|part| Tree::Not(Box::new(part))),
        ]
    })
}

fn is_met(requirement: Requirement, user: &AuthenticatedUser) -> bool {
    Authorizer::enforce(requirement).authorize(user).is_ok()
}

proptest! {
    #[test]
    fn a_requirement_is_met_where_it_holds_and_its_opposite_where_that_does(
        tree in tree(),
        claims in claims(),
    ) {
        let holds = tree.holds(&claims);
        let (requirement, user) = (tree.requirement(), user(claims));
        prop_assert_eq!(is_met(requirement.clone(), &user), holds == Some(true));
        prop_assert_eq!(is_met(!requirement, &user), holds == Some(false));
    }

    #[test]
    fn de_morgans_laws_hold(left in tree(), right in tree(), claims in claims()) {
        let user = user(claims);
        let (left, right) = (left.requirement(), right.requirement());
        for (one, other) in [
            (!left.clone().and(right.clone()), (!left.clone()).or(!right.clone())),
            (!left.clone().or(right.clone()), (!left.clone()).and(!right.clone())),
            (!!left.clone(), left.clone()),
        ] {
            prop_assert_eq!(is_met(one.clone(), &user), is_met(other.clone(), &user));
            prop_assert_eq!(is_met(!one, &user), is_met(!other, &user));
        }
    }

    /// Whatever a provider leaves out, nobody gains by it.
    #[test]
    fn to_leave_a_claim_out_never_lets_anybody_in(tree in tree(), claims in claims()) {
        let requirement = tree.requirement();
        let was_met = is_met(requirement.clone(), &user(claims.clone()));
        for name in ["email", "email_verified"].into_iter().chain(NAMES) {
            let mut fewer = claims.clone();
            let removed = fewer.as_object_mut().and_then(|claims| claims.remove(name));
            if removed.is_some() {
                let mut nulled = fewer.clone();
                nulled[name] = Value::Null;
                for claims in [fewer, nulled] {
                    prop_assert!(was_met || !is_met(requirement.clone(), &user(claims)));
                }
            }
        }
    }

    /// What a denial names is not met either, for the same cause, and is not an `all`.
    #[test]
    fn a_denial_names_a_part_that_is_enough_for_it(tree in tree(), claims in claims()) {
        let user = user(claims);
        if let Err(denial) = Authorizer::enforce(tree.requirement()).authorize(&user) {
            let part = denial.requirement().clone();
            prop_assert!(!part.to_string().starts_with("all of"));
            prop_assert_eq!(Authorizer::enforce(part).authorize(&user), Err(denial));
        }
    }
}
