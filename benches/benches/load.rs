//! What the layer costs over HTTP: wrk sends requests with the tokens of 64 users to the sample app, on
//! axum and on actix-web, and what one costs the server in CPU time is printed beside the decision
//! alone: made in a loop by the same process, and made by hand in a handler of a server that does
//! nothing else, less what a request costs that server without it. The last is what an application
//! without the layer would pay: where requests come and go, code and data have left the caches
//! meanwhile.
//!
//! The handler is the one that leads to the first page. The app has it twice: behind the layer as
//! `GET /vote`, and without it as `GET /signout`. Everything else is the same, and the same headers
//! are sent to all. Needs wrk (Debian and Ubuntu have it), util-linux and two cores: the server has
//! the first to itself, with as many threads as its framework starts there, and wrk the second.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use alb_oidc::{Authenticator, CryptoBackend, OidcHeaders, SignOut};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, extract};
use benches::{Operation, Rounds, Scene, is_bench, process_cpu_time};
use sample_ui::framework::Framework;
use sample_ui::house::House;
use sample_ui::paths;
use sample_ui::server::Server;
use tokio::net;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    if Command::new("wrk").output().is_err() || !keep_to_one_core() {
        eprintln!("wrk cannot be run, or not on a core of its own");
        return match is_bench() {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        };
    }
    let users = write_users(Scene::shared());
    println!("medians, with quartiles, of turns of a second; CPU µs a request\n");
    println!(
        "{:<12}{:>20}{:>22}{:>22}{:>22}{:>18}{:>22}{:>18}",
        "", "without", "with the layer", "the layer", "a decision", "of it", "one by hand", "of it"
    );
    for framework in [Framework::Axum, Framework::Actix] {
        measure(framework, &users);
    }
    ExitCode::SUCCESS
}

fn measure(framework: Framework, users: &Path) {
    let scene = Scene::shared();
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);
    let sign_out = SignOut::local(paths::SIGNED_OUT).expect("it is a path");
    let house = House::new(framework, sign_out);
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build();
    let runtime = runtime.expect("there is a runtime");
    let server = authenticator.clone();
    let server = runtime.block_on(async { Server::start(listener, server, house) });
    let server = server.expect("it has a socket");

    let by_hand = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let by_hand_address = by_hand.local_addr().expect("it has an address");
    runtime.spawn(decide_by_hand(framework, by_hand, authenticator.clone()));

    let url = |path| format!("http://{}{path}", server.address());
    let [plain, layered] = [paths::SIGN_OUT, paths::VOTE].map(url);
    let [idle, deciding] = [IDLE, DECIDING].map(|path| format!("http://{by_hand_address}{path}"));
    let whole = Operation::AUTHENTICATE.name;
    let mut rounds = Rounds::default();
    rounds.enter(whole, scene.authenticate(authenticator));
    for url in [&plain, &layered, &idle, &deciding] {
        rounds.enter_turns(url, || Some(cpu_time_a_request(url, users)));
    }
    let standings = rounds.run(ROUNDS);
    let of_decision = standings
        .compare([&*layered, &plain, whole], |[layered, plain, decision]| {
            (layered - plain) / decision
        });
    let of_by_hand = standings.compare(
        [&*layered, &plain, &deciding, &idle],
        |[layered, plain, deciding, idle]| (layered - plain) / (deciding - idle),
    );
    println!(
        "{:<12}{:>20.1}{:>22.1}{:>22.1}{:>22.1}{of_decision:>18.2}{:>22.1}{of_by_hand:>18.2}",
        framework.to_string(),
        standings.time(&plain),
        standings.time(&layered),
        standings.beyond(&layered, &plain),
        standings.time(whole),
        standings.beyond(&deciding, &idle),
    );
    runtime.block_on(server.shutdown());
}

/// A server of two handlers, one of which asks the authenticator.
async fn decide_by_hand(framework: Framework, listener: TcpListener, authenticator: Authenticator) {
    let served = match framework {
        Framework::Axum => {
            let decide = async move |request: extract::Request| {
                let headers = request.headers();
                let lookup = |name| headers.get_all(name).iter().map(|value| value.as_bytes());
                let decision = authenticator.authenticate(OidcHeaders::from_lookup(lookup));
                decision
                    .await
                    .map_err(|_| StatusCode::UNAUTHORIZED)
                    .map(drop)
            };
            let app = Router::new()
                .route(IDLE, get(async || ()))
                .route(DECIDING, get(decide));
            listener.set_nonblocking(true).expect("it is a socket");
            let listener = net::TcpListener::from_std(listener).expect("there is a runtime");
            axum::serve(listener, app).await
        }
        Framework::Actix => {
            let server = HttpServer::new(move || {
                let authenticator = authenticator.clone();
                let decide = move |request: HttpRequest| {
                    let authenticator = authenticator.clone();
                    async move {
                        let headers = request.headers();
                        let lookup = |name| headers.get_all(name).map(|value| value.as_bytes());
                        let decision = authenticator.authenticate(OidcHeaders::from_lookup(lookup));
                        match decision.await {
                            Ok(_) => HttpResponse::Ok().finish(),
                            Err(_) => HttpResponse::Unauthorized().finish(),
                        }
                    }
                };
                App::new()
                    .route(IDLE, web::get().to(HttpResponse::Ok))
                    .route(DECIDING, web::get().to(decide))
            });
            let server = server.listen(listener).expect("it is a socket");
            server.run().await
        }
    };
    served.expect("it serves until the end");
}

const IDLE: &str = "/idle";
const DECIDING: &str = "/deciding";

/// The tokens and the users' `sub`s, one a line: what wrk's script reads.
fn write_users(scene: &Scene) -> PathBuf {
    let users = scene.requests.iter().map(|request| {
        let [(_, token), (_, sub), _] = request.lines();
        format!("{token} {sub}\n")
    });
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("users.txt");
    fs::write(&file, users.collect::<String>()).expect("the target folder can be written to");
    file
}

/// Keeps this thread, and those that it will start, to the first core, if there is a second.
fn keep_to_one_core() -> bool {
    let own = process::id().to_string();
    [vec!["-p", "-c", "0", &own], vec!["-c", "1", "true"]]
        .into_iter()
        .all(|arguments| {
            let output = Command::new("taskset").args(arguments).output();
            output.is_ok_and(|output| output.status.success())
        })
}

/// Of this process, in microseconds, while wrk sends requests for a second.
fn cpu_time_a_request(url: &str, users: &Path) -> f64 {
    let before = process_cpu_time();
    let wrk = Command::new("taskset")
        .args([
            "-c", "1", "wrk", "-t", "1", "-c", "16", "-d", "1s", "-s", SCRIPT, url, "--",
        ])
        .arg(users)
        .output()
        .expect("wrk can be run");
    let time = process_cpu_time().saturating_sub(before);
    let output = String::from_utf8_lossy(&wrk.stdout);
    let counted = output
        .lines()
        .find_map(|line| line.strip_prefix("counted ")?.split_once(' '));
    let (requests, failed) = counted.expect("wrk's script counts");
    assert_eq!(failed, "0", "some requests failed");
    let requests: f64 = requests.parse().expect("it is a number");
    time.as_secs_f64() * 1e6 / requests
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/load.lua");
const ROUNDS: usize = 30;
