//! The same token at its other end: the verifier of `alb-oidc`, with keys from the key endpoint.

use crate::harness::browser::Answer;
use crate::harness::{Browser, Stack};
use alb_oidc::{
    AccessTokenVerifier, AuthenticateError, AuthenticatedUser, Authenticator, Issuer, OidcHeaders,
};
use alb_oidc_sim::DevelopmentIdp;

fn authenticator(stack: &Stack) -> Authenticator {
    let signer = stack.alb.signer();
    let builder = Authenticator::builder(signer.policy()).clock(stack.clock.clone());
    builder
        .key_url(stack.alb.key_url())
        .unwrap()
        .build()
        .unwrap()
}

async fn authenticate(
    authenticator: &Authenticator,
    page: &Answer,
) -> Result<AuthenticatedUser, AuthenticateError> {
    let json = page.json();
    let headers = OidcHeaders::from_lookup(|name| {
        let pairs = json["headers"].as_array().unwrap().iter();
        pairs
            .filter(|pair| pair[0] == name)
            .map(|pair| pair[1].as_str().unwrap().as_bytes())
            .collect::<Vec<_>>()
    });
    authenticator.authenticate(headers).await
}

#[tokio::test]
async fn every_one_of_the_cast_is_verified_as_who_signed_in() {
    let stack = Stack::start().await;
    let authenticator = authenticator(&stack);
    for (username, name) in [
        ("alice", "Alice Example"),
        ("zoe", "Zoë Åström 佐藤 Ελένη"),
        ("bob", "Bob Nomail"),
        ("grace", "Grace Admin"),
        ("max", "Max Longclaim"),
    ] {
        let mut browser = stack.signed_in(username).await;

        let user = authenticate(&authenticator, &browser.get(&stack.url("/")).await)
            .await
            .unwrap();

        assert_eq!(user.display_name(), name);
        assert_eq!(user.id().issuer().as_str(), stack.idp.issuer());
        assert_eq!(user.client().as_str(), "development-client");
        assert_eq!(user.claims().get("username").unwrap(), username);
    }
    assert_eq!(stack.alb.key_hits(), 1, "one key, fetched once");
}

#[tokio::test]
async fn groups_and_scopes_are_known_from_the_access_token_that_came_along() {
    let stack = Stack::start().await;
    let verifier = AccessTokenVerifier::rfc9068(
        Issuer::new(stack.idp.issuer()).unwrap(),
        &stack.idp.jwks_url(),
        DevelopmentIdp::AUDIENCE,
    );
    let authenticator = Authenticator::builder(stack.alb.signer().policy())
        .clock(stack.clock.clone())
        .key_url(stack.alb.key_url())
        .unwrap()
        .verify_access_tokens(verifier.unwrap())
        .build()
        .unwrap();
    for (username, groups) in [("grace", &["admins"][..]), ("alice", &[])] {
        let mut browser = stack.signed_in(username).await;

        let user = authenticate(&authenticator, &browser.get(&stack.url("/")).await)
            .await
            .unwrap();

        assert_eq!(user.groups().unwrap(), groups);
        assert_eq!(user.scopes().unwrap(), ["openid"]);
    }
}

#[tokio::test]
async fn a_key_that_is_rotated_is_fetched() {
    let stack = Stack::start().await;
    let authenticator = authenticator(&stack);
    let mut browser = stack.signed_in("alice").await;

    for hits in 1..=3 {
        let page = browser.get(&stack.url("/")).await;
        authenticate(&authenticator, &page).await.unwrap();
        assert_eq!(stack.alb.key_hits(), hits);
        stack.alb.signer().rotate();
    }
}

#[tokio::test]
async fn what_passes_through_unsigned_is_rejected() {
    let stack = Stack::with(
        |idp| idp,
        |_| {},
        |alb| alb.client_identity_headers(alb_oidc_sim::ClientIdentityHeaders::PassThrough),
    )
    .await;
    let authenticator = authenticator(&stack);

    let page = Browser::new()
        .get_with(&stack.url("/healthz"), &[("x-amzn-oidc-data", "a.b.c")])
        .await;
    assert!(matches!(
        authenticate(&authenticator, &page).await,
        Err(AuthenticateError::Rejected(_))
    ));

    let page = Browser::new().get(&stack.url("/healthz")).await;
    assert!(matches!(
        authenticate(&authenticator, &page).await,
        Err(AuthenticateError::Missing)
    ));
    assert_eq!(stack.alb.key_hits(), 0);
}
