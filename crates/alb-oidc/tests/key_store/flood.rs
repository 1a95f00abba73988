//! Made-up key ids by the hundred thousand, from somebody who knows the load balancer's ARN.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alb_oidc::{Disposition, FetchError, KeyStoreSettings};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bench::{Bench, MINUTE, TICK, bogus, millis, secs, wait};
use crate::fetcher::Answer;

/// What became of the flood's requests.
#[derive(Debug, Default)]
struct Flood {
    sent: AtomicU64,
    challenged: AtomicU64,
    unavailable: AtomicU64,
    slowest_millis: AtomicU64,
}

impl Flood {
    /// Sends `rate` requests a second for `duration`, each with a key id that no other has.
    async fn run(&self, bench: &Bench, rate: u64, duration: Duration, this: &Arc<Self>) {
        let start = Instant::now();
        let step = millis((1000 / rate).max(1));
        let mut sent = 0;
        while start.elapsed() < duration {
            let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap();
            // Unevenly, as requests come: some milliseconds have none, others those of several.
            let dice = elapsed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 62;
            let due = elapsed.saturating_sub(dice) * rate / 1000;
            while sent < due {
                let request = bench.send(&bench.forged(bogus(sent)));
                let flood = this.clone();
                let begun = Instant::now();
                tokio::spawn(async move {
                    let disposition = request.await.unwrap_err().disposition();
                    flood.note(disposition, begun.elapsed());
                });
                sent += 1;
            }
            self.sent.store(sent, Ordering::Relaxed);
            wait(step).await;
        }
    }

    fn note(&self, disposition: Disposition, took: Duration) {
        let count = match disposition {
            Disposition::Challenge => &self.challenged,
            Disposition::Unavailable { .. } => &self.unavailable,
        };
        count.fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(took.as_millis()).unwrap();
        self.slowest_millis.fetch_max(took, Ordering::Relaxed);
    }

    fn answered(&self) -> u64 {
        self.challenged.load(Ordering::Relaxed) + self.unavailable.load(Ordering::Relaxed)
    }
}

/// How long it takes until the first of 20 requests a second with a new key succeeds.
async fn rotation(bench: &Bench) -> Duration {
    bench.alb.rotate();
    bench.endpoint.publish(&bench.alb);
    let token = bench.token();
    let start = Instant::now();
    let mut requests = JoinSet::new();
    loop {
        requests.spawn(bench.send(&token));
        wait(millis(50)).await;
        while let Some(verdict) = requests.try_join_next() {
            if verdict.unwrap().is_ok() {
                return start.elapsed();
            }
        }
        assert!(start.elapsed() < MINUTE, "never");
    }
}

/// `count` made-up ids within a minute, a held key that is in use all the time, and one that is new after half of it.
async fn a_minute_of(count: u64, settings: KeyStoreSettings) {
    let bench = Bench::with(settings);
    bench.endpoint.take(millis(200));
    let held = bench.token();
    bench.verdict(&held).await.unwrap();
    bench.endpoint.forget_asked();
    let flood = Arc::new(Flood::default());
    let flooding = flood.run(&bench, count.div_ceil(60), MINUTE, &flood);
    let users = async {
        for _ in 0..2_900 {
            wait(millis(20)).await;
            assert_eq!(bench.timed(&held).await, (Ok(()), secs(0)));
        }
    };
    let rotation = async {
        wait(secs(30)).await;
        rotation(&bench).await
    };
    let ((), (), took) = tokio::join!(flooding, users, rotation);
    let sent = flood.sent.load(Ordering::Relaxed);
    assert!(sent >= count - count / 1_000, "{sent} of {count} sent");
    assert!(bench.endpoint.asked() <= 70, "{}", bench.endpoint.asked());
    assert!(bench.endpoint.asked() >= 60, "{}", bench.endpoint.asked());
    assert!(bench.endpoint.most_at_once() <= 4);
    assert!(took <= secs(3), "the new key took {took:?}");
    let stats = bench.store.stats();
    assert_eq!((stats.proven_keys, stats.unproven_keys), (2, 0));
    assert!(stats.negative_entries <= 70, "{stats:?}");
    // All of them are answered in time, and then there is nothing left.
    wait(secs(5)).await;
    assert_eq!(flood.answered(), sent);
    let slowest = flood.slowest_millis.load(Ordering::Relaxed);
    assert!(millis(slowest) <= millis(3_200) + TICK, "{slowest} ms");
    assert_eq!(bench.store.stats().waiting_requests, 0);
    // Each unknown id that had its turn had two.
    let challenged = flood.challenged.load(Ordering::Relaxed);
    assert!((1..=35).contains(&challenged), "{challenged} challenged");
}

/// A million a minute, and the ids and requests that may wait, all scaled down: as many ids are waited for as may be.
#[tokio::test(start_paused = true)]
async fn sixty_thousand_made_up_ids_a_minute_cost_seventy_fetches_and_trouble_no_user() {
    let settings = KeyStoreSettings::default();
    a_minute_of(60_000, settings.max_waiters(983).max_waiting_ids(123)).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes in a debug build"]
async fn a_million_made_up_ids_a_minute_cost_seventy_fetches_and_trouble_no_user() {
    a_minute_of(1_000_000, KeyStoreSettings::default()).await;
}

/// A million a minute, scaled down twentyfold. After a quarter of a second as many ids are waited for as may be, until at 3.2 seconds the first are given up.
#[tokio::test(start_paused = true)]
async fn a_new_key_is_accepted_within_three_seconds_at_any_moment_of_a_flood() {
    let moments = [
        0, 500, 900, 1_000, 1_050, 1_100, 1_500, 2_500, 4_000, 12_000,
    ];
    for moment in moments.map(millis) {
        let settings = KeyStoreSettings::default();
        let bench = Bench::with(settings.max_waiters(819).max_waiting_ids(102));
        bench.endpoint.take(millis(200));
        bench.request().await.unwrap();
        // The budget's next fetch is due shortly before the first places are given up: the one after that has to be waited for.
        wait(millis(650)).await;
        let flood = Arc::new(Flood::default());
        let flooding = flood.run(&bench, 833, secs(20), &flood);
        let rotation = async {
            wait(moment).await;
            rotation(&bench).await
        };
        let took = tokio::select! {
            took = rotation => took,
            () = flooding => panic!("never, from {moment:?} on"),
        };
        assert!(took <= secs(3), "{took:?} from {moment:?} on");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_a_fetch_it_is_paid_for() {
    for answer in [
        Answer::Published,
        Answer::Status(403),
        Answer::Status(500),
        Answer::RetryAfter(503, secs(0)),
        Answer::HTML,
        Answer::Failure(FetchError::Connect),
        Answer::Panic,
        Answer::Hang,
    ] {
        for known in [false, true] {
            let bench = Bench::new();
            if known {
                bench.make_endpoint_known().await;
            }
            bench.endpoint.answer(answer);
            let flood = Arc::new(Flood::default());
            flood.run(&bench, 20, MINUTE, &flood).await;
            let asked = bench.endpoint.asked();
            assert!(asked <= 70, "{answer:?}: {asked} fetches");
            assert!(bench.endpoint.most_at_once() <= 4, "{answer:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_ids_that_exist_costs_no_more_and_pushes_no_proven_key_out() {
    let bench = Bench::new();
    let held = bench.token();
    bench.verdict(&held).await.unwrap();
    bench.endpoint.forget_asked();
    let pem = bench.alb.public_keys().remove(0).1;
    for n in 0..3_000 {
        let base = crate::fetcher::BASE;
        bench.endpoint.publish_pem(base, bogus(n), pem.clone());
    }
    let flood = Arc::new(Flood::default());
    flood.run(&bench, 50, MINUTE, &flood).await;
    assert!(bench.endpoint.asked() <= 70, "{}", bench.endpoint.asked());
    assert_eq!(bench.store.stats().proven_keys, 1);
    assert_eq!(bench.store.stats().unproven_keys, 8);
    assert_eq!(bench.timed(&held).await, (Ok(()), secs(0)));
}

#[tokio::test(start_paused = true)]
async fn ids_that_wait_for_their_second_try_hold_up_no_other() {
    let bench = Bench::new();
    bench.make_endpoint_known().await;
    for n in 0..4 {
        tokio::spawn(bench.send(&bench.forged(bogus(n))));
    }
    wait(millis(100)).await;
    assert_eq!(bench.endpoint.asked(), 4);
    let token = bench.token();
    assert_eq!(bench.timed(&token).await, (Ok(()), secs(0)));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_nobody_waits_for_any_longer_is_not_fetched() {
    let bench = Bench::new();
    bench.make_endpoint_known().await;
    bench.endpoint.take(millis(10));
    // The burst is spent, and the rest have to wait for a second and more.
    let mut requests: JoinSet<_> = (0..30)
        .map(|n| bench.send(&bench.forged(bogus(n))))
        .collect();
    wait(millis(200)).await;
    let asked = bench.endpoint.asked();
    assert!((9..=10).contains(&asked), "{asked} fetches");
    requests.abort_all();
    while requests.join_next().await.is_some() {}
    wait(MINUTE).await;
    assert_eq!(bench.endpoint.asked(), asked);
    assert_eq!(bench.store.stats().waiting_requests, 0);
}

/// The first success of 50 requests a second with a new key, while ten made-up ids a second are asked for by a crowd each.
#[tokio::test(start_paused = true)]
async fn made_up_ids_with_a_crowd_each_do_not_shut_a_busy_new_key_out() {
    let bench = Bench::new();
    bench.request().await.unwrap();
    bench.endpoint.take(millis(200));
    let start = Instant::now();
    let flood = async {
        for id in 0.. {
            let token = bench.forged(bogus(id));
            for _ in 0..33 {
                tokio::spawn(bench.send(&token));
            }
            wait(millis(100)).await;
        }
    };
    let rotated = async {
        // Once the budget is used up.
        wait(secs(10)).await;
        bench.alb.rotate();
        bench.endpoint.publish(&bench.alb);
        let token = bench.token();
        let mut requests = JoinSet::new();
        loop {
            requests.spawn(bench.send(&token));
            wait(millis(20)).await;
            while let Some(verdict) = requests.try_join_next() {
                if verdict.unwrap().is_ok() {
                    return;
                }
            }
            assert!(start.elapsed() < MINUTE, "never");
        }
    };
    tokio::select! {
        () = flood => {}
        () = rotated => {}
    }
}

#[tokio::test(start_paused = true)]
async fn made_up_ids_that_are_asked_for_once_do_not_trim_a_genuine_crowd() {
    let settings = KeyStoreSettings::default().max_waiters(819);
    let bench = Bench::with(settings.max_waiting_ids(819));
    bench.request().await.unwrap();
    bench.endpoint.take(millis(200));
    // Made-up ids take all places, and go on coming.
    for id in 0..1_000 {
        tokio::spawn(bench.send(&bench.forged(bogus(id))));
    }
    wait(millis(1)).await;
    bench.alb.rotate();
    bench.endpoint.publish(&bench.alb);
    let token = bench.token();
    let mut crowd = JoinSet::new();
    for id in 0..300 {
        crowd.spawn(bench.send(&token));
        tokio::spawn(bench.send(&bench.forged(bogus(1_000 + id))));
        wait(millis(1)).await;
    }
    let verdicts = crowd.join_all().await;
    let signed_in = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    // One may be refused before the first is in.
    assert!(signed_in >= 280, "{signed_in} of 300");
}

#[tokio::test(start_paused = true)]
async fn made_up_ids_cannot_take_the_places_of_those_who_wait_for_a_key_that_is_on_its_way() {
    let bench = Bench::with(
        KeyStoreSettings::default()
            .max_waiters(40)
            .max_waiting_ids(10),
    );
    bench.endpoint.take(millis(500));
    let first = bench.send(&bench.token());
    let mut flood: JoinSet<_> = (0..100)
        .map(|n| bench.send(&bench.forged(bogus(n))))
        .collect();
    // What is full is the ids: the genuine one has one of them, and 30 places are left for it.
    assert_eq!(bench.store.stats().waiting_requests, 10);
    let crowd: JoinSet<_> = (0..30).map(|_| bench.send(&bench.token())).collect();
    assert_eq!(bench.store.stats().waiting_requests, 40);
    assert!(first.await.is_ok());
    for verdict in crowd.join_all().await {
        assert!(verdict.is_ok(), "{verdict:?}");
    }
    while let Some(verdict) = flood.join_next().await {
        assert!(verdict.unwrap().is_err());
    }
    assert_eq!(bench.store.stats().waiting_requests, 0);
}
