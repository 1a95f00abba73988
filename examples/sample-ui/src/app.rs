//! The axum side: which path asks which page, who may, and what every response
//! carries.

use std::sync::Arc;

use alb_oidc::{Authenticator, Clock, SystemClock};
use alb_oidc_tower::{
    AuthenticateLayer, CsrfLayer, CsrfProtection, Endpoint, SignOut, User, browser_request,
};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post, post_service};
use serde::Deserialize;

use crate::front_desk::front_desk;
use crate::me::me;
use crate::page::{self, Page};
use crate::pages::{Notice, PROBLEM_TYPE, Visit, home, signed_out};
use crate::votes::Votes;

/// What the app's handlers share.
#[derive(Clone, Debug)]
pub struct House {
    /// The votes so far.
    pub votes: Votes,
    /// How to sign out.
    pub sign_out: SignOut,
    /// The name of the serving host, which the page shows.
    pub host: Arc<str>,
    /// Tells how long a token still holds.
    pub clock: Arc<dyn Clock>,
}

impl House {
    /// An empty ballot box on this host, by the system's clock.
    #[must_use]
    pub fn new(sign_out: SignOut) -> Self {
        Self {
            votes: Votes::default(),
            sign_out,
            host: gethostname::gethostname().to_string_lossy().into(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// The whole app. Only [`OPEN_PATHS`] answer without a token.
pub fn app(authenticator: Authenticator, house: House) -> Router {
    let csrf = CsrfProtection::new();
    let sign_out = Endpoint::sign_out(house.sign_out.clone(), csrf.clone());
    let members = Router::new()
        .route("/", get(show_home))
        .route("/api/me", get(show_me))
        // The GET: after a login in between, the load balancer sends the browser back to the path
        // of the vote.
        .route(
            "/vote",
            post(cast_vote)
                .get(go_home)
                .layer(DefaultBodyLimit::max(MAX_BALLOT)),
        )
        .route_layer(AuthenticateLayer::required(authenticator).responder(front_desk()));
    let open = Router::new()
        .route(HEALTH_PATH, get(async || "ok"))
        .route(
            SIGN_OUT_PATH,
            post_service(sign_out.responder(front_desk())).get(go_home),
        )
        .route(SIGNED_OUT_PATH, get(show_signed_out))
        .route(
            page::STYLE_PATH,
            get(async || asset("text/css; charset=utf-8", page::STYLE)),
        )
        .route(
            page::ICON_PATH,
            get(async || asset("image/svg+xml", page::ICON)),
        );
    members
        .merge(open)
        .fallback(async |asked: Asked| refuse(Notice::NotFound, &asked))
        .method_not_allowed_fallback(async |asked: Asked| refuse(Notice::MethodNotAllowed, &asked))
        .layer(CsrfLayer::new(csrf).responder(front_desk()))
        .layer(middleware::map_response(harden))
        .with_state(house)
}

/// The paths that a load balancer should forward without authenticating, exact
/// or ending in `/*`: health checks carry no token, and a page after the
/// sign-out must not sign the user in again.
pub const OPEN_PATHS: [&str; 4] = [HEALTH_PATH, SIGN_OUT_PATH, SIGNED_OUT_PATH, "/assets/*"];

async fn show_home(User(user): User, State(house): State<House>) -> Response {
    let Ok(now) = house.clock.unix_time() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tally = house.votes.tally(user.id());
    home(
        &user,
        &Visit {
            tally: &tally,
            host: &house.host,
            now,
        },
    )
    .into_response()
}

async fn show_me(User(user): User) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], me(&user).to_string())
}

#[derive(Deserialize)]
struct Ballot {
    restaurant: String,
}

async fn cast_vote(
    User(user): User,
    State(house): State<House>,
    asked: Asked,
    ballot: Result<Form<Ballot>, FormRejection>,
) -> Response {
    match ballot
        .ok()
        .and_then(|Form(ballot)| ballot.restaurant.parse().ok())
    {
        Some(choice) => {
            house.votes.cast(user.id(), choice);
            Redirect::to("/").into_response()
        }
        None => refuse(Notice::BadBallot, &asked),
    }
}

async fn show_signed_out(State(house): State<House>) -> Page {
    signed_out(house.sign_out.location() != SIGNED_OUT_PATH)
}

async fn go_home() -> Redirect {
    Redirect::to("/")
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, kind),
            (CACHE_CONTROL, "public, max-age=86400"),
        ],
        text,
    )
}

/// Of the request, what says who reads the answer.
type Asked = (Method, Uri, HeaderMap);

fn refuse(notice: Notice, (method, uri, headers): &Asked) -> Response {
    if browser_request(method, uri, headers).is_navigation() {
        return notice.page().into_response();
    }
    let status = StatusCode::from_u16(notice.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, PROBLEM_TYPE)], notice.problem()).into_response()
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (
            status,
            [(CONTENT_TYPE, page::CONTENT_TYPE)],
            self.into_html(),
        )
            .into_response()
    }
}

/// Nothing is stored by a browser or proxy unless it says itself that it may
/// be.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in page::SECURITY_HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

const HEALTH_PATH: &str = "/healthz";
const SIGN_OUT_PATH: &str = "/signout";
/// Where a sign-out ends.
pub const SIGNED_OUT_PATH: &str = "/signed-out";

/// A ballot is `restaurant=` and a slug.
const MAX_BALLOT: usize = 256;
