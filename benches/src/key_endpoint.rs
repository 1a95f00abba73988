//! Where the keys come from.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alb_oidc::{
    Authenticator, Clock, CryptoBackend, FetchFuture, KeyFetcher, KeyResponse, KeyStore,
    KeyStoreSettings,
};
use alb_oidc_testkit::SimulatedAlb;
use tokio::runtime;
use tokio::time;

use crate::request::Request;

/// The key endpoint of a load balancer, as a store sees it: it answers after a while, and counts.
#[derive(Clone, Debug)]
pub struct KeyEndpoint(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    pems: HashMap<String, String>,
    latency: Duration,
    requests: AtomicU64,
}

impl KeyEndpoint {
    /// One that has the keys that the load balancer has had until now.
    #[must_use]
    pub fn of(alb: &SimulatedAlb, latency: Duration) -> Self {
        let keys = alb.public_keys().into_iter();
        Self(Arc::new(Parts {
            pems: keys.map(|(id, pem)| (id.to_string(), pem)).collect(),
            latency,
            requests: AtomicU64::new(0),
        }))
    }

    /// How often it has been asked.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// A store that asks it.
    ///
    /// # Panics
    ///
    /// If a store may not have these settings.
    #[must_use]
    pub fn store(&self, backend: CryptoBackend, settings: KeyStoreSettings) -> KeyStore {
        let store = KeyStore::builder(self.clone()).key_url("https://keys.example");
        let store = store.expect("the URL is one");
        let store = store.crypto_backend(backend).settings(settings);
        store.build().expect("its settings are within bounds")
    }
}

impl KeyFetcher for KeyEndpoint {
    fn fetch(&self, url: String, _max_body_bytes: usize) -> FetchFuture {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        let id = url.rsplit('/').next().unwrap_or_default();
        let response = match self.0.pems.get(id) {
            Some(pem) => KeyResponse::new(200, pem.as_bytes().to_vec()),
            None => KeyResponse::new(404, Vec::new()),
        };
        let latency = self.0.latency;
        Box::pin(async move {
            time::sleep(latency).await;
            Ok(response)
        })
    }
}

/// An authenticator as an application has it, which has verified each of these requests' tokens:
/// its keys are in its store.
///
/// # Panics
///
/// If it refuses one.
#[must_use]
pub fn warm_authenticator(
    alb: &SimulatedAlb,
    backend: CryptoBackend,
    clock: impl Clock,
    requests: &[Request],
) -> Authenticator {
    // No budget: new keys, one a second, would keep us waiting for a minute.
    let settings = KeyStoreSettings::default().budget_interval(Duration::from_nanos(1));
    let store = KeyEndpoint::of(alb, Duration::ZERO).store(backend, settings);
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .clock(clock)
        .build()
        .expect("a simulated load balancer's policy fits the endpoint");
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("there is a runtime").block_on(async {
        for request in requests {
            let user = authenticator.authenticate(request.headers()).await;
            user.expect("a genuine request proves a user");
        }
    });
    authenticator
}
