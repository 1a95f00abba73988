use alb_oidc_tower::{
    AuthenticateLayer, Authenticator, ConfigError, CsrfLayer, CsrfProtection, User,
};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use axum::routing::post;
use tower_http::cors::CorsLayer;

pub fn app(authenticator: Authenticator) -> Result<Router, ConfigError> {
    let office = "https://office.example.com";
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static(office))
        .allow_methods([Method::POST])
        .allow_headers([CONTENT_TYPE])
        .allow_credentials(true);
    let csrf = CsrfProtection::new().trust_origin(office)?;
    Ok(Router::new()
        .route("/vote", post(async |User(_): User| "counted"))
        .layer(AuthenticateLayer::required(authenticator))
        .layer(CsrfLayer::new(csrf))
        // Outermost: a preflight carries no identity.
        .layer(cors))
}
