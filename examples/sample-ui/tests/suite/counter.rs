//! The page behind the counter: for members of `admins`, and for nobody else.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::visitor::Visitor;

#[tokio::test]
async fn an_admin_sees_all_ballots_and_clears_them() {
    let grace = Visitor::new(json!({ "sub": "grace" })).in_groups(&["staff", "admins"]);
    let page = grace.open("/admin").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Nobody has voted yet."));

    let mallory = grace.accompanied_by(json!({ "sub": "m-1", "name": "<script>" }));
    mallory.post("/vote", "restaurant=copper-ladle", &[]).await;
    let page = grace.open("/admin").await.body;
    for part in [
        "<bdi>&lt;script&gt;</bdi>",
        "The Copper Ladle",
        "<code>m-1</code>",
        "This throws away 1 vote,",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }

    let cleared = grace.post("/admin/new-round", "", &[]).await;
    assert_eq!(
        (cleared.status, cleared.header("location")),
        (StatusCode::SEE_OTHER, "/admin")
    );
    assert!(mallory.get("/").await.body.contains("You have one vote."));
}

#[tokio::test]
async fn a_user_in_another_group_is_told_who_may_and_changes_nothing() {
    let bob = Visitor::new(json!({ "sub": "bob" }));
    bob.post("/vote", "restaurant=copper-ladle", &[]).await;
    let bob = bob.in_groups(&["Admins", "admin", "admins "]);

    let page = bob.open("/admin").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (StatusCode::FORBIDDEN, "text/html; charset=utf-8")
    );
    assert!(page.body.contains("Behind the counter is for staff"));
    assert_eq!(page.header("cache-control"), "no-store");

    let problem = bob.get("/admin").await;
    assert_eq!(
        (problem.status, problem.header("content-type")),
        (StatusCode::FORBIDDEN, "application/problem+json")
    );
    for (method, path) in [
        (Method::POST, "/admin/new-round"),
        (Method::GET, "/admin/new-round"),
        (Method::DELETE, "/admin"),
    ] {
        let answer = bob.send(method, path, "", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(bob.get("/").await.body.contains("1 vote in all"));
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in() {
    let nobody = Visitor::anonymous();
    for path in ["/admin", "/admin/new-round"] {
        let page = nobody.open(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(page.body.contains("Please sign in at the front desk"));
        let problem = nobody.post(path, "", &[]).await;
        assert_eq!(problem.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn while_groups_cannot_be_told_it_is_a_503_and_the_vote_goes_on() {
    let grace = Visitor::without_groups(json!({ "sub": "grace" })).in_groups(&["admins"]);
    let page = grace.open("/admin").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (StatusCode::SERVICE_UNAVAILABLE, "text/html; charset=utf-8")
    );
    assert!(page.body.contains("The kitchen needs a moment"));
    assert!(page.header("retry-after").parse::<u64>().is_ok());
    let problem = grace.post("/admin/new-round", "", &[]).await;
    assert_eq!(
        (problem.status, problem.header("content-type")),
        (StatusCode::SERVICE_UNAVAILABLE, "application/problem+json")
    );

    let voted = grace.post("/vote", "restaurant=forno-luna", &[]).await;
    assert_eq!(voted.status, StatusCode::SEE_OTHER);
}

/// No outage: it will be the same in an hour.
#[tokio::test]
async fn an_app_that_verifies_no_access_tokens_lets_nobody_behind_the_counter() {
    let grace = Visitor::without_a_verifier(json!({ "sub": "grace" })).in_groups(&["admins"]);
    assert_eq!(grace.get("/admin").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_sites_form_clears_nothing() {
    let grace = Visitor::new(json!({ "sub": "grace" })).in_groups(&["admins"]);
    grace.post("/vote", "restaurant=forno-luna", &[]).await;
    let foreign = [("sec-fetch-site", "cross-site")];
    let answer = grace.post("/admin/new-round", "", &foreign).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(grace.get("/").await.body.contains("1 vote in all"));
}
