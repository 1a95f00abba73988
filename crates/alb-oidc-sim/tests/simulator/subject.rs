//! One subject from the ID token over the user info to the last refresh.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::browser::Answer;
use crate::harness::{Browser, ScriptedProvider, Stack};

const LIFETIME: Duration = Duration::from_secs(100);

async fn start() -> (ScriptedProvider, Stack) {
    let provider = ScriptedProvider::start().await;
    let rule = provider.rule();
    let stack = Stack::with(|idp| idp, |to_replace| *to_replace = rule, |alb| alb).await;
    (provider, stack)
}

impl ScriptedProvider {
    /// Tokens with these claims in the ID token, or without one, and this `sub` in the user info.
    fn says(&self, id_token: Option<&Value>, user_info: &str) {
        self.token_says(
            200,
            json!({
                "access_token": "access",
                "refresh_token": "refresh",
                "expires_in": LIFETIME.as_secs(),
                "id_token": id_token.map(|claims| self.id_token(claims)),
            }),
        );
        self.user_info_says(200, json!({ "sub": user_info }));
    }
}

#[tokio::test]
async fn the_user_info_is_of_the_id_tokens_subject() {
    let (provider, stack) = start().await;
    for (id_token, user_info, outcome) in [
        (json!({ "sub": "alice" }), "alice", (302, None)),
        (
            json!({ "sub": "alice" }),
            "bob",
            (561, Some("AuthInvalidUserinfoResponse")),
        ),
        (
            json!({ "sub": "alice" }),
            "Alice",
            (561, Some("AuthInvalidUserinfoResponse")),
        ),
        (json!({}), "alice", (401, Some("AuthInvalidIdToken"))),
        (json!({ "sub": 1 }), "1", (401, Some("AuthInvalidIdToken"))),
    ] {
        provider.says(Some(&id_token), user_info);

        let answer = Browser::new().come_back(&stack, "code").await;

        assert_eq!(
            (answer.status, answer.reason()),
            outcome,
            "{id_token} {user_info}"
        );
        assert_eq!(answer.set_cookies().is_empty(), outcome.0 != 302);
    }
    assert_eq!(stack.target.requests(), 0);
}

#[tokio::test]
async fn a_refresh_keeps_the_subject_or_leads_to_the_provider() {
    let (provider, stack) = start().await;
    let (alice, bob) = (json!({ "sub": "alice" }), json!({ "sub": "bob" }));
    for (id_token, user_info, status) in [
        (Some(&alice), "alice", 200),
        (None, "alice", 200),
        (None, "bob", 302),
        (Some(&alice), "bob", 302),
        (Some(&bob), "alice", 302),
        (Some(&bob), "bob", 302),
    ] {
        provider.says(Some(&alice), "alice");
        let mut browser = Browser::new();
        assert_eq!(browser.come_back(&stack, "code").await.status, 302);
        provider.says(id_token, user_info);

        stack.clock.advance(LIFETIME);
        let requests = stack.target.requests();
        let answer = browser.get(&stack.url("/")).await;

        assert_eq!(answer.status, status, "{id_token:?} {user_info}");
        let forwarded = usize::from(status == 200);
        assert_eq!(stack.target.requests() - requests, forwarded);
        if status == 200 {
            assert_eq!(identity(&answer), ["alice"]);
        } else {
            assert!(
                answer
                    .location()
                    .starts_with(&provider.rule().authorization_endpoint)
            );
        }
    }
}

fn identity(page: &Answer) -> Vec<String> {
    page.sent("x-amzn-oidc-identity")
}
