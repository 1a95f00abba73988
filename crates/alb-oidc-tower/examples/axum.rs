//! axum, behind a load balancer that signs users in.
//!
//! On your own machine, with a login page and a load balancer, and without an AWS account:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example axum
//! ```
//!
//! On AWS, set `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER` and `ALB_OIDC_CLIENT_ID` instead, and listen
//! on 0.0.0.0.

use std::env;
use std::error::Error;
use std::net::Ipv4Addr;

use alb_oidc_tower::{AuthenticateLayer, Authenticator, User};
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

/// An extractor: without a user, this handler is not called.
async fn hello(User(user): User) -> String {
    format!("hello {}\n", user.display_name())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::from_env()?;
    let app = Router::new()
        .route("/", get(hello))
        .layer(AuthenticateLayer::required(authenticator))
        // After the layer: the load balancer's own health checks carry no token.
        .route("/healthz", get(async || "ok\n"));

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
