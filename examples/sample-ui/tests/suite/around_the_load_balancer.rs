//! Straight to the app's own port, with headers that no load balancer sent: 401 each time, and no key is fetched for what can be refused without one.

use alb_oidc::{Clock, LoadBalancerArn, OidcHeaders, SystemClock, UnixTime};
use alb_oidc_sim::LocalAlb;
use alb_oidc_testkit::SimulatedAlb;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use sample_ui::embedded::Embedded;
use sample_ui::options::EmbeddedOptions;

use crate::FRAMEWORK;

const CLAIMS: &str = r#"{"sub":"mallory","name":"Mallory"}"#;

#[tokio::test]
async fn what_needs_no_key_is_refused_without_asking_for_one() {
    let stack = start().await;
    let (alb, app) = (stack.alb(), App::of(&stack));
    let now = SystemClock.unix_time().unwrap();
    let genuine = alb.signer().mint(CLAIMS, now);

    let elsewhere: LoadBalancerArn =
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/evil/0123456789abcdef".parse().unwrap();
    // All load balancers of a region sign with the same keys, whoever owns them.
    let rule = SimulatedAlb::builder()
        .arn(elsewhere)
        .issuer(alb.signer().issuer().clone())
        .client(alb.signer().client().clone());
    let another = alb.signer().with_same_keys(rule);
    let expired = alb
        .signer()
        .mint(CLAIMS, UnixTime::from_secs(now.as_secs() - 600));

    app.refuses("nothing", &[]).await;
    app.refuses(
        "empty",
        &[
            (OidcHeaders::DATA, ""),
            (OidcHeaders::IDENTITY, ""),
            (OidcHeaders::ACCESS_TOKEN, ""),
        ],
    )
    .await;
    app.refuses("an empty token", &three("", "mallory")).await;
    app.refuses(
        "no token at all",
        &[
            (OidcHeaders::IDENTITY, "mallory"),
            (OidcHeaders::ACCESS_TOKEN, "a"),
        ],
    )
    .await;
    app.refuses("rubbish", &three("rubbish", "mallory")).await;
    app.refuses(
        "alg none",
        &three("eyJhbGciOiJub25lIn0=.eyJzdWIiOiJhZG1pbiJ9.", "admin"),
    )
    .await;
    app.refuses(
        "another load balancer",
        &three(&another.mint(CLAIMS, now), "mallory"),
    )
    .await;
    app.refuses("expired", &three(&expired, "mallory")).await;
    let twice = [
        &three(&genuine, "mallory")[..],
        &[(OidcHeaders::DATA, &genuine)],
    ]
    .concat();
    app.refuses("a genuine token twice", &twice).await;
    let two_names = [
        &three(&genuine, "mallory")[..],
        &[(OidcHeaders::IDENTITY, "mallory")],
    ]
    .concat();
    app.refuses("an identity twice", &two_names).await;

    assert_eq!(alb.key_hits(), 0);
    stack.shutdown().await;
}

#[tokio::test]
async fn what_is_made_from_a_genuine_token_is_refused_by_its_key() {
    let stack = start().await;
    let (alb, app) = (stack.alb(), App::of(&stack));
    let genuine = mint(alb, CLAIMS);
    assert_eq!(app.ask(&three(&genuine, "mallory")).await.0, StatusCode::OK);
    assert_eq!(alb.key_hits(), 1);

    let (header, rest) = genuine.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let of_alice = mint(alb, r#"{"sub":"alice"}"#);
    let payload_of_alice = of_alice.split('.').nth(1).unwrap();
    app.refuses(
        "another payload",
        &three(&format!("{header}.{payload_of_alice}.{signature}"), "alice"),
    )
    .await;
    app.refuses(
        "another signature",
        &three(
            &format!(
                "{header}.{payload}.{}",
                of_alice.rsplit('.').next().unwrap()
            ),
            "mallory",
        ),
    )
    .await;
    app.refuses(
        "no signature",
        &three(&format!("{header}.{payload}."), "mallory"),
    )
    .await;

    // Somewhere in what is signed: the padding behind the signature itself may be left out.
    let padded =
        ["", "x", "xx"].map(|x| mint(alb, &format!(r#"{{"sub":"mallory","padding":"{x}"}}"#)));
    let padded = padded
        .iter()
        .find(|token| token.rsplit_once('.').unwrap().0.contains('='))
        .unwrap();
    assert_eq!(app.ask(&three(padded, "mallory")).await.0, StatusCode::OK);
    app.refuses(
        "stripped of padding",
        &three(&padded.replace('=', ""), "mallory"),
    )
    .await;
    app.refuses("copied with another identity", &three(&genuine, "alice"))
        .await;
    assert_eq!(alb.key_hits(), 1);

    // Signed by a key of the forger's own, under a name that only the endpoint can call unknown.
    let forger = SimulatedAlb::builder()
        .arn(*alb.signer().arn())
        .issuer(alb.signer().issuer().clone())
        .client(alb.signer().client().clone())
        .build();
    app.refuses(
        "forged",
        &three(
            &forger.mint(CLAIMS, SystemClock.unix_time().unwrap()),
            "mallory",
        ),
    )
    .await;
    assert_eq!(
        app.ask(&three(&mint(alb, CLAIMS), "mallory")).await.0,
        StatusCode::OK
    );
    stack.shutdown().await;
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

fn mint(alb: &LocalAlb, claims: &str) -> String {
    alb.signer().mint(claims, SystemClock.unix_time().unwrap())
}

fn three<'a>(token: &'a str, identity: &'a str) -> [(&'static str, &'a str); 3] {
    [
        (OidcHeaders::DATA, token),
        (OidcHeaders::IDENTITY, identity),
        (OidcHeaders::ACCESS_TOKEN, "opaque"),
    ]
}

/// The app's own port.
struct App {
    client: reqwest::Client,
    url: String,
}

impl App {
    fn of(stack: &Embedded) -> Self {
        Self {
            client: reqwest::Client::new(),
            url: format!("http://{}/api/me", stack.app_address()),
        }
    }

    /// With headers in the order given, also twice the same.
    async fn ask(&self, fields: &[(&'static str, &str)]) -> (StatusCode, String) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        let response = self
            .client
            .get(&self.url)
            .headers(headers)
            .send()
            .await
            .unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn refuses(&self, what: &str, fields: &[(&'static str, &str)]) {
        let (status, body) = self.ask(fields).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}");
        // The same words for all of them: a forger learns nothing.
        assert_eq!(body, self.ask(&[]).await.1, "{what}");
    }
}
