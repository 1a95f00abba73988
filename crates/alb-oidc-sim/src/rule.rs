//! What a listener rule says, in the load balancer's own words.

use std::fmt;
use std::time::Duration;

use url::{Host, Url};

/// The `authenticate-oidc` action: every field of `AuthenticateOidcConfig` of
/// the Elastic Load Balancing API, version 2015-12-01, and the one setting that
/// AWS does not document.
///
/// The issuer and the endpoints are `https` URLs, as that API wants them. On
/// this machine, where nobody else reads along, they may be `http` as well: the
/// host is then `localhost` or a loopback address.
///
/// [`AuthenticateOidc::new`] takes what has no default; the other fields can be
/// set afterwards. [`discover`](Self::discover) asks the provider instead.
///
/// ```
/// use alb_oidc_sim::{AuthenticateOidc, OnUnauthenticatedRequest};
///
/// let mut rule = AuthenticateOidc::new(
///     "https://idp.example.com",
///     "https://idp.example.com/authorize",
///     "https://idp.example.com/token",
///     "https://idp.example.com/userinfo",
///     "client",
///     "secret",
/// );
/// rule.scope = "openid email".to_owned();
/// rule.on_unauthenticated_request = OnUnauthenticatedRequest::Deny;
/// assert!(!format!("{rule:?}").contains("secret\""), "the client secret is never printed");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticateOidc {
    /// The provider's issuer identifier, a URL. Compared with the `iss` of ID
    /// tokens byte by byte, and sent to the target as `iss`.
    pub issuer: String,
    /// Where the browser is sent to log in: a URL, which may have a query.
    pub authorization_endpoint: String,
    /// Where codes and refresh tokens are exchanged: a URL.
    pub token_endpoint: String,
    /// Where the user claims come from: a URL.
    pub user_info_endpoint: String,
    /// The OAuth 2.0 client identifier.
    pub client_id: String,
    /// The OAuth 2.0 client secret. Not printed by `Debug`.
    pub client_secret: String,
    /// How the client secret is sent to the token endpoint. What a real load
    /// balancer does is not documented.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Space separated scopes; `openid` by default.
    pub scope: String,
    /// The name before `-0` … `-3`: an HTTP token; `AWSELBAuthSessionCookie` by
    /// default.
    pub session_cookie_name: String,
    /// How long a login is good for, in whole seconds from 1 s to 7 days; 7
    /// days by default.
    pub session_timeout: Duration,
    /// Up to ten query parameters for the authorization endpoint, sent after
    /// the standard ones in this order. The standard ones cannot be replaced.
    pub authentication_request_extra_params: Vec<(String, String)>,
    /// What happens to a request without a session.
    pub on_unauthenticated_request: OnUnauthenticatedRequest,
}

impl AuthenticateOidc {
    /// An action with the load balancer's defaults. Nothing is checked before
    /// the load balancer starts.
    #[must_use]
    pub fn new(
        issuer: impl Into<String>,
        authorization_endpoint: impl Into<String>,
        token_endpoint: impl Into<String>,
        user_info_endpoint: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            authorization_endpoint: authorization_endpoint.into(),
            token_endpoint: token_endpoint.into(),
            user_info_endpoint: user_info_endpoint.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            token_endpoint_auth_method: TokenEndpointAuthMethod::default(),
            scope: "openid".to_owned(),
            session_cookie_name: "AWSELBAuthSessionCookie".to_owned(),
            session_timeout: MAX_SESSION_TIMEOUT,
            authentication_request_extra_params: Vec::new(),
            on_unauthenticated_request: OnUnauthenticatedRequest::default(),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), RuleError> {
        for (name, url) in self.endpoints() {
            endpoint(name, url)?;
        }
        if self.client_id.is_empty() {
            return Err(RuleError::ClientId);
        }
        if self.scope.trim().is_empty() {
            return Err(RuleError::Scope);
        }
        if self.session_cookie_name.is_empty() || !self.session_cookie_name.bytes().all(is_token) {
            return Err(RuleError::SessionCookieName);
        }
        if self.session_timeout < Duration::from_secs(1)
            || self.session_timeout > MAX_SESSION_TIMEOUT
        {
            return Err(RuleError::SessionTimeout);
        }
        let extra = &self.authentication_request_extra_params;
        if extra.len() > MAX_EXTRA_PARAMS
            || extra
                .iter()
                .any(|(name, _)| STANDARD_PARAMS.contains(&name.as_str()))
        {
            return Err(RuleError::ExtraParams);
        }
        Ok(())
    }

    /// Whether any endpoint needs TLS.
    pub(crate) fn uses_tls(&self) -> bool {
        self.endpoints()
            .iter()
            .any(|(name, url)| endpoint(name, url).is_ok_and(|url| url.scheme() == "https"))
    }

    fn endpoints(&self) -> [(&'static str, &str); 4] {
        [
            ("issuer", &self.issuer),
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("user_info_endpoint", &self.user_info_endpoint),
        ]
    }
}

impl fmt::Debug for AuthenticateOidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateOidc")
            .field("issuer", &self.issuer)
            .field("authorization_endpoint", &self.authorization_endpoint)
            .field("token_endpoint", &self.token_endpoint)
            .field("user_info_endpoint", &self.user_info_endpoint)
            .field("client_id", &self.client_id)
            .field("client_secret", &"redacted")
            .field(
                "token_endpoint_auth_method",
                &self.token_endpoint_auth_method,
            )
            .field("scope", &self.scope)
            .field("session_cookie_name", &self.session_cookie_name)
            .field("session_timeout", &self.session_timeout)
            .field(
                "authentication_request_extra_params",
                &self.authentication_request_extra_params,
            )
            .field(
                "on_unauthenticated_request",
                &self.on_unauthenticated_request,
            )
            .finish()
    }
}

/// The `OnUnauthenticatedRequest` setting of an authenticate action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnUnauthenticatedRequest {
    /// Redirect to the identity provider.
    #[default]
    Authenticate,
    /// Forward without the three headers. The simulator does so for an expired
    /// session as well; what AWS does then is not documented.
    Allow,
    /// 401 if the request carries no session at all. An expired session is
    /// still redirected to the identity provider.
    Deny,
}

/// How the load balancer proves itself to the token endpoint (RFC 6749 section
/// 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenEndpointAuthMethod {
    /// `Authorization: Basic` with both parts form-encoded first. Every
    /// provider has to support it.
    #[default]
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the form.
    ClientSecretPost,
}

/// What happens to `x-amzn-oidc-*` headers that the client itself sent.
///
/// AWS does not say that a load balancer removes them on rules without an
/// authenticate action. An app has to be safe in all three cases, and can be
/// tested in all three here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientIdentityHeaders {
    /// Removed on every rule, and with them every name that becomes one of them
    /// when `_` is read as `-` (as CGI and WSGI servers do).
    #[default]
    Strip,
    /// Left alone where the load balancer adds none of its own, and replaced
    /// where it does. Names with `_` pass everywhere.
    PassThrough,
    /// Left alone everywhere; the load balancer's own come after them, as a
    /// second header of the same name.
    Duplicate,
}

/// A setting of an [`AuthenticateOidc`] that a load balancer would not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The named field is not an `http` or `https` URL, or has user info or a
    /// fragment.
    #[error("{0} is not an absolute http or https URL without user info and fragment")]
    Url(&'static str),
    /// The named field is plain `http`, and its host is not loopback: the
    /// client secret and the tokens would cross a network in the clear.
    #[error("{0} is plain http, and its host is neither localhost nor a loopback address")]
    PlainHttp(&'static str),
    /// The client identifier is empty.
    #[error("client_id is empty")]
    ClientId,
    /// The scope is empty.
    #[error("scope is empty")]
    Scope,
    /// The cookie name is not a token (RFC 9110 section 5.6.2).
    #[error("session_cookie_name is not an HTTP token")]
    SessionCookieName,
    /// The session timeout is not between one second and seven days.
    #[error("session_timeout is not between 1 second and 7 days")]
    SessionTimeout,
    /// There are more than ten extra parameters, or one of them is a standard
    /// one.
    #[error("authentication_request_extra_params are more than 10, or name a standard parameter")]
    ExtraParams,
}

/// Reads an issuer or endpoint: a web address, with TLS unless it stays on this
/// machine.
///
/// `localhost` is a name that has to mean loopback (RFC 6761 section 6.3).
/// Names below it are not always answered without asking the network.
pub(crate) fn endpoint(name: &'static str, text: &str) -> Result<Url, RuleError> {
    let url = Url::parse(text).map_err(|_| RuleError::Url(name))?;
    let loopback = match url.host() {
        None => return Err(RuleError::Url(name)),
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
    };
    if !matches!(url.scheme(), "http" | "https")
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(RuleError::Url(name));
    }
    if url.scheme() == "http" && !loopback {
        return Err(RuleError::PlainHttp(name));
    }
    Ok(url)
}

/// The paths of a listener rule: one, or everything under a prefix ending in
/// `/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathPattern {
    Exact(String),
    Under(String),
}

impl PathPattern {
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let (path, prefix) = match pattern.strip_suffix('*') {
            Some(path) => (path, true),
            None => (pattern, false),
        };
        let plain = path.starts_with('/')
            && path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"*?#".contains(&byte));
        match (plain, prefix) {
            (true, false) => Some(Self::Exact(path.to_owned())),
            (true, true) if path.ends_with('/') => Some(Self::Under(path.to_owned())),
            _ => None,
        }
    }

    /// Compares the raw octets, without decoding. A dot segment never matches a
    /// prefix: a target that resolves it would serve another path than the
    /// one that was let through.
    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Under(prefix) => {
                path.starts_with(prefix.as_str()) && !path.split(['/', '\\']).any(is_dot_segment)
            }
        }
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    let decoded = lower
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/");
    decoded.split('/').any(|part| part == "." || part == "..")
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

const MAX_SESSION_TIMEOUT: Duration = Duration::from_secs(604_800);
const MAX_EXTRA_PARAMS: usize = 10;
const STANDARD_PARAMS: [&str; 5] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> AuthenticateOidc {
        AuthenticateOidc::new(
            "https://idp",
            "https://idp/a",
            "https://idp/t",
            "https://idp/u",
            "client",
            "canary-secret",
        )
    }

    #[test]
    fn the_client_secret_is_not_in_the_debug_text() {
        assert!(!format!("{:?} {:#?}", rule(), rule()).contains("canary"));
    }

    #[test]
    fn the_defaults_are_the_load_balancers() {
        let rule = rule();

        assert_eq!(rule.validate(), Ok(()));
        assert_eq!(rule.scope, "openid");
        assert_eq!(rule.session_cookie_name, "AWSELBAuthSessionCookie");
        assert_eq!(rule.session_timeout.as_secs(), 604_800);
        assert_eq!(
            rule.on_unauthenticated_request,
            OnUnauthenticatedRequest::Authenticate
        );
    }

    #[test]
    fn settings_that_a_load_balancer_refuses_are_refused() {
        let refused = |change: fn(&mut AuthenticateOidc)| {
            let mut rule = rule();
            change(&mut rule);
            rule.validate().unwrap_err()
        };

        assert_eq!(
            refused(|rule| rule.token_endpoint = "ftp://idp/t".into()),
            RuleError::Url("token_endpoint")
        );
        assert_eq!(
            refused(|rule| rule.issuer = "https://user@idp".into()),
            RuleError::Url("issuer")
        );
        assert_eq!(
            refused(|rule| rule.user_info_endpoint = "/u".into()),
            RuleError::Url("user_info_endpoint")
        );
        assert_eq!(refused(|rule| rule.client_id.clear()), RuleError::ClientId);
        assert_eq!(refused(|rule| rule.scope = " ".into()), RuleError::Scope);
        assert_eq!(
            refused(|rule| rule.session_cookie_name = "a;b".into()),
            RuleError::SessionCookieName
        );
        assert_eq!(
            refused(|rule| rule.session_timeout = Duration::ZERO),
            RuleError::SessionTimeout
        );
        assert_eq!(
            refused(|rule| rule.session_timeout = Duration::from_secs(604_801)),
            RuleError::SessionTimeout
        );
        assert_eq!(
            refused(|rule| rule.authentication_request_extra_params =
                vec![("state".into(), "x".into())]),
            RuleError::ExtraParams
        );
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let names = rule().endpoints().map(|(name, _)| name);
        for name in names {
            let validated = |url: &str| {
                let mut rule = rule();
                let field = match name {
                    "issuer" => &mut rule.issuer,
                    "authorization_endpoint" => &mut rule.authorization_endpoint,
                    "token_endpoint" => &mut rule.token_endpoint,
                    _ => &mut rule.user_info_endpoint,
                };
                url.clone_into(field);
                rule.validate()
            };
            for url in [
                "https://idp.test/x",
                "HTTPS://192.0.2.1:8443/x",
                "http://localhost:9000/x",
                "http://LOCALHOST/x",
                "http://127.0.0.1:9000/x",
                "http://127.255.255.254/x",
                "http://[::1]:9000/x",
                "http://[::ffff:127.0.0.1]/x",
            ] {
                assert_eq!(validated(url), Ok(()), "{url}");
            }
            for url in [
                "http://idp.test/x",
                "HTTP://idp.test/x",
                "http://192.0.2.1/x",
                "http://0.0.0.0/x",
                "http://[::]/x",
                "http://[2001:db8::1]/x",
                "http://[::ffff:192.0.2.1]/x",
                "http://localhost.test/x",
                "http://x.localhost/x",
                "http://localhost./x",
                "http://127.0.0.1.test/x",
            ] {
                assert_eq!(validated(url), Err(RuleError::PlainHttp(name)), "{url}");
            }
        }
    }

    #[test]
    fn a_path_pattern_matches_itself_and_a_prefix_only_what_is_under_it() {
        let exact = PathPattern::parse("/healthz").unwrap();
        let under = PathPattern::parse("/static/*").unwrap();

        assert!(exact.matches("/healthz"));
        assert!(under.matches("/static/") && under.matches("/static/a/b.css"));
        for path in [
            "/healthz/",
            "/Healthz",
            "/health%7A",
            "//healthz",
            "/healthz/../admin",
            "/healthz;x",
        ] {
            assert!(!exact.matches(path), "{path}");
        }
        for path in [
            "/static",
            "/staticx",
            "/static/../admin",
            "/static/%2e%2E/admin",
            "/static/.%2e%2fadmin",
            "/static/..\\admin",
        ] {
            assert!(!under.matches(path), "{path}");
        }
        for pattern in ["", "healthz", "*", "/a*", "/a/*/b", "/a?b", "/a#b", "/a b"] {
            assert_eq!(PathPattern::parse(pattern), None, "{pattern}");
        }
    }
}
