//! Signing out, which an ALB has no call for: the application ends the load balancer's session and
//! sends the browser on.

use std::str::FromStr;
use std::sync::Arc;

use crate::answer::Answer;
use crate::browser::BrowserRequest;
use crate::cognito::CognitoDomain;
use crate::csrf::CsrfProtection;
use crate::error::ConfigError;
use crate::policy::ClientId;
use crate::query::{encode, is_plain, is_url};
use crate::refusal::Refusal;

/// How a sign-out is answered: the load balancer's session cookie expires, every shard of it, and
/// the browser goes on to a place that is fixed here and that no request has a say in.
///
/// Source: AWS, *Authenticate users using an Application Load Balancer*, "Authentication logout and
/// session timeout".
///
/// ```
/// use alb_oidc::{ClientId, CognitoDomain, SignOut};
///
/// let domain = CognitoDomain::with_prefix("four-tables", "eu-west-1".parse()?)?;
/// let client = ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?;
/// let sign_out = SignOut::cognito(&domain, &client, "https://tables.example.com/signed-out")?;
/// let answer = sign_out.answer_unchecked();
/// assert_eq!(answer.status(), 303);
/// assert!(sign_out.location().ends_with("&logout_uri=https%3A%2F%2Ftables.example.com%2Fsigned-out"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Where to put it
///
/// - **At the load balancer**, on a rule that forwards without authenticating, and the page that it
///   leads to as well: a rule that authenticates signs the user straight in again.
/// - **In the application**, outside of what authenticates: who signs out need not be signed in
///   still. It asks for nobody's identity, and says nothing of any.
/// - **As the target of a form**, `<form method="post" action="/signout">`: the browser follows the
///   redirect to the identity provider. A script's `fetch` cannot.
///
/// # What it ends
///
/// The session in this browser, and with [`at`](Self::at) or [`end_session`](Self::end_session) the
/// identity provider's. A copy of the cookie that somebody took is good until the rule's session
/// timeout, and a token until it expires ([120
/// seconds](crate::AuthenticatedUser::token_expires_at)): neither the load balancer nor the
/// application can call them back. With [`local`](Self::local) the provider's session lives on, and
/// the next sign-in may not ask for a password.
///
/// It sends no `Clear-Site-Data`: that would take along what other applications of the same domain
/// have in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOut {
    location: Arc<str>,
    cookie: SessionCookieName,
}

impl SignOut {
    /// Ends the load balancer's session alone, and leads to this path of the application
    /// (`/signed-out`), or to a whole URL.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SignOutTarget`] if it is neither: a path begins with one slash, and a URL with
    /// `https://`, or `http://` and a loopback host. Neither has a fragment, and both are
    /// percent-encoded already.
    pub fn local(target: &str) -> Result<Self, ConfigError> {
        if is_path(target) || is_url(target) {
            Ok(Self::to(target))
        } else {
            Err(ConfigError::SignOutTarget)
        }
    }

    /// Ends the identity provider's session as well, at this URL, with these parameters behind those
    /// that it has; they are percent-encoded here. Or a whole URL and no parameters.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SignOutTarget`] if `url` is not an `https` URL without user and fragment; `http`
    /// is accepted for a loopback host alone.
    pub fn at<'p>(
        url: &str,
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, ConfigError> {
        if !is_url(url) {
            return Err(ConfigError::SignOutTarget);
        }
        let mut location = url.to_owned();
        for (name, value) in parameters {
            let separator = match location.split_once('?') {
                None => "?",
                Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
                Some(_) => "&",
            };
            location.push_str(separator);
            encode(name, &mut location);
            location.push('=');
            encode(value, &mut location);
        }
        Ok(Self::to(&location))
    }

    /// Ends Cognito's own session as well, and leads on to `logout_uri`: one of the app client's
    /// "allowed sign-out URLs", to the letter.
    ///
    /// # Errors
    ///
    /// [`ConfigError::LogoutUri`], as [`CognitoDomain::logout_url`].
    pub fn cognito(
        domain: &CognitoDomain,
        client: &ClientId,
        logout_uri: &str,
    ) -> Result<Self, ConfigError> {
        Ok(Self::to(&domain.logout_url(client, logout_uri)?))
    }

    /// Ends the session at a provider that has an `end_session_endpoint` ([OpenID Connect
    /// RP-Initiated Logout section
    /// 2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout)). It may ask the user
    /// whether to, for an application behind a load balancer has no ID token to send along.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SignOutTarget`] if one of the URLs is not an `https` URL without user and
    /// fragment; `http` is accepted for a loopback host alone.
    pub fn end_session(
        endpoint: &str,
        client: &ClientId,
        post_logout_redirect_uri: &str,
    ) -> Result<Self, ConfigError> {
        if !is_url(post_logout_redirect_uri) {
            return Err(ConfigError::SignOutTarget);
        }
        let parameters = [
            ("client_id", client.as_str()),
            ("post_logout_redirect_uri", post_logout_redirect_uri),
        ];
        Self::at(endpoint, parameters)
    }

    /// Expires a session cookie of another name than the ALB's own, `AWSELBAuthSessionCookie`: the
    /// rule's `SessionCookieName`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SessionCookieName`] if it is none.
    pub fn session_cookie<N>(mut self, name: N) -> Result<Self, ConfigError>
    where
        N: TryInto<SessionCookieName>,
        ConfigError: From<N::Error>,
    {
        self.cookie = name.try_into()?;
        Ok(self)
    }

    /// Where the browser goes next.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The `set-cookie` values that end the session, one for each shard that there may be, for a
    /// browser does not say which there are.
    ///
    /// Name, path, and that there is no `Domain`, make it the load balancer's cookie. It is `Secure`
    /// and `HttpOnly` like that one: a browser lets nothing less replace it. `SameSite=None` is no
    /// part of which cookie it is, and the one value that browsers take everywhere: in a frame on
    /// another site too, which is where the load balancer's has it.
    pub fn expired_cookies(&self) -> impl Iterator<Item = String> {
        let name = &self.cookie.0;
        SHARDS.map(move |shard| {
            format!(
                "{name}-{shard}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None"
            )
        })
    }

    /// The answer: 303 (see other), which a browser follows with a GET. To whatever request: for a
    /// handler that only a `POST` reaches, behind a layer that refuses what other sites' pages ask
    /// for. Else, [`answer_to`](Self::answer_to).
    #[must_use]
    pub fn answer_unchecked(&self) -> Answer {
        let answer = Answer::new(303, "").with("location", (*self.location).to_owned());
        let cookies = self.expired_cookies();
        cookies.fold(answer, |answer, cookie| answer.with("set-cookie", cookie))
    }

    /// The answer to this request: to a `POST` from a page of the application. To any other method
    /// it is 405; a link, a picture or a prefetch must not sign anybody out.
    ///
    /// # Errors
    ///
    /// [`Refusal::CrossOrigin`] if somebody else's page sent it.
    pub fn answer_to(
        &self,
        request: &BrowserRequest<'_>,
        csrf: &CsrfProtection,
    ) -> Result<Answer, Refusal> {
        if request.method() != "POST" {
            return Ok(Answer::method_not_allowed("POST"));
        }
        csrf.check(request)?;
        Ok(self.answer_unchecked())
    }

    fn to(location: &str) -> Self {
        Self {
            location: location.into(),
            cookie: SessionCookieName::default(),
        }
    }
}

/// The name of a rule's session cookie, without the number of a shard. By default the ALB's own,
/// `AWSELBAuthSessionCookie`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookieName(Arc<str>);

impl SessionCookieName {
    /// A name.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SessionCookieName`] if it is not a token ([RFC 6265 section
    /// 4.1.1](https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1)).
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(ConfigError::SessionCookieName);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SessionCookieName {
    fn default() -> Self {
        Self("AWSELBAuthSessionCookie".into())
    }
}

impl FromStr for SessionCookieName {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        Self::new(name)
    }
}

impl TryFrom<&str> for SessionCookieName {
    type Error = ConfigError;

    fn try_from(name: &str) -> Result<Self, ConfigError> {
        Self::new(name)
    }
}

/// `/path?query`, and not `//host`, which is another site's, nor `/\host`, which browsers take for
/// that.
fn is_path(target: &str) -> bool {
    target.starts_with('/') && !target.starts_with("//") && target.bytes().all(is_plain)
}

/// A session takes at most 16 KB, in shards of 4 KB.
const SHARDS: std::ops::RangeInclusive<u8> = 0..=3;
