//! What the endpoint answers, or the way to it gives instead.

use std::time::Duration;

use alb_oidc::{AuthenticateError, FetchError, KeyError};
use tokio::time::Instant;

use super::{Cell, Column};
use crate::bench::{Bench, HOUR, MINUTE, TICK, UNKNOWN_KEY, Verdict, millis, secs, wait};
use crate::bodies::NOT_KEYS;
use crate::fetcher::Answer;

/// A fault, and what is to come of it wherever a key has to be fetched.
struct Row {
    fault: String,
    answer: Answer,
    /// How long the transport takes to give it.
    latency: Duration,
    gives: Gives,
    retry: Option<Duration>,
    /// What the endpoint asks for with `Retry-After`.
    asked_for: Duration,
}

#[derive(Clone, Copy)]
enum Gives {
    /// 503, for this cause.
    Unavailable(FetchError),
    /// 401 if the endpoint has served a key before, else 503.
    Unknown,
}

impl Row {
    /// The transport fails.
    fn failure(fault: &str, error: FetchError) -> Self {
        Self::new(fault, Answer::Failure(error), Gives::Unavailable(error))
    }

    fn new(fault: impl Into<String>, answer: Answer, gives: Gives) -> Self {
        Self {
            fault: fault.into(),
            answer,
            latency: Duration::ZERO,
            gives,
            retry: None,
            asked_for: Duration::ZERO,
        }
    }

    fn status(status: u16) -> Self {
        let (gives, retry) = match status {
            // The endpoint may lag behind a rotation.
            403 | 404 | 410 => (Gives::Unknown, Some(secs(1))),
            300..=399 => (Gives::Unavailable(FetchError::Redirect), None),
            500.. => (Gives::Unavailable(FetchError::Status(status)), Some(SOON)),
            _ => (Gives::Unavailable(FetchError::Status(status)), None),
        };
        Self {
            retry,
            ..Self::new(format!("status {status}"), Answer::Status(status), gives)
        }
    }

    fn retry_after(status: u16, asked_for: Duration) -> Self {
        Self {
            asked_for,
            ..Self::new(
                format!("status {status} and Retry-After {asked_for:?}"),
                Answer::RetryAfter(status, asked_for),
                Gives::Unavailable(FetchError::Status(status)),
            )
        }
    }

    fn retried(self) -> Self {
        Self {
            retry: Some(SOON),
            ..self
        }
    }

    fn after(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The pause before the one retry, if there is one. Without a key ever served, there is no
    /// rotation to lag behind.
    fn retry(&self, column: Column) -> Option<Duration> {
        let unbelieved = matches!(self.gives, Gives::Unknown) && column == Column::Unserved;
        self.retry.filter(|_| !unbelieved)
    }

    fn fetches(&self, column: Column) -> usize {
        1 + usize::from(self.retry(column).is_some())
    }

    /// How long one exchange takes.
    fn exchange(&self) -> Duration {
        match self.answer {
            Answer::Hang => secs(3),
            _ => self.latency,
        }
    }

    /// How long the first request takes.
    fn takes(&self, column: Column) -> Duration {
        let exchange = self.exchange();
        exchange + self.retry(column).map_or(secs(0), |pause| pause + exchange)
    }

    fn check(&self, cell: Cell<'_>, verdict: Verdict) {
        let expected = match (self.gives, self.answer) {
            (Gives::Unavailable(error), _) => error,
            (Gives::Unknown, Answer::Status(status)) if cell.1 == Column::Unserved => {
                FetchError::Status(status)
            }
            (Gives::Unknown, _) => return assert_eq!(verdict, UNKNOWN_KEY, "{cell}"),
        };
        match verdict {
            Err(AuthenticateError::Unavailable(KeyError::Fetch { error, retry_after })) => {
                assert_eq!(error, expected, "{cell}");
                let most = jittered(MAX_BACKOFF);
                assert!(!retry_after.is_zero() && retry_after <= most, "{cell}");
            }
            other => panic!("{cell}: {other:?}"),
        }
    }
}

/// All that can come of an exchange, the good ones left out.
fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::failure("NXDOMAIN or SERVFAIL", FetchError::Dns).retried(),
        Row::failure("a resolver that hangs", FetchError::Timeout).after(CONNECT_TIMEOUT),
        Row::failure("a connection that is refused", FetchError::Connect).retried(),
        Row::failure("a connection into a black hole", FetchError::Timeout).after(CONNECT_TIMEOUT),
        Row::failure("a certificate or a TLS version", FetchError::Tls),
        Row::failure("a handshake that hangs", FetchError::Timeout).after(CONNECT_TIMEOUT),
        Row::failure("a connection that breaks off at once", FetchError::Aborted).retried(),
        Row::failure("a connection that breaks off", FetchError::Aborted)
            .after(secs(1))
            .retried(),
        Row::failure("a body without end", FetchError::BodyTooLarge).after(millis(500)),
        Row::new(
            "a byte a second",
            Answer::Hang,
            Gives::Unavailable(FetchError::Timeout),
        ),
        Row::new(
            "a panic of the fetcher",
            Answer::Panic,
            Gives::Unavailable(FetchError::Aborted),
        )
        .retried(),
        Row::new(
            "a panic of the fetcher at once",
            Answer::PanicAtOnce,
            Gives::Unavailable(FetchError::Aborted),
        )
        .retried(),
        Row::retry_after(429, Duration::MAX),
    ];
    rows.extend(NOT_KEYS.iter().map(|body| {
        let gives = Gives::Unavailable(body.error);
        Row::new(body.name, Answer::Body(&body.body), gives)
    }));
    rows.extend(STATUSES.map(Row::status));
    let pauses = [0, 1, 3, 8, 9, 3_600].map(secs);
    rows.extend(pauses.map(|pause| Row::retry_after(503, pause)));
    rows
}

/// Sends a request each `step` for this long, and has `check` look at what each came to.
async fn requests(
    bench: &Bench,
    step: Duration,
    duration: Duration,
    check: impl Fn(Verdict, Duration),
) {
    let token = bench.token();
    let start = Instant::now();
    while start.elapsed() < duration {
        let (verdict, took) = bench.timed(&token).await;
        check(verdict, took);
        wait(step).await;
    }
}

async fn break_down(row: &Row, column: Column) -> Bench {
    let bench = column.bench().await;
    bench.endpoint.answer(row.answer);
    bench.endpoint.take(row.latency);
    bench
}

fn mend(bench: &Bench) {
    bench.endpoint.answer(Answer::Published);
    bench.endpoint.take(Duration::ZERO);
    bench.endpoint.forget_asked();
}

/// Neither a request nor an exchange is left.
fn check_idle(cell: Cell<'_>, bench: &Bench) {
    assert_eq!(bench.store.stats().waiting_requests, 0, "{cell}");
    assert_eq!(bench.endpoint.at_once(), 0, "{cell}");
    assert!(bench.endpoint.most_at_once() <= 1, "{cell}");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_key_is_served_and_nothing_is_asked() {
    let mut cells = 0;
    for row in rows() {
        let cell = Cell(&row.fault, Column::Fresh);
        let bench = break_down(&row, Column::Fresh).await;
        for _ in 0..3 {
            assert_eq!(bench.timed(&bench.token()).await, SERVED, "{cell}");
            wait(MINUTE).await;
        }
        assert_eq!(bench.endpoint.asked(), 0, "{cell}");
        assert_eq!(bench.store.stats().negative_entries, 0, "{cell}");
        assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
        cells += 1;
    }
    assert_eq!(cells, ROWS);
}

#[tokio::test(start_paused = true)]
async fn a_key_due_for_a_refresh_is_served_while_that_fails_once_a_minute() {
    let mut cells = 0;
    for row in rows() {
        let column = Column::SoftExpired;
        let cell = Cell(&row.fault, column);
        let bench = break_down(&row, column).await;
        let serves = |verdict, took| assert_eq!((verdict, took), SERVED, "{cell}");
        requests(&bench, secs(1), secs(59), serves).await;
        assert_eq!(bench.endpoint.asked(), row.fetches(column), "{cell}");
        assert_eq!(bench.store.stats().negative_entries, 1, "{cell}");
        check_idle(cell, &bench);
        // It has failed before, so it is not retried any more.
        requests(&bench, secs(1), MINUTE, serves).await;
        assert_eq!(bench.endpoint.asked(), row.fetches(column) + 1, "{cell}");
        assert_eq!(bench.store.stats().negative_entries, 1, "{cell}");
        assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
        check_idle(cell, &bench);

        mend(&bench);
        requests(&bench, secs(1), MINUTE + secs(1), serves).await;
        assert_eq!(bench.endpoint.asked(), 1, "{cell}");
        assert_eq!(bench.store.stats().negative_entries, 0, "{cell}");
        // It is as good as new.
        wait(HOUR - 2 * MINUTE).await;
        serves(bench.request().await, Duration::ZERO);
        assert_eq!(bench.endpoint.asked(), 1, "{cell}");
        cells += 1;
    }
    assert_eq!(cells, ROWS);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_too_old_is_a_clean_error_soon_and_good_soon_after_the_fault() {
    assert_eq!(fail_and_recover(Column::HardExpired).await, ROWS);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_a_clean_error_soon_and_good_soon_after_the_fault() {
    assert_eq!(fail_and_recover(Column::Unknown).await, ROWS);
}

#[tokio::test(start_paused = true)]
async fn a_first_key_is_a_clean_error_soon_and_good_soon_after_the_fault() {
    assert_eq!(fail_and_recover(Column::Unserved).await, ROWS);
}

/// All rows of a column in which a request waits for a fetch. Gives how many there were.
async fn fail_and_recover(column: Column) -> usize {
    let mut cells = 0;
    for row in rows() {
        let cell = Cell(&row.fault, column);
        let bench = break_down(&row, column).await;
        let start = Instant::now();
        let (verdict, took) = bench.timed(&bench.token()).await;
        row.check(cell, verdict);
        let takes = row.takes(column);
        assert!(
            took >= takes && took <= takes + 3 * TICK,
            "{cell}: {took:?}"
        );
        assert!(took <= millis(3_200), "{cell}: {took:?}");
        let asked = bench.endpoint.asked_at(start);
        assert_eq!(asked.len(), row.fetches(column), "{cell}: {asked:?}");
        assert_eq!(bench.store.stats().negative_entries, 1, "{cell}");
        let held = usize::from(column.holds());
        assert_eq!(bench.store.stats().proven_keys, held, "{cell}");
        check_idle(cell, &bench);

        requests(&bench, STEP, secs(30), |verdict, took| {
            row.check(cell, verdict);
            assert!(took <= row.exchange() + TICK, "{cell}: {took:?}");
        })
        .await;
        check_backoff(cell, &row, &bench.endpoint.asked_at(start));
        assert_eq!(bench.store.stats().negative_entries, 1, "{cell}");
        check_idle(cell, &bench);

        mend(&bench);
        let mended = Instant::now();
        while bench.request().await != Ok(()) {
            wait(STEP).await;
            assert!(mended.elapsed() <= secs(10), "{cell}");
        }
        assert_eq!(bench.endpoint.asked(), 1, "{cell}");
        assert_eq!(bench.store.stats().negative_entries, 0, "{cell}");
        assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
        cells += 1;
    }
    cells
}

/// The first flight may have had a retry; after it, the endpoint is asked once at a time, ever more
/// rarely down to each 8 seconds, no sooner than it asked for, and a second after it answered.
fn check_backoff(Cell(fault, column): Cell<'_>, row: &Row, asked: &[Duration]) {
    let first = row.fetches(column) - 1;
    if let Some(pause) = row.retry(column) {
        let gap = asked[1] - asked[0];
        let least = row.exchange() + pause;
        assert!(
            gap >= least && gap <= least + 2 * TICK,
            "{fault}: {asked:?}"
        );
    }
    let gaps = asked[first..].windows(2).map(|pair| pair[1] - pair[0]);
    assert!(gaps.len() >= 3, "{fault}: {asked:?}");
    for (index, gap) in gaps.enumerate() {
        let asked_for = row.asked_for.min(MAX_BACKOFF);
        let backoff = secs([1, 2, 4, 8][index.min(3)]).max(asked_for);
        let pause = asked_for.max(secs(1));
        let least = backoff.max(row.exchange() + pause);
        let most = jittered(backoff).max(row.exchange() + jittered(pause));
        assert!(gap >= least, "{fault}: {asked:?}");
        assert!(gap <= most + STEP + 2 * TICK, "{fault}: {asked:?}");
    }
}

fn jittered(pause: Duration) -> Duration {
    pause + pause / 8
}

const STATUSES: [u16; 24] = [
    201, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 407, 410, 421, 429,
    500, 502, 503, 504, 511,
];

/// The rows, counted by hand: none drops out unnoticed.
const ROWS: usize = 13 + 21 + 24 + 6;
const SERVED: (Verdict, Duration) = (Ok(()), Duration::ZERO);
const STEP: Duration = millis(200);
/// The pause before a connection that failed is tried once more.
const SOON: Duration = millis(200);
const MAX_BACKOFF: Duration = secs(8);
/// The transport's own, which the endpoint in memory plays too.
const CONNECT_TIMEOUT: Duration = secs(1);
