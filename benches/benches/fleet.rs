//! What a fleet asks of the key endpoint, with real stores on paused time, and what keys and rules
//! weigh.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::fs;
use std::hint::black_box;
use std::mem;
use std::slice;
use std::time::Duration;

use alb_oidc::{
    Authenticator, ClientId, CryptoBackend, Issuer, KeyStore, KeyStoreSettings, PublicKey, Signer,
    SystemClock, TrustPolicy, TrustedRule,
};
use alb_oidc_testkit::SimulatedAlb;
use benches::{
    CountingAllocator, KeyEndpoint, Operation, Request, Rounds, Scene, header_of_unknown_key,
    hours_from_now, is_bench,
};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() {
    // Before the heap has grown by anything else.
    weigh_keys();
    weigh_tables();
    weigh_rules();
    println!(
        "\nrequests to the key endpoint, which answers in {} ms; {AT_ONCE} users at once a replica\n",
        LATENCY.as_millis()
    );
    println!(
        "{:>9}{:>6}{:>13}{:>14}{:>22}{:>26}",
        "replicas",
        "keys",
        "cold start",
        "a rotation",
        "an hour of traffic",
        "a minute of made-up ids"
    );
    let fleets = [(1, 1), (1, 4), (10, 4), (100, 4), (1_000, 4)];
    let is_measured = |&(replicas, _): &(usize, usize)| is_bench() || replicas == 1;
    for (replicas, keys) in fleets.into_iter().filter(is_measured) {
        let cost = simulate(replicas, keys);
        println!(
            "{replicas:>9}{keys:>6}{:>13}{:>14}{:>22}{:>26}",
            cost.cold_start, cost.rotation, cost.hour, cost.flood
        );
    }
}

/// Requests to the key endpoint.
struct Cost {
    cold_start: u64,
    rotation: u64,
    hour: u64,
    flood: u64,
}

fn simulate(replicas: usize, keys: usize) -> Cost {
    let alb = SimulatedAlb::new();
    let mut requests = vec![Request::genuine(&alb, 0)];
    for n in 1..=keys {
        alb.rotate();
        requests.push(Request::genuine(&alb, n));
    }
    let endpoint = KeyEndpoint::of(&alb, LATENCY);
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("there is a runtime").block_on(async {
        let fleet: Vec<_> = (0..replicas).map(|_| replica(&alb, &endpoint)).collect();
        let (last, first) = requests.split_last().expect("there are some");
        let mut before = 0;
        let mut since = || {
            let now = endpoint.requests();
            now - mem::replace(&mut before, now)
        };

        send(&fleet, first, AT_ONCE).await;
        let cold_start = since();
        send(&fleet, slice::from_ref(last), AT_ONCE).await;
        let rotation = since();
        // An hour, and the first request after it, whose answer is there before the refresh is.
        time::sleep(Duration::from_secs(3_600)).await;
        send(&fleet, &requests, 1).await;
        time::sleep(Duration::from_secs(1)).await;
        let hour = since();
        for second in 0..60 {
            flood(&fleet, &alb, second);
            time::sleep(Duration::from_secs(1)).await;
        }
        Cost {
            cold_start,
            rotation,
            hour,
            flood: since(),
        }
    })
}

fn replica(alb: &SimulatedAlb, endpoint: &KeyEndpoint) -> Authenticator {
    Authenticator::builder(alb.policy())
        .key_store(endpoint.store(CryptoBackend::AwsLcRs, KeyStoreSettings::default()))
        .clock(SystemClock)
        .build()
        .expect("a simulated load balancer's policy fits the endpoint")
}

/// Each of the requests, so many times at the same moment, to each replica: all prove a user.
async fn send(fleet: &[Authenticator], requests: &[Request], times: usize) {
    let mut answers = JoinSet::new();
    for replica in fleet {
        for request in requests.iter().cycle().take(times * requests.len()) {
            answers.spawn(replica.authenticate(request.headers()));
        }
    }
    for answer in answers.join_all().await {
        answer.expect("a genuine request proves a user");
    }
}

/// So many requests a second and replica, each with a key id that nobody has, by somebody who knows
/// the policy's names. Nobody waits for the answers here; they come all the same.
fn flood(fleet: &[Authenticator], alb: &SimulatedAlb, second: u128) {
    for n in 0..FLOOD {
        let header = header_of_unknown_key(alb, hours_from_now(6), second * 1_000 + n);
        let request = Request::of_user(0, |userinfo| alb.sign(header, userinfo));
        for replica in fleet {
            tokio::spawn(replica.authenticate(request.headers()));
        }
    }
}

/// What Rust code asked for is counted; what AWS-LC's C code took is in the process's size, over so
/// many keys that nothing else shows.
fn weigh_keys() {
    let alb = SimulatedAlb::new();
    let pems: Vec<_> = (0..if is_bench() { KEYS } else { 10 })
        .map(|_| alb.public_key_pem(alb.rotate()).expect("it has its own"))
        .collect();
    let before = resident_bytes();
    let (keys, counted) = ALLOCATOR.peak_of(|| {
        let read = |pem: &String| PublicKey::from_pem(pem.as_bytes(), CryptoBackend::AwsLcRs);
        pems.iter().map(read).collect::<Result<Vec<_>, _>>()
    });
    let resident = resident_bytes().saturating_sub(before);
    println!(
        "a public key: {} bytes of Rust's, {} in all",
        counted / pems.len() as u64,
        resident / pems.len() as u64
    );
    drop(black_box(keys));
    let endpoint = KeyEndpoint::of(&SimulatedAlb::new(), LATENCY);
    let (store, counted): (KeyStore, _) =
        ALLOCATOR.peak_of(|| endpoint.store(CryptoBackend::AwsLcRs, KeyStoreSettings::default()));
    println!("an empty store: {counted} bytes");
    drop(store);
}

/// The first one makes the generator's too, which all keys share.
fn weigh_tables() {
    let scene = Scene::shared();
    for tables in ["a key's table and the generator's", "a key's table"] {
        let (key, counted) = ALLOCATOR.peak_of(|| scene.precomputed_key());
        println!("{tables}: {counted} bytes while made");
        drop(black_box(key));
    }
    let bare = Operation::BARE_VERIFY;
    let mut rounds = Rounds::default();
    rounds.enter(bare.name, bare.workload());
    rounds.enter_calls("make", 1, || drop(black_box(scene.precomputed_key())));
    let standings = rounds.run(ROUNDS);
    println!(
        "to make one takes {:.0} µs, {:.0} times {}",
        standings.time("make"),
        standings.ratio("make", bare.name),
        bare.name
    );
}

fn weigh_rules() {
    for rules in [1_usize, 10, 100, 1_000] {
        let (policy, counted) = ALLOCATOR.peak_of(|| {
            let rules = (0..rules).map(|n| {
                let arn = format!("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop-{n}/50dc6c495c0c9188");
                TrustedRule::new(
                    Signer::exact(arn.parse().expect("it is an ARN")),
                    Issuer::new("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE").expect("it is a URL"),
                    ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q").expect("it is an id"),
                )
            });
            TrustPolicy::new(rules.collect::<Vec<_>>()).expect("it has rules")
        });
        println!("a policy of {rules} rules: {counted} bytes while it is built");
        drop(policy);
    }
}

/// Zero where there is no `/proc`.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let resident = lines.find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix(" kB"));
    resident
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .unwrap_or(0)
        * 1_024
}

const LATENCY: Duration = Duration::from_millis(50);
/// Users whose requests come in the first moment, of each key.
const AT_ONCE: usize = 10;
/// Made-up ids a second.
const FLOOD: u128 = 20;
const KEYS: usize = 10_000;
const ROUNDS: usize = 60;
