//! Each example as a program of its own: one good and one forged request.
//!
//! `cargo test` builds them; before `cargo test --test examples` alone goes `cargo build --examples`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alb_oidc_testkit::{Fault, Forgery, KeyServer, SimulatedAlb};
use alb_oidc_tower::Authenticator;
use alb_oidc_tower::alb_oidc::{Clock as _, SystemClock};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

/// What an example is configured with, and what its users come through.
struct Surroundings {
    alb: SimulatedAlb,
    keys: KeyServer,
}

impl Surroundings {
    async fn new() -> Self {
        let alb = SimulatedAlb::new();
        let keys = KeyServer::start().await.unwrap();
        keys.publish(&alb);
        Self { alb, keys }
    }

    /// Ends with the test.
    fn command(&self, example: &str) -> Command {
        let mut command = Command::new(program(example));
        command
            .env("PORT", "0")
            .env(Authenticator::ALB_ARN_VARIABLE, self.alb.arn().to_string())
            .env(Authenticator::ISSUER_VARIABLE, self.alb.issuer().as_str())
            .env(
                Authenticator::CLIENT_ID_VARIABLE,
                self.alb.client().as_str(),
            )
            .env(Authenticator::KEY_URL_VARIABLE, self.keys.url())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts an example that listens, and waits until it does.
    async fn start(&self, example: &str) -> (Child, SocketAddr) {
        let mut child = self.command(example).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(Duration::from_secs(60), lines.next_line()).await;
        let line = line.unwrap().unwrap();
        let line = line.unwrap_or_else(|| panic!("{example} ended"));
        let address = line.strip_prefix("listening on http://").unwrap();
        (child, address.parse().unwrap())
    }

    /// The headers of a request that alice sends.
    fn good(&self) -> HeaderMap {
        let request = self.alb.sign_in(Request::new(()), "alice");
        request.into_parts().0.headers
    }

    /// Somebody else's claims under a good signature.
    fn forged(&self) -> HeaderMap {
        let now = SystemClock.unix_time().unwrap();
        let lines = Forgery::PayloadSwapped.headers(&self.alb, now);
        let lines = lines.into_iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(&value).unwrap();
            (name.parse().unwrap(), value)
        });
        lines.collect()
    }

    /// What a load balancer sends to a function.
    fn event(&self, path: &str, headers: &HeaderMap) -> Value {
        let names = headers.keys().map(|name| {
            let values = headers.get_all(name).iter();
            let values = values.map(|value| Value::from(value.to_str().unwrap()));
            (name.to_string(), values.collect())
        });
        let names: serde_json::Map<String, Value> = names.collect();
        json!({
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/hello/5f0eb4ab0f1cbd57"}},
            "httpMethod": "GET",
            "path": path,
            "multiValueQueryStringParameters": {},
            "multiValueHeaders": names,
            "body": "",
            "isBase64Encoded": false,
        })
    }
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
    assert!(is_current, "cargo build -p alb-oidc-tower --examples");
    path
}

async fn get_path(address: SocketAddr, path: &str, headers: HeaderMap) -> (u16, String) {
    let connection = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, driver) = hyper::client::conn::http1::handshake(connection)
        .await
        .unwrap();
    tokio::spawn(driver);
    let mut request = Request::get(path).body(Full::<Bytes>::default()).unwrap();
    *request.headers_mut() = headers;
    request
        .headers_mut()
        .insert("host", HeaderValue::from_static("localhost"));
    let (head, body) = client.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        head.status.as_u16(),
        String::from_utf8(body.into()).unwrap(),
    )
}

async fn serves_alice_alone(example: &str) {
    let surroundings = Surroundings::new().await;
    let (_running, address) = surroundings.start(example).await;
    let (status, body) = get_path(address, "/", surroundings.good()).await;
    assert_eq!((status, &*body), (200, "hello alice\n"));
    let (status, body) = get_path(address, "/", surroundings.forged()).await;
    assert_eq!(status, 401);
    assert!(body.contains(r#""status":401"#), "{body}");
    assert_eq!(get_path(address, "/", HeaderMap::new()).await.0, 401);
    let (status, body) = get_path(address, "/healthz", HeaderMap::new()).await;
    assert_eq!((status, &*body), (200, "ok\n"));
}

#[tokio::test]
async fn the_axum_example_serves_a_signed_in_user_alone() {
    serves_alice_alone("axum").await;
}

#[tokio::test]
async fn the_hyper_example_serves_a_signed_in_user_alone() {
    serves_alice_alone("hyper").await;
}

/// Over HTTP/2, as a load balancer calls a target of protocol version gRPC.
async fn connect(address: SocketAddr) -> Channel {
    let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

async fn call_hello(channel: Channel, headers: HeaderMap) -> Result<String, tonic::Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let mut request = tonic::Request::new(());
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    let path = PathAndQuery::from_static("/example.Greeter/Hello");
    let codec = ProstCodec::<(), String>::new();
    let response: tonic::Response<String> = client.unary(request, path, codec).await?;
    Ok(response.into_inner())
}

#[tokio::test]
async fn the_tonic_example_serves_a_signed_in_user_alone() {
    let surroundings = Surroundings::new().await;
    let (_running, address) = surroundings.start("tonic").await;
    let channel = connect(address).await;
    let hello = call_hello(channel.clone(), surroundings.good()).await;
    assert_eq!(hello.unwrap(), "hello alice");
    for headers in [surroundings.forged(), HeaderMap::new()] {
        let status = call_hello(channel.clone(), headers).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unauthenticated);
        assert_eq!(status.message(), "");
    }
    let mut health = HealthClient::new(channel);
    let health = health.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(health.into_inner().status(), ServingStatus::Serving);
}

#[tokio::test]
async fn a_grpc_call_that_cannot_be_decided_is_unavailable() {
    let surroundings = Surroundings::new().await;
    surroundings.keys.fail(Fault::Status(500));
    let (_running, address) = surroundings.start("tonic").await;
    let status = call_hello(connect(address).await, surroundings.good()).await;
    assert_eq!(status.unwrap_err().code(), tonic::Code::Unavailable);
}

/// As Lambda's own service hands events out and takes answers
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
#[derive(Clone)]
struct RuntimeApi {
    events: Arc<Mutex<VecDeque<Value>>>,
    answers: mpsc::UnboundedSender<Value>,
}

impl RuntimeApi {
    /// Its address, and what is answered to these events, in order.
    async fn start(
        events: impl Into<VecDeque<Value>>,
    ) -> (SocketAddr, mpsc::UnboundedReceiver<Value>) {
        let (answers, answered) = mpsc::unbounded_channel();
        let api = Self {
            events: Arc::new(Mutex::new(events.into())),
            answers,
        };
        let invocation = "/2018-06-01/runtime/invocation";
        let app = Router::new()
            .route(&format!("{invocation}/next"), get(Self::next))
            .route(&format!("{invocation}/{{id}}/response"), post(Self::answer))
            .route(&format!("{invocation}/{{id}}/error"), post(Self::answer))
            .with_state(api);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (address, answered)
    }

    async fn next(State(api): State<Self>) -> ([(&'static str, &'static str); 3], String) {
        let event = api.events.lock().unwrap().pop_front();
        let Some(event) = event else {
            // Nothing more comes: the function waits, frozen.
            return std::future::pending().await;
        };
        let headers = [
            (
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            ),
            ("lambda-runtime-deadline-ms", "32503680000000"),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:000000000000:function:hello",
            ),
        ];
        (headers, event.to_string())
    }

    async fn answer(State(api): State<Self>, body: Bytes) -> http::StatusCode {
        api.answers
            .send(serde_json::from_slice(&body).unwrap())
            .unwrap();
        http::StatusCode::ACCEPTED
    }
}

#[tokio::test]
async fn the_lambda_example_serves_a_signed_in_user_alone() {
    let surroundings = Surroundings::new().await;
    let events = [
        surroundings.event("/", &surroundings.good()),
        surroundings.event("/", &surroundings.forged()),
        surroundings.event("/", &HeaderMap::new()),
        surroundings.event("/healthz", &HeaderMap::new()),
    ];
    let (address, mut answered) = RuntimeApi::start(events).await;
    let _running = surroundings
        .command("lambda")
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "hello")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .spawn()
        .unwrap();

    let mut answer = async || answered.recv().await.unwrap();
    let good = answer().await;
    assert_eq!(good["statusCode"], 200, "{good}");
    assert_eq!(good["body"], "hello alice\n");
    for forged in [answer().await, answer().await] {
        assert_eq!(forged["statusCode"], 401, "{forged}");
        // For target groups with multi-value headers, and for those without.
        assert_eq!(forged["headers"]["www-authenticate"], "ALB-OIDC");
        assert_eq!(
            forged["multiValueHeaders"]["www-authenticate"],
            json!(["ALB-OIDC"])
        );
        assert_eq!(forged["isBase64Encoded"], false);
    }
    let health = answer().await;
    assert_eq!(
        (&health["statusCode"], &health["body"]),
        (&json!(200), &json!("ok\n"))
    );
    assert_eq!(surroundings.keys.hits(), 1);
}

#[tokio::test]
async fn the_lambda_example_answers_an_event_from_its_standard_input() {
    let surroundings = Surroundings::new().await;
    let answer = async |headers: &HeaderMap| {
        let mut child = surroundings
            .command("lambda")
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let event = surroundings.event("/", headers).to_string();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(event.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let good = answer(&surroundings.good()).await;
    assert_eq!(
        (&good["statusCode"], &good["body"]),
        (&json!(200), &json!("hello alice\n"))
    );
    let forged = answer(&surroundings.forged()).await;
    assert_eq!(forged["statusCode"], 401, "{forged}");
    assert_eq!(
        forged["multiValueHeaders"]["content-type"],
        json!(["application/problem+json"])
    );
}

#[test]
fn every_example_is_tested_here_and_its_command_is_in_its_header_the_documentation_and_the_readme()
{
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(package.join(path)).unwrap();
    let (documentation, readme) = (read("src/lib.rs"), read("../../README.md"));
    let mut examples = Vec::new();
    for file in fs::read_dir(package.join("examples")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(example) = name.strip_suffix(".rs") else {
            continue;
        };
        let text = read(&format!("examples/{name}"));
        let alb = "cargo run -p alb-oidc-sim --example alb -- ";
        let command = format!("{alb}cargo run -p alb-oidc-tower --example {example}");
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("//! "));
        let line = lines.find(|line| line.starts_with(&command)).unwrap();
        assert!(documentation.contains(&format!("//! {line}\n")), "{name}");
        assert!(readme.contains(&format!("`{line}`")), "{name}");
        examples.push(example.to_owned());
    }
    examples.sort();
    assert_eq!(examples, ["axum", "hyper", "lambda", "tonic"]);
}
