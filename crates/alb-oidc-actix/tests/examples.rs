//! The example as a program of its own: one good and one forged request.
//!
//! `cargo test` builds it; before `cargo test --test examples` alone goes `cargo build --examples`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use actix_web::rt::time::timeout;
use alb_oidc_actix::Authenticator;
use alb_oidc_actix::alb_oidc::{Clock as _, SystemClock};
use alb_oidc_testkit::{Forgery, KeyServer, SimulatedAlb};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Starts the example, and waits until it listens. It ends with the test.
async fn start(alb: &SimulatedAlb, keys: &KeyServer) -> (Child, SocketAddr) {
    let mut child = Command::new(program("actix"))
        .env("PORT", "0")
        .env(Authenticator::ALB_ARN_VARIABLE, alb.arn().to_string())
        .env(Authenticator::ISSUER_VARIABLE, alb.issuer().as_str())
        .env(Authenticator::CLIENT_ID_VARIABLE, alb.client().as_str())
        .env(Authenticator::KEY_URL_VARIABLE, keys.url())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(Duration::from_secs(60), lines.next_line()).await;
    let line = line.unwrap().unwrap();
    let line = line.unwrap_or_else(|| panic!("the example ended"));
    let address = line.strip_prefix("listening on http://").unwrap();
    (child, address.parse().unwrap())
}

/// Beside the folder of this test's own program, and made of the sources as they are.
fn program(example: &str) -> PathBuf {
    let mut path = env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    path.push(format!("{example}{}", env::consts::EXE_SUFFIX));
    let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified());
    let built = modified(&path);
    // What cargo has noted of its sources.
    let sources = fs::read_to_string(path.with_extension("d")).unwrap_or_default();
    let mut sources = sources.split_whitespace().skip(1).map(Path::new);
    let is_current = built.is_ok_and(|built| {
        sources.all(|source| modified(source).is_ok_and(|modified| modified <= built))
    });
    assert!(is_current, "cargo build -p alb-oidc-actix --examples");
    path
}

async fn get(address: SocketAddr, path: &str, lines: &[(&str, Vec<u8>)]) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    let mut request = head.into_bytes();
    for (name, value) in lines {
        request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(&request).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn the_example_serves_a_signed_in_user_alone() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let (_running, address) = start(&alb, &keys).await;
    let good = alb.headers(&json!({"sub": "alice"})).into_iter();
    let good: Vec<_> = good.map(|(name, value)| (name, value.into())).collect();
    let (status, body) = get(address, "/", &good).await;
    assert_eq!((status, &*body), (200, "hello alice\n"));
    // Somebody else's claims under a good signature.
    let now = SystemClock.unix_time().unwrap();
    let forged = Forgery::PayloadSwapped.headers(&alb, now);
    let (status, body) = get(address, "/", &forged).await;
    assert_eq!(status, 401);
    assert!(body.contains(r#""status":401"#), "{body}");
    assert_eq!(get(address, "/", &[]).await.0, 401);
    let (status, body) = get(address, "/healthz", &[]).await;
    assert_eq!((status, &*body), (200, "ok\n"));
}

#[test]
fn every_example_is_tested_here_and_its_command_is_in_its_header_the_documentation_and_the_readme()
{
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(package.join(path)).unwrap();
    let alb = "cargo run -p alb-oidc-sim --example alb -- ";
    let command = format!("{alb}cargo run -p alb-oidc-actix --example actix");
    let line = format!("//! {command}\n");
    assert!(read("examples/actix.rs").contains(&line));
    assert!(read("src/lib.rs").contains(&line));
    assert!(read("../../README.md").contains(&format!("`{command}`")));
    let examples = fs::read_dir(package.join("examples")).unwrap();
    let names = examples.map(|file| file.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["actix.rs"]);
}

#[test]
fn every_program_that_is_shown_keeps_connections_longer_than_the_load_balancer_does() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["examples/actix.rs", "src/lib.rs", "../../README.md"] {
        let text = fs::read_to_string(package.join(file)).unwrap();
        let servers = text.matches("HttpServer::new(").count();
        let kept = text.matches(".keep_alive(Duration::from_secs(75))").count();
        assert_eq!((servers, kept), (1, 1), "{file}");
    }
}
