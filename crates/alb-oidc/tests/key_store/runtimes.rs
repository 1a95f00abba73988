//! Runtimes that end, or that nobody drives any more, while keys are waited for.

use alb_oidc::{KeyError, KeyStoreSettings};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::Instant;

use crate::bench::{Bench, TICK, bogus, millis, secs, wait};

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

/// The budget has one fetch a second, and no more.
fn one_a_second() -> KeyStoreSettings {
    KeyStoreSettings::default().budget_burst(1)
}

#[test]
fn the_next_runtime_waits_for_the_budget_where_one_has_ended() {
    let bench = runtime().block_on(async {
        let bench = Bench::with(one_a_second());
        assert!(bench.ask_for(bogus(0)).await.is_err());
        let waiting = tokio::spawn(bench.send(&bench.forged(bogus(1))));
        wait(millis(1)).await;
        assert!(!waiting.is_finished());
        bench
    });
    runtime().block_on(async {
        let (verdict, took) = bench.timed(&bench.token()).await;
        assert_eq!(verdict, Ok(()));
        // Each runtime has a clock of its own, and they may be some milliseconds apart.
        assert!(took <= millis(1_100), "{took:?}");
    });
}

#[test]
fn a_fetch_that_never_began_is_no_failure_of_the_endpoint() {
    let ended = runtime();
    let (bench, request) = {
        let _ended = ended.enter();
        let bench = Bench::new();
        let request = bench.send(&bench.token());
        (bench, request)
    };
    drop(ended);
    runtime().block_on(async {
        assert_eq!(request.await.map(drop), Err(KeyError::NoRuntime.into()));
        assert_eq!(bench.request().await, Ok(()));
    });
}

#[test]
fn the_next_runtime_waits_for_the_budget_where_nobody_drives_the_one_that_was_to() {
    let idle = runtime();
    let bench = {
        let _idle = idle.enter();
        Bench::with(one_a_second())
    };
    runtime().block_on(async {
        let start = Instant::now();
        // The first fetch is never made, and the second is never told when its second is over.
        let mut waiting = vec![bench.send(&bench.forged(bogus(0)))];
        waiting.extend([(); 2].map(|()| bench.send(&bench.forged(bogus(1)))));
        wait(secs(2) + TICK).await;
        // It has its turn now, and whoever asks next would have to wait for the one after.
        let verdict = bench.verdict(&bench.token()).await;
        assert_eq!((verdict, start.elapsed().as_secs()), (Ok(()), 3));
    });
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn requests_cost_no_task_each() {
    let bench = Bench::with(one_a_second());
    bench.endpoint.take(secs(1));
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut waiting = Vec::new();
    for n in 0..1_000 {
        waiting.push(bench.send(&bench.forged(bogus(n))));
    }
    // One fetches, and one waits for the budget.
    assert_eq!(tasks(), before + 2);
    wait(millis(500)).await;
    waiting.extend((1_000..2_000).map(|n| bench.send(&bench.forged(bogus(n)))));
    assert_eq!(tasks(), before + 2);
}
