//! Plain hyper, behind a load balancer that signs users in.
//!
//! On your own machine, with a login page and a load balancer, and without an AWS account:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example hyper
//! ```
//!
//! On AWS, set `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER` and `ALB_OIDC_CLIENT_ID` instead, and listen
//! on 0.0.0.0.

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::net::Ipv4Addr;

use alb_oidc_tower::{AuthenticateLayer, Authenticator, answer_response, visitor};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _, service_fn};

type Answer = Result<Response<Full<Bytes>>, Infallible>;

/// The layer has put the user into the request's extensions.
async fn hello(request: Request<Incoming>) -> Answer {
    Ok(match visitor(request.extensions()).user() {
        Ok(user) => Response::new(Full::from(format!("hello {}\n", user.display_name()))),
        // No layer, no user, nothing to see.
        Err(refusal) => answer_response(refusal.problem().into()),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::from_env()?;
    let hello = AuthenticateLayer::required(authenticator).layer(service_fn(hello));
    let app = service_fn(move |request: Request<Incoming>| {
        let hello = hello.clone();
        async move {
            match request.uri().path() {
                // Around the layer: the load balancer's own health checks carry no token.
                "/healthz" => Answer::Ok(Response::new(Full::from("ok\n"))),
                // Everything else goes through it, and what a path means is decided behind it.
                _ => hello.oneshot(request).await,
            }
        }
    });

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        let app = TowerToHyperService::new(app.clone());
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            let connection = http
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(connection), app);
            if let Err(error) = connection.await {
                eprintln!("a connection broke off: {error}");
            }
        });
    }
}
