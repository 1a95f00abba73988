//! The load balancer's calls to the identity provider.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::reason::ErrorReason;
use crate::rule::{AuthenticateOidc, TokenEndpointAuthMethod};

/// An HTTP client that follows no redirect, takes no proxy from the
/// environment, and waits as long as a load balancer does.
#[derive(Clone, Debug)]
pub(crate) struct ProviderClient(reqwest::Client);

/// What the token endpoint gave.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: Option<Duration>,
}

impl ProviderClient {
    /// `tls` says whether any endpoint is `https`. Without, no certificate
    /// store is needed, and none has to be on the machine.
    pub(crate) fn new(tls: bool) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .user_agent(concat!("alb-oidc-sim/", env!("CARGO_PKG_VERSION")));
        if !tls {
            builder = builder.tls_certs_only([]);
        }
        builder.build().map(Self)
    }

    /// Exchanges an authorization code (RFC 6749 section 4.1.3) for tokens and
    /// the `sub` of the ID token, which must be of the rule's issuer.
    pub(crate) async fn exchange_code(
        &self,
        rule: &AuthenticateOidc,
        code: &str,
        redirect_uri: &str,
    ) -> Result<(Tokens, String), ErrorReason> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ];
        let tokens = self.tokens(rule, &form).await?;
        let id_token = tokens
            .id_token
            .as_deref()
            .ok_or(ErrorReason::AuthInvalidTokenResponse)?;
        let subject = subject_of_id_token(rule, id_token)?;
        Ok((tokens, subject))
    }

    /// Exchanges a refresh token (RFC 6749 section 6). An ID token is optional
    /// here; "its `sub` Claim Value MUST be the same as in the ID Token
    /// issued when the original authentication occurred" (OpenID Connect Core
    /// 1.0 section 12.2).
    pub(crate) async fn refresh(
        &self,
        rule: &AuthenticateOidc,
        refresh_token: &str,
        subject: &str,
    ) -> Result<Tokens, ErrorReason> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        let tokens = self.tokens(rule, &form).await?;
        match &tokens.id_token {
            Some(id_token) if subject_of_id_token(rule, id_token)? != subject => {
                Err(ErrorReason::AuthInvalidIdToken)
            }
            _ => Ok(tokens),
        }
    }

    /// The raw text of the userinfo object (OpenID Connect Core 1.0 section
    /// 5.3). Its `sub` is `subject`, and can stand in a header.
    ///
    /// "The `sub` Claim in the UserInfo Response MUST be verified to exactly match the `sub` Claim in the ID Token" (section 5.3.2): an access token
    /// that was swapped for another user's would otherwise sign in that other
    /// user. What AWS does here is not known.
    pub(crate) async fn user_info(
        &self,
        rule: &AuthenticateOidc,
        access_token: &str,
        subject: &str,
    ) -> Result<String, ErrorReason> {
        #[derive(Deserialize)]
        struct Claims {
            sub: String,
        }
        let request = self
            .0
            .get(&rule.user_info_endpoint)
            .bearer_auth(access_token)
            .header(ACCEPT, "application/json");
        let response = request.send().await.map_err(|error| {
            tracing::warn!(target: "alb_oidc_sim", %error, "the user info endpoint cannot be reached");
            ErrorReason::AuthUserinfoEpRequestTimeout
        })?;
        if !response.status().is_success() {
            tracing::warn!(
                target: "alb_oidc_sim",
                status = response.status().as_u16(),
                "the user info endpoint refused"
            );
            return Err(ErrorReason::AuthUserinfoEpRequestFailed);
        }
        let body = read(response).await.map_err(|error| match error {
            ReadError::Aborted => ErrorReason::AuthUserinfoEpRequestTimeout,
            ReadError::TooLong => ErrorReason::AuthUserinfoResponseSizeExceeded,
        })?;
        let claims: Claims =
            serde_json::from_slice(&body).map_err(|_| ErrorReason::AuthInvalidUserinfoResponse)?;
        let object: Result<Map<String, Value>, _> = serde_json::from_slice(&body);
        if object.is_err() || claims.sub.is_empty() || claims.sub.chars().any(char::is_control) {
            return Err(ErrorReason::AuthInvalidUserinfoResponse);
        }
        if claims.sub != subject {
            tracing::warn!(
                target: "alb_oidc_sim",
                "the user info is of another subject than the ID token or the session"
            );
            return Err(ErrorReason::AuthInvalidUserinfoResponse);
        }
        let text = String::from_utf8(body).map_err(|_| ErrorReason::AuthInvalidUserinfoResponse)?;
        Ok(text.trim().to_owned())
    }

    /// A JSON object from `url`, for discovery.
    pub(crate) async fn json(&self, url: &str) -> Result<Map<String, Value>, FetchError> {
        let response = self
            .0
            .get(url)
            .header(ACCEPT, "application/json")
            .send()
            .await;
        let response = response.map_err(|error| FetchError::Unreachable(error.to_string()))?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let body = read(response).await.map_err(|_| FetchError::Body)?;
        serde_json::from_slice(&body).map_err(|_| FetchError::Body)
    }

    async fn tokens(
        &self,
        rule: &AuthenticateOidc,
        form: &[(&str, &str)],
    ) -> Result<Tokens, ErrorReason> {
        let response = self.token_request(rule, form).send().await.map_err(|error| {
            tracing::warn!(target: "alb_oidc_sim", %error, "the token endpoint cannot be reached");
            ErrorReason::AuthTokenEpRequestTimeout
        })?;
        let status = response.status();
        let body = read(response).await.map_err(|error| match error {
            ReadError::Aborted => ErrorReason::AuthTokenEpRequestTimeout,
            ReadError::TooLong => ErrorReason::AuthInvalidTokenResponse,
        })?;
        if !status.is_success() {
            let error = serde_json::from_slice::<OAuthError>(&body)
                .unwrap_or_default()
                .error;
            let invalid_grant = error == "invalid_grant";
            tracing::warn!(
                target: "alb_oidc_sim",
                status = status.as_u16(),
                error = printable(&error),
                "the token endpoint refused"
            );
            return Err(if invalid_grant {
                ErrorReason::AuthInvalidGrantError
            } else {
                ErrorReason::AuthTokenEpRequestFailed
            });
        }
        Tokens::parse(&body).ok_or(ErrorReason::AuthInvalidTokenResponse)
    }

    fn token_request(&self, rule: &AuthenticateOidc, form: &[(&str, &str)]) -> RequestBuilder {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let mut request = self.0.post(&rule.token_endpoint);
        match rule.token_endpoint_auth_method {
            TokenEndpointAuthMethod::ClientSecretBasic => {
                let encode = |part: &str| {
                    form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>()
                };
                let credentials = STANDARD.encode(format!(
                    "{}:{}",
                    encode(&rule.client_id),
                    encode(&rule.client_secret)
                ));
                request = request.header(AUTHORIZATION, format!("Basic {credentials}"));
            }
            TokenEndpointAuthMethod::ClientSecretPost => {
                body.append_pair("client_id", &rule.client_id)
                    .append_pair("client_secret", &rule.client_secret);
            }
        }
        request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(body.finish())
    }
}

impl Tokens {
    fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            id_token: Option<String>,
            refresh_token: Option<String>,
            expires_in: Option<Value>,
        }
        let Answer {
            access_token,
            id_token,
            refresh_token,
            expires_in,
        } = serde_json::from_slice(body).ok()?;
        // The access token goes into a header as it is.
        let fits_a_header = !access_token.is_empty()
            && access_token
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte));
        // RFC 6749 wants a number; some providers send a string.
        let expires_in =
            expires_in.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        fits_a_header.then(|| Self {
            access_token,
            id_token,
            refresh_token: refresh_token.filter(|token| !token.is_empty()),
            expires_in: expires_in.map(Duration::from_secs),
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(redacted)")
    }
}

/// Why a JSON object could not be fetched.
#[derive(Debug)]
pub(crate) enum FetchError {
    Unreachable(String),
    Status(u16),
    Body,
}

/// The `sub` of an ID token of the rule's issuer. Refuses a `nonce`: the load
/// balancer sent none, so the token answers another request.
///
/// The signature is not checked. The token came straight from the token
/// endpoint, where "the TLS server validation MAY be used to validate the
/// issuer in place of checking the token signature" (OpenID Connect Core 1.0
/// section 3.1.3.7). An endpoint without TLS is on loopback.
fn subject_of_id_token(rule: &AuthenticateOidc, id_token: &str) -> Result<String, ErrorReason> {
    let claims = id_token_claims(id_token).ok_or(ErrorReason::AuthInvalidIdToken)?;
    let issuer = claims.get("iss").and_then(Value::as_str);
    if issuer != Some(&rule.issuer) || claims.contains_key("nonce") {
        return Err(ErrorReason::AuthInvalidIdToken);
    }
    let subject = claims.get("sub").and_then(Value::as_str);
    subject
        .map(str::to_owned)
        .ok_or(ErrorReason::AuthInvalidIdToken)
}

fn id_token_claims(id_token: &str) -> Option<Map<String, Value>> {
    let mut segments = id_token.split('.');
    let payload = match (
        segments.next(),
        segments.next(),
        segments.next(),
        segments.next(),
    ) {
        (Some(_), Some(payload), Some(_), None) => payload,
        _ => return None,
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

enum ReadError {
    Aborted,
    TooLong,
}

async fn read(mut response: Response) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| ReadError::Aborted)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(ReadError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[derive(Default, Deserialize)]
struct OAuthError {
    #[serde(default)]
    error: String,
}

/// An OAuth error code as RFC 6749 section 5.2 allows it, short enough for a
/// log line.
pub(crate) fn printable(error: &str) -> &str {
    let plain = error.len() <= 64
        && error
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if plain {
        error
    } else {
        "(not an OAuth error code)"
    }
}

/// An endpoint that does not answer within 5 seconds counts as out of reach
/// (AWS: *Access logs for your Application Load Balancer*).
const TIMEOUT: Duration = Duration::from_secs(5);
/// Four times what claims and access token may have; the rest is the ID token,
/// which is not kept.
const MAX_BODY_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> AuthenticateOidc {
        AuthenticateOidc::new(
            "http://idp",
            "http://idp/a",
            "http://idp/t",
            "http://idp/u",
            "client",
            "secret",
        )
    }

    fn id_token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn an_id_token_is_of_the_rules_issuer_and_has_a_subject_and_no_nonce() {
        let subject = |id_token: &str| subject_of_id_token(&rule(), id_token);

        assert_eq!(
            subject(&id_token(r#"{"iss":"http://idp","sub":"alice"}"#)),
            Ok("alice".to_owned())
        );
        for claims in [
            r#"{"iss":"http://idp/","sub":"alice"}"#,
            r#"{"iss":["http://idp"],"sub":"alice"}"#,
            r#"{"iss":"http://idp","sub":"alice","nonce":"n"}"#,
            r#"{"iss":"http://idp","sub":"alice","nonce":null}"#,
            r#"{"iss":"http://idp"}"#,
            r#"{"iss":"http://idp","sub":1}"#,
            "[]",
        ] {
            assert_eq!(
                subject(&id_token(claims)),
                Err(ErrorReason::AuthInvalidIdToken),
                "{claims}"
            );
        }
        for text in ["", "a.b", "a.b.c.d", "a.!.c"] {
            assert_eq!(
                subject(text),
                Err(ErrorReason::AuthInvalidIdToken),
                "{text}"
            );
        }
    }

    #[test]
    fn a_token_answer_needs_an_access_token_that_fits_a_header() {
        let tokens =
            Tokens::parse(br#"{"access_token":"a","expires_in":"60","refresh_token":""}"#).unwrap();

        assert_eq!(tokens.expires_in, Some(Duration::from_secs(60)));
        assert_eq!(tokens.refresh_token, None);
        assert!(Tokens::parse(br#"{"access_token":"a\r\nb"}"#).is_none());
        assert!(Tokens::parse(br#"{"access_token":""}"#).is_none());
        assert!(Tokens::parse(br#"{"id_token":"a"}"#).is_none());
        assert!(Tokens::parse(br#"[]"#).is_none());
    }

    #[test]
    fn an_error_code_that_is_none_is_not_printed() {
        assert_eq!(printable("invalid_grant"), "invalid_grant");
        assert_eq!(printable("a\nb"), "(not an OAuth error code)");
    }
}
