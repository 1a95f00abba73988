//! One fetch, however many requests wait for it, and whatever becomes of them.

use std::panic;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use alb_oidc::{FetchError, KeyStoreSettings};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::bench::{
    BAD_SIGNATURE, Bench, LIMITED, TICK, Verdict, bogus, fetch_error, millis, secs, settle, wait,
};
use crate::fetcher::Answer;

/// Sends `count` requests at once.
fn herd(bench: &Bench, count: usize) -> JoinSet<Verdict> {
    let token = bench.token();
    (0..count)
        .map(|_| {
            let request = bench.send(&token);
            async move { request.await.map(drop) }
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_first_requests_make_one_fetch_and_all_succeed() {
    let bench = Bench::new();
    bench.endpoint.take(millis(100));
    let herd = herd(&bench, 10_000);
    settle().await;
    assert_eq!(bench.store.stats().waiting_requests, 10_000);
    let verdicts = herd.join_all().await;
    assert_eq!(verdicts, vec![Ok(()); 10_000]);
    assert_eq!(bench.endpoint.asked(), 1);
    assert_eq!(bench.store.stats().waiting_requests, 0);
}

#[tokio::test(start_paused = true)]
async fn when_half_of_ten_thousand_go_away_the_others_still_share_one_fetch() {
    let bench = Bench::new();
    bench.endpoint.take(millis(100));
    let token = bench.token();
    let mut herd = JoinSet::new();
    let mut impatient = JoinSet::new();
    for n in 0..10_000_u64 {
        let request = bench.send(&token);
        // Scattered over the fetch, and over the herd.
        let dice = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        if dice.is_multiple_of(2) {
            impatient.spawn(timeout(millis(dice / 2 % 100), request));
        } else {
            herd.spawn(request);
        }
    }
    assert!((4_500..5_500).contains(&impatient.len()));
    for verdict in impatient.join_all().await {
        assert!(verdict.is_err(), "the fetch was quicker than its latency");
    }
    for verdict in herd.join_all().await {
        verdict.unwrap();
    }
    assert_eq!(bench.endpoint.asked(), 1);
    assert_eq!(bench.store.stats().waiting_requests, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_goes_on_when_the_request_that_began_it_is_dropped() {
    let bench = Bench::new();
    bench.endpoint.take(millis(100));
    let first = timeout(millis(10), bench.send(&bench.token()));
    let (first, others) = tokio::join!(first, herd(&bench, 9_999).join_all());
    assert!(first.is_err());
    assert_eq!(others, vec![Ok(()); 9_999]);
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_goes_on_when_the_request_that_began_it_panics() {
    let bench = Bench::new();
    bench.endpoint.take(millis(100));
    let request = bench.send(&bench.token());
    let first = tokio::spawn(async move {
        let _request = request;
        wait(millis(10)).await;
        panic::resume_unwind(Box::new("the handler panics"));
    });
    let verdicts = herd(&bench, 9_999).join_all().await;
    assert!(verdicts.iter().all(Result::is_ok));
    assert!(first.await.is_err_and(|error| error.is_panic()));
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_polled_again_makes_no_other_wait() {
    let bench = Bench::new();
    bench.endpoint.take(millis(100));
    let token = bench.token();
    let mut parked = pin!(bench.send(&token));
    let context = &mut Context::from_waker(Waker::noop());
    assert!(parked.as_mut().poll(context).is_pending());
    let start = Instant::now();
    let others = herd(&bench, 9_999).join_all().await;
    assert_eq!(others, vec![Ok(()); 9_999]);
    assert!(start.elapsed() <= millis(100) + TICK);
    assert_eq!(bench.endpoint.asked(), 1);
    // And whenever it is polled after all, its answer is there.
    wait(secs(3600)).await;
    match parked.as_mut().poll(context) {
        Poll::Ready(verdict) => assert!(verdict.is_ok(), "{verdict:?}"),
        Poll::Pending => panic!("the answer was lost"),
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_impatient_requests_make_one_fetch_and_the_key_is_kept() {
    let bench = Bench::new();
    bench.endpoint.take(millis(100));
    let token = bench.token();
    let mut herd = JoinSet::new();
    for n in 0..20 {
        let request = bench.send(&token);
        herd.spawn(async move {
            wait(millis(n * 2)).await;
            timeout(millis(30), request).await
        });
    }
    for verdict in herd.join_all().await {
        assert!(verdict.is_err(), "the fetch was quicker than its latency");
    }
    wait(millis(100)).await;
    let (verdict, took) = bench.timed(&token).await;
    assert_eq!((verdict, took), (Ok(()), secs(0)));
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn impatient_requests_one_after_the_other_share_one_fetch_too() {
    let bench = Bench::new();
    bench.endpoint.take(millis(500));
    let token = bench.token();
    let start = Instant::now();
    while timeout(millis(30), bench.send(&token)).await.is_err() {
        assert!(start.elapsed() < secs(1));
    }
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_that_panics_once_is_asked_again_and_nobody_notices() {
    for panic in [Answer::Panic, Answer::PanicAtOnce] {
        let bench = Bench::new();
        bench.endpoint.answer_next(panic);
        let verdicts = herd(&bench, 100).join_all().await;
        assert_eq!(verdicts, vec![Ok(()); 100], "{panic:?}");
        assert_eq!(bench.endpoint.asked(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetcher_that_goes_on_panicking_is_a_503_and_its_place_is_free_again() {
    for panic in [Answer::Panic, Answer::PanicAtOnce] {
        let bench = Bench::new();
        bench.endpoint.answer(panic);
        // More ids than fetches may be under way at once.
        for n in 0..6 {
            let start = Instant::now();
            let verdict = bench.ask_for(bogus(n)).await;
            assert_eq!(fetch_error(verdict), FetchError::Aborted, "{panic:?}");
            assert!(start.elapsed() < secs(3));
        }
        let verdicts = herd(&bench, 100).join_all().await;
        for verdict in verdicts {
            assert_eq!(fetch_error(verdict), FetchError::Aborted, "{panic:?}");
        }
        assert_eq!(bench.store.stats().waiting_requests, 0);
        bench.endpoint.answer(Answer::Published);
        wait(secs(2)).await;
        assert_eq!(bench.request().await, Ok(()), "{panic:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn different_keys_are_fetched_side_by_side_and_four_at_once_at_most() {
    let bench = Bench::unpublished(KeyStoreSettings::default());
    bench.make_endpoint_known().await;
    bench.endpoint.take(millis(100));
    let mut tokens = Vec::new();
    for _ in 0..8 {
        bench.alb.rotate();
        tokens.push(bench.token());
    }
    bench.endpoint.publish(&bench.alb);
    let start = Instant::now();
    let requests: JoinSet<_> = tokens.iter().map(|token| bench.send(token)).collect();
    for verdict in requests.join_all().await {
        verdict.unwrap();
    }
    assert!(start.elapsed() <= millis(200) + TICK);
    assert_eq!(bench.endpoint.asked(), 8);
    assert_eq!(bench.endpoint.most_at_once(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_its_own_deadline_and_not_for_its_predecessors() {
    let bench = Bench::new();
    bench.endpoint.answer_next(Answer::Hang);
    let token = bench.token();
    let late = async {
        wait(millis(2_500)).await;
        bench.timed(&token).await
    };
    let (early, (late, took)) = tokio::join!(bench.timed(&token), late);
    assert_eq!(fetch_error(early.0), FetchError::Timeout);
    assert!(early.1 <= millis(3_200), "{:?}", early.1);
    // It joined a fetch that was about to fail, and goes when that does.
    assert_eq!(fetch_error(late), FetchError::Timeout);
    assert!(took <= millis(700), "{took:?}");
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_all_places_to_wait_are_taken_the_newest_are_refused_at_once() {
    let bench = Bench::with(KeyStoreSettings::default().max_waiters(100));
    bench.endpoint.take(millis(100));
    let token = bench.token();
    let mut waiting = herd(&bench, 100);
    settle().await;
    for _ in 0..50 {
        let (verdict, took) = bench.timed(&token).await;
        assert_eq!((verdict, took), (LIMITED, secs(0)));
    }
    assert_eq!(bench.store.stats().limited_requests, 50);
    // A place that is given up is free again.
    waiting.abort_all();
    while waiting.join_next().await.is_some() {}
    assert_eq!(bench.store.stats().waiting_requests, 0);
    assert_eq!(bench.verdict(&token).await, Ok(()));
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_herd_behind_a_bad_signature_costs_one_fetch_as_well() {
    let bench = Bench::new();
    let token = bench.forged(bench.alb.key_id());
    for _ in 0..100 {
        assert_eq!(bench.verdict(&token).await, BAD_SIGNATURE);
    }
    assert_eq!(bench.endpoint.asked(), 1);
}
