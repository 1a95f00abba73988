//! The listener: what the load balancer decides about each request, by its
//! rules.

use std::net::SocketAddr;
use std::sync::Arc;

use alb_oidc::{Clock, UnixTime};
use alb_oidc_testkit::SimulatedAlb;
use http::header::SET_COOKIE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::Body;
use crate::host::{AllowedHosts, HostError, RequestHost};
use crate::identity::Identity;
use crate::login::{Login, RESPONSE_PATH, fail};
use crate::page::{reason_page, status_page};
use crate::proxy::{Origin, Proxy, connection_names_protected};
use crate::reason::ErrorReason;
use crate::rule::{OnUnauthenticatedRequest, PathPattern};
use crate::serve::{Answer, Shutdown};
use crate::session::{Presented, Session};

/// A listener with its rules: the forward paths, and the authenticate action
/// for all else.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    pub(crate) hosts: AllowedHosts,
    pub(crate) forward: Vec<PathPattern>,
    /// The answers to requests without a session that are not the action's own.
    pub(crate) unauthenticated: Vec<(PathPattern, OnUnauthenticatedRequest)>,
    pub(crate) login: Option<Login>,
    pub(crate) proxy: Proxy,
    pub(crate) signer: SimulatedAlb,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What the authenticate action comes to.
enum Verdict {
    /// On to the target, as this session's user if there is one, and with these
    /// cookies for the browser.
    Forward(Option<Session>, Vec<HeaderValue>),
    Answer(Response<Body>),
}

impl Answer for Listener {
    async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        shutdown: Shutdown,
    ) -> Response<Body> {
        if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
            return status_page(StatusCode::METHOD_NOT_ALLOWED);
        }
        let host = match RequestHost::of(request.uri(), request.headers()) {
            Ok(host) => Some(host),
            Err(HostError::Missing) => None,
            Err(HostError::Malformed | HostError::Amazon) => {
                return status_page(StatusCode::BAD_REQUEST);
            }
        };
        if connection_names_protected(request.headers()) {
            return status_page(StatusCode::BAD_REQUEST);
        }
        let Ok(now) = self.clock.unix_time() else {
            return fail(ErrorReason::AuthUnhandledException);
        };
        let (session, cookies) = match self.decide(&request, host.as_ref(), now).await {
            Verdict::Forward(session, cookies) => (session, cookies),
            Verdict::Answer(response) => return response,
        };
        let identity = match session.map(|session| Identity::of(&session, &self.signer, now)) {
            Some(None) => return fail(ErrorReason::AuthUnhandledException),
            Some(Some(identity)) => Some(identity),
            None => None,
        };
        let origin = Origin {
            client,
            listener_port: self.port,
            host: host.as_ref(),
            session_cookie: self
                .login
                .as_ref()
                .map(|login| login.rule.session_cookie_name.as_str()),
            identity,
            now,
        };
        let mut response = self.proxy.forward(request, origin, shutdown).await;
        for cookie in cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl Listener {
    async fn decide(
        &self,
        request: &Request<Incoming>,
        host: Option<&RequestHost>,
        now: UnixTime,
    ) -> Verdict {
        let path = request.uri().path();
        let Some(login) = &self.login else {
            return Verdict::Forward(None, Vec::new());
        };
        let is_response = path == RESPONSE_PATH;
        if !is_response && self.forward.iter().any(|forward| forward.matches(path)) {
            return Verdict::Forward(None, Vec::new());
        }
        let host = match host {
            None => return Verdict::Answer(fail(ErrorReason::AuthMissingHostHeader)),
            Some(host) if self.hosts.contains(host) => host,
            Some(_) => return Verdict::Answer(status_page(StatusCode::BAD_REQUEST)),
        };
        if is_response {
            return Verdict::Answer(
                login
                    .idp_response(request.uri(), request.headers(), host, now)
                    .await,
            );
        }
        self.authenticate(login, request, host, now).await
    }

    fn on_unauthenticated_request(&self, login: &Login, path: &str) -> OnUnauthenticatedRequest {
        let special = self
            .unauthenticated
            .iter()
            .find(|(pattern, _)| pattern.matches(path));
        special.map_or(login.rule.on_unauthenticated_request, |(_, answer)| *answer)
    }

    async fn authenticate(
        &self,
        login: &Login,
        request: &Request<Incoming>,
        host: &RequestHost,
        now: UnixTime,
    ) -> Verdict {
        let challenge =
            || Verdict::Answer(login.challenge(request.uri(), request.headers(), host, now));
        let presented = Presented::read(&login.key, &login.rule, request.headers(), now);
        match (
            presented,
            self.on_unauthenticated_request(login, request.uri().path()),
        ) {
            (Presented::Current(session), _) => match refresh_token_due(&session, now) {
                None => Verdict::Forward(Some(session), Vec::new()),
                Some(refresh_token) => match login
                    .refresh(&session, refresh_token, request.headers(), now)
                    .await
                {
                    Ok((refreshed, cookies)) => Verdict::Forward(Some(refreshed), cookies),
                    // Nothing that a new login could mend.
                    Err(reason @ ErrorReason::AuthUserinfoResponseSizeExceeded) => {
                        Verdict::Answer(fail(reason))
                    }
                    Err(reason) => {
                        tracing::info!(
                            target: "alb_oidc_sim",
                            reason = reason.as_str(),
                            "the session could not be refreshed"
                        );
                        challenge()
                    }
                },
            },
            (_, OnUnauthenticatedRequest::Allow) => Verdict::Forward(None, Vec::new()),
            (_, OnUnauthenticatedRequest::Authenticate)
            | (Presented::Expired, OnUnauthenticatedRequest::Deny) => challenge(),
            (Presented::Nothing, OnUnauthenticatedRequest::Deny) => {
                Verdict::Answer(status_page(StatusCode::UNAUTHORIZED))
            }
            (Presented::Invalid, OnUnauthenticatedRequest::Deny) => {
                Verdict::Answer(reason_page(ErrorReason::AuthInvalidCookie))
            }
        }
    }
}

/// The refresh token, once the access token has expired. Without one, the old
/// claims stay until the session timeout.
fn refresh_token_due(session: &Session, now: UnixTime) -> Option<&str> {
    let expired = session
        .access_token_expires_at
        .is_some_and(|expires_at| expires_at <= now);
    session.refresh_token.as_deref().filter(|_| expired)
}
