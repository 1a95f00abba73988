//! A load balancer, its key endpoint, and an authenticator that trusts both.

use std::time::Duration;

use alb_oidc::{
    AuthenticateError, Authenticator, Clock as _, HttpFetcher, HttpFetcherBuilder, KeyStore,
    KeyStoreSettings, OidcHeaders, SystemClock,
};
use alb_oidc_testkit::SimulatedAlb;

use crate::certificates::AUTHORITY;
use crate::endpoint::Endpoint;

pub(crate) type Verdict = Result<(), AuthenticateError>;

pub(crate) struct Bench {
    pub(crate) alb: SimulatedAlb,
    pub(crate) endpoint: Endpoint,
    pub(crate) store: KeyStore,
    authenticator: Authenticator,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadlines {
    /// As they are by default.
    Default,
    /// So long that no loaded machine reaches them.
    Long,
    /// As long, but for making a connection.
    DefaultToConnect,
}

impl Bench {
    pub(crate) async fn new(deadlines: Deadlines) -> Self {
        let alb = SimulatedAlb::new();
        let endpoint = Endpoint::start(&alb).await;
        let store = store(&endpoint.url(), deadlines);
        let authenticator = authenticator(&alb, &store);
        Self {
            alb,
            endpoint,
            store,
            authenticator,
        }
    }

    pub(crate) fn token(&self) -> String {
        token(&self.alb)
    }

    pub(crate) async fn verdict(&self, token: &str) -> Verdict {
        verdict(&self.authenticator, token).await
    }
}

/// A store that trusts the tests' authority. Any answer but the first may be its key's refresh.
pub(crate) fn store(url: &str, deadlines: Deadlines) -> KeyStore {
    let fetcher = HttpFetcher::builder();
    let settings = KeyStoreSettings::default()
        .soft_lifetime(Duration::from_nanos(1))
        // Short pauses, so that many failures make no long test.
        .unknown_retry_delay(Duration::from_millis(10))
        .min_backoff(Duration::from_millis(10))
        .max_backoff(Duration::from_millis(20));
    let (fetcher, settings) = match deadlines {
        Deadlines::Default => (fetcher, settings),
        Deadlines::Long => (
            fetcher.connect_timeout(LONG),
            settings.exchange_timeout(LONG).flight_timeout(LONG * 2),
        ),
        Deadlines::DefaultToConnect => (
            fetcher,
            settings.exchange_timeout(LONG).flight_timeout(LONG * 2),
        ),
    };
    let store = KeyStore::builder(trusting(fetcher)).key_url(url).unwrap();
    store.settings(settings).build().unwrap()
}

pub(crate) fn trusting(fetcher: HttpFetcherBuilder) -> HttpFetcher {
    let root = AUTHORITY.pem();
    let fetcher = fetcher.root_certificates_pem(root.as_bytes()).unwrap();
    fetcher.build().unwrap()
}

pub(crate) fn authenticator(alb: &SimulatedAlb, store: &KeyStore) -> Authenticator {
    let builder = Authenticator::builder(alb.policy()).key_store(store.clone());
    builder.build().unwrap()
}

pub(crate) fn token(alb: &SimulatedAlb) -> String {
    alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap())
}

pub(crate) async fn verdict(authenticator: &Authenticator, token: &str) -> Verdict {
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    authenticator.authenticate(headers).await.map(drop)
}

/// The deadline of an exchange that must not reach it.
pub(crate) const LONG: Duration = Duration::from_secs(25);
