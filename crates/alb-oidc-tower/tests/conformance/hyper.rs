//! In plain hyper, over a socket, as HTTP/1.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use alb_oidc_testkit::conformance::{Answer, Outcome, Row, check};
use alb_oidc_tower::{AuthenticateLayer, AuthenticatedUser, Refusal};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{client, server};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{Bench, answer, headers};

/// HTTP has no white space around a header's value ([RFC
/// 9110](https://www.rfc-editor.org/rfc/rfc9110#section-5.5)): a server takes it away before the
/// layer sees it. These rows have nothing else, and become what is empty.
const WITHOUT_WHITE_SPACE: [(&str, &str); 2] = [
    ("BlankData", "header-empty"),
    ("BlankIdentity", "header-empty"),
];

/// Answers with the user's `sub`, or with nothing for nobody.
async fn who(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let user = request.extensions().get::<AuthenticatedUser>();
    let sub = user.map_or("", |user| user.id().subject()).to_owned();
    Ok(Response::new(Full::from(sub)))
}

/// The refusal that the last response had in its extensions, which no socket carries.
type LastRefusal = Arc<Mutex<Option<Refusal>>>;

async fn serve(layer: AuthenticateLayer, last: LastRefusal) -> SocketAddr {
    let service = layer
        .layer(service_fn(who))
        .map_response(move |response: Response<_>| {
            *last.lock().unwrap() = response.extensions().get().cloned();
            response
        });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            let http = server::conn::http1::Builder::new();
            tokio::spawn(http.serve_connection(TokioIo::new(connection), service));
        }
    });
    address
}

async fn send(address: SocketAddr, headers: HeaderMap) -> Answer {
    let connection = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, driver) = client::conn::http1::handshake(connection).await.unwrap();
    tokio::spawn(driver);
    let mut request = Request::new(Full::<Bytes>::default());
    *request.headers_mut() = headers;
    request
        .headers_mut()
        .insert("host", "localhost".parse().unwrap());
    let (head, body) = client.send_request(request).await.unwrap().into_parts();
    answer(&head, body.collect().await.unwrap().to_bytes())
}

/// The rows as they arrive.
fn on_the_wire(mut rows: Vec<Row>) -> Vec<Row> {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let mut trimmed = Vec::new();
    for row in &mut rows {
        let mut values = row.headers.iter().map(|(_, value)| value);
        if values.any(|value| is_space(value.first()) || is_space(value.last())) {
            trimmed.push(row.name);
        }
        if let Some((_, reason)) = WITHOUT_WHITE_SPACE
            .iter()
            .find(|(name, _)| *name == row.name)
        {
            row.outcome = Outcome::Refused { reason };
        }
    }
    assert_eq!(trimmed, WITHOUT_WHITE_SPACE.map(|(name, _)| name));
    rows
}

#[tokio::test]
async fn plain_hyper_gives_every_row_its_outcome_in_either_mode() {
    let mut bench = Bench::new().await;
    let rows = on_the_wire(std::mem::take(&mut bench.rows));
    for (layer, is_optional) in bench.layers() {
        let last = LastRefusal::default();
        let address = serve(layer, last.clone()).await;
        let send = async |row: &_| {
            let mut answer = send(address, headers(row)).await;
            answer.refusal = last.lock().unwrap().take();
            check(row, is_optional, &answer);
        };
        bench.run(&rows, send).await;
    }
}
