//! How an authenticator and its store are set up: what is taken, what is refused, what is shown.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::env;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alb_oidc::{
    ArnError, AuthenticateError, Authenticator, AuthenticatorBuilder, Clock, ClockError,
    ConfigError, CryptoBackend, Disposition, FetchError, FetchFuture, KeyError, KeyFetcher,
    KeyLookup, KeyResponse, KeySource, KeyStore, KeyStoreSettings, KeyUrl, OidcHeaders, StaticKeys,
    SystemClock, TokenError, TrustPolicy, TrustedRule, UnixTime, UnverifiedToken,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// An endpoint in memory that has one key, and notes what it was asked for.
#[derive(Clone, Debug, Default)]
struct Endpoint {
    pem: Arc<str>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    fn of(alb: &SimulatedAlb) -> Self {
        Self {
            pem: alb.public_key_pem(alb.key_id()).unwrap().into(),
            asked: Arc::default(),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl KeyFetcher for Endpoint {
    fn fetch(&self, url: String, _max_body_bytes: usize) -> FetchFuture {
        self.asked.lock().unwrap().push(url);
        let body = self.pem.as_bytes().to_vec();
        Box::pin(async move { Ok(KeyResponse::new(200, body)) })
    }
}

async fn verdict(
    authenticator: &Authenticator,
    alb: &SimulatedAlb,
) -> Result<(), AuthenticateError> {
    let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    authenticator.authenticate(headers).await.map(drop)
}

fn lookup(source: &impl KeySource, alb: &SimulatedAlb) -> KeyLookup {
    let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let token = UnverifiedToken::parse(headers.unwrap()).unwrap();
    source.key(alb.policy().admit(token, NOW).unwrap().key_request())
}

fn static_keys(alb: &SimulatedAlb) -> StaticKeys {
    StaticKeys::from_pems(alb.public_keys(), CryptoBackend::default()).unwrap()
}

#[tokio::test]
async fn keys_of_a_region_come_from_its_own_url_and_others_from_everybodys() {
    let alb = SimulatedAlb::new();
    let asked = async |region: &str| {
        let endpoint = Endpoint::of(&alb);
        let store = KeyStore::builder(endpoint.clone())
            .key_url("https://everywhere.example/")
            .unwrap()
            .key_url_for(region.parse().unwrap(), "https://region.example/keys")
            .unwrap()
            .build()
            .unwrap();
        let authenticator = Authenticator::builder(alb.policy())
            .key_store(store)
            .clock(ManualClock::at(NOW))
            .build()
            .unwrap();
        assert_eq!(verdict(&authenticator, &alb).await, Ok(()));
        endpoint.asked()
    };
    let id = alb.key_id();
    assert_eq!(
        asked("us-east-1").await,
        [format!("https://region.example/keys/{id}")]
    );
    assert_eq!(
        asked("eu-west-1").await,
        [format!("https://everywhere.example/{id}")]
    );
}

#[test]
fn an_authenticator_takes_all_that_its_store_does() {
    let alb = SimulatedAlb::new();
    let region = alb.arn().region();
    let builder = || Authenticator::builder(alb.policy());
    // The simulator's account is refused unless its region has a URL of its own.
    assert_eq!(
        builder().build().unwrap_err(),
        ConfigError::SimulatorAccount
    );
    let elsewhere = builder().key_url_for("eu-west-1".parse().unwrap(), "https://keys.example");
    let error = elsewhere.unwrap().build().unwrap_err();
    assert_eq!(error, ConfigError::SimulatorAccount);
    let authenticator = builder()
        .key_url_for(region, "https://keys.example")
        .unwrap()
        .crypto_backend(CryptoBackend::P256)
        .key_store_settings(KeyStoreSettings::default().max_waiters(7))
        .build()
        .unwrap();
    let shown = format!("{authenticator:?}");
    assert!(shown.contains("https://keys.example"), "{shown}");
    let store = authenticator.key_store().unwrap();
    assert_eq!(store.stats().waiting_requests, 0);
    let rules: Vec<_> = authenticator.policy().rules().collect();
    assert_eq!(rules, alb.policy().rules().collect::<Vec<_>>());

    let none = KeyStoreSettings::default().max_waiters(0);
    let refused = builder().key_url("https://keys.example").unwrap();
    let error = refused.key_store_settings(none).build().unwrap_err();
    assert_eq!(error, ConfigError::Setting("max_waiters"));
    for url in [
        "http://keys.example",
        "",
        "https://keys.example?x",
        "https://a/../b",
    ] {
        assert_eq!(
            builder().key_url(url).unwrap_err(),
            ConfigError::KeyUrl,
            "{url:?}"
        );
        let error = builder().key_url_for(region, url).unwrap_err();
        assert_eq!(error, ConfigError::KeyUrl, "{url:?}");
        assert_eq!(url.parse::<KeyUrl>(), Err(ConfigError::KeyUrl), "{url:?}");
    }
}

#[test]
fn a_url_of_keys_is_shown_without_the_slash_at_its_end() {
    let url: KeyUrl = "https://keys.example/base/".parse().unwrap();
    assert_eq!(url.as_str(), "https://keys.example/base");
    assert_eq!(url.to_string(), url.as_str());
    assert_eq!(format!("{url:?}"), r#""https://keys.example/base""#);
    assert_eq!(
        KeyUrl::try_from(&String::from("https://keys.example/base")),
        Ok(url)
    );
}

#[test]
fn each_number_of_the_store_has_a_range() {
    let second = Duration::from_secs(1);
    let zero = Duration::ZERO;
    let day = second * 24 * 3600;
    let settings = KeyStoreSettings::default;
    for (refused, name) in [
        (settings().soft_lifetime(zero), "soft_lifetime"),
        (settings().hard_lifetime(second), "hard_lifetime"),
        (settings().hard_lifetime(day + second), "hard_lifetime"),
        (settings().refresh_interval(zero), "refresh_interval"),
        (settings().max_proven_keys(0), "max_proven_keys"),
        (settings().max_unproven_keys(0), "max_unproven_keys"),
        (settings().exchange_timeout(zero), "exchange_timeout"),
        (settings().flight_timeout(second), "flight_timeout"),
        (settings().flight_timeout(second * 61), "flight_timeout"),
        (settings().max_body_bytes(0), "max_body_bytes"),
        (settings().min_backoff(zero), "min_backoff"),
        (settings().max_backoff(second / 2), "max_backoff"),
        (settings().max_backoff(second * 61), "max_backoff"),
        (
            settings().unknown_retry_delay(second * 4),
            "unknown_retry_delay",
        ),
        (settings().budget_burst(0), "budget_burst"),
        (settings().budget_burst(1001), "budget_burst"),
        (settings().budget_interval(zero), "budget_interval"),
        (settings().budget_interval(second * 61), "budget_interval"),
        (settings().max_in_flight(0), "max_in_flight"),
        (settings().max_negative(0), "max_negative"),
        (settings().max_waiting_ids(0), "max_waiting_ids"),
        (settings().max_waiters(0), "max_waiters"),
    ] {
        let built = KeyStore::builder(Endpoint::default())
            .settings(refused)
            .build();
        assert_eq!(built.unwrap_err(), ConfigError::Setting(name));
    }
}

#[tokio::test]
async fn a_store_tells_what_it_holds_and_shows_no_key() {
    let alb = SimulatedAlb::new();
    let endpoint = Endpoint::of(&alb);
    let store = KeyStore::builder(endpoint.clone())
        .key_url("https://keys.example")
        .unwrap()
        .crypto_backend(CryptoBackend::P256)
        .build()
        .unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store.clone())
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap();
    let KeyLookup::Pending(key) = lookup(&store, &alb) else {
        panic!("nothing is held yet");
    };
    assert_eq!(store.stats().waiting_requests, 1);
    let pending = lookup(&store, &alb);
    assert_eq!(format!("{pending:?}"), "Pending(…)");
    drop(pending);
    key.await.unwrap();
    let stats = store.stats();
    assert_eq!((stats.proven_keys, stats.unproven_keys), (0, 1));
    let held = lookup(&store, &alb);
    assert_eq!(format!("{held:?}"), "Ready(Ok(PublicKey { .. }))");

    assert_eq!(verdict(&authenticator, &alb).await, Ok(()));
    let stats = authenticator.key_store().unwrap().stats();
    assert_eq!((stats.proven_keys, stats.unproven_keys), (1, 0));
    let shown = format!("{store:?}");
    let expected = "stats: KeyStoreStats { proven_keys: 1, unproven_keys: 0, negative_entries: 0, waiting_requests: 0, limited_requests: 0 }, .. }";
    assert!(shown.starts_with("KeyStore { fetcher: "), "{shown}");
    assert!(shown.ends_with(expected), "{shown}");
    assert_eq!(endpoint.asked().len(), 1);
    store.invalidate(alb.key_id());
    assert_eq!(store.stats().proven_keys, 0);
}

#[test]
fn a_store_fetches_on_the_runtime_that_it_is_given() {
    let alb = SimulatedAlb::new();
    let given = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("of the keys")
        .enable_time()
        .build()
        .unwrap();
    #[derive(Debug)]
    struct Fetcher(Endpoint);
    impl KeyFetcher for Fetcher {
        fn fetch(&self, url: String, max_body_bytes: usize) -> FetchFuture {
            assert_eq!(std::thread::current().name(), Some("of the keys"));
            self.0.fetch(url, max_body_bytes)
        }
    }
    let endpoint = Endpoint::of(&alb);
    let store = KeyStore::builder(Fetcher(endpoint.clone()))
        .key_url("https://keys.example")
        .unwrap()
        .runtime(given.handle().clone())
        .build()
        .unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap();
    let asking = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let verdict = asking.unwrap().block_on(verdict(&authenticator, &alb));
    assert_eq!(verdict, Ok(()));
    assert_eq!(endpoint.asked().len(), 1);
}

#[tokio::test]
async fn given_keys_are_all_there_are_and_each_id_has_one() {
    let (alb, other) = (SimulatedAlb::new(), SimulatedAlb::new());
    let authenticator = Authenticator::builder(alb.policy())
        .key_source(Arc::new(static_keys(&alb)))
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap();
    assert!(authenticator.key_store().is_none());
    assert_eq!(verdict(&authenticator, &alb).await, Ok(()));
    alb.rotate();
    assert_eq!(
        verdict(&authenticator, &alb).await,
        Err(TokenError::UnknownKey.into())
    );
    let unknown = lookup(&static_keys(&other), &alb);
    assert_eq!(format!("{unknown:?}"), "Ready(Err(Unknown))");

    let id = alb.key_id();
    let [pem, others] = [&alb, &other].map(|alb| alb.public_key_pem(alb.key_id()).unwrap());
    let from = |pems: [&str; 2]| {
        let pems = pems.map(|pem| (id, pem.to_owned()));
        StaticKeys::from_pems(pems, CryptoBackend::default()).map(drop)
    };
    assert_eq!(from([&pem, &pem]), Ok(()));
    assert_eq!(from([&pem, &others]), Err(ConfigError::KeyTwice(id)));
    let error = from([&pem, "no key"]).unwrap_err();
    assert!(matches!(error, ConfigError::PublicKey(_)), "{error}");
}

#[tokio::test]
async fn a_clock_that_cannot_be_read_is_a_503_and_counts_as_undecided() {
    let alb = SimulatedAlb::new();
    let clock = ManualClock::at(NOW);
    let authenticator = alb.authenticator_at(Arc::new(clock.clone()));
    assert_eq!(verdict(&authenticator, &alb).await, Ok(()));
    clock.break_down();
    let error = verdict(&authenticator, &alb).await.unwrap_err();
    assert_eq!(error, AuthenticateError::Clock(ClockError));
    assert!(matches!(
        error.disposition(),
        Disposition::Unavailable { .. }
    ));
    let stats = authenticator.stats();
    assert_eq!((stats.authenticated, stats.unavailable), (1, 1));
    // What cannot be parsed is refused whatever the time is.
    let header = alb.header(NOW).replace("ES256", "none");
    let token = alb.sign(header, r#"{"sub":"alice"}"#);
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    let error = authenticator.authenticate(headers).await.unwrap_err();
    assert_eq!(error, AuthenticateError::Rejected(TokenError::Algorithm));
    // The system's is past the first release of this test.
    assert!(SystemClock.unix_time().unwrap() > UnixTime::from_secs(1_700_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_fails_is_a_503_which_says_when_to_try_again() {
    #[derive(Debug)]
    struct Broken;
    impl KeyFetcher for Broken {
        fn fetch(&self, _url: String, _max_body_bytes: usize) -> FetchFuture {
            Box::pin(async { Err(FetchError::Tls) })
        }
    }
    let alb = SimulatedAlb::new();
    let store = KeyStore::builder(Broken).key_url("https://keys.example");
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store.unwrap().build().unwrap())
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap();
    let error = verdict(&authenticator, &alb).await.unwrap_err();
    let AuthenticateError::Unavailable(KeyError::Fetch {
        error: why,
        retry_after,
    }) = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(*why, FetchError::Tls);
    assert!(!retry_after.is_zero());
    let retry_after = *retry_after;
    assert_eq!(
        error.disposition(),
        Disposition::Unavailable { retry_after }
    );
    assert_eq!(
        authenticator.key_store().unwrap().stats().negative_entries,
        1
    );
}

/// What the child process is to find.
const EXPECTED: &str = "ALB_OIDC_TEST_EXPECTED";
const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
const GOOD: [(&str, &str); 3] = [
    (Authenticator::ALB_ARN_VARIABLE, ARN),
    (Authenticator::ISSUER_VARIABLE, "https://login.example.com"),
    (Authenticator::CLIENT_ID_VARIABLE, "shop"),
];

/// Each environment is a process of its own: this very test, which then finds [`EXPECTED`].
#[test]
fn an_authenticator_is_made_of_what_the_environment_says() {
    if let Ok(expected) = env::var(EXPECTED) {
        let said = match (AuthenticatorBuilder::from_env(), Authenticator::from_env()) {
            (Ok(_), Ok(authenticator)) => describe(&authenticator),
            (Err(error), Err(same)) if error == same => error.to_string(),
            (builder, authenticator) => panic!("{builder:?} and {authenticator:?}"),
        };
        assert_eq!(said, expected);
        return;
    }
    let all = format!("{ARN} https://login.example.com shop");
    expect(&GOOD, &all);
    let mirrored = [
        &GOOD[..],
        &[(Authenticator::KEY_URL_VARIABLE, "https://keys.example")],
    ]
    .concat();
    expect(&mirrored, &format!("{all} https://keys.example"));
    for missing in 0..GOOD.len() {
        let mut some = GOOD.to_vec();
        let (name, _) = some.remove(missing);
        expect(&some, &ConfigError::VariableMissing(name).to_string());
    }
    for (name, value, error) in [
        (
            Authenticator::ALB_ARN_VARIABLE,
            "shop",
            ConfigError::Arn(ArnError::NotAnArn),
        ),
        (
            Authenticator::ISSUER_VARIABLE,
            "http://login.example.com",
            ConfigError::Issuer,
        ),
        (Authenticator::CLIENT_ID_VARIABLE, "", ConfigError::ClientId),
        (
            Authenticator::KEY_URL_VARIABLE,
            "http://keys.example",
            ConfigError::KeyUrl,
        ),
    ] {
        let mut variables = GOOD.to_vec();
        variables.retain(|(other, _)| *other != name);
        variables.push((name, value));
        let error = Box::new(error);
        expect(
            &variables,
            &ConfigError::Variable { name, error }.to_string(),
        );
    }
}

fn expect(variables: &[(&str, &str)], expected: &str) {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([
        "--exact",
        "an_authenticator_is_made_of_what_the_environment_says",
    ]);
    for (name, _) in GOOD {
        child.env_remove(name);
    }
    child.env_remove(Authenticator::KEY_URL_VARIABLE);
    child
        .envs(variables.iter().copied())
        .env(EXPECTED, expected);
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

fn describe(authenticator: &Authenticator) -> String {
    let policy: &TrustPolicy = authenticator.policy();
    let rules: Vec<&TrustedRule> = policy.rules().collect();
    let [rule] = rules.as_slice() else {
        panic!("one rule, not {rules:?}");
    };
    assert_eq!(rule.signer().region().as_str(), "eu-west-1");
    let mut text = format!(
        "{ARN} {} {}",
        rule.issuer().unwrap(),
        rule.client().unwrap()
    );
    let shown = format!("{rule:?}");
    assert!(shown.contains(ARN), "{shown}");
    if format!("{authenticator:?}").contains("https://keys.example") {
        text.push_str(" https://keys.example");
    }
    text
}
