//! A gRPC service with tonic, behind a load balancer that signs users in.
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example tonic
//! ```
//!
//! gRPC needs HTTP/2 from the load balancer to the target: a target group of protocol version gRPC
//! on AWS. The local load balancer here speaks HTTP/1.1 to its target, so it lends its environment
//! alone, and every call of `example.Greeter` without a token ends with status 16:
//!
//! ```sh
//! grpcurl -plaintext -import-path crates/alb-oidc-tower/examples -proto greeter.proto \
//!     127.0.0.1:3000 example.Greeter/Hello
//! ```
//!
//! On AWS, set `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER` and `ALB_OIDC_CLIENT_ID`, listen on 0.0.0.0,
//! and let the health check call `/grpc.health.v1.Health/Check` and want status 0.

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::task::{Context, Poll};

use alb_oidc_tower::{AuthenticateLayer, Authenticator, GrpcStatus, Refusal, visitor};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::service::LayerExt as _;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// The layer has put the user into the request's extensions.
async fn hello(request: Request<()>) -> Result<Response<String>, Status> {
    let user = visitor(request.extensions()).user().map_err(refused)?;
    Ok(Response::new(format!("hello {}", user.display_name())))
}

/// No layer, no user, nothing to see.
fn refused(refusal: Refusal) -> Status {
    let code = Code::from_i32(refusal.problem().grpc_status().into());
    Status::new(code, "")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::from_env()?;
    let layer = AuthenticateLayer::required(authenticator).responder(GrpcStatus);
    let (_, health) = tonic_health::server::health_reporter();

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Server::builder()
        // Without the layer: the load balancer's own health checks carry no token.
        .add_service(health)
        .add_service(layer.named_layer(Greeter))
        .serve_with_incoming(TcpIncoming::from(listener))
        .await?;
    Ok(())
}

/// What tonic generates from `greeter.proto`; by hand here, so that nobody needs `protoc`.
#[derive(Clone)]
struct Greeter;

impl NamedService for Greeter {
    const NAME: &'static str = "example.Greeter";
}

impl Service<http::Request<Body>> for Greeter {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/example.Greeter/Hello" => {
                    let mut grpc = Grpc::new(ProstCodec::<String, ()>::new());
                    grpc.unary(service_fn(hello), request).await
                }
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}
