//! A key endpoint in memory, one address a region, that misbehaves as it is told
//! to and writes everything down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alb_oidc::{FetchError, FetchFuture, KeyFetcher, KeyResponse};
use tokio::time::{Instant, sleep};

/// Which key is meant: the region's index, and the key id.
pub(crate) type Place = (usize, String);

/// How an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// With the key that is published, or 404.
    Honest,
    Status(u16),
    RetryLater(u16),
    Nonsense,
    TooLong,
    Failure(FetchError),
    Silence,
}

/// What came of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This key was served.
    Served(usize),
    /// The endpoint said that there is no such key.
    Absent,
    /// Anything else, or nothing yet.
    Failed,
}

/// One fetch.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) place: Place,
    pub(crate) began: Instant,
    /// `None` if it is under way.
    pub(crate) ended: Option<Instant>,
    pub(crate) outcome: Outcome,
}

/// The endpoint. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct KeyEndpoint(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct State {
    /// The text of each key, by its index.
    pems: Vec<String>,
    pub(crate) published: BTreeMap<Place, usize>,
    pub(crate) manners: [Manner; 2],
    pub(crate) latency: Duration,
    pub(crate) fetches: Vec<Fetch>,
    /// What it was asked for that is none of its addresses.
    pub(crate) strays: Vec<String>,
}

impl KeyEndpoint {
    pub(crate) fn new(pems: Vec<String>) -> Self {
        Self(Arc::new(Mutex::new(State {
            pems,
            published: BTreeMap::new(),
            manners: [Manner::Honest; 2],
            latency: Duration::ZERO,
            fetches: Vec::new(),
            strays: Vec::new(),
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyFetcher for KeyEndpoint {
    fn fetch(&self, url: String, max_body_bytes: usize) -> FetchFuture {
        let mut state = self.state();
        let Some(place) = place(&url) else {
            state.strays.push(url);
            return Box::pin(async { Err(FetchError::Dns) });
        };
        let (answer, outcome) = state.answer(&place, max_body_bytes);
        let latency = state.latency;
        let visit = Visit {
            endpoint: self.clone(),
            index: state.fetches.len(),
        };
        state.fetches.push(Fetch {
            place,
            began: Instant::now(),
            ended: None,
            outcome: Outcome::Failed,
        });
        Box::pin(async move {
            sleep(latency).await;
            let Some(answer) = answer else {
                return std::future::pending().await;
            };
            visit.note(outcome);
            answer
        })
    }
}

impl State {
    /// What is answered, decided when it is asked; `None` if nothing ever is.
    fn answer(
        &self,
        place: &Place,
        max_body_bytes: usize,
    ) -> (Option<Result<KeyResponse, FetchError>>, Outcome) {
        let failed = |answer| (Some(answer), Outcome::Failed);
        let manner = self.manners.get(place.0).copied();
        match manner.unwrap_or(Manner::Honest) {
            Manner::Honest => match self.published.get(place) {
                Some(&key) => {
                    let pem = self.pems.get(key).map(|pem| pem.clone().into_bytes());
                    let answer = KeyResponse::new(200, pem.unwrap_or_default());
                    (Some(Ok(answer)), Outcome::Served(key))
                }
                None => (Some(Ok(KeyResponse::new(404, Vec::new()))), Outcome::Absent),
            },
            Manner::Status(status @ (403 | 404 | 410)) => (
                Some(Ok(KeyResponse::new(status, Vec::new()))),
                Outcome::Absent,
            ),
            Manner::Status(status) => failed(Ok(KeyResponse::new(status, Vec::new()))),
            Manner::RetryLater(status) => {
                let answer = KeyResponse::new(status, Vec::new());
                failed(Ok(answer.with_retry_after(Duration::from_secs(60))))
            }
            Manner::Nonsense => failed(Ok(KeyResponse::new(200, b"<html>".to_vec()))),
            Manner::TooLong => failed(Ok(KeyResponse::new(200, vec![b'-'; max_body_bytes + 1]))),
            Manner::Failure(error) => failed(Err(error)),
            Manner::Silence => (None, Outcome::Failed),
        }
    }
}

/// A fetch under way.
struct Visit {
    endpoint: KeyEndpoint,
    index: usize,
}

impl Visit {
    fn note(&self, outcome: Outcome) {
        if let Some(fetch) = self.endpoint.state().fetches.get_mut(self.index) {
            fetch.outcome = outcome;
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(fetch) = self.endpoint.state().fetches.get_mut(self.index) {
            fetch.ended = Some(Instant::now());
        }
    }
}

fn place(url: &str) -> Option<Place> {
    let of = |(index, base): (usize, &&str)| {
        let key_id = url.strip_prefix(*base)?.strip_prefix('/')?;
        Some((index, key_id.to_owned()))
    };
    BASES.iter().enumerate().find_map(of)
}

/// One for each region.
pub(crate) const BASES: [&str; 2] = ["https://east.example", "https://west.example/keys"];
