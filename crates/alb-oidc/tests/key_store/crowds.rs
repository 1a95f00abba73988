//! Who has a place to wait where not everybody can: ids that many requests wait for come first.

use alb_oidc::{AuthenticateError, KeyId, KeyStoreSettings};
use tokio::task::JoinSet;
use tokio::time;

use crate::bench::{Bench, LIMITED, MINUTE, TICK, bogus, millis, secs, settle, wait};

type Waiting = JoinSet<Result<alb_oidc::AuthenticatedUser, AuthenticateError>>;

/// The budget has nothing left for a minute: whoever asks for a key waits for it.
async fn without_budget(settings: KeyStoreSettings) -> Bench {
    let bench = Bench::with(settings.budget_burst(1).budget_interval(MINUTE));
    bench.make_endpoint_known().await;
    bench
}

/// So many requests for each of the ids from 0 on.
fn crowds(bench: &Bench, sizes: &[usize]) -> Waiting {
    let mut waiting = JoinSet::new();
    for (id, size) in (0..).zip(sizes) {
        for _ in 0..*size {
            waiting.spawn(bench.send(&bench.forged(bogus(id))));
        }
    }
    waiting
}

fn waiting_and_limited(bench: &Bench) -> (usize, u64) {
    let stats = bench.store.stats();
    (stats.waiting_requests, stats.limited_requests)
}

#[tokio::test(start_paused = true)]
async fn who_has_waited_for_the_budget_in_vain_is_told_so_and_counted() {
    let bench = without_budget(KeyStoreSettings::default()).await;
    let (verdict, took) = bench.timed(&bench.token()).await;
    assert_eq!(verdict, LIMITED);
    assert!((millis(3_200)..=millis(3_200) + TICK).contains(&took));
    assert_eq!(waiting_and_limited(&bench), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn where_places_are_full_one_request_of_the_least_wanted_id_goes_for_one_of_a_more_wanted() {
    let bench = without_budget(KeyStoreSettings::default().max_waiters(6)).await;
    let _waiting = crowds(&bench, &[3, 2, 1]);
    let mut more = Vec::new();
    for limited in 1..=3 {
        more.push(bench.send(&bench.forged(bogus(0))));
        assert_eq!(waiting_and_limited(&bench), (6, limited));
    }
    // What is left is one crowd, and nobody is more wanted than that.
    assert_eq!(bench.timed(&bench.token()).await, (LIMITED, secs(0)));
    assert_eq!(bench.ask_for(bogus(0)).await, LIMITED);
    assert_eq!(waiting_and_limited(&bench), (6, 5));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_nobody_waits_for_yet_takes_no_place_of_one_that_two_wait_for() {
    let bench = without_budget(KeyStoreSettings::default().max_waiters(4)).await;
    let _waiting = crowds(&bench, &[2, 2]);
    for _ in 0..20 {
        assert_eq!(bench.timed(&bench.token()).await, (LIMITED, secs(0)));
    }
    assert_eq!(waiting_and_limited(&bench), (4, 20));
}

#[tokio::test(start_paused = true)]
async fn among_ids_that_one_request_waits_for_luck_decides_and_no_choice_of_ids() {
    let bench = without_budget(KeyStoreSettings::default().max_waiters(8)).await;
    let _waiting = crowds(&bench, &[1; 8]);
    let mut lucky = Vec::new();
    // Each comes after the ones before by its id too.
    for n in 1..=100_u8 {
        let mut request =
            bench.send(&bench.forged(KeyId::from_bytes([0xff, n].repeat(8).try_into().unwrap())));
        match time::timeout(secs(0), &mut request).await {
            Ok(refused) => assert_eq!(refused.map(drop), LIMITED),
            Err(_) => lucky.push(request),
        }
    }
    assert!((1..100).contains(&lucky.len()), "{}", lucky.len());
}

/// Beyond 32, how many wait counts for nothing, but each that asks draws another lot.
#[tokio::test(start_paused = true)]
async fn among_crowds_the_one_that_goes_on_asking_comes_first() {
    const ROUNDS: usize = 20;
    let mut won = 0;
    for _ in 0..ROUNDS {
        let bench = Bench::with(KeyStoreSettings::default().budget_burst(1));
        bench.make_endpoint_known().await;
        let mut waiting = Vec::new();
        for (id, size) in [(bogus(0), 32), (bogus(1), 1_600)] {
            let token = bench.forged(id);
            waiting.extend((0..size).map(|_| bench.send(&token)));
        }
        wait(secs(1) + TICK).await;
        let first = bench.endpoint.urls().remove(0);
        won += usize::from(first.ends_with(&bogus(1).to_string()));
    }
    // 49 times of 50 it does, and half the time if it drew no more than the other.
    assert!(won >= 14, "{won} of {ROUNDS}");
}

#[tokio::test(start_paused = true)]
async fn where_ids_are_full_all_requests_of_the_least_wanted_make_room_for_a_new_one() {
    let bench = without_budget(KeyStoreSettings::default().max_waiting_ids(2)).await;
    let mut waiting = crowds(&bench, &[2, 3]);
    let _new = bench.send(&bench.token());
    assert_eq!(waiting_and_limited(&bench), (4, 2));
    for _ in 0..2 {
        let verdict = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(verdict.map(drop), LIMITED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_32_makes_no_room() {
    let bench = without_budget(KeyStoreSettings::default().max_waiting_ids(2)).await;
    let waiting = crowds(&bench, &[32, 32]);
    assert_eq!(bench.timed(&bench.token()).await, (LIMITED, secs(0)));
    assert_eq!(waiting_and_limited(&bench), (64, 1));
    drop(waiting);
    settle().await;
    let bench = without_budget(KeyStoreSettings::default().max_waiting_ids(2)).await;
    let _waiting = crowds(&bench, &[32, 31]);
    let _new = bench.send(&bench.token());
    assert_eq!(waiting_and_limited(&bench), (33, 31));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_is_not_tried_again_when_its_time_would_be_over() {
    for (delay, took, fetches) in [
        (millis(3_200), secs(0), 1),
        (millis(3_199), millis(3_199), 2),
    ] {
        let settings = KeyStoreSettings::default().unknown_retry_delay(delay);
        let bench = Bench::with(settings);
        bench.make_endpoint_known().await;
        let (_, waited) = bench.timed(&bench.forged(bogus(0))).await;
        assert!((took..=took + TICK).contains(&waited), "{waited:?}");
        assert_eq!(bench.endpoint.asked(), fetches);
    }
}
