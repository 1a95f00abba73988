//! The whole verification beside other libraries', in the same run on the same tokens: a Markdown
//! table. `benches/compare` sets it up.
//!
//! Each argument `NAME=COMMAND` is a peer: a program that is started with a folder's name, in which
//! are `key.pem`, `rule.json` and, one a line, `tokens.txt`. It verifies the tokens, those without
//! their last padding if it cannot take it, and says what it is in one line. After that, for each
//! line that it reads, it verifies all of them some times, and writes how many nanoseconds of CPU
//! time one verification has taken.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use alb_oidc::CryptoBackend;
use alb_oidc_testkit::SimulatedAlb;
use benches::{Request, Rounds, Scene, Workload, hours_from_now};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::json;

fn main() {
    let scene = Scene::new(mint);
    let folder = write(&scene);
    let mut rounds = Rounds::default();
    rounds.enter(BARE, scene.bare_verify());
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);
    rounds.enter(OURS, scene.authenticate(authenticator));
    rounds.enter(JSONWEBTOKEN, jsonwebtoken(&scene));
    for argument in env::args() {
        if let Some((name, command)) = argument.split_once('=') {
            let mut peer = Peer::start(command, &folder);
            rounds.enter_turns(&format!("{name} {}", peer.version), move || {
                // As ours, it has its caches to fill again.
                peer.turn();
                Some(peer.turn())
            });
        }
    }
    let standings = rounds.run(ROUNDS);

    let lengths = scene.requests.iter().map(|request| request.token().len());
    println!(
        "{} tokens of {} bytes on average, one after the other; the CPU time of one verification (ours the \
         thread's; the peers' the process's, collectors of garbage included): the median of {ROUNDS} rounds \
         in which all took turns, with quartiles.\n",
        Workload::TOKENS,
        lengths.sum::<usize>() / Workload::TOKENS
    );
    println!("| | µs | times the bare verification | times alb-oidc |");
    println!("|---|--:|--:|--:|");
    for name in standings.names() {
        let ours = match name {
            OURS => "1".to_owned(),
            _ => format!("{:.2}", standings.ratio(name, OURS)),
        };
        let bare = match name {
            BARE => "1".to_owned(),
            _ => format!("{:.2}", standings.ratio(name, BARE)),
        };
        println!(
            "| {name} | {:.1} | {bare} | {ours} |",
            standings.time(name).median
        );
    }
}

/// Genuine, and so long that the header's and the payload's encodings need no padding: that is
/// signed, and some peers cannot take it. The signature's is not, and is stripped for them.
fn mint(alb: &SimulatedAlb, n: usize) -> Request {
    let now = hours_from_now(6);
    Request::of_user(n, |userinfo| {
        let members = userinfo.trim_end_matches('}');
        let (exp, iss) = (now.as_secs() + 120, alb.issuer());
        let payload = format!(r#"{members},"exp":{exp},"iss":"{iss}"}}"#);
        alb.sign(fill(alb.header(now)), fill(payload))
    })
}

/// With spaces at its end, which mean nothing in JSON.
fn fill(json: String) -> String {
    let spaces = json.len().next_multiple_of(3) - json.len();
    json + &" ".repeat(spaces)
}

/// What the peers read.
fn write(Scene { alb, requests }: &Scene) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let tokens: Vec<_> = requests.iter().map(Request::token).collect();
    let rule = json!({
        "signer": alb.arn().to_string(),
        "issuer": alb.issuer().as_str(),
        "client": alb.client().as_str(),
    });
    let key = alb.public_key_pem(alb.key_id());
    let key = key.expect("it has its own key");
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    for (name, text) in [
        ("tokens.txt", tokens.join("\n")),
        ("rule.json", rule.to_string()),
        ("key.pem", key),
    ] {
        fs::write(folder.join(name), text).expect("the folder can be written to");
    }
    folder
}

/// Its default for everything, the issuer, and the claims as a `serde_json::Value`. It does not know
/// of signers and clients.
fn jsonwebtoken(scene: &Scene) -> Workload {
    let key = scene.public_key(CryptoBackend::AwsLcRs);
    let key = DecodingKey::from_ec_der(key.as_spki_der());
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[scene.alb.issuer().as_str()]);
    validation.validate_aud = false;
    let tokens: Vec<_> = scene
        .requests
        .iter()
        .map(|request| request.token().trim_end_matches('=').to_owned())
        .collect();
    Workload::new(None, move |n| {
        let verified = jsonwebtoken::decode::<serde_json::Value>(tokens.get(n)?, &key, &validation);
        verified.is_err().then_some("refused")
    })
}

struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    version: String,
}

impl Peer {
    fn start(command: &str, folder: &PathBuf) -> Self {
        let mut process = Command::new("sh")
            .args(["-c", &format!("exec {command} \"$0\"")])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let input = process.stdin.take();
        let output = process.stdout.take();
        let mut peer = Self {
            process,
            input: input.expect("it is piped"),
            output: BufReader::new(output.expect("it is piped")),
            version: String::new(),
        };
        peer.version = peer.read();
        peer
    }

    fn turn(&mut self) -> f64 {
        writeln!(self.input).expect("a peer reads until its input ends");
        let nanoseconds: f64 = self.read().parse().expect("a peer writes a number");
        nanoseconds / 1_000.0
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        assert!(read.is_ok_and(|bytes| bytes > 0), "a peer has ended");
        line.trim_end().to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const BARE: &str = "the signature alone, aws-lc-rs";
const OURS: &str = "**alb-oidc**";
const JSONWEBTOKEN: &str = "jsonwebtoken (aws_lc_rs) ¹";
const ROUNDS: usize = 60;
