//! What a layer costs, beside the same application without it, and beside what it calls.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use actix_web::dev::Service;
use actix_web::{App, test, web};
use alb_oidc::CryptoBackend;
use alb_oidc_actix::Authenticate;
use alb_oidc_tower::AuthenticateLayer;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use benches::{Operation, Request, Rounds, Scene, Workload};

fn main() {
    let scene = Scene::shared();
    let requests = &*scene.requests;
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);

    let axum = || Router::new().route("/", get(async || "hello"));
    let axum_layered = axum().layer(AuthenticateLayer::required(authenticator.clone()));
    let actix = || App::new().route("/", web::get().to(async || "hello"));
    let (plain, layered) = actix_web::rt::System::new().block_on(async {
        let layered = actix().wrap(Authenticate::required(authenticator.clone()));
        (
            test::init_service(actix()).await,
            test::init_service(layered).await,
        )
    });

    let authenticate = Operation::AUTHENTICATE.name;
    let mut rounds = Rounds::default();
    rounds.enter_calls(
        authenticate,
        Workload::TOKENS,
        in_turn(requests, |request| {
            request.authenticate(&authenticator).is_ok()
        }),
    );
    rounds.enter_calls("axum", Workload::TOKENS, call_axum(axum(), requests));
    rounds.enter_calls(
        "axum-layered",
        Workload::TOKENS,
        call_axum(axum_layered, requests),
    );
    rounds.enter_calls(
        "actix",
        Workload::TOKENS,
        in_turn(requests, |request| {
            let response = ready(plain.call(actix_request(request).to_request()));
            response.is_ok_and(|response| response.status() == 200)
        }),
    );
    rounds.enter_calls(
        "actix-layered",
        Workload::TOKENS,
        in_turn(requests, |request| {
            let response = ready(layered.call(actix_request(request).to_request()));
            response.is_ok_and(|response| response.status() == 200)
        }),
    );

    let standings = rounds.run(ROUNDS);
    println!("medians, with quartiles\n");
    println!("{:<26}{:>12}{:>28}", "per request", "least µs", "µs");
    for name in standings.names() {
        let time = standings.time(name);
        println!("{name:<26}{:>12.3}{time:>28.3}", time.least);
    }
    for framework in ["axum", "actix"] {
        let layered = format!("{framework}-layered");
        let layer = standings.beyond(&layered, framework);
        let names = [&*layered, framework, authenticate];
        let beside = standings.compare(names, |[layered, plain, decision]| {
            (layered - plain) / decision
        });
        println!("{framework}: the layer costs {layer:.2} µs, {beside:.3} of the decision alone");
    }
}

/// Calls with one request after the other, each of which must succeed.
fn in_turn<'r>(requests: &'r [Request], mut call: impl FnMut(&'r Request) -> bool) -> impl FnMut() {
    let mut requests = requests.iter().cycle();
    move || assert!(requests.next().is_some_and(&mut call))
}

fn call_axum(mut app: Router, requests: &[Request]) -> impl FnMut() {
    in_turn(requests, move |request| {
        let mut builder = axum::http::Request::get("/");
        for (name, value) in request.lines() {
            builder = builder.header(*name, value);
        }
        let request = builder.body(Body::empty()).expect("it is a request");
        let response = ready(tower_service::Service::call(&mut app, request));
        response.is_ok_and(|response| response.status() == 200)
    })
}

fn actix_request(request: &Request) -> test::TestRequest {
    let mut builder = test::TestRequest::get();
    for (name, value) in request.lines() {
        builder = builder.insert_header((*name, value.as_str()));
    }
    builder
}

/// What is there at the first poll.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits for anything"),
    }
}

const ROUNDS: usize = 300;
