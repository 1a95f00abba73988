use std::sync::Arc;
use std::time::Duration;

use alb_oidc_tower::alb_oidc::Clock;
use alb_oidc_tower::{AuthenticateLayer, Authenticator, CsrfLayer, CsrfProtection, User};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, UPGRADE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{copy, split};
use tokio::time::timeout;

pub fn app(authenticator: Authenticator, clock: Arc<dyn Clock>) -> Router {
    Router::new()
        .route("/echo", get(echo))
        .with_state(clock)
        .layer(AuthenticateLayer::required(authenticator))
        .layer(CsrfLayer::new(CsrfProtection::new()))
}

async fn echo(
    User(user): User,
    State(clock): State<Arc<dyn Clock>>,
    mut request: Request,
) -> Response {
    let Ok(now) = clock.unix_time() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let left = user.token_expires_at().saturating_since(now);
    tokio::spawn(talk(hyper::upgrade::on(&mut request), left));
    let headers = [(CONNECTION, "upgrade"), (UPGRADE, "websocket")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// Until the other side hangs up, or nobody vouches any longer for who it is.
async fn talk(upgrade: OnUpgrade, left: Duration) {
    if let Ok(connection) = upgrade.await {
        let (mut reader, mut writer) = split(TokioIo::new(connection));
        let _ = timeout(left, copy(&mut reader, &mut writer)).await;
    }
}
