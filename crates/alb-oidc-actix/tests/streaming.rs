//! Bodies are none of the middleware's business: they pass as they come, and are never held.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use alb_oidc_actix::Authenticate;
use alb_oidc_testkit::SimulatedAlb;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use serde_json::json;

/// How many of a body's chunks have been asked for, and how many are in memory.
#[derive(Clone, Debug, Default)]
struct Count {
    asked: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
}

/// Ten gigabytes, made as they are asked for.
#[derive(Debug)]
struct Large {
    left: usize,
    count: Count,
}

impl Large {
    const CHUNKS: usize = 10 * 1024;

    fn new(count: &Count) -> Self {
        Self {
            left: Self::CHUNKS,
            count: count.clone(),
        }
    }

    fn chunk(&mut self) -> Option<Bytes> {
        self.left = self.left.checked_sub(1)?;
        self.count.asked.fetch_add(1, Ordering::SeqCst);
        self.count.held.fetch_add(1, Ordering::SeqCst);
        Some(Bytes::from_owner(Megabyte(self.count.clone())))
    }
}

impl Stream for Large {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.chunk().map(Ok))
    }
}

impl MessageBody for Large {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized((self.left as u64) << 20)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.chunk().map(Ok))
    }
}

/// One chunk; counted until it is dropped.
struct Megabyte(Count);

impl AsRef<[u8]> for Megabyte {
    fn as_ref(&self) -> &[u8] {
        static ZEROS: [u8; 1 << 20] = [0; 1 << 20];
        &ZEROS
    }
}

impl Drop for Megabyte {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One chunk of a body of which no more than one is ever in memory.
fn length<E: std::fmt::Debug>(chunk: Result<Bytes, E>, count: &Count) -> usize {
    assert_eq!(count.held.load(Ordering::SeqCst), 1);
    chunk.unwrap().len()
}

async fn read_response(body: impl MessageBody, count: &Count) -> usize {
    let mut body = pin!(body);
    let mut bytes = 0;
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        bytes += length(chunk.map_err(Into::into), count);
    }
    bytes
}

fn payload(count: &Count) -> Payload {
    Payload::Stream {
        payload: Box::pin(Large::new(count)),
    }
}

#[tokio::test]
async fn ten_gigabytes_stream_through_and_are_never_held() {
    let alb = SimulatedAlb::new();
    for authenticate in [
        Authenticate::required(alb.authenticator()),
        Authenticate::optional(alb.authenticator()),
    ] {
        let (sent, answered) = (Count::default(), Count::default());
        let handler = {
            let (sent, answered) = (sent.clone(), answered.clone());
            move |mut body: web::Payload| {
                let (sent, answered) = (sent.clone(), answered.clone());
                async move {
                    // Nobody has looked before.
                    assert_eq!(sent.asked.load(Ordering::SeqCst), 0);
                    let mut bytes = 0;
                    while let Some(chunk) = body.next().await {
                        bytes += length(chunk, &sent);
                    }
                    assert_eq!(bytes, Large::CHUNKS << 20);
                    HttpResponse::Ok().body(Large::new(&answered))
                }
            }
        };
        let app = App::new().route("/", web::post().to(handler));
        let app = init_service(app.wrap(authenticate)).await;
        let headers = alb.headers(&json!({"sub": "alice"})).into_iter();
        let request = headers.fold(TestRequest::post(), TestRequest::insert_header);
        let (request, _) = request.to_request().replace_payload(payload(&sent));
        let response = call_service(&app, request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(answered.asked.load(Ordering::SeqCst), 0);
        let body = response.into_body();
        assert_eq!(body.size(), BodySize::Sized((Large::CHUNKS as u64) << 20));
        let bytes = read_response(body, &answered).await;
        assert_eq!(bytes, Large::CHUNKS << 20);
    }
}

#[tokio::test]
async fn a_refusal_does_not_read_the_body() {
    let alb = SimulatedAlb::new();
    let app = App::new().route("/", web::post().to(HttpResponse::Ok));
    let authenticate = Authenticate::required(alb.authenticator());
    let app = init_service(app.wrap(authenticate)).await;
    let count = Count::default();
    let request = TestRequest::post().to_request();
    let (request, _) = request.replace_payload(payload(&count));
    let response = call_service(&app, request).await;
    assert_eq!(response.status(), 401);
    assert_eq!(count.asked.load(Ordering::SeqCst), 0);
}
