//! What the facade `metrics` is told of access tokens. On one thread, as its recorder.

use alb_oidc::AccessTokenError;
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use metrics::set_default_local_recorder;
use serde_json::json;

use crate::bench::{Bench, admins, millis};
use crate::endpoint::Answer;
use crate::recorder::MetricsRecorder;

fn fetches(reason: &str) -> String {
    format!("alb_oidc_key_fetch_duration_seconds{{document=key-set,reason={reason}}}")
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_access_tokens_and_fetches_of_key_sets_are_measured() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    alb_oidc::describe_metrics();
    let described = recorder.described();
    let bench = Bench::cognito();
    bench.endpoint.take(millis(250));
    bench.endpoint.answer_next(Answer::Status(404));
    let token = bench.token();
    assert!(bench.groups(&token).await.is_err());
    while let Err(AccessTokenError::Unavailable(_)) = bench.groups(&token).await {
        tokio::time::sleep(millis(50)).await;
    }
    assert_eq!(bench.groups(&token).await, admins());
    let others = bench.token_with(&json!({"sub": "mallory"}));
    assert!(bench.groups(&others).await.is_err());
    assert!(bench.send_as("alice", None).await.is_ok());

    let count = |reason| {
        let series = format!("alb_oidc_access_tokens_total{{reason={reason}}}");
        recorder.count(&series)
    };
    assert_eq!(count("none"), 2.0);
    assert!(count("access-token-keys-unavailable") >= 1.0);
    assert_eq!(count("access-token-subject"), 1.0);
    assert_eq!(count("access-token-missing"), 1.0);
    assert_eq!(recorder.values(&fetches("none")), [0.25]);
    assert_eq!(recorder.values(&fetches("key-status")), [0.25]);
    for series in recorder.series() {
        let (name, _) = series.split_once('{').unwrap();
        assert!(described.iter().any(|known| known == name), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_access_token_nobody_verifies_is_not_counted() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let alb = SimulatedAlb::new();
    let token = alb.mint(r#"{"sub":"alice"}"#, crate::bench::NOW);
    let authenticator = alb.authenticator_at(ManualClock::at(crate::bench::NOW));
    let headers = alb_oidc::OidcHeaders::from_lookup(|name| {
        (name == alb_oidc::OidcHeaders::DATA).then_some(token.as_bytes())
    });
    assert!(authenticator.authenticate(headers).await.is_ok());
    assert_eq!(
        recorder.series(),
        ["alb_oidc_requests_total{mode=enforced,outcome=authenticated,reason=none}"]
    );
}
