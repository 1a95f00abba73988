//! The requests of many users.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use alb_oidc::{AuthenticateError, AuthenticatedUser, Authenticator, KeyId, OidcHeaders, UnixTime};
use alb_oidc_testkit::SimulatedAlb;
use serde_json::json;

use crate::workload::Ending;

/// The three headers of one request.
#[derive(Clone, Debug)]
pub struct Request {
    lines: [(&'static str, String); 3],
}

impl Request {
    /// The request of the `n`th user, with the token that `mint` makes of the claims of a Cognito
    /// user with a few attributes.
    pub fn of_user(n: usize, mint: impl FnOnce(&str) -> String) -> Self {
        let sub = format!("7a1c5f0e-3b9d-4c58-9c5e-{n:012x}");
        let userinfo = json!({
            "sub": sub,
            "email_verified": "true",
            "custom:department": format!("department-{}", n % 7),
            "given_name": "Zoë",
            "name": format!("Zoë Ångström-{n}"),
            "email": format!("zoe.angstrom.{n}@example.com"),
            "username": sub,
        });
        Self {
            lines: [
                (OidcHeaders::DATA, mint(&userinfo.to_string())),
                (OidcHeaders::IDENTITY, sub),
                (OidcHeaders::ACCESS_TOKEN, "x".repeat(1_000)),
            ],
        }
    }

    /// A genuine one, whose token is good for hours: an ALB's own are for two minutes, in which no
    /// bench is done.
    #[must_use]
    pub fn genuine(alb: &SimulatedAlb, n: usize) -> Self {
        Self::of_user(n, |userinfo| alb.mint(userinfo, hours_from_now(6)))
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &str {
        let [(_, token), ..] = &self.lines;
        token
    }

    /// The token in two: what is signed, and the signature, encoded.
    #[must_use]
    pub fn split_token(&self) -> (&str, &str) {
        self.token().rsplit_once('.').expect("a token has dots")
    }

    /// Its lines: names in lower case, and values.
    #[must_use]
    pub const fn lines(&self) -> &[(&'static str, String); 3] {
        &self.lines
    }

    /// What an authenticator reads of it.
    ///
    /// # Errors
    ///
    /// As [`OidcHeaders::from_lookup`].
    pub fn headers(&self) -> Result<OidcHeaders<'_>, AuthenticateError> {
        read_headers(&self.lines)
    }

    /// Who sent it.
    ///
    /// # Errors
    ///
    /// As [`Authenticator::authenticate`].
    ///
    /// # Panics
    ///
    /// If the authenticator has to wait for a key.
    pub fn authenticate(
        &self,
        authenticator: &Authenticator,
    ) -> Result<AuthenticatedUser, AuthenticateError> {
        decide(authenticator, self.headers())
    }

    /// Why it is refused, if it is.
    pub(crate) fn refusal(&self, authenticator: &Authenticator) -> Ending {
        refusal(authenticator, self.headers())
    }
}

/// What an authenticator reads of these lines: names in lower case, and values.
///
/// # Errors
///
/// As [`OidcHeaders::from_lookup`].
pub fn read_headers<'l, V: AsRef<[u8]>>(
    lines: &'l [(&'static str, V)],
) -> Result<OidcHeaders<'l>, AuthenticateError> {
    OidcHeaders::from_lookup(|name| {
        let lines = lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_ref())
    })
}

/// Why an authenticator that has its keys at hand refuses, if it does.
pub(crate) fn refusal(
    authenticator: &Authenticator,
    headers: Result<OidcHeaders<'_>, AuthenticateError>,
) -> Ending {
    match black_box(decide(authenticator, headers)) {
        Ok(_) => None,
        Err(error) => Some(error.reason()),
    }
}

/// The decision of an authenticator that has its keys at hand.
///
/// # Errors
///
/// As [`Authenticator::authenticate`].
///
/// # Panics
///
/// If it has not.
pub fn decide(
    authenticator: &Authenticator,
    headers: Result<OidcHeaders<'_>, AuthenticateError>,
) -> Result<AuthenticatedUser, AuthenticateError> {
    let authentication = pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(decision) => decision,
        Poll::Pending => panic!("with its keys at hand an authenticator decides at once"),
    }
}

/// A genuine header, but for its key id: the `n`th of those that no endpoint has.
#[must_use]
pub fn header_of_unknown_key(alb: &SimulatedAlb, expires_at: UnixTime, n: u128) -> String {
    let id = KeyId::from_bytes((0xb065 << 112 | n).to_be_bytes());
    let header = alb.header(expires_at);
    header.replace(&alb.key_id().to_string(), &id.to_string())
}

/// The time, so many hours on.
#[must_use]
pub fn hours_from_now(hours: i64) -> UnixTime {
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("it is past 1970");
    let then = now.as_secs().checked_add_signed(hours * 3_600);
    UnixTime::from_secs(then.expect("it is not the end of time"))
}
