//! The issuer's keys: fetched once however many wait, kept, refreshed, and fetched again when they
//! rotate. On paused time.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use alb_oidc::{AccessTokenError, AccessTokenVerifier, KeyError};
use alb_oidc_testkit::{ProviderKey, SimulatedAlb};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::bench::{Bench, admins, millis, now, owned, pool, secs};
use crate::endpoint::{Answer, FakeEndpoint, set};

#[tokio::test(start_paused = true)]
async fn a_thousand_first_requests_make_one_fetch_and_all_know_their_groups() {
    let bench = Bench::cognito();
    bench.endpoint.take(millis(100));
    let token = bench.token();
    let mut herd = JoinSet::new();
    for _ in 0..1000 {
        let request = bench.send(&token);
        herd.spawn(async move { owned(request.await.unwrap().groups()) });
    }
    assert_eq!(herd.join_all().await, vec![admins(); 1000]);
    assert_eq!(bench.endpoint.asked(), 1);
    assert_eq!(bench.groups_now(&token), admins());
    assert_eq!(bench.endpoint.urls(), [pool().jwks_url()]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_before_there_is_a_token_that_could_be_good() {
    let bench = Bench::cognito();
    for token in [
        "opaque",
        "a.b.c",
        &bench.token_under(&json!({"alg": "HS256"})),
    ] {
        assert!(bench.groups_now(token).is_err());
    }
    assert_eq!(
        owned(now(bench.send_as("alice", None)).unwrap().unwrap().groups()),
        Err(AccessTokenError::Missing)
    );
    // Nor for a user whom the load balancer did not sign in.
    let forged = bench.alb.with_same_keys(SimulatedAlb::builder());
    let data = forged.sign(
        forged
            .header(crate::bench::NOW)
            .replace("simulated/", "other/"),
        r#"{"sub":"alice"}"#,
    );
    let token = bench.token();
    let headers = alb_oidc::OidcHeaders::from_lookup(|name| match name {
        alb_oidc::OidcHeaders::DATA => Some(data.as_bytes()),
        alb_oidc::OidcHeaders::ACCESS_TOKEN => Some(token.as_bytes()),
        _ => None,
    });
    assert!(bench.authenticator.authenticate(headers).await.is_err());
    assert_eq!(bench.endpoint.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_observed_fetches_nothing_either() {
    let bench = Bench::cognito();
    let (data, token) = (
        bench.alb.mint(r#"{"sub":"alice"}"#, crate::bench::NOW),
        bench.token(),
    );
    let headers = alb_oidc::OidcHeaders::from_lookup(|name| match name {
        alb_oidc::OidcHeaders::DATA => Some(data.as_bytes()),
        alb_oidc::OidcHeaders::ACCESS_TOKEN => Some(token.as_bytes()),
        _ => None,
    });
    bench.authenticator.observe(headers);
    assert_eq!(bench.authenticator.stats().authenticated, 1);
    sleep(millis(1)).await;
    assert_eq!(bench.endpoint.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_keys_are_those_of_the_form_of_the_issuer_that_the_load_balancer_signed() {
    for (data, access, url) in [
        (pool().issuer(), pool().multi_region_issuer(), pool().jwks_url()),
        (
            pool().multi_region_issuer(),
            pool().issuer(),
            "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_SIMULATED/.well-known/jwks.json".to_owned(),
        ),
    ] {
        let endpoint = FakeEndpoint::new();
        let verifier = AccessTokenVerifier::cognito(&pool()).fetcher(endpoint.clone());
        let alb = SimulatedAlb::builder().issuer(data).build();
        let bench = Bench::with(alb, endpoint, verifier);
        let token = bench.token_with(&json!({"iss": access.as_str()}));
        assert_eq!(bench.groups(&token).await, admins());
        assert_eq!(bench.endpoint.urls(), [url]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_goes_on_when_the_request_that_began_it_is_dropped_or_parked() {
    let bench = Bench::cognito();
    bench.endpoint.take(millis(100));
    let token = bench.token();
    let mut parked = pin!(bench.send(&token));
    let context = &mut Context::from_waker(Waker::noop());
    assert!(parked.as_mut().poll(context).is_pending());
    for _ in 0..20 {
        assert!(timeout(millis(2), bench.send(&token)).await.is_err());
    }
    let start = Instant::now();
    assert_eq!(bench.groups(&token).await, admins());
    assert!(start.elapsed() <= millis(102), "{:?}", start.elapsed());
    assert_eq!(bench.endpoint.asked(), 1);
    // And whenever it is polled after all, its answer is there.
    sleep(secs(60)).await;
    match parked.as_mut().poll(context) {
        Poll::Ready(user) => assert_eq!(owned(user.unwrap().groups()), admins()),
        Poll::Pending => panic!("the answer was lost"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_rotated_in_is_found_by_fetching_once_more() {
    let bench = Bench::cognito();
    assert_eq!(bench.groups(&bench.token()).await, admins());
    let rotated = bench.rotated_token();
    // A set that is so new has all there are.
    assert_eq!(
        bench.groups_now(&rotated),
        Err(AccessTokenError::UnknownKey)
    );
    assert_eq!(bench.endpoint.asked(), 1);
    bench.endpoint.answer(Answer::Set(set(&[
        ProviderKey::first(),
        ProviderKey::second(),
    ])));
    sleep(secs(10)).await;
    assert_eq!(bench.groups(&rotated).await, admins());
    assert_eq!(bench.groups_now(&bench.token()), admins());
    assert_eq!(bench.endpoint.asked(), 2);
    // And one that is rotated out is known no longer.
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::second()])));
    sleep(secs(3600)).await;
    let first = bench
        .alb
        .access_token("alice", &["admins"], crate::bench::NOW);
    assert_eq!(bench.groups_now(&first), admins());
    sleep(secs(1)).await;
    assert_eq!(bench.groups_now(&first), Err(AccessTokenError::UnknownKey));
    assert_eq!(bench.groups_now(&rotated), admins());
    assert_eq!(bench.endpoint.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_made_up_key_ids_costs_a_fetch_in_ten_seconds_and_nobody_else_waits() {
    let bench = Bench::cognito();
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    let claims = bench.claims(&json!({})).to_string();
    let start = Instant::now();
    let mut made_up = 0;
    while start.elapsed() < secs(60) {
        for _ in 0..20 {
            made_up += 1;
            let header = format!(r#"{{"kid":"{made_up}","alg":"RS256"}}"#);
            let forged = ProviderKey::second().sign(header, &claims);
            assert_eq!(
                bench.groups(&forged).await,
                Err(AccessTokenError::UnknownKey)
            );
        }
        assert_eq!(bench.groups_now(&token), admins());
        sleep(secs(1)).await;
    }
    assert_eq!(made_up, 1200);
    // One at first, and one in each ten seconds.
    assert!(bench.endpoint.asked() <= 7, "{}", bench.endpoint.asked());
}

#[tokio::test(start_paused = true)]
async fn a_set_is_refreshed_in_the_background_once_it_is_an_hour_old() {
    let bench = Bench::cognito();
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    sleep(secs(3599)).await;
    assert_eq!(bench.groups_now(&token), admins());
    assert_eq!(bench.endpoint.asked(), 1);
    sleep(secs(1)).await;
    bench.endpoint.take(millis(500));
    for _ in 0..100 {
        assert_eq!(bench.groups_now(&token), admins());
    }
    sleep(secs(1)).await;
    assert_eq!(bench.endpoint.asked(), 2);
    sleep(secs(3598)).await;
    assert_eq!(bench.groups_now(&token), admins());
    assert_eq!(bench.endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_is_no_set_never_takes_the_place_of_a_good_one() {
    let huge = format!(
        r#"{{"keys":[{}],"x":"{}"}}"#,
        ProviderKey::first().jwk(),
        "x".repeat(64 * 1024)
    );
    for bad in [
        "",
        "<html>sign in</html>",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct"}]}"#,
        &huge,
    ] {
        let bench = Bench::cognito();
        let token = bench.token();
        assert_eq!(bench.groups(&token).await, admins());
        bench.endpoint.answer(Answer::Set(bad.to_owned()));
        // As a refresh, and for a key that is not in the good one.
        sleep(secs(3600)).await;
        assert_eq!(bench.groups_now(&token), admins());
        sleep(secs(1)).await;
        assert_eq!(bench.endpoint.asked(), 2);
        assert!(bench.groups(&bench.rotated_token()).await.is_err());
        for _ in 0..60 {
            sleep(secs(60)).await;
            assert_eq!(bench.groups_now(&token), admins());
        }
        assert!(bench.endpoint.asked() > 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_that_is_purged_is_fetched_anew_and_a_fetch_under_way_brings_nothing_back() {
    let bench = Bench::cognito();
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    // The issuer has withdrawn the key.
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::second()])));
    assert_eq!(bench.groups_now(&token), admins());
    bench.authenticator.purge();
    assert_eq!(
        bench.groups(&token).await,
        Err(AccessTokenError::UnknownKey)
    );
    assert_eq!(bench.endpoint.asked(), 2);
    // The same while a fetch is under way that will bring the old set.
    let bench = Bench::cognito();
    bench.endpoint.take(millis(100));
    let waiting = bench.send(&token);
    sleep(millis(50)).await;
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::second()])));
    bench.authenticator.purge();
    let user = waiting.await.unwrap();
    assert_eq!(owned(user.groups()), Err(AccessTokenError::UnknownKey));
    assert_eq!(bench.groups_now(&token), Err(AccessTokenError::UnknownKey));
    assert_eq!(bench.groups_now(&bench.rotated_token()), admins());
    assert_eq!(bench.endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_known_to_have_failed_is_purged_too() {
    let bench = Bench::cognito();
    let token = bench.token();
    bench.endpoint.answer_next(Answer::Status(500));
    bench.endpoint.answer_next(Answer::Status(500));
    assert!(bench.groups(&token).await.is_err());
    assert!(bench.groups_now(&token).is_err());
    bench.authenticator.purge();
    assert_eq!(bench.groups(&token).await, admins());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_replaced_under_its_id_is_fetched_in_the_background() {
    let bench = Bench::cognito();
    let token = bench.token();
    let wrong = ProviderKey::second().jwk().replace("second", "first");
    bench
        .endpoint
        .answer_next(Answer::Set(format!(r#"{{"keys":[{wrong}]}}"#)));
    assert_eq!(
        bench.groups(&token).await,
        Err(AccessTokenError::BadSignature)
    );
    // So new that it is what the issuer has.
    sleep(millis(9_999)).await;
    assert_eq!(
        bench.groups_now(&token),
        Err(AccessTokenError::BadSignature)
    );
    sleep(millis(1)).await;
    assert_eq!(bench.endpoint.asked(), 1);
    assert_eq!(
        bench.groups_now(&token),
        Err(AccessTokenError::BadSignature)
    );
    sleep(millis(1)).await;
    assert_eq!(bench.groups_now(&token), admins());
    assert_eq!(bench.endpoint.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn forged_signatures_cost_a_fetch_in_ten_seconds_and_nobody_waits_for_it() {
    let bench = Bench::cognito();
    let token = bench.token();
    assert_eq!(bench.groups(&token).await, admins());
    bench.endpoint.take(millis(500));
    let claims = bench.claims(&json!({})).to_string();
    let forged = ProviderKey::second().sign(bench.alb.access_token_header(), claims);
    for _ in 0..600 {
        assert_eq!(
            bench.groups_now(&forged),
            Err(AccessTokenError::BadSignature)
        );
        assert_eq!(bench.groups_now(&token), admins());
        sleep(millis(100)).await;
    }
    let asked = bench.endpoint.asked();
    assert!((4..=7).contains(&asked), "{asked}");
}

#[test]
fn a_future_that_is_made_outside_of_a_runtime_finds_the_one_that_it_is_polled_in() {
    let bench = Bench::cognito();
    let request = bench.send(&bench.token());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let user = runtime.block_on(request).unwrap();
    assert_eq!(owned(user.groups()), admins());
    // Where there is none at all, there is an error and no panic.
    let bench = Bench::cognito();
    let user = now(bench.send(&bench.token())).unwrap().unwrap();
    let error = user.groups().unwrap_err();
    assert_eq!(
        (error.reason(), error.problem().status()),
        ("access-token-keys-unavailable", 503)
    );
}

#[test]
fn the_next_runtime_is_asked_at_once_where_one_has_ended_before() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap()
    };
    let bench = runtime().block_on(async { Bench::cognito() });
    let token = bench.token();
    assert_eq!(runtime().block_on(bench.groups(&token)), admins());
}

#[test]
fn a_fetch_that_never_began_is_no_failure_of_the_endpoint() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let ended = builder.enable_time().build().unwrap();
    let bench = Bench::cognito();
    let mut request = pin!(bench.send(&bench.token()));
    {
        let _ended = ended.enter();
        let mut context = Context::from_waker(Waker::noop());
        assert!(request.as_mut().poll(&mut context).is_pending());
    }
    drop(ended);
    let next = builder.enable_time().build().unwrap();
    let user = next.block_on(request).unwrap();
    assert_eq!(
        owned(user.groups()),
        Err(AccessTokenError::Unavailable(KeyError::NoRuntime))
    );
    assert_eq!(next.block_on(bench.groups(&bench.token())), admins());
}

#[test]
fn a_runtime_that_nobody_drives_is_given_up_for_the_one_that_asks() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    let idle = runtime();
    let bench = {
        let _idle = idle.enter();
        Bench::cognito()
    };
    let took = runtime().block_on(async {
        let start = Instant::now();
        let token = bench.token();
        while bench.groups(&token).await != admins() {
            sleep(millis(100)).await;
        }
        start.elapsed()
    });
    // What a flight may take, the second until it is taken for lost, and the shortest backoff.
    assert!((millis(4200)..secs(6)).contains(&took), "{took:?}");
    drop(idle);
}

#[test]
fn the_next_runtime_takes_over_where_one_has_ended() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap()
    };
    let bench = runtime().block_on(async {
        let bench = Bench::cognito();
        bench.endpoint.answer(Answer::Hang);
        let request = bench.send(&bench.token());
        assert!(timeout(millis(1), request).await.is_err());
        bench
    });
    bench
        .endpoint
        .answer(Answer::Set(set(&[ProviderKey::first()])));
    let groups = runtime().block_on(async {
        // The fetch broke off with its runtime, which is a failure to be waited out.
        loop {
            match bench.groups(&bench.token()).await {
                Err(AccessTokenError::Unavailable(_)) => sleep(millis(50)).await,
                groups => break groups,
            }
        }
    });
    assert_eq!(groups, admins());
}
