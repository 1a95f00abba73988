//! Every method, and requests that want more than an answer, around a service that would serve
//! anybody.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;

use alb_oidc_testkit::SimulatedAlb;
use alb_oidc_tower::AuthenticateLayer;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, ServiceExt as _, service_fn};

const METHODS: [&str; 12] = [
    "GET", "HEAD", "OPTIONS", "TRACE", "CONNECT", "POST", "PUT", "PATCH", "DELETE", "BREW", "get",
    "PRI",
];

#[tokio::test]
async fn every_method_is_decided_alike() {
    let alb = SimulatedAlb::new();
    let anybody =
        service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    for layer in [
        AuthenticateLayer::required(alb.authenticator()),
        AuthenticateLayer::optional(alb.authenticator()),
    ] {
        for method in METHODS {
            let request = || {
                let preflight = Request::builder()
                    .method(method)
                    .header("origin", "https://example.com")
                    .header("access-control-request-method", "GET")
                    .header("user-agent", "ELB-HealthChecker/2.0");
                preflight.body(()).unwrap()
            };
            let send = |request| layer.layer(anybody).oneshot(request);
            let mut forged = request();
            forged
                .headers_mut()
                .insert("x-amzn-oidc-data", "a.b.c".parse().unwrap());
            assert_eq!(send(forged).await.unwrap().status(), 401, "{method}");
            let signed_in = alb.sign_in(request(), "alice");
            assert_eq!(send(signed_in).await.unwrap().status(), 200, "{method}");
        }
    }
    let layer = AuthenticateLayer::required(alb.authenticator());
    for method in METHODS {
        let request = Request::builder().method(method).body(()).unwrap();
        let response = layer.layer(anybody).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 401, "{method}");
    }
}

/// Reads the body, or switches protocols if asked to.
async fn anything(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    if request.headers().contains_key("upgrade") {
        *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            stream.write_all(b"upgraded").await.unwrap();
        });
        return Ok(response);
    }
    *response.body_mut() = Full::new(request.into_body().collect().await.unwrap().to_bytes());
    Ok(response)
}

/// Sends these bytes to a server behind the layer, and gives all that it answers until it hangs up.
async fn exchange(alb: &SimulatedAlb, sent: &str) -> String {
    let service = AuthenticateLayer::required(alb.authenticator()).layer(service_fn(anything));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let http = hyper::server::conn::http1::Builder::new();
        let service = TowerToHyperService::new(service);
        let connection = http.serve_connection(TokioIo::new(connection), service);
        // It may be cut off in the middle of a request, and that is what it is about.
        let _ = connection.with_upgrades().await;
    });
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(sent.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    server.await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn token(alb: &SimulatedAlb) -> String {
    let request = alb.sign_in(Request::new(()), "alice");
    let value = request.headers()["x-amzn-oidc-data"].to_str().unwrap();
    format!("x-amzn-oidc-data: {value}\r\n")
}

#[tokio::test]
async fn a_request_that_expects_to_continue_or_wants_to_upgrade_is_decided_before_it_may() {
    let alb = SimulatedAlb::new();
    let forged = "x-amzn-oidc-data: a.b.c\r\n".to_owned();
    for headers in [String::new(), forged] {
        for request in [
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n",
            "OPTIONS * HTTP/1.1\r\n",
            "TRACE / HTTP/1.1\r\n",
            "CONNECT example.com:443 HTTP/1.1\r\n",
            "GET http://localhost/healthz HTTP/1.1\r\n",
            "GET / HTTP/1.0\r\n",
        ] {
            let answer =
                exchange(&alb, &format!("{request}Host: localhost\r\n{headers}\r\n")).await;
            let status = answer.lines().next().unwrap();
            // A 100 or a 101 would come first.
            assert!(status.contains(" 401 "), "{request:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_signed_in_user_may_continue_and_upgrade() {
    let alb = SimulatedAlb::new();
    let headers = format!("Host: localhost\r\n{}\r\n", token(&alb));
    let upgrade = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    let answer = exchange(&alb, &format!("{upgrade}{headers}")).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.ends_with("upgraded"), "{answer}");
    let post =
        "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 4\r\nExpect: 100-continue\r\n";
    let answer = exchange(&alb, &format!("{post}{headers}body")).await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    assert!(
        answer.contains("HTTP/1.1 200 ") && answer.ends_with("body"),
        "{answer}"
    );
}
