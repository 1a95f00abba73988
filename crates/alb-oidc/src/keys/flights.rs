//! Who waits for which key, and what is being fetched. Pure bookkeeping: it neither sleeps nor
//! fetches, but says what to do.

use std::cmp::Reverse;
use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher as _;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::budget::Budget;
use super::negatives::{Failure, Negatives};
use super::{KeyRequest, KeyStoreSettings};
use crate::arn::Region;
use crate::error::{FetchError, KeyError};
use crate::signature::PublicKey;

pub(crate) type Outcome = Result<Arc<PublicKey>, KeyError>;
pub(crate) type Answer = oneshot::Sender<Outcome>;

/// What the store has to do, once it has let go of the lock.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) errands: Vec<Errand>,
    /// Whom to answer. With nothing for one who has gone.
    pub(crate) answers: Vec<(Answer, Option<Outcome>)>,
    /// The runtime has left something undone for too long. Another one has to take its place,
    /// before any errand.
    pub(crate) is_runtime_lost: bool,
}

/// Something to do in a task of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Fetch the key, by the deadline, and call [`Flights::landed`].
    Fetch {
        request: KeyRequest,
        attempt: Attempt,
        deadline: Instant,
    },
    /// Call [`Flights::wake`] at this time.
    Wake { request: KeyRequest, at: Instant },
    /// Call [`Flights::refill`] at this time.
    Refill { at: Instant },
}

/// What a request that asks for a key is told.
pub(crate) enum Joined {
    Held(Arc<PublicKey>),
    Failed(KeyError),
    Waiting(WaiterId, oneshot::Receiver<Outcome>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WaiterId(u64);

/// One fetch, told apart from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt(u64);

/// All flights: a key is wanted, fetched, perhaps a second time, and all who wait are told.
#[derive(Debug)]
pub(crate) struct Flights {
    settings: Arc<KeyStoreSettings>,
    flights: HashMap<KeyRequest, Flight>,
    /// The flights that wait for the budget, the most wanted first.
    queue: BTreeSet<Rank>,
    /// All flights by how many wait for them, the newest last.
    crowds: BTreeSet<Crowd>,
    /// The flights that have begun, by when they must be over.
    deadlines: BTreeSet<(Instant, KeyRequest)>,
    negatives: Negatives,
    /// When a region's endpoint last served a key.
    served: HashMap<Region, Instant>,
    budget: Budget,
    in_flight: usize,
    waiting: usize,
    refill_at: Option<Instant>,
    counter: u64,
    limited: u64,
    randomness: RandomState,
}

#[derive(Debug)]
struct Flight {
    waiters: BTreeMap<WaiterId, Answer>,
    stage: Stage,
    /// Whether its fetches are taken from the budget: all are, but for keys that have proven
    /// themselves.
    metered: bool,
    fetches: u32,
    /// Set by the first fetch.
    time: Option<FlightTime>,
    last: Option<Failure>,
    /// Whether the key was invalidated while it was being fetched: what is on its way may be what
    /// was meant.
    overtaken: bool,
    tie: u64,
    /// Less than that of any flight that came later.
    since: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crowd {
    size: usize,
    since: u64,
    request: KeyRequest,
}

/// From the first fetch to the last.
#[derive(Clone, Copy, Debug)]
struct FlightTime {
    began: Instant,
    deadline: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    Fetching(Attempt),
    Resting,
}

/// More waiters first, counted up to a bound so that nobody can buy the first place for good; ties
/// at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    waiters: Reverse<usize>,
    tie: u64,
    request: KeyRequest,
}

impl Flights {
    pub(crate) fn new(settings: Arc<KeyStoreSettings>, now: Instant) -> Self {
        Self {
            flights: HashMap::new(),
            queue: BTreeSet::new(),
            crowds: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            negatives: Negatives::new(settings.clone()),
            served: HashMap::new(),
            budget: Budget::new(settings.budget_burst, settings.budget_interval, now),
            settings,
            in_flight: 0,
            waiting: 0,
            refill_at: None,
            counter: 0,
            limited: 0,
            randomness: RandomState::new(),
        }
    }

    /// A request asks for a key that is not held, or is too old to serve. `metered` unless the key
    /// has proven itself.
    pub(crate) fn join(
        &mut self,
        request: KeyRequest,
        metered: bool,
        now: Instant,
        effects: &mut Effects,
    ) -> Joined {
        self.give_up_overdue(now, effects);
        if let Some((failure, left)) = self.negatives.current(request, now) {
            return Joined::Failed(self.error(request, failure, left));
        }
        let tie = self.random();
        if self.is_full_for(request) && !self.make_room_for(request, tie, now, effects) {
            self.limited += 1;
            return Joined::Failed(KeyError::Limited);
        }
        let waiter = WaiterId(self.count());
        let (answer, receiver) = oneshot::channel();
        self.want(request, metered, tie, now, effects);
        self.improve_tie(request, tie);
        self.change_waiters(request, |waiters| waiters.insert(waiter, answer));
        self.pump(now, effects);
        Joined::Waiting(waiter, receiver)
    }

    /// A key that is held and served is due for a refresh.
    pub(crate) fn refresh(&mut self, request: KeyRequest, now: Instant, effects: &mut Effects) {
        self.give_up_overdue(now, effects);
        let tie = self.random();
        self.want(request, false, tie, now, effects);
    }

    /// A waiter has waited for as long as it may. Gives the error to go with.
    pub(crate) fn time_out(
        &mut self,
        request: KeyRequest,
        waiter: WaiterId,
        now: Instant,
        effects: &mut Effects,
    ) -> KeyError {
        let queued = |flight: &Flight| flight.stage == Stage::Queued;
        let is_queued = self.flights.get(&request).is_some_and(queued);
        self.leave(request, waiter, now, effects);
        self.give_up_overdue(now, effects);
        if is_queued {
            self.limited += 1;
            return KeyError::Limited;
        }
        KeyError::Fetch {
            error: FetchError::Timeout,
            retry_after: self.settings.min_backoff,
        }
    }

    /// A waiter has gone.
    pub(crate) fn leave(
        &mut self,
        request: KeyRequest,
        waiter: WaiterId,
        now: Instant,
        effects: &mut Effects,
    ) {
        let left = self.change_waiters(request, |waiters| waiters.remove(&waiter));
        effects.answers.extend(left.map(|answer| (answer, None)));
        self.end_if_abandoned(request, now, effects);
    }

    /// A fetch has ended. Its key must be in the store before this is told of it. One that was
    /// given up as overdue is no news.
    pub(crate) fn landed(
        &mut self,
        request: KeyRequest,
        attempt: Attempt,
        answer: Result<Arc<PublicKey>, Failure>,
        now: Instant,
        effects: &mut Effects,
    ) {
        if !self.is_expected(request, attempt) {
            return;
        }
        let Some(flight) = self.flights.get_mut(&request) else {
            return;
        };
        if flight.metered {
            self.in_flight -= 1;
        }
        let overtaken = mem::take(&mut flight.overtaken);
        match answer {
            _ if overtaken => {
                flight.last = None;
                flight.fetches = 0;
                self.forget_time(request);
                self.set_stage(request, Stage::Resting);
                self.wake(request, now, effects);
            }
            Err(failure) => {
                flight.last = Some(failure);
                match self.pause_before_retry(request, failure, now) {
                    Some(at) => {
                        self.set_stage(request, Stage::Resting);
                        effects.errands.push(Errand::Wake { request, at });
                    }
                    None => self.finish(request, Err(failure), now, effects),
                }
            }
            Ok(key) => {
                self.served.insert(request.region(), now);
                self.finish(request, Ok(key), now, effects);
            }
        }
        self.pump(now, effects);
    }

    /// The pause before a retry is over, or cannot be waited for.
    pub(crate) fn wake(&mut self, request: KeyRequest, now: Instant, effects: &mut Effects) {
        let Some(flight) = self.flights.get(&request) else {
            return;
        };
        if flight.stage != Stage::Resting {
            return;
        }
        let late = flight.time.is_some_and(|time| now >= time.deadline);
        // A refresh has no waiters either, and is worth its retry; a made-up id is not.
        let abandoned = flight.waiters.is_empty() && flight.metered;
        match flight.last {
            Some(failure) if late || abandoned => self.finish(request, Err(failure), now, effects),
            None if abandoned => drop(self.remove(request)),
            _ => self.start_or_queue(request, now, effects),
        }
        self.pump(now, effects);
        let queued = |flight: &Flight| flight.stage == Stage::Queued;
        if self.flights.get(&request).is_some_and(queued) {
            // Its turn may come when the flight would be over: then it is another flight.
            self.forget_time(request);
        }
    }

    /// The budget may have something again.
    pub(crate) fn refill(&mut self, now: Instant, effects: &mut Effects) {
        self.refill_at = None;
        self.pump(now, effects);
    }

    /// The timer for [`refill`](Self::refill) has died with its runtime.
    pub(crate) const fn refill_lost(&mut self) {
        self.refill_at = None;
    }

    /// Forgets what is known of these keys, and what is being learnt.
    pub(crate) fn forget(&mut self, forget: impl Fn(&KeyRequest) -> bool) {
        self.negatives.forget(&forget);
        for (request, flight) in &mut self.flights {
            flight.overtaken |= matches!(flight.stage, Stage::Fetching(_)) && forget(request);
        }
    }

    /// Whether what this fetch brings is still wanted: it has not been given up, nor has its key
    /// been forgotten meanwhile.
    pub(crate) fn is_wanted(&self, request: KeyRequest, attempt: Attempt) -> bool {
        let flight = self.flights.get(&request);
        self.is_expected(request, attempt) && flight.is_some_and(|flight| !flight.overtaken)
    }

    /// When this region's endpoint last served a key.
    pub(crate) fn served_at(&self, region: Region) -> Option<Instant> {
        self.served.get(&region).copied()
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

    fn is_expected(&self, request: KeyRequest, attempt: Attempt) -> bool {
        let flight = self.flights.get(&request);
        flight.is_some_and(|flight| flight.stage == Stage::Fetching(attempt))
    }

    fn want(
        &mut self,
        request: KeyRequest,
        metered: bool,
        tie: u64,
        now: Instant,
        effects: &mut Effects,
    ) {
        let since = self.count();
        let Entry::Vacant(vacant) = self.flights.entry(request) else {
            return;
        };
        let flight = vacant.insert(Flight {
            waiters: BTreeMap::new(),
            stage: Stage::Queued,
            metered,
            fetches: 0,
            time: None,
            last: None,
            overtaken: false,
            tie,
            since,
        });
        self.crowds.insert(flight.crowd(request));
        self.start_or_queue(request, now, effects);
    }

    fn start_or_queue(&mut self, request: KeyRequest, now: Instant, effects: &mut Effects) {
        match self.flights.get(&request) {
            Some(flight) if flight.metered => self.set_stage(request, Stage::Queued),
            Some(_) => self.start(request, now, effects),
            None => {}
        }
    }

    /// Starts as many of the most wanted as the budget and the number of fetches at once allow.
    fn pump(&mut self, now: Instant, effects: &mut Effects) {
        while self.in_flight < self.settings.max_in_flight {
            let Some(best) = self.queue.first().copied() else {
                return;
            };
            if let Err(at) = self.budget.take(now) {
                let is_lost = self.refill_at.is_some_and(|due| now >= due + GRACE);
                effects.is_runtime_lost |= is_lost;
                if is_lost || self.refill_at.is_none() {
                    self.refill_at = Some(at);
                    effects.errands.push(Errand::Refill { at });
                }
                return;
            }
            self.in_flight += 1;
            self.start(best.request, now, effects);
        }
    }

    fn start(&mut self, request: KeyRequest, now: Instant, effects: &mut Effects) {
        let attempt = Attempt(self.count());
        self.set_stage(request, Stage::Fetching(attempt));
        let Some(flight) = self.flights.get_mut(&request) else {
            return;
        };
        flight.fetches += 1;
        let time = *flight.time.get_or_insert(FlightTime {
            began: now,
            deadline: now + self.settings.flight_timeout,
        });
        self.deadlines.insert((time.deadline, request));
        effects.errands.push(Errand::Fetch {
            request,
            attempt,
            deadline: time.deadline.min(now + self.settings.exchange_timeout),
        });
    }

    /// When to try once more, if this failure deserves it and there is time left.
    fn pause_before_retry(
        &self,
        request: KeyRequest,
        failure: Failure,
        now: Instant,
    ) -> Option<Instant> {
        let flight = self.flights.get(&request)?;
        if flight.fetches > 1 || self.negatives.is_recent(request, now) {
            return None;
        }
        let pause = match failure {
            // S3 may lag behind a rotation.
            Failure::Absent(_) if self.served.contains_key(&request.region()) => {
                self.settings.unknown_retry_delay
            }
            Failure::Fetch {
                error,
                retry_after: None,
            } if is_transient(error) => TRANSIENT_RETRY_DELAY,
            _ => return None,
        };
        let at = now + pause;
        (at < flight.time?.deadline).then_some(at)
    }

    /// Ends a flight: all waiters are told, and a failure is remembered.
    fn finish(
        &mut self,
        request: KeyRequest,
        answer: Result<Arc<PublicKey>, Failure>,
        now: Instant,
        effects: &mut Effects,
    ) {
        let Some(flight) = self.remove(request) else {
            return;
        };
        let outcome = match answer {
            Ok(key) => {
                self.negatives.remove(request);
                Ok(key)
            }
            Err(failure) => {
                let began = flight.time.map_or(now, |time| time.began);
                let random = self.random();
                let backoff = self
                    .negatives
                    .remember(request, failure, began, now, random);
                Err(self.error(request, failure, backoff))
            }
        };
        let waiters = flight.waiters.into_values();
        effects
            .answers
            .extend(waiters.map(|answer| (answer, Some(outcome.clone()))));
    }

    fn error(&self, request: KeyRequest, failure: Failure, retry_after: Duration) -> KeyError {
        match failure {
            Failure::Absent(_) if self.served.contains_key(&request.region()) => KeyError::Unknown,
            // An endpoint that never served a key may as well be a proxy, or a wrong URL.
            Failure::Absent(status) => KeyError::Fetch {
                error: FetchError::Status(status),
                retry_after,
            },
            Failure::Fetch { error, .. } => KeyError::Fetch { error, retry_after },
            Failure::NoRuntime => KeyError::NoRuntime,
        }
    }

    fn is_full_for(&self, request: KeyRequest) -> bool {
        self.waiting >= self.settings.max_waiters || self.ids_are_full_for(request)
    }

    fn ids_are_full_for(&self, request: KeyRequest) -> bool {
        self.flights.len() >= self.settings.max_waiting_ids && !self.flights.contains_key(&request)
    }

    /// Refuses others, if this request is to have a place; `false` if it is not.
    fn make_room_for(
        &mut self,
        request: KeyRequest,
        tie: u64,
        now: Instant,
        effects: &mut Effects,
    ) -> bool {
        let ids_are_full = self.ids_are_full_for(request);
        let loser = if ids_are_full {
            self.oldest_of_the_least_wanted()
        } else {
            self.less_wanted_than(request, tie)
        };
        let Some(loser) = loser else {
            return false;
        };
        while let Some((_, answer)) = self.change_waiters(loser, BTreeMap::pop_last) {
            self.limited += 1;
            effects.answers.push((answer, Some(Err(KeyError::Limited))));
            if !ids_are_full {
                break;
            }
        }
        self.end_if_abandoned(loser, now, effects);
        true
    }

    /// Of the ids that wait for the budget, the oldest of those that the fewest requests wait for,
    /// unless that is a crowd. So a new id always gets in among made-up ones, and is there until as
    /// many newer ones have come as may wait: whoever is asked for again meanwhile is more wanted.
    fn oldest_of_the_least_wanted(&self) -> Option<KeyRequest> {
        let is_queued = |crowd: &&Crowd| {
            let flight = self.flights.get(&crowd.request);
            flight.is_some_and(|flight| flight.stage == Stage::Queued)
        };
        let least = self.crowds.iter().find(is_queued)?;
        (least.size < COUNTED_WAITERS).then_some(least.request)
    }

    /// The least wanted of the ids that wait for the budget, if this request's id is more wanted, ties
    /// at random. If only ids are left that a crowd waits for, the one with the largest, be its fetch
    /// under way or not, if this request's id has none.
    fn less_wanted_than(&self, request: KeyRequest, tie: u64) -> Option<KeyRequest> {
        let (waiters, tie) = match self.flights.get(&request) {
            Some(flight) => (flight.waiters.len(), flight.tie.min(tie)),
            None => (0, tie),
        };
        let newcomer = Rank::new(waiters + 1, tie, request);
        let is_crowd = |size: usize| size >= COUNTED_WAITERS;
        let worst = self.queue.last().copied();
        match worst.filter(|worst| !is_crowd(worst.waiters.0)) {
            Some(worst) if worst.request != request && newcomer < worst => Some(worst.request),
            Some(_) => None,
            None => {
                let crowd = self.crowds.last().copied();
                crowd
                    .filter(|crowd| is_crowd(crowd.size) && !is_crowd(waiters))
                    .map(|crowd| crowd.request)
            }
        }
    }

    /// Nobody waits for a flight that waits for the budget.
    fn end_if_abandoned(&mut self, request: KeyRequest, now: Instant, effects: &mut Effects) {
        let Some(flight) = self.flights.get(&request) else {
            return;
        };
        if flight.stage == Stage::Queued && flight.waiters.is_empty() {
            match flight.last {
                Some(failure) => self.finish(request, Err(failure), now, effects),
                None => drop(self.remove(request)),
            }
        }
    }

    /// Gives up what has not ended by its deadline. A fetch does, and a pause, unless nobody drives
    /// its runtime any more.
    fn give_up_overdue(&mut self, now: Instant, effects: &mut Effects) {
        while let Some((deadline, request)) = self.deadlines.first().copied() {
            if now < deadline + GRACE {
                return;
            }
            effects.is_runtime_lost = true;
            self.deadlines.remove(&(deadline, request));
            match self.flights.get(&request).map(|flight| flight.stage) {
                Some(Stage::Fetching(attempt)) => {
                    let failure = Failure::Fetch {
                        error: FetchError::Timeout,
                        retry_after: None,
                    };
                    self.landed(request, attempt, Err(failure), now, effects);
                }
                Some(Stage::Resting) => self.wake(request, now, effects),
                Some(Stage::Queued) | None => {}
            }
        }
    }

    fn forget_time(&mut self, request: KeyRequest) {
        let flight = self.flights.get_mut(&request);
        if let Some(time) = flight.and_then(|flight| flight.time.take()) {
            self.deadlines.remove(&(time.deadline, request));
        }
    }

    /// Who asks again and again draws again and again, so that no id loses every tie for as long as
    /// it is asked for.
    fn improve_tie(&mut self, request: KeyRequest, tie: u64) {
        if let Some(flight) = self.flights.get_mut(&request)
            && flight.stage == Stage::Queued
        {
            self.queue.remove(&flight.rank(request));
            flight.tie = flight.tie.min(tie);
            self.queue.insert(flight.rank(request));
        }
    }

    fn change_waiters<T>(
        &mut self,
        request: KeyRequest,
        change: impl FnOnce(&mut BTreeMap<WaiterId, Answer>) -> Option<T>,
    ) -> Option<T> {
        let flight = self.flights.get_mut(&request)?;
        self.queue.remove(&flight.rank(request));
        let before = flight.crowd(request);
        let changed = change(&mut flight.waiters);
        let after = flight.crowd(request);
        self.crowds.remove(&before);
        self.crowds.insert(after);
        self.waiting = self.waiting - before.size + after.size;
        if flight.stage == Stage::Queued {
            self.queue.insert(flight.rank(request));
        }
        changed
    }

    fn set_stage(&mut self, request: KeyRequest, stage: Stage) {
        if let Some(flight) = self.flights.get_mut(&request) {
            self.queue.remove(&flight.rank(request));
            flight.stage = stage;
            if stage == Stage::Queued {
                self.queue.insert(flight.rank(request));
            }
        }
    }

    fn remove(&mut self, request: KeyRequest) -> Option<Flight> {
        let flight = self.flights.remove(&request)?;
        self.queue.remove(&flight.rank(request));
        self.crowds.remove(&flight.crowd(request));
        if let Some(time) = flight.time {
            self.deadlines.remove(&(time.deadline, request));
        }
        self.waiting -= flight.waiters.len();
        Some(flight)
    }

    const fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A number that nobody outside can guess.
    fn random(&mut self) -> u64 {
        let count = self.count();
        self.randomness.hash_one(count)
    }
}

impl Flight {
    fn crowd(&self, request: KeyRequest) -> Crowd {
        Crowd {
            size: self.waiters.len(),
            since: self.since,
            request,
        }
    }

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

/// Whether trying again at once may help. A timeout has used up the time; a certificate will be no
/// better.
pub(crate) const fn is_transient(error: FetchError) -> bool {
    matches!(
        error,
        FetchError::Connect | FetchError::Aborted | FetchError::Dns | FetchError::Status(500..=599)
    )
}

/// How many waiters count: more than this many clients cannot make an id more urgent.
const COUNTED_WAITERS: usize = 32;
/// How long after its deadline a thing is taken for lost: more than a loaded machine is late.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
pub(crate) const TRANSIENT_RETRY_DELAY: Duration = Duration::from_millis(200);
