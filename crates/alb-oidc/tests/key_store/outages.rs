//! An endpoint that cannot be had: a 503 and never a 401, soon, and not for long.

use std::time::Duration;

use alb_oidc::{AuthenticateError, Disposition, FetchError, KeyStoreSettings};
use alb_oidc_testkit::SimulatedAlb;
use tokio::time::Instant;

use crate::bench::{Bench, MINUTE, TICK, Verdict, fetch_error, millis, secs, store, wait};
use crate::fetcher::{Answer, FakeEndpoint};

fn is_unavailable(verdict: &Verdict) -> bool {
    match verdict {
        Ok(()) => false,
        Err(error) => matches!(error.disposition(), Disposition::Unavailable { .. }),
    }
}

/// Sends a request each 50 ms, as clients do that come back, until one succeeds.
async fn recovery(bench: &Bench) -> Duration {
    let start = Instant::now();
    let token = bench.token();
    while bench.verdict(&token).await != Ok(()) {
        wait(millis(50)).await;
        assert!(start.elapsed() < MINUTE, "never");
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_key_may_be_as_long_as_the_bound_and_no_longer() {
    for (room, expected) in [(0, None), (1, Some(FetchError::BodyTooLarge))] {
        let alb = SimulatedAlb::new();
        let length = alb.public_keys().remove(0).1.len();
        let settings = KeyStoreSettings::default().max_body_bytes(length - room);
        let endpoint = FakeEndpoint::new();
        endpoint.publish(&alb);
        let store = store(&endpoint).settings(settings).build().unwrap();
        let verdict = Bench::around(alb, endpoint, store).request().await;
        assert_eq!(verdict.err().map(|error| fetch_error(Err(error))), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_late_and_then_hangs_is_left_in_time_too() {
    for latency in [millis(1_000), millis(2_000), millis(2_900), millis(2_999)] {
        let bench = Bench::new();
        bench.endpoint.take(latency);
        bench
            .endpoint
            .answer_next(Answer::Failure(FetchError::Aborted));
        bench.endpoint.answer(Answer::Hang);
        let (verdict, took) = bench.timed(&bench.token()).await;
        assert!(is_unavailable(&verdict), "{latency:?}");
        assert!(took <= millis(3_200) + TICK, "{latency:?}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_retried_once_and_not_noticed() {
    for fault in [
        Answer::Status(500),
        Answer::Status(502),
        Answer::Failure(FetchError::Dns),
        Answer::Failure(FetchError::Connect),
        Answer::Failure(FetchError::Aborted),
    ] {
        let bench = Bench::new();
        bench.endpoint.answer_next(fault);
        assert_eq!(bench.request().await, Ok(()), "{fault:?}");
        assert_eq!(bench.endpoint.asked(), 2);
        assert_eq!(bench.store.stats().negative_entries, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_503_passes_on_when_the_endpoint_may_be_asked_again() {
    let bench = Bench::new();
    bench.endpoint.answer(Answer::RetryAfter(503, secs(6)));
    let error: AuthenticateError = bench.request().await.unwrap_err();
    let Disposition::Unavailable { retry_after } = error.disposition() else {
        panic!("{error:?}");
    };
    assert!(retry_after >= secs(6) && retry_after <= millis(6_750));
}

#[tokio::test(start_paused = true)]
async fn when_the_endpoint_is_back_requests_succeed_within_ten_seconds() {
    for fault in [
        Answer::Status(429),
        Answer::Failure(FetchError::Connect),
        Answer::RetryAfter(503, secs(8)),
    ] {
        for outage in [secs(1), secs(10), millis(27_300), secs(40)] {
            let bench = Bench::new();
            bench.endpoint.answer(fault);
            let token = bench.token();
            let start = Instant::now();
            while start.elapsed() < outage {
                tokio::spawn(bench.send(&token));
                wait(millis(50)).await;
            }
            bench.endpoint.answer(Answer::Published);
            let took = recovery(&bench).await;
            assert!(took <= secs(10), "{took:?} after {outage:?} of {fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_an_endpoint_that_hung_is_back_requests_succeed_within_ten_seconds() {
    // Whatever the store was doing at the time: the outage ends at any point of a backoff or a fetch.
    for outage in (30_000..42_000).step_by(500).map(millis) {
        let bench = Bench::new();
        bench.endpoint.answer(Answer::Hang);
        let token = bench.token();
        let start = Instant::now();
        while start.elapsed() < outage {
            tokio::spawn(bench.send(&token));
            wait(millis(50)).await;
        }
        bench.endpoint.answer(Answer::Published);
        let took = recovery(&bench).await;
        assert!(took <= secs(10), "{took:?} after {outage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_comes_too_late_for_the_fetch_is_not_begun() {
    // Nothing of the budget is left for the retry before the 3.2 seconds are over.
    let settings = KeyStoreSettings::default()
        .budget_burst(2)
        .budget_interval(secs(4));
    let bench = Bench::with(settings);
    bench.make_endpoint_known().await;
    bench.endpoint.take(millis(100));
    bench.alb.rotate();
    let token = bench.token();
    let late = async {
        wait(secs(2)).await;
        bench.endpoint.publish(&bench.alb);
        bench.verdict(&token).await
    };
    let (early, late) = tokio::join!(bench.verdict(&token), late);
    assert!(early.is_err());
    // Either it is told that there was no turn for it, or it has its turn: not a turn of no length.
    if late != Ok(()) {
        assert_ne!(fetch_error(late), FetchError::Timeout);
    }
}
