//! AWS Lambda as a target of a load balancer that signs users in.
//!
//! On your own machine it answers the one event that it reads from standard input:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example lambda < crates/alb-oidc-tower/examples/alb-event.json
//! ```
//!
//! On AWS, set `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER` and `ALB_OIDC_CLIENT_ID`, give the function a
//! timeout of more than 4 seconds and a way to the key endpoint, and **turn on multi-value headers
//! for the target group**. Without them the load balancer sends only the last of several headers of
//! one name, and takes only one of several cookies.

use std::env;
use std::io;

use alb_oidc_tower::{AuthenticateLayer, Authenticator, User};
use axum::Router;
use axum::routing::get;
use http_body_util::BodyExt as _;
use lambda_http::aws_lambda_events::alb::AlbTargetGroupResponse;
use lambda_http::{Body, Error, request};
use tower::ServiceExt as _;

/// An extractor: without a user, this handler is not called.
async fn hello(User(user): User) -> String {
    format!("hello {}\n", user.display_name())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Once, not for each event: it keeps the keys.
    let authenticator = Authenticator::from_env()?;
    let app = Router::new()
        .route("/", get(hello))
        .layer(AuthenticateLayer::required(authenticator))
        // After the layer: the load balancer's own health checks carry no token.
        .route("/healthz", get(async || "ok\n"));

    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return lambda_http::run(app).await;
    }
    answer_from_stdin(app).await
}

/// Not on Lambda: an event in, what the load balancer would be given out.
async fn answer_from_stdin(app: Router) -> Result<(), Error> {
    let request = request::from_reader(io::stdin())?;
    let (head, body) = app.oneshot(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut response = AlbTargetGroupResponse::default();
    response.status_code = head.status.as_u16().into();
    response.multi_value_headers = head.headers;
    response.body = Some(Body::Text(String::from_utf8(body.into())?));
    println!("{}", serde_json::to_string_pretty(&response)?);
    Ok(())
}
