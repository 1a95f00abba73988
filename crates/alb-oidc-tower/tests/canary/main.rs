//! Secrets planted in all that a request, a key endpoint and a configuration can bring, and looked
//! for in all that comes out: logs of every crate, answers, errors, and every type's `Debug`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod log;
mod requests;
mod secrets;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::{self, Future as _};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use alb_oidc_testkit::{Fault, KeyServer, ManualClock, SimulatedAlb};
use alb_oidc_tower::alb_oidc::{
    ClientId, Clock as _, CryptoBackend, HttpFetcher, Issuer, KeyLookup, KeySource as _, KeyUrl,
    LoadBalancerArn, OidcHeaders, PublicKey, SystemClock, UnverifiedToken,
};
use alb_oidc_tower::{AuthenticateLayer, Authenticator, Claims, MaybeUser, Refusal, User};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use requests::Sent;
use secrets::Secrets;
use tower::{Layer as _, Service, ServiceExt as _};

#[derive(Clone, Debug, serde::Deserialize)]
struct Misfit {
    #[serde(rename = "custom:canary-claim")]
    _number: u64,
}

/// Prints its extractors, as an application's log might.
async fn handler(user: User, maybe: MaybeUser) -> String {
    format!("{user:?} {user:#?} {maybe:?} {maybe:#?}")
}

fn app(layer: AuthenticateLayer) -> Router {
    let misfit = async |Claims(_): Claims<Misfit>| "it fits";
    Router::new()
        .route("/{path}", get(handler).post(misfit))
        .layer(layer)
}

/// The whole answer as text: status, headers, extensions and body.
async fn text_of(response: Response<Body>) -> (StatusCode, String) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let refusal = head.extensions.get::<Refusal>();
    let text = format!("{head:?} {refusal:?} {}", String::from_utf8_lossy(&body));
    (head.status, text)
}

#[tokio::test]
async fn no_secret_is_in_any_log_answer_or_text_of_ours() {
    log::listen();
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let clock = ManualClock::at_system_time();
    let all = requests::all(&alb, clock.unix_time().unwrap());
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(clock.clone())
        .build()
        .unwrap();
    let layers = [
        AuthenticateLayer::required(authenticator.clone()),
        AuthenticateLayer::optional(authenticator.clone()),
        AuthenticateLayer::observe(authenticator.clone()),
    ];
    let mut statuses = BTreeSet::new();
    let mut planted = Secrets::default();
    for sent in &all {
        let secrets = sent.secrets();
        for layer in &layers {
            let app = app(layer.clone());
            for method in ["GET", "POST"] {
                let mut request = sent.request();
                *request.method_mut() = method.parse().unwrap();
                let (status, text) = text_of(app.clone().oneshot(request).await.unwrap()).await;
                secrets.assert_absent(&sent.name, &text);
                statuses.insert(status.as_u16());
            }
            look_at_the_future(layer, sent, &secrets);
        }
        look_at_the_steps(sent, &authenticator, &clock, &secrets).await;
        planted.add(secrets);
    }
    // A misfit is among them, and an extractor behind a layer that only observes.
    assert_eq!(Vec::from_iter(statuses), [200, 401, 403, 500]);
    // What lives longer than a request.
    for layer in &layers {
        planted.assert_not_in_debug("the layer", layer);
        planted.assert_not_in_debug("the service", &layer.layer(Inner));
    }
    planted.assert_not_in_debug("the authenticator", &authenticator);
    planted.assert_not_in_debug("the key store", &authenticator.key_store());
    let logged = log::text();
    for expected in [
        "alb_oidc",
        "reqwest",
        "bad-signature",
        "untrusted-signer",
        "claims-do-not-fit",
        "missing-layer",
    ] {
        assert!(logged.contains(expected), "nobody logged {expected}");
    }
    planted.assert_absent("the log", &logged);
}

/// The layer's future, before and after it has decided.
fn look_at_the_future(layer: &AuthenticateLayer, sent: &Sent, secrets: &Secrets) {
    let mut future = pin!(layer.layer(Inner).call(sent.request()));
    secrets.assert_not_in_debug(&sent.name, &future);
    let mut context = Context::from_waker(Waker::noop());
    let _ = future.as_mut().poll(&mut context);
    secrets.assert_not_in_debug(&sent.name, &future);
}

#[derive(Clone, Debug)]
struct Inner;

impl Service<Request<Body>> for Inner {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        future::ready(Ok(Response::new(Body::empty())))
    }
}

/// Each type between the headers and the user, as far as the request gets.
async fn look_at_the_steps(
    sent: &Sent,
    authenticator: &Authenticator,
    clock: &ManualClock,
    secrets: &Secrets,
) {
    let place = &*sent.name;
    let read = || OidcHeaders::from_lookup(|name| sent.values(name));
    let authentication = authenticator.authenticate(read());
    secrets.assert_not_in_debug(place, &authentication);
    match authentication.await {
        Ok(user) => {
            secrets.assert_not_in_debug(place, &user);
            secrets.assert_not_in_debug(place, &user.id());
            secrets.assert_not_in_debug(place, &user.claims());
            secrets.assert_not_in_debug(place, &user.access_token());
            secrets.assert_not_in_debug(place, &user.claims().identities());
            if let Err(error) = user.claims().deserialize::<Misfit>() {
                secrets.assert_not_in_error(place, &error);
            }
        }
        Err(error) => {
            secrets.assert_not_in_error(place, &error);
            secrets.assert_absent(place, error.reason());
            secrets.assert_not_in_debug(place, &error.disposition());
            secrets.assert_not_in_error(place, &Refusal::from(error));
        }
    }

    let Ok(headers) = read() else { return };
    secrets.assert_not_in_debug(place, &headers);
    let token = match UnverifiedToken::parse(headers) {
        Ok(token) => token,
        Err(error) => return secrets.assert_not_in_error(place, &error),
    };
    secrets.assert_not_in_debug(place, &token);
    secrets.assert_not_in_debug(place, token.untrusted_header());
    let now = clock.unix_time().unwrap();
    let admitted = match authenticator.policy().admit(token, now) {
        Ok(admitted) => admitted,
        Err(error) => return secrets.assert_not_in_error(place, &error),
    };
    secrets.assert_not_in_debug(place, &admitted);
    let request = admitted.key_request();
    secrets.assert_not_in_debug(place, &request);
    let lookup = authenticator.key_store().unwrap().key(request);
    secrets.assert_not_in_debug(place, &lookup);
    let key = match lookup {
        KeyLookup::Ready(key) => key,
        KeyLookup::Pending(key) => key.await,
    };
    let Ok(key) = key else { return };
    secrets.assert_not_in_debug(place, &key);
    match admitted.verify(&key, now) {
        Ok(verified) => secrets.assert_not_in_debug(place, &verified),
        Err(error) => secrets.assert_not_in_error(place, &error),
    }
}

#[tokio::test]
async fn what_a_key_endpoint_says_is_shown_nowhere() {
    log::listen();
    let alb = SimulatedAlb::new();
    let mut secrets = Secrets::default();
    secrets.plant("nightingale");
    let pem = alb.public_key_pem(alb.key_id()).unwrap();
    let faults = [
        Fault::Body(b"nightingale".to_vec()),
        Fault::Body(b"nightingale".repeat(1000)),
        Fault::Body(pem.replace("MFkw", "nightingale").into_bytes()),
        Fault::Body(format!("{pem}nightingale").into_bytes()),
        Fault::Redirect("http://127.0.0.1:9/nightingale?nightingale#nightingale".to_owned()),
    ];
    for fault in faults {
        let keys = KeyServer::start().await.unwrap();
        keys.fail(fault.clone());
        let place = format!("{fault:?}");
        let authenticator = Authenticator::builder(alb.policy())
            .key_url(keys.url())
            .unwrap()
            .build()
            .unwrap();
        let sent = requests::genuine(&alb, SystemClock.unix_time().unwrap());
        let app = app(AuthenticateLayer::required(authenticator.clone()));
        let response = app.oneshot(sent.request()).await.unwrap();
        assert_eq!(response.status(), 503, "{place}");
        let refusal = response.extensions().get::<Refusal>().unwrap();
        secrets.assert_not_in_error(&place, refusal);
        secrets.assert_absent(&place, &text_of(response).await.1);
        secrets.assert_not_in_debug(&place, &authenticator);
        assert!(keys.hits() > 0, "{place}");
    }
    secrets.assert_absent("the log", &log::text());
}

#[tokio::test]
async fn the_password_of_a_proxy_is_shown_nowhere() {
    log::listen();
    let alb = SimulatedAlb::new();
    let mut secrets = Secrets::default();
    secrets.plant("woodpecker");
    let proxy = KeyServer::start().await.unwrap();
    let address = proxy.url().strip_prefix("http://").unwrap();
    let builder = Authenticator::builder(alb.policy())
        .key_url("http://127.0.0.1:9")
        .unwrap()
        .proxy(&format!("http://woodpecker:woodpecker@{address}"))
        .unwrap();
    secrets.assert_not_in_debug("the builder", &builder);
    let authenticator = builder.build().unwrap();
    secrets.assert_not_in_debug("the authenticator", &authenticator);
    let sent = requests::genuine(&alb, SystemClock.unix_time().unwrap());
    let app = app(AuthenticateLayer::required(authenticator));
    let (status, text) = text_of(app.oneshot(sent.request()).await.unwrap()).await;
    assert_eq!(status, 503);
    assert!(proxy.hits() > 0, "the proxy was not asked");
    secrets.assert_absent("the answer", &text);
    secrets.assert_absent("the log", &log::text());
}

#[test]
fn what_a_configuration_is_refused_for_is_not_repeated() {
    let alb = SimulatedAlb::new();
    let mut secrets = Secrets::default();
    secrets.plant("kingfisher");
    let builder = || Authenticator::builder(alb.policy());
    let backend = CryptoBackend::default();
    let errors = [
        KeyUrl::new("https://user:kingfisher@example.com").unwrap_err(),
        KeyUrl::new("https://example.com/?kingfisher").unwrap_err(),
        Issuer::new("https://user:kingfisher@example.com").unwrap_err(),
        ClientId::new("kingfisher\n").unwrap_err(),
        builder().proxy("kingfisher").unwrap_err(),
        builder().root_certificates_pem(b"kingfisher").unwrap_err(),
        "kingfisher".parse::<LoadBalancerArn>().unwrap_err().into(),
        PublicKey::from_pem(b"kingfisher", backend)
            .unwrap_err()
            .into(),
    ];
    for error in errors {
        secrets.assert_not_in_error("an error at start", &error);
    }
    let fetcher = HttpFetcher::builder().proxy("http://kingfisher:kingfisher@127.0.0.1:9");
    secrets.assert_not_in_debug("the fetcher", &fetcher);
}

#[tokio::test]
async fn a_key_id_is_logged_as_a_uuid_or_not_at_all() {
    log::listen();
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    let layer = AuthenticateLayer::required(
        Authenticator::builder(alb.policy())
            .key_url(keys.url())
            .unwrap()
            .build()
            .unwrap(),
    );
    let id = "5eed5eed-0000-4000-8000-000000000000";
    let now = SystemClock.unix_time().unwrap();
    for (kid, status) in [
        (id.to_owned(), 503),
        (format!("{id}\nERROR albatross"), 401),
        ("albatross".to_owned(), 401),
        (id.replace('-', "\u{2010}") + "albatross", 401),
        (id.to_uppercase(), 401),
    ] {
        let sent = requests::with_header(&alb, now, "kid", kid.clone().into());
        let app = app(layer.clone());
        let response = app.oneshot(sent.request()).await.unwrap();
        assert_eq!(response.status(), status, "{kid:?}");
    }
    let logged = log::text();
    assert!(logged.contains(id));
    assert!(!logged.contains("albatross") && !logged.contains("5EED5EED"));
}

#[tokio::test]
async fn every_401_is_the_same_to_the_byte() {
    let alb = SimulatedAlb::new();
    let clock = ManualClock::at_system_time();
    let all = requests::all(&alb, clock.unix_time().unwrap());
    let app = app(AuthenticateLayer::required(alb.authenticator_at(clock)));
    let mut answers = BTreeSet::new();
    let mut refused = 0;
    for sent in &all {
        let response = app.clone().oneshot(sent.request()).await.unwrap();
        if response.status() == 401 {
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let headers: Vec<_> = head.headers.iter().collect();
            answers.insert(format!("{:?} {headers:?} {body:?}", head.version));
            refused += 1;
        }
    }
    assert!(refused > 200, "only {refused} were refused");
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test]
async fn reasons_are_a_closed_set_of_labels() {
    let alb = SimulatedAlb::new();
    let clock = ManualClock::at_system_time();
    let all = requests::all(&alb, clock.unix_time().unwrap());
    let authenticator = alb.authenticator_at(clock);
    let mut reasons = BTreeSet::new();
    for sent in &all {
        let headers = OidcHeaders::from_lookup(|name| sent.values(name));
        if let Err(error) = authenticator.authenticate(headers).await {
            reasons.insert(error.reason());
        }
    }
    // All that a request can bring about; the others are an operator's or an endpoint's.
    let expected = [
        "algorithm",
        "bad-signature",
        "critical-header",
        "encoding",
        "expired",
        "forbidden-parameter",
        "header-characters",
        "header-duplicate",
        "header-empty",
        "header-too-large",
        "header-without-data",
        "identity-mismatch",
        "json",
        "key-id",
        "missing",
        "not-yet-valid",
        "signature-length",
        "structure",
        "type",
        "unknown-key",
        "untrusted-client",
        "untrusted-issuer",
        "untrusted-signer",
    ];
    assert_eq!(Vec::from_iter(reasons), expected);
}
