//! An app that verifies nothing and repeats everything.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// - `/endless`: one line, and then nothing for ever.
/// - `/upload`: answers with the first piece of the body as soon as it is there.
/// - `/trailers`: answers with the names of the body's trailers.
/// - `/websocket`: switches protocols and repeats bytes in upper case.
/// - all else: method, URI, headers and body as JSON.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Target {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let count = Arc::clone(&count);
                let service = service_fn(move |request| {
                    count.fetch_add(1, Ordering::SeqCst);
                    async { Ok::<_, Infallible>(answer(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection.with_upgrades());
            }
        });
        Self { address, requests }
    }

    pub(crate) fn uri(&self) -> Uri {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// How many requests have come.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn answer(mut request: Request<Incoming>) -> Response<Body> {
    match request.uri().path() {
        "/endless" => endless(),
        "/upload" => {
            let piece = request
                .body_mut()
                .frame()
                .await
                .unwrap()
                .unwrap()
                .into_data()
                .unwrap();
            Response::new(full(piece))
        }
        "/trailers" => {
            let body = request.into_body().collect().await.unwrap();
            let names: Vec<_> = body
                .trailers()
                .map(|trailers| trailers.keys().map(ToString::to_string).collect())
                .unwrap_or_default();
            Response::new(full(names.join(",")))
        }
        "/websocket" => websocket(request),
        _ => repeat(request).await,
    }
}

fn endless() -> Response<Body> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    tokio::spawn(async move {
        sender.send(Bytes::from_static(b"first\n")).await.unwrap();
        sender.closed().await;
    });
    let stream = futures(move |context| {
        receiver
            .poll_recv(context)
            .map(|item| item.map(|data| Ok(Frame::data(data))))
    });
    Response::new(StreamBody::new(stream).boxed_unsync())
}

fn futures<T>(
    poll: impl FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>>,
) -> impl futures_util::Stream<Item = T> {
    futures_util::stream::poll_fn(poll)
}

fn websocket(mut request: Request<Incoming>) -> Response<Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        let mut buffer = [0; 64];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            stream
                .write_all(&buffer[..length].to_ascii_uppercase())
                .await
                .unwrap();
        }
    });
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response
        .headers_mut()
        .insert("connection", HeaderValue::from_static("Upgrade"));
    response
        .headers_mut()
        .insert("upgrade", HeaderValue::from_static("websocket"));
    response
        .headers_mut()
        .insert("sec-websocket-accept", HeaderValue::from_static("accepted"));
    response
}

async fn repeat(request: Request<Incoming>) -> Response<Body> {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let (method, uri) = (request.method().to_string(), request.uri().to_string());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let told = json!({ "method": method, "uri": uri, "headers": headers, "body": String::from_utf8_lossy(&body) });
    let mut response = Response::new(full(told.to_string()));
    response
        .headers_mut()
        .insert("connection", HeaderValue::from_static("x-hop"));
    response
        .headers_mut()
        .insert("x-hop", HeaderValue::from_static("1"));
    response
        .headers_mut()
        .insert("x-end", HeaderValue::from_static("1"));
    response
}

fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}
