//! The `state` parameter of a login under way, and where it leads back to.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use alb_oidc::UnixTime;
use aws_lc_rs::error::Unspecified;
use serde::{Deserialize, Serialize};

use crate::random;
use crate::seal::SealingKey;

/// A login that the load balancer sent a browser to. Sealed into `state`, so
/// that nobody else can make or change one.
#[derive(Serialize, Deserialize)]
pub(crate) struct LoginState {
    id: u128,
    /// The `AWSALBAuthNonce` of the browser.
    nonce: String,
    issued_at: u64,
    /// The host of the redirect URL. The browser must come back to the same
    /// one.
    host: String,
    target: String,
}

impl LoginState {
    pub(crate) fn begin(
        nonce: &str,
        host: &str,
        target: &ReturnTarget,
        now: UnixTime,
    ) -> Result<Self, Unspecified> {
        Ok(Self {
            id: u128::from_be_bytes(random::bytes()?),
            nonce: nonce.to_owned(),
            issued_at: now.as_secs(),
            host: host.to_owned(),
            target: target.as_str().to_owned(),
        })
    }

    /// Standard base64, padded, as the load balancer's own.
    pub(crate) fn seal(&self, key: &SealingKey) -> Result<String, Unspecified> {
        key.seal(CONTEXT, serde_json::to_vec(self).map_err(|_| Unspecified)?)
    }

    /// Nothing unless `state` is one of ours.
    pub(crate) fn open(key: &SealingKey, state: &str) -> Option<Self> {
        serde_json::from_slice(&key.open(CONTEXT, state)?).ok()
    }

    pub(crate) fn belongs_to(&self, nonce: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.nonce.as_bytes(), nonce.as_bytes())
            .is_ok()
    }

    pub(crate) fn began_at_host(&self, host: &str) -> bool {
        self.host == host
    }

    pub(crate) fn is_overdue(&self, now: UnixTime) -> bool {
        self.deadline() < now
    }

    pub(crate) fn target(&self) -> ReturnTarget {
        ReturnTarget::parse(&self.target)
    }

    fn deadline(&self) -> UnixTime {
        UnixTime::from_secs(self.issued_at).saturating_add(LOGIN_TIMEOUT)
    }
}

impl fmt::Debug for LoginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginState(redacted)")
    }
}

/// The states that have come back. Each may do so once.
#[derive(Debug, Default)]
pub(crate) struct SpentStates(Mutex<HashMap<u128, UnixTime>>);

impl SpentStates {
    /// Whether this is the state's first return. It is spent from now on.
    pub(crate) fn spend(&self, state: &LoginState, now: UnixTime) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An overdue state is refused before it is looked up, so it need not be
        // remembered.
        spent.retain(|_, deadline| *deadline >= now);
        // Full of live entries is a flood: refusing logins is safe, forgetting a spent
        // state is not.
        spent.len() < MAX_SPENT && spent.insert(state.id, state.deadline()).is_none()
    }
}

/// Where a login leads back to: an absolute path on the same origin, with its
/// query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnTarget(String);

impl ReturnTarget {
    /// `path_and_query` if it can only mean this origin to a browser, else `/`.
    ///
    /// A browser reads `//host` and `/\host` as another origin, and drops tabs
    /// and line breaks before it looks (WHATWG URL, sections 4.1 and 4.4).
    pub(crate) fn parse(path_and_query: &str) -> Self {
        let mut bytes = path_and_query.bytes();
        let absolute = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
        let visible = path_and_query
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let path = path_and_query
            .split('?')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        // `/.//host` and `/%2e//host` become `//host` once the dot segment is taken
        // away; an encoded control character is nobody's path.
        let hidden = [".//", "%2e//", "%0", "%1"]
            .iter()
            .any(|trick| path.contains(trick));
        if absolute && visible && !hidden {
            Self(path_and_query.to_owned())
        } else {
            Self("/".to_owned())
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// "The client login timeout is 15 minutes" (AWS: *Authenticate users using an
/// Application Load Balancer*).
const LOGIN_TIMEOUT: Duration = Duration::from_secs(900);
const MAX_SPENT: usize = 65_536;
const CONTEXT: &str = "state";

#[cfg(test)]
mod tests {
    use super::*;

    fn state(now: u64) -> LoginState {
        LoginState::begin(
            "nonce",
            "localhost:8080",
            &ReturnTarget::parse("/x?y=1"),
            UnixTime::from_secs(now),
        )
        .unwrap()
    }

    #[test]
    fn a_state_comes_back_as_it_went() {
        let key = SealingKey::generate().unwrap();
        let back = LoginState::open(&key, &state(0).seal(&key).unwrap()).unwrap();

        assert_eq!(back.target().as_str(), "/x?y=1");
        assert!(back.belongs_to("nonce") && !back.belongs_to("other") && !back.belongs_to(""));
        assert!(back.began_at_host("localhost:8080") && !back.began_at_host("127.0.0.1:8080"));
    }

    #[test]
    fn a_login_may_take_fifteen_minutes() {
        assert!(!state(0).is_overdue(UnixTime::from_secs(900)));
        assert!(state(0).is_overdue(UnixTime::from_secs(901)));
    }

    #[test]
    fn a_state_is_good_once() {
        let spent = SpentStates::default();
        let (one, two) = (state(0), state(0));

        assert!(spent.spend(&one, UnixTime::from_secs(0)));
        assert!(!spent.spend(&one, UnixTime::from_secs(900)));
        assert!(spent.spend(&two, UnixTime::from_secs(900)));
    }

    #[test]
    fn a_return_target_never_leaves_the_origin() {
        for target in [
            "/",
            "/a",
            "/a?b=//c",
            "/a//b",
            "/@evil",
            "/https://evil",
            "/a/../b",
        ] {
            assert_eq!(ReturnTarget::parse(target).as_str(), target);
        }
        for target in [
            "",
            "//evil",
            "/\\evil",
            "\\/evil",
            "///evil",
            "https://evil",
            "https:evil",
            "evil",
            "user@evil",
            "/\t/evil",
            "/\n/evil",
            "/a\r\nb",
            "/%09/evil",
            "/%0d%0aevil",
            "/.//evil",
            "/%2E//evil",
            "/a/..//evil",
            "/a\\b",
            "/\u{e9}",
            " /a",
        ] {
            assert_eq!(ReturnTarget::parse(target).as_str(), "/", "{target:?}");
        }
    }
}
