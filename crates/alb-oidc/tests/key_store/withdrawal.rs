//! Keys that the endpoint withdraws.

use alb_oidc_testkit::SimulatedAlb;
use tokio::time::Instant;

use crate::bench::{Bench, HOUR, MINUTE, TICK, UNKNOWN_KEY, bogus, millis, secs, settle, wait};
use crate::fetcher::{Answer, BASE};

/// A bench whose key is held, an hour old, and gone from the endpoint.
async fn withdrawn(status: u16) -> Bench {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.answer(Answer::Status(status));
    bench.endpoint.forget_asked();
    wait(HOUR).await;
    bench
}

#[tokio::test(start_paused = true)]
async fn a_held_key_is_given_up_when_its_endpoint_says_no_three_times_in_as_many_minutes() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.withdraw(bench.alb.key_id());
    wait(HOUR).await;
    let start = Instant::now();
    // A no a minute; the first one comes as the first request goes.
    bench.request().await.unwrap();
    settle().await;
    wait(secs(30)).await;
    // The endpoint is well, and serves other keys.
    bench.make_endpoint_known().await;
    while bench.request().await == Ok(()) {
        wait(secs(1)).await;
        assert!(start.elapsed() < 5 * MINUTE, "never");
    }
    assert!(start.elapsed() >= 2 * MINUTE, "{:?}", start.elapsed());
    assert_eq!(bench.request().await, UNKNOWN_KEY);
    assert_eq!(bench.store.stats().proven_keys, 0);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_says_no_to_everything_is_out_of_order_and_no_held_key_is_given_up() {
    for status in [403, 404, 410] {
        let bench = withdrawn(status).await;
        for _ in 0..22 * 60 + 59 {
            assert_eq!(bench.request().await, Ok(()), "{status}");
            wait(MINUTE).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_no_counts_towards_giving_a_key_up_only_a_minute_after_the_last() {
    let bench = withdrawn(404).await;
    let start = Instant::now();
    while start.elapsed() < 2 * MINUTE - secs(5) {
        let served = start.elapsed();
        assert_eq!(bench.request().await, Ok(()), "after {served:?}");
        wait(secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_key_outlives_a_no_that_is_taken_back() {
    let bench = withdrawn(403).await;
    bench.request().await.unwrap();
    wait(secs(10)).await;
    bench.endpoint.answer(Answer::Published);
    for _ in 0..4 {
        // Each hour's refresh is told no once, and then not.
        wait(MINUTE).await;
        bench.request().await.unwrap();
        settle().await;
        wait(HOUR).await;
        bench.endpoint.answer(Answer::Status(403));
        bench.request().await.unwrap();
        wait(secs(10)).await;
        bench.endpoint.answer(Answer::Published);
    }
    assert_eq!(bench.request().await, Ok(()));
    assert_eq!(bench.store.stats().proven_keys, 1);
}

#[tokio::test(start_paused = true)]
async fn failures_that_are_no_no_never_give_a_key_up() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    wait(HOUR).await;
    for answer in [Answer::Status(500), Answer::Status(401), Answer::HTML] {
        bench.endpoint.answer(answer);
        for _ in 0..10 {
            wait(MINUTE).await;
            assert_eq!(bench.request().await, Ok(()), "{answer:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_no_no_though_the_endpoint_serves_other_keys_meanwhile() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    wait(HOUR).await;
    for _ in 0..5 {
        bench.endpoint.answer(Answer::Status(500));
        assert_eq!(bench.request().await, Ok(()));
        wait(secs(1)).await;
        bench.endpoint.answer(Answer::Published);
        bench.make_endpoint_known().await;
        wait(MINUTE).await;
    }
    assert_eq!(bench.store.stats().proven_keys, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_withdrawn_by_hand_is_asked_for_anew() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.withdraw(bench.alb.key_id());
    bench.store.invalidate(bench.alb.key_id());
    assert_eq!(bench.request().await, UNKNOWN_KEY);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_was_under_way_does_not_bring_a_key_back_that_is_withdrawn_by_hand() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    let token = bench.token();
    wait(HOUR).await;
    // The refresh has its answer already, and takes a second to bring it home.
    bench.endpoint.take(secs(1));
    bench.verdict(&token).await.unwrap();
    wait(millis(100)).await;
    assert_eq!(bench.endpoint.asked(), 2);
    bench.endpoint.withdraw(bench.alb.key_id());
    bench.store.invalidate(bench.alb.key_id());
    wait(secs(1) + TICK).await;
    assert_eq!(bench.verdict(&token).await, UNKNOWN_KEY);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_key_that_is_withdrawn_by_hand_meanwhile_gets_the_next_answer() {
    let bench = Bench::new();
    let key_id = bench.alb.key_id();
    let other = SimulatedAlb::new().public_keys().remove(0).1;
    bench.endpoint.publish_pem(BASE, key_id, other);
    bench.endpoint.take(secs(1));
    let token = bench.token();
    let waiting = tokio::spawn(bench.send(&token));
    let start = Instant::now();
    wait(millis(100)).await;
    bench.endpoint.publish(&bench.alb);
    bench.store.invalidate(key_id);
    assert_eq!(waiting.await.unwrap().map(drop), Ok(()));
    assert!(start.elapsed() <= secs(2) + TICK, "{:?}", start.elapsed());
    assert_eq!(bench.endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_nobody_waits_for_is_not_done_over_when_its_key_is_withdrawn_by_hand() {
    let bench = Bench::new();
    bench.endpoint.take(secs(1));
    let waiting = tokio::spawn(bench.send(&bench.token()));
    wait(millis(100)).await;
    waiting.abort();
    bench.store.invalidate(bench.alb.key_id());
    wait(secs(5)).await;
    assert_eq!(bench.endpoint.asked(), 1);
    assert_eq!(bench.store.stats().unproven_keys, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_goes_on_when_another_key_is_withdrawn_by_hand() {
    let bench = Bench::new();
    bench.endpoint.take(secs(1));
    let waiting = tokio::spawn(bench.send(&bench.token()));
    wait(millis(100)).await;
    bench.store.invalidate(bogus(0));
    assert_eq!(waiting.await.unwrap().map(drop), Ok(()));
    assert_eq!(bench.endpoint.asked(), 1);
}
