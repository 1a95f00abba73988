//! What the operator sees: why a constant 401 was given, where keys come from, and nobody's identity.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use alb_oidc::{
    AccessTokenVerifier, AuthenticateError, Authenticator, Authorizer, BrowserRequest, Clock as _,
    CognitoUserPool, CryptoBackend, CsrfProtection, FetchFuture, KeyFetcher, KeyResponse, KeyStore,
    OidcHeaders, Refusal, Requirement, SystemClock, Visitor,
};
use alb_oidc_testkit::conformance::{Outcome, Row, table};
use alb_oidc_testkit::{KeyServer, ManualClock, ProviderKey, SimulatedAlb, user};
use serde_json::json;

thread_local! {
    /// What this thread has logged: one test, with all of its tasks.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The log of everything that this thread says. One subscriber serves all threads, for tracing
/// remembers of each place in the code whether anybody listened.
struct Log;

impl Log {
    fn start() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
                .with_ansi(false)
                .with_writer(|| Self)
                .init();
        });
        Self
    }

    fn take(&self) -> String {
        String::from_utf8(LOG.take()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read(row: &Row) -> Result<OidcHeaders<'_>, AuthenticateError> {
    OidcHeaders::from_lookup(|name| {
        let lines = row.headers.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_slice())
    })
}

#[tokio::test]
async fn each_refusal_is_traced_with_its_reason_and_without_the_user() {
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let clock = ManualClock::at_system_time();
    let now = clock.unix_time().unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(clock)
        .build()
        .unwrap();
    let built = log.take();
    assert!(
        built.contains("public keys are fetched from here"),
        "{built}"
    );
    assert!(built.contains(keys.url()), "{built}");
    for row in table(&alb, now) {
        let outcome = authenticator.authenticate(read(&row)).await;
        let traced = log.take();
        if let Err(error) = outcome {
            let reason = format!("reason=\"{}\"", error.reason());
            assert!(traced.contains(&reason), "{}: {traced}", row.name);
        }
        for identity in ["alice", "mallory", "Alice", "example.com", "eyJ"] {
            assert!(!traced.contains(identity), "{}: {traced}", row.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_have_come_through_the_load_balancer_is_counted_and_said_once_a_minute() {
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let now = SystemClock.unix_time().unwrap();
    let authenticator = alb.authenticator();
    let mut expected = 0;
    for row in table(&alb, now) {
        let _ = authenticator.authenticate(read(&row)).await;
        let trips = matches!(
            row.outcome,
            Outcome::Refused {
                reason: "bad-signature" | "untrusted-signer"
            }
        );
        expected += u64::from(trips);
        assert_eq!(
            authenticator.stats().around_load_balancer,
            expected,
            "{}",
            row.name
        );
    }
    assert!(expected > 10, "{expected}");
    let said = log.take();
    let alarms = said.matches("reachable around the load balancer").count();
    assert_eq!(alarms, 1, "{said}");
}

#[tokio::test]
async fn a_payload_that_disagrees_with_its_header_is_told_of_and_the_header_holds() {
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let now = SystemClock.unix_time().unwrap();
    let authenticator = alb.authenticator();
    for (payload, differs) in [
        (r#"{"sub":"alice"}"#, None),
        (
            r#"{"sub":"alice","exp":5}"#,
            Some("exp_differs=true iss_differs=false"),
        ),
        (
            r#"{"sub":"alice","iss":"canary"}"#,
            Some("exp_differs=false iss_differs=true"),
        ),
    ] {
        log.take();
        let data = alb.sign(alb.header(now), payload);
        let headers =
            OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(data.as_bytes()));
        let user = authenticator.authenticate(headers).await.unwrap();
        assert_eq!(user.id().issuer(), alb.issuer());
        let said = log.take();
        match differs {
            Some(differs) => assert!(said.contains(differs), "{payload}: {said}"),
            None => assert!(!said.contains("disagrees"), "{payload}: {said}"),
        }
        assert!(!said.contains("canary"), "{said}");
    }
}

#[tokio::test]
async fn what_is_observed_is_counted_and_traced_like_what_is_enforced() {
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let now = SystemClock.unix_time().unwrap();
    let (enforcing, observing) = (alb.authenticator(), alb.authenticator());
    for row in table(&alb, now) {
        log.take();
        let _ = enforcing.authenticate(read(&row)).await;
        let enforced = log.take();
        observing.observe(read(&row));
        let observed = log.take();
        assert_eq!(observing.stats(), enforcing.stats(), "{}", row.name);
        let reason = enforced
            .split("reason=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        if let Some(reason) = reason {
            assert!(observed.contains(reason), "{}: {observed}", row.name);
        }
        assert!(
            observed.contains("observed=true"),
            "{}: {observed}",
            row.name
        );
        assert!(
            !enforced.contains("observed=true"),
            "{}: {enforced}",
            row.name
        );
    }
    let stats = enforcing.stats();
    assert!(stats.authenticated > 0 && stats.missing == 1, "{stats:?}");
    assert!(stats.rejected > 100 && stats.unavailable == 0, "{stats:?}");
}

#[tokio::test]
async fn an_observed_request_whose_key_has_to_be_fetched_counts_once_it_is_there() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .build()
        .unwrap();
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let headers =
        || OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    authenticator.observe(headers());
    assert_eq!(authenticator.stats().authenticated, 0);
    let counted = async {
        while authenticator.stats().authenticated == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), counted)
        .await
        .expect("the key server answers");
    authenticator.observe(headers());
    assert_eq!(authenticator.stats().authenticated, 2);
}

#[test]
fn an_observed_request_without_a_runtime_counts_as_undecided() {
    let alb = SimulatedAlb::new();
    let authenticator = Authenticator::builder(alb.policy())
        .key_url("http://127.0.0.1:9")
        .unwrap()
        .build()
        .unwrap();
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    authenticator.observe(OidcHeaders::from_lookup(|name| {
        (name == OidcHeaders::DATA).then_some(token.as_bytes())
    }));
    assert_eq!(authenticator.stats().unavailable, 1);
}

#[test]
fn each_denial_is_traced_with_its_reason_and_without_the_user() {
    let log = Log::start();
    let user = user(json!({"sub": "alice", "email": "alice@example.com", "level": "canary"}));
    let staff = || Requirement::email_domain("example.org").unwrap();
    for (requirement, reason) in [
        (staff(), "email-unverified"),
        (
            Requirement::claim_equals("level", "3").unwrap(),
            "requirement-unmet",
        ),
        (Requirement::claim_equals("level", 3).unwrap(), "claim-type"),
        (
            !Requirement::claim_equals("level", "canary").unwrap(),
            "requirement-unmet",
        ),
        (!Requirement::subject("alice"), "requirement-unmet"),
        (!Requirement::user(user.id().clone()), "requirement-unmet"),
        (
            Requirement::claim_equals("dept", "it").unwrap(),
            "claim-missing",
        ),
    ] {
        log.take();
        let enforced = Authorizer::enforce(requirement.clone());
        assert!(enforced.authorize(&user).is_err());
        let traced = log.take();
        let reason = format!("reason=\"{reason}\"");
        let (level, observed) = ("INFO alb_oidc:", "observed=false");
        assert_eq!(traced.lines().count(), 1, "{traced}");
        for part in [level, observed, &reason] {
            assert!(traced.contains(part), "{part}: {traced}");
        }
        assert_eq!(
            Authorizer::report_only(requirement).authorize(&user),
            Ok(())
        );
        let reported = log.take();
        let (level, observed) = ("WARN alb_oidc:", "observed=true");
        for part in [level, observed, &reason] {
            assert!(reported.contains(part), "{part}: {reported}");
        }
        for identity in ["alice", "example.com", "canary"] {
            assert!(!traced.contains(identity), "{traced}");
            assert!(!reported.contains(identity), "{reported}");
        }
    }
    for (visitor, reason) in [
        (Visitor::Anonymous, "missing"),
        (Visitor::Unknown, "missing-layer"),
    ] {
        assert!(Authorizer::enforce(staff()).admit(visitor).is_err());
        let traced = log.take();
        assert!(traced.contains(&format!("reason=\"{reason}\"")), "{traced}");
    }
    // Who is let in is nobody's news.
    let anybody = Requirement::subject("alice");
    assert_eq!(Authorizer::enforce(anybody).authorize(&user), Ok(()));
    assert_eq!(log.take(), "");
}

#[tokio::test(start_paused = true)]
async fn so_many_denials_a_minute_are_loud_and_all_are_counted() {
    let log = Log::start();
    let user = user(json!({"sub": "alice"}));
    let nobody = || Requirement::subject("nobody");
    for (authorizer, level) in [
        (Authorizer::enforce(nobody()), " INFO "),
        (Authorizer::report_only(nobody()), " WARN "),
    ] {
        log.take();
        for _ in 0..100 {
            let _ = authorizer.authorize(&user);
        }
        let said = log.take();
        assert_eq!(said.matches(level).count(), 60, "{said}");
        assert_eq!(said.matches(" DEBUG ").count(), 40, "{said}");
        tokio::time::advance(Duration::from_secs(60)).await;
        let _ = authorizer.authorize(&user);
        let said = log.take();
        assert!(said.contains(level) && said.contains("untold=40"), "{said}");
        let stats = authorizer.stats();
        assert_eq!(stats.denied + stats.would_have_refused, 101);
    }
}

/// The quotas are the process's, and no other test here spends from them.
#[tokio::test(start_paused = true)]
async fn no_flood_of_a_user_s_refusals_hides_a_route_without_a_layer() {
    let log = Log::start();
    let user = user(json!({"sub": "alice"}));
    let error = user.claims().deserialize::<u8>().unwrap_err();
    let misfit = Refusal::ClaimsDoNotFit(error);
    for _ in 0..100 {
        misfit.tell();
    }
    let said = log.take();
    assert_eq!(said.matches(" WARN ").count(), 60, "{said}");
    assert_eq!(said.matches(" DEBUG ").count(), 40, "{said}");
    Refusal::MissingLayer.tell();
    let said = log.take();
    assert!(said.contains(" ERROR "), "{said}");
}

/// An endpoint that is down.
#[derive(Debug)]
struct Down;

impl KeyFetcher for Down {
    fn fetch(&self, _: String, _: usize) -> FetchFuture {
        Box::pin(async { Ok(KeyResponse::new(503, b"canary".to_vec())) })
    }
}

#[tokio::test(start_paused = true)]
async fn requests_of_other_sites_and_of_an_outage_are_loud_sixty_times_a_minute() {
    let log = Log::start();
    let csrf = CsrfProtection::new();
    let other_site = BrowserRequest::from_lookup("POST", None, |name| {
        (name == "sec-fetch-site").then_some(&b"cross-site"[..])
    });
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
    let alb = SimulatedAlb::builder().arn(arn.parse().unwrap()).build();
    let data = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let store = KeyStore::builder(Down).build().unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .build()
        .unwrap();
    log.take();
    for _ in 0..100 {
        assert!(csrf.check(&other_site).is_err());
    }
    let said = log.take();
    assert_eq!(said.matches(" WARN ").count(), 60, "{said}");
    assert_eq!(said.matches(" DEBUG ").count(), 40, "{said}");
    assert_eq!(
        said.matches("reason=\"cross-origin\"").count(),
        100,
        "{said}"
    );
    for _ in 0..100 {
        let headers =
            OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(data.as_bytes()));
        assert!(authenticator.authenticate(headers).await.is_err());
    }
    let said = log.take();
    assert_eq!(said.matches(" ERROR ").count(), 60, "{said}");
    assert_eq!(authenticator.stats().unavailable, 100);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_place_of_an_access_token_is_traced_by_its_label_sixty_times_a_minute() {
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let now = SystemClock.unix_time().unwrap();
    let genuine = alb.access_token("alice", &["canary"], now);
    let claims = alb.access_token_claims("canary", &["canary"], now);
    let others = ProviderKey::first().sign(alb.access_token_header(), claims.to_string());
    let pool: CognitoUserPool = "us-east-1_SIMULATED".parse().unwrap();
    let down = AccessTokenVerifier::cognito(&pool).fetcher(Down);
    let at_hand = alb.access_token_verifier();
    let data = alb.mint(r#"{"sub":"alice"}"#, now);
    for (verifier, token, level, reason) in [
        (&at_hand, "canary", "DEBUG", "access-token-opaque"),
        (
            &at_hand,
            "canary.canary.canary",
            "WARN",
            "access-token-encoding",
        ),
        (&at_hand, &others, "WARN", "access-token-subject"),
        (&down, &genuine, "WARN", "access-token-keys-unavailable"),
    ] {
        let authenticator = Authenticator::builder(alb.policy())
            .key_source(alb.clone())
            .verify_access_tokens(verifier.clone())
            .build()
            .unwrap();
        let built = log.take();
        let says_from_where = "the keys of access tokens are fetched from here";
        let is_fetched = reason == "access-token-keys-unavailable";
        assert_eq!(built.contains(says_from_where), is_fetched, "{built}");
        for _ in 0..100 {
            let headers = OidcHeaders::from_lookup(|name| match name {
                OidcHeaders::DATA => Some(data.as_bytes()),
                OidcHeaders::ACCESS_TOKEN => Some(token.as_bytes()),
                _ => None,
            });
            let user = authenticator.authenticate(headers).await.unwrap();
            assert_eq!(user.groups().unwrap_err().reason(), reason);
        }
        let said = log.take();
        let label = format!("reason=\"{reason}\"");
        let loud = said
            .lines()
            .filter(|line| line.contains(level) && line.contains(&label))
            .count();
        let expected = if level == "DEBUG" { 100 } else { 60 };
        assert_eq!(loud, expected, "{said}");
        assert_eq!(said.matches(&label).count(), 100, "{said}");
        for secret in ["canary", "alice", "eyJ"] {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_transport_says_is_said_in_the_span_of_its_fetch() {
    #[derive(Debug)]
    struct Talking;
    impl KeyFetcher for Talking {
        fn fetch(&self, _: String, _: usize) -> FetchFuture {
            Box::pin(async {
                tracing::info!("dialling");
                Ok(KeyResponse::new(503, Vec::new()))
            })
        }
    }
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let pool: CognitoUserPool = "us-east-1_SIMULATED".parse().unwrap();
    let store = KeyStore::builder(Talking)
        .key_url("https://keys.example")
        .unwrap()
        .build()
        .unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .verify_access_tokens(AccessTokenVerifier::cognito(&pool))
        .build()
        .unwrap();
    let diagnoses = authenticator.diagnose().await;
    assert_eq!(diagnoses.len(), 2);
    let said = log.take();
    let dialled: Vec<_> = said
        .lines()
        .filter(|line| line.contains("dialling"))
        .collect();
    let said_in = |span: &str| dialled.iter().any(|line| line.contains(span));
    assert!(
        said_in("fetch_key{region=us-east-1 key_id=00000000-0000-0000-0000-000000000000}"),
        "{said}"
    );
    let issuer = pool.issuer();
    assert!(
        said_in(&format!("fetch_key_set{{issuer={issuer}}}")),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_of_a_fetch_is_told_and_loudly_if_a_key_takes_anothers_place() {
    /// Serves what it is told to, under any name.
    #[derive(Clone, Debug)]
    struct Endpoint(Arc<Mutex<KeyResponse>>);
    impl KeyFetcher for Endpoint {
        fn fetch(&self, _: String, _: usize) -> FetchFuture {
            let answer = self.0.lock().unwrap().clone();
            Box::pin(async { Ok(answer) })
        }
    }
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let served = |alb: &SimulatedAlb| {
        let (_, pem) = alb.public_keys().remove(0);
        KeyResponse::new(200, pem.into_bytes())
    };
    let endpoint = Endpoint(Arc::new(Mutex::new(served(&alb))));
    let store = KeyStore::builder(endpoint.clone())
        .key_url("https://keys.example")
        .unwrap()
        .build()
        .unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .build()
        .unwrap();
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let (fetched, failed) = ("DEBUG alb_oidc: fetched", "could not fetch");
    let replaced = "WARN alb_oidc: the key endpoint has replaced the key of this id";
    // Each answer is the refresh of an hour.
    let other = served(&SimulatedAlb::new());
    for (answer, told) in [
        (served(&alb), [true, false, false]),
        (served(&alb), [true, false, false]),
        (KeyResponse::new(500, Vec::new()), [false, false, true]),
        (other, [true, true, false]),
    ] {
        *endpoint.0.lock().unwrap() = answer;
        let headers = OidcHeaders::from_lookup(|name| {
            (name == OidcHeaders::DATA).then_some(token.as_bytes())
        });
        authenticator.authenticate(headers).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let said = log.take();
        let found = [fetched, replaced, failed].map(|what| said.contains(what));
        assert_eq!(found, told, "{said}");
        assert!(said.contains(&alb.key_id().to_string()), "{said}");
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}

/// No other test of this process uses tables.
#[tokio::test(start_paused = true)]
async fn a_key_that_gets_no_table_for_want_of_a_place_is_told_of_once() {
    #[derive(Debug)]
    struct Endpoint(SimulatedAlb);
    impl KeyFetcher for Endpoint {
        fn fetch(&self, url: String, _: usize) -> FetchFuture {
            let keys = self.0.public_keys().into_iter();
            let mut keys = keys.filter(|(id, _)| url.ends_with(&id.to_string()));
            let (_, pem) = keys.next().unwrap();
            Box::pin(async { Ok(KeyResponse::new(200, pem.into_bytes())) })
        }
    }
    let log = Log::start();
    let alb = SimulatedAlb::new();
    let store = KeyStore::builder(Endpoint(alb.clone()))
        .crypto_backend(CryptoBackend::P256Tables)
        .key_url("https://keys.example")
        .unwrap()
        .build()
        .unwrap();
    let now = SystemClock.unix_time().unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_store(store)
        .clock(ManualClock::at(now))
        .build()
        .unwrap();
    let told = || log.take().matches("have a table").count();
    for key in 0..18 {
        let token = alb.mint(r#"{"sub":"alice"}"#, now);
        // The budget brings one key a second. And each hour is one for another try.
        for wait in [1, 3600, 3600] {
            tokio::time::sleep(Duration::from_secs(wait)).await;
            for _ in 0..40 {
                let headers = OidcHeaders::from_lookup(|name| {
                    (name == OidcHeaders::DATA).then_some(token.as_bytes())
                });
                authenticator.authenticate(headers).await.unwrap();
            }
        }
        assert_eq!(told(), usize::from(key >= 16), "key {key}");
        alb.rotate();
    }
}
