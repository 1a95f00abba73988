//! Tokens of several load balancers, issuers and clients against policies of several kinds.

use super::{Bench, LIFETIME, NOW};
use crate::mint::Mint;
use crate::policy::{Entry, Policy};

pub(super) fn add(bench: &mut Bench) {
    for (kind, policy) in policies() {
        for (what, token) in tokens(&bench.mint) {
            bench.add_for(policy.clone(), format!("policy: {kind}; {what}"), token);
        }
    }
}

/// Each load balancer, client and issuer with each other; and with the usual issuer in the payload.
fn tokens(mint: &Mint) -> Vec<(String, String)> {
    let mut tokens = Vec::new();
    for (arn, client) in ARNS
        .into_iter()
        .flat_map(|arn| CLIENTS.map(|client| (arn, client)))
    {
        for (issuer, claimed) in ISSUERS
            .into_iter()
            .flat_map(|own| [(own, own), (own, ISSUERS[0])])
        {
            let named = |issuer| Mint {
                arn,
                client,
                issuer,
                ..mint.clone()
            };
            let header = named(issuer).header(NOW + LIFETIME);
            let payload = named(claimed).payload(NOW + LIFETIME);
            tokens.push((
                format!("{arn}, {client}, {issuer}, in the payload {claimed}"),
                mint.token(header.text(), payload.text()),
            ));
        }
    }
    tokens
}

fn policies() -> Vec<(&'static str, Policy)> {
    let owned = |texts: &[&str]| {
        texts
            .iter()
            .map(|&text| text.to_owned())
            .collect::<Vec<_>>()
    };
    let entry = |signers: &[&str], issuer: Option<&str>, clients: Option<&[&str]>| Entry {
        signers: owned(signers),
        issuer: issuer.map(str::to_owned),
        clients: clients.map(owned),
    };
    let policy = |entries| Policy {
        entries,
        leeway: 10,
    };
    let [arn, other_arn, ..] = ARNS;
    let [issuer, other_issuer, ..] = ISSUERS;
    let [client, other_client, ..] = CLIENTS;
    vec![
        (
            "one rule",
            policy(vec![entry(&[arn], Some(issuer), Some(&[client]))]),
        ),
        (
            "two load balancers",
            policy(vec![entry(
                &[arn, other_arn],
                Some(issuer),
                Some(&[client]),
            )]),
        ),
        (
            "two clients",
            policy(vec![entry(
                &[arn],
                Some(issuer),
                Some(&[client, other_client]),
            )]),
        ),
        (
            "any client",
            policy(vec![entry(&[arn], Some(issuer), None)]),
        ),
        (
            "any issuer",
            policy(vec![entry(&[arn], None, Some(&[client]))]),
        ),
        (
            "any issuer and client",
            policy(vec![entry(&[arn], None, None)]),
        ),
        (
            "a rule for each of two issuers",
            policy(vec![
                entry(&[arn], Some(issuer), Some(&[client])),
                entry(&[other_arn], Some(other_issuer), Some(&[other_client])),
            ]),
        ),
    ]
}

const ARNS: [&str; 4] = [
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
    "arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188",
    "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/shop/50dc6c495c0c9188",
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188",
];
const ISSUERS: [&str; 3] = [
    "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE",
    "https://login.example.com",
    "https://login.example.com/",
];
const CLIENTS: [&str; 3] = ["7LTcoPZrV44zeX6YK9VKApvO3q", "staff-portal", "Staff-Portal"];
