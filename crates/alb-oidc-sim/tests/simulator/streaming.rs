//! Bodies that are passed on as they come, and connections that become something else.

use crate::harness::wire::{self, Wire};
use crate::harness::{Browser, Stack};

async fn headers_of(stack: &Stack, browser: &Browser) -> String {
    let cookies: Vec<_> = browser
        .jar
        .iter()
        .filter(|cookie| cookie.host == "localhost")
        .map(|cookie| format!("{}={}", cookie.name, cookie.value))
        .collect();
    format!(
        "Host: {}\r\nCookie: {}\r\n",
        stack.alb.url().strip_prefix("http://").unwrap(),
        cookies.join("; ")
    )
}

#[tokio::test]
async fn a_response_that_never_ends_arrives_as_it_comes() {
    let stack = Stack::start().await;
    let browser = stack.signed_in("alice").await;
    let headers = headers_of(&stack, &browser).await;

    let mut wire = Wire::open(
        stack.alb.local_addr(),
        &format!("GET /endless HTTP/1.1\r\n{headers}\r\n"),
    )
    .await;

    assert!(wire.read_until("first\n").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_request_body_arrives_before_it_has_ended() {
    let stack = Stack::start().await;
    let browser = stack.signed_in("alice").await;
    let headers = headers_of(&stack, &browser).await;

    let mut wire = Wire::open(
        stack.alb.local_addr(),
        &format!(
            "POST /upload HTTP/1.1\r\n{headers}Transfer-Encoding: chunked\r\n\r\n7\r\npiece 1\r\n"
        ),
    )
    .await;

    assert!(
        wire.read_until("piece 1").await.starts_with("HTTP/1.1 200"),
        "the answer is there while the request goes on"
    );
}

#[tokio::test]
async fn a_body_of_known_length_arrives_whole() {
    let stack = Stack::start().await;
    let mut browser = stack.signed_in("alice").await;

    let page = browser.post(&stack.url("/vote"), "dish=1").await;

    assert_eq!(
        (page.json()["method"].as_str(), page.json()["body"].as_str()),
        (Some("POST"), Some("dish=1"))
    );
    assert_eq!(page.sent("content-length"), ["6"]);
    assert!(page.sent("transfer-encoding").is_empty());
}

#[tokio::test]
async fn a_websocket_passes_through_both_ways() {
    let stack = Stack::start().await;
    let browser = stack.signed_in("alice").await;
    let headers = headers_of(&stack, &browser).await;
    let upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    let mut wire = Wire::open(
        stack.alb.local_addr(),
        &format!("GET /websocket HTTP/1.1\r\n{headers}{upgrade}\r\n"),
    )
    .await;
    let head = wire.read_until("\r\n\r\n").await;
    assert_eq!(wire::status(&head), 101);
    assert_eq!(wire::values(&head, "upgrade"), ["websocket"]);
    assert_eq!(wire::values(&head, "sec-websocket-accept"), ["accepted"]);

    for word in ["hello", "again"] {
        wire.send(word.as_bytes()).await;
        wire.read_until(&word.to_uppercase()).await;
    }
    stack.alb.shutdown().await;
    assert_eq!(wire.read_to_end().await, "", "a shutdown closes it");
}

#[tokio::test]
async fn a_websocket_needs_a_session_as_all_else_does() {
    let stack = Stack::start().await;
    let host = stack.alb.url().strip_prefix("http://").unwrap();

    let request = format!(
        "GET /websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    let mut wire = Wire::open(stack.alb.local_addr(), &request).await;

    assert_eq!(wire::status(&wire.read_until("\r\n\r\n").await), 302);
    assert_eq!(stack.target.requests(), 0);
}

#[tokio::test]
async fn an_upgrade_to_anything_else_is_an_ordinary_request() {
    let stack = Stack::start().await;
    let request =
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n";

    let answer = wire::exchange(stack.alb.local_addr(), request).await;

    assert_eq!(wire::status(&answer), 200);
}

#[tokio::test]
async fn http_2_reaches_the_target_too() {
    let stack = Stack::start().await;
    let client = http_2(stack.alb.local_addr()).await;
    let uri = stack.url("/healthz");
    let mut sender = client;
    let request = http::Request::get(uri)
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .unwrap();

    let response = sender.send_request(request).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, http::Version::HTTP_2)
    );
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap()
        .to_bytes();
    let told: serde_json::Value = serde_json::from_slice(&body).unwrap();

    let told = told.to_string();
    assert!(
        told.contains(r#"["cookie","a=1; b=2"]"#)
            && told.contains(&format!(
                r#"["host","{}"]"#,
                stack.alb.url().strip_prefix("http://").unwrap()
            )),
        "{told}"
    );
}

async fn http_2(
    address: std::net::SocketAddr,
) -> hyper::client::conn::http2::SendRequest<http_body_util::Empty<bytes::Bytes>> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(executor, hyper_util::rt::TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    sender
}
