//! What asks for a key, or fetches it, comes to an end before there is an answer.

use std::time::Duration;

use alb_oidc::{AuthenticateError, Authentication, Disposition};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{self, Instant};

use super::{Cell, Column};
use crate::bench::{Bench, MINUTE, TICK, millis, secs, settle, wait};

#[tokio::test(start_paused = true)]
async fn a_request_whose_task_is_aborted_takes_no_fetch_with_it() {
    for column in Column::ALL {
        let cell = Cell("the request's task is aborted", column);
        let bench = column.bench().await;
        bench.endpoint.take(millis(100));
        let token = bench.token();
        let aborted = tokio::spawn(bench.send(&token));
        wait(millis(50)).await;
        assert_eq!(aborted.is_finished(), column.serves(), "{cell}");
        aborted.abort();
        let _ = aborted.await;
        assert_eq!(bench.store.stats().waiting_requests, 0, "{cell}");

        let (verdict, took) = bench.timed(&token).await;
        assert_eq!(verdict, Ok(()), "{cell}");
        assert!(took <= millis(50) + TICK, "{cell}: {took:?}");
        wait(millis(100)).await;
        assert_eq!(bench.endpoint.asked(), column.fetches(), "{cell}");
        assert_eq!(bench.endpoint.at_once(), 0, "{cell}");
    }
}

/// A runtime whose time stands still, and is `age` ahead.
fn runtime(age: Duration) -> Runtime {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(time::advance(age));
    runtime
}

#[test]
fn a_runtime_that_shuts_down_during_a_fetch_is_a_clean_error_and_the_next_one_takes_over() {
    for column in Column::ALL {
        let cell = Cell("the runtime shuts down", column);
        let first = runtime(Duration::ZERO);
        let (bench, request) = first.block_on(async {
            let bench = column.bench().await;
            bench.endpoint.take(millis(100));
            let mut request = bench.send(&bench.token());
            let early = time::timeout(millis(50), &mut request).await;
            assert_eq!(early.is_ok(), column.serves(), "{cell}");
            settle().await;
            assert_eq!(bench.endpoint.at_once(), column.fetches(), "{cell}");
            (bench, early.is_err().then_some(request))
        });
        drop(first);
        assert_eq!(bench.endpoint.at_once(), 0, "{cell}");

        // Time goes on where it was.
        runtime(column.age() + MINUTE).block_on(take_over(cell, bench, request));
    }
}

async fn take_over(cell: Cell<'_>, bench: Bench, request: Option<Authentication>) {
    let start = Instant::now();
    if let Some(request) = request {
        let error: AuthenticateError = request.await.unwrap_err();
        let disposition = error.disposition();
        assert!(matches!(disposition, Disposition::Unavailable { .. }));
        assert!(start.elapsed() <= millis(3_200), "{cell}");
    }
    while bench.request().await != Ok(()) {
        wait(millis(100)).await;
        assert!(start.elapsed() <= secs(10), "{cell}");
    }
    if cell.1 == Column::SoftExpired {
        // The refresh is not lost either.
        wait(MINUTE).await;
        assert_eq!(bench.request().await, Ok(()), "{cell}");
        wait(millis(101)).await;
    }
    settle().await;
    assert_eq!(bench.endpoint.asked(), 2 * cell.1.fetches(), "{cell}");
    assert_eq!(bench.endpoint.at_once(), 0, "{cell}");
    assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
    assert_eq!(bench.store.stats().waiting_requests, 0, "{cell}");
}
