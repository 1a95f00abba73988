//! What a verified token proves of a user, step by step and at its end; and what `Debug` keeps.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use alb_oidc::{
    AdmittedToken, AuthenticatedUser, Authenticator, ClientId, CryptoBackend, Issuer, KeyId,
    LoadBalancerArn, OidcHeaders, PublicKey, Signer, TokenError, TrustPolicy, TrustedRule,
    UnixTime, UnverifiedToken, VerifiedToken, danger,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb, user};
use serde_json::json;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
const ISSUER: &str = "https://login.example.com";
const CLIENT: &str = "shop";
/// What no `Debug` may show.
const CANARIES: [&str; 3] = ["alice", "secret", "eyJ"];

fn shop() -> SimulatedAlb {
    SimulatedAlb::builder()
        .arn(ARN.parse().unwrap())
        .issuer(Issuer::new(ISSUER).unwrap())
        .client(ClientId::new(CLIENT).unwrap())
        .build()
}

fn token(alb: &SimulatedAlb) -> String {
    alb.mint(r#"{"sub":"alice","name":"Alice"}"#, NOW)
}

fn headers<'h>(
    token: &'h str,
    identity: Option<&'h str>,
    access_token: Option<&'h str>,
) -> OidcHeaders<'h> {
    let value = |name| match name {
        OidcHeaders::DATA => Some(token),
        OidcHeaders::IDENTITY => identity,
        _ => access_token,
    };
    OidcHeaders::from_lookup(|name| value(name).map(str::as_bytes)).unwrap()
}

fn admit<'h>(alb: &SimulatedAlb, headers: OidcHeaders<'h>) -> AdmittedToken<'h> {
    let token = UnverifiedToken::parse(headers).unwrap();
    alb.policy().admit(token, NOW).unwrap()
}

fn public_key(alb: &SimulatedAlb) -> PublicKey {
    let pem = alb.public_key_pem(alb.key_id()).unwrap();
    PublicKey::from_pem(pem.as_bytes(), CryptoBackend::default()).unwrap()
}

fn assert_shows_nothing(shown: &str) {
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
}

#[test]
fn each_step_gives_what_is_known_by_then() {
    let alb = shop();
    let text = token(&alb);
    let unverified = UnverifiedToken::parse(headers(&text, None, None)).unwrap();
    let header = unverified.untrusted_header();
    assert_eq!(header.untrusted_key_id(), alb.key_id());
    assert_eq!(header.untrusted_signer(), alb.arn());
    assert_eq!(header.untrusted_issuer(), ISSUER);
    assert_eq!(header.untrusted_client(), CLIENT);
    let expiry = UnixTime::from_secs(NOW.as_secs() + 120);
    assert_eq!(header.untrusted_expires_at(), expiry);

    let admitted = alb.policy().admit(unverified, NOW).unwrap();
    let request = admitted.key_request();
    assert_eq!(request.region().as_str(), "eu-west-1");
    assert_eq!(request.key_id(), alb.key_id());

    let verified = admitted.verify(&public_key(&alb), NOW).unwrap();
    assert_eq!(verified.signer(), alb.arn());
    assert_eq!(verified.key_id(), alb.key_id());
    assert_eq!(verified.expires_at(), expiry);
    assert_eq!(verified.claims().sub(), "alice");
    assert_eq!(verified.claims().name(), Some("Alice"));

    let user = AuthenticatedUser::from(verified);
    assert_eq!(user.id().issuer().as_str(), ISSUER);
    assert_eq!(user.id().subject(), "alice");
    assert_eq!(user.claims().name(), Some("Alice"));
    assert_eq!(user.client().as_str(), CLIENT);
    assert_eq!(user.signer(), alb.arn());
    assert_eq!(user.key_id(), alb.key_id());
    assert_eq!(user.token_expires_at(), expiry);
    let left = user.token_expires_at().saturating_since(NOW);
    assert_eq!(left, Duration::from_secs(120));
    assert_eq!(NOW.saturating_since(expiry), Duration::ZERO);
    assert!(user.access_token().is_none());
}

#[test]
fn a_token_that_is_kept_beyond_its_request_proves_the_same() {
    let alb = shop();
    let key = public_key(&alb);
    let kept = {
        // Gone before the key is there.
        let (token, identity, access_token) =
            (token(&alb), "alice".to_owned(), "opaque".to_owned());
        admit(&alb, headers(&token, Some(&identity), Some(&access_token))).into_owned()
    };
    assert_eq!(kept.key_request().key_id(), alb.key_id());
    let user = AuthenticatedUser::from(kept.verify(&key, NOW).unwrap());
    assert_eq!(user.id().subject(), "alice");
    let access_token = user.access_token().map(|token| token.expose_unverified());
    assert_eq!(access_token, Some("opaque"));

    let text = token(&alb);
    let kept = admit(&alb, headers(&text, Some("mallory"), None)).into_owned();
    let error = kept.verify(&key, NOW).unwrap_err();
    assert_eq!(error, TokenError::IdentityMismatch);
}

#[test]
fn a_token_that_expires_while_its_key_is_fetched_is_refused() {
    let alb = shop();
    let (text, key) = (token(&alb), public_key(&alb));
    let verify = |seconds| {
        let later = UnixTime::from_secs(NOW.as_secs() + seconds);
        admit(&alb, headers(&text, None, None))
            .verify(&key, later)
            .map(drop)
    };
    assert_eq!(verify(129), Ok(()));
    assert_eq!(verify(130), Err(TokenError::Expired));
}

#[test]
fn under_a_waiver_the_user_has_what_the_token_names() {
    let alb = shop();
    let signer = Signer::named(
        alb.arn().region(),
        alb.arn().account(),
        "shop".parse().unwrap(),
    );
    let (text, key) = (token(&alb), public_key(&alb));
    for rule in [
        danger::any_client(signer, alb.issuer().clone()),
        danger::any_issuer(signer, alb.client().clone()),
        danger::any_issuer_and_client(signer),
    ] {
        let token = UnverifiedToken::parse(headers(&text, None, None)).unwrap();
        let admitted = TrustPolicy::from(rule).admit(token, NOW).unwrap();
        assert_eq!(admitted.key_request().region(), alb.arn().region());
        let user = AuthenticatedUser::from(admitted.verify(&key, NOW).unwrap());
        assert_eq!(user.id().issuer(), alb.issuer());
        assert_eq!(user.client(), alb.client());
    }
}

#[test]
fn a_rule_tells_whom_it_trusts_and_what_it_waives() {
    let arn: LoadBalancerArn = ARN.parse().unwrap();
    let (issuer, client) = (Issuer::new(ISSUER).unwrap(), ClientId::new(CLIENT).unwrap());
    let exact = Signer::exact(arn);
    let named = Signer::named(arn.region(), arn.account(), *arn.name());
    for signer in [exact, named] {
        assert_eq!(signer.region().as_str(), "eu-west-1");
        assert_eq!(signer.account().to_string(), "123456789012");
        let rule = TrustedRule::new(signer, issuer.clone(), client.clone());
        assert_eq!(rule.signer(), &signer);
        assert_eq!(rule.issuer(), Some(&issuer));
        assert_eq!(rule.client(), Some(&client));
        let rule = danger::any_client(signer, issuer.clone());
        assert_eq!((rule.issuer(), rule.client()), (Some(&issuer), None));
        let rule = danger::any_issuer(signer, client.clone());
        assert_eq!((rule.issuer(), rule.client()), (None, Some(&client)));
        let rule = danger::any_issuer_and_client(signer);
        assert_eq!((rule.issuer(), rule.client()), (None, None));
        assert_eq!(rule.signer(), &signer);
    }
    let policy = TrustPolicy::from(TrustedRule::new(exact, issuer.clone(), client.clone()))
        .or(TrustedRule::new(named, issuer, client));
    let signers: Vec<_> = policy.rules().map(TrustedRule::signer).collect();
    assert_eq!(signers, [&exact, &named]);
    assert_eq!(policy.leeway(), TrustPolicy::DEFAULT_LEEWAY);
}

#[test]
fn a_user_is_called_by_the_first_name_that_is_there() {
    let claims = [
        ("name", "Alice A"),
        ("preferred_username", "ali"),
        ("given_name", "Alice"),
        ("email", "alice@example.com"),
        ("username", "alice.a"),
    ];
    for first in 0..=claims.len() {
        let mut userinfo = json!({"sub": "00u1"});
        for (index, (name, value)) in claims.into_iter().enumerate() {
            // What is blank, or no text, is no name.
            let absent = [json!(""), json!(" \t"), json!(1)];
            userinfo[name] = match index < first {
                true => absent[index % absent.len()].clone(),
                false => json!(value),
            };
        }
        let expected = claims.get(first).map_or("00u1", |(_, value)| *value);
        assert_eq!(
            user(userinfo.clone()).display_name(),
            expected,
            "{userinfo}"
        );
    }
}

#[test]
fn debug_of_every_step_shows_the_signer_and_nothing_of_the_user() {
    let alb = shop();
    let text = token(&alb);
    let headers = headers(&text, Some("alice"), Some("secret"));
    let bytes = text.len();
    assert_eq!(
        format!("{headers:?}"),
        format!(
            "OidcHeaders {{ data_bytes: {bytes}, has_identity: true, has_access_token: true }}"
        )
    );
    let (input, _) = text.rsplit_once('.').unwrap();
    let (id, bytes) = (alb.key_id(), input.len());
    let expiry = "UnixTime(1800000120)";
    let header = format!(
        "JoseHeader {{ untrusted_key_id: {id}, untrusted_signer: {ARN}, untrusted_expires_at: {expiry}, .. }}"
    );
    let shown_headers = format!("{headers:#?}");
    let unverified = UnverifiedToken::parse(headers).unwrap();
    assert_eq!(format!("{:?}", unverified.untrusted_header()), header);
    let token = format!("UnverifiedToken {{ signing_input_bytes: {bytes}, header: {header}, .. }}");
    assert_eq!(format!("{unverified:?}"), token);
    let admitted = alb.policy().admit(unverified, NOW).unwrap();
    assert_eq!(
        format!("{admitted:?}"),
        format!(
            "AdmittedToken {{ signer: {ARN}, issuer: \"{ISSUER}\", client: \"{CLIENT}\", untrusted_key_id: {id}, \
             untrusted_validity: Validity {{ starts_at: None, expires_at: {expiry} }}, .. }}"
        )
    );
    let key = public_key(&alb);
    assert_eq!(format!("{key:?}"), "PublicKey { .. }");
    let verified: VerifiedToken = admitted.verify(&key, NOW).unwrap();
    let claims = "UserClaims { claims: 2, .. }";
    assert_eq!(
        format!("{verified:?}"),
        format!(
            "VerifiedToken {{ signer: {ARN}, key_id: {id}, expires_at: {expiry}, claims: {claims}, .. }}"
        )
    );
    let user = AuthenticatedUser::from(verified);
    assert_eq!(
        format!("{user:?}"),
        format!(
            "AuthenticatedUser {{ issuer: \"{ISSUER}\", client: \"{CLIENT}\", signer: {ARN}, key_id: {id}, \
             token_expires_at: {expiry}, claims: {claims}, access_token: Some(UnverifiedAccessToken(…)), \
             verified_access_token: Err(NotConfigured) }}"
        )
    );
    assert_shows_nothing(&shown_headers);
    assert_shows_nothing(&format!("{user:#?}"));
}

#[test]
fn debug_of_a_decision_shows_nothing_and_a_spent_one_stays_undecided() {
    let alb = shop();
    let authenticator: Authenticator = alb.authenticator_at(ManualClock::at(NOW));
    let text = token(&alb);
    let mut decision = authenticator.authenticate(Ok(headers(&text, None, Some("secret"))));
    assert_eq!(format!("{decision:?}"), "Authentication { .. }");
    assert_shows_nothing(&format!("{authenticator:?}"));
    let mut poll = || {
        let context = &mut Context::from_waker(Waker::noop());
        std::pin::Pin::new(&mut decision)
            .poll(context)
            .map(|decided| decided.map(drop))
    };
    assert_eq!(poll(), Poll::Ready(Ok(())));
    // No executor asks again; whoever does learns nothing, and is not let in twice.
    assert_eq!(poll(), Poll::Pending);
}

#[test]
fn parts_of_arns_and_ids_are_shown_as_they_are_written() {
    let arn: LoadBalancerArn = ARN.parse().unwrap();
    let id = KeyId::from_bytes(*b"0123456789abcdef");
    assert_eq!(format!("{arn:?} {arn}"), format!("{ARN} {ARN}"));
    assert_eq!(format!("{:?} {0}", arn.region()), "eu-west-1 eu-west-1");
    assert_eq!(
        format!("{:?} {0}", arn.account()),
        "123456789012 123456789012"
    );
    assert_eq!(format!("{:?} {0}", arn.name()), "shop shop");
    let text = "30313233-3435-3637-3839-616263646566";
    assert_eq!(format!("{id:?} {id}"), format!("{text} {text}"));
    assert_eq!(text.parse(), Ok(id));
    assert_eq!(id.as_bytes(), b"0123456789abcdef");
}
