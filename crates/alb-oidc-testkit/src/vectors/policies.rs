//! Policies that the conformance table, which has one rule and one leeway, does not have.

use alb_oidc::{ClientId, Issuer};

use super::group::{Group, NOW, Test, Verdict};
use super::keys;
use crate::alb::SimulatedAlb;
use crate::minter::{ALICE, HeaderLines, Minter, data};
use crate::signing_key::SigningKey;

pub(super) fn groups() -> Vec<Group> {
    vec![
        two_load_balancers(),
        one_load_balancer(),
        two_regions(),
        two_keys(),
        leeway("a leeway of nothing", 0, &NO_LEEWAY),
        leeway("a leeway of a minute", 60, &A_MINUTE),
    ]
}

/// Each part of a token is of some rule, and all three of one rule only in the good ones.
fn two_load_balancers() -> Group {
    let rule = |[name, issuer, client]: [&str; 3]| {
        let id = if name == "shop" {
            "aaaaaaaaaaaaaaaa"
        } else {
            "bbbbbbbbbbbbbbbb"
        };
        load_balancer(
            &format!("{EU}:loadbalancer/app/{name}/{id}"),
            issuer,
            client,
            keys::first(),
        )
    };
    let (shop, staff) = (rule(["shop"; 3]), rule(["staff"; 3]));
    let mut group = Group::trusting("two rules of two load balancers", &[&shop, &staff]);
    let alice = Verdict::User;
    for (name, comment, parts, verdict) in [
        (
            "FirstRule",
            "All of the first rule.",
            ["shop"; 3],
            alice("alice"),
        ),
        (
            "SecondRule",
            "All of the second rule.",
            ["staff"; 3],
            alice("alice"),
        ),
        (
            "ClientOfOtherRule",
            "The second rule's client at the first's issuer and load balancer.",
            ["shop", "shop", "staff"],
            Verdict::Refused("untrusted-client"),
        ),
        (
            "IssuerOfOtherRule",
            "The second rule's issuer for the first's load balancer and client.",
            ["shop", "staff", "shop"],
            Verdict::Refused("untrusted-issuer"),
        ),
        (
            "SignerOfOtherRule",
            "The second rule's load balancer for the first's issuer and client.",
            ["staff", "shop", "shop"],
            Verdict::Refused("untrusted-issuer"),
        ),
        (
            "SignerOfNoRule",
            "The first rule's issuer and client of a third load balancer.",
            ["stuff", "shop", "shop"],
            Verdict::Refused("untrusted-signer"),
        ),
    ] {
        let may_fetch = matches!(verdict, Verdict::User(_));
        let lines = good(&rule(parts));
        group
            .tests
            .push(Test::new(name, comment, &lines, verdict, may_fetch));
    }
    group
}

fn one_load_balancer() -> Group {
    let rule = |issuer: &str, client: &str| {
        load_balancer(
            &format!("{EU}:loadbalancer/app/shop/aaaaaaaaaaaaaaaa"),
            issuer,
            client,
            keys::first(),
        )
    };
    let rules = [rule("one", "one"), rule("two", "two"), rule("one", "three")];
    let mut group = Group::trusting("three rules of one load balancer", &rules.each_ref());
    for (name, comment, issuer, client, refused) in [
        ("RuleOne", "The first rule's.", "one", "one", None),
        ("RuleTwo", "The second rule's.", "two", "two", None),
        (
            "RuleThree",
            "The third rule's, which has the first's issuer.",
            "one",
            "three",
            None,
        ),
        (
            "RulesMixed",
            "The second rule's issuer with the first's client.",
            "two",
            "one",
            Some("untrusted-client"),
        ),
        (
            "RulesMixedAgain",
            "The second rule's issuer with the third's client.",
            "two",
            "three",
            Some("untrusted-client"),
        ),
        (
            "RuleOfNone",
            "An issuer of no rule, with the first's client.",
            "three",
            "one",
            Some("untrusted-issuer"),
        ),
    ] {
        let verdict = refused.map_or(Verdict::User("alice"), Verdict::Refused);
        let lines = good(&rule(issuer, client));
        group
            .tests
            .push(Test::new(name, comment, &lines, verdict, refused.is_none()));
    }
    group
}

/// Each region has one key. The same id means nothing in the other.
fn two_regions() -> Group {
    let rule = |arn: &str, key| {
        load_balancer(
            &format!("{arn}:loadbalancer/app/shop/aaaaaaaaaaaaaaaa"),
            "shop",
            "shop",
            key,
        )
    };
    let (eu, us) = (rule(EU, keys::first()), rule(US, keys::second()));
    let mut group = Group::trusting("two regions", &[&eu, &us]);
    for alb in [&eu, &us] {
        let other = if alb.arn() == eu.arn() { &us } else { &eu };
        let (kid, region) = (other.key_id().to_string(), alb.arn().region().to_string());
        group.keys.push(keys::Key::absent(kid, region));
    }
    let user = || Verdict::User("alice");
    let unknown = || Verdict::Refused("unknown-key");
    let tests = [
        ("FirstRegion", "A token of the first region.", &eu, user()),
        ("SecondRegion", "A token of the second region.", &us, user()),
        (
            "KeyOfSecondRegion",
            "A token of the first region, by the second's key.",
            &rule(EU, keys::second()),
            unknown(),
        ),
        (
            "KeyOfFirstRegion",
            "A token of the second region, by the first's key.",
            &rule(US, keys::first()),
            unknown(),
        ),
    ];
    for (name, comment, alb, verdict) in tests {
        group
            .tests
            .push(Test::new(name, comment, &good(alb), verdict, true));
    }
    group
}

fn two_keys() -> Group {
    let alb = SimulatedAlb::with_keys(SimulatedAlb::builder(), vec![keys::first(), keys::second()]);
    let minter = Minter {
        alb: &alb,
        now: NOW,
    };
    let mut group = Group::of("two keys of one region", &alb);
    let kid_of_first = format!(r#""{}""#, keys::first().id());
    let tests = [
        (
            "NewKey",
            "A token by the new key.",
            good(&alb),
            Verdict::User("alice"),
        ),
        (
            "OldKey",
            "A token by the old key.",
            good(&keys::load_balancer()),
            Verdict::User("alice"),
        ),
        (
            "KidOfOldKey",
            "The old key's id on a token by the new one.",
            minter.header_with("kid", &kid_of_first),
            Verdict::Refused("bad-signature"),
        ),
    ];
    for (name, comment, lines, verdict) in tests {
        group
            .tests
            .push(Test::new(name, comment, &lines, verdict, true));
    }
    group
}

/// A time, so many seconds from now: in the header as `exp` or `nbf`, in the payload as `nbf` or
/// `iat`.
struct Boundary(&'static str, &'static str, Place, i64, Option<&'static str>);

#[derive(Clone, Copy)]
enum Place {
    Header(&'static str),
    Payload(&'static str),
}

const NO_LEEWAY: [Boundary; 8] = [
    Boundary(
        "Leeway0ExpAhead",
        "It expires in a second.",
        Place::Header("exp"),
        1,
        None,
    ),
    Boundary(
        "Leeway0ExpNow",
        "It expires now.",
        Place::Header("exp"),
        0,
        Some("expired"),
    ),
    Boundary(
        "Leeway0ExpPast",
        "It expired a second ago.",
        Place::Header("exp"),
        -1,
        Some("expired"),
    ),
    Boundary(
        "Leeway0NbfNow",
        "It is valid from now on.",
        Place::Payload("nbf"),
        0,
        None,
    ),
    Boundary(
        "Leeway0NbfAhead",
        "It is valid in a second.",
        Place::Payload("nbf"),
        1,
        Some("not-yet-valid"),
    ),
    Boundary(
        "Leeway0NbfInHeaderAhead",
        "It is valid in a second, says the header.",
        Place::Header("nbf"),
        1,
        Some("not-yet-valid"),
    ),
    Boundary(
        "Leeway0IatNow",
        "It is issued now.",
        Place::Payload("iat"),
        0,
        None,
    ),
    Boundary(
        "Leeway0IatAhead",
        "It is issued in a second.",
        Place::Payload("iat"),
        1,
        Some("not-yet-valid"),
    ),
];

const A_MINUTE: [Boundary; 6] = [
    Boundary(
        "Leeway60ExpWithin",
        "It expired 59 seconds ago.",
        Place::Header("exp"),
        -59,
        None,
    ),
    Boundary(
        "Leeway60ExpOn",
        "It expired 60 seconds ago.",
        Place::Header("exp"),
        -60,
        Some("expired"),
    ),
    Boundary(
        "Leeway60ExpBeyond",
        "It expired 61 seconds ago.",
        Place::Header("exp"),
        -61,
        Some("expired"),
    ),
    Boundary(
        "Leeway60NbfWithin",
        "It is valid in 60 seconds.",
        Place::Payload("nbf"),
        60,
        None,
    ),
    Boundary(
        "Leeway60NbfBeyond",
        "It is valid in 61 seconds.",
        Place::Payload("nbf"),
        61,
        Some("not-yet-valid"),
    ),
    Boundary(
        "Leeway60NbfFar",
        "It is valid in an hour.",
        Place::Payload("nbf"),
        3600,
        Some("not-yet-valid"),
    ),
];

fn leeway(comment: &'static str, seconds: u64, boundaries: &[Boundary]) -> Group {
    let alb = keys::load_balancer();
    let minter = Minter {
        alb: &alb,
        now: NOW,
    };
    let mut group = Group::of(comment, &alb);
    group.policy.leeway_seconds = seconds;
    for &Boundary(name, comment, place, ahead, refused) in boundaries {
        let time = minter.seconds(ahead).to_string();
        let lines = match place {
            Place::Header(member) => minter.header_with(member, &time),
            Place::Payload(claim) => minter.claim(claim, &time),
        };
        let may_fetch = refused.is_none() || matches!(place, Place::Payload(_));
        let verdict = refused.map_or(Verdict::User("alice"), Verdict::Refused);
        group
            .tests
            .push(Test::new(name, comment, &lines, verdict, may_fetch));
    }
    group
}

fn load_balancer(arn: &str, issuer: &str, client: &str, key: SigningKey) -> SimulatedAlb {
    let issuer = Issuer::new(&format!("https://{issuer}.example.com"));
    let builder = SimulatedAlb::builder()
        .arn(arn.parse().expect("it is one"))
        .issuer(issuer.expect("it is one"))
        .client(ClientId::new(client).expect("it is one"));
    SimulatedAlb::with_keys(builder, vec![key])
}

fn good(alb: &SimulatedAlb) -> HeaderLines {
    data(alb.mint(ALICE, NOW))
}

const EU: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";
const US: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012";
