//! What `benches/load` sends its requests to: one handler, behind the layer and not.
//!
//! Its argument is a folder, where it writes its address (`address.txt`) and, one a line, the tokens
//! and the users' `sub`s (`users.txt`). `/cpu` says how many nanoseconds of CPU time the process has
//! had.

#![expect(
    clippy::expect_used,
    reason = "a server that cannot start serves nothing"
)]

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use alb_oidc::CryptoBackend;
use alb_oidc_tower::AuthenticateLayer;
use axum::Router;
use axum::routing::get;
use benches::{Scene, process_cpu_time};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

fn main() {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.expect("the folder is the argument");
    let scene = Scene::shared();
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);
    let app = Router::new()
        .route("/layered", get(async || "hello"))
        .layer(AuthenticateLayer::required(authenticator))
        .route("/plain", get(async || "hello"))
        .route(
            "/cpu",
            get(async || process_cpu_time().as_nanos().to_string()),
        );
    let users = scene.requests.iter().map(|request| {
        let [(_, token), (_, sub), _] = request.lines();
        format!("{token} {sub}\n")
    });
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("there is a runtime").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("there is a port");
        let address = listener.local_addr().expect("it has one");
        let written = fs::write(folder.join("users.txt"), users.collect::<String>())
            .and_then(|()| fs::write(folder.join("address.txt"), address.to_string()));
        written.expect("the folder can be written to");
        // Should nobody end it.
        let _ = tokio::time::timeout(LIFETIME, async { axum::serve(listener, app).await }).await;
    });
}

const LIFETIME: Duration = Duration::from_secs(600);
