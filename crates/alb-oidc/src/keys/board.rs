//! Who waits for which key, what is being fetched, and what is known to fail. Pure bookkeeping: it neither sleeps nor fetches, but says what to do.

use std::cmp::Reverse;
use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::budget::Budget;
use super::{KeyRequest, KeyStoreSettings};
use crate::arn::Region;
use crate::error::{FetchError, KeyError};
use crate::signature::PublicKey;

pub(crate) type Outcome = Result<Arc<PublicKey>, KeyError>;

/// What the store has to do, once it has let go of the board's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Fetch the key, by the deadline.
    Fetch {
        request: KeyRequest,
        deadline: Instant,
    },
    /// Call [`Board::wake`] at this time.
    Wake { request: KeyRequest, at: Instant },
    /// Call [`Board::refill`] at this time.
    Refill { at: Instant },
}

/// How one fetch failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 403, 404 or 410: there is no such key, if the endpoint is what it should be.
    Absent(u16),
    /// Anything else.
    Fetch {
        error: FetchError,
        retry_after: Option<Duration>,
    },
    /// The runtime went away before the fetch began. Says nothing about the endpoint.
    NoRuntime,
}

/// What a request that asks for a key is told.
pub(crate) enum Joined {
    Known(KeyError),
    Waiting(WaiterId, oneshot::Receiver<Outcome>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WaiterId(u64);

#[derive(Debug)]
pub(crate) struct Board {
    settings: Arc<KeyStoreSettings>,
    wanted: HashMap<KeyRequest, Wanted>,
    /// The wanted that wait for the budget, the most wanted first.
    queue: BTreeSet<Rank>,
    negatives: HashMap<KeyRequest, Negative>,
    /// Regions whose endpoint has served a key.
    served: HashSet<Region>,
    budget: Budget,
    in_flight: usize,
    waiting: usize,
    refill_at: Option<Instant>,
    joined: u64,
    limited: u64,
    dice: RandomState,
    thrown: u64,
}

#[derive(Debug)]
struct Wanted {
    waiters: BTreeMap<WaiterId, oneshot::Sender<Outcome>>,
    stage: Stage,
    /// Whether its fetches are taken from the budget: all are, but for keys that have proven themselves.
    metered: bool,
    fetches: u32,
    /// Set by the first fetch.
    flight: Option<Flight>,
    last: Option<Failure>,
    /// Whether the key was invalidated while it was being fetched: what is on its way may be what was meant.
    overtaken: bool,
    tie: u64,
}

/// From the first fetch to the last.
#[derive(Clone, Copy, Debug)]
struct Flight {
    began: Instant,
    deadline: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    InFlight,
    Resting,
}

/// More waiters first, counted up to a bound so that nobody can buy the first place for good; ties at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    waiters: Reverse<usize>,
    tie: u64,
    request: KeyRequest,
}

#[derive(Clone, Copy, Debug)]
struct Negative {
    failure: Failure,
    until: Instant,
    /// When the backoff starts over.
    forget_at: Instant,
    step: u32,
}

impl Board {
    pub(crate) fn new(settings: Arc<KeyStoreSettings>, now: Instant) -> Self {
        Self {
            wanted: HashMap::new(),
            queue: BTreeSet::new(),
            negatives: HashMap::new(),
            served: HashSet::new(),
            budget: Budget::new(settings.budget_burst, settings.budget_interval, now),
            settings,
            in_flight: 0,
            waiting: 0,
            refill_at: None,
            joined: 0,
            limited: 0,
            dice: RandomState::new(),
            thrown: 0,
        }
    }

    /// A request asks for a key that is not held, or is too old to serve. `metered` unless the key has proven itself.
    pub(crate) fn join(
        &mut self,
        request: KeyRequest,
        metered: bool,
        now: Instant,
        actions: &mut Vec<Action>,
    ) -> Joined {
        if let Some(negative) = self.negatives.get(&request)
            && now < negative.until
        {
            let error = self.error(request, negative.failure, negative.until - now);
            return Joined::Known(error);
        }
        let tie = self.throw();
        if self.waiting >= self.settings.max_waiters && !self.make_room_for(request, tie) {
            self.limited += 1;
            return Joined::Known(KeyError::Limited);
        }
        let waiter = WaiterId(self.joined);
        self.joined += 1;
        let (sender, receiver) = oneshot::channel();
        self.want(request, metered, tie, now, actions);
        self.change_waiters(request, |waiters| drop(waiters.insert(waiter, sender)));
        self.waiting += 1;
        self.pump(now, actions);
        Joined::Waiting(waiter, receiver)
    }

    /// A key that is held and served is due for a refresh.
    pub(crate) fn refresh(&mut self, request: KeyRequest, now: Instant, actions: &mut Vec<Action>) {
        let tie = self.throw();
        self.want(request, false, tie, now, actions);
    }

    /// A waiter has waited for as long as it may. Gives the error to go with.
    pub(crate) fn time_out(
        &mut self,
        request: KeyRequest,
        waiter: WaiterId,
        now: Instant,
    ) -> KeyError {
        let error = self.leave(request, waiter, now);
        if error == KeyError::Limited {
            self.limited += 1;
        }
        error
    }

    /// A waiter has gone. Gives the error that it would have gone with, had it waited for as long as it may.
    pub(crate) fn leave(
        &mut self,
        request: KeyRequest,
        waiter: WaiterId,
        now: Instant,
    ) -> KeyError {
        let timed_out = KeyError::Fetch {
            error: FetchError::Timeout,
            retry_after: self.settings.min_backoff,
        };
        let mut left = false;
        self.change_waiters(request, |waiters| left = waiters.remove(&waiter).is_some());
        if !left {
            return timed_out;
        }
        self.waiting -= 1;
        let Some(wanted) = self.wanted.get(&request) else {
            return timed_out;
        };
        if wanted.stage != Stage::Queued {
            return timed_out;
        }
        if wanted.waiters.is_empty() {
            match wanted.last {
                Some(failure) => self.finish(request, Err(failure), now),
                None => drop(self.remove(request)),
            }
        }
        KeyError::Limited
    }

    /// A fetch has ended. A key must be in the store before the board is told of it.
    pub(crate) fn answered(
        &mut self,
        request: KeyRequest,
        answer: Result<Arc<PublicKey>, Failure>,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        let Some(wanted) = self.wanted.get_mut(&request) else {
            return;
        };
        if wanted.metered {
            self.in_flight -= 1;
        }
        if std::mem::take(&mut wanted.overtaken) {
            wanted.flight = None;
            wanted.fetches = 0;
            if wanted.waiters.is_empty() {
                self.remove(request);
            } else {
                self.start_or_queue(request, now, actions);
            }
            self.pump(now, actions);
            return;
        }
        match answer {
            Err(failure) => {
                wanted.last = Some(failure);
                match self.pause_before_retry(request, failure, now) {
                    Some(at) => {
                        self.set_stage(request, Stage::Resting);
                        actions.push(Action::Wake { request, at });
                    }
                    None => self.finish(request, Err(failure), now),
                }
            }
            Ok(key) => {
                self.served.insert(request.region());
                self.finish(request, Ok(key), now);
            }
        }
        self.pump(now, actions);
    }

    /// The pause before a retry is over, or cannot be waited for.
    pub(crate) fn wake(&mut self, request: KeyRequest, now: Instant, actions: &mut Vec<Action>) {
        let Some(wanted) = self.wanted.get(&request) else {
            return;
        };
        if wanted.stage != Stage::Resting {
            return;
        }
        let late = wanted.flight.is_some_and(|flight| now >= flight.deadline);
        match wanted.last {
            // A refresh has no waiters either, and is worth its retry; a made-up id is not.
            Some(failure) if late || (wanted.waiters.is_empty() && wanted.metered) => {
                self.finish(request, Err(failure), now);
            }
            _ => self.start_or_queue(request, now, actions),
        }
        self.pump(now, actions);
        if let Some(wanted) = self.wanted.get_mut(&request)
            && wanted.stage == Stage::Queued
        {
            // Its turn may come when the flight would be over: then it is another flight.
            wanted.flight = None;
        }
    }

    /// The budget may have something again.
    pub(crate) fn refill(&mut self, now: Instant, actions: &mut Vec<Action>) {
        self.refill_at = None;
        self.pump(now, actions);
    }

    /// The timer for [`refill`](Self::refill) has died with its runtime.
    pub(crate) const fn refill_lost(&mut self) {
        self.refill_at = None;
    }

    /// Forgets what is known of these keys, and what is being learnt.
    pub(crate) fn forget(&mut self, forget: impl Fn(&KeyRequest) -> bool) {
        self.negatives.retain(|request, _| !forget(request));
        for (request, wanted) in &mut self.wanted {
            wanted.overtaken |= wanted.stage == Stage::InFlight && forget(request);
        }
    }

    /// Whether what is being fetched for this request has been forgotten meanwhile, and must not be kept.
    pub(crate) fn is_overtaken(&self, request: KeyRequest) -> bool {
        self.wanted
            .get(&request)
            .is_some_and(|wanted| wanted.overtaken)
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn negatives(&self) -> usize {
        self.negatives.len()
    }

    pub(crate) const fn limited(&self) -> u64 {
        self.limited
    }

    fn want(
        &mut self,
        request: KeyRequest,
        metered: bool,
        tie: u64,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        let Entry::Vacant(vacant) = self.wanted.entry(request) else {
            return;
        };
        vacant.insert(Wanted {
            waiters: BTreeMap::new(),
            stage: Stage::Queued,
            metered,
            fetches: 0,
            flight: None,
            last: None,
            overtaken: false,
            tie,
        });
        self.start_or_queue(request, now, actions);
    }

    fn start_or_queue(&mut self, request: KeyRequest, now: Instant, actions: &mut Vec<Action>) {
        match self.wanted.get(&request) {
            Some(wanted) if wanted.metered => self.set_stage(request, Stage::Queued),
            Some(_) => self.start(request, now, actions),
            None => {}
        }
    }

    /// Starts as many of the most wanted as the budget and the number of fetches at once allow.
    fn pump(&mut self, now: Instant, actions: &mut Vec<Action>) {
        while self.in_flight < self.settings.max_in_flight {
            let Some(best) = self.queue.first().copied() else {
                return;
            };
            if let Err(at) = self.budget.take(now) {
                if self.refill_at.is_none() {
                    self.refill_at = Some(at);
                    actions.push(Action::Refill { at });
                }
                return;
            }
            self.in_flight += 1;
            self.start(best.request, now, actions);
        }
    }

    fn start(&mut self, request: KeyRequest, now: Instant, actions: &mut Vec<Action>) {
        self.set_stage(request, Stage::InFlight);
        let Some(wanted) = self.wanted.get_mut(&request) else {
            return;
        };
        wanted.fetches += 1;
        let flight = *wanted.flight.get_or_insert(Flight {
            began: now,
            deadline: now + self.settings.flight_timeout,
        });
        actions.push(Action::Fetch {
            request,
            deadline: flight.deadline.min(now + self.settings.exchange_timeout),
        });
    }

    /// When to try once more, if this failure deserves it and there is time left.
    fn pause_before_retry(
        &self,
        request: KeyRequest,
        failure: Failure,
        now: Instant,
    ) -> Option<Instant> {
        let wanted = self.wanted.get(&request)?;
        let known_bad = self
            .negatives
            .get(&request)
            .is_some_and(|negative| now < negative.forget_at);
        if wanted.fetches > 1 || known_bad {
            return None;
        }
        let pause = match failure {
            // S3 may lag behind a rotation.
            Failure::Absent(_) if self.served.contains(&request.region()) => {
                self.settings.unknown_retry_delay
            }
            Failure::Fetch {
                error,
                retry_after: None,
            } if is_transient(error) => TRANSIENT_RETRY_DELAY,
            _ => return None,
        };
        let at = now + pause;
        let flight = wanted.flight?;
        (at < flight.deadline).then_some(at)
    }

    /// Tells all waiters, and remembers a failure.
    fn finish(
        &mut self,
        request: KeyRequest,
        answer: Result<Arc<PublicKey>, Failure>,
        now: Instant,
    ) {
        let Some(wanted) = self.remove(request) else {
            return;
        };
        let outcome = match answer {
            Ok(key) => {
                self.negatives.remove(&request);
                Ok(key)
            }
            Err(failure) => {
                let began = wanted.flight.map_or(now, |flight| flight.began);
                let backoff = self.remember(request, failure, began, now);
                Err(self.error(request, failure, backoff))
            }
        };
        for waiter in wanted.waiters.into_values() {
            // Whoever has gone meanwhile needs no answer.
            let _ = waiter.send(outcome.clone());
        }
    }

    /// Gives how long the failure will be remembered. The time of the flight counts, so that an endpoint that hangs is asked as often as one that answers.
    fn remember(
        &mut self,
        request: KeyRequest,
        failure: Failure,
        began: Instant,
        now: Instant,
    ) -> Duration {
        let asked_for = match failure {
            Failure::NoRuntime => return self.settings.min_backoff,
            Failure::Absent(_) => Duration::ZERO,
            Failure::Fetch { retry_after, .. } => retry_after.unwrap_or_default(),
        };
        let step = match self.negatives.get(&request) {
            Some(negative) if now < negative.forget_at => negative.step.saturating_add(1),
            _ => 0,
        };
        let (min, max) = (self.settings.min_backoff, self.settings.max_backoff);
        let backoff = min.saturating_mul(1_u32.checked_shl(step).unwrap_or(u32::MAX));
        let backoff = backoff.max(asked_for).min(max);
        // Upwards only, by at most an eighth, so that neither replicas nor ids stay in step.
        let jitter = u32::try_from(self.throw() % 1024).unwrap_or_default();
        let backoff = backoff + backoff / 8 * jitter / 1024;
        let until = (began + backoff).max(now + asked_for.clamp(min, max));
        self.make_room_for_negative(now);
        self.negatives.insert(
            request,
            Negative {
                failure,
                until,
                forget_at: until + FORGET_AFTER,
                step,
            },
        );
        until - now
    }

    fn make_room_for_negative(&mut self, now: Instant) {
        if self.negatives.len() < self.settings.max_negative {
            return;
        }
        self.negatives
            .retain(|_, negative| now < negative.forget_at);
        if self.negatives.len() < self.settings.max_negative {
            return;
        }
        let soonest = self
            .negatives
            .iter()
            .min_by_key(|(_, negative)| negative.until);
        if let Some(request) = soonest.map(|(request, _)| *request) {
            self.negatives.remove(&request);
        }
    }

    fn error(&self, request: KeyRequest, failure: Failure, retry_after: Duration) -> KeyError {
        match failure {
            Failure::Absent(_) if self.served.contains(&request.region()) => KeyError::Unknown,
            // An endpoint that never served a key may as well be a proxy, or a wrong URL.
            Failure::Absent(status) => KeyError::Fetch {
                error: FetchError::Status(status),
                retry_after,
            },
            Failure::Fetch { error, .. } => KeyError::Fetch { error, retry_after },
            Failure::NoRuntime => KeyError::NoRuntime,
        }
    }

    /// All places are taken. Refuses the newest waiter of the least wanted id, if this request's id is more wanted than that; ties at random.
    fn make_room_for(&mut self, request: KeyRequest, tie: u64) -> bool {
        let (waiters, tie) = match self.wanted.get(&request) {
            Some(wanted) => (wanted.waiters.len(), wanted.tie),
            None => (0, tie),
        };
        let newcomer = Rank::new(waiters + 1, tie, request);
        let Some(worst) = self.queue.last().copied() else {
            return false;
        };
        if worst.request == request || worst < newcomer {
            return false;
        }
        let mut refused = None;
        self.change_waiters(worst.request, |waiters| refused = waiters.pop_last());
        if let Some((_, sender)) = refused {
            self.waiting -= 1;
            self.limited += 1;
            let _ = sender.send(Err(KeyError::Limited));
        }
        let empty = |wanted: &Wanted| wanted.waiters.is_empty();
        if self.wanted.get(&worst.request).is_some_and(empty) {
            self.remove(worst.request);
        }
        true
    }

    fn change_waiters(
        &mut self,
        request: KeyRequest,
        change: impl FnOnce(&mut BTreeMap<WaiterId, oneshot::Sender<Outcome>>),
    ) {
        if let Some(wanted) = self.wanted.get_mut(&request) {
            self.queue.remove(&wanted.rank(request));
            change(&mut wanted.waiters);
            if wanted.stage == Stage::Queued {
                self.queue.insert(wanted.rank(request));
            }
        }
    }

    fn set_stage(&mut self, request: KeyRequest, stage: Stage) {
        if let Some(wanted) = self.wanted.get_mut(&request) {
            self.queue.remove(&wanted.rank(request));
            wanted.stage = stage;
            if stage == Stage::Queued {
                self.queue.insert(wanted.rank(request));
            }
        }
    }

    fn remove(&mut self, request: KeyRequest) -> Option<Wanted> {
        let wanted = self.wanted.remove(&request)?;
        self.queue.remove(&wanted.rank(request));
        self.waiting -= wanted.waiters.len();
        Some(wanted)
    }

    /// A number that nobody outside can guess.
    fn throw(&mut self) -> u64 {
        self.thrown = self.thrown.wrapping_add(1);
        self.dice.hash_one(self.thrown)
    }
}

impl Wanted {
    fn rank(&self, request: KeyRequest) -> Rank {
        Rank::new(self.waiters.len(), self.tie, request)
    }
}

impl Rank {
    fn new(waiters: usize, tie: u64, request: KeyRequest) -> Self {
        Self {
            waiters: Reverse(waiters.min(COUNTED_WAITERS)),
            tie,
            request,
        }
    }
}

/// Whether trying again at once may help. A timeout has used up the time; a certificate will be no better.
const fn is_transient(error: FetchError) -> bool {
    matches!(
        error,
        FetchError::Connect | FetchError::Aborted | FetchError::Dns | FetchError::Status(500..=599)
    )
}

/// How many waiters count: more than this many clients cannot make an id more urgent.
const COUNTED_WAITERS: usize = 32;
const TRANSIENT_RETRY_DELAY: Duration = Duration::from_millis(200);
/// An id that has not been asked for in a minute starts over with the shortest backoff.
const FORGET_AFTER: Duration = Duration::from_secs(60);
