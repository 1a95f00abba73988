//! What the session cookie holds.

use std::fmt;

use alb_oidc::UnixTime;
use aws_lc_rs::error::Unspecified;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use crate::cookie;
use crate::reason::ErrorReason;
use crate::rule::AuthenticateOidc;
use crate::seal::SealingKey;

/// A login: the claims as the IdP wrote them, its tokens, and how long all this
/// is good for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// The raw text of the userinfo object, so that the order of its members
    /// survives to the target.
    pub(crate) claims: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// When the access token expires, if the IdP said so.
    pub(crate) access_token_expires_at: Option<UnixTime>,
    /// When the session timeout is over, counted from the login.
    pub(crate) expires_at: UnixTime,
}

/// What the cookies of a request come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// No shard at all.
    Nothing,
    /// Shards that do not decrypt: from another start of the simulator,
    /// truncated, spliced or made up.
    Invalid,
    /// A login of ours whose session timeout is over.
    Expired,
    Current(Session),
}

impl Presented {
    pub(crate) fn read(
        key: &SealingKey,
        rule: &AuthenticateOidc,
        headers: &HeaderMap,
        now: UnixTime,
    ) -> Self {
        if !cookie::has_shards(headers, &rule.session_cookie_name) {
            return Self::Nothing;
        }
        let session = cookie::join_shards(headers, &rule.session_cookie_name)
            .and_then(|sealed| key.open(&context(rule), &sealed))
            .and_then(|bytes| Session::decode(&bytes));
        match session {
            None => Self::Invalid,
            Some(session) if session.expires_at <= now => Self::Expired,
            Some(session) => Self::Current(session),
        }
    }
}

impl Session {
    /// The `Set-Cookie` values that carry this session.
    pub(crate) fn cookies(
        &self,
        key: &SealingKey,
        rule: &AuthenticateOidc,
        headers: &HeaderMap,
        now: UnixTime,
    ) -> Result<Vec<HeaderValue>, ErrorReason> {
        if self.claims.len().saturating_add(self.access_token.len())
            > MAX_CLAIMS_AND_ACCESS_TOKEN_BYTES
        {
            return Err(ErrorReason::AuthUserinfoResponseSizeExceeded);
        }
        let sealed = self
            .encode()
            .and_then(|bytes| key.seal(&context(rule), bytes));
        let sealed = sealed.map_err(|Unspecified| ErrorReason::AuthUnhandledException)?;
        cookie::set_shards(headers, &rule.session_cookie_name, &sealed, now)
            .ok_or(ErrorReason::AuthUserinfoResponseSizeExceeded)
    }

    /// The `sub` of the claims.
    pub(crate) fn subject(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Subject {
            sub: String,
        }
        serde_json::from_str(&self.claims)
            .ok()
            .map(|Subject { sub }| sub)
    }

    /// Two times and three length-prefixed texts. JSON would escape every quote
    /// of the claims, and they have to fit.
    fn encode(&self) -> Result<Vec<u8>, Unspecified> {
        let refresh_token = self.refresh_token.as_deref().unwrap_or_default();
        let mut bytes = Vec::with_capacity(
            32 + self.claims.len() + self.access_token.len() + refresh_token.len(),
        );
        bytes.extend_from_slice(&self.expires_at.as_secs().to_be_bytes());
        bytes.extend_from_slice(
            &self
                .access_token_expires_at
                .map_or(NEVER, UnixTime::as_secs)
                .to_be_bytes(),
        );
        for text in [&self.claims, &self.access_token, refresh_token] {
            bytes.extend_from_slice(
                &u32::try_from(text.len())
                    .map_err(|_| Unspecified)?
                    .to_be_bytes(),
            );
            bytes.extend_from_slice(text.as_bytes());
        }
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (expires_at, rest) = bytes.split_first_chunk::<8>()?;
        let (access_token_expires_at, mut rest) = rest.split_first_chunk::<8>()?;
        let mut text = || {
            let (length, tail) = rest.split_first_chunk::<4>()?;
            let (text, tail) =
                tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
            rest = tail;
            String::from_utf8(text.to_vec()).ok()
        };
        let (claims, access_token, refresh_token) = (text()?, text()?, text()?);
        rest.is_empty().then(|| Self {
            claims,
            access_token,
            refresh_token: Some(refresh_token).filter(|token| !token.is_empty()),
            access_token_expires_at: Some(u64::from_be_bytes(*access_token_expires_at))
                .filter(|seconds| *seconds != NEVER)
                .map(UnixTime::from_secs),
            expires_at: UnixTime::from_secs(u64::from_be_bytes(*expires_at)),
        })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("claims", &"redacted")
            .field("access_token", &"redacted")
            .field(
                "refresh_token",
                &self.refresh_token.as_ref().map(|_| "redacted"),
            )
            .field("access_token_expires_at", &self.access_token_expires_at)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// A session is good for the cookie name, issuer and client that it was made
/// for. Everything is behind a length, so no two rules make one context.
fn context(rule: &AuthenticateOidc) -> String {
    let (name, issuer, client) = (&rule.session_cookie_name, &rule.issuer, &rule.client_id);
    format!(
        "session {}:{name} {}:{issuer} {}:{client}",
        name.len(),
        issuer.len(),
        client.len()
    )
}

/// "If the total size of the user claims and access token received from the IdP
/// is greater than 11K in size, the load balancer returns an error."
const MAX_CLAIMS_AND_ACCESS_TOKEN_BYTES: usize = 11 * 1024;
const NEVER: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::COOKIE;

    fn session() -> Session {
        Session {
            claims: r#"{"sub":"canary-sub"}"#.to_owned(),
            access_token: "canary-access".to_owned(),
            refresh_token: Some("canary-refresh".to_owned()),
            access_token_expires_at: Some(UnixTime::from_secs(5)),
            expires_at: UnixTime::from_secs(10),
        }
    }

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

    fn sent(session: &Session, key: &SealingKey, rule: &AuthenticateOidc) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in session
            .cookies(key, rule, &HeaderMap::new(), UnixTime::from_secs(0))
            .unwrap()
        {
            let pair = cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned();
            headers.append(COOKIE, HeaderValue::try_from(pair).unwrap());
        }
        headers
    }

    #[test]
    fn a_session_is_read_back_until_its_timeout() {
        let (key, rule) = (SealingKey::generate().unwrap(), rule());
        let headers = sent(&session(), &key, &rule);
        let at = |seconds| Presented::read(&key, &rule, &headers, UnixTime::from_secs(seconds));

        assert_eq!(at(9), Presented::Current(session()));
        assert_eq!(at(10), Presented::Expired);
    }

    #[test]
    fn a_session_of_another_client_or_cookie_name_is_invalid() {
        let key = SealingKey::generate().unwrap();
        let headers = sent(&session(), &key, &rule());
        let mut other = rule();
        other.client_id = "other".to_owned();

        assert_eq!(
            Presented::read(&key, &other, &headers, UnixTime::from_secs(0)),
            Presented::Invalid
        );
        assert_eq!(
            Presented::read(&key, &rule(), &HeaderMap::new(), UnixTime::from_secs(0)),
            Presented::Nothing
        );
    }

    #[test]
    fn claims_and_access_token_may_have_eleven_kilobytes_together_and_no_more() {
        let (key, rule) = (SealingKey::generate().unwrap(), rule());
        let mut session = session();
        session.claims = "c".repeat(11 * 1024 - session.access_token.len());
        assert_eq!(
            sent(&session, &key, &rule).get_all(COOKIE).iter().count(),
            4
        );

        session.claims.push('c');
        assert_eq!(
            session.cookies(&key, &rule, &HeaderMap::new(), UnixTime::from_secs(0)),
            Err(ErrorReason::AuthUserinfoResponseSizeExceeded)
        );
    }

    #[test]
    fn bytes_that_are_too_short_or_too_long_are_no_session() {
        let bytes = session().encode().unwrap();

        assert_eq!(Session::decode(&bytes), Some(session()));
        for length in 0..bytes.len() {
            assert_eq!(Session::decode(&bytes[..length]), None);
        }
        assert_eq!(Session::decode(&[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn nothing_of_the_user_is_in_the_debug_text() {
        assert!(
            !format!("{:?} {:#?}", session(), Presented::Current(session())).contains("canary")
        );
    }
}
