//! What it costs in memory to let a user in, counted: nothing.

use std::hint::black_box;

use alb_oidc::{Authorizer, Requirement, Visitor};
use benches::CountingAllocator;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

#[test]
fn a_user_who_is_let_in_costs_no_allocation_whatever_is_required() {
    let user = alb_oidc_testkit::user(json!({
        "sub": "alice",
        "email": "alice@example.com",
        "email_verified": "true",
        "name": "Al\u{0}ice",
        "level": 3,
        "quota": 1.5,
        "groups": ["staff", "a\"b", "auditors"],
        "address": {"country": "AT", "lines": [1, 2]},
    }));
    let listed = |n| Requirement::email(&format!("user{n}@example.com")).unwrap();
    let requirements = [
        Requirement::email_domain("example.com").unwrap(),
        Requirement::email("Alice@example.com").unwrap(),
        Requirement::subject("alice"),
        Requirement::user(user.id().clone()),
        Requirement::claim_equals("name", "Al\u{0}ice").unwrap(),
        Requirement::claim_equals("level", 3).unwrap(),
        Requirement::claim_equals("quota", 1.5).unwrap(),
        Requirement::claim_contains("groups", "auditors").unwrap(),
        Requirement::claim_contains("groups", "a\"b").unwrap(),
        Requirement::claim_equals("address", json!({"country": "AT", "lines": [1, 2]})).unwrap(),
        !Requirement::claim_contains("groups", "suspended").unwrap(),
        Requirement::any((0..1000).map(listed))
            .unwrap()
            .or(Requirement::subject("alice")),
        Requirement::claim_equals("missing", true)
            .unwrap()
            .or(Requirement::claim_equals("level", 3).unwrap()),
    ];
    let all = Requirement::all(requirements.clone()).unwrap();
    // Whatever is made once, is made now.
    let first = Authorizer::enforce(all.clone());
    assert_eq!(first.admit(Visitor::SignedIn(&user)), Ok(()));
    for requirement in requirements.into_iter().chain([all]) {
        let authorizer = Authorizer::enforce(requirement);
        let before = ALLOCATOR.so_far();
        let admitted = black_box(authorizer.admit(Visitor::SignedIn(&user)));
        let asked = ALLOCATOR.so_far() - before;
        assert_eq!(admitted, Ok(()), "{authorizer:?}");
        assert_eq!(asked.calls, 0, "{authorizer:?}");
    }
}
