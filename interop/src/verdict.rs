//! What we make of a token.

use std::fmt;
use std::task::{Context, Poll, Waker};

use alb_oidc::{
    AuthenticateError, Authenticator, CryptoBackend, JsonError, KeyId, OidcHeaders, StaticKeys,
    TokenError, TrustPolicy, UnixTime,
};
use alb_oidc_testkit::{HeaderLines, ManualClock};

/// What we make of a token: whose it is, or why it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict(Result<String, AuthenticateError>);

impl Verdict {
    /// All backends' verdict on a request with these headers.
    ///
    /// # Panics
    ///
    /// If the backends differ.
    #[must_use]
    pub fn on(
        headers: &HeaderLines,
        policy: &TrustPolicy,
        keys: &[(KeyId, String)],
        now: UnixTime,
    ) -> Self {
        let mut verdicts = CryptoBackend::ALL.iter().map(|backend| {
            let keys = StaticKeys::from_pems(keys.iter().cloned(), *backend).expect("keys");
            let authenticator = Authenticator::builder(policy.clone())
                .key_source(keys)
                .clock(ManualClock::at(now))
                .build()
                .expect("an authenticator");
            decide(&authenticator, headers)
        });
        let verdict = verdicts.next().expect("a backend");
        for other in verdicts {
            assert_eq!(verdict, other, "the backends differ");
        }
        Self(verdict)
    }

    /// Whose it is: the `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.as_deref().ok()
    }

    /// Why it is refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&AuthenticateError> {
        self.0.as_ref().err()
    }
}

/// `accepted`, or the kind of refusal: the reason, and of JSON and encodings what exactly.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(_) => f.write_str("accepted"),
            Err(AuthenticateError::Rejected(TokenError::Json { segment, error })) => match error {
                JsonError::Type { member, .. } => write!(f, "{segment}: type of {member}"),
                error => write!(f, "{segment}: {error}"),
            },
            Err(AuthenticateError::Rejected(TokenError::Encoding { segment, error })) => {
                write!(f, "{segment}: {error}")
            }
            Err(error) => f.write_str(error.reason()),
        }
    }
}

fn decide(
    authenticator: &Authenticator,
    headers: &HeaderLines,
) -> Result<String, AuthenticateError> {
    let headers = OidcHeaders::from_lookup(|name| {
        let lines = headers.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_slice())
    });
    let authentication = std::pin::pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict.map(|user| user.id().subject().to_owned()),
        Poll::Pending => panic!("static keys are never pending"),
    }
}
