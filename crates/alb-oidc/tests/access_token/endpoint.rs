//! An endpoint in memory that serves a key set, as it is told, and counts how often.

use std::collections::VecDeque;
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use alb_oidc::{FetchError, FetchFuture, KeyFetcher, KeyResponse};
use alb_oidc_testkit::ProviderKey;
use tokio::time;

/// What it answers. Decided when it is asked, given when its latency is over.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Set(String),
    Status(u16),
    RetryAfter(u16, Duration),
    Failure(FetchError),
    Hang,
    Panic,
}

/// A scripted endpoint. Clones are the same endpoint.
#[derive(Clone, Debug)]
pub(crate) struct FakeEndpoint(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    answer: Answer,
    next: VecDeque<Answer>,
    latency: Duration,
    urls: Vec<String>,
}

impl FakeEndpoint {
    /// Serves the provider's first key.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            answer: Answer::Set(set(&[ProviderKey::first()])),
            next: VecDeque::new(),
            latency: Duration::ZERO,
            urls: Vec::new(),
        })))
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.state().answer = answer;
    }

    pub(crate) fn answer_next(&self, answer: Answer) {
        self.state().next.push_back(answer);
    }

    pub(crate) fn take(&self, latency: Duration) {
        self.state().latency = latency;
    }

    pub(crate) fn asked(&self) -> usize {
        self.state().urls.len()
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.state().urls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl KeyFetcher for FakeEndpoint {
    fn fetch(&self, url: String, max_body_bytes: usize) -> FetchFuture {
        if url.ends_with("/jwks.json") {
            assert_eq!(max_body_bytes, 64 * 1024);
        }
        let mut state = self.state();
        state.urls.push(url);
        let answer = state.next.pop_front();
        let answer = answer.unwrap_or_else(|| state.answer.clone());
        let latency = state.latency;
        drop(state);
        Box::pin(async move {
            if !latency.is_zero() {
                time::sleep(latency).await;
            }
            match answer {
                Answer::Set(set) => Ok(KeyResponse::new(200, set.into_bytes())),
                Answer::Status(status) => Ok(KeyResponse::new(status, Vec::new())),
                Answer::RetryAfter(status, after) => {
                    Ok(KeyResponse::new(status, Vec::new()).with_retry_after(after))
                }
                Answer::Failure(error) => Err(error),
                Answer::Hang => std::future::pending().await,
                Answer::Panic => panic::resume_unwind(Box::new("the fetcher panics")),
            }
        })
    }
}

/// A set of these keys.
pub(crate) fn set(keys: &[&ProviderKey]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}
