//! The wall clock decides whether a token has expired, and nothing else.

use alb_oidc::{AuthenticateError, Clock as _, ClockError, Disposition, TokenError, UnixTime};

use crate::bench::{
    Bench, HOUR, MINUTE, UNKNOWN_KEY, Verdict, bogus, fetch_error, millis, secs, wait,
};
use crate::fetcher::Answer;

const EXPIRED: Verdict = Err(AuthenticateError::Rejected(TokenError::Expired));
const CLOCK: Verdict = Err(AuthenticateError::Clock(ClockError));

/// Where the clock may jump to from `now`.
fn jumps(now: UnixTime) -> [UnixTime; 6] {
    let hours = |hours: i64| UnixTime::from_secs(now.as_secs().saturating_add_signed(hours * 3600));
    [
        hours(-1),
        hours(1),
        hours(-24 * 365 * 50),
        hours(24 * 365 * 200),
        UnixTime::from_secs(0),
        UnixTime::from_secs(1),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_jump_makes_no_key_older_or_younger() {
    let bench = Bench::new();
    let now = bench.clock.unix_time().unwrap();
    bench.request().await.unwrap();
    wait(HOUR - MINUTE).await;
    for time in jumps(now) {
        bench.clock.set(time);
        assert_eq!(bench.request().await, Ok(()), "{time:?}");
    }
    assert_eq!(bench.endpoint.asked(), 1);
    // The hour is over when it is over.
    bench.clock.set(now);
    wait(MINUTE).await;
    bench.request().await.unwrap();
    wait(millis(1)).await;
    assert_eq!(bench.endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_jump_decides_over_exp_alone() {
    let bench = Bench::new();
    let now = bench.clock.unix_time().unwrap();
    let token = bench.token();
    bench.verdict(&token).await.unwrap();
    for time in jumps(now) {
        bench.clock.set(time);
        let expected = if time > now { EXPIRED } else { Ok(()) };
        assert_eq!(bench.verdict(&token).await, expected, "{time:?}");
    }
    bench.clock.set(now);
    assert_eq!(bench.verdict(&token).await, Ok(()));
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_jump_neither_shortens_nor_lengthens_what_is_known_of_unknown_ids() {
    let bench = Bench::new();
    let now = bench.clock.unix_time().unwrap();
    bench.make_endpoint_known().await;
    let token = bench.forged(bogus(1));
    assert_eq!(bench.verdict(&token).await, UNKNOWN_KEY);
    for time in jumps(now).into_iter().filter(|time| *time < now) {
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
    for time in jumps(now) {
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
async fn a_clock_that_cannot_be_read_is_a_503_and_asks_for_nothing() {
    let bench = Bench::new();
    let now = bench.clock.unix_time().unwrap();
    let token = bench.token();
    bench.clock.break_down();
    let verdict = bench.verdict(&token).await;
    assert_eq!(verdict, CLOCK);
    let disposition = verdict.unwrap_err().disposition();
    assert!(matches!(disposition, Disposition::Unavailable { .. }));
    assert_eq!(bench.endpoint.asked(), 0);
    bench.clock.set(now);
    assert_eq!(bench.verdict(&token).await, Ok(()));
    // With the key at hand it is no better.
    bench.clock.break_down();
    assert_eq!(bench.verdict(&token).await, CLOCK);
    bench.clock.set(now);
    assert_eq!(bench.verdict(&token).await, Ok(()));
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
