//! Who is let in by group and by scope.

use alb_oidc::{AccessTokenError, Authorizer, DenialCause, FetchError, Requirement};
use alb_oidc_testkit::{user, user_in_groups};
use serde_json::json;

use crate::bench::{Bench, fetch_error, now, secs};
use crate::endpoint::Answer;

fn cause(requirement: Requirement, user: &alb_oidc::AuthenticatedUser) -> Option<DenialCause> {
    let denial = Authorizer::enforce(requirement).authorize(user).err();
    denial.map(|denial| denial.cause().clone())
}

#[test]
fn a_group_is_compared_to_the_letter() {
    let user = user_in_groups(json!({"sub": "grace"}), &["admins", "été"]);
    for name in ["admins", "été"] {
        assert_eq!(cause(Requirement::group(name), &user), None, "{name}");
    }
    for name in ["admin", "Admins", "admins ", "admins,été", "", "ete"] {
        let denied = cause(Requirement::group(name), &user);
        assert_eq!(denied, Some(DenialCause::Unmet), "{name}");
        assert_eq!(cause(!Requirement::group(name), &user), None, "{name}");
    }
}

#[test]
fn a_scope_is_one_of_those_that_were_granted() {
    let bench = Bench::at_hand();
    let user = now(bench.send(&bench.token())).unwrap().unwrap();
    assert_eq!(cause(Requirement::scope("profile"), &user), None);
    for name in ["openid profile", "prof", "email"] {
        let denied = cause(Requirement::scope(name), &user);
        assert_eq!(denied, Some(DenialCause::Unmet), "{name}");
    }
}

/// Claims are the identity provider's userinfo: what they say of groups is another thing.
#[test]
fn what_the_claims_say_of_groups_is_no_group() {
    let claims = json!({"sub": "mallory", "groups": ["admins"], "cognito:groups": ["admins"]});
    let unknown = DenialCause::AccessToken(AccessTokenError::NotConfigured);
    let mallory = user(claims.clone());
    assert_eq!(cause(Requirement::group("admins"), &mallory), Some(unknown));
    let mallory = user_in_groups(claims, &[]);
    let denied = cause(Requirement::group("admins"), &mallory);
    assert_eq!(denied, Some(DenialCause::Unmet));
}

#[test]
fn groups_that_are_not_known_deny_under_not_too_and_say_why() {
    let bench = Bench::at_hand();
    for (token, error) in [
        (None, AccessTokenError::Missing),
        (Some("opaque"), AccessTokenError::Opaque),
    ] {
        let user = now(bench.send_as("alice", token)).unwrap().unwrap();
        for requirement in [Requirement::group("admins"), !Requirement::group("banned")] {
            let denial = Authorizer::enforce(requirement)
                .authorize(&user)
                .unwrap_err();
            assert_eq!(denial.cause(), &DenialCause::AccessToken(error));
            assert_eq!(denial.reason(), error.reason());
            let refusal = alb_oidc::Refusal::from(denial);
            assert_eq!(refusal.problem().status(), 403);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_it_is_a_503_only_where_the_group_makes_a_difference() {
    let bench = Bench::cognito();
    bench.endpoint.answer(Answer::Hang);
    let user = bench.send(&bench.token()).await.unwrap();
    let admins = || Requirement::group("admins");
    let alice = || Requirement::subject("alice");
    for requirement in [admins(), !admins(), admins().and(alice())] {
        match cause(requirement, &user) {
            Some(DenialCause::Unavailable(error)) => {
                assert!(error.retry_after().unwrap() <= secs(8));
                assert_eq!(fetch_error(Err(error)), FetchError::Timeout);
            }
            other => panic!("expected an outage, got {other:?}"),
        }
    }
    assert_eq!(cause(admins().or(alice()), &user), None);
    let denied = cause(admins().and(!alice()), &user);
    assert_eq!(denied, Some(DenialCause::Unmet));
}
