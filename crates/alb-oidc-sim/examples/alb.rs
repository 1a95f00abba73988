//! A local load balancer with a login page, in front of any program that listens on `PORT` (3000 if
//! unset) and reads the variables of `Authenticator::from_env`:
//!
//! ```sh
//! cargo run -p alb-oidc-sim --example alb -- cargo run -p alb-oidc-tower --example axum
//! ```
//!
//! It starts the program with those variables set, and ends with it.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use alb_oidc::Authenticator;
use alb_oidc_sim::{DevelopmentIdp, LocalAlb};
use tokio::process::Command;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let program = arguments.next().ok_or("say which program to start")?;
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());

    let idp = DevelopmentIdp::builder().start().await?;
    let alb = LocalAlb::builder(format!("http://127.0.0.1:{port}").parse()?)
        .authenticate(idp.authenticate_oidc())
        .forward("/healthz")
        .start()
        .await?;
    eprintln!("sign in at {}", alb.url());

    let signer = alb.signer();
    let ended = Command::new(program)
        .args(arguments)
        .env("PORT", port)
        .env(Authenticator::ALB_ARN_VARIABLE, signer.arn().to_string())
        .env(Authenticator::ISSUER_VARIABLE, signer.issuer().as_str())
        .env(Authenticator::CLIENT_ID_VARIABLE, signer.client().as_str())
        .env(Authenticator::KEY_URL_VARIABLE, alb.key_url())
        .kill_on_drop(true)
        .status()
        .await?;
    Ok(if ended.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
