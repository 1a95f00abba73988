//! The cache of one issuer's key set. A hit reads a snapshot; for everything else there is at most
//! one flight.
//!
//! Like the [`KeyStore`](super::KeyStore), but for one document instead of many: whoever waits,
//! waits for the same, so there is no order to keep among them, and no budget. A made-up key id
//! costs a fetch only if the set that is held is older than [`REFETCH_INTERVAL`].

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{self, Instant};

use super::age::{Age, Freshness};
use super::backoff::Backoff;
use super::flights::{GRACE, TRANSIENT_RETRY_DELAY, is_transient};
use super::jwk::{Jwk, JwkSet, SignatureAlgorithm};
use super::{KeyFetcher, KeyResponse, KeyStoreSettings};
use crate::error::{FetchError, KeyError};
use crate::policy::Issuer;
use crate::trace::event;

/// The keys of one issuer, fetched when they are needed and kept. Clones share them.
#[derive(Clone)]
pub(crate) struct JwksStore(Arc<Shared>);

struct Shared {
    issuer: Issuer,
    url: String,
    fetcher: Arc<dyn KeyFetcher>,
    settings: KeyStoreSettings,
    held: ArcSwapOption<Held>,
    state: Mutex<State>,
    runtime: Mutex<Option<Handle>>,
}

/// A set, and when it was fetched.
#[derive(Debug)]
struct Held {
    set: JwkSet,
    age: Age,
}

/// Which key is asked for.
#[derive(Clone, Debug)]
pub(crate) struct WantedJwk {
    pub(crate) key_id: String,
    pub(crate) algorithm: SignatureAlgorithm,
}

/// What a lookup gives: an answer at once, or one to wait for.
pub(crate) enum JwkLookup {
    Ready(Result<Arc<Jwk>, KeyError>),
    Pending(JwkFuture),
}

pub(crate) type JwkFuture = Pin<Box<dyn Future<Output = Result<Arc<Jwk>, KeyError>> + Send>>;

impl JwksStore {
    pub(crate) fn new(
        issuer: Issuer,
        url: String,
        fetcher: Arc<dyn KeyFetcher>,
        settings: KeyStoreSettings,
    ) -> Self {
        Self(Arc::new(Shared {
            issuer,
            url,
            fetcher,
            settings,
            held: ArcSwapOption::empty(),
            state: Mutex::default(),
            runtime: Mutex::new(Handle::try_current().ok()),
        }))
    }

    /// Looks a key up.
    pub(crate) fn key(&self, wanted: WantedJwk) -> JwkLookup {
        let now = Instant::now();
        if let Some(held) = &*self.0.held.load() {
            let freshness = held.age.freshness(now, &self.0.settings);
            if freshness == Freshness::RefreshDue {
                self.0.act(|state, effects| {
                    state.begin(now, &self.0.settings, effects);
                });
            }
            if let Some(answer) = self.0.answer(held, &wanted, now) {
                return JwkLookup::Ready(answer);
            }
        }
        self.0.join(wanted, now)
    }
}

impl fmt::Debug for JwksStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksStore")
            .field("issuer", &self.0.issuer)
            .field("fetcher", &self.0.fetcher)
            .finish_non_exhaustive()
    }
}

/// Whether a set is being fetched, and what is known to have failed.
#[derive(Debug, Default)]
struct State {
    flight: Option<Flight>,
    failure: Option<(FetchError, Backoff)>,
    counter: u64,
    randomness: RandomState,
}

#[derive(Debug)]
struct Flight {
    attempt: u64,
    began: Instant,
    deadline: Instant,
    outcome: watch::Sender<Option<Outcome>>,
}

type Outcome = Result<Arc<Held>, KeyError>;

/// What is to be done once the lock is let go.
#[derive(Default)]
struct Effects {
    errand: Option<Errand>,
    landed: Option<(watch::Sender<Option<Outcome>>, Outcome)>,
    is_runtime_lost: bool,
}

/// One flight to be flown.
#[derive(Clone, Copy)]
struct Errand {
    attempt: u64,
    deadline: Instant,
    may_retry: bool,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    /// `None` if there is no runtime to fetch in, which says nothing about the endpoint.
    error: Option<FetchError>,
    retry_after: Option<Duration>,
}

impl Failure {
    const fn of(error: FetchError) -> Self {
        Self {
            error: Some(error),
            retry_after: None,
        }
    }
}

enum Joined {
    Answered(Result<Arc<Jwk>, KeyError>),
    /// Until the flight is over, or is taken for lost.
    Waiting(watch::Receiver<Option<Outcome>>, Instant),
}

impl State {
    /// Begins a flight, unless one is under way or the endpoint is known to fail.
    fn begin(&mut self, now: Instant, settings: &KeyStoreSettings, effects: &mut Effects) {
        self.give_up_overdue(now, settings, effects);
        if self.flight.is_some() || self.failing(now).is_some() {
            return;
        }
        self.counter += 1;
        let attempt = self.counter;
        let deadline = now + settings.flight_timeout;
        let recent = self.failure.as_ref();
        effects.errand = Some(Errand {
            attempt,
            deadline,
            may_retry: !recent.is_some_and(|(_, backoff)| backoff.is_recent(now)),
        });
        self.flight = Some(Flight {
            attempt,
            began: now,
            deadline,
            outcome: watch::Sender::new(None),
        });
    }

    /// How the last fetch failed, for as long as that is believed.
    fn failing(&self, now: Instant) -> Option<KeyError> {
        let (error, backoff) = self.failure.as_ref()?;
        Some(KeyError::Fetch {
            error: *error,
            retry_after: backoff.left(now)?,
        })
    }

    /// A flight has ended. A set that it brought must be held before anyone is told of it.
    fn land(
        &mut self,
        attempt: u64,
        answer: Result<Arc<Held>, Failure>,
        now: Instant,
        settings: &KeyStoreSettings,
        effects: &mut Effects,
    ) {
        let Some(flight) = self.flight.take_if(|flight| flight.attempt == attempt) else {
            return;
        };
        let outcome = match answer {
            Ok(held) => {
                self.failure = None;
                Ok(held)
            }
            Err(Failure { error: None, .. }) => Err(KeyError::NoRuntime),
            Err(Failure {
                error: Some(error),
                retry_after,
            }) => {
                self.counter += 1;
                let backoff = Backoff::after(
                    self.failure.as_ref().map(|(_, backoff)| *backoff),
                    retry_after.unwrap_or_default(),
                    flight.began,
                    now,
                    self.randomness.hash_one(self.counter),
                    settings,
                );
                self.failure = Some((error, backoff));
                Err(KeyError::Fetch {
                    error,
                    retry_after: backoff.until() - now,
                })
            }
        };
        effects.landed = Some((flight.outcome, outcome));
    }

    /// Gives up what has not ended by its deadline. A flight does, unless nobody drives its runtime
    /// any more.
    fn give_up_overdue(
        &mut self,
        now: Instant,
        settings: &KeyStoreSettings,
        effects: &mut Effects,
    ) {
        let overdue = |flight: &&Flight| now >= flight.deadline + GRACE;
        if let Some(attempt) = self.flight.as_ref().filter(overdue).map(|f| f.attempt) {
            effects.is_runtime_lost = true;
            let failure = Failure::of(FetchError::Timeout);
            self.land(attempt, Err(failure), now, settings, effects);
        }
    }
}

impl Shared {
    /// What the set that is held answers, if it may.
    fn answer(
        &self,
        held: &Held,
        wanted: &WantedJwk,
        now: Instant,
    ) -> Option<Result<Arc<Jwk>, KeyError>> {
        let age = held.age.at(now);
        if age >= self.settings.hard_lifetime {
            return None;
        }
        match held.set.find(&wanted.key_id, wanted.algorithm) {
            Some(key) => Some(Ok(key.clone())),
            // A provider publishes a key before it signs with it.
            None if age < REFETCH_INTERVAL => Some(Err(KeyError::Unknown)),
            None => None,
        }
    }

    fn join(self: &Arc<Self>, wanted: WantedJwk, now: Instant) -> JwkLookup {
        if Handle::try_current().is_err() {
            return JwkLookup::Ready(Err(KeyError::NoRuntime));
        }
        let joined = self.act(|state, effects| {
            // Under the lock: a fetch that has just ended has put its set here before it told of
            // it.
            let held = self.held.load();
            let answer = held
                .as_ref()
                .and_then(|held| self.answer(held, &wanted, now));
            if let Some(answer) = answer {
                return Joined::Answered(answer);
            }
            let failed = state.failure.as_ref();
            let failed = failed.filter(|(_, backoff)| backoff.is_recent(now));
            let failed = failed.map(|(error, _)| *error);
            state.begin(now, &self.settings, effects);
            match (&state.flight, failed) {
                // Whether it still fails is found out without holding anybody up: a user is signed in
                // without this, and most requests do not need it.
                (Some(_), Some(error)) => Joined::Answered(Err(KeyError::Fetch {
                    error,
                    retry_after: self.settings.min_backoff,
                })),
                (Some(flight), None)
                    if flight.outcome.receiver_count() < self.settings.max_waiters =>
                {
                    Joined::Waiting(flight.outcome.subscribe(), flight.deadline + GRACE)
                }
                (Some(_), None) => Joined::Answered(Err(KeyError::Limited)),
                (None, _) => {
                    Joined::Answered(Err(state.failing(now).unwrap_or(KeyError::NoRuntime)))
                }
            }
        });
        match joined {
            Joined::Answered(answer) => JwkLookup::Ready(answer),
            Joined::Waiting(receiver, lost_at) => {
                let deadline = lost_at.min(now + self.settings.flight_timeout);
                let waiting = self.clone().wait(wanted, receiver, deadline);
                JwkLookup::Pending(Box::pin(waiting))
            }
        }
    }

    async fn wait(
        self: Arc<Self>,
        wanted: WantedJwk,
        mut receiver: watch::Receiver<Option<Outcome>>,
        deadline: Instant,
    ) -> Result<Arc<Jwk>, KeyError> {
        if Handle::try_current().is_err() {
            return Err(KeyError::NoRuntime);
        }
        let landed = time::timeout_at(deadline, receiver.wait_for(Option::is_some));
        let outcome = match landed.await {
            Ok(outcome) => outcome.ok().and_then(|outcome| outcome.clone()),
            Err(_) => {
                let now = Instant::now();
                self.act(|state, effects| state.give_up_overdue(now, &self.settings, effects));
                return Err(KeyError::Fetch {
                    error: FetchError::Timeout,
                    retry_after: self.settings.min_backoff,
                });
            }
        };
        let held = outcome.unwrap_or(Err(KeyError::NoRuntime))?;
        let key = held.set.find(&wanted.key_id, wanted.algorithm);
        key.cloned().ok_or(KeyError::Unknown)
    }

    /// Changes the state under its lock, and does what is then to be done without it: neither a
    /// waker nor a runtime is called while it is held.
    fn act<T>(self: &Arc<Self>, change: impl FnOnce(&mut State, &mut Effects) -> T) -> T {
        let mut effects = Effects::default();
        let result = change(
            &mut self.state.lock().unwrap_or_else(PoisonError::into_inner),
            &mut effects,
        );
        if let Some((waiters, outcome)) = effects.landed {
            waiters.send_replace(Some(outcome));
        }
        if effects.is_runtime_lost {
            *self.remembered_runtime() = None;
        }
        if let Some(errand) = effects.errand {
            Task::spawn(self, errand, false);
        }
        result
    }

    async fn fetch(&self, may_retry: bool) -> Result<JwkSet, Failure> {
        let first = self.exchange().await;
        match first {
            Err(Failure {
                error: Some(error),
                retry_after: None,
            }) if may_retry && is_transient(error) => {
                time::sleep(TRANSIENT_RETRY_DELAY).await;
                self.exchange().await
            }
            first => first,
        }
    }

    async fn exchange(&self) -> Result<JwkSet, Failure> {
        let fetched = self.fetcher.fetch(self.url.clone(), MAX_SET_BYTES);
        let response = time::timeout(self.settings.exchange_timeout, fetched)
            .await
            .unwrap_or(Err(FetchError::Timeout));
        let KeyResponse {
            status,
            retry_after,
            body,
        } = response.map_err(Failure::of)?;
        let error = match status {
            200 if body.len() > MAX_SET_BYTES => FetchError::BodyTooLarge,
            200 => match JwkSet::parse(body) {
                Ok(set) => return Ok(set),
                Err(error) => FetchError::MalformedSet(error),
            },
            300..=399 => FetchError::Redirect,
            _ => FetchError::Status(status),
        };
        Err(Failure {
            error: Some(error),
            retry_after,
        })
    }

    /// The runtime that the store was built in, or else the one that asks.
    fn runtime(&self) -> Option<Handle> {
        let mut runtime = self.remembered_runtime();
        if runtime.is_none() {
            *runtime = Handle::try_current().ok();
        }
        runtime.clone()
    }

    fn remembered_runtime(&self) -> MutexGuard<'_, Option<Handle>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A flight under way. Whatever becomes of its task, the state is told: by [`Drop`].
struct Task {
    shared: Arc<Shared>,
    errand: Errand,
    answer: Option<Result<JwkSet, Failure>>,
    begun: bool,
    /// Whether this is the second try to find a runtime for it.
    is_second: bool,
}

impl Task {
    fn spawn(shared: &Arc<Shared>, errand: Errand, is_second: bool) {
        let runtime = shared.runtime();
        let mut task = Self {
            shared: shared.clone(),
            errand,
            answer: None,
            begun: false,
            is_second,
        };
        if let Some(runtime) = runtime {
            runtime.spawn(async move { task.run().await });
        }
    }

    async fn run(&mut self) {
        self.begun = true;
        let Errand {
            deadline,
            may_retry,
            ..
        } = self.errand;
        let fetched = time::timeout_at(deadline, self.shared.fetch(may_retry)).await;
        self.answer = Some(fetched.unwrap_or(Err(Failure::of(FetchError::Timeout))));
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.begun {
            *self.shared.remembered_runtime() = None;
            if !self.is_second && Handle::try_current().is_ok() {
                // The remembered runtime has ended; the one that asks is alive.
                Self::spawn(&self.shared, self.errand, true);
                return;
            }
        }
        let now = Instant::now();
        let answer = match self.answer.take() {
            Some(answer) => answer,
            // The task panicked, or its runtime went away.
            None if self.begun => Err(Failure::of(FetchError::Aborted)),
            None => Err(Failure {
                error: None,
                retry_after: None,
            }),
        };
        match &answer {
            Ok(_) => event!(debug, issuer = %self.shared.issuer, "fetched a key set"),
            Err(_failure) => {
                event!(warn, issuer = %self.shared.issuer, failure = ?_failure.error, "could not fetch a key set");
            }
        }
        let (shared, attempt) = (&self.shared, self.errand.attempt);
        shared.act(|state, effects| {
            let is_expected = |flight: &Flight| flight.attempt == attempt;
            if !state.flight.as_ref().is_some_and(is_expected) {
                // It was given up as overdue: what it brings is no news.
                return;
            }
            let held = answer.map(|set| {
                let age = Age::new(now, &shared.settings);
                let held = Arc::new(Held { set, age });
                shared.held.store(Some(held.clone()));
                held
            });
            state.land(attempt, held, now, &shared.settings, effects);
        });
    }
}

/// How old a set must be before a key id that it lacks is a reason to fetch it again. 10 seconds:
/// providers publish a key long before they sign with it, and whoever makes up key ids costs them
/// six fetches a minute.
const REFETCH_INTERVAL: Duration = Duration::from_secs(10);
/// The longest set that is read: some dozens of RSA keys, each with the certificates that some
/// providers add.
const MAX_SET_BYTES: usize = 64 * 1024;
