//! actix-web, behind a load balancer that signs users in.
//!
//! On your own machine, with a login page and a load balancer, and without an AWS account:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-actix --example actix
//! ```
//!
//! On AWS, set `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER` and `ALB_OIDC_CLIENT_ID` instead, and listen
//! on 0.0.0.0.

use std::env;
use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use alb_oidc_actix::{Authenticate, Authenticator, User};

/// An extractor: without a user, this handler is not called.
async fn hello(User(user): User) -> String {
    format!("hello {}\n", user.display_name())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Once, for all workers: they share its keys.
    let authenticate = Authenticate::required(Authenticator::from_env()?);
    let server = HttpServer::new(move || {
        let users = web::scope("")
            .route("/", web::get().to(hello))
            .wrap(authenticate.clone());
        App::new()
            // Outside of the scope: the load balancer's own health checks carry no token.
            .route("/healthz", web::get().to(async || "ok\n"))
            // Last, for its prefix takes every path.
            .service(users)
    });

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    // The load balancer keeps an idle connection for 60 seconds, and must not meet a closed one.
    let server = server.keep_alive(Duration::from_secs(75));
    let server = server.bind((Ipv4Addr::LOCALHOST, port))?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}
