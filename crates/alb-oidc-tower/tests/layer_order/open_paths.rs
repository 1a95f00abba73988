use alb_oidc_tower::{AuthenticateLayer, Authenticator, User};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

pub fn app(authenticator: Authenticator) -> Router {
    Router::new()
        .route("/", get(home))
        .layer(AuthenticateLayer::required(authenticator))
        // After the layer, so outside of it.
        .route("/healthz", get(async || "ok"))
        .route("/assets/style-1.css", get(style))
}

async fn home(User(user): User) -> String {
    format!("hello {}", user.display_name())
}

async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, "body { font: 1rem system-ui }")
}
