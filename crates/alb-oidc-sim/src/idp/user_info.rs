//! `/oauth2/userInfo`: the claims of whom an access token names.

use alb_oidc::UnixTime;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::json;

use super::service::{Idp, json_answer};
use super::token::AccessToken;
use crate::body::Body;

impl Idp {
    /// OpenID Connect Core 1.0 section 5.3; errors as in RFC 6750 section 3.1.
    pub(crate) fn user_info(&self, headers: &HeaderMap, now: UnixTime) -> Response<Body> {
        let token = headers
            .get(AUTHORIZATION)
            .and_then(bearer)
            .and_then(|token| self.key.verify::<AccessToken>(token));
        let Some(token) =
            token.filter(|token| token.token_use == "access" && token.exp > now.as_secs())
        else {
            return refused(StatusCode::UNAUTHORIZED, "invalid_token");
        };
        if !token.scope.split(' ').any(|scope| scope == "openid") {
            return refused(StatusCode::FORBIDDEN, "insufficient_scope");
        }
        match self
            .user(&token.username)
            .filter(|user| user.sub() == token.sub)
        {
            Some(user) => json_answer(StatusCode::OK, user.user_info()),
            None => refused(StatusCode::UNAUTHORIZED, "invalid_token"),
        }
    }
}

fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn refused(status: StatusCode, error: &str) -> Response<Body> {
    let mut response = json_answer(status, json!({ "error": error }).to_string());
    if let Ok(challenge) = HeaderValue::try_from(format!("Bearer error=\"{error}\"")) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
