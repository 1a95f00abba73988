//! `/oauth2/authorize` and `/login`: who is there, and on to the client with a
//! code.

use alb_oidc::UnixTime;
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::Form;
use super::page;
use super::service::Idp;
use crate::body::{Body, full};
use crate::cookie;
use crate::random;

/// The scopes of Cognito. `offline_access` is not among them: a refresh token
/// comes with every code.
pub(crate) const SCOPES: [&str; 5] = [
    "openid",
    "email",
    "phone",
    "profile",
    "aws.cognito.signin.user.admin",
];

/// What a client asked for, once it is known that the client may.
#[derive(Clone)]
pub(crate) struct Authorization {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    /// PKCE, S256 only (RFC 7636).
    pub(crate) code_challenge: Option<String>,
    state: Option<String>,
}

/// Why an authorization request cannot be met.
enum Refusal {
    /// The redirect URI cannot be trusted, so only a page can say so.
    Page(&'static str),
    /// An OAuth error code for the client.
    Redirect(Box<Authorization>, &'static str),
}

/// An authorization that waits for its user to choose a name, in the browser
/// that asked.
#[derive(Clone)]
pub(crate) struct Pending {
    authorization: Authorization,
    browser: String,
}

/// Who is signed in with the provider, by its own cookie.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) username: String,
    pub(crate) auth_time: UnixTime,
}

/// What a code or a refresh token stands for.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) authorization: Authorization,
    pub(crate) signed_in: SignedIn,
    /// The provider's session that it came from, and that a logout ends.
    pub(crate) session: String,
}

impl Idp {
    /// A login page, or a code at once for a browser that is signed in (OpenID
    /// Connect Core 1.0 section 3.1.2).
    pub(crate) fn authorize(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        now: UnixTime,
    ) -> Response<Body> {
        let Some(form) = Form::parse(uri.query().unwrap_or_default().as_bytes()) else {
            return page::refused(StatusCode::BAD_REQUEST, "A parameter is there twice.");
        };
        let authorization = match self.authorization(&form) {
            Ok(authorization) => authorization,
            Err(Refusal::Page(message)) => return page::refused(StatusCode::BAD_REQUEST, message),
            Err(Refusal::Redirect(authorization, error)) => {
                return redirect_error(&authorization, error);
            }
        };
        let session = cookie::value(headers, &self.session_cookie);
        let signed_in =
            session.and_then(|session| Some((session, self.signed_in.get(session, now)?)));
        match (signed_in, form.get("prompt")) {
            (Some((session, signed_in)), prompt) if prompt != Some("login") => self.issue_code(
                Grant {
                    authorization,
                    signed_in,
                    session: session.to_owned(),
                },
                now,
            ),
            (_, Some("none")) => redirect_error(&authorization, "login_required"),
            _ => self.ask(authorization, headers, now),
        }
    }

    /// The choice of a user on the login page.
    pub(crate) async fn sign_in(
        &self,
        request: Request<Incoming>,
        now: UnixTime,
    ) -> Response<Body> {
        let browser = cookie::value(request.headers(), &self.browser_cookie).map(str::to_owned);
        let form = Form::read(request).await;
        let form = form.as_ref();
        // Taken before anything else is looked at: whatever comes of it, it was used.
        let pending = form
            .and_then(|form| form.get("authorization"))
            .and_then(|id| self.pending.take(id, now));
        let Some(pending) = pending.filter(|pending| browser.as_ref() == Some(&pending.browser))
        else {
            return page::refused(
                StatusCode::BAD_REQUEST,
                "This login page has been used already, or belongs to another browser. Please start again at the app.",
            );
        };
        let Some(user) = form
            .and_then(|form| form.get("username"))
            .and_then(|username| self.user(username))
        else {
            return page::refused(StatusCode::BAD_REQUEST, "There is no such user.");
        };
        let Ok(session) = random::secret() else {
            return page::refused(StatusCode::INTERNAL_SERVER_ERROR, "No randomness.");
        };
        let signed_in = SignedIn {
            username: user.username().to_owned(),
            auth_time: now,
        };
        self.signed_in
            .insert(session.clone(), signed_in.clone(), now);
        let cookie = format!(
            "{}={session}; Path=/; HttpOnly; SameSite=Lax",
            self.session_cookie
        );
        let mut response = self.issue_code(
            Grant {
                authorization: pending.authorization,
                signed_in,
                session,
            },
            now,
        );
        set_cookie(&mut response, &cookie);
        response
    }

    /// What may be answered only by a page, because the redirect URI cannot be
    /// trusted, comes first; the rest goes back to the client
    /// (RFC 6749 section 4.1.2.1).
    fn authorization(&self, form: &Form) -> Result<Authorization, Refusal> {
        let refused = |message| Err(Refusal::Page(message));
        let Some(client) = form.get("client_id").and_then(|id| self.client(id)) else {
            return refused("There is no client with that client_id.");
        };
        let Some(redirect_uri) = form.get("redirect_uri").filter(|uri| {
            self.redirects
                .iter()
                .any(|registered| registered.allows(uri))
        }) else {
            return refused("That redirect_uri is not registered.");
        };
        let too_long = |&(name, limit): &(&str, usize)| {
            form.get(name).is_some_and(|value| value.len() > limit)
        };
        if LONGEST.iter().any(too_long) {
            return refused(
                "The state is over 8 KiB, or the nonce, scope or code_challenge over 2 KiB.",
            );
        }
        let scope = form
            .get("scope")
            .map_or_else(|| SCOPES.join(" "), str::to_owned);
        let authorization = Authorization {
            client_id: client.id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            nonce: form.get("nonce").map(str::to_owned),
            code_challenge: form.get("code_challenge").map(str::to_owned),
            state: form.get("state").map(str::to_owned),
            scope,
        };
        let plain_challenge = authorization.code_challenge.is_some()
            && form.get("code_challenge_method") != Some("S256");
        let error = match form.get("response_type") {
            None => Some("invalid_request"),
            Some("code") if plain_challenge => Some("invalid_request"),
            Some("code")
                if authorization
                    .scope
                    .split(' ')
                    .all(|scope| SCOPES.contains(&scope)) =>
            {
                None
            }
            Some("code") => Some("invalid_scope"),
            Some(_) => Some("unsupported_response_type"),
        };
        match error {
            Some(error) => Err(Refusal::Redirect(Box::new(authorization), error)),
            None => Ok(authorization),
        }
    }

    fn ask(
        &self,
        authorization: Authorization,
        headers: &HeaderMap,
        now: UnixTime,
    ) -> Response<Body> {
        // One value for all login pages of a browser, so that a second tab does not
        // spoil the first.
        let known = cookie::value(headers, &self.browser_cookie)
            .filter(|value| value.len() == 43)
            .map(str::to_owned);
        let (Ok(id), Ok(fresh)) = (random::secret(), random::secret()) else {
            return page::refused(StatusCode::INTERNAL_SERVER_ERROR, "No randomness.");
        };
        let browser = known.unwrap_or(fresh);
        let mut response = page::login(&self.users, &authorization, &id);
        set_cookie(
            &mut response,
            &format!(
                "{}={browser}; Path=/; HttpOnly; SameSite=Lax",
                self.browser_cookie
            ),
        );
        self.pending.insert(
            id,
            Pending {
                authorization,
                browser,
            },
            now,
        );
        response
    }

    fn issue_code(&self, mut grant: Grant, now: UnixTime) -> Response<Body> {
        let Ok(code) = random::secret() else {
            return redirect_error(&grant.authorization, "server_error");
        };
        let response = redirect(&grant.authorization, "code", &code);
        // It is on its way back, and a refresh token would keep it for a month.
        grant.authorization.state = None;
        self.codes.insert(code, grant, now);
        response
    }
}

fn redirect_error(authorization: &Authorization, error: &str) -> Response<Body> {
    redirect(authorization, "error", error)
}

fn redirect(authorization: &Authorization, name: &str, value: &str) -> Response<Body> {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let uri = &authorization.redirect_uri;
    let mut location = format!(
        "{uri}{}{name}={}",
        if uri.contains('?') { '&' } else { '?' },
        encode(value)
    );
    if let Some(state) = &authorization.state {
        location.push_str("&state=");
        location.push_str(&encode(state));
    }
    redirect_to(&location)
}

/// 302, not to be kept, and without telling the next site where the browser
/// came from.
pub(crate) fn redirect_to(location: &str) -> Response<Body> {
    let Ok(location) = HeaderValue::try_from(location) else {
        return page::refused(
            StatusCode::BAD_REQUEST,
            "That address cannot be redirected to.",
        );
    };
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, location);
    page::secure(&mut response, None);
    response
}

/// Adds a cookie. It is made of names and values of our own, all of them
/// tokens.
pub(crate) fn set_cookie(response: &mut Response<Body>, cookie: &str) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// How many bytes an authorization may keep of what the client sent, so that
/// all that wait for their users together stay below 64 MiB. A `state` may
/// be longer than the rest: the load balancer's has the URL in it that the user
/// asked for.
const LONGEST: [(&str, usize); 4] = [
    ("state", 8 * 1024),
    ("nonce", 2 * 1024),
    ("scope", 2 * 1024),
    ("code_challenge", 2 * 1024),
];
