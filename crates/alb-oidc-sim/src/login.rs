//! The login: out to the identity provider, and back through
//! `/oauth2/idpresponse`.

use alb_oidc::UnixTime;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use crate::body::Body;
use crate::cookie::{self, NONCE_COOKIE};
use crate::host::RequestHost;
use crate::page::{found, reason_page, status_page};
use crate::provider::{ProviderClient, Tokens, printable};
use crate::random;
use crate::reason::{ErrorReason, idp_error};
use crate::rule::AuthenticateOidc;
use crate::seal::SealingKey;
use crate::session::Session;
use crate::state::{LoginState, ReturnTarget, SpentStates};

/// The path that the identity provider sends the browser back to. The target
/// never sees it.
pub(crate) const RESPONSE_PATH: &str = "/oauth2/idpresponse";

/// One authenticate action at work.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) rule: AuthenticateOidc,
    pub(crate) provider: ProviderClient,
    pub(crate) key: SealingKey,
    pub(crate) spent: SpentStates,
}

impl Login {
    /// Sends the browser to the identity provider.
    pub(crate) fn challenge(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        host: &RequestHost,
        now: UnixTime,
    ) -> Response<Body> {
        self.try_challenge(uri, headers, host, now)
            .unwrap_or_else(fail)
    }

    /// Answers `/oauth2/idpresponse`.
    pub(crate) async fn idp_response(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        host: &RequestHost,
        now: UnixTime,
    ) -> Response<Body> {
        let response = Parameters::read(uri.query().unwrap_or_default());
        match self.accept_state(&response, headers, host, now) {
            Err(reason) => fail(reason),
            Ok(_) if response.error.is_some() => {
                idp_refused(response.error.as_deref().unwrap_or_default())
            }
            Ok(target) => match self.complete(&response, headers, host, now).await {
                Err(reason) => fail(reason),
                Ok(cookies) => return_to(host, &target, cookies),
            },
        }
    }

    /// The same session with fresh tokens and claims of the same subject, and
    /// the cookies that carry it.
    pub(crate) async fn refresh(
        &self,
        session: &Session,
        refresh_token: &str,
        headers: &HeaderMap,
        now: UnixTime,
    ) -> Result<(Session, Vec<HeaderValue>), ErrorReason> {
        let subject = session
            .subject()
            .ok_or(ErrorReason::AuthUnhandledException)?;
        let mut tokens = self
            .provider
            .refresh(&self.rule, refresh_token, &subject)
            .await?;
        // "If the authorization server issues no new refresh token, the old one stays"
        // (RFC 6749 section 6).
        tokens
            .refresh_token
            .get_or_insert_with(|| refresh_token.to_owned());
        let refreshed = self
            .session(tokens, &subject, session.expires_at, now)
            .await?;
        let cookies = refreshed.cookies(&self.key, &self.rule, headers, now)?;
        Ok((refreshed, cookies))
    }

    fn try_challenge(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        host: &RequestHost,
        now: UnixTime,
    ) -> Result<Response<Body>, ErrorReason> {
        let target = ReturnTarget::parse(uri.path_and_query().map_or("/", |path| path.as_str()));
        let nonce = random::alphanumerics().map_err(|_| ErrorReason::AuthUnhandledException)?;
        let state = LoginState::begin(&nonce, host.as_str(), &target, now)
            .and_then(|state| state.seal(&self.key))
            .map_err(|_| ErrorReason::AuthUnhandledException)?;
        let location = HeaderValue::try_from(self.authorization_url(host, &state))
            .map_err(|_| ErrorReason::AuthUnhandledException)?;
        let mut response = found(location);
        let cookie =
            cookie::set_nonce(headers, &nonce).ok_or(ErrorReason::AuthUnhandledException)?;
        response.headers_mut().append(SET_COOKIE, cookie);
        Ok(response)
    }

    /// The parameters in the load balancer's order. No `nonce` and no PKCE: it
    /// sends neither.
    fn authorization_url(&self, host: &RequestHost, state: &str) -> String {
        let redirect_uri = redirect_uri(host);
        let standard = [
            ("client_id", self.rule.client_id.as_str()),
            ("redirect_uri", &redirect_uri),
            ("response_type", "code"),
            ("scope", &self.rule.scope),
            ("state", state),
        ];
        let extra = self
            .rule
            .authentication_request_extra_params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let query: Vec<_> = standard
            .into_iter()
            .chain(extra)
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let separator = if self.rule.authorization_endpoint.contains('?') {
            '&'
        } else {
            '?'
        };
        format!(
            "{}{separator}{}",
            self.rule.authorization_endpoint,
            query.join("&")
        )
    }

    /// Everything that can be known before the code is spent.
    fn accept_state(
        &self,
        response: &Parameters,
        headers: &HeaderMap,
        host: &RequestHost,
        now: UnixTime,
    ) -> Result<ReturnTarget, ErrorReason> {
        let state = response
            .state
            .as_deref()
            .ok_or(ErrorReason::AuthMissingStateParam)?;
        let nonce =
            cookie::value(headers, NONCE_COOKIE).ok_or(ErrorReason::AuthMissingAWSALBAuthNonce)?;
        let state = LoginState::open(&self.key, state).ok_or(ErrorReason::AuthInvalidStateParam)?;
        if !state.belongs_to(nonce) {
            return Err(ErrorReason::AuthInvalidAWSALBAuthNonce);
        }
        if !state.began_at_host(host.as_str())
            || state.is_overdue(now)
            || !self.spent.spend(&state, now)
        {
            return Err(ErrorReason::AuthInvalidStateParam);
        }
        Ok(state.target())
    }

    async fn complete(
        &self,
        response: &Parameters,
        headers: &HeaderMap,
        host: &RequestHost,
        now: UnixTime,
    ) -> Result<Vec<HeaderValue>, ErrorReason> {
        let code = response
            .code
            .as_deref()
            .ok_or(ErrorReason::AuthMissingCodeParam)?;
        let (tokens, subject) = self
            .provider
            .exchange_code(&self.rule, code, &redirect_uri(host))
            .await?;
        let session = self
            .session(
                tokens,
                &subject,
                now.saturating_add(self.rule.session_timeout),
                now,
            )
            .await?;
        session.cookies(&self.key, &self.rule, headers, now)
    }

    async fn session(
        &self,
        tokens: Tokens,
        subject: &str,
        expires_at: UnixTime,
        now: UnixTime,
    ) -> Result<Session, ErrorReason> {
        let claims = self
            .provider
            .user_info(&self.rule, &tokens.access_token, subject)
            .await?;
        Ok(Session {
            claims,
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            access_token_expires_at: tokens
                .expires_in
                .map(|lifetime| now.saturating_add(lifetime)),
            expires_at,
        })
    }
}

/// The query of `/oauth2/idpresponse`. A parameter that is there twice counts
/// as missing (RFC 6749 section 3.1).
struct Parameters {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

impl Parameters {
    fn read(query: &str) -> Self {
        let once = |name: &str| {
            let mut values =
                form_urlencoded::parse(query.as_bytes()).filter(|(candidate, _)| candidate == name);
            let value = values.next().map(|(_, value)| value.into_owned());
            value.filter(|value| !value.is_empty() && values.next().is_none())
        };
        Self {
            code: once("code"),
            state: once("state"),
            error: once("error"),
        }
    }
}

/// The page for `reason`, and the event that tells the developer.
pub(crate) fn fail(reason: ErrorReason) -> Response<Body> {
    tracing::warn!(
        target: "alb_oidc_sim",
        reason = reason.as_str(),
        status = reason.status().as_u16(),
        "authentication failed"
    );
    reason_page(reason)
}

/// The identity provider came back with an `error`: 401 if the user or the
/// provider denied access, else 561.
fn idp_refused(error: &str) -> Response<Body> {
    tracing::warn!(target: "alb_oidc_sim", error = printable(error), "the identity provider answered with an error");
    status_page(if error == "access_denied" {
        StatusCode::UNAUTHORIZED
    } else {
        idp_error()
    })
}

/// Absolute, so that no spelling of the target can name another host.
fn return_to(
    host: &RequestHost,
    target: &ReturnTarget,
    cookies: Vec<HeaderValue>,
) -> Response<Body> {
    let Ok(location) =
        HeaderValue::try_from(format!("http://{}{}", host.as_str(), target.as_str()))
    else {
        return fail(ErrorReason::AuthUnhandledException);
    };
    let mut response = found(location);
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A real load balancer authenticates on HTTPS listeners only; this one speaks
/// plain HTTP.
fn redirect_uri(host: &RequestHost) -> String {
    format!("http://{}{RESPONSE_PATH}", host.as_str())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// All but the unreserved characters of RFC 3986 section 2.3, so a space is
/// `%20`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
