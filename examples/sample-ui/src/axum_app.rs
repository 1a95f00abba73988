//! The app on axum: which path asks which answer of the [`House`], behind which layers.

use std::io;
use std::net::TcpListener;

use alb_oidc::{Authenticator, BrowserRequest};
use alb_oidc_tower::{
    AuthenticateLayer, AuthorizeLayer, CsrfLayer, Endpoint, User, browser_request,
};
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::front_desk::front_desk;
use crate::house::{Ballot, House, MAX_BALLOT};
use crate::page;
use crate::pages::Notice;
use crate::paths;
use crate::reply::Reply;

/// The whole app. Only [`paths::OPEN`] answer without a token.
pub fn app(authenticator: Authenticator, house: House) -> Router {
    let sign_out = Endpoint::sign_out(house.sign_out.clone(), house.csrf.clone());
    let admins = Router::new()
        .route(paths::ADMIN, get(admin))
        .route(paths::NEW_ROUND, post(new_round).get(to_admin))
        .method_not_allowed_fallback(method_not_allowed)
        .route_layer(AuthorizeLayer::new(house.admins.clone()).responder(front_desk()));
    let users = Router::new()
        .route(paths::HOME, get(home))
        .route(paths::ME, get(me))
        // The GET, here and below: after a login in between, the load balancer sends the browser
        // back to the path of the form.
        .route(paths::VOTE, post(vote).get(to_home))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .merge(admins)
        .layer(AuthenticateLayer::required(authenticator).responder(front_desk()));
    let open = Router::new()
        .route(
            paths::HEALTH,
            get(async |State(house): State<House>| house.health()),
        )
        .route(
            paths::SIGN_OUT,
            get(to_home).fallback_service(sign_out.responder(front_desk())),
        )
        .route(
            paths::SIGNED_OUT,
            get(async |State(house): State<House>| house.signed_out()),
        )
        .route(
            paths::STYLE,
            get(async |State(house): State<House>| house.style()),
        )
        .route(
            paths::ICON,
            get(async |State(house): State<House>| house.icon()),
        )
        .method_not_allowed_fallback(method_not_allowed);
    users
        .merge(open)
        .layer(CsrfLayer::new(house.csrf.clone()).responder(front_desk()))
        .layer(DefaultBodyLimit::max(MAX_BALLOT))
        .layer(middleware::map_response(harden))
        .with_state(house)
}

/// Serves the app on this socket until that happens.
///
/// # Errors
///
/// The socket's.
pub async fn serve(
    listener: TcpListener,
    authenticator: Authenticator,
    house: House,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, app(authenticator, house))
        .with_graceful_shutdown(until)
        .await
}

/// Of the request, what says who reads the answer.
type Asked = (Method, Uri, HeaderMap);

async fn home(User(user): User, State(house): State<House>, asked: Asked) -> Reply {
    house.home(&user, &said(&asked))
}

async fn me(User(user): User, State(house): State<House>) -> Reply {
    house.me(&user)
}

async fn vote(
    User(user): User,
    State(house): State<House>,
    asked: Asked,
    ballot: Result<Form<Ballot>, FormRejection>,
) -> Reply {
    let ballot = ballot.ok().map(|Form(ballot)| ballot);
    house.vote(&user, ballot, &said(&asked))
}

async fn admin(User(user): User, State(house): State<House>) -> Reply {
    house.admin(&user)
}

async fn new_round(_: User, State(house): State<House>) -> Reply {
    house.new_round()
}

async fn to_home() -> Reply {
    Reply::see_other(paths::HOME)
}

async fn to_admin() -> Reply {
    Reply::see_other(paths::ADMIN)
}

async fn not_found(asked: Asked) -> Reply {
    Notice::NotFound.reply(&said(&asked))
}

/// axum adds which methods there are.
async fn method_not_allowed(asked: Asked) -> Reply {
    Notice::MethodNotAllowed.reply(&said(&asked))
}

fn said((method, uri, headers): &Asked) -> BrowserRequest<'_> {
    browser_request(method, uri, headers)
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers() {
            // All of them are the app's own, in ASCII.
            if let Ok(value) = HeaderValue::from_str(value) {
                let name = HeaderName::from_static(name);
                response.headers_mut().append(name, value);
            }
        }
        response.map(|_| Body::from(self.into_body()))
    }
}

/// On every response, the layers' own included.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in page::SECURITY_HEADERS {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    let (name, value) = page::NOT_STORED;
    headers
        .entry(HeaderName::from_static(name))
        .or_insert(HeaderValue::from_static(value));
    response
}
