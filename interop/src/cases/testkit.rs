//! The test kit's table: what load balancers send, and every attack by name.

use alb_oidc::UnixTime;
use alb_oidc_testkit::SimulatedAlb;
use alb_oidc_testkit::conformance::table;

use super::{Bench, Case, NOW};
use crate::policy::{Entry, Policy};

pub(super) fn add(bench: &mut Bench) {
    let alb = SimulatedAlb::new();
    let policy = Policy {
        entries: vec![Entry {
            signers: vec![alb.arn().to_string()],
            issuer: Some(alb.issuer().as_str().to_owned()),
            clients: Some(vec![alb.client().as_str().to_owned()]),
        }],
        leeway: 10,
    };
    let rows = table(&alb, UnixTime::from_secs(NOW));
    bench.cases.extend(rows.into_iter().map(|row| Case {
        name: format!("test kit: {}", row.name),
        headers: row.headers,
        policy: policy.clone(),
        keys: alb.public_keys(),
    }));
}
