//! The app as it runs behind a real load balancer: the three settings, a key endpoint, and nothing simulated in front.

use alb_oidc::CognitoUserPool;
use alb_oidc_testkit::{KeyServer, SimulatedAlb};
use clap::Parser;
use reqwest::{Client, Response, StatusCode};
use sample_ui::behind_alb;
use sample_ui::framework::Framework;
use sample_ui::options::{Arguments, Options};
use sample_ui::server::Server;
use serde_json::{Value, json};

use super::visitor::NOBODY;
use crate::FRAMEWORK;

const ARN: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/votes/0123456789abcdef";

#[tokio::test]
async fn it_believes_its_load_balancer_and_fetches_the_key_once() {
    let alb = SimulatedAlb::builder().arn(ARN.parse().unwrap()).build();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let server = start(&alb, keys.url(), &[]);

    for _ in 0..3 {
        let me: Value =
            serde_json::from_str(&ask(&server, &alb).await.text().await.unwrap()).unwrap();
        assert_eq!(
            (&me["subject"], &me["token"]["signer"]),
            (&json!("alice"), &json!(ARN))
        );
    }
    assert_eq!(keys.hits(), 1);

    let stranger = SimulatedAlb::new();
    assert_eq!(
        ask(&server, &stranger).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(keys.hits(), 1);
    server.shutdown().await;
}

#[tokio::test]
async fn health_checks_pass_while_the_keys_are_out_of_reach() {
    let alb = SimulatedAlb::builder().arn(ARN.parse().unwrap()).build();
    let server = start(&alb, NOBODY, &[]);

    let health = Client::new()
        .get(format!("http://{}/healthz", server.address()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (health.status(), health.text().await.unwrap().as_str()),
        (StatusCode::OK, "ok")
    );
    assert_eq!(
        ask(&server, &alb).await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    server.shutdown().await;
}

/// Cognito's keys are asked for when they are first needed, and not before.
#[tokio::test]
async fn with_cognitos_groups_it_starts_without_a_network() {
    let pool: CognitoUserPool = "eu-central-1_Abcdefghi".parse().unwrap();
    let alb = SimulatedAlb::builder()
        .arn(ARN.parse().unwrap())
        .issuer(pool.issuer())
        .build();
    let server = start(&alb, NOBODY, &["--cognito-groups"]);
    let url = format!("http://{}/healthz", server.address());
    let health = Client::new().get(url).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    server.shutdown().await;
}

#[tokio::test]
async fn without_a_logout_address_the_page_says_that_the_providers_session_lives_on() {
    let alb = SimulatedAlb::builder().arn(ARN.parse().unwrap()).build();
    let logout = "https://idp.example/logout?client_id=abc";
    for (arguments, location) in [
        (&[][..], "/signed-out"),
        (&["--logout-url", logout], logout),
    ] {
        let server = start(&alb, "http://127.0.0.1:9", arguments);
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let out = client
            .post(format!("http://{}/signout", server.address()))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (out.status(), out.headers()["location"].to_str().unwrap()),
            (StatusCode::SEE_OTHER, location)
        );
        let page = client
            .get(format!("http://{}/signed-out", server.address()))
            .send()
            .await
            .unwrap();
        assert_eq!(
            page.text().await.unwrap().contains("lives on"),
            arguments.is_empty()
        );
        server.shutdown().await;
    }
}

fn start(alb: &SimulatedAlb, keys: &str, more: &[&str]) -> Server {
    let framework = match FRAMEWORK {
        Framework::Axum => "axum",
        Framework::Actix => "actix",
    };
    let trusted = [
        "sample-ui",
        "--framework",
        framework,
        "--alb-arn",
        ARN,
        "--issuer",
        alb.issuer().as_str(),
        "--client-id",
        alb.client().as_str(),
    ];
    let arguments = [
        &trusted[..],
        &["--key-url", keys, "--listen", "127.0.0.1:0"],
        more,
    ]
    .concat();
    match Arguments::try_parse_from(arguments)
        .unwrap()
        .into_options(None)
        .unwrap()
    {
        Options::BehindAlb(options) => behind_alb::start(options).unwrap(),
        Options::Embedded(options) => panic!("{options:?}"),
    }
}

/// What the app answers to alice, whom `alb` has signed in.
async fn ask(server: &Server, alb: &SimulatedAlb) -> Response {
    let request = alb.headers(&json!({ "sub": "alice" })).into_iter().fold(
        Client::new().get(format!("http://{}/api/me", server.address())),
        |request, (name, value)| request.header(name, value),
    );
    request.send().await.unwrap()
}
