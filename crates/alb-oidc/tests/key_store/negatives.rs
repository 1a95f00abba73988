//! Key ids that the endpoint says it does not know.

use alb_oidc::{AuthenticateError, KeyError, KeyStoreSettings};
use tokio::time::Instant;

use crate::bench::{BAD_SIGNATURE, Bench, MINUTE, TICK, UNKNOWN_KEY, bogus, millis, secs, wait};
use crate::fetcher::Answer;

#[tokio::test(start_paused = true)]
async fn a_key_that_lags_behind_a_rotation_by_less_than_a_second_is_not_noticed() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.alb.rotate();
    let token = bench.token();
    let publish = async {
        wait(millis(900)).await;
        bench.endpoint.publish(&bench.alb);
    };
    let ((verdict, took), ()) = tokio::join!(bench.timed(&token), publish);
    assert_eq!(verdict, Ok(()));
    assert!(took <= secs(1) + TICK, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_same_made_up_id_for_five_minutes_costs_eighty_fetches_at_most() {
    let bench = Bench::new();
    bench.make_endpoint_known().await;
    bench.endpoint.take(millis(20));
    let token = bench.forged(bogus(1));
    let start = Instant::now();
    let mut requests = 0;
    while start.elapsed() < 5 * MINUTE {
        assert_eq!(bench.verdict(&token).await, UNKNOWN_KEY);
        wait(millis(20)).await;
        requests += 1;
    }
    let asked = bench.endpoint.asked();
    assert!(requests > 10_000, "{requests}");
    assert!((30..=80).contains(&asked), "{asked} fetches");
}

#[tokio::test(start_paused = true)]
async fn two_made_up_ids_are_remembered_side_by_side() {
    let bench = Bench::new();
    bench.endpoint.answer(Answer::Status(503));
    let tokens = [bench.forged(bogus(1)), bench.forged(bogus(2))];
    let asked = async || {
        let (one, other) = (bench.verdict(&tokens[0]), bench.verdict(&tokens[1]));
        let _ = tokio::join!(one, other);
        bench.endpoint.asked()
    };
    assert_eq!(asked().await, 4);
    assert_eq!(asked().await, 4);
    assert_eq!(bench.store.stats().negative_entries, 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_good_within_ten_seconds_of_its_publication() {
    // However long it has been asked for in vain.
    for lag in [
        millis(100),
        millis(1_500),
        secs(5),
        secs(9),
        secs(17),
        secs(40),
        secs(300),
    ] {
        let bench = Bench::new();
        bench.request().await.unwrap();
        bench.endpoint.take(millis(50));
        bench.alb.rotate();
        let token = bench.token();
        let start = Instant::now();
        while start.elapsed() < lag {
            tokio::spawn(bench.send(&token));
            wait(millis(50)).await;
        }
        bench.endpoint.publish(&bench.alb);
        let published = Instant::now();
        while bench.verdict(&token).await != Ok(()) {
            wait(millis(50)).await;
            assert!(published.elapsed() < secs(60), "never, after {lag:?}");
        }
        let took = published.elapsed();
        assert!(took <= secs(10), "{took:?} after {lag:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_no_for_one_key_says_nothing_about_another() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    for n in 0..4 {
        assert_eq!(bench.ask_for(bogus(n)).await, UNKNOWN_KEY);
    }
    bench.alb.rotate();
    bench.endpoint.publish(&bench.alb);
    let (verdict, took) = bench.timed(&bench.token()).await;
    assert_eq!((verdict, took), (Ok(()), secs(0)));
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_set_number_of_noes_is_kept() {
    let settings = KeyStoreSettings::default()
        .max_negative(16)
        .budget_burst(1000);
    let bench = Bench::with(settings);
    bench.make_endpoint_known().await;
    for n in 0..100 {
        assert_eq!(bench.ask_for(bogus(n)).await, UNKNOWN_KEY);
        assert!(bench.store.stats().negative_entries <= 16);
    }
    assert_eq!(bench.request().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn purging_forgets_the_noes_as_well() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.alb.rotate();
    assert_eq!(bench.request().await, UNKNOWN_KEY);
    bench.endpoint.publish(&bench.alb);
    assert_eq!(bench.request().await, UNKNOWN_KEY);
    bench.store.purge();
    assert_eq!(bench.store.stats().negative_entries, 0);
    assert_eq!(bench.request().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_was_unknown_an_hour_ago_gets_its_second_try_again() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.alb.rotate();
    assert_eq!(bench.request().await, UNKNOWN_KEY);
    wait(60 * MINUTE).await;
    bench.endpoint.forget_asked();
    let token = bench.token();
    let publish = async {
        wait(millis(500)).await;
        bench.endpoint.publish(&bench.alb);
    };
    let (verdict, ()) = tokio::join!(bench.verdict(&token), publish);
    assert_eq!(verdict, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_503_for_an_unknown_id_says_when_to_come_back() {
    let bench = Bench::unpublished(KeyStoreSettings::default());
    let verdict = bench.ask_for(bogus(1)).await;
    let Err(AuthenticateError::Unavailable(KeyError::Fetch { retry_after, .. })) = verdict else {
        panic!("{verdict:?}");
    };
    assert!(retry_after >= secs(1) && retry_after <= millis(1_125));
    wait(millis(400)).await;
    let verdict = bench.ask_for(bogus(1)).await;
    let Err(AuthenticateError::Unavailable(KeyError::Fetch {
        retry_after: later, ..
    })) = verdict
    else {
        panic!("{verdict:?}");
    };
    assert!(later < retry_after - millis(399), "{later:?}");
    wait(later + TICK).await;
    bench.make_endpoint_known().await;
    assert_eq!(bench.ask_for(bogus(1)).await, UNKNOWN_KEY);
    assert_ne!(bench.ask_for(bogus(1)).await, BAD_SIGNATURE);
}
