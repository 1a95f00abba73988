//! What the home page and `/api/me` say of groups, and what they say where these are not known.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::visitor::Visitor;

#[tokio::test]
async fn a_user_in_groups_sees_them() {
    let grace = Visitor::new(json!({ "sub": "grace" })).in_groups(&["admins", "<b>tasters</b>"]);
    let page = grace.get("/").await.body;
    for group in ["admins", "&lt;b&gt;tasters&lt;/b&gt;"] {
        assert!(
            page.contains(&format!("<li><bdi>{group}</bdi></li>")),
            "{page}"
        );
    }
    assert_eq!(groups(&grace).await, json!(["admins", "<b>tasters</b>"]));
}

#[tokio::test]
async fn a_user_in_no_group_is_told_so() {
    let alice = Visitor::new(json!({ "sub": "alice" }));
    assert!(alice.get("/").await.body.contains("You are in no group."));
    assert_eq!(groups(&alice).await, json!([]));
}

/// Claims are the identity provider's userinfo: what they say of groups is another thing.
#[tokio::test]
async fn a_claim_is_no_group() {
    let claims = json!({ "sub": "mallory", "groups": ["admins"], "cognito:groups": ["admins"] });
    let mallory = Visitor::new(claims);
    assert!(mallory.get("/").await.body.contains("You are in no group."));
    assert_eq!(mallory.get("/admin").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn groups_that_are_not_known_are_not_shown_as_none() {
    let sub = || json!({ "sub": "grace" });
    for (grace, words) in [
        (
            Visitor::without_a_verifier(sub()),
            "the app was not told to verify access tokens",
        ),
        (
            Visitor::without_groups(sub()),
            "cannot be told at the moment",
        ),
    ] {
        let grace = grace.in_groups(&["admins"]);
        let page = grace.get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(words), "{}", page.body);
        assert!(!page.body.contains("You are in no group."));
        assert_eq!(groups(&grace).await, Value::Null);
    }
}

async fn groups(visitor: &Visitor) -> Value {
    let me: Value = serde_json::from_str(&visitor.get("/api/me").await.body).unwrap();
    me.get("groups").unwrap().clone()
}
