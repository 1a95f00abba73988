//! A process that stands still between two requests while its clock goes on, as one does that is stopped by a signal.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use alb_oidc::FetchError;
use tokio::time;

use crate::bench::{Bench, HOUR, MINUTE, fetch_error, secs, settle, wait};
use crate::fetcher::Answer;

/// Time goes by, and nothing runs, no timer either: whoever is called next is the first to notice.
fn freeze(duration: Duration) {
    let mut context = Context::from_waker(Waker::noop());
    // It moves the clock when it is polled first, and only then lets others run.
    assert!(
        pin!(time::advance(duration))
            .poll(&mut context)
            .is_pending()
    );
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_cut_off_costs_no_request_anything() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    wait(HOUR).await;
    bench.endpoint.answer(Answer::Hang);
    let token = bench.token();
    // Each request comes after a freeze, and starts a refresh that the next one cuts off.
    for refresh in 2..=20 {
        assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
        settle().await;
        assert_eq!(bench.endpoint.asked(), refresh);
        freeze(10 * MINUTE);
    }
    assert_eq!(bench.store.stats().proven_keys, 1);
    // The one that gets through does it for an hour, though the one before ends meanwhile.
    bench.endpoint.answer(Answer::Published);
    bench.endpoint.take(secs(1));
    assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
    wait(secs(2)).await;
    bench.endpoint.forget_asked();
    freeze(HOUR - MINUTE);
    assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
    settle().await;
    assert_eq!(bench.endpoint.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_froze_while_it_waited_is_answered_and_the_next_one_asks_anew() {
    let bench = Bench::new();
    bench.endpoint.answer(Answer::Hang);
    let token = bench.token();
    let frozen = tokio::spawn(bench.send(&token));
    settle().await;
    assert_eq!(bench.endpoint.at_once(), 1);
    freeze(HOUR);
    bench.endpoint.answer(Answer::Published);
    let verdict = frozen.await.unwrap().map(drop);
    assert_eq!(fetch_error(verdict), FetchError::Timeout);
    assert_eq!(bench.store.stats().waiting_requests, 0);
    // That failure is believed for a second or so, as every one is.
    wait(secs(2)).await;
    assert_eq!(bench.request().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn after_a_freeze_of_days_a_key_is_fetched_before_it_is_used() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    freeze(48 * HOUR);
    assert_eq!(bench.request().await, Ok(()));
    assert_eq!(bench.endpoint.asked(), 2);
}
