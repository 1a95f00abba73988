//! What a flood of made-up key ids costs in memory, counted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use alb_oidc::{
    Authentication, Authenticator, CryptoBackend, KeyStoreSettings, OidcHeaders, UnixTime,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use benches::{CountingAllocator, KeyEndpoint, header_of_unknown_key, read_headers};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{self, JoinSet};
use tokio::time::{self, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
/// The store's default for how many ids requests wait for at once: in a flood in which none comes
/// twice, that many wait.
const PLACES: usize = 2_048;
/// Some 760 bytes for each that waits, its token, and the books' largest table twice while it grows.
const BOUND: u64 = 8 * 1024 * 1024;

/// A token that names the load balancer's rule and the `n`th of the ids that no endpoint has, with the
/// claims of a genuine one: what somebody sends who has seen one.
fn made_up(alb: &SimulatedAlb, genuine: &str, n: usize) -> String {
    let header = header_of_unknown_key(alb, NOW, n as u128);
    let (_, rest) = genuine.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE.encode(header))
}

fn send(authenticator: &Authenticator, token: &str) -> Authentication {
    authenticator.authenticate(read_headers(&[(OidcHeaders::DATA, token)]))
}

/// A task for each that has to wait, as in a server.
async fn wait_for<F>(requests: impl Iterator<Item = F>) -> JoinSet<bool>
where
    F: Future<Output = bool> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for request in requests {
        tasks.spawn(request);
        // This one has its answer, or it waits; and whoever had to make room for it is told so.
        task::yield_now().await;
        while let Some(is_user) = tasks.try_join_next() {
            assert!(!is_user.unwrap(), "a made-up id has no key");
        }
    }
    tasks
}

fn runtime() -> Runtime {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap()
}

#[test]
fn a_flood_of_made_up_key_ids_takes_eight_mebibytes_at_most() {
    takes_eight_mebibytes_at_most(3, 20_000);
}

#[test]
#[ignore = "takes minutes in a debug build"]
fn a_million_made_up_key_ids_take_eight_mebibytes_at_most() {
    takes_eight_mebibytes_at_most(10, 100_000);
}

/// So many waves within a minute, each of more ids than there are places.
///
/// The library's memory is counted: the store's books, the future of each request that waits, and
/// the copy of its token. The tasks that the futures wait in are the server's: what as many of them
/// take around futures without a size is measured first, and is no part of it.
fn takes_eight_mebibytes_at_most(waves: usize, wave: usize) {
    let alb = SimulatedAlb::new();
    let claims = format!(r#"{{"sub":"alice","picture":"{}"}}"#, "x".repeat(220));
    let genuine = alb.mint(&claims, NOW);
    assert!((900..1_000).contains(&genuine.len()), "{}", genuine.len());

    let (waiting, tasks) = ALLOCATOR.peak_of(|| {
        let nothing = (0..PLACES).map(|_| future::pending());
        runtime().block_on(async { wait_for(nothing).await.len() })
    });
    assert_eq!(waiting, PLACES);

    // It takes a while to find out that it has no other key.
    let endpoint = KeyEndpoint::of(&alb, Duration::from_millis(200));
    let ((), peak) = ALLOCATOR.peak_of(|| {
        runtime().block_on(async {
            let store = endpoint.store(CryptoBackend::AwsLcRs, KeyStoreSettings::default());
            let authenticator = Authenticator::builder(alb.policy())
                .key_store(store.clone())
                .clock(ManualClock::at(NOW))
                .build()
                .unwrap();
            send(&authenticator, &genuine).await.unwrap();
            let start = Instant::now();
            for n in 0..waves {
                let tokens = (n * wave..).take(wave).map(|n| made_up(&alb, &genuine, n));
                let requests = tokens.map(|token| send(&authenticator, &token));
                let requests = requests.map(|request| async { request.await.is_ok() });
                let tasks = wait_for(requests).await;
                assert_eq!(store.stats().waiting_requests, PLACES);
                assert!(tasks.len() <= PLACES + 1, "{} tasks", tasks.len());
                let user = pin!(send(&authenticator, &genuine));
                let user = user.poll(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(user, Poll::Ready(Ok(_))), "{user:?}");
                for is_user in tasks.join_all().await {
                    assert!(!is_user, "a made-up id has no key");
                }
                assert_eq!(store.stats().waiting_requests, 0);
                time::sleep(Duration::from_secs(2)).await;
            }
            assert!(
                start.elapsed() <= Duration::from_secs(60),
                "{:?}",
                start.elapsed()
            );
        });
    });
    let library = peak.saturating_sub(tasks);
    println!("{library} bytes at most, besides {tasks} for {PLACES} tasks");
    assert!(library <= BOUND, "{library} of {BOUND} bytes");
}
