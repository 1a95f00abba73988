//! How long a key is served, and when it is fetched anew.

use alb_oidc::{FetchError, KeyStoreSettings};
use tokio::time::Instant;

use crate::bench::{
    BAD_SIGNATURE, Bench, HOUR, MINUTE, TICK, fetch_error, millis, secs, settle, wait,
};
use crate::fetcher::Answer;

#[tokio::test(start_paused = true)]
async fn for_an_hour_a_key_is_served_without_asking() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    for _ in 0..59 {
        wait(MINUTE).await;
        bench.request().await.unwrap();
    }
    wait(secs(59)).await;
    bench.request().await.unwrap();
    settle().await;
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_an_hour_a_key_is_served_at_once_while_it_is_refreshed() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.take(secs(2));
    wait(HOUR).await;
    let token = bench.token();
    for _ in 0..100 {
        assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
    }
    settle().await;
    assert_eq!(bench.endpoint.asked(), 2);
    wait(secs(2)).await;
    // It is as good as new, and still proven.
    for _ in 0..59 {
        wait(MINUTE).await;
        assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
    }
    assert_eq!(bench.endpoint.asked(), 2);
    assert_eq!(bench.store.stats().proven_keys, 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_asks_for_is_not_refreshed() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    wait(23 * HOUR).await;
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_tried_again_once_a_minute() {
    for fault in [Answer::Status(500), Answer::Hang] {
        let bench = Bench::new();
        bench.request().await.unwrap();
        wait(HOUR).await;
        bench.endpoint.forget_asked();
        bench.endpoint.answer(fault);
        let token = bench.token();
        let start = Instant::now();
        while start.elapsed() < 30 * MINUTE {
            let (verdict, took) = bench.timed(&token).await;
            assert_eq!((verdict, took), (Ok(()), secs(0)), "{fault:?}");
            wait(secs(2)).await;
        }
        // Only the very first may be followed by a retry.
        let asked = bench.endpoint.asked_at(start);
        assert!((30..=31).contains(&asked.len()), "{fault:?}: {asked:?}");
        let refreshes = asked.iter().skip(asked.len() - 30);
        let late = refreshes.clone().skip(2);
        for (at, next) in refreshes.skip(1).zip(late) {
            assert!(*next - *at >= MINUTE, "{fault:?}: {asked:?}");
        }
        assert_eq!(bench.endpoint.most_at_once(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_refresh_of_a_key_is_under_way_at_a_time() {
    // The interval alone would have one begin each second.
    let bench = Bench::with(KeyStoreSettings::default().refresh_interval(secs(1)));
    bench.request().await.unwrap();
    wait(HOUR).await;
    bench.endpoint.forget_asked();
    bench.endpoint.answer(Answer::Hang);
    for _ in 0..600 {
        bench.request().await.unwrap();
        wait(millis(50)).await;
    }
    assert_eq!(bench.endpoint.most_at_once(), 1);
    assert!(bench.endpoint.asked() <= 10, "{}", bench.endpoint.asked());
}

#[tokio::test(start_paused = true)]
async fn a_key_is_served_for_a_day_without_its_endpoint_and_not_a_second_longer() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.answer(Answer::Failure(FetchError::Connect));
    let token = bench.token();
    wait(24 * HOUR - secs(1)).await;
    assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
    wait(secs(1)).await;
    let verdict = bench.verdict(&token).await;
    assert_eq!(fetch_error(verdict), FetchError::Connect);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_a_day_old_is_fetched_anew_before_it_is_used() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.take(millis(100));
    wait(24 * HOUR).await;
    let (verdict, took) = bench.timed(&bench.token()).await;
    assert_eq!(verdict, Ok(()));
    assert!(took >= millis(100) && took <= millis(100) + TICK);
    assert_eq!(bench.endpoint.asked(), 2);
    assert_eq!(bench.store.stats().proven_keys, 1);
}

#[tokio::test(start_paused = true)]
async fn a_proven_key_that_is_a_day_old_costs_nothing_of_the_budget_for_unknown_ids() {
    let bench = Bench::with(KeyStoreSettings::default().budget_interval(MINUTE));
    bench.request().await.unwrap();
    wait(24 * HOUR).await;
    bench.endpoint.take(millis(100));
    for n in 0..30 {
        let request = bench.send(&bench.forged(crate::bench::bogus(n)));
        tokio::spawn(request);
    }
    wait(secs(2)).await;
    let (verdict, took) = bench.timed(&bench.token()).await;
    assert_eq!(verdict, Ok(()));
    assert!(took <= millis(100) + TICK, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_has_not_been_fetched_for_two_days_goes_when_another_is_taken_in() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    for (age, held) in [(48 * HOUR - secs(1), 2), (secs(1), 2), (secs(1), 3)] {
        wait(age).await;
        bench.alb.rotate();
        bench.endpoint.publish(&bench.alb);
        bench.request().await.unwrap();
        assert_eq!(bench.store.stats().proven_keys, held, "{age:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_22_hours_59_minutes_fails_no_request() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    let token = bench.token();
    // By now the key may be an hour old.
    wait(HOUR).await;
    bench.endpoint.forget_asked();
    let begun = Instant::now();
    let outage = 23 * HOUR - MINUTE;
    let faults = [
        Answer::Status(503),
        Answer::Hang,
        Answer::Failure(FetchError::Dns),
    ];
    let mut faults = faults.iter().cycle();
    let mut failed = 0;
    while begun.elapsed() < outage {
        bench.endpoint.answer(*faults.next().unwrap());
        failed += usize::from(bench.timed(&token).await != (Ok(()), secs(0)));
        wait(secs(20)).await;
    }
    assert_eq!(failed, 0);
    let asked = bench.endpoint.asked();
    assert!(asked <= 23 * 60 + 1, "{asked} fetches");
    // And when it is over, the key is as good as new within a minute.
    bench.endpoint.answer(Answer::Published);
    bench.endpoint.forget_asked();
    for _ in 0..120 {
        assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
        wait(secs(1)).await;
    }
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_verifies_nothing_is_asked_for_again_after_a_minute() {
    let bench = Bench::new();
    let forged = bench.forged(bench.alb.key_id());
    for minute in 1..=5 {
        for _ in 0..3 {
            assert_eq!(bench.verdict(&forged).await, BAD_SIGNATURE);
            wait(secs(19)).await;
        }
        assert_eq!(bench.endpoint.asked(), minute);
        wait(secs(4)).await;
    }
    // From its first good token on, it is kept for an hour.
    bench.request().await.unwrap();
    assert_eq!(bench.store.stats().proven_keys, 1);
    bench.endpoint.forget_asked();
    for _ in 0..59 {
        bench.request().await.unwrap();
        wait(MINUTE).await;
    }
    assert_eq!(bench.endpoint.asked(), 0);
}
