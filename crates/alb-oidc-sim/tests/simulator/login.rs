//! The login: out, back, and what can go wrong on the way.

use std::time::Duration;

use crate::harness::{Browser, Stack, wire};
use alb_oidc_sim::{DevelopmentUser, TokenEndpointAuthMethod};

const NONCE: &str = "AWSALBAuthNonce";
const SESSION: &str = "AWSELBAuthSessionCookie-0";

#[tokio::test]
async fn a_login_ends_at_the_page_that_was_asked_for() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();

    let page = browser
        .sign_in(&stack.url("/menu?dish=1&dish=%2F"), "alice")
        .await;

    assert_eq!(page.status, 200);
    assert_eq!(page.url.as_str(), stack.url("/menu?dish=1&dish=%2F"));
    assert_eq!(page.json()["uri"], "/menu?dish=1&dish=%2F");
    assert_eq!(page.sent("x-amzn-oidc-data").len(), 1);
    assert_eq!(page.sent("x-amzn-oidc-identity").len(), 1);
    assert_eq!(
        page.sent("x-amzn-oidc-accesstoken")[0].split('.').count(),
        3
    );
    assert_eq!(
        stack.target.requests(),
        1,
        "the target sees nothing of the login"
    );
}

#[tokio::test]
async fn the_redirect_has_the_load_balancers_parameters_in_its_order() {
    let stack = Stack::with(
        |idp| idp.client("my/client", "secret"),
        |rule| {
            rule.scope = "openid email".to_owned();
            rule.authentication_request_extra_params = vec![
                ("display".into(), "page".into()),
                ("a b".into(), "c&d".into()),
            ];
        },
        |alb| alb,
    )
    .await;

    let answer = Browser::new().get(&stack.url("/")).await;
    let location = answer.location();
    let port = stack.alb.local_addr().port();
    let (before, rest) = location.split_once("&state=").unwrap();
    let (state, after) = rest.split_once('&').unwrap();

    assert_eq!(answer.status, 302);
    assert_eq!(
        before,
        format!(
            "{}/oauth2/authorize?client_id=my%2Fclient\
             &redirect_uri=http%3A%2F%2Flocalhost%3A{port}%2Foauth2%2Fidpresponse&response_type=code&scope=openid%20email",
            stack.idp.issuer()
        )
    );
    assert_eq!(after, "display=page&a%20b=c%26d");
    assert!(
        state
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'%'),
        "standard base64, percent-encoded: {state}"
    );
    assert_eq!(
        state
            .replace("%2F", "/")
            .replace("%2B", "+")
            .replace("%3D", "=")
            .len()
            % 4,
        0
    );
    assert!(!location.contains("nonce=") && !location.contains("code_challenge"));
}

#[tokio::test]
async fn the_redirect_sets_a_nonce_of_sixteen_alphanumerics() {
    let stack = Stack::start().await;

    let cookies = Browser::new().get(&stack.url("/")).await.set_cookies();
    let nonce = cookies[0]
        .strip_prefix("AWSALBAuthNonce=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();

    assert_eq!(cookies.len(), 1);
    assert!(
        nonce.len() == 16 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{nonce}"
    );
}

#[tokio::test]
async fn the_session_cookie_has_the_load_balancers_attributes() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    let callback = browser.callback(&stack.url("/"), "alice").await;

    let cookies = browser.get(&callback).await.set_cookies();

    assert_eq!(cookies.len(), 1);
    assert!(cookies[0].starts_with("AWSELBAuthSessionCookie-0="));
    assert!(
        cookies[0].ends_with(" GMT; Path=/; Secure; HttpOnly"),
        "{}",
        cookies[0].split(';').skip(1).collect::<String>()
    );
}

#[tokio::test]
async fn a_session_cookie_for_a_cors_request_is_same_site_none() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    let callback = browser.callback(&stack.url("/"), "alice").await;

    let cookies = browser
        .get_with(&callback, &[("origin", "http://other.test")])
        .await
        .set_cookies();

    assert!(cookies[0].ends_with("; Secure; HttpOnly; SameSite=None"));
}

#[tokio::test]
async fn without_the_nonce_cookie_the_code_is_not_spent() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    let callback = browser.callback(&stack.url("/"), "alice").await;
    let mut stranger = Browser::new();

    let refused = stranger.get(&callback).await;
    assert_eq!(
        (refused.status, refused.reason()),
        (401, Some("AuthMissingAWSALBAuthNonce"))
    );
    assert!(
        refused
            .body
            .contains("<title>401 Authorization Required</title>"),
        "{}",
        refused.body
    );
    assert_eq!(refused.headers["server"], "awselb/2.0");
    assert!(refused.set_cookies().is_empty());

    let mut other = browser.clone();
    other.change(NONCE, |nonce| *nonce = "AAAAAAAAAAAAAAAA".to_owned());
    assert_eq!(
        other.get(&callback).await.reason(),
        Some("AuthInvalidAWSALBAuthNonce")
    );

    let answer = browser.get(&callback).await;
    assert_eq!(
        browser.follow(answer).await.status,
        200,
        "state and code were still good"
    );
}

#[tokio::test]
async fn a_state_is_good_once() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    let callback = browser.callback(&stack.url("/"), "alice").await;

    assert_eq!(browser.get(&callback).await.status, 302);
    let replayed = browser.get(&callback).await;

    assert_eq!(
        (replayed.status, replayed.reason()),
        (401, Some("AuthInvalidStateParam"))
    );
}

#[tokio::test]
async fn a_login_may_take_fifteen_minutes_and_no_longer() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    browser.get(&stack.url("/")).await;
    let callback = browser.callback(&stack.url("/"), "alice").await;

    stack.clock.advance(Duration::from_secs(901));
    let late = browser.get(&callback).await;

    assert_eq!(
        (late.status, late.reason()),
        (401, Some("AuthInvalidStateParam"))
    );
}

#[tokio::test]
async fn a_response_with_missing_or_made_up_parameters_is_refused() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    let callback = browser.callback(&stack.url("/"), "alice").await;
    let (base, query) = callback.split_once('?').unwrap();
    let (code, state) = query.split_once('&').unwrap();
    let cases = [
        (base.to_owned(), "AuthMissingStateParam"),
        (format!("{base}?{code}"), "AuthMissingStateParam"),
        (
            format!("{base}?{code}&{state}&{state}"),
            "AuthMissingStateParam",
        ),
        (format!("{base}?{code}&state=AAAA"), "AuthInvalidStateParam"),
        (format!("{base}?{code}&state=%00"), "AuthInvalidStateParam"),
        (format!("{base}?{state}"), "AuthMissingCodeParam"),
    ];

    for (url, reason) in cases {
        let answer = browser.get(&url).await;
        assert_eq!(
            (answer.status, answer.reason()),
            (401, Some(reason)),
            "{url}"
        );
    }
    assert_eq!(stack.target.requests(), 0);
}

#[tokio::test]
async fn a_code_that_the_provider_does_not_know_gives_561() {
    let stack = Stack::start().await;
    let mut browser = Browser::new();
    let callback = browser.callback(&stack.url("/"), "alice").await;
    let state = callback.split_once("&state=").unwrap().1;

    let answer = browser
        .get(&stack.url(&format!("/oauth2/idpresponse?code=made-up&state={state}")))
        .await;

    assert_eq!(
        (answer.status, answer.reason()),
        (561, Some("AuthInvalidGrantError"))
    );
}

#[tokio::test]
async fn an_error_of_the_provider_gives_401_or_561() {
    let stack = Stack::start().await;
    for (error, status) in [
        ("access_denied", 401),
        ("server_error", 561),
        ("%0Aforged+log+line", 561),
    ] {
        let mut browser = Browser::new();
        let callback = browser.callback(&stack.url("/"), "alice").await;
        let state = callback.split_once("&state=").unwrap().1;

        let answer = browser
            .get(&stack.url(&format!("/oauth2/idpresponse?error={error}&state={state}")))
            .await;

        assert_eq!((answer.status, answer.reason()), (status, None), "{error}");
    }
}

#[tokio::test]
async fn a_return_target_cannot_leave_the_origin() {
    let stack = Stack::start().await;
    for path in [
        "//evil.test",
        "//evil.test/%2f..",
        "/.//evil.test",
        "/%09/evil.test",
        "/%5Cevil.test/..",
        "/@evil.test",
    ] {
        let mut browser = Browser::new();
        let challenge = raw_get(&stack, path).await;
        browser.store("localhost", &wire::values(&challenge, "set-cookie")[0]);
        let page = browser.get(&wire::values(&challenge, "location")[0]).await;
        let callback = browser.choose(&page, "alice").await.location();

        let location = browser.get(&callback).await.location();

        assert!(
            location.starts_with(&stack.url("/")),
            "{path} led to {location}"
        );
        assert!(
            !location.starts_with(&stack.url("//")),
            "{path} led to {location}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_gives_500() {
    for (break_rule, reason) in [
        (
            break_token_endpoint as fn(&mut alb_oidc_sim::AuthenticateOidc),
            "AuthTokenEpRequestTimeout",
        ),
        (break_user_info_endpoint, "AuthUserinfoEpRequestTimeout"),
    ] {
        let stack = Stack::with(|idp| idp, break_rule, |alb| alb).await;
        let mut browser = Browser::new();

        let answer = browser.sign_in(&stack.url("/"), "alice").await;

        assert_eq!((answer.status, answer.reason()), (500, Some(reason)));
    }
}

#[tokio::test]
async fn a_provider_that_refuses_gives_561() {
    let stack = Stack::with(
        |idp| idp,
        |rule| rule.client_secret = "wrong".into(),
        |alb| alb,
    )
    .await;
    let answer = Browser::new().sign_in(&stack.url("/"), "alice").await;
    assert_eq!(
        (answer.status, answer.reason()),
        (561, Some("AuthTokenEpRequestFailed"))
    );

    let stack = Stack::with(
        |idp| idp,
        |rule| rule.user_info_endpoint = format!("{}/nowhere", rule.issuer),
        |alb| alb,
    )
    .await;
    let answer = Browser::new().sign_in(&stack.url("/"), "alice").await;
    assert_eq!(
        (answer.status, answer.reason()),
        (561, Some("AuthUserinfoEpRequestFailed"))
    );
}

#[tokio::test]
async fn a_nonce_in_the_id_token_gives_401() {
    let stack = Stack::with(
        |idp| idp,
        |rule| rule.authentication_request_extra_params = vec![("nonce".into(), "n".into())],
        |alb| alb,
    )
    .await;
    let answer = Browser::new().sign_in(&stack.url("/"), "alice").await;
    assert_eq!(
        (answer.status, answer.reason()),
        (401, Some("AuthInvalidIdToken"))
    );
}

#[tokio::test]
async fn a_scope_without_an_id_token_gives_401() {
    let stack = Stack::with(|idp| idp, |rule| rule.scope = "email".into(), |alb| alb).await;
    let answer = Browser::new().sign_in(&stack.url("/"), "alice").await;
    assert_eq!(
        (answer.status, answer.reason()),
        (401, Some("AuthInvalidTokenResponse"))
    );
}

#[tokio::test]
async fn an_id_token_of_another_issuer_gives_401() {
    let stack = Stack::with(|idp| idp, |rule| rule.issuer.push('/'), |alb| alb).await;
    let answer = Browser::new().sign_in(&stack.url("/"), "alice").await;
    assert_eq!(
        (answer.status, answer.reason()),
        (401, Some("AuthInvalidIdToken"))
    );
}

#[tokio::test]
async fn the_client_can_authenticate_in_the_form_too() {
    let rule = |rule: &mut alb_oidc_sim::AuthenticateOidc| {
        rule.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretPost
    };
    let stack = Stack::with(|idp| idp.client("a:&=%", "c d:&=%+"), rule, |alb| alb).await;
    stack.signed_in("alice").await;

    let stack = Stack::with(|idp| idp.client("a&=%", "c d:&=%+"), |_| {}, |alb| alb).await;
    stack.signed_in("alice").await;
}

#[tokio::test]
async fn claims_over_eleven_kilobytes_give_500() {
    let user = DevelopmentUser::new("long").claim("custom:long", "x".repeat(11 * 1024));
    let stack = Stack::with(|idp| idp.user(user), |_| {}, |alb| alb).await;

    let answer = Browser::new().sign_in(&stack.url("/"), "long").await;

    assert_eq!(
        (answer.status, answer.reason()),
        (500, Some("AuthUserinfoResponseSizeExceeded"))
    );
    assert!(answer.set_cookies().is_empty());
}

#[tokio::test]
async fn claims_just_under_the_limit_work_in_four_shards() {
    let stack = Stack::start().await;
    let mut browser = stack.signed_in("max").await;

    let page = browser.get(&stack.url("/")).await;
    let data = &page.sent("x-amzn-oidc-data")[0];

    assert!(
        (13_000..16_384).contains(&data.len()),
        "{} bytes",
        data.len()
    );
    assert!((0..4).all(|index| {
        browser
            .cookie(&format!("AWSELBAuthSessionCookie-{index}"))
            .is_some()
    }));
    assert!(
        page.sent("cookie")
            .iter()
            .all(|cookie| !cookie.contains("AWSELB"))
    );

    // Another user's shorter session leaves no shard of the longer one behind.
    browser.forget(SESSION);
    browser.jar.retain(|cookie| cookie.host == "localhost");
    assert_eq!(browser.sign_in(&stack.url("/"), "alice").await.status, 200);
    assert!((1..4).all(|index| {
        browser
            .cookie(&format!("AWSELBAuthSessionCookie-{index}"))
            .is_none()
    }));
}

#[tokio::test]
async fn a_long_address_survives_the_login() {
    let stack = Stack::start().await;
    let url = stack.url(&format!("/search?q={}", "x".repeat(4096)));

    let page = Browser::new().sign_in(&url, "alice").await;

    assert_eq!((page.status, page.url.as_str()), (200, url.as_str()));
}

#[tokio::test]
async fn every_one_of_the_cast_can_sign_in() {
    let stack = Stack::start().await;
    for user in DevelopmentUser::cast() {
        stack.signed_in(user.username()).await;
    }
}

fn break_token_endpoint(rule: &mut alb_oidc_sim::AuthenticateOidc) {
    rule.token_endpoint = "http://127.0.0.1:1/token".to_owned();
}

fn break_user_info_endpoint(rule: &mut alb_oidc_sim::AuthenticateOidc) {
    rule.user_info_endpoint = "http://127.0.0.1:1/userinfo".to_owned();
}

/// A GET of a path that no URL library would send.
async fn raw_get(stack: &Stack, path: &str) -> String {
    let host = stack.alb.url().strip_prefix("http://").unwrap();
    wire::exchange(
        stack.alb.local_addr(),
        &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
    )
    .await
}
