//! How long a session is good for, and what a broken one is worth.

use std::time::Duration;

use crate::harness::{Browser, Stack};
use alb_oidc_sim::OnUnauthenticatedRequest::{Allow, Authenticate, Deny};

const SHARD_0: &str = "AWSELBAuthSessionCookie-0";
const SHARD_1: &str = "AWSELBAuthSessionCookie-1";

#[tokio::test]
async fn a_tampered_truncated_or_spliced_session_is_none() {
    let stack = Stack::start().await;
    let good = stack.signed_in("max").await;
    let other = stack.signed_in("max").await;
    assert_eq!(good.clone().get(&stack.url("/")).await.status, 200);

    let changes: [(&str, Change); 7] = [
        ("one character", |browser, _| {
            browser.change(SHARD_0, flip_first)
        }),
        ("truncated", |browser, _| {
            browser.change(SHARD_0, |value| value.truncate(100))
        }),
        ("a shard missing at the end", |browser, _| {
            browser.forget("AWSELBAuthSessionCookie-3")
        }),
        ("a shard missing in the middle", |browser, _| {
            browser.forget(SHARD_1)
        }),
        ("the first shard missing", |browser, _| {
            browser.forget(SHARD_0)
        }),
        ("two shards exchanged", |browser, _| {
            let (first, second) = (
                browser.cookie(SHARD_0).unwrap().to_owned(),
                browser.cookie(SHARD_1).unwrap().to_owned(),
            );
            browser.change(SHARD_0, |value| *value = second);
            browser.change(SHARD_1, |value| *value = first);
        }),
        ("a shard of another session", |browser, other| {
            let foreign = other.cookie(SHARD_1).unwrap().to_owned();
            browser.change(SHARD_1, |value| *value = foreign);
        }),
    ];
    let requests = stack.target.requests();
    for (what, change) in changes {
        let mut browser = good.clone();
        change(&mut browser, &other);
        assert_eq!(browser.get(&stack.url("/")).await.status, 302, "{what}");
    }
    assert_eq!(stack.target.requests(), requests);
}

#[tokio::test]
async fn a_session_is_of_the_load_balancer_that_made_it() {
    let (one, two) = (Stack::start().await, Stack::start().await);
    let mut browser = one.signed_in("alice").await;

    assert_eq!(browser.get(&two.url("/")).await.status, 302);
}

#[tokio::test]
async fn an_expired_session_has_to_log_in_again() {
    let stack = Stack::with(
        |idp| idp,
        |rule| rule.session_timeout = Duration::from_secs(60),
        |alb| alb,
    )
    .await;
    let mut browser = stack.signed_in("alice").await;

    stack.clock.advance(Duration::from_secs(59));
    assert_eq!(browser.get(&stack.url("/")).await.status, 200);
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.get(&stack.url("/")).await.status, 302);
}

#[tokio::test]
async fn deny_gives_401_without_a_session_and_302_for_an_expired_one() {
    let stack = Stack::with(
        |idp| idp,
        |rule| {
            rule.on_unauthenticated_request = Deny;
            rule.session_timeout = Duration::from_secs(60);
        },
        |alb| alb.on_unauthenticated_request("/login", Authenticate),
    )
    .await;
    let answer = Browser::new().get(&stack.url("/")).await;
    assert_eq!((answer.status, answer.reason()), (401, None));

    let mut browser = Browser::new();
    browser.store("localhost", &format!("{SHARD_0}=made-up"));
    let answer = browser.get(&stack.url("/")).await;
    assert_eq!(
        (answer.status, answer.reason()),
        (401, Some("AuthInvalidCookie"))
    );
    assert_eq!(stack.target.requests(), 0);

    let mut browser = Browser::new();
    assert_eq!(
        browser.sign_in(&stack.url("/login"), "alice").await.status,
        200
    );
    assert_eq!(browser.get(&stack.url("/")).await.status, 200);
    stack.clock.advance(Duration::from_secs(60));
    assert_eq!(browser.get(&stack.url("/")).await.status, 302);
}

#[tokio::test]
async fn allow_lets_everyone_in_and_tells_who_is_signed_in() {
    let stack = Stack::with(
        |idp| idp,
        |rule| rule.on_unauthenticated_request = Allow,
        |alb| alb,
    )
    .await;
    let page = Browser::new().get(&stack.url("/")).await;
    assert_eq!((page.status, page.sent("x-amzn-oidc-data").len()), (200, 0));

    let mut browser = Browser::new();
    browser.store("localhost", &format!("{SHARD_0}=made-up"));
    let page = browser.get(&stack.url("/")).await;
    assert_eq!((page.status, page.sent("x-amzn-oidc-data").len()), (200, 0));
}

#[tokio::test]
async fn an_expired_access_token_is_refreshed_and_the_session_does_not_get_longer() {
    let stack = Stack::with(
        |idp| idp.access_token_lifetime(Duration::from_secs(100)),
        |rule| rule.session_timeout = Duration::from_secs(250),
        |alb| alb,
    )
    .await;
    let mut browser = stack.signed_in("alice").await;
    let first = browser.get(&stack.url("/")).await;
    assert!(
        first.set_cookies().is_empty(),
        "a cookie comes with a login or a refresh only"
    );

    stack.clock.advance(Duration::from_secs(100));
    let second = browser.get(&stack.url("/")).await;
    assert_eq!((second.status, second.set_cookies().len()), (200, 1));
    assert_ne!(
        first.sent("x-amzn-oidc-accesstoken"),
        second.sent("x-amzn-oidc-accesstoken")
    );
    assert!(
        browser.get(&stack.url("/")).await.set_cookies().is_empty(),
        "the new one is good for a while"
    );

    stack.clock.advance(Duration::from_secs(150));
    assert_eq!(browser.get(&stack.url("/")).await.status, 302);
}

#[tokio::test]
async fn a_refresh_that_fails_leads_to_the_provider() {
    let stack = Stack::with(
        |idp| {
            idp.access_token_lifetime(Duration::from_secs(100))
                .logout_uri("http://localhost/open/signed-out")
        },
        |_| {},
        |alb| alb,
    )
    .await;
    let mut browser = stack.signed_in("alice").await;
    let copied = browser.clone();
    browser.get(&stack.idp.logout_url()).await;

    assert_eq!(
        copied.clone().get(&stack.url("/")).await.status,
        200,
        "a copied cookie is good until its access token expires"
    );
    stack.clock.advance(Duration::from_secs(100));
    assert_eq!(copied.clone().get(&stack.url("/")).await.status, 302);
}

#[tokio::test]
async fn a_token_is_minted_for_each_request() {
    let stack = Stack::start().await;
    let mut browser = stack.signed_in("alice").await;

    let first = browser.get(&stack.url("/")).await.sent("x-amzn-oidc-data");
    stack.clock.advance(Duration::from_secs(1));
    let second = browser.get(&stack.url("/")).await.sent("x-amzn-oidc-data");

    assert_ne!(first, second);
}

type Change = fn(&mut Browser, &Browser);

fn flip_first(value: &mut String) {
    let first = if value.starts_with('A') { "B" } else { "A" };
    value.replace_range(..1, first);
}
