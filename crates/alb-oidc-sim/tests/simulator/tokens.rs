//! The identity provider's token and user info endpoints.

use std::time::Duration;

use serde_json::Value;

use crate::development_idp::{BASIC, Idp, REDIRECT};
use crate::harness::Browser;

#[tokio::test]
async fn a_code_is_good_once_for_five_minutes_for_its_client_and_redirect_uri() {
    let idp = Idp::start().await;
    let mut browser = Browser::new();
    let invalid = (400, Some("invalid_grant"));
    let outcome = |(status, answer): &(u16, Value)| {
        (
            *status,
            answer["error"].as_str().map(|error| {
                if error == "invalid_grant" {
                    "invalid_grant"
                } else {
                    "other"
                }
            }),
        )
    };

    let code = idp.code(&mut browser, "alice", "").await;
    assert_eq!(idp.redeem(&code).await.0, 200);
    assert_eq!(outcome(&idp.redeem(&code).await), invalid);

    let code = idp.code(&mut Browser::new(), "alice", "").await;
    idp.clock.advance(Duration::from_secs(300));
    assert_eq!(outcome(&idp.redeem(&code).await), invalid);

    let code = idp.code(&mut Browser::new(), "alice", "").await;
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&client_id=other&client_secret=secret"
    );
    assert_eq!(outcome(&idp.token(&form, None).await), invalid);
    assert_eq!(
        outcome(&idp.redeem(&code).await),
        invalid,
        "spent by the attempt"
    );

    let code = idp.code(&mut Browser::new(), "alice", "").await;
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={}",
        REDIRECT.replace("8080", "8081")
    );
    assert_eq!(outcome(&idp.token(&form, Some(BASIC)).await), invalid);
}

#[tokio::test]
async fn a_code_challenge_needs_its_verifier() {
    // RFC 7636 appendix B.
    let challenge =
        "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let idp = Idp::start().await;

    let code = idp.code(&mut Browser::new(), "alice", challenge).await;
    assert_eq!(idp.redeem(&code).await.1["error"], "invalid_grant");

    let code = idp.code(&mut Browser::new(), "alice", challenge).await;
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(idp.token(&form, Some(BASIC)).await.0, 200);
}

#[tokio::test]
async fn a_client_authenticates_one_way_and_with_its_secret() {
    let idp = Idp::start().await;
    let grant = "grant_type=refresh_token&refresh_token=made-up";
    let wrong = ("authorization", "Basic ZGV2ZWxvcG1lbnQ6d3Jvbmc=");

    for (form, header, status, error) in [
        (grant.to_owned(), None, 400, "invalid_client"),
        (grant.to_owned(), Some(wrong), 401, "invalid_client"),
        (
            format!("{grant}&client_id=development&client_secret=wrong"),
            None,
            400,
            "invalid_client",
        ),
        (
            format!("{grant}&client_secret=secret"),
            Some(BASIC),
            401,
            "invalid_client",
        ),
        (
            format!("{grant}&client_id=other"),
            Some(BASIC),
            401,
            "invalid_client",
        ),
        (grant.to_owned(), Some(BASIC), 400, "invalid_grant"),
        (
            format!("{grant}&client_id=development&client_secret=secret"),
            None,
            400,
            "invalid_grant",
        ),
        (
            "grant_type=password".to_owned(),
            Some(BASIC),
            400,
            "unsupported_grant_type",
        ),
        ("a=b".to_owned(), Some(BASIC), 400, "invalid_request"),
        (
            "grant_type=refresh_token&grant_type=refresh_token".to_owned(),
            Some(BASIC),
            400,
            "invalid_request",
        ),
    ] {
        let (got, answer) = idp.token(&form, header).await;
        assert_eq!(
            (got, answer["error"].as_str()),
            (status, Some(error)),
            "{form}"
        );
    }
}

#[tokio::test]
async fn a_refresh_token_gives_new_tokens_and_stays_until_the_logout() {
    let idp = Idp::start().await;
    let mut browser = Browser::new();
    let code = idp.code(&mut browser, "alice", "").await;
    let (_, tokens) = idp.redeem(&code).await;
    let form = format!(
        "grant_type=refresh_token&refresh_token={}",
        tokens["refresh_token"].as_str().unwrap()
    );

    for _ in 0..2 {
        let (status, refreshed) = idp.token(&form, Some(BASIC)).await;
        assert_eq!((status, refreshed.get("refresh_token")), (200, None));
        assert_ne!(refreshed["access_token"], tokens["access_token"]);
    }
    browser.get(&idp.url("/logout")).await;
    assert_eq!(
        idp.token(&form, Some(BASIC)).await.1["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn user_info_has_the_claims_in_their_order_for_a_current_access_token() {
    let idp = Idp::start().await;
    let code = idp.code(&mut Browser::new(), "alice", "").await;
    let (_, tokens) = idp.redeem(&code).await;
    let url = idp.url("/oauth2/userInfo");
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let get = async |value: &str| {
        Browser::new()
            .get_with(&url, &[("authorization", value)])
            .await
    };

    let info = get(&bearer).await;
    assert_eq!(info.status, 200);
    let order: Vec<_> = [
        "\"sub\":",
        "\"name\":",
        "\"email_verified\":\"true\"",
        "\"email\":",
        "\"username\":",
    ]
    .iter()
    .map(|member| info.body.find(member).unwrap())
    .collect();
    assert!(order.is_sorted(), "{}", info.body);

    assert_eq!(
        get(&format!("Bearer {}", tokens["id_token"].as_str().unwrap()))
            .await
            .status,
        401
    );
    assert_eq!(get(&format!("{bearer}x")).await.status, 401);
    assert_eq!(get("Bearer").await.status, 401);
    assert_eq!(
        Browser::new().get(&url).await.headers["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
    idp.clock.advance(Duration::from_secs(3600));
    assert_eq!(get(&bearer).await.status, 401);
}
