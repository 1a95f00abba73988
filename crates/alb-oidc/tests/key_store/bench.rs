//! A load balancer, a key endpoint, a store between them, and the requests that go through it.

use std::time::Duration;

use alb_oidc::{
    AuthenticateError, Authentication, Authenticator, Clock, FetchError, KeyError, KeyId, KeyStore,
    KeyStoreBuilder, KeyStoreSettings, OidcHeaders, TokenError, UnixTime,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use tokio::time::{self, Instant};

use crate::fetcher::{BASE, FakeEndpoint};

/// The store under test, and all around it. Tokens do not expire by themselves: the wall clock stands still.
pub(crate) struct Bench {
    pub(crate) alb: SimulatedAlb,
    pub(crate) endpoint: FakeEndpoint,
    pub(crate) store: KeyStore,
    pub(crate) clock: ManualClock,
    authenticator: Authenticator,
}

impl Bench {
    /// All numbers at their defaults, and the load balancer's key published.
    pub(crate) fn new() -> Self {
        Self::with(KeyStoreSettings::default())
    }

    pub(crate) fn with(settings: KeyStoreSettings) -> Self {
        let bench = Self::unpublished(settings);
        bench.endpoint.publish(&bench.alb);
        bench
    }

    /// The endpoint has no key yet.
    pub(crate) fn unpublished(settings: KeyStoreSettings) -> Self {
        let endpoint = FakeEndpoint::new();
        let store = store(&endpoint).settings(settings).build().unwrap();
        Self::around(SimulatedAlb::new(), endpoint, store)
    }

    pub(crate) fn around(alb: SimulatedAlb, endpoint: FakeEndpoint, store: KeyStore) -> Self {
        let clock = ManualClock::at(NOW);
        let authenticator = Authenticator::builder(alb.policy())
            .key_store(store.clone())
            .clock(clock.clone())
            .build()
            .unwrap();
        Self {
            alb,
            endpoint,
            store,
            clock,
            authenticator,
        }
    }

    /// A token of the load balancer's newest key.
    pub(crate) fn token(&self) -> String {
        let now = self.clock.unix_time().unwrap_or(NOW);
        self.alb.mint(r#"{"sub":"alice"}"#, now)
    }

    /// A token that is admitted, names this key, and has a signature of nobody's.
    pub(crate) fn forged(&self, key_id: KeyId) -> String {
        forged(&self.alb, key_id)
    }

    /// Sends a request with this token.
    pub(crate) fn send(&self, token: &str) -> Authentication {
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        self.authenticator.authenticate(headers)
    }

    /// Sees a request without acting upon it.
    pub(crate) fn observe(&self, headers: Result<OidcHeaders<'_>, AuthenticateError>) {
        self.authenticator.observe(headers);
    }

    /// Sends a request with a new token of the load balancer's.
    pub(crate) async fn request(&self) -> Verdict {
        self.verdict(&self.token()).await
    }

    pub(crate) async fn verdict(&self, token: &str) -> Verdict {
        self.send(token).await.map(drop)
    }

    /// What the request came to, and how long it took.
    pub(crate) async fn timed(&self, token: &str) -> (Verdict, Duration) {
        let sent = Instant::now();
        let verdict = self.verdict(token).await;
        (verdict, sent.elapsed())
    }

    /// Asks for a key, without a signature that it could verify.
    pub(crate) async fn ask_for(&self, key_id: KeyId) -> Verdict {
        self.verdict(&self.forged(key_id)).await
    }

    /// The endpoint serves a key under some other id than the load balancer's, and has been asked for it: it is known to be what it should be.
    pub(crate) async fn make_endpoint_known(&self) {
        let other = SimulatedAlb::new();
        self.endpoint.publish(&other);
        assert_eq!(self.ask_for(other.key_id()).await, BAD_SIGNATURE);
        self.endpoint.forget_asked();
    }
}

pub(crate) type Verdict = Result<(), AuthenticateError>;

pub(crate) const UNKNOWN_KEY: Verdict = Err(AuthenticateError::Rejected(TokenError::UnknownKey));
pub(crate) const BAD_SIGNATURE: Verdict =
    Err(AuthenticateError::Rejected(TokenError::BadSignature));
pub(crate) const LIMITED: Verdict = Err(AuthenticateError::Unavailable(KeyError::Limited));

/// How the fetch failed that the request got a 503 for.
pub(crate) fn fetch_error(verdict: Verdict) -> FetchError {
    match verdict {
        Err(AuthenticateError::Unavailable(KeyError::Fetch { error, .. })) => error,
        other => panic!("expected a failed fetch, got {other:?}"),
    }
}

pub(crate) fn store(endpoint: &FakeEndpoint) -> KeyStoreBuilder {
    KeyStore::builder(endpoint.clone()).key_url(BASE).unwrap()
}

/// A token of nobody's that names this load balancer's rule, and this key.
pub(crate) fn forged(alb: &SimulatedAlb, key_id: KeyId) -> String {
    signed_by(alb, key_id, |_| [1; 64])
}

/// A token that names this load balancer's rule, and this key, and is signed so.
pub(crate) fn signed_by(
    alb: &SimulatedAlb,
    key_id: KeyId,
    sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> String {
    let header = format!(
        r#"{{"typ":"JWT","kid":"{key_id}","alg":"ES256","iss":"{}","client":"{}","signer":"{}","exp":{}}}"#,
        alb.issuer(),
        alb.client(),
        alb.arn(),
        NOW.as_secs() + 120,
    );
    let header = URL_SAFE.encode(header);
    let payload = URL_SAFE.encode(r#"{"sub":"mallory"}"#);
    let input = format!("{header}.{payload}");
    let signature = URL_SAFE.encode(sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// The `n`th of the key ids that no endpoint has.
pub(crate) fn bogus(n: u64) -> KeyId {
    KeyId::from_bytes((0xb065_u128 << 112 | u128::from(n)).to_be_bytes())
}

/// Lets all that is due happen: the clock moves on only when there is nothing left to do.
pub(crate) async fn settle() {
    time::sleep(millis(1)).await;
}

pub(crate) async fn wait(duration: Duration) {
    time::sleep(duration).await;
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// tokio's timers are up to this late, for they count whole milliseconds.
pub(crate) const TICK: Duration = millis(2);

pub(crate) const HOUR: Duration = secs(3600);
pub(crate) const MINUTE: Duration = secs(60);

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
