//! The public keys, at the path where the verifiers look for them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use alb_oidc::KeyId;
use alb_oidc_testkit::SimulatedAlb;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::{Body, full};
use crate::serve::{Answer, Shutdown};

/// `GET /{kid}` gives the key as PEM; all else the 403 with which S3 answers
/// for objects that are not there.
#[derive(Debug)]
pub(crate) struct KeyEndpoint {
    signer: SimulatedAlb,
    hits: AtomicU64,
}

impl KeyEndpoint {
    pub(crate) fn new(signer: SimulatedAlb) -> Self {
        Self {
            signer,
            hits: AtomicU64::new(0),
        }
    }

    /// How many requests came, whatever their answer.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// The one canonical spelling of a key id, and nothing beside it.
    fn pem(&self, path_and_query: &str) -> Option<String> {
        let text = path_and_query.strip_prefix('/')?;
        let id: KeyId = text.parse().ok()?;
        (id.to_string() == text)
            .then(|| self.signer.public_key_pem(id))
            .flatten()
    }
}

impl Answer for KeyEndpoint {
    async fn answer(
        &self,
        request: Request<Incoming>,
        _: SocketAddr,
        _: Shutdown,
    ) -> Response<Body> {
        self.hits.fetch_add(1, Ordering::Relaxed);
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request
            .uri()
            .path_and_query()
            .map_or("", |path| path.as_str());
        match self.pem(path) {
            Some(pem) if reads => content(StatusCode::OK, "binary/octet-stream", pem),
            _ => content(StatusCode::FORBIDDEN, "application/xml", ACCESS_DENIED),
        }
    }
}

fn content(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<bytes::Bytes>,
) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

const ACCESS_DENIED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message>\
    <RequestId>0000000000000000</RequestId><HostId>alb-oidc-sim</HostId></Error>";
