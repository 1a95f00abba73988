//! `/oauth2/token`: codes and refresh tokens into tokens.

use alb_oidc::UnixTime;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::DevelopmentIdp;
use super::authorize::Grant;
use super::form::Form;
use super::keys::TokenType;
use super::registration::Client;
use super::service::{Idp, json_answer};
use super::users::DevelopmentUser;
use crate::body::Body;
use crate::random;

/// A Cognito access token, its members in Cognito's order; and what RFC 9068
/// section 2.2 asks for that Cognito does not write, so that it can be verified
/// as one of either kind.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) sub: String,
    #[serde(
        rename = "cognito:groups",
        default,
        skip_serializing_if = "Vec::is_empty"
    )]
    cognito_groups: Vec<String>,
    /// For a user who is in none, too: an RFC 9068 token without the claim says nothing of groups.
    #[serde(default)]
    groups: Vec<String>,
    iss: String,
    aud: String,
    version: u8,
    client_id: String,
    pub(crate) token_use: String,
    pub(crate) scope: String,
    auth_time: u64,
    pub(crate) exp: u64,
    iat: u64,
    jti: String,
    pub(crate) username: String,
}

impl Idp {
    /// RFC 6749 sections 4.1.3, 5 and 6.
    pub(crate) async fn token(&self, request: Request<Incoming>, now: UnixTime) -> Response<Body> {
        let basic = request.headers().contains_key(AUTHORIZATION);
        let headers = request.headers().clone();
        let Some(form) = Form::read(request).await else {
            return error(StatusCode::BAD_REQUEST, "invalid_request");
        };
        let Some(client) = self.authenticated_client(&headers, &form) else {
            return invalid_client(basic);
        };
        let answer = match form.get("grant_type") {
            Some("authorization_code") => self.redeem_code(client, &form, now),
            Some("refresh_token") => self.redeem_refresh_token(client, &form, now),
            Some(_) => Err("unsupported_grant_type"),
            None => Err("invalid_request"),
        };
        match answer {
            Ok(tokens) => json_answer(StatusCode::OK, tokens.to_string()),
            Err(code) => error(StatusCode::BAD_REQUEST, code),
        }
    }

    /// By `Authorization: Basic` or by the form, and not by both (RFC 6749
    /// section 2.3).
    fn authenticated_client(&self, headers: &HeaderMap, form: &Form) -> Option<&Client> {
        let (id, secret) = match (headers.get(AUTHORIZATION), form.get("client_secret")) {
            (Some(_), Some(_)) | (None, None) => return None,
            (Some(credentials), None) => basic_credentials(credentials)?,
            (None, Some(secret)) => (form.get("client_id")?.to_owned(), secret.to_owned()),
        };
        let named_otherwise = form.get("client_id").is_some_and(|named| named != id);
        self.client(&id)
            .filter(|client| client.has_secret(&secret) && !named_otherwise)
    }

    fn redeem_code(
        &self,
        client: &Client,
        form: &Form,
        now: UnixTime,
    ) -> Result<Value, &'static str> {
        let code = form.get("code").ok_or("invalid_request")?;
        // Gone with its first use, whoever uses it and whatever comes of it.
        let grant = self.codes.take(code, now).ok_or("invalid_grant")?;
        let asked = &grant.authorization;
        let proven = match &asked.code_challenge {
            None => true,
            Some(challenge) => form
                .get("code_verifier")
                .is_some_and(|verifier| s256(verifier) == *challenge),
        };
        if asked.client_id != client.id
            || form.get("redirect_uri") != Some(&asked.redirect_uri)
            || !proven
        {
            return Err("invalid_grant");
        }
        let refresh_token = random::secret().map_err(|Unspecified| "server_error")?;
        let mut tokens = self.tokens(&grant, now)?;
        tokens.insert(
            "refresh_token".to_owned(),
            Value::from(refresh_token.as_str()),
        );
        self.refresh_tokens.insert(refresh_token, grant, now);
        Ok(Value::Object(tokens))
    }

    /// As with Cognito, the refresh token stays the same.
    fn redeem_refresh_token(
        &self,
        client: &Client,
        form: &Form,
        now: UnixTime,
    ) -> Result<Value, &'static str> {
        let token = form.get("refresh_token").ok_or("invalid_request")?;
        let grant = self
            .refresh_tokens
            .get(token, now)
            .filter(|grant| grant.authorization.client_id == client.id);
        let mut grant = grant.ok_or("invalid_grant")?;
        // The nonce was of the login (OpenID Connect Core 1.0 section 12.2).
        grant.authorization.nonce = None;
        self.tokens(&grant, now).map(Value::Object)
    }

    fn tokens(&self, grant: &Grant, now: UnixTime) -> Result<Map<String, Value>, &'static str> {
        let user = self
            .user(&grant.signed_in.username)
            .ok_or("invalid_grant")?;
        let scope = &grant.authorization.scope;
        let failed = |Unspecified| "server_error";
        let mut tokens = Map::new();
        tokens.insert(
            "access_token".to_owned(),
            self.access_token(grant, user, now).map_err(failed)?.into(),
        );
        tokens.insert("token_type".to_owned(), "Bearer".into());
        tokens.insert(
            "expires_in".to_owned(),
            self.access_token_lifetime.as_secs().into(),
        );
        if scope.split(' ').any(|scope| scope == "openid") {
            tokens.insert(
                "id_token".to_owned(),
                self.id_token(grant, user, now).map_err(failed)?.into(),
            );
        }
        Ok(tokens)
    }

    fn access_token(
        &self,
        grant: &Grant,
        user: &DevelopmentUser,
        now: UnixTime,
    ) -> Result<String, Unspecified> {
        let token = AccessToken {
            sub: user.sub().to_owned(),
            cognito_groups: user.groups().to_vec(),
            groups: user.groups().to_vec(),
            iss: self.issuer.clone(),
            aud: DevelopmentIdp::AUDIENCE.to_owned(),
            version: 2,
            client_id: grant.authorization.client_id.clone(),
            token_use: "access".to_owned(),
            scope: grant.authorization.scope.clone(),
            auth_time: grant.signed_in.auth_time.as_secs(),
            exp: now.saturating_add(self.access_token_lifetime).as_secs(),
            iat: now.as_secs(),
            jti: random::uuid()?,
            username: user.username().to_owned(),
        };
        self.key.sign(TokenType::AccessToken, &token)
    }

    /// OpenID Connect Core 1.0 section 2. The claims of the user are left to
    /// the userinfo endpoint, where the load balancer looks for them.
    fn id_token(
        &self,
        grant: &Grant,
        user: &DevelopmentUser,
        now: UnixTime,
    ) -> Result<String, Unspecified> {
        let mut claims = json!({
            "sub": user.sub(),
            "iss": self.issuer,
            "aud": grant.authorization.client_id,
            "cognito:username": user.username(),
            "token_use": "id",
            "auth_time": grant.signed_in.auth_time.as_secs(),
            "exp": now.saturating_add(self.access_token_lifetime).as_secs(),
            "iat": now.as_secs(),
            "jti": random::uuid()?,
        });
        if let (Some(nonce), Some(claims)) = (&grant.authorization.nonce, claims.as_object_mut()) {
            claims.insert("nonce".to_owned(), Value::from(nonce.as_str()));
        }
        self.key.sign(TokenType::IdToken, &claims)
    }
}

/// RFC 6749 section 2.3.1: both parts are form-encoded inside the base64.
fn basic_credentials(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| {
        form_urlencoded::parse(format!("v={}", text.replace('&', "%26")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    scheme
        .eq_ignore_ascii_case("basic")
        .then_some((decode(id)?, decode(secret)?))
}

fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

fn error(status: StatusCode, code: &str) -> Response<Body> {
    json_answer(status, json!({ "error": code }).to_string())
}

/// 401 with a challenge where the client tried the header, else 400 (RFC 6749
/// section 5.2).
fn invalid_client(basic: bool) -> Response<Body> {
    if !basic {
        return error(StatusCode::BAD_REQUEST, "invalid_client");
    }
    let mut response = error(StatusCode::UNAUTHORIZED, "invalid_client");
    response.headers_mut().insert(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"alb-oidc-sim\""),
    );
    response
}
