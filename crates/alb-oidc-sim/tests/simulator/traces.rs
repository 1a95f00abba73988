//! What is traced, and that it is nobody's secret.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alb_oidc_sim::{DevelopmentUser, LocalAlb};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::harness::{Browser, ScriptedProvider, Stack, wire};

/// Stands in every place that a secret, a token or a claim has.
const CANARY: &str = "canary";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All that is traced for this thread, on which a test's runtime runs everything.
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let events = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(log.clone())
            .with_filter(Targets::new().with_target("alb_oidc_sim", LevelFilter::TRACE));
        let subscriber = tracing_subscriber::registry().with(events);
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn tells(&self, events: &[&str]) {
        let text = self.text();
        for event in events {
            assert!(text.contains(event), "no {event:?} in {text}");
        }
    }

    /// `eyJ` is how every JWT begins, and whatever else is JSON in base64.
    fn tells_nothing_of(&self, browser: &Browser) {
        let text = self.text();
        let kept = browser.jar.iter().map(|cookie| cookie.value.as_str());
        for secret in [CANARY, "eyJ"].into_iter().chain(kept) {
            assert!(!text.contains(secret), "{secret:?} in {text}");
        }
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_event_has_a_secret_of_a_login_at_the_development_provider() {
    let (log, _guard) = Log::start();
    let user = DevelopmentUser::new(CANARY)
        .name(CANARY)
        .email("canary@canary.test")
        .claim("sub", CANARY)
        .group(CANARY);
    let stack = Stack::with(
        |idp| {
            idp.client("client", CANARY)
                .user(user)
                .access_token_lifetime(Duration::from_secs(100))
        },
        |_| {},
        |alb| alb,
    )
    .await;
    let mut browser = Browser::new();

    let page = browser.sign_in(&stack.url("/canary?canary"), CANARY).await;
    assert_eq!(
        (page.status, page.sent("x-amzn-oidc-identity")),
        (200, vec![CANARY.to_owned()])
    );
    // A refresh that works, and one that fails since the provider's session is over.
    stack.clock.advance(Duration::from_secs(100));
    assert_eq!(browser.get(&stack.url("/")).await.set_cookies().len(), 1);
    let mut copied = browser.clone();
    browser.get(&stack.idp.logout_url()).await;
    stack.clock.advance(Duration::from_secs(100));
    assert_eq!(copied.get(&stack.url("/")).await.status, 302);
    // Neither server understands this.
    for address in [stack.alb.local_addr(), stack.idp.local_addr()] {
        wire::exchange(address, "GET /canary HTTP/1.1\r\nHost: x\r\ncanary\r\n\r\n").await;
    }

    log.tells(&[
        "the token endpoint refused",
        "invalid_grant",
        "the session could not be refreshed",
        "a connection ended early",
    ]);
    log.tells_nothing_of(&browser);
    log.tells_nothing_of(&copied);
}

#[tokio::test]
async fn no_event_has_a_secret_that_a_failure_is_about() {
    let (log, _guard) = Log::start();
    let provider = ScriptedProvider::start().await;
    let mut rule = provider.rule();
    rule.client_secret = CANARY.to_owned();
    let stack = Stack::with(|idp| idp, |to_replace| *to_replace = rule, |alb| alb).await;
    let tokens = |id_token: serde_json::Value| {
        json!({
            "access_token": CANARY,
            "refresh_token": CANARY,
            "expires_in": 100,
            "id_token": provider.id_token(&id_token),
        })
    };
    let good = tokens(json!({ "sub": CANARY, "email": CANARY }));
    let mut reasons = Vec::new();
    for (token, user_info) in [
        (
            (
                400,
                json!({ "error": "invalid_grant", "error_description": CANARY }),
            ),
            (200, json!({})),
        ),
        (
            (
                400,
                json!({ "error": "canary\n", "error_description": CANARY }),
            ),
            (200, json!({})),
        ),
        ((503, json!(CANARY)), (200, json!({}))),
        ((200, json!(CANARY)), (200, json!({}))),
        (
            (200, tokens(json!({ "sub": CANARY, "nonce": CANARY }))),
            (200, json!({})),
        ),
        ((200, good.clone()), (401, json!({ "error": CANARY }))),
        ((200, good.clone()), (200, json!([CANARY]))),
        ((200, good.clone()), (200, json!({ "sub": "canary2" }))),
        (
            (200, good.clone()),
            (200, json!({ "sub": CANARY, "a": CANARY.repeat(2048) })),
        ),
    ] {
        provider.token_says(token.0, token.1);
        provider.user_info_says(user_info.0, user_info.1);
        let answer = Browser::new().come_back(&stack, CANARY).await;
        reasons.push(answer.reason().unwrap().to_owned());
    }
    assert_eq!(
        reasons,
        [
            "AuthInvalidGrantError",
            "AuthTokenEpRequestFailed",
            "AuthTokenEpRequestFailed",
            "AuthInvalidTokenResponse",
            "AuthInvalidIdToken",
            "AuthUserinfoEpRequestFailed",
            "AuthInvalidUserinfoResponse",
            "AuthInvalidUserinfoResponse",
            "AuthUserinfoResponseSizeExceeded",
        ]
    );

    provider.token_says(200, &good);
    provider.user_info_says(200, json!({ "sub": CANARY, "email": CANARY }));
    let mut browser = Browser::new();
    assert_eq!(browser.come_back(&stack, CANARY).await.status, 302);
    assert_eq!(browser.get(&stack.url("/")).await.status, 200);
    log.tells_nothing_of(&browser);
    stack.clock.advance(Duration::from_secs(100));
    provider.user_info_says(200, json!({ "sub": "canary2" }));
    assert_eq!(browser.get(&stack.url("/")).await.status, 302);

    let mut forger = Browser::new();
    forger.store("localhost", "AWSELBAuthSessionCookie-0=canary");
    let challenge = forger.get(&stack.url("/")).await.location();
    let state = challenge.split_once("&state=").unwrap().1.to_owned();
    let come_back = async |browser: &mut Browser, query: &str| {
        let url = stack.url(&format!("/oauth2/idpresponse?{query}"));
        browser.get(&url).await.status
    };
    assert_eq!(
        come_back(&mut forger, "code=canary&state=canary").await,
        401
    );
    assert_eq!(come_back(&mut forger, "state=canary").await, 401);
    let error = format!("error=%0Acanary&error_description=canary&state={state}");
    assert_eq!(come_back(&mut forger, &error).await, 561);
    forger.change("AWSALBAuthNonce", |nonce| *nonce = CANARY.to_owned());
    assert_eq!(
        come_back(&mut forger, &format!("code=canary&state={state}")).await,
        401
    );

    log.tells(&[
        "the token endpoint refused",
        "(not an OAuth error code)",
        "the user info endpoint refused",
        "the user info is of another subject",
        "authentication failed",
        "the session could not be refreshed",
        "the identity provider answered with an error",
    ]);
    log.tells_nothing_of(&browser);
    log.tells_nothing_of(&forger);
    assert!(!log.text().contains(&state));
}

#[tokio::test]
async fn no_event_has_a_secret_that_could_not_be_delivered() {
    let (log, _guard) = Log::start();
    let provider = ScriptedProvider::start().await;
    let id_token = provider.id_token(&json!({ "sub": CANARY }));
    provider.token_says(200, json!({ "access_token": CANARY, "id_token": id_token }));
    for break_rule in [
        |rule: &mut alb_oidc_sim::AuthenticateOidc| {
            "http://127.0.0.1:1/".clone_into(&mut rule.token_endpoint)
        },
        |rule: &mut alb_oidc_sim::AuthenticateOidc| {
            "http://127.0.0.1:1/".clone_into(&mut rule.user_info_endpoint)
        },
    ] {
        let mut rule = provider.rule();
        rule.client_secret = CANARY.to_owned();
        break_rule(&mut rule);
        let stack = Stack::with(|idp| idp, |to_replace| *to_replace = rule, |alb| alb).await;
        assert_eq!(Browser::new().come_back(&stack, CANARY).await.status, 500);
    }
    let alb = LocalAlb::builder("http://127.0.0.1:1".parse().unwrap())
        .start()
        .await
        .unwrap();
    let url = format!("{}/canary?canary", alb.url());
    let mut browser = Browser::new();
    browser.store("localhost", "session=canary");
    let answer = browser
        .get_with(&url, &[("x-amzn-oidc-data", CANARY)])
        .await;
    assert_eq!(answer.status, 502);

    log.tells(&[
        "the token endpoint cannot be reached",
        "the user info endpoint cannot be reached",
        "the target gave no answer",
    ]);
    log.tells_nothing_of(&browser);
}
