//! The ways to put a layer into an axum application, and what each of them covers.

use alb_oidc_testkit::SimulatedAlb;
use alb_oidc_tower::{AuthenticateLayer, User};
use axum::Router;
use axum::body::Body;
use axum::handler::HandlerWithoutStateExt as _;
use axum::routing::{any, get, post};
use http::Request;
use http_body_util::BodyExt as _;
use tower::{Layer as _, ServiceExt as _};

/// Has no extractor: where the layer does not cover it, anybody gets in.
async fn bare() -> &'static str {
    SECRET
}

/// Asks for a user: where no layer covers it, nobody gets in.
async fn careful(User(_): User) -> &'static str {
    SECRET
}

async fn open() -> &'static str {
    "open"
}

const SECRET: &str = "for users alone";

/// What a request for this becomes: of nobody, with a forged token, and of a signed-in user.
type Row = (&'static str, &'static str, [u16; 3]);

/// The layer decides. A user gets what is behind it.
const fn covered(method: &'static str, path: &'static str, behind: u16) -> Row {
    (method, path, [401, 401, behind])
}

/// The layer is not asked.
const fn not_covered(method: &'static str, path: &'static str, status: u16) -> Row {
    (method, path, [status; 3])
}

fn arrangements(layer: &AuthenticateLayer) -> Vec<(&'static str, Router, Vec<Row>)> {
    let layer = || layer.clone();
    let inner = || Router::new().route("/bare", get(bare));
    vec![
        (
            "layer covers the routes before it, what is not there, and wrong methods",
            inner()
                .layer(layer())
                .route("/after", get(careful))
                .route("/open", get(open)),
            vec![
                covered("GET", "/bare", 200),
                covered("POST", "/bare", 405),
                covered("GET", "/missing", 404),
                not_covered("GET", "/after", 500),
                not_covered("POST", "/after", 405),
                not_covered("GET", "/open", 200),
            ],
        ),
        (
            "route_layer covers the routes before it and nothing else",
            inner().route_layer(layer()).route("/after", get(careful)),
            vec![
                covered("GET", "/bare", 200),
                covered("POST", "/bare", 405),
                not_covered("GET", "/missing", 404),
                not_covered("GET", "/after", 500),
            ],
        ),
        (
            "layer covers a fallback that is set before it",
            inner().fallback(bare).layer(layer()),
            vec![
                covered("GET", "/bare", 200),
                covered("GET", "/missing", 200),
            ],
        ),
        (
            "layer does not cover a fallback that is set after it",
            inner().layer(layer()).fallback(careful),
            vec![
                covered("GET", "/bare", 200),
                not_covered("GET", "/missing", 500),
            ],
        ),
        (
            "route_layer does not cover a fallback",
            inner().fallback(careful).route_layer(layer()),
            vec![
                covered("GET", "/bare", 200),
                not_covered("GET", "/missing", 500),
            ],
        ),
        (
            "layer covers a fallback service",
            inner().fallback_service(bare.into_service()).layer(layer()),
            vec![covered("GET", "/missing", 200)],
        ),
        (
            "layer covers a fallback for wrong methods that is set before it",
            inner().method_not_allowed_fallback(bare).layer(layer()),
            vec![covered("GET", "/bare", 200), covered("POST", "/bare", 200)],
        ),
        (
            "layer does not cover a fallback for wrong methods that is set after it",
            inner().layer(layer()).method_not_allowed_fallback(careful),
            vec![
                covered("GET", "/bare", 200),
                not_covered("POST", "/bare", 500),
            ],
        ),
        (
            "route_layer covers a fallback for wrong methods that is set before it",
            inner()
                .method_not_allowed_fallback(bare)
                .route_layer(layer()),
            vec![covered("GET", "/bare", 200), covered("POST", "/bare", 200)],
        ),
        (
            "a layer around a whole router covers all of it",
            Router::new().fallback_service(
                layer().layer(inner().route("/careful", get(careful)).fallback(bare)),
            ),
            vec![
                covered("GET", "/bare", 200),
                covered("POST", "/bare", 405),
                covered("GET", "/careful", 200),
                covered("GET", "/missing", 200),
            ],
        ),
        (
            "a layer inside of what is nested covers that alone",
            Router::new()
                .nest("/in", inner().layer(layer()))
                .route("/after", get(careful)),
            vec![
                covered("GET", "/in/bare", 200),
                covered("POST", "/in/bare", 405),
                not_covered("GET", "/in/missing", 404),
                not_covered("GET", "/after", 500),
                not_covered("GET", "/bare", 404),
            ],
        ),
        (
            "a layer inside of what is nested covers a fallback of its own",
            Router::new().nest("/in", inner().fallback(bare).layer(layer())),
            vec![
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/missing", 200),
                not_covered("GET", "/missing", 404),
            ],
        ),
        (
            "a layer inside of what is nested does not cover the fallback around it",
            Router::new()
                .nest("/in", inner().layer(layer()))
                .fallback(careful),
            vec![
                covered("GET", "/in/bare", 200),
                not_covered("GET", "/in/missing", 500),
                not_covered("GET", "/missing", 500),
            ],
        ),
        (
            "a layer around what is nested covers it",
            Router::new()
                .nest("/in", inner())
                .layer(layer())
                .nest("/after", Router::new().route("/", get(careful))),
            vec![
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/missing", 404),
                covered("GET", "/missing", 404),
                not_covered("GET", "/after", 500),
            ],
        ),
        (
            "route_layer around what is nested covers its routes",
            Router::new()
                .nest("/in", inner().fallback(careful))
                .route_layer(layer()),
            vec![
                covered("GET", "/in/bare", 200),
                not_covered("GET", "/in/missing", 500),
            ],
        ),
        (
            "a nested service is covered by a layer around it",
            Router::new()
                .nest_service("/in", inner().fallback(bare))
                .layer(layer()),
            vec![
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/missing", 200),
            ],
        ),
        (
            "what is merged keeps its own layer and lends it to nobody",
            Router::new()
                .route("/careful", get(careful))
                .merge(inner().layer(layer())),
            vec![
                covered("GET", "/bare", 200),
                not_covered("GET", "/careful", 500),
            ],
        ),
        (
            "what is merged with its layer brings that to all that is missing",
            Router::new()
                .route("/open", get(open))
                .merge(inner().layer(layer())),
            vec![
                covered("GET", "/bare", 200),
                covered("POST", "/bare", 405),
                covered("GET", "/missing", 404),
                not_covered("GET", "/open", 200),
                not_covered("POST", "/open", 405),
            ],
        ),
        (
            "what is merged with its layer does not bring that to a fallback that is there",
            Router::new()
                .fallback(careful)
                .merge(inner().layer(layer())),
            vec![
                covered("GET", "/bare", 200),
                not_covered("GET", "/missing", 500),
            ],
        ),
        (
            "what is merged before the layer is covered, and after it not",
            Router::new()
                .merge(inner())
                .layer(layer())
                .merge(Router::new().route("/after", get(careful))),
            vec![
                covered("GET", "/bare", 200),
                not_covered("GET", "/after", 500),
            ],
        ),
        (
            "the fallback of what is merged is covered by its own layer",
            Router::new()
                .route("/open", get(open))
                .merge(inner().fallback(bare).layer(layer())),
            vec![
                not_covered("GET", "/open", 200),
                covered("GET", "/bare", 200),
                covered("GET", "/missing", 200),
            ],
        ),
        (
            "a layer of one route covers the methods before it",
            Router::new().route("/one", get(bare).layer(layer()).post(careful)),
            vec![
                covered("GET", "/one", 200),
                covered("HEAD", "/one", 200),
                not_covered("POST", "/one", 500),
            ],
        ),
        (
            "a layer of one route covers its fallback for methods if that is set before it",
            Router::new()
                .route("/before", get(bare).fallback(bare).layer(layer()))
                .route("/after", get(bare).layer(layer()).fallback(careful)),
            vec![
                covered("POST", "/before", 200),
                covered("GET", "/after", 200),
                not_covered("POST", "/after", 500),
            ],
        ),
        (
            "a layer twice decides as one does",
            inner().layer(layer()).layer(layer()),
            vec![
                covered("GET", "/bare", 200),
                covered("GET", "/missing", 404),
            ],
        ),
        (
            "one path may be a user's for one method and anybody's for another",
            Router::new()
                .route("/both", post(bare))
                .layer(layer())
                .route("/both", get(open)),
            vec![
                covered("POST", "/both", 200),
                not_covered("GET", "/both", 200),
            ],
        ),
        (
            "a path with a parameter or a wildcard is covered, however it is spelled",
            Router::new()
                .route("/a/{*rest}", any(bare))
                .layer(layer())
                .route("/healthz", get(open)),
            vec![
                covered("GET", "/a/b", 200),
                covered("GET", "/a/../healthz", 200),
                covered("GET", "/a/%2e%2e/healthz", 200),
                covered("GET", "//healthz", 404),
                covered("GET", "/healthz/", 404),
                covered("GET", "/healthz;x", 404),
                covered("GET", "/HEALTHZ", 404),
                not_covered("GET", "/healthz?x", 200),
            ],
        ),
    ]
}

#[tokio::test]
async fn no_arrangement_of_routers_serves_a_protected_handler_to_nobody() {
    let alb = SimulatedAlb::new();
    let layer = AuthenticateLayer::required(alb.authenticator());
    let all = arrangements(&layer);
    let mut served = 0;
    for (arrangement, app, rows) in all {
        for (method, path, expected) in rows {
            let request = || {
                Request::builder()
                    .method(method)
                    .uri(path)
                    .body(Body::empty())
                    .unwrap()
            };
            let mut forged = request();
            forged
                .headers_mut()
                .insert("x-amzn-oidc-data", "a.b.c".parse().unwrap());
            let requests = [request(), forged, alb.sign_in(request(), "alice")];
            let mut statuses = Vec::new();
            for (index, request) in requests.into_iter().enumerate() {
                let response = app.clone().oneshot(request).await.unwrap();
                statuses.push(response.status().as_u16());
                let body = response.into_body().collect().await.unwrap().to_bytes();
                if body == SECRET {
                    assert_eq!(
                        index, 2,
                        "{arrangement}: {method} {path} is served to anybody"
                    );
                    served += 1;
                }
            }
            assert_eq!(statuses, expected, "{arrangement}: {method} {path}");
        }
    }
    // HEAD has no body.
    assert!(served > 20, "only {served} users were served");
}

#[tokio::test]
async fn behind_an_optional_layer_a_forged_token_is_no_way_in_either() {
    let alb = SimulatedAlb::new();
    let layer = AuthenticateLayer::optional(alb.authenticator());
    for (arrangement, app, rows) in arrangements(&layer) {
        for (method, path, [_, expected, _]) in rows {
            let mut request = Request::builder()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap();
            request
                .headers_mut()
                .insert("x-amzn-oidc-data", "a.b.c".parse().unwrap());
            let status = app.clone().oneshot(request).await.unwrap().status();
            assert_eq!(status, expected, "{arrangement}: {method} {path}");
        }
    }
}
