//! The layer around services with other bodies than axum's: hyper over a real socket, and tonic.

use std::convert::Infallible;

use alb_oidc_testkit::SimulatedAlb;
use alb_oidc_tower::{AuthenticateLayer, AuthenticatedUser, GrpcStatus};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, ServiceExt as _, service_fn};

async fn who(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let user = request.extensions().get::<AuthenticatedUser>();
    let sub = user.map_or("", |user| user.id().subject()).to_owned();
    Ok(Response::new(Full::from(sub)))
}

#[tokio::test]
async fn plain_hyper_serves_a_signed_in_user_and_refuses_others() {
    let alb = SimulatedAlb::new();
    let service = AuthenticateLayer::required(alb.authenticator()).layer(service_fn(who));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service);
        let http = hyper::server::conn::http1::Builder::new();
        http.serve_connection(TokioIo::new(connection), service)
            .await
            .unwrap();
    });
    let connection = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut client, driver) = hyper::client::conn::http1::handshake(connection)
        .await
        .unwrap();
    tokio::spawn(driver);
    let request = || {
        let mut request = Request::new(Full::<Bytes>::default());
        request
            .headers_mut()
            .insert("host", "localhost".parse().unwrap());
        request
    };

    let response = client
        .send_request(alb.sign_in(request(), "alice"))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "alice");

    let response = client.send_request(request()).await.unwrap();
    assert_eq!(response.status(), 401);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"{\"type\""));
}

async fn grpc(
    request: Request<tonic::body::Body>,
) -> Result<Response<tonic::body::Body>, Infallible> {
    assert!(request.extensions().get::<AuthenticatedUser>().is_some());
    Ok(Response::new(tonic::body::Body::empty()))
}

#[tokio::test]
async fn a_grpc_call_is_refused_in_grpcs_own_words() {
    let alb = SimulatedAlb::new();
    let service = AuthenticateLayer::required(alb.authenticator())
        .responder(GrpcStatus)
        .layer(service_fn(grpc));
    let call = || Request::new(tonic::body::Body::empty());

    let response = service
        .clone()
        .oneshot(alb.sign_in(call(), "alice"))
        .await
        .unwrap();
    assert_eq!(response.headers().get("grpc-status"), None);

    let response = service.oneshot(call()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["grpc-status"], "16");
    assert_eq!(response.headers()["content-type"], "application/grpc");
    assert_eq!(
        tonic::Status::from_header_map(response.headers())
            .unwrap()
            .code(),
        tonic::Code::Unauthenticated
    );
}
