//! The wall clock jumps. It decides whether a token has expired, and nothing else.

use std::time::Duration;

use alb_oidc::{AuthenticateError, Clock as _, ClockError, TokenError, UnixTime};

use super::{Cell, Column};
use crate::bench::{
    Bench, HOUR, MINUTE, UNKNOWN_KEY, Verdict, bogus, fetch_error, millis, secs, settle, wait,
};
use crate::fetcher::Answer;

const EXPIRED: Verdict = Err(AuthenticateError::Rejected(TokenError::Expired));
/// 503, for it is not the token's fault.
const CLOCK: Verdict = Err(AuthenticateError::Clock(ClockError));

/// Where the clock may jump to from `now`.
fn jumps(now: UnixTime) -> [(&'static str, UnixTime); 6] {
    let hours = |hours: i64| UnixTime::from_secs(now.as_secs().saturating_add_signed(hours * 3600));
    [
        ("an hour back", hours(-1)),
        ("an hour on", hours(1)),
        ("fifty years back", hours(-24 * 365 * 50)),
        ("two hundred years on", hours(24 * 365 * 200)),
        ("to the first second of 1970", UnixTime::from_secs(0)),
        ("to the second one", UnixTime::from_secs(1)),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_jump_decides_over_exp_and_makes_no_key_older_or_younger() {
    let mut cells = 0;
    for column in Column::ALL {
        let now = column.bench().await.clock.unix_time().unwrap();
        for (jump, time) in jumps(now) {
            let cell = Cell(jump, column);
            let bench = column.bench().await;
            let before = bench.token();
            bench.clock.set(time);
            if time > now {
                assert_eq!(bench.verdict(&before).await, EXPIRED, "{cell}");
                assert_eq!(bench.endpoint.asked(), 0, "{cell}");
            }
            let (verdict, took) = bench.timed(&bench.token()).await;
            assert_eq!((verdict, took), (Ok(()), Duration::ZERO), "{cell}");
            settle().await;
            assert_eq!(bench.endpoint.asked(), column.fetches(), "{cell}");
            if time < now {
                assert_eq!(bench.verdict(&before).await, Ok(()), "{cell}");
            }
            bench.clock.set(now);
            assert_eq!(bench.verdict(&before).await, Ok(()), "{cell}");

            // By now the key is fresh, and the hour is over when it is over.
            wait(HOUR - MINUTE).await;
            bench.clock.set(time);
            assert_eq!(bench.request().await, Ok(()), "{cell}");
            settle().await;
            assert_eq!(bench.endpoint.asked(), column.fetches(), "{cell}");
            bench.clock.set(now);
            wait(MINUTE).await;
            assert_eq!(bench.request().await, Ok(()), "{cell}");
            settle().await;
            assert_eq!(bench.endpoint.asked(), column.fetches() + 1, "{cell}");
            cells += 1;
        }
    }
    assert_eq!(cells, 6 * 5);
}

#[tokio::test(start_paused = true)]
async fn a_clock_before_1970_is_a_503_and_asks_for_nothing() {
    for column in Column::ALL {
        let cell = Cell("a clock before 1970", column);
        let bench = column.bench().await;
        let now = bench.clock.unix_time().unwrap();
        let token = bench.token();
        bench.clock.break_down();
        let (verdict, took) = bench.timed(&token).await;
        assert_eq!((verdict, took), (CLOCK, secs(0)), "{cell}");
        settle().await;
        assert_eq!(bench.endpoint.asked(), 0, "{cell}");
        bench.clock.set(now);
        assert_eq!(bench.verdict(&token).await, Ok(()), "{cell}");
        settle().await;
        assert_eq!(bench.endpoint.asked(), column.fetches(), "{cell}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_jump_neither_shortens_nor_lengthens_what_is_known_of_unknown_ids() {
    let bench = Bench::new();
    let now = bench.clock.unix_time().unwrap();
    bench.make_endpoint_known().await;
    let token = bench.forged(bogus(1));
    assert_eq!(bench.verdict(&token).await, UNKNOWN_KEY);
    for (_, time) in jumps(now).into_iter().filter(|(_, time)| *time < now) {
        bench.clock.set(time);
        assert_eq!(bench.timed(&token).await, (UNKNOWN_KEY, secs(0)));
    }
    assert_eq!(bench.endpoint.asked(), 2);
    wait(millis(1_150)).await;
    assert_eq!(bench.verdict(&token).await, UNKNOWN_KEY);
    assert_eq!(bench.endpoint.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_jump_neither_shortens_nor_lengthens_a_backoff() {
    let bench = Bench::new();
    let now = bench.clock.unix_time().unwrap();
    bench.endpoint.answer_next(Answer::Status(429));
    fetch_error(bench.request().await);
    for (_, time) in jumps(now) {
        bench.clock.set(time);
        fetch_error(bench.request().await);
    }
    assert_eq!(bench.endpoint.asked(), 1);
    wait(millis(1_150)).await;
    assert_eq!(bench.request().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_while_its_key_is_fetched_has_expired() {
    let bench = Bench::new();
    bench.endpoint.take(secs(1));
    let token = bench.token();
    let jump = async {
        wait(millis(500)).await;
        bench.clock.advance(HOUR);
    };
    let (verdict, ()) = tokio::join!(bench.verdict(&token), jump);
    assert_eq!(verdict, EXPIRED);
    // The key is held nevertheless.
    assert_eq!(bench.request().await, Ok(()));
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_breaks_while_a_key_is_fetched_is_a_503() {
    let bench = Bench::new();
    bench.endpoint.take(secs(1));
    let token = bench.token();
    let breaks = async {
        wait(millis(500)).await;
        bench.clock.break_down();
    };
    let (verdict, ()) = tokio::join!(bench.verdict(&token), breaks);
    assert_eq!(verdict, CLOCK);
    assert_eq!(bench.store.stats().waiting_requests, 0);
    assert_eq!(bench.store.stats().unproven_keys, 1);
}
