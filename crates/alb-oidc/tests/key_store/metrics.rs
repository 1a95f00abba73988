//! What the facade `metrics` is told. Everything here runs on one thread, as does its recorder.

use alb_oidc::{
    AccessTokenError, AuthenticateError, Authorizer, BrowserRequest, Clock as _, CrossOrigin,
    CsrfProtection, KeyId, KeyStoreSettings, OidcHeaders, Refusal, Requirement, Visitor,
};
use alb_oidc_testkit::{SimulatedAlb, user};
use metrics::set_default_local_recorder;
use serde_json::json;
use tokio::task::JoinSet;

use crate::bench::{BAD_SIGNATURE, Bench, HOUR, LIMITED, UNKNOWN_KEY, millis, wait};
use crate::fetcher::Answer;
use crate::recorder::MetricsRecorder;

fn requests(outcome: &str, reason: &str) -> String {
    format!("alb_oidc_requests_total{{mode=enforced,outcome={outcome},reason={reason}}}")
}

fn fetches(reason: &str) -> String {
    format!("alb_oidc_key_fetch_duration_seconds{{document=key,reason={reason}}}")
}

const HELD: &str = "alb_oidc_held_keys{region=us-east-1}";

#[tokio::test(start_paused = true)]
async fn outcomes_fetches_and_held_keys_are_measured() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let bench = Bench::new();
    bench.endpoint.take(millis(250));
    assert_eq!(bench.request().await, Ok(()));
    assert_eq!(bench.request().await, Ok(()));
    let known = bench.alb.key_id();
    assert_eq!(bench.ask_for(known).await, BAD_SIGNATURE);
    let unknown = KeyId::from_bytes([7; 16]);
    assert_eq!(bench.ask_for(unknown).await, UNKNOWN_KEY);
    bench.endpoint.answer(Answer::HTML);
    assert!(bench.ask_for(KeyId::from_bytes([8; 16])).await.is_err());

    assert_eq!(recorder.count(&requests("authenticated", "none")), 2.0);
    assert_eq!(recorder.count(&requests("rejected", "bad-signature")), 1.0);
    assert_eq!(recorder.count(&requests("rejected", "unknown-key")), 1.0);
    assert_eq!(
        recorder.count(&requests("unavailable", "key-malformed")),
        1.0
    );
    assert_eq!(recorder.count("alb_oidc_around_load_balancer_total{}"), 1.0);
    assert_eq!(recorder.values(&fetches("none")), [0.25]);
    // Asked for twice, for the endpoint may lag a rotation.
    assert_eq!(recorder.values(&fetches("unknown-key")), [0.25, 0.25]);
    assert_eq!(recorder.values(&fetches("key-malformed")), [0.25]);
    assert_eq!(recorder.values(HELD).last(), Some(&1.0));
    bench.store.purge();
    assert_eq!(recorder.values(HELD).last(), Some(&0.0));
}

#[tokio::test(start_paused = true)]
async fn no_series_has_anything_of_a_request_in_it() {
    const CANARY: &str = "canary";
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let bench = Bench::new();
    assert_eq!(bench.request().await, Ok(()));
    let good = bench.alb.header(bench.clock.unix_time().unwrap());
    let values = [
        bench.alb.key_id().to_string(),
        bench.alb.arn().to_string(),
        bench.alb.arn().region().to_string(),
        bench.alb.issuer().to_string(),
        bench.alb.client().to_string(),
        "JWT".to_owned(),
        "ES256".to_owned(),
        "exp".to_owned(),
    ];
    let mut headers: Vec<_> = values
        .iter()
        .map(|value| good.replace(value, CANARY))
        .collect();
    assert!(headers.iter().all(|header| *header != good));
    headers.push(good.replace('}', r#","canary":"canary"}"#));
    let mut tokens = vec![CANARY.to_owned(), "canary.canary.canary".to_owned()];
    for header in headers {
        for payload in [
            r#"{"sub":"canary","canary":"canary"}"#,
            r#"{"sub":["canary"]}"#,
            CANARY,
        ] {
            tokens.push(bench.alb.sign(&header, payload));
        }
    }
    let mut signed_in = 0;
    for token in &tokens {
        signed_in += usize::from(bench.verdict(token).await.is_ok());
        for identity in [CANARY, "another"] {
            bench.observe(OidcHeaders::from_lookup(|name| {
                let value = match name {
                    OidcHeaders::DATA => token,
                    OidcHeaders::IDENTITY => identity,
                    _ => CANARY,
                };
                [value.as_bytes()]
            }));
        }
    }
    assert_eq!(signed_in, 1);
    let series = recorder.series();
    assert!(series.len() > 10, "{series:?}");
    let id = bench.alb.key_id().to_string();
    for name in series {
        assert!(!name.contains(CANARY) && !name.contains(&id), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_last_key_has_gone_holds_none() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let here = Bench::new();
    let arn = here.alb.arn().to_string().replace("us-east-1", "eu-west-1");
    let alb = SimulatedAlb::builder().arn(arn.parse().unwrap()).build();
    let there = Bench::around(alb, here.endpoint.clone(), here.store.clone());
    there.endpoint.publish(&there.alb);
    assert_eq!(here.request().await, Ok(()));
    assert_eq!(recorder.values(HELD).last(), Some(&1.0));
    // So long after its last fetch, the key of one region goes when the other's comes.
    wait(48 * HOUR).await;
    assert_eq!(there.request().await, Ok(()));
    assert_eq!(recorder.values(HELD).last(), Some(&0.0));
    let held = HELD.replace("us-east-1", "eu-west-1");
    assert_eq!(recorder.values(&held).last(), Some(&1.0));
}

#[tokio::test(start_paused = true)]
async fn what_the_budget_refuses_is_counted() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let bench = Bench::with(KeyStoreSettings::default().budget_burst(1));
    bench.endpoint.answer(Answer::Hang);
    let asked: JoinSet<_> = (0..8)
        .map(|n| bench.send(&bench.forged(KeyId::from_bytes([n; 16]))))
        .collect();
    let refused = asked.join_all().await;
    let limited = refused
        .into_iter()
        .filter(|refused| refused.as_ref().err() == LIMITED.as_ref().err())
        .count();
    assert!(limited > 0);
    let series = requests("unavailable", "key-fetch-limited");
    assert_eq!(recorder.values(&series).len(), limited);
}

#[tokio::test(start_paused = true)]
async fn what_is_only_observed_is_told_apart() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let bench = Bench::new();
    bench.observe(OidcHeaders::from_lookup(|_| [].into_iter()));
    let series = "alb_oidc_requests_total{mode=observed,outcome=missing,reason=missing}";
    assert_eq!(recorder.series(), [series]);
}

#[test]
fn what_authorizers_say_is_counted_by_reason_and_mode() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let alice = user(json!({"sub": "alice"}));
    let bob = || Requirement::subject("bob");
    let _ = Authorizer::enforce(!bob()).authorize(&alice);
    let _ = Authorizer::enforce(bob()).authorize(&alice);
    let _ = Authorizer::report_only(bob()).authorize(&alice);
    let _ = Authorizer::enforce(bob()).admit(Visitor::Unknown);
    let count = |labels| recorder.count(&format!("alb_oidc_authorizations_total{{{labels}}}"));
    for labels in [
        "mode=enforced,outcome=permitted,reason=none",
        "mode=enforced,outcome=refused,reason=requirement-unmet",
        "mode=observed,outcome=refused,reason=requirement-unmet",
        "mode=enforced,outcome=refused,reason=missing-layer",
    ] {
        assert_eq!(count(labels), 1.0, "{labels}");
    }
}

#[test]
fn what_other_sites_ask_for_is_counted() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let csrf = CsrfProtection::new();
    for (site, method) in [
        (b"cross-site".as_slice(), "POST"),
        (b"same-origin", "POST"),
        (b"cross-site", "GET"),
        (b"same-site", "DELETE"),
    ] {
        let site = |name| (name == "sec-fetch-site").then_some(site);
        let _ = csrf.check(&BrowserRequest::from_lookup(method, None, site));
    }
    assert_eq!(
        recorder.count("alb_oidc_cross_origin_requests_total{}"),
        2.0
    );
}

#[test]
fn what_an_extractor_refuses_is_counted_once_and_what_was_told_already_is_not() {
    let recorder = MetricsRecorder::default();
    let _guard = set_default_local_recorder(&recorder);
    let alice = user(json!({"sub": "alice"}));
    let claims = alice.claims().deserialize::<bool>().unwrap_err();
    for refusal in [
        Refusal::MissingLayer,
        claims.into(),
        AccessTokenError::NotConfigured.into(),
        AuthenticateError::Missing.into(),
        CrossOrigin::Site.into(),
    ] {
        refusal.tell();
    }
    let told: Vec<_> = recorder
        .series()
        .into_iter()
        .filter(|series| series.starts_with("alb_oidc_refusals_total"))
        .collect();
    assert_eq!(
        told,
        [
            "alb_oidc_refusals_total{reason=access-token-not-configured}",
            "alb_oidc_refusals_total{reason=claims-do-not-fit}",
            "alb_oidc_refusals_total{reason=missing-layer}",
        ]
    );
}

#[test]
fn every_metric_is_described() {
    let recorder = MetricsRecorder::default();
    metrics::with_local_recorder(&recorder, alb_oidc::describe_metrics);
    assert_eq!(
        recorder.described(),
        [
            "alb_oidc_requests_total",
            "alb_oidc_around_load_balancer_total",
            "alb_oidc_authorizations_total",
            "alb_oidc_access_tokens_total",
            "alb_oidc_cross_origin_requests_total",
            "alb_oidc_refusals_total",
            "alb_oidc_key_fetch_duration_seconds",
            "alb_oidc_held_keys",
        ]
    );
}
