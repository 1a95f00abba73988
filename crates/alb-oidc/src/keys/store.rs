//! The cache of public keys. A hit reads a snapshot; everything else goes over the board.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{self, Instant};

use super::board::{Action, Board, Failure, Joined, Outcome, WaiterId};
use super::entries::{Entries, Freshness};
use super::{
    KeyEndpoints, KeyFetcher, KeyLookup, KeyRequest, KeyResponse, KeySource, KeyStoreSettings,
    KeyUrl,
};
use crate::arn::Region;
use crate::error::{ConfigError, FetchError, KeyError};
use crate::jose::KeyId;
use crate::signature::{CryptoBackend, PublicKey};
use crate::trace::event;

/// Fetches public keys and keeps them: one fetch for a key at a time, however many requests wait for it, bounded in time, size and number.
///
/// A fetch belongs to no request. It runs as a task of its own, on the tokio runtime that the store was built in (or, if it was built outside of one, the
/// first that asks), so a client that disconnects neither stops it nor makes others wait. Keys already held are served while the endpoint is down, up to their
/// [hard lifetime](KeyStoreSettings::hard_lifetime).
///
/// Clones share their keys. Stores share nothing otherwise: what one endpoint says never answers for another.
#[derive(Clone)]
pub struct KeyStore(Arc<Shared>);

struct Shared {
    entries: ArcSwap<Entries>,
    board: Mutex<Board>,
    runtime: Mutex<Option<Handle>>,
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

    /// Drops the key with this id, in all regions, so that the next request fetches it anew: for a key that must not be trusted any longer.
    pub fn invalidate(&self, key_id: KeyId) {
        self.forget(|request| request.key_id() == key_id);
    }

    /// Drops all keys, and all that is known of keys that could not be had.
    pub fn purge(&self) {
        self.forget(|_| true);
    }

    /// What the store holds now.
    #[must_use]
    pub fn stats(&self) -> KeyStoreStats {
        let entries = self.0.entries.load();
        let board = self.0.board();
        KeyStoreStats {
            proven_keys: entries.count(true),
            unproven_keys: entries.count(false),
            negative_entries: board.negatives(),
            waiting_requests: board.waiting(),
            limited_requests: board.limited(),
        }
    }

    pub(crate) fn endpoints(&self) -> &KeyEndpoints {
        &self.0.endpoints
    }

    fn forget(&self, forget: impl Fn(&KeyRequest) -> bool) {
        // Under the lock: a fetch that ends now either has put its key here already, or is told not to.
        let mut board = self.0.board();
        self.0.entries.rcu(|entries| entries.without(&forget));
        board.forget(forget);
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
                        .act(|board, actions| board.refresh(request, now, actions));
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
        if !self.has_runtime() {
            return KeyLookup::Ready(Err(KeyError::NoRuntime));
        }
        let mut joined = None;
        self.act(|board, actions| {
            // Under the lock: a fetch that has just ended has put its key here before it told the board.
            joined = Some(match self.entries.load().get(&request) {
                Some(entry) if entry.freshness(now, &self.settings) != Freshness::Expired => {
                    Ok(entry.key.clone())
                }
                _ => Err(board.join(request, metered, now, actions)),
            });
        });
        let (waiter, receiver) = match joined {
            Some(Ok(key)) => return KeyLookup::Ready(Ok(key)),
            Some(Err(Joined::Known(error))) => return KeyLookup::Ready(Err(error)),
            Some(Err(Joined::Waiting(waiter, receiver))) => (waiter, receiver),
            None => return KeyLookup::Ready(Err(KeyError::NoRuntime)),
        };
        let place = Place {
            shared: self.clone(),
            request,
            waiter,
            taken: true,
        };
        let deadline = now + self.settings.flight_timeout;
        KeyLookup::Pending(Box::pin(place.wait(receiver, deadline)))
    }

    /// Changes the board under its lock, and does what it then asks for without.
    fn act(self: &Arc<Self>, change: impl FnOnce(&mut Board, &mut Vec<Action>)) {
        let mut actions = Vec::new();
        change(&mut self.board(), &mut actions);
        for action in actions {
            self.spawn(action);
        }
    }

    fn spawn(self: &Arc<Self>, action: Action) {
        let runtime = self.runtime().clone();
        let mut errand = Errand {
            shared: self.clone(),
            action,
            answer: None,
            begun: false,
        };
        if let Some(runtime) = runtime {
            runtime.spawn(async move { errand.run().await });
        }
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
            403 | 404 | 410 => Err(Failure::Absent(status)),
            300..=399 => Err(failed(FetchError::Redirect)),
            _ => Err(failed(FetchError::Status(status))),
        }
    }

    /// Puts a fetched key where hits find it, and gives what is held. A key that is held already stays the same object, with what it has proven.
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

    /// A refresh was told that there is no such key. Believed when told often enough.
    fn note_absence(&self, request: KeyRequest, now: Instant) {
        let believed = match self.entries.load().get(&request) {
            Some(entry) => entry.note_absence(now, &self.settings),
            None => false,
        };
        if believed {
            event!(warn, key_id = %request.key_id(), "the key endpoint has withdrawn this key");
            self.entries
                .rcu(|entries| entries.without(|other| *other == request));
        }
    }

    fn has_runtime(&self) -> bool {
        let here = Handle::try_current();
        let mut runtime = self.runtime();
        if runtime.is_none() {
            *runtime = here.as_ref().ok().cloned();
        }
        here.is_ok() && runtime.is_some()
    }

    fn runtime(&self) -> MutexGuard<'_, Option<Handle>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request's place among those that wait for a key. Gives it back when dropped.
struct Place {
    shared: Arc<Shared>,
    request: KeyRequest,
    waiter: WaiterId,
    taken: bool,
}

impl Place {
    async fn wait(mut self, receiver: oneshot::Receiver<Outcome>, deadline: Instant) -> Outcome {
        if Handle::try_current().is_err() {
            return Err(KeyError::NoRuntime);
        }
        match time::timeout_at(deadline, receiver).await {
            Ok(Ok(outcome)) => {
                self.taken = false;
                outcome
            }
            Ok(Err(_)) => Err(KeyError::NoRuntime),
            Err(_) => {
                self.taken = false;
                let now = Instant::now();
                Err(self.shared.board().time_out(self.request, self.waiter, now))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.taken {
            let now = Instant::now();
            let mut board = self.shared.board();
            board.leave(self.request, self.waiter, now);
        }
    }
}

/// Something to do in a task of its own. Whatever becomes of the task, the board is told: by [`Drop`].
struct Errand {
    shared: Arc<Shared>,
    action: Action,
    answer: Option<Result<Arc<PublicKey>, Failure>>,
    begun: bool,
}

impl Errand {
    async fn run(&mut self) {
        self.begun = true;
        match self.action {
            Action::Wake { at, .. } | Action::Refill { at } => time::sleep_until(at).await,
            Action::Fetch { request, deadline } => {
                let fetched = time::timeout_at(deadline, self.shared.fetch(request)).await;
                self.answer = Some(fetched.unwrap_or(Err(Failure::Fetch {
                    error: FetchError::Timeout,
                    retry_after: None,
                })));
            }
        }
    }

    fn report_fetch(&mut self, request: KeyRequest, now: Instant) {
        let answer = match self.answer.take() {
            Some(answer) => answer,
            // The task panicked, or its runtime went away.
            None if self.begun => Err(Failure::Fetch {
                error: FetchError::Aborted,
                retry_after: None,
            }),
            None => Err(Failure::NoRuntime),
        };
        self.trace_fetch(request, &answer);
        if let Err(Failure::Absent(_)) = answer {
            self.shared.note_absence(request, now);
        }
        self.shared.act(|board, actions| {
            let answer = match answer {
                Ok(key) if !board.is_overtaken(request) => Ok(self.shared.keep(request, &key, now)),
                other => other,
            };
            board.answered(request, answer, now, actions);
        });
    }

    #[cfg_attr(
        not(feature = "tracing"),
        expect(unused_variables, reason = "they are only traced")
    )]
    fn trace_fetch(&self, request: KeyRequest, answer: &Result<Arc<PublicKey>, Failure>) {
        match answer {
            Ok(key) => {
                let held = self.shared.entries.load();
                if held.get(&request).is_some_and(|held| held.key != *key) {
                    event!(warn, key_id = %request.key_id(), "the key endpoint has replaced the key of this id");
                }
                event!(debug, region = %request.region(), key_id = %request.key_id(), "fetched a public key");
            }
            Err(failure) => {
                event!(warn, region = %request.region(), key_id = %request.key_id(), failure = ?failure, "could not fetch a public key");
            }
        }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        let now = Instant::now();
        if !self.begun {
            // The runtime has shut down: the next request brings its own.
            *self.shared.runtime() = None;
        }
        match self.action {
            Action::Fetch { request, .. } => self.report_fetch(request, now),
            Action::Wake { request, .. } => {
                self.shared
                    .act(|board, actions| board.wake(request, now, actions));
            }
            Action::Refill { at } if now < at => self.shared.board().refill_lost(),
            Action::Refill { .. } => self.shared.act(|board, actions| board.refill(now, actions)),
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
    /// Fetches the keys of all regions from here, instead of from AWS.
    pub fn key_url(mut self, url: KeyUrl) -> Self {
        self.endpoints.set_everywhere(url);
        self
    }

    /// Fetches the keys of one region from here.
    pub fn key_url_for(mut self, region: Region, url: KeyUrl) -> Self {
        self.endpoints.set_region(region, url);
        self
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

    /// Fetches on this runtime instead of the one that the store is built in. It should outlive everything that waits for keys.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The store.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Setting`] if a number is outside of its range; [`ConfigError::NoKeySource`] if no backend is compiled in to verify with.
    pub fn build(self) -> Result<KeyStore, ConfigError> {
        self.settings.validate()?;
        let backend = self.backend.or(CryptoBackend::DEFAULT);
        let settings = Arc::new(self.settings);
        Ok(KeyStore(Arc::new(Shared {
            entries: ArcSwap::default(),
            board: Mutex::new(Board::new(settings.clone(), Instant::now())),
            runtime: Mutex::new(self.runtime.or_else(|| Handle::try_current().ok())),
            fetcher: self.fetcher,
            endpoints: self.endpoints,
            backend: backend.ok_or(ConfigError::NoKeySource)?,
            settings,
        })))
    }
}
