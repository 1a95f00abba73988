//! While the issuer's keys cannot be had, users are signed in, and only what needs groups fails. On
//! paused time.

use alb_oidc::{AccessTokenError, FetchError, KeyError};
use alb_oidc_testkit::ProviderKey;
use tokio::task::JoinSet;
use tokio::time::{self, Instant, sleep};

use crate::bench::{Bench, admins, fetch_error, millis, now, owned, secs};
use crate::endpoint::{Answer, set};

#[tokio::test(start_paused = true)]
async fn an_outage_is_a_503_for_groups_alone_and_is_waited_for_once() {
    let bench = Bench::cognito();
    bench.endpoint.answer(Answer::Hang);
    let token = bench.token();
    let start = Instant::now();
    let user = bench.send(&token).await.unwrap();
    assert_eq!(user.claims().sub(), "alice");
    assert!(start.elapsed() <= millis(3202), "{:?}", start.elapsed());
    let error = user.groups().unwrap_err();
    assert_eq!(error.problem().status(), 503);
    assert_eq!(error.reason(), "access-token-keys-unavailable");
    assert!(error.retry_after().is_some());
    // Known to be down, it is not waited for.
    for _ in 0..100 {
        assert_eq!(fetch_error(bench.groups_now(&token)), FetchError::Timeout);
    }
    assert_eq!(bench.endpoint.asked(), 1);
    // Nor asked more often than the backoff allows.
    bench.endpoint.answer(Answer::Status(500));
    let start = Instant::now();
    while start.elapsed() < secs(60) {
        let _ = bench.groups(&token).await;
        sleep(millis(100)).await;
    }
    assert!(
        (6..=12).contains(&bench.endpoint.asked()),
        "{}",
        bench.endpoint.asked()
    );
    // And it recovers by itself.
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::first()])));
    sleep(secs(9)).await;
    // One request asks whether it is up again; the others do not wait for what was down.
    let asking = bench.send(&token);
    assert_eq!(
        fetch_error(bench.groups_now(&token)),
        FetchError::Status(500)
    );
    assert_eq!(owned(asking.await.unwrap().groups()), admins());
    assert_eq!(bench.groups_now(&token), admins());
}

#[tokio::test(start_paused = true)]
async fn while_it_is_down_no_request_waits_for_it_but_those_that_ask() {
    let bench = Bench::cognito();
    bench.endpoint.answer(Answer::Hang);
    let token = bench.token();
    let mut requests = JoinSet::new();
    // The first of all are there before anything has failed, and wait together.
    bench.send(&token).await.unwrap();
    let start = Instant::now();
    while start.elapsed() < secs(60) {
        let (asked, request) = (Instant::now(), bench.send(&token));
        requests.spawn(async move {
            request.await.unwrap();
            asked.elapsed()
        });
        sleep(millis(100)).await;
    }
    let took = requests.join_all().await;
    assert!(took.iter().all(|took| *took <= millis(3_202)), "{took:?}");
    let waited = took.iter().filter(|took| !took.is_zero()).count();
    assert_eq!(waited + 1, bench.endpoint.asked(), "a fetch each");
    assert!((4..=20).contains(&waited), "{waited} of {}", took.len());
}

/// As on AWS Lambda, where nothing runs between two requests.
#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_cut_off_by_a_freeze_costs_no_request_its_groups() {
    let bench = Bench::cognito();
    bench.endpoint.take(millis(100));
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    // Each begins a refresh whose time is over before it has been driven.
    bench.endpoint.answer(Answer::Hang);
    for _ in 0..23 {
        time::advance(secs(3_600)).await;
        assert_eq!(bench.groups_now(&token), admins());
        time::advance(secs(20)).await;
    }
    assert!(bench.endpoint.asked() > 10);
    // The set has expired, and the last refresh has failed a moment ago.
    time::advance(secs(3_600)).await;
    sleep(secs(9)).await;
    assert!(now(bench.send(&token)).is_none(), "it is waited for");
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::first()])));
    sleep(secs(20)).await;
    assert_eq!(bench.groups(&token).await, admins());
}

/// There too nobody else drives a fetch than the request that has begun it, also where a refresh was
/// due anyway.
#[tokio::test(start_paused = true)]
async fn a_rotation_after_a_failed_refresh_is_waited_for_by_the_request_that_finds_it() {
    let bench = Bench::cognito();
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    bench.endpoint.answer(Answer::Status(500));
    time::advance(secs(3_600)).await;
    assert_eq!(bench.groups_now(&token), admins());
    sleep(secs(60)).await;
    let asked = bench.endpoint.asked();
    assert!(asked > 1, "a refresh has failed");
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::second()])));
    assert_eq!(bench.groups(&bench.rotated_token()).await, admins());
    assert_eq!(bench.endpoint.asked(), asked + 1);
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_told_apart_and_only_what_may_mend_itself_is_tried_again() {
    for (answer, error, fetches) in [
        (Answer::Failure(FetchError::Connect), FetchError::Connect, 2),
        (Answer::Failure(FetchError::Dns), FetchError::Dns, 2),
        (Answer::Failure(FetchError::Aborted), FetchError::Aborted, 2),
        (Answer::Failure(FetchError::Tls), FetchError::Tls, 1),
        (
            Answer::Failure(FetchError::BodyTooLarge),
            FetchError::BodyTooLarge,
            1,
        ),
        (Answer::Status(503), FetchError::Status(503), 2),
        (Answer::Status(403), FetchError::Status(403), 1),
        (Answer::Status(404), FetchError::Status(404), 1),
        (Answer::Status(204), FetchError::Status(204), 1),
        (Answer::Status(302), FetchError::Redirect, 1),
        (Answer::RetryAfter(503, secs(4)), FetchError::Status(503), 1),
        (Answer::Hang, FetchError::Timeout, 1),
        (Answer::Panic, FetchError::Aborted, 1),
    ] {
        let bench = Bench::cognito();
        bench.endpoint.answer(answer.clone());
        let groups = bench.groups(&bench.token()).await;
        assert_eq!(fetch_error(groups), error, "{answer:?}");
        assert_eq!(bench.endpoint.asked(), fetches, "{answer:?}");
    }
    for body in ["<html>", r#"{"keys":[]}"#] {
        let bench = Bench::cognito();
        bench.endpoint.answer(Answer::Set(body.to_owned()));
        let groups = bench.groups(&bench.token()).await;
        let problem = groups.as_ref().unwrap_err().problem();
        assert_eq!(problem.status(), 503);
        let error = fetch_error(groups);
        assert!(matches!(error, FetchError::MalformedSet(_)), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_mends_itself_at_once_is_not_noticed() {
    let bench = Bench::cognito();
    bench
        .endpoint
        .answer_next(Answer::Failure(FetchError::Connect));
    assert_eq!(bench.groups(&bench.token()).await, admins());
    assert_eq!(bench.endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_heeded_up_to_eight_seconds() {
    for (asked_for, least, most) in [(4, 4, 5), (3600, 8, 9)] {
        let bench = Bench::cognito();
        bench
            .endpoint
            .answer(Answer::RetryAfter(503, secs(asked_for)));
        let token = bench.token();
        let _ = bench.groups(&token).await;
        let left = bench.groups_now(&token).unwrap_err().retry_after().unwrap();
        assert!((secs(least)..=secs(most)).contains(&left), "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_held_outlive_an_outage_of_less_than_a_day() {
    let bench = Bench::cognito();
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    bench.endpoint.answer(Answer::Status(503));
    for _ in 0..(24 * 60 - 1) {
        sleep(secs(60)).await;
        assert_eq!(bench.groups_now(&token), admins());
    }
    sleep(secs(60)).await;
    assert_eq!(
        fetch_error(bench.groups(&token).await),
        FetchError::Status(503)
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_held_is_not_said_to_be_unknown_while_the_endpoint_is_down() {
    let bench = Bench::cognito();
    assert_eq!(bench.groups(&bench.token()).await, admins());
    bench.endpoint.answer(Answer::Status(503));
    sleep(secs(10)).await;
    let claims = bench.claims(&serde_json::json!({})).to_string();
    let rotated = ProviderKey::second().sign(r#"{"kid":"second","alg":"RS256"}"#, claims);
    for _ in 0..3 {
        let groups = bench.groups(&rotated).await;
        assert_eq!(fetch_error(groups), FetchError::Status(503));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_nearly_as_long_as_it_may_is_waited_for() {
    let bench = Bench::cognito();
    bench.endpoint.take(millis(2_900));
    let token = bench.token();
    let first = bench.send(&token);
    sleep(millis(2_500)).await;
    assert_eq!(bench.groups(&token).await, admins());
    assert_eq!(crate::bench::owned(first.await.unwrap().groups()), admins());
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_set_has_at_most_64_kib() {
    let groups = async |length| {
        let bench = Bench::cognito();
        let mut set = set(&[ProviderKey::first()]);
        set.extend(std::iter::repeat_n(' ', length - set.len()));
        bench.endpoint.answer(Answer::Set(set));
        bench.groups(&bench.token()).await
    };
    assert_eq!(groups(64 * 1024).await, admins());
    let too_long = groups(64 * 1024 + 1).await;
    assert_eq!(fetch_error(too_long), FetchError::BodyTooLarge);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_bounded() {
    use alb_oidc::{AccessTokenVerifier, KeyStoreSettings};
    use alb_oidc_testkit::SimulatedAlb;

    use crate::bench::pool;
    use crate::endpoint::FakeEndpoint;

    let endpoint = FakeEndpoint::new();
    endpoint.take(millis(100));
    let verifier = AccessTokenVerifier::cognito(&pool())
        .fetcher(endpoint.clone())
        .settings(KeyStoreSettings::default().max_waiters(2));
    let bench = Bench::with(SimulatedAlb::new(), endpoint, verifier);
    let token = bench.token();
    let waiting = [bench.send(&token), bench.send(&token)];
    assert_eq!(
        bench.groups_now(&token),
        Err(AccessTokenError::Unavailable(KeyError::Limited))
    );
    for request in waiting {
        assert_eq!(
            crate::bench::owned(request.await.unwrap().groups()),
            admins()
        );
    }
}
