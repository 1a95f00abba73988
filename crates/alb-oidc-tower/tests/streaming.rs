//! Bodies are none of the layer's business: they pass as they come, and are never held.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use alb_oidc_testkit::SimulatedAlb;
use alb_oidc_tower::AuthenticateLayer;
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use tower::ServiceExt as _;

/// How many of a body's frames have been asked for, and how many are in memory.
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
    const FRAMES: usize = 10 * 1024;

    fn new(count: &Count) -> Self {
        Self {
            left: Self::FRAMES,
            count: count.clone(),
        }
    }
}

impl HttpBody for Large {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.left = left;
        self.count.asked.fetch_add(1, Ordering::SeqCst);
        self.count.held.fetch_add(1, Ordering::SeqCst);
        let data = Bytes::from_owner(Megabyte(self.count.clone()));
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

/// One frame; counted until it is dropped.
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

/// Reads it all, and checks that no more than one frame is ever in memory.
async fn read(mut body: Body, count: &Count) -> usize {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        assert_eq!(count.held.load(Ordering::SeqCst), 1);
        bytes += data.len();
    }
    bytes
}

fn request(count: &Count) -> Request<Body> {
    Request::post("/")
        .body(Body::new(Large::new(count)))
        .unwrap()
}

#[tokio::test]
async fn ten_gigabytes_stream_through_and_are_never_held() {
    let alb = SimulatedAlb::new();
    for layer in [
        AuthenticateLayer::required(alb.authenticator()),
        AuthenticateLayer::optional(alb.authenticator()),
    ] {
        let (sent, answered) = (Count::default(), Count::default());
        let handler = {
            let (sent, answered) = (sent.clone(), answered.clone());
            async move |request: Request<Body>| {
                // Nobody has looked before.
                assert_eq!(sent.asked.load(Ordering::SeqCst), 0);
                let bytes = read(request.into_body(), &sent).await;
                assert_eq!(bytes, Large::FRAMES << 20);
                Response::new(Body::new(Large::new(&answered)))
            }
        };
        let app = Router::new().route("/", post(handler)).layer(layer);
        let request = alb.sign_in(request(&sent), "alice");
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(answered.asked.load(Ordering::SeqCst), 0);
        let bytes = read(response.into_body(), &answered).await;
        assert_eq!(bytes, Large::FRAMES << 20);
    }
}

#[tokio::test]
async fn a_refusal_does_not_read_the_body() {
    let alb = SimulatedAlb::new();
    let layer = AuthenticateLayer::required(alb.authenticator());
    let app = Router::new()
        .route("/", post(async || "served"))
        .layer(layer);
    let count = Count::default();
    let response = app.oneshot(request(&count)).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(count.asked.load(Ordering::SeqCst), 0);
}
