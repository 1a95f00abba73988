//! Login page, load balancer and app on real sockets, and somebody who signs in, votes and signs out.

use reqwest::StatusCode;
use sample_ui::embedded::Embedded;
use sample_ui::options::EmbeddedOptions;
use sample_ui::paths;

use super::browser::{Browser, View};
use crate::FRAMEWORK;

#[tokio::test]
async fn zoe_signs_in_votes_signs_out_and_is_asked_again() {
    let stack = start().await;
    let mut browser = Browser::new();

    let login = browser.open(stack.url()).await;
    assert_ne!(
        login.url.port(),
        stack.url().parse::<reqwest::Url>().unwrap().port(),
        "the login page is the provider's"
    );
    let home = sign_in(&mut browser, &login, "zoe").await;
    assert_eq!(
        (home.status, home.url.as_str()),
        (StatusCode::OK, format!("{}/", stack.url()).as_str())
    );
    assert!(home.body.contains("Zoë Åström"), "{}", home.body);
    assert!(home.body.contains("You have one vote."));

    let voted = browser
        .send(&home, "/vote", &[("restaurant", "paper-lantern")])
        .await;
    assert_eq!(voted.url, home.url);
    assert!(voted.body.contains("Your vote is with Paper Lantern"));

    let out = browser.send(&voted, "/signout", &[]).await;
    assert_eq!(
        (out.status, out.url.path()),
        (StatusCode::OK, "/signed-out")
    );
    assert!(
        out.body.contains("You are signed out") && out.body.contains("at the identity provider")
    );
    assert!(
        !browser
            .cookies(stack.url())
            .iter()
            .any(|name| name.starts_with("AWSELBAuthSessionCookie"))
    );

    let again = browser.open(stack.url()).await;
    assert!(again.body.contains("Sign in") && !again.hidden("authorization").is_empty());
    let home = sign_in(&mut browser, &again, "zoe").await;
    assert!(
        home.body.contains("Your vote is with Paper Lantern"),
        "the vote is the user's, not the session's"
    );
    stack.shutdown().await;
}

#[tokio::test]
async fn every_development_user_gets_in_also_with_very_long_claims() {
    let stack = start().await;
    for user in alb_oidc_sim::DevelopmentUser::cast() {
        let mut browser = Browser::new();
        let login = browser.open(stack.url()).await;
        let home = sign_in(&mut browser, &login, user.username()).await;
        assert_eq!(home.status, StatusCode::OK, "{}", user.username());
        assert!(
            home.body.contains("How we know it is you"),
            "{}",
            user.username()
        );
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn grace_sees_her_group_and_the_ballots_and_alice_sees_neither() {
    let stack = start().await;
    let mut alice = Browser::new();
    let login = alice.open(stack.url()).await;
    let home = sign_in(&mut alice, &login, "alice").await;
    assert!(home.body.contains("You are in no group."), "{}", home.body);
    alice
        .send(&home, "/vote", &[("restaurant", "forno-luna")])
        .await;
    let door = alice.open(&format!("{}/admin", stack.url())).await;
    assert_eq!(door.status, StatusCode::FORBIDDEN);
    assert!(door.body.contains("Behind the counter is for staff"));

    let mut grace = Browser::new();
    let login = grace.open(&format!("{}/admin", stack.url())).await;
    let counter = sign_in(&mut grace, &login, "grace").await;
    assert_eq!(
        (counter.status, counter.url.path()),
        (StatusCode::OK, "/admin")
    );
    assert!(counter.body.contains("Alice Example") && counter.body.contains("Forno Luna"));
    let home = grace.open(stack.url()).await;
    assert!(home.body.contains("<bdi>admins</bdi>"));

    let cleared = grace.send(&counter, "/admin/new-round", &[]).await;
    assert_eq!(cleared.url.path(), "/admin");
    assert!(cleared.body.contains("Nobody has voted yet."));
    stack.shutdown().await;
}

#[tokio::test]
async fn open_paths_need_no_session_and_the_others_lead_to_the_login_page() {
    let stack = start().await;
    for path in ["/healthz", "/signed-out", paths::STYLE, paths::ICON] {
        let view = Browser::new().open(&format!("{}{path}", stack.url())).await;
        assert_eq!((view.status, view.url.path()), (StatusCode::OK, path));
    }
    for path in ["/", "/api/me", "/healthz/more", "/menu"] {
        let view = Browser::new().open(&format!("{}{path}", stack.url())).await;
        assert!(!view.hidden("authorization").is_empty(), "{path}");
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn an_expired_session_turns_a_sign_out_into_a_sign_out_all_the_same() {
    let stack = start().await;
    let mut browser = Browser::new();
    let login = browser.open(stack.url()).await;
    let home = sign_in(&mut browser, &login, "alice").await;

    let mut stranger = Browser::new();
    let out = stranger.send(&home, "/signout", &[]).await;
    assert_eq!(out.url.path(), "/signed-out");
    stack.shutdown().await;
}

#[tokio::test]
async fn the_welcome_says_where_everything_is() {
    let stack = start().await;
    let welcome = stack.to_string();
    for part in [
        &format!("on {FRAMEWORK};"),
        "/admin  (for grace)",
        stack.url(),
        &stack.app_address().to_string(),
        stack.alb().key_url(),
        "alice",
        "curl -i",
        "Ctrl-C",
    ] {
        assert!(welcome.contains(part), "{part} is not in {welcome}");
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn a_busy_port_is_an_error_when_it_was_asked_for() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let options = EmbeddedOptions {
        framework: FRAMEWORK,
        port: Some(taken.local_addr().unwrap().port()),
        ..EmbeddedOptions::default()
    };
    assert!(Embedded::start(options).await.is_err());
}

async fn start() -> Embedded {
    Embedded::start(EmbeddedOptions {
        framework: FRAMEWORK,
        port: Some(0),
        ..EmbeddedOptions::default()
    })
    .await
    .unwrap()
}

async fn sign_in(browser: &mut Browser, login: &View, username: &str) -> View {
    let authorization = login.hidden("authorization");
    browser
        .send(
            login,
            "/login",
            &[("authorization", authorization), ("username", username)],
        )
        .await
}
