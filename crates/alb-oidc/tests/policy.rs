//! Whom a policy trusts: triples, not three lists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::time::Duration;

use alb_oidc::{
    ClientId, ConfigError, Issuer, LoadBalancerArn, LoadBalancerName, OidcHeaders, Signer,
    TokenError, TrustPolicy, TrustedRule, UnixTime, UnverifiedToken, danger,
};
use alb_oidc_testkit::SimulatedAlb;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

fn arn(name: &str, id: &str) -> LoadBalancerArn {
    format!("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/{name}/{id}")
        .parse()
        .unwrap()
}

fn issuer(name: &str) -> Issuer {
    Issuer::new(&format!("https://{name}.example.com")).unwrap()
}

fn client(name: &str) -> ClientId {
    ClientId::new(name).unwrap()
}

fn alb(arn: LoadBalancerArn, issuer: Issuer, client: ClientId) -> SimulatedAlb {
    SimulatedAlb::builder()
        .arn(arn)
        .issuer(issuer)
        .client(client)
        .build()
}

/// What the policy says of a token that `alb` signs now.
fn admit(policy: &TrustPolicy, alb: &SimulatedAlb) -> Result<(), TokenError> {
    admit_at(policy, alb, NOW)
}

fn admit_at(policy: &TrustPolicy, alb: &SimulatedAlb, now: UnixTime) -> Result<(), TokenError> {
    let token = alb.mint(r#"{"sub":"alice"}"#, NOW);
    let lookup = |name| (name == OidcHeaders::DATA).then_some(token.as_bytes());
    let headers = || OidcHeaders::from_lookup(lookup).unwrap();
    let parsed = UnverifiedToken::parse(headers()).unwrap();
    let admitted = policy.admit(parsed, now).map(drop);
    let at_once = policy.parse_and_admit(headers(), now).map(drop);
    assert_eq!(at_once, admitted, "{token}");
    admitted
}

const A: &str = "aaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbb";

#[test]
fn names_of_load_balancers_are_told_apart_and_ordered_as_texts() {
    let mut names = ["shop", "s", "Shop", "a-b", "shop-2"].map(|name| {
        let name: LoadBalancerName = name.parse().unwrap();
        name
    });
    names.sort_unstable();
    assert_eq!(
        names.each_ref().map(LoadBalancerName::as_str),
        ["Shop", "a-b", "s", "shop", "shop-2"]
    );
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    let hashes: HashSet<_> = names
        .iter()
        .map(|name| BuildHasherDefault::<DefaultHasher>::default().hash_one(name))
        .collect();
    assert_eq!(hashes.len(), names.len());
}

#[test]
fn the_parts_of_two_rules_do_not_mix() {
    let rule =
        |name: &str, id| TrustedRule::new(Signer::exact(arn(name, id)), issuer(name), client(name));
    let policy = TrustPolicy::new([rule("shop", A), rule("staff", B)]).unwrap();
    let presented = |signer: (&str, &str), iss, aud| {
        admit(
            &policy,
            &alb(arn(signer.0, signer.1), issuer(iss), client(aud)),
        )
    };
    assert_eq!(presented(("shop", A), "shop", "shop"), Ok(()));
    assert_eq!(presented(("staff", B), "staff", "staff"), Ok(()));
    assert_eq!(
        presented(("shop", A), "shop", "staff"),
        Err(TokenError::UntrustedClient)
    );
    assert_eq!(
        presented(("shop", A), "staff", "shop"),
        Err(TokenError::UntrustedIssuer)
    );
    assert_eq!(
        presented(("staff", B), "shop", "shop"),
        Err(TokenError::UntrustedIssuer)
    );
    let presented_signer = Err(TokenError::UntrustedSigner {
        presented: Some(arn("shop", B)),
    });
    assert_eq!(presented(("shop", B), "shop", "shop"), presented_signer);
}

#[test]
fn one_load_balancer_may_have_several_rules() {
    let signer = Signer::exact(arn("shop", A));
    let policy = TrustPolicy::from(TrustedRule::new(signer, issuer("one"), client("one")))
        .or(TrustedRule::new(signer, issuer("two"), client("two")))
        .or(TrustedRule::new(signer, issuer("one"), client("three")));
    let presented = |iss, aud| admit(&policy, &alb(arn("shop", A), issuer(iss), client(aud)));
    for (iss, aud) in [("one", "one"), ("two", "two"), ("one", "three")] {
        assert_eq!(presented(iss, aud), Ok(()));
    }
    assert_eq!(presented("two", "one"), Err(TokenError::UntrustedClient));
    assert_eq!(presented("three", "one"), Err(TokenError::UntrustedIssuer));
}

#[test]
fn a_signer_by_name_leaves_the_id_open_and_nothing_else() {
    let signer = Signer::named(
        "eu-west-1".parse().unwrap(),
        "123456789012".parse().unwrap(),
        "shop".parse().unwrap(),
    );
    let policy = TrustPolicy::from(TrustedRule::new(signer, issuer("shop"), client("shop")));
    let presented = |arn| admit(&policy, &alb(arn, issuer("shop"), client("shop")));
    assert_eq!(presented(arn("shop", A)), Ok(()));
    assert_eq!(presented(arn("shop", B)), Ok(()));
    for other in [
        arn("shop-evil", A).to_string(),
        arn("sho", A).to_string(),
        arn("Shop", A).to_string(),
        arn("shop", A)
            .to_string()
            .replace("123456789012", "999999999999"),
        arn("shop", A).to_string().replace("eu-west-1", "eu-west-2"),
        arn("shop", A)
            .to_string()
            .replace("arn:aws:", "arn:aws-us-gov:")
            .replace("eu-west-1", "us-gov-west-1"),
    ] {
        let error = presented(other.parse().unwrap()).unwrap_err();
        assert!(
            matches!(error, TokenError::UntrustedSigner { .. }),
            "{other}"
        );
    }
}

#[test]
fn a_waiver_waives_what_it_says_and_never_the_signer() {
    let signer = Signer::exact(arn("shop", A));
    let any_client = TrustPolicy::from(danger::any_client(signer, issuer("shop")));
    let any_issuer = TrustPolicy::from(danger::any_issuer(signer, client("shop")));
    let any = TrustPolicy::from(danger::any_issuer_and_client(signer));
    let at = |id, iss, aud| alb(arn("shop", id), issuer(iss), client(aud));
    assert_eq!(admit(&any_client, &at(A, "shop", "x")), Ok(()));
    assert_eq!(
        admit(&any_client, &at(A, "x", "shop")),
        Err(TokenError::UntrustedIssuer)
    );
    assert_eq!(admit(&any_issuer, &at(A, "x", "shop")), Ok(()));
    assert_eq!(
        admit(&any_issuer, &at(A, "shop", "x")),
        Err(TokenError::UntrustedClient)
    );
    assert_eq!(admit(&any, &at(A, "x", "x")), Ok(()));
    for policy in [any_client, any_issuer, any] {
        let error = admit(&policy, &at(B, "shop", "shop")).unwrap_err();
        assert!(matches!(error, TokenError::UntrustedSigner { .. }));
    }
}

#[test]
fn a_token_lives_until_its_expiry_and_the_leeway() {
    let shop = alb(arn("shop", A), issuer("shop"), client("shop"));
    let at = |policy: &TrustPolicy, seconds| {
        admit_at(policy, &shop, UnixTime::from_secs(NOW.as_secs() + seconds))
    };
    let policy = shop.policy();
    assert_eq!(at(&policy, 129), Ok(()));
    assert_eq!(at(&policy, 130), Err(TokenError::Expired));
    let strict = shop.policy().with_leeway(Duration::ZERO).unwrap();
    assert_eq!(at(&strict, 119), Ok(()));
    assert_eq!(at(&strict, 120), Err(TokenError::Expired));
    let most = shop.policy().with_leeway(Duration::from_secs(60)).unwrap();
    assert_eq!(at(&most, 179), Ok(()));
    let more = shop.policy().with_leeway(Duration::from_secs(61));
    assert_eq!(more.unwrap_err(), ConfigError::Leeway);
    assert_eq!(
        at(&policy, u64::MAX - NOW.as_secs()),
        Err(TokenError::Expired)
    );
}

#[test]
fn a_longest_lifetime_refuses_what_expires_too_far_ahead() {
    let shop = alb(arn("shop", A), issuer("shop"), client("shop"));
    let longest = |seconds| {
        admit(
            &shop
                .policy()
                .with_max_lifetime(Duration::from_secs(seconds)),
            &shop,
        )
    };
    assert_eq!(longest(120), Ok(()));
    assert_eq!(longest(110), Ok(()));
    assert_eq!(longest(109), Err(TokenError::LifetimeTooLong));
}

#[test]
fn an_empty_policy_and_empty_names_are_refused() {
    assert_eq!(TrustPolicy::new([]).unwrap_err(), ConfigError::NoRules);
    for id in ["", " ", "a b", "a\n", "ä"] {
        assert_eq!(ClientId::new(id), Err(ConfigError::ClientId), "{id:?}");
    }
    for url in [
        "",
        "https://",
        "login.example.com",
        "http://login.example.com",
        "https://login.example.com?x",
        "https://a b",
        "https://login.example.com/\n",
    ] {
        assert_eq!(Issuer::new(url), Err(ConfigError::Issuer), "{url:?}");
    }
    for url in [
        "https://accounts.google.com",
        "https://example.eu.auth0.com/",
        "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        "http://localhost:8080/realms/x",
    ] {
        assert!(Issuer::new(url).is_ok(), "{url}");
    }
}
