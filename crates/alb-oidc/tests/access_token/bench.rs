//! A load balancer, its identity provider, and the requests that go through them.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use alb_oidc::{
    AccessTokenError, AccessTokenVerifier, Authentication, Authenticator, Clock, CognitoUserPool,
    FetchError, Issuer, KeyError, OidcHeaders, UnixTime,
};
use alb_oidc_testkit::{ManualClock, ProviderKey, SimulatedAlb};
use serde_json::{Value, json};

use crate::endpoint::FakeEndpoint;

/// What is under test, and all around it. The wall clock stands still unless it is moved.
pub(crate) struct Bench {
    pub(crate) alb: SimulatedAlb,
    pub(crate) endpoint: FakeEndpoint,
    pub(crate) clock: ManualClock,
    pub(crate) authenticator: Authenticator,
}

impl Bench {
    /// A Cognito user pool, whose keys are fetched from an endpoint in memory.
    pub(crate) fn cognito() -> Self {
        let endpoint = FakeEndpoint::new();
        let verifier = AccessTokenVerifier::cognito(&pool()).fetcher(endpoint.clone());
        Self::with(SimulatedAlb::new(), endpoint, verifier)
    }

    /// A Cognito user pool whose keys are at hand.
    pub(crate) fn at_hand() -> Self {
        let alb = SimulatedAlb::new();
        let verifier = alb.access_token_verifier();
        Self::with(alb, FakeEndpoint::new(), verifier)
    }

    /// Some other provider, whose keys are at hand.
    pub(crate) fn rfc9068() -> Self {
        let alb = rfc9068_alb();
        let verifier = alb.access_token_verifier();
        Self::with(alb, FakeEndpoint::new(), verifier)
    }

    pub(crate) fn with(
        alb: SimulatedAlb,
        endpoint: FakeEndpoint,
        verifier: AccessTokenVerifier,
    ) -> Self {
        let clock = ManualClock::at(NOW);
        let authenticator = Authenticator::builder(alb.policy())
            .key_source(alb.clone())
            .clock(clock.clone())
            .verify_access_tokens(verifier)
            .build()
            .unwrap();
        Self {
            alb,
            endpoint,
            clock,
            authenticator,
        }
    }

    /// The provider's access token for alice, who is an admin.
    pub(crate) fn token(&self) -> String {
        self.alb.access_token("alice", &["admins"], self.now())
    }

    /// Her token, signed with the provider's second key.
    pub(crate) fn rotated_token(&self) -> String {
        let claims = self.claims(&json!({})).to_string();
        ProviderKey::second().sign(r#"{"kid":"second","alg":"RS256"}"#, claims)
    }

    /// Her claims, with these members changed; `null` takes one away.
    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let mut claims = self
            .alb
            .access_token_claims("alice", &["admins"], self.now());
        change(&mut claims, changes);
        claims
    }

    /// Her token, with these members of its payload changed.
    pub(crate) fn token_with(&self, changes: &Value) -> String {
        let header = self.alb.access_token_header();
        ProviderKey::first().sign(header, self.claims(changes).to_string())
    }

    /// Her token, with these members of its header changed.
    pub(crate) fn token_under(&self, changes: &Value) -> String {
        let mut header: Value = serde_json::from_str(&self.alb.access_token_header()).unwrap();
        change(&mut header, changes);
        let payload = self.claims(&json!({})).to_string();
        ProviderKey::first().sign(header.to_string(), payload)
    }

    /// Sends a request of hers with this access token.
    pub(crate) fn send(&self, access_token: &str) -> Authentication {
        self.send_as("alice", Some(access_token))
    }

    pub(crate) fn send_as(&self, sub: &str, access_token: Option<&str>) -> Authentication {
        let data = self
            .alb
            .mint(&json!({ "sub": sub }).to_string(), self.now());
        let headers = OidcHeaders::from_lookup(|name| match name {
            OidcHeaders::DATA => Some(data.as_bytes()),
            OidcHeaders::ACCESS_TOKEN => access_token.map(str::as_bytes),
            _ => None,
        });
        self.authenticator.authenticate(headers)
    }

    /// What groups she is found to be in. Signed in she is in any case.
    pub(crate) async fn groups(&self, access_token: &str) -> Groups {
        let user = self.send(access_token).await;
        owned(user.unwrap().groups())
    }

    /// The same, without anybody to wait for.
    pub(crate) fn groups_now(&self, access_token: &str) -> Groups {
        let user = now(self.send(access_token)).unwrap();
        owned(user.unwrap().groups())
    }

    fn now(&self) -> UnixTime {
        self.clock.unix_time().unwrap_or(NOW)
    }
}

pub(crate) type Groups = Result<Vec<String>, AccessTokenError>;

pub(crate) fn owned(groups: Result<&[String], AccessTokenError>) -> Groups {
    groups.map(<[String]>::to_vec)
}

pub(crate) fn admins() -> Groups {
    Ok(vec!["admins".to_owned()])
}

/// What a future gives at its first poll.
pub(crate) fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// How the fetch failed that groups are not known for.
pub(crate) fn fetch_error(groups: Groups) -> FetchError {
    match groups {
        Err(AccessTokenError::Unavailable(KeyError::Fetch { error, .. })) => error,
        other => panic!("expected a failed fetch, got {other:?}"),
    }
}

/// The pool of [`SimulatedAlb::new`].
pub(crate) fn pool() -> CognitoUserPool {
    "us-east-1_SIMULATED".parse().unwrap()
}

pub(crate) fn rfc9068_alb() -> SimulatedAlb {
    let issuer = Issuer::new("https://login.example.com").unwrap();
    SimulatedAlb::builder().issuer(issuer).build()
}

fn change(object: &mut Value, changes: &Value) {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
