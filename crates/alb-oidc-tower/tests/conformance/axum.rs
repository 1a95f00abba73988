//! In axum.

use alb_oidc_testkit::conformance::check;
use alb_oidc_tower::{AuthenticateLayer, MaybeUser};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{Bench, answer, headers};

/// Answers with the user's `sub`, or with nothing for nobody.
async fn who(user: MaybeUser) -> String {
    match user {
        MaybeUser::SignedIn(user) => user.id().subject().to_owned(),
        MaybeUser::Anonymous => String::new(),
    }
}

pub(crate) fn app(layer: AuthenticateLayer) -> Router {
    Router::new().route("/", get(who)).layer(layer)
}

#[tokio::test]
async fn axum_gives_every_row_its_outcome_in_either_mode() {
    let bench = Bench::new().await;
    for (layer, is_optional) in bench.layers() {
        let app = app(layer);
        let send = async |row: &_| {
            let mut request = Request::new(Body::empty());
            *request.headers_mut() = headers(row);
            let (head, body) = app.clone().oneshot(request).await.unwrap().into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            check(row, is_optional, &answer(&head, body));
        };
        bench.run(&bench.rows, send).await;
    }
}
