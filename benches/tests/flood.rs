//! What a flood of made-up key ids costs in memory, counted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future;
use std::time::Duration;

use alb_oidc::{
    FetchFuture, KeyFetcher, KeyId, KeyLookup, KeyRequest, KeyResponse, KeySource, KeyStore,
    OidcHeaders, UnixTime, UnverifiedToken,
};
use alb_oidc_testkit::SimulatedAlb;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use benches::CountingAllocator;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{self, JoinSet};
use tokio::time;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
/// The store's default for how many requests wait at once.
const PLACES: usize = 16_384;
/// Waves within a minute, each of more ids than there are places.
const WAVES: usize = 3;
const WAVE: usize = 20_000;
/// Some 760 bytes for each that waits, and the books' largest table twice while it grows.
const BOUND: u64 = 20 * 1024 * 1024;

/// An endpoint that has one key, and takes a while to find out that it has no other.
#[derive(Debug)]
struct Endpoint {
    key: KeyId,
    pem: String,
}

impl KeyFetcher for Endpoint {
    fn fetch(&self, url: String, _max_body_bytes: usize) -> FetchFuture {
        let response = if url.ends_with(&self.key.to_string()) {
            KeyResponse::new(200, self.pem.as_bytes().to_vec())
        } else {
            KeyResponse::new(404, Vec::new())
        };
        Box::pin(async {
            time::sleep(Duration::from_millis(200)).await;
            Ok(response)
        })
    }
}

/// What a token asks for that names the load balancer's rule and the `n`th of the ids that no
/// endpoint has.
fn made_up(alb: &SimulatedAlb, signature: &str, n: usize) -> KeyRequest {
    let id = KeyId::from_bytes((0xb065_u128 << 112 | n as u128).to_be_bytes());
    let header = alb
        .header(NOW)
        .replace(&alb.key_id().to_string(), &id.to_string());
    request(
        alb,
        &format!("{}.e30=.{signature}", URL_SAFE.encode(header)),
    )
}

fn request(alb: &SimulatedAlb, token: &str) -> KeyRequest {
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let token = UnverifiedToken::parse(headers.unwrap()).unwrap();
    alb.policy().admit(token, NOW).unwrap().key_request()
}

/// A task for each that has to wait, as in a server.
async fn wait_for(lookups: impl Iterator<Item = KeyLookup>) -> JoinSet<bool> {
    let mut tasks = JoinSet::new();
    for lookup in lookups {
        if let KeyLookup::Pending(key) = lookup {
            tasks.spawn(async { key.await.is_ok() });
            // Whoever had to make room for this one is told so, and goes.
            task::yield_now().await;
            while let Some(has_key) = tasks.try_join_next() {
                assert!(!has_key.unwrap(), "a made-up id has no key");
            }
        }
    }
    tasks
}

fn runtime() -> Runtime {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap()
}

/// The library's own memory is counted: the store's books, and the future of each request that
/// waits. The tasks that the futures wait in are the server's: what as many of them take around
/// futures without a size is measured first, and is no part of it.
#[test]
fn a_flood_of_made_up_key_ids_takes_twenty_mebibytes_at_most() {
    let alb = SimulatedAlb::new();
    let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let genuine = request(&alb, &token);
    let (_, signature) = token.rsplit_once('.').unwrap();
    let requests: Vec<_> = (0..WAVES * WAVE)
        .map(|n| made_up(&alb, signature, n))
        .collect();

    let (waiting, tasks) = ALLOCATOR.peak_of(|| {
        let nothing = (0..PLACES).map(|_| KeyLookup::Pending(Box::pin(future::pending())));
        runtime().block_on(async { wait_for(nothing).await.len() })
    });
    assert_eq!(waiting, PLACES);

    let endpoint = Endpoint {
        key: alb.key_id(),
        pem: alb.public_key_pem(alb.key_id()).unwrap(),
    };
    let ((), peak) = ALLOCATOR.peak_of(|| {
        runtime().block_on(async {
            let store = KeyStore::builder(endpoint).key_url("https://keys.example");
            let store = store.unwrap().build().unwrap();
            let KeyLookup::Pending(key) = store.key(genuine) else {
                panic!("it is not there yet");
            };
            key.await.unwrap();
            for wave in requests.chunks(WAVE) {
                let tasks = wait_for(wave.iter().map(|request| store.key(*request))).await;
                assert_eq!(store.stats().waiting_requests, PLACES);
                assert!(tasks.len() <= PLACES + 1, "{} tasks", tasks.len());
                let held = store.key(genuine);
                assert!(matches!(held, KeyLookup::Ready(Ok(_))), "{held:?}");
                for has_key in tasks.join_all().await {
                    assert!(!has_key, "a made-up id has no key");
                }
                assert_eq!(store.stats().waiting_requests, 0);
                time::sleep(Duration::from_secs(15)).await;
            }
        });
    });
    let library = peak.saturating_sub(tasks);
    println!("{library} bytes at most, besides {tasks} for {PLACES} tasks");
    assert!(library <= BOUND, "{library} of {BOUND} bytes");
}
