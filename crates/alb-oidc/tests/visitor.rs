//! As whom a request gets through, and what a handler may know of who sent it.

use alb_oidc::{AuthenticateError, KeyError, Need, Refusal, TokenError, Visitor};
use alb_oidc_testkit::user;
use serde_json::json;

#[test]
fn a_user_gets_through_and_nobody_only_where_that_is_allowed() {
    for need in [Need::Required, Need::Optional] {
        let admitted = need.admit(Ok(user(json!({"sub": "alice"}))));
        let admitted = admitted.map(|user| user.map(|user| user.claims().sub().to_owned()));
        assert_eq!(admitted, Ok(Some("alice".to_owned())), "{need:?}");
    }
    let missing = || Err(AuthenticateError::Missing);
    assert!(matches!(Need::Optional.admit(missing()), Ok(None)));
    let refused = Need::Required.admit(missing()).map(drop);
    assert_eq!(
        refused,
        Err(Refusal::Unauthenticated(AuthenticateError::Missing))
    );
}

#[test]
fn whoever_has_a_header_and_proves_no_user_is_refused_where_nobody_would_not_be() {
    for error in [
        AuthenticateError::from(TokenError::Structure),
        AuthenticateError::from(KeyError::Unknown),
        AuthenticateError::from(KeyError::NoRuntime),
    ] {
        for need in [Need::Required, Need::Optional] {
            let refused = need.admit(Err(error.clone())).map(drop);
            assert_eq!(refused, Err(error.clone().into()), "{need:?}");
        }
    }
}

#[test]
fn only_a_visitor_whom_a_layer_has_looked_at_is_anybody() {
    let alice = user(json!({"sub": "alice"}));
    for is_anonymous in [false, true] {
        let visitor = Visitor::new(Some(&alice), is_anonymous);
        assert_eq!(visitor.user().map(|user| user.claims().sub()), Ok("alice"));
    }
    let anonymous = Visitor::new(None, true);
    assert!(matches!(anonymous.maybe_user(), Ok(None)));
    let missing = Refusal::Unauthenticated(AuthenticateError::Missing);
    assert_eq!(anonymous.user().map(drop), Err(missing));
    let unknown = Visitor::new(None, false);
    assert_eq!(unknown.maybe_user().map(drop), Err(Refusal::MissingLayer));
    assert_eq!(unknown.user().map(drop), Err(Refusal::MissingLayer));
}
