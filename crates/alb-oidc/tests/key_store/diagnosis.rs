//! Whether keys can be had, asked by a person.

use alb_oidc::{
    Authenticator, CryptoBackend, EndpointState, FetchError, KeyError, KeyOwner, StaticKeys,
};
use tokio::time::Instant;

use crate::bench::{Bench, TICK, millis};
use crate::fetcher::Answer;

async fn diagnose(bench: &Bench) -> alb_oidc::KeyDiagnosis {
    let region = bench.alb.arn().region();
    bench.store.diagnose(region).await
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_has_served_a_key_serves() {
    let bench = Bench::new();
    let before = diagnose(&bench).await;
    assert_eq!(before.endpoint, EndpointState::Answers { status: 404 });
    assert_eq!((before.held_keys, before.answers()), (0, true));
    assert_eq!(bench.request().await, Ok(()));
    bench.store.purge();
    assert_eq!(bench.request().await, Ok(()));
    let after = diagnose(&bench).await;
    assert_eq!(after.endpoint, EndpointState::Serves);
    assert_eq!((after.held_keys, after.answers()), (1, true));
    assert_eq!(
        after.to_string(),
        "us-east-1: 1 keys are held; https://keys.example serves keys"
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_within_the_deadline_while_held_keys_go_on_verifying() {
    for (answer, expected) in [
        (Answer::Hang, FetchError::Timeout),
        (Answer::Failure(FetchError::Dns), FetchError::Dns),
        (Answer::Status(500), FetchError::Status(500)),
    ] {
        let bench = Bench::new();
        assert_eq!(bench.request().await, Ok(()));
        bench.endpoint.answer(answer);
        let start = Instant::now();
        let diagnosis = diagnose(&bench).await;
        assert!(start.elapsed() <= millis(3_200) + TICK);
        assert!(!diagnosis.answers());
        match diagnosis.endpoint {
            EndpointState::Unavailable(KeyError::Fetch { error, .. }) => {
                assert_eq!(error, expected);
            }
            other => panic!("expected {expected:?}, got {other:?}"),
        }
        assert_eq!(diagnosis.held_keys, 1);
        assert_eq!(bench.request().await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn asking_a_thousand_times_is_asking_once() {
    let bench = Bench::new();
    bench.endpoint.answer(Answer::Status(500));
    for _ in 0..1_000 {
        diagnose(&bench).await;
    }
    assert_eq!(bench.endpoint.asked(), 2, "a fetch and its retry");
}

#[tokio::test(start_paused = true)]
async fn an_authenticator_asks_for_each_region_of_its_policy_once() {
    let bench = Bench::new();
    let authenticator = Authenticator::builder(bench.alb.policy())
        .key_store(bench.store.clone())
        .build()
        .unwrap();
    let diagnoses = authenticator.diagnose().await;
    let owners: Vec<_> = diagnoses.iter().map(|diagnosis| &diagnosis.owner).collect();
    assert_eq!(owners, [&KeyOwner::LoadBalancers(bench.alb.arn().region())]);
    assert_eq!(diagnoses.first().unwrap().url, "https://keys.example");
    let given = Authenticator::builder(bench.alb.policy())
        .key_source(StaticKeys::from_pems(bench.alb.public_keys(), CryptoBackend::P256).unwrap())
        .build()
        .unwrap();
    assert_eq!(given.diagnose().await, []);
}
