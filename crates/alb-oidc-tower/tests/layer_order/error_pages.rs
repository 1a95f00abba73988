use alb_oidc_tower::{AuthenticateLayer, Authenticator, Pages, User};
use axum::Router;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;

pub fn app(authenticator: Authenticator) -> Router {
    Router::new()
        .route(
            "/",
            get(async |User(user): User| user.display_name().to_owned()),
        )
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page."))
        .layer(AuthenticateLayer::required(authenticator).responder(Pages::new()))
        // Outermost, so that refusals carry it as well.
        .layer(map_response(never_framed))
}

async fn never_framed(mut response: Response) -> Response {
    let deny = HeaderValue::from_static("DENY");
    response.headers_mut().insert("x-frame-options", deny);
    response
}
