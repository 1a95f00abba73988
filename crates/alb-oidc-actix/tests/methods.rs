//! Every method, and requests that want more than an answer, around handlers that would serve
//! anybody.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::convert::Infallible;
use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use alb_oidc_actix::Authenticate;
use alb_oidc_testkit::SimulatedAlb;
use bytes::Bytes;
use futures_util::stream::once;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const METHODS: [&str; 13] = [
    "GET", "HEAD", "OPTIONS", "TRACE", "CONNECT", "POST", "PUT", "PATCH", "DELETE", "QUERY",
    "BREW", "get", "PRI",
];

#[tokio::test]
async fn every_method_is_decided_alike() {
    let alb = SimulatedAlb::new();
    for (authenticate, nobody) in [
        (Authenticate::required(alb.authenticator()), 401),
        (Authenticate::optional(alb.authenticator()), 200),
    ] {
        let app = App::new().default_service(web::to(HttpResponse::Ok));
        let app = init_service(app.wrap(authenticate)).await;
        for method in METHODS {
            let request = || {
                TestRequest::default()
                    .method(Method::from_bytes(method.as_bytes()).unwrap())
                    .insert_header(("origin", "https://example.com"))
                    .insert_header(("access-control-request-method", "GET"))
                    .insert_header(("user-agent", "ELB-HealthChecker/2.0"))
            };
            let forged = request().insert_header(("x-amzn-oidc-data", "a.b.c"));
            let headers = alb.headers(&json!({"sub": "alice"})).into_iter();
            let signed_in = headers.fold(request(), TestRequest::insert_header);
            for (request, status) in [(request(), nobody), (forged, 401), (signed_in, 200)] {
                let response = call_service(&app, request.to_request()).await;
                assert_eq!(response.status(), status, "{method}");
            }
        }
    }
}

/// Echoes the body, or switches protocols if asked to.
async fn anything(request: HttpRequest, body: web::Payload) -> HttpResponse {
    if request.headers().contains_key("upgrade") {
        return HttpResponse::SwitchingProtocols()
            .upgrade("websocket")
            .streaming(once(async {
                Ok::<_, Infallible>(Bytes::from_static(b"upgraded"))
            }));
    }
    HttpResponse::Ok().body(body.to_bytes().await.unwrap())
}

/// A server whose handler is behind the middleware.
struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Server {
    fn start(alb: &SimulatedAlb) -> Self {
        let authenticate = Authenticate::required(alb.authenticator());
        let app = move || {
            let app = App::new().default_service(web::to(anything));
            app.wrap(authenticate.clone())
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        let server = server.bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, handle }
    }

    /// Sends these bytes, and gives what is answered until it ends in this.
    async fn exchange(&self, sent: &str, end: &str) -> String {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            let read = client.read_buf(&mut answer).await.unwrap();
            assert!(read > 0, "{sent:?}: {}", String::from_utf8_lossy(&answer));
        }
        String::from_utf8(answer).unwrap()
    }
}

#[tokio::test]
async fn a_request_that_wants_more_than_an_answer_is_refused_like_any_other() {
    let alb = SimulatedAlb::new();
    let server = Server::start(&alb);
    for headers in ["", "x-amzn-oidc-data: a.b.c\r\n"] {
        for (request, first) in [
            (
                "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
                "HTTP/1.1 401 ",
            ),
            // That it may go on is what actix-http says, before it asks the application.
            (
                "POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 ",
            ),
            ("OPTIONS * HTTP/1.1\r\n", "HTTP/1.1 401 "),
            ("TRACE / HTTP/1.1\r\n", "HTTP/1.1 401 "),
            ("CONNECT example.com:443 HTTP/1.1\r\n", "HTTP/1.1 401 "),
            ("GET http://localhost/healthz HTTP/1.1\r\n", "HTTP/1.1 401 "),
            ("GET / HTTP/1.0\r\n", "HTTP/1.0 401 "),
        ] {
            let sent = format!("{request}Host: localhost\r\n{headers}\r\n");
            let answer = server.exchange(&sent, "load balancer.\"}").await;
            assert!(answer.starts_with(first), "{request:?}: {answer}");
        }
    }
    server.handle.stop(false).await;
}

#[tokio::test]
async fn a_signed_in_user_may_continue_and_upgrade() {
    let alb = SimulatedAlb::new();
    let server = Server::start(&alb);
    let mut headers = "Host: localhost\r\n".to_owned();
    for (name, value) in alb.headers(&json!({"sub": "alice"})) {
        headers += &format!("{name}: {value}\r\n");
    }
    let upgrade = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    let sent = format!("{upgrade}{headers}\r\n");
    let answer = server.exchange(&sent, "upgraded").await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    let post = "POST / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n";
    let sent = format!("{post}{headers}\r\nbody");
    let answer = server.exchange(&sent, "\r\n\r\nbody").await;
    assert!(answer.starts_with("HTTP/1.1 100 "), "{answer}");
    assert!(answer.contains("HTTP/1.1 200 "), "{answer}");
    server.handle.stop(false).await;
}
