//! The provider at work: what its endpoints share, and which request goes to
//! which.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use alb_oidc::{Clock, UnixTime};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::json;

use super::authorize::{Grant, Pending, SCOPES, SignedIn};
use super::keys::TokenKey;
use super::page;
use super::registration::{Client, Destination};
use super::store::Store;
use super::users::DevelopmentUser;
use crate::body::{Body, full};
use crate::host::{AllowedHosts, RequestHost};
use crate::serve::{Answer, Shutdown};

/// What all endpoints share. The stores' lifetimes are Cognito's: an hour for
/// its session cookie, five minutes for a code, thirty days for a refresh
/// token.
pub(crate) struct Idp {
    pub(crate) issuer: String,
    pub(crate) hosts: AllowedHosts,
    pub(crate) session_cookie: String,
    pub(crate) browser_cookie: String,
    pub(crate) first_client: Client,
    pub(crate) clients: Vec<Client>,
    pub(crate) redirects: Vec<Destination>,
    pub(crate) logouts: Vec<Destination>,
    pub(crate) users: Vec<DevelopmentUser>,
    pub(crate) access_token_lifetime: Duration,
    pub(crate) key: TokenKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pending: Store<Pending>,
    pub(crate) signed_in: Store<SignedIn>,
    pub(crate) codes: Store<Grant>,
    pub(crate) refresh_tokens: Store<Grant>,
}

impl Idp {
    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(crate) fn user(&self, username: &str) -> Option<&DevelopmentUser> {
        self.users.iter().find(|user| user.username() == username)
    }

    /// OpenID Connect Discovery 1.0 section 3, with what this provider does and
    /// nothing more.
    fn configuration(&self) -> String {
        let issuer = &self.issuer;
        json!({
            "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
            "code_challenge_methods_supported": ["S256"],
            "end_session_endpoint": format!("{issuer}/logout"),
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "response_types_supported": ["code"],
            "scopes_supported": SCOPES,
            "subject_types_supported": ["public"],
            "token_endpoint": format!("{issuer}/oauth2/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": format!("{issuer}/oauth2/userInfo"),
        })
        .to_string()
    }

    async fn route(&self, request: Request<Incoming>, now: UnixTime) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let posts = request.method() == Method::POST;
        match path.as_str() {
            "/.well-known/openid-configuration" if reads => {
                json_answer(StatusCode::OK, self.configuration())
            }
            "/.well-known/jwks.json" if reads => json_answer(StatusCode::OK, self.key.jwks()),
            "/oauth2/authorize" | "/login" if reads => {
                self.authorize(request.uri(), request.headers(), now)
            }
            "/login" if posts => self.sign_in(request, now).await,
            "/oauth2/token" if posts => self.token(request, now).await,
            "/oauth2/userInfo" if reads || posts => self.user_info(request.headers(), now),
            "/logout" if reads => self.logout(request.uri(), request.headers(), now),
            _ => page::refused(StatusCode::NOT_FOUND, "There is no such page here."),
        }
    }
}

impl Answer for Idp {
    async fn answer(
        &self,
        request: Request<Incoming>,
        _: SocketAddr,
        _: Shutdown,
    ) -> Response<Body> {
        // A page under another name would be one that DNS rebinding led here.
        let known = RequestHost::of(request.uri(), request.headers())
            .is_ok_and(|host| self.hosts.contains(&host));
        if !known {
            return page::refused(
                StatusCode::BAD_REQUEST,
                "This provider is not known under that host name.",
            );
        }
        match self.clock.unix_time() {
            Ok(now) => self.route(request, now).await,
            Err(_) => page::refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The clock cannot be read.",
            ),
        }
    }
}

impl fmt::Debug for Idp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idp")
            .field("issuer", &self.issuer)
            .field("clients", &self.clients)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}

/// JSON that nobody keeps (RFC 6749 section 5.1).
pub(crate) fn json_answer(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json;charset=UTF-8"),
    );
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
