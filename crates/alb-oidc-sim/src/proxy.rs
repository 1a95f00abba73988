//! Requests on to the target, and its answers back.

use std::net::SocketAddr;

use alb_oidc::UnixTime;
use http::header::{
    CONNECTION, COOKIE, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING,
    UPGRADE,
};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::body::Body;
use crate::cookie;
use crate::host::RequestHost;
use crate::identity::{self, Identity};
use crate::page::status_page;
use crate::random;
use crate::rule::ClientIdentityHeaders;
use crate::serve::Shutdown;
use crate::upgrade::{is_websocket, tunnel};

/// The way to the target.
#[derive(Debug)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, Body>,
    target: Authority,
    client_identity: ClientIdentityHeaders,
}

/// Where a request came from and what the load balancer knows about it.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) client: SocketAddr,
    pub(crate) listener_port: u16,
    pub(crate) host: Option<&'a RequestHost>,
    pub(crate) session_cookie: Option<&'a str>,
    pub(crate) identity: Option<Identity>,
    pub(crate) now: UnixTime,
}

impl Proxy {
    /// Nothing unless `target` is `http://host:port`, with or without a `/` behind it.
    pub(crate) fn new(target: &Uri, client_identity: ClientIdentityHeaders) -> Option<Self> {
        let bare = matches!(
            target.path_and_query().map(PathAndQuery::as_str),
            None | Some("" | "/")
        );
        if target.scheme() != Some(&Scheme::HTTP) || !bare {
            return None;
        }
        let authority = target
            .authority()
            .filter(|authority| !authority.as_str().contains('@'))?
            .clone();
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        Some(Self {
            client,
            target: authority,
            client_identity,
        })
    }

    /// Sends `request` to the target. Neither body is ever held: both stream.
    pub(crate) async fn forward(
        &self,
        mut request: Request<Incoming>,
        origin: Origin<'_>,
        shutdown: Shutdown,
    ) -> Response<Body> {
        let websocket = is_websocket(request.method(), request.version(), request.headers());
        let upgrade = websocket.then(|| hyper::upgrade::on(&mut request));
        let Some(request) = self.outbound(request, &origin, websocket) else {
            return status_page(StatusCode::BAD_REQUEST);
        };
        match self.client.request(request).await {
            Ok(response) => inbound(response, upgrade, shutdown),
            Err(error) => {
                let timed_out = is_timeout(&error);
                tracing::warn!(target: "alb_oidc_sim", %error, timed_out, "the target gave no answer");
                status_page(if timed_out {
                    StatusCode::GATEWAY_TIMEOUT
                } else {
                    StatusCode::BAD_GATEWAY
                })
            }
        }
    }

    fn outbound(
        &self,
        request: Request<Incoming>,
        origin: &Origin<'_>,
        websocket: bool,
    ) -> Option<Request<Body>> {
        let (mut parts, body) = request.into_parts();
        let path = parts
            .uri
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        parts.uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.target.clone())
            .path_and_query(path)
            .build()
            .ok()?;
        parts.version = Version::HTTP_11;
        remove_hop_by_hop(&mut parts.headers);
        if websocket {
            parts
                .headers
                .insert(CONNECTION, HeaderValue::from_static("upgrade"));
            parts
                .headers
                .insert(UPGRADE, HeaderValue::from_static("websocket"));
        }
        if let Some(host) = origin.host {
            parts
                .headers
                .insert(HOST, HeaderValue::try_from(host.as_str()).ok()?);
        }
        rewrite_cookies(&mut parts.headers, origin.session_cookie);
        add_forwarding(&mut parts.headers, origin);
        identity::apply(
            &mut parts.headers,
            self.client_identity,
            origin.identity.as_ref(),
        );
        let strip = self.client_identity == ClientIdentityHeaders::Strip;
        let body = body.map_frame(move |frame| {
            if strip {
                without_protected_trailers(frame)
            } else {
                frame
            }
        });
        Some(Request::from_parts(
            parts,
            body.map_err(Into::into).boxed_unsync(),
        ))
    }
}

fn inbound(
    mut response: Response<Incoming>,
    upgrade: Option<hyper::upgrade::OnUpgrade>,
    shutdown: Shutdown,
) -> Response<Body> {
    let switching = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    match upgrade {
        Some(client) if switching => tunnel(client, hyper::upgrade::on(&mut response), shutdown),
        // A protocol that nobody asked for.
        _ if switching => return status_page(StatusCode::BAD_GATEWAY),
        _ => {}
    }
    let (mut parts, body) = response.into_parts();
    remove_hop_by_hop(&mut parts.headers);
    if switching {
        parts
            .headers
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        parts
            .headers
            .insert(UPGRADE, HeaderValue::from_static("websocket"));
    }
    parts.version = Version::HTTP_11;
    Response::from_parts(parts, body.map_err(Into::into).boxed_unsync())
}

/// Whether `Connection` names a header that the load balancer sets or reads.
/// Removed as hop-by-hop, it would be gone behind the next proxy.
pub(crate) fn connection_names_protected(headers: &HeaderMap) -> bool {
    connection_options(headers).any(|option| {
        let name = String::from_utf8_lossy(option).to_ascii_lowercase();
        identity::is_protected(&name) || PROTECTED.contains(&name.as_str())
    })
}

fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// RFC 9110 section 7.6.1. `TE: trailers` alone is passed on, which gRPC needs.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<_> = connection_options(headers)
        .filter_map(|option| HeaderName::from_bytes(option).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    let trailers = headers
        .get_all(TE)
        .iter()
        .any(|value| value.as_bytes().eq_ignore_ascii_case(b"trailers"));
    for name in [
        CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
    ] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

/// HTTP/2 may send one cookie a line; HTTP/1.1 wants one line (RFC 9113 section
/// 8.2.3).
fn rewrite_cookies(headers: &mut HeaderMap, session_cookie: Option<&str>) {
    let kept = match session_cookie {
        Some(name) => cookie::without_shards(headers, name),
        None => cookie::joined(headers),
    };
    headers.remove(COOKIE);
    if let Some(kept) = kept {
        headers.insert(COOKIE, kept);
    }
}

/// AWS: *HTTP headers and Application Load Balancers*, with `append` as the
/// mode for X-Forwarded-For; *Request tracing*.
fn add_forwarding(headers: &mut HeaderMap, origin: &Origin<'_>) {
    let client = origin.client.ip().to_canonical().to_string();
    let mut addresses = Vec::new();
    for earlier in headers.get_all(X_FORWARDED_FOR) {
        addresses.extend_from_slice(earlier.as_bytes());
        addresses.extend_from_slice(b", ");
    }
    addresses.extend_from_slice(client.as_bytes());
    if let Ok(value) = HeaderValue::from_bytes(&addresses) {
        headers.insert(X_FORWARDED_FOR, value);
    }
    headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    headers.insert(X_FORWARDED_PORT, HeaderValue::from(origin.listener_port));
    if let Some(value) = trace_id(headers.get(TRACE_ID), origin.now) {
        headers.insert(TRACE_ID, value);
    }
}

/// `Root=…` for a new trace; `Self=…;` in front of one that came in.
fn trace_id(earlier: Option<&HeaderValue>, now: UnixTime) -> Option<HeaderValue> {
    let bytes: [u8; 12] = random::bytes().ok()?;
    let random = bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let own = format!("1-{:08x}-{random}", now.as_secs());
    let earlier = earlier
        .and_then(|value| value.to_str().ok())
        .filter(|value| value.contains("Root="));
    let value = match earlier {
        Some(earlier) => {
            let fields: Vec<_> = earlier
                .split(';')
                .map(str::trim)
                .filter(|field| !field.starts_with("Self="))
                .collect();
            format!("Self={own};{}", fields.join(";"))
        }
        None => format!("Root={own}"),
    };
    HeaderValue::try_from(value).ok()
}

/// A server that merges trailers into the headers must not find an identity
/// there.
fn without_protected_trailers(frame: Frame<bytes::Bytes>) -> Frame<bytes::Bytes> {
    match frame.into_trailers() {
        Ok(mut trailers) => {
            identity::strip(&mut trailers);
            Frame::trailers(trailers)
        }
        Err(frame) => frame,
    }
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const PROTECTED: [&str; 6] = [
    "host",
    "cookie",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-amzn-trace-id",
];
/// AWS: *Troubleshoot your Application Load Balancers*, HTTP 504.
const CONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        headers
    }

    #[test]
    fn hop_by_hop_headers_and_what_connection_names_go_no_further() {
        let mut headers = headers(&[
            ("connection", "close, X-Private"),
            ("connection", "keep-alive"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("proxy-authorization", "Basic x"),
            ("upgrade", "h2c"),
            ("x-kept", "1"),
        ]);
        remove_hop_by_hop(&mut headers);

        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["te", "x-kept"]);
    }

    #[test]
    fn a_protected_name_in_connection_is_seen_in_any_spelling() {
        for value in [
            "X-Amzn-Oidc-Data",
            "close, x_amzn_oidc_identity",
            "cookie",
            "Host",
            "x-forwarded-for",
        ] {
            assert!(
                connection_names_protected(&headers(&[("connection", value)])),
                "{value}"
            );
        }
        assert!(!connection_names_protected(&headers(&[(
            "connection",
            "keep-alive, Upgrade"
        )])));
    }

    #[test]
    fn a_trace_is_begun_or_continued() {
        let begun = trace_id(None, UnixTime::from_secs(0x6789_1233)).unwrap();
        assert_eq!(
            begun.to_str().unwrap().len(),
            "Root=1-67891233-abcdef012345678912345678".len()
        );
        assert!(begun.to_str().unwrap().starts_with("Root=1-67891233-"));

        let earlier = HeaderValue::from_static(
            "Self=1-0-0;Root=1-67891233-abcdef012345678912345678;CalledFrom=app",
        );
        let continued = trace_id(Some(&earlier), UnixTime::from_secs(0x6789_1234)).unwrap();
        assert!(continued.to_str().unwrap().starts_with("Self=1-67891234-"));
        assert!(
            continued
                .to_str()
                .unwrap()
                .ends_with(";Root=1-67891233-abcdef012345678912345678;CalledFrom=app")
        );
    }

    #[test]
    fn a_target_is_plain_http_and_has_no_path() {
        for target in ["http://127.0.0.1:3000", "http://localhost:3000/"] {
            assert!(
                Proxy::new(&target.parse().unwrap(), ClientIdentityHeaders::Strip).is_some(),
                "{target}"
            );
        }
        for target in [
            "https://localhost",
            "http://localhost/a",
            "/a",
            "localhost:80",
            "http://u@localhost",
        ] {
            assert!(
                Proxy::new(&target.parse().unwrap(), ClientIdentityHeaders::Strip).is_none(),
                "{target}"
            );
        }
    }
}
