//! A key endpoint in memory: answers as it is told, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use alb_oidc::{FetchError, FetchFuture, KeyFetcher, KeyId, KeyResponse};
use alb_oidc_testkit::SimulatedAlb;
use tokio::time::{self, Instant};

/// The base URL under which [`FakeEndpoint::publish`] puts keys.
pub(crate) const BASE: &str = "https://keys.example";

/// What the endpoint answers. Decided when it is asked, given when its latency is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The key that is published at this URL, or 404.
    Published,
    /// This status and no body.
    Status(u16),
    /// This status, no body, and `Retry-After`.
    RetryAfter(u16, Duration),
    /// 200 with this body.
    Body(&'static [u8]),
    /// No answer at all, because of this.
    Failure(FetchError),
    /// Nothing, ever.
    Hang,
    /// A panic while the answer is awaited.
    Panic,
    /// A panic before there is anything to await.
    PanicAtOnce,
}

impl Answer {
    /// 200 with something that is not a key.
    pub(crate) const HTML: Self = Self::Body(b"<html>sign in</html>");
}

/// A scripted endpoint. Clones are the same endpoint.
#[derive(Clone, Debug)]
pub(crate) struct FakeEndpoint(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    pems: HashMap<String, String>,
    answer: Answer,
    next: VecDeque<Answer>,
    latency: Duration,
    asked: Vec<(Instant, String)>,
    at_once: usize,
    most_at_once: usize,
}

impl FakeEndpoint {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            pems: HashMap::new(),
            answer: Answer::Published,
            next: VecDeque::new(),
            latency: Duration::ZERO,
            asked: Vec::new(),
            at_once: 0,
            most_at_once: 0,
        })))
    }

    /// Serves all public keys that `alb` has now.
    pub(crate) fn publish(&self, alb: &SimulatedAlb) {
        for (key_id, pem) in alb.public_keys() {
            self.publish_pem(BASE, key_id, pem);
        }
    }

    pub(crate) fn publish_pem(&self, base: &str, key_id: KeyId, pem: String) {
        self.state().pems.insert(format!("{base}/{key_id}"), pem);
    }

    pub(crate) fn withdraw(&self, key_id: KeyId) {
        self.state().pems.remove(&format!("{BASE}/{key_id}"));
    }

    /// Answers so from now on.
    pub(crate) fn answer(&self, answer: Answer) {
        self.state().answer = answer;
    }

    /// Answers so once, after all that was to be answered once before.
    pub(crate) fn answer_next(&self, answer: Answer) {
        self.state().next.push_back(answer);
    }

    /// Takes this long for an answer.
    pub(crate) fn take(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// How often it has been asked.
    pub(crate) fn asked(&self) -> usize {
        self.state().asked.len()
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        let asked = &self.state().asked;
        asked.iter().map(|(_, url)| url.clone()).collect()
    }

    /// How long after `start` it was asked, each time.
    pub(crate) fn asked_at(&self, start: Instant) -> Vec<Duration> {
        let asked = &self.state().asked;
        asked.iter().map(|(at, _)| *at - start).collect()
    }

    /// Forgets what it was asked.
    pub(crate) fn forget_asked(&self) {
        let mut state = self.state();
        state.asked.clear();
        state.most_at_once = state.at_once;
    }

    /// How many fetches are under way.
    pub(crate) fn at_once(&self) -> usize {
        self.state().at_once
    }

    /// How many fetches were under way at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Notes the question and decides the answer.
    fn ask(&self, url: String) -> (Result<KeyResponse, Answer>, Duration) {
        let mut state = self.state();
        state.asked.push((Instant::now(), url.clone()));
        let answer = state.next.pop_front().unwrap_or(state.answer);
        let response = |status, retry_after: Option<Duration>, body: &[u8]| {
            let response = KeyResponse::new(status, body.to_vec());
            Ok(match retry_after {
                Some(retry_after) => response.with_retry_after(retry_after),
                None => response,
            })
        };
        let answer = match answer {
            Answer::Published => match state.pems.get(&url) {
                Some(pem) => response(200, None, pem.as_bytes()),
                None => response(404, None, b"no such key"),
            },
            Answer::Status(status) => response(status, None, b""),
            Answer::RetryAfter(status, after) => response(status, Some(after), b""),
            Answer::Body(body) => response(200, None, body),
            other => Err(other),
        };
        (answer, state.latency)
    }
}

impl KeyFetcher for FakeEndpoint {
    fn fetch(&self, url: String, _: usize) -> FetchFuture {
        let (answer, latency) = self.ask(url);
        if answer == Err(Answer::PanicAtOnce) {
            panic_quietly();
        }
        let exchange = Exchange::begin(self.clone());
        Box::pin(async move {
            let _exchange = exchange;
            if !latency.is_zero() {
                time::sleep(latency).await;
            }
            match answer {
                Ok(response) => Ok(response),
                Err(Answer::Failure(error)) => Err(error),
                Err(Answer::Panic) => panic_quietly(),
                Err(_) => std::future::pending().await,
            }
        })
    }
}

/// One fetch under way. Ends when dropped, as an exchange must.
struct Exchange(FakeEndpoint);

impl Exchange {
    fn begin(endpoint: FakeEndpoint) -> Self {
        let mut state = endpoint.state();
        state.at_once += 1;
        state.most_at_once = state.most_at_once.max(state.at_once);
        drop(state);
        Self(endpoint)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.state().at_once -= 1;
    }
}

/// A panic without its message on the test's output.
fn panic_quietly() -> ! {
    panic::resume_unwind(Box::new("the fetcher panics"))
}
