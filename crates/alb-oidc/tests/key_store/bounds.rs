//! How many keys are kept, and which go first.

use alb_oidc_testkit::SimulatedAlb;

use crate::bench::{BAD_SIGNATURE, Bench, HOUR, secs, settle, wait};

const MAX_PROVEN: usize = 64;
const MAX_UNPROVEN: usize = 8;

/// Signs a user in with each of `count` keys, the load balancer's own first. Gives a token of each.
async fn prove(bench: &Bench, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for n in 0..count {
        if n > 0 {
            bench.alb.rotate();
        }
        bench.endpoint.publish(&bench.alb);
        let token = bench.token();
        // The budget brings one key a second.
        wait(secs(1)).await;
        bench.verdict(&token).await.unwrap();
        tokens.push(token);
    }
    tokens
}

/// Has the store fetch `count` keys that exist, and verify nothing with them. Gives a token for each.
async fn fetch_unproven(bench: &Bench, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        let other = SimulatedAlb::new();
        bench.endpoint.publish(&other);
        let token = bench.forged(other.key_id());
        wait(secs(1)).await;
        assert_eq!(bench.verdict(&token).await, BAD_SIGNATURE);
        tokens.push(token);
    }
    tokens
}

#[tokio::test(start_paused = true)]
async fn keys_that_have_proven_nothing_never_push_out_one_that_has() {
    let bench = Bench::new();
    let proven = prove(&bench, MAX_PROVEN).await;
    bench.endpoint.forget_asked();
    fetch_unproven(&bench, 200).await;
    assert_eq!(bench.endpoint.asked(), 200);
    let stats = bench.store.stats();
    assert_eq!(stats.proven_keys, MAX_PROVEN);
    assert_eq!(stats.unproven_keys, MAX_UNPROVEN);
    for token in &proven {
        assert_eq!(bench.timed(token).await, (Ok(()), secs(0)));
    }
    assert_eq!(bench.endpoint.asked(), 200);
}

#[tokio::test(start_paused = true)]
async fn of_the_keys_that_have_proven_nothing_the_oldest_goes_first() {
    let bench = Bench::new();
    let tokens = fetch_unproven(&bench, MAX_UNPROVEN + 1).await;
    bench.endpoint.forget_asked();
    for token in &tokens[1..] {
        assert_eq!(bench.timed(token).await, (BAD_SIGNATURE, secs(0)));
    }
    assert_eq!(bench.endpoint.asked(), 0);
    assert_eq!(bench.verdict(&tokens[0]).await, BAD_SIGNATURE);
    assert_eq!(bench.endpoint.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn however_many_keys_sign_users_in_72_are_kept_at_most() {
    let bench = Bench::new();
    let mut most = 0;
    for round in 0..3 {
        prove(&bench, MAX_PROVEN / 2).await;
        fetch_unproven(&bench, MAX_UNPROVEN * 2).await;
        bench.alb.rotate();
        let stats = bench.store.stats();
        most = most.max(stats.proven_keys + stats.unproven_keys);
        assert!(most <= MAX_PROVEN + MAX_UNPROVEN, "round {round}: {most}");
    }
    assert_eq!(most, MAX_PROVEN + MAX_UNPROVEN);
}

#[tokio::test(start_paused = true)]
async fn a_key_beyond_the_64_proves_itself_in_place_and_the_next_one_makes_room() {
    let bench = Bench::new();
    prove(&bench, MAX_PROVEN).await;
    for _ in 0..8 {
        bench.alb.rotate();
        prove(&bench, 1).await;
        assert_eq!(bench.store.stats().proven_keys, MAX_PROVEN + 1);
    }
    fetch_unproven(&bench, 1).await;
    assert_eq!(bench.store.stats().proven_keys, MAX_PROVEN);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_kept_when_64_others_are_proven_already() {
    let bench = Bench::new();
    let old = prove(&bench, MAX_PROVEN).await;
    bench.alb.rotate();
    let new = prove(&bench, 2).await;
    bench.endpoint.forget_asked();
    for token in &new {
        assert_eq!(bench.timed(token).await, (Ok(()), secs(0)));
    }
    // It is the oldest that have gone.
    for token in &old[2..] {
        assert_eq!(bench.timed(token).await, (Ok(()), secs(0)));
    }
    assert_eq!(bench.endpoint.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_pushes_nothing_out() {
    let bench = Bench::new();
    let proven = prove(&bench, MAX_PROVEN).await;
    fetch_unproven(&bench, MAX_UNPROVEN).await;
    wait(HOUR).await;
    bench.endpoint.forget_asked();
    for token in &proven {
        assert_eq!(bench.timed(token).await, (Ok(()), secs(0)));
    }
    settle().await;
    assert_eq!(bench.endpoint.asked(), MAX_PROVEN);
    for token in &proven {
        assert_eq!(bench.timed(token).await, (Ok(()), secs(0)));
    }
    assert_eq!(bench.store.stats().proven_keys, MAX_PROVEN);
    assert_eq!(bench.store.stats().unproven_keys, MAX_UNPROVEN);
}
