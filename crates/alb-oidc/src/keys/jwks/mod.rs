//! The cache of one issuer's key set. A hit reads a snapshot; for everything else there is at most
//! one flight.
//!
//! Like the [`KeyStore`](super::KeyStore), but for one document instead of many: whoever waits,
//! waits for the same, so there is no order to keep among them, and no budget. A made-up key id
//! costs a fetch only if the set that is held is older than [`REFETCH_INTERVAL`].

mod flight;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{self, Instant};

use super::age::{Age, Freshness};
use super::diagnosis::{EndpointState, KeyDiagnosis, KeyOwner};
use super::flights::{GRACE, TRANSIENT_RETRY_DELAY, is_transient};
use super::jwk::{Jwk, JwkSet, SignatureAlgorithm};
use super::runtime::FetchRuntime;
use super::{KeyFetcher, KeyResponse, KeyStoreSettings};
use crate::error::{FetchError, KeyError};
use crate::json::Document;
use crate::meter;
use crate::policy::Issuer;
use crate::trace::{event, in_span};
use flight::{Effects, Errand, Failure, Flight, Outcome, State};

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
    runtime: FetchRuntime,
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
        runtime: Option<Handle>,
        settings: KeyStoreSettings,
    ) -> Self {
        Self(Arc::new(Shared {
            issuer,
            url,
            fetcher,
            settings,
            held: ArcSwapOption::empty(),
            state: Mutex::default(),
            runtime: FetchRuntime::new(runtime),
        }))
    }

    /// Looks a key up.
    pub(crate) fn key(&self, wanted: WantedJwk) -> JwkLookup {
        let now = Instant::now();
        if let Some(held) = &*self.0.held.load()
            && let Some(answer) = self.0.answer(held, &wanted, now)
        {
            // Without an answer the request joins, and if that begins a fetch it waits for it.
            if held.age.freshness(now, &self.0.settings) == Freshness::RefreshDue {
                self.0.act(|state, effects| {
                    state.begin(now, &self.0.settings, effects);
                });
            }
            return JwkLookup::Ready(answer);
        }
        self.0.join(wanted, now, Waits::IfThereIsHope)
    }

    /// Drops the set, so that the next request that needs a key asks the issuer anew. A fetch that is
    /// under way does not bring the old one back.
    pub(crate) fn purge(&self) {
        let now = Instant::now();
        self.0.act(|state, effects| {
            // Under the lock, as a set that is fetched is put there.
            self.0.held.store(None);
            state.start_over(now, &self.0.settings, effects);
        });
    }

    /// One of its keys did not verify a token that names it. The issuer may have replaced it, so the
    /// set is fetched again, unless that was within the last [`REFETCH_INTERVAL`]. Nobody waits for
    /// it: anybody who reaches the application around the load balancer can bring this about.
    pub(crate) fn doubt(&self) {
        let now = Instant::now();
        let held = self.0.held.load();
        if held
            .as_ref()
            .is_some_and(|held| held.age.at(now) >= REFETCH_INTERVAL)
        {
            self.0
                .act(|state, effects| state.begin(now, &self.0.settings, effects));
        }
    }

    /// Asks the issuer for its set, unless that was within the last [`REFETCH_INTERVAL`], and says
    /// what came of it.
    pub(crate) fn diagnose(&self) -> impl Future<Output = KeyDiagnosis> + Send + 'static {
        let nobody = WantedJwk {
            key_id: String::new(),
            algorithm: SignatureAlgorithm::Es256,
        };
        let lookup = self.0.join(nobody, Instant::now(), Waits::InAnyCase);
        let store = self.clone();
        async move {
            let answer = match lookup {
                JwkLookup::Ready(answer) => answer,
                JwkLookup::Pending(answer) => answer.await,
            };
            let held = store.0.held.load();
            KeyDiagnosis {
                owner: KeyOwner::Issuer(store.0.issuer.clone()),
                url: store.shown_url().to_owned(),
                held_keys: held.as_ref().map_or(0, |held| held.set.len()),
                endpoint: match answer {
                    Ok(_) | Err(KeyError::Unknown) => EndpointState::Serves,
                    Err(error) => EndpointState::Unavailable(error),
                },
            }
        }
    }
}

impl JwksStore {
    /// Where the set is fetched from, without the query, which may have a secret.
    pub(crate) fn shown_url(&self) -> &str {
        self.0.url.split('?').next().unwrap_or_default()
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

/// Whether to wait for a fetch that somebody else has begun.
#[derive(Clone, Copy)]
enum Waits {
    /// Not if the one before has failed a moment ago.
    IfThereIsHope,
    InAnyCase,
}

enum Joined {
    Answered(Result<Arc<Jwk>, KeyError>),
    /// Until the flight is over, or is taken for lost.
    Waiting(watch::Receiver<Option<Outcome>>, Instant),
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

    fn join(self: &Arc<Self>, wanted: WantedJwk, now: Instant, waits: Waits) -> JwkLookup {
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
            let has_begun = effects.errand.is_some();
            match (&state.flight, failed, waits) {
                // Whether it still fails is found out without holding anybody up but the one that
                // begins: a user is signed in without this, and most requests do not need it. That
                // one waits, for there are runtimes that are driven while a request is under way
                // and not between two of them.
                (Some(_), Some(error), Waits::IfThereIsHope) if !has_begun => {
                    Joined::Answered(Err(KeyError::Fetch {
                        error,
                        retry_after: self.settings.min_backoff,
                    }))
                }
                (Some(flight), ..)
                    if flight.outcome.receiver_count() < self.settings.max_waiters =>
                {
                    Joined::Waiting(flight.outcome.subscribe(), flight.deadline + GRACE)
                }
                (Some(_), ..) => Joined::Answered(Err(KeyError::Limited)),
                (None, ..) => {
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
            self.runtime.forget();
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
}

/// A flight under way. Whatever becomes of its task, the state is told: by [`Drop`].
struct Task {
    shared: Arc<Shared>,
    errand: Errand,
    answer: Option<Result<JwkSet, Failure>>,
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
        let Errand {
            deadline,
            may_retry,
            ..
        } = self.errand;
        let fetched = in_span!(
            time::timeout_at(deadline, self.shared.fetch(may_retry)),
            "fetch_key_set",
            issuer = %self.shared.issuer,
        )
        .await;
        self.answer = Some(fetched.unwrap_or(Err(Failure::of(FetchError::Timeout))));
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.begun.is_none() {
            self.shared.runtime.forget();
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
            None if self.begun.is_some() => Err(Failure::of(FetchError::Aborted)),
            None => Err(Failure::NO_RUNTIME),
        };
        let failure = answer.as_ref().err().copied();
        let (shared, attempt) = (&self.shared, self.errand.attempt);
        shared.act(|state, effects| {
            let is_expected = |flight: &Flight| flight.attempt == attempt;
            if !state.flight.as_ref().is_some_and(is_expected) {
                // It was given up as overdue, or superseded: what it brings is no news.
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
        // Last, for a subscriber or a recorder that panics must not keep the answer from anybody.
        match failure {
            None => event!(debug, issuer = %shared.issuer, "fetched a key set"),
            Some(_failure) => {
                event!(warn, issuer = %shared.issuer, failure = ?_failure.error, "could not fetch a key set");
            }
        }
        if let Some(begun) = self.begun {
            let reason = failure.as_ref().map_or("none", Failure::reason);
            meter::key_fetch("key-set", now.saturating_duration_since(begun), reason);
        }
    }
}

/// How old a set must be before a key id that it lacks is a reason to fetch it again. 10 seconds:
/// providers publish a key long before they sign with it, and whoever makes up key ids costs them
/// six fetches a minute.
const REFETCH_INTERVAL: Duration = Duration::from_secs(10);
/// The longest set that is read: some dozens of RSA keys, each with the certificates that some
/// providers add.
const MAX_SET_BYTES: usize = 64 * 1024;
const _: () = assert!(MAX_SET_BYTES <= Document::MAX_BYTES);
