//! The cache of public keys. A hit reads a snapshot; for everything else there are flights.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{self, Instant};

use super::age::Freshness;
use super::entries::Entries;
use super::flights::{Attempt, Effects, Errand, Flights, Joined, Outcome, WaiterId};
use super::negatives::Failure;
use super::runtime::FetchRuntime;
use super::{
    KeyEndpoints, KeyFetcher, KeyLookup, KeyRequest, KeyResponse, KeySource, KeyStoreSettings,
    KeyUrl,
};
use crate::arn::Region;
use crate::error::{ConfigError, FetchError, KeyError};
use crate::jose::KeyId;
use crate::meter;
use crate::signature::{CryptoBackend, PublicKey};
use crate::trace::{event, in_span};

/// Fetches public keys and keeps them: one fetch for a key at a time, however many requests wait
/// for it, bounded in time, size and number.
///
/// A fetch belongs to no request. It runs as a task of its own, on the tokio runtime that the store
/// was built in (or, if it was built outside of one, the first that asks), so a client that
/// disconnects neither stops it nor makes others wait. Keys already held are served while the
/// endpoint is down, up to their [hard lifetime](KeyStoreSettings::hard_lifetime).
///
/// Clones share their keys. Stores share nothing otherwise: what one endpoint says never answers
/// for another.
#[derive(Clone)]
pub struct KeyStore(Arc<Shared>);

struct Shared {
    entries: ArcSwap<Entries>,
    flights: Mutex<Flights>,
    runtime: FetchRuntime,
    fetcher: Arc<dyn KeyFetcher>,
    endpoints: KeyEndpoints,
    backend: CryptoBackend,
    settings: Arc<KeyStoreSettings>,
}

impl KeyStore {
    /// A store that fetches with `fetcher`.
    pub fn builder(fetcher: impl KeyFetcher) -> KeyStoreBuilder {
        KeyStoreBuilder {
            fetcher: Arc::new(fetcher),
            endpoints: KeyEndpoints::default(),
            backend: None,
            settings: KeyStoreSettings::default(),
            runtime: None,
        }
    }

    /// Drops the key with this id, in all regions, so that the next request that names it asks the
    /// endpoint anew. A fetch that is under way does not bring the old one back. As long as the
    /// endpoint serves the key, it is trusted.
    pub fn invalidate(&self, key_id: KeyId) {
        self.forget(|request| request.key_id() == key_id);
    }

    /// Drops all keys, and all that is known of keys that could not be had. Those of access tokens are
    /// not among them: each [`Authenticator`](crate::Authenticator::purge) has its own.
    pub fn purge(&self) {
        self.forget(|_| true);
    }

    /// What the store holds now.
    #[must_use]
    pub fn stats(&self) -> KeyStoreStats {
        let entries = self.0.entries.load();
        let flights = self.0.flights();
        KeyStoreStats {
            proven_keys: entries.count(true),
            unproven_keys: entries.count(false),
            negative_entries: flights.negatives(),
            waiting_requests: flights.waiting(),
            limited_requests: flights.limited(),
        }
    }

    pub(crate) fn endpoints(&self) -> &KeyEndpoints {
        &self.0.endpoints
    }

    /// What key sets are fetched with, and on which runtime, where nothing else is said.
    #[cfg(feature = "access-token")]
    pub(crate) fn fetching(&self) -> (Arc<dyn KeyFetcher>, Option<Handle>) {
        (self.0.fetcher.clone(), self.0.runtime.handle())
    }

    pub(super) fn held_keys(&self, region: Region) -> usize {
        self.0.entries.load().count_in(region)
    }

    fn forget(&self, forget: impl Fn(&KeyRequest) -> bool) {
        let before = {
            // Under the lock: a fetch that ends now either has put its key here already, or is told
            // not to.
            let mut flights = self.0.flights();
            let before = self.0.entries.rcu(|entries| entries.without(&forget));
            flights.forget(forget);
            before
        };
        self.0.meter_held(before.regions());
    }
}

impl KeySource for KeyStore {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        let now = Instant::now();
        let mut metered = true;
        if let Some(entry) = self.0.entries.load().get(&request) {
            match entry.freshness(now, &self.0.settings) {
                Freshness::Fresh => return KeyLookup::Ready(Ok(entry.key.clone())),
                Freshness::RefreshDue => {
                    self.0
                        .act(|flights, effects| flights.refresh(request, now, effects));
                    return KeyLookup::Ready(Ok(entry.key.clone()));
                }
                Freshness::Expired => metered = !entry.key.is_proven(),
            }
        }
        self.0.join(request, metered, now)
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore")
            .field("fetcher", &self.0.fetcher)
            .field("endpoints", &self.0.endpoints)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// What a [`KeyStore`] holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyStoreStats {
    /// Keys that have verified a token of a trusted signer.
    pub proven_keys: usize,
    /// Keys that have verified nothing yet.
    pub unproven_keys: usize,
    /// Key ids that are known to be unknown, or to have failed.
    pub negative_entries: usize,
    /// Requests that wait for a key.
    pub waiting_requests: usize,
    /// Requests refused since the start, because too many unknown key ids were asked for.
    pub limited_requests: u64,
}

impl Shared {
    fn join(self: &Arc<Self>, request: KeyRequest, metered: bool, now: Instant) -> KeyLookup {
        if Handle::try_current().is_err() {
            return KeyLookup::Ready(Err(KeyError::NoRuntime));
        }
        let joined = self.act(|flights, effects| {
            // Under the lock: a fetch that has just ended has put its key here before it told of
            // it.
            match self.entries.load().get(&request) {
                Some(entry) if !entry.is_expired(now, &self.settings) => {
                    Joined::Held(entry.key.clone())
                }
                _ => flights.join(request, metered, now, effects),
            }
        });
        match joined {
            Joined::Held(key) => KeyLookup::Ready(Ok(key)),
            Joined::Failed(error) => KeyLookup::Ready(Err(error)),
            Joined::Waiting(waiter, receiver) => {
                let place = Place {
                    shared: self.clone(),
                    request,
                    waiter: Some(waiter),
                };
                let deadline = now + self.settings.flight_timeout;
                KeyLookup::Pending(Box::pin(place.wait(receiver, deadline)))
            }
        }
    }

    /// Changes the flights under their lock, and does what is then to be done without it: neither a
    /// waker nor a runtime is called while it is held.
    fn act<T>(self: &Arc<Self>, change: impl FnOnce(&mut Flights, &mut Effects) -> T) -> T {
        let mut effects = Effects::default();
        let result = change(&mut self.flights(), &mut effects);
        for (answer, outcome) in effects.answers {
            if let Some(outcome) = outcome {
                // Whoever has gone meanwhile needs no answer.
                let _ = answer.send(outcome);
            }
        }
        if effects.is_runtime_lost {
            self.runtime.forget();
        }
        for errand in effects.errands {
            Task::spawn(self, errand, false);
        }
        result
    }

    async fn fetch(&self, request: KeyRequest) -> Result<Arc<PublicKey>, Failure> {
        let failed = |error| Failure::Fetch {
            error,
            retry_after: None,
        };
        // The regions of the policy were checked when it was built.
        let url = self.endpoints.url(request);
        let url = url.map_err(|_| failed(FetchError::Connect))?;
        let fetched = self.fetcher.fetch(url, self.settings.max_body_bytes);
        self.read(fetched.await.map_err(failed)?).map(Arc::new)
    }

    fn read(&self, response: KeyResponse) -> Result<PublicKey, Failure> {
        let KeyResponse {
            status,
            retry_after,
            body,
        } = response;
        let failed = |error| Failure::Fetch { error, retry_after };
        match status {
            200 if body.len() > self.settings.max_body_bytes => {
                Err(failed(FetchError::BodyTooLarge))
            }
            200 => PublicKey::from_pem(&body, self.backend)
                .map_err(|error| failed(FetchError::Malformed(error))),
            _ if is_absence(status) => Err(Failure::Absent(status)),
            300..=399 => Err(failed(FetchError::Redirect)),
            _ => Err(failed(FetchError::Status(status))),
        }
    }

    /// Puts a fetched key where hits find it, and gives what is held. A key that is held already
    /// stays the same object, with what it has proven.
    fn keep(&self, request: KeyRequest, fetched: &Arc<PublicKey>, now: Instant) -> Arc<PublicKey> {
        let mut kept = fetched.clone();
        self.entries.rcu(|entries| {
            kept = match entries.get(&request) {
                Some(held) if held.key == *fetched => held.key.clone(),
                _ => fetched.clone(),
            };
            entries.with(request, kept.clone(), now, &self.settings)
        });
        kept
    }

    /// The endpoint says that there is no such key. `true` if that was believed, and the key is
    /// held no longer.
    fn note_absence(&self, request: KeyRequest, served_at: Option<Instant>, now: Instant) -> bool {
        let believed = match self.entries.load().get(&request) {
            Some(entry) => entry.note_absence(served_at, now, &self.settings),
            None => false,
        };
        if believed {
            self.entries
                .rcu(|entries| entries.without(|other| *other == request));
        }
        believed
    }

    fn meter_held(&self, regions: impl IntoIterator<Item = Region>) {
        let held = self.entries.load();
        for region in regions {
            meter::held_keys(region, held.count_in(region));
        }
    }

    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this status says that there is no such key. AWS does not document which its endpoint
/// gives; 403 is what a bucket of S3 says whose contents may not be listed.
pub(super) const fn is_absence(status: u16) -> bool {
    matches!(status, 403 | 404 | 410)
}

/// One request's place among those that wait for a key. Gives it back when dropped.
struct Place {
    shared: Arc<Shared>,
    request: KeyRequest,
    /// Taken once there is an answer.
    waiter: Option<WaiterId>,
}

impl Place {
    async fn wait(mut self, receiver: oneshot::Receiver<Outcome>, deadline: Instant) -> Outcome {
        if Handle::try_current().is_err() {
            return Err(KeyError::NoRuntime);
        }
        match time::timeout_at(deadline, receiver).await {
            Ok(Ok(outcome)) => {
                self.waiter = None;
                outcome
            }
            Ok(Err(_)) => Err(KeyError::NoRuntime),
            Err(_) => Err(self.time_out()),
        }
    }

    fn time_out(&mut self) -> KeyError {
        let Some(waiter) = self.waiter.take() else {
            return KeyError::NoRuntime;
        };
        let now = Instant::now();
        self.shared
            .act(|flights, effects| flights.time_out(self.request, waiter, now, effects))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter.take() {
            let now = Instant::now();
            self.shared
                .act(|flights, effects| flights.leave(self.request, waiter, now, effects));
        }
    }
}

/// An errand under way. Whatever becomes of its task, the flights are told: by [`Drop`].
struct Task {
    shared: Arc<Shared>,
    errand: Errand,
    answer: Option<Result<Arc<PublicKey>, Failure>>,
    begun: Option<Instant>,
    /// Whether this is the second try to find a runtime for it.
    is_second: bool,
}

impl Task {
    fn spawn(shared: &Arc<Shared>, errand: Errand, is_second: bool) {
        let runtime = shared.runtime.handle();
        let mut task = Self {
            shared: shared.clone(),
            errand,
            answer: None,
            begun: None,
            is_second,
        };
        if let Some(runtime) = runtime {
            runtime.spawn(async move { task.run().await });
        }
    }

    async fn run(&mut self) {
        self.begun = Some(Instant::now());
        match self.errand {
            Errand::Wake { at, .. } | Errand::Refill { at } => time::sleep_until(at).await,
            Errand::Fetch {
                request, deadline, ..
            } => {
                let fetched = in_span!(
                    time::timeout_at(deadline, self.shared.fetch(request)),
                    "fetch_key",
                    region = %request.region(),
                    key_id = %request.key_id(),
                )
                .await;
                self.answer = Some(fetched.unwrap_or(Err(Failure::Fetch {
                    error: FetchError::Timeout,
                    retry_after: None,
                })));
            }
        }
    }

    fn report_fetch(&mut self, request: KeyRequest, attempt: Attempt, now: Instant) {
        let answer = match self.answer.take() {
            Some(answer) => answer,
            // The task panicked, or its runtime went away.
            None if self.begun.is_some() => Err(Failure::Fetch {
                error: FetchError::Aborted,
                retry_after: None,
            }),
            None => Err(Failure::NoRuntime),
        };
        let told = answer.as_ref().map(|key| {
            let held = self.shared.entries.load();
            held.get(&request).is_some_and(|held| held.key != *key)
        });
        let told = told.map_err(|failure| *failure);
        let mut regions: Vec<_> = self.shared.entries.load().regions().collect();
        regions.push(request.region());
        let withdrawn = self.shared.act(|flights, effects| {
            let is_wanted = flights.is_wanted(request, attempt);
            let is_absent = matches!(answer, Err(Failure::Absent(_)));
            let served_at = flights.served_at(request.region());
            let withdrawn =
                is_wanted && is_absent && self.shared.note_absence(request, served_at, now);
            let answer = match answer {
                Ok(key) if is_wanted => Ok(self.shared.keep(request, &key, now)),
                other => other,
            };
            flights.landed(request, attempt, answer, now, effects);
            withdrawn
        });
        // Last, for a subscriber or a recorder that panics must not keep the answer from anybody.
        if let Some(begun) = self.begun {
            let reason = told.as_ref().map_or_else(Failure::reason, |_| "none");
            meter::key_fetch("key", now.saturating_duration_since(begun), reason);
        }
        self.shared.meter_held(regions);
        trace_fetch(request, &told);
        if withdrawn {
            event!(warn, key_id = %request.key_id(), "the key endpoint has withdrawn this key");
        }
        if let Some(entry) = self.shared.entries.load().get(&request) {
            // There may have been no room for its multiples when it came into use.
            entry.key.precompute();
        }
    }
}

/// Tells of a fetch: whether its key took the place of another of the same id, or how it failed.
#[cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, reason = "they are only traced")
)]
fn trace_fetch(request: KeyRequest, told: &Result<bool, Failure>) {
    match told {
        Ok(has_replaced) => {
            if *has_replaced {
                event!(warn, key_id = %request.key_id(), "the key endpoint has replaced the key of this id");
            }
            event!(debug, region = %request.region(), key_id = %request.key_id(), "fetched a public key");
        }
        Err(failure) => {
            event!(warn, region = %request.region(), key_id = %request.key_id(), failure = ?failure, "could not fetch a public key");
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let now = Instant::now();
        if self.begun.is_none() {
            self.shared.runtime.forget();
            if !self.is_second && Handle::try_current().is_ok() {
                // The remembered runtime has ended; the one that asks is alive.
                Self::spawn(&self.shared, self.errand, true);
                return;
            }
        }
        match self.errand {
            Errand::Fetch {
                request, attempt, ..
            } => self.report_fetch(request, attempt, now),
            Errand::Wake { request, .. } => {
                self.shared
                    .act(|flights, effects| flights.wake(request, now, effects));
            }
            Errand::Refill { at } if now < at => self.shared.flights().refill_lost(),
            Errand::Refill { .. } => {
                self.shared
                    .act(|flights, effects| flights.refill(now, effects));
            }
        }
    }
}

/// Sets up a [`KeyStore`].
#[derive(Clone, Debug)]
#[must_use]
pub struct KeyStoreBuilder {
    fetcher: Arc<dyn KeyFetcher>,
    endpoints: KeyEndpoints,
    backend: Option<CryptoBackend>,
    settings: KeyStoreSettings,
    runtime: Option<Handle>,
}

impl KeyStoreBuilder {
    /// Fetches the keys of all regions from this base URL, instead of from AWS.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeyUrl`], as [`KeyUrl::new`].
    pub fn key_url<U>(mut self, url: U) -> Result<Self, ConfigError>
    where
        U: TryInto<KeyUrl>,
        ConfigError: From<U::Error>,
    {
        self.endpoints.set_everywhere(url.try_into()?);
        Ok(self)
    }

    /// Fetches the keys of one region from this base URL.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeyUrl`], as [`KeyUrl::new`].
    pub fn key_url_for<U>(mut self, region: Region, url: U) -> Result<Self, ConfigError>
    where
        U: TryInto<KeyUrl>,
        ConfigError: From<U::Error>,
    {
        self.endpoints.set_region(region, url.try_into()?);
        Ok(self)
    }

    /// Verifies with this library instead of the [default](CryptoBackend::default).
    pub const fn crypto_backend(mut self, backend: CryptoBackend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Changes the numbers.
    pub const fn settings(mut self, settings: KeyStoreSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Fetches on this runtime instead of the one that the store is built in. It should outlive
    /// everything that waits for keys.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The store.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Setting`] if a number is outside of its range; [`ConfigError::NoKeySource`]
    /// if no backend is compiled in to verify with.
    pub fn build(self) -> Result<KeyStore, ConfigError> {
        self.settings.validate()?;
        let backend = self.backend.or(CryptoBackend::ALL.first().copied());
        let settings = Arc::new(self.settings);
        Ok(KeyStore(Arc::new(Shared {
            entries: ArcSwap::default(),
            flights: Mutex::new(Flights::new(settings.clone(), Instant::now())),
            runtime: FetchRuntime::new(self.runtime),
            fetcher: self.fetcher,
            endpoints: self.endpoints,
            backend: backend.ok_or(ConfigError::NoKeySource)?,
            settings,
        })))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use alb_oidc_testkit::SimulatedAlb;

    use super::*;
    use crate::keys::FetchFuture;

    #[derive(Debug)]
    struct OnePem(String);

    impl KeyFetcher for OnePem {
        fn fetch(&self, _url: String, _max_body_bytes: usize) -> FetchFuture {
            let response = KeyResponse::new(200, self.0.clone().into_bytes());
            Box::pin(async { Ok(response) })
        }
    }

    #[tokio::test]
    async fn a_hit_waits_for_no_lock() {
        let alb = SimulatedAlb::new();
        let key_id = KeyId::from_bytes(*alb.key_id().as_bytes());
        let pem = alb.public_key_pem(alb.key_id()).unwrap();
        let store = KeyStore::builder(OnePem(pem)).build().unwrap();
        let request = KeyRequest::new("eu-west-1".parse().unwrap(), key_id);
        match store.key(request) {
            KeyLookup::Pending(key) => drop(key.await.unwrap()),
            ready @ KeyLookup::Ready(_) => panic!("{ready:?}"),
        }

        let _held = store.0.flights();
        let (sender, hits) = mpsc::channel();
        let other = store.clone();
        thread::spawn(move || sender.send(matches!(other.key(request), KeyLookup::Ready(Ok(_)))));
        assert_eq!(hits.recv_timeout(PATIENCE), Ok(true));
    }

    /// How long a thread may take that waits for nothing, on a machine that others keep busy.
    const PATIENCE: Duration = Duration::from_secs(60);
}
