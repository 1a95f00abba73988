//! The example `alb`, as a program of its own.
//!
//! `cargo test` builds it; before `cargo test --test simulator` alone goes `cargo build --examples`.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::timeout;

use crate::harness::{Browser, ReservedPort};

#[test]
fn it_starts_a_program_that_trusts_its_load_balancer_and_ends_with_it() {
    let alb = alb();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&alb);
        command
            .args(arguments)
            .env("PORT", "3999")
            .output()
            .unwrap()
    };
    let output = run(&["env"]);
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("sign in at http://localhost:"),
        "{stderr}"
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    let variables: HashMap<_, _> = stdout
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let variable = |name| *variables.get(name).unwrap();
    assert_eq!(variable("PORT"), "3999");
    assert!(variable("ALB_OIDC_ALB_ARN").contains(":000000000000:loadbalancer/app/"));
    assert_eq!(variable("ALB_OIDC_CLIENT_ID"), "development-client");
    assert!(variable("ALB_OIDC_ISSUER").starts_with("http://127.0.0.1:"));
    assert!(variable("ALB_OIDC_KEY_URL").starts_with("http://127.0.0.1:"));

    assert!(!run(&["false"]).status.success());
    assert!(!run(&[]).status.success());
}

#[tokio::test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "only Linux lets a listener have the port of a socket that does not listen"
)]
async fn an_example_of_an_adapter_behind_it_greets_who_signs_in() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../alb-oidc-tower/examples/axum.rs");
    assert!(source.is_file(), "the example has another name");
    let Some(axum) = program("axum") else {
        // `cargo test -p alb-oidc-sim` does not build it; `cargo test --workspace` does.
        eprintln!("skipped: it takes `cargo build -p alb-oidc-tower --examples`");
        return;
    };
    let port = ReservedPort::new();
    let mut running = Running::start(&axum, port.address().port());
    let url = running.stderr_after("sign in at ").await;
    let listening = running.stdout_after("listening on http://").await;
    assert_eq!(listening, port.address().to_string());

    let mut browser = Browser::new();
    let home = browser.sign_in(&url, "alice").await;
    assert_eq!((home.status, &*home.body), (200, "hello Alice Example\n"));
    let stranger = reqwest::get(format!("http://{listening}/")).await.unwrap();
    assert_eq!(stranger.status(), 401);
}

fn alb() -> PathBuf {
    program("alb").expect("cargo build -p alb-oidc-sim --examples")
}

/// Beside the folder of this test's own program, if it is made of the sources as they are.
fn program(example: &str) -> Option<PathBuf> {
    let mut path = env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    path.push(example);
    let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let built = modified(&path)?;
    // What cargo has noted of its sources.
    let sources = fs::read_to_string(path.with_extension("d")).ok()?;
    let mut sources = sources.split_whitespace().skip(1).map(Path::new);
    let is_current =
        sources.all(|source| modified(source).is_some_and(|modified| modified <= built));
    is_current.then_some(path)
}

/// The load balancer, and the program that it has started. Both end with the test.
struct Running {
    alb: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    fn start(program: &Path, port: u16) -> Self {
        let mut alb = Command::new(alb())
            .arg(program)
            .env("PORT", port.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let stdout = ChildStdout::from_std(alb.stdout.take().unwrap()).unwrap();
        let stderr = ChildStderr::from_std(alb.stderr.take().unwrap()).unwrap();
        Self {
            alb,
            stdout: BufReader::new(stdout),
            stderr: BufReader::new(stderr),
        }
    }

    async fn stdout_after(&mut self, start: &str) -> String {
        line_after(start, &mut self.stdout).await
    }

    async fn stderr_after(&mut self, start: &str) -> String {
        line_after(start, &mut self.stderr).await
    }
}

async fn line_after(start: &str, output: &mut BufReader<impl AsyncRead + Unpin>) -> String {
    let mut line = String::new();
    let read = timeout(Duration::from_secs(60), output.read_line(&mut line));
    read.await.expect("it says nothing").unwrap();
    let rest = line.trim_end().strip_prefix(start);
    rest.unwrap_or_else(|| panic!("it says {line:?}"))
        .to_owned()
}

impl Drop for Running {
    /// As a terminal does: all of the group are told to end, for `alb` does not pass a signal on.
    fn drop(&mut self) {
        let kill = format!("kill -TERM -{}", self.alb.id());
        let _ = Command::new("sh").args(["-c", &kill]).status();
        let _ = self.alb.kill();
        let _ = self.alb.wait();
    }
}
