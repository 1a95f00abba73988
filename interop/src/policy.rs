//! Whom to trust, in terms that both verifiers have.

use std::time::Duration;

use alb_oidc::{ClientId, Issuer, Signer, TrustPolicy, TrustedRule, danger};
use serde_json::{Value, json};

/// Entries of one issuer each, and a leeway.
#[derive(Clone)]
pub(crate) struct Policy {
    /// Any of them may fit.
    pub(crate) entries: Vec<Entry>,
    /// How far the clocks may be apart, in seconds.
    pub(crate) leeway: u64,
}

/// One issuer with its load balancers and client ids.
#[derive(Clone)]
pub(crate) struct Entry {
    /// ARNs, one of which must have signed.
    pub(crate) signers: Vec<String>,
    /// `None` is any.
    pub(crate) issuer: Option<String>,
    /// One of which must be the token's; `None` is any.
    pub(crate) clients: Option<Vec<String>>,
}

impl Entry {
    fn rules(&self) -> Vec<TrustedRule> {
        let mut rules = Vec::new();
        let issuer = self
            .issuer
            .as_ref()
            .map(|issuer| Issuer::new(issuer).expect("an issuer"));
        for arn in &self.signers {
            let signer = Signer::exact(arn.parse().expect("an ARN"));
            match (&issuer, &self.clients) {
                (None, None) => rules.push(danger::any_issuer_and_client(signer)),
                (Some(issuer), None) => rules.push(danger::any_client(signer, issuer.clone())),
                (issuer, Some(clients)) => rules.extend(clients.iter().map(|client| {
                    let client = ClientId::new(client).expect("a client id");
                    match issuer {
                        Some(issuer) => TrustedRule::new(signer, issuer.clone(), client),
                        None => danger::any_issuer(signer, client),
                    }
                })),
            }
        }
        rules
    }
}

impl Policy {
    /// As ours.
    pub(crate) fn to_trust_policy(&self) -> TrustPolicy {
        TrustPolicy::new(self.entries.iter().flat_map(Entry::rules))
            .and_then(|policy| policy.with_leeway(Duration::from_secs(self.leeway)))
            .expect("a policy")
    }

    /// For the other verifier.
    pub(crate) fn to_json(&self) -> Value {
        let entry = |entry: &Entry| json!({"signers": entry.signers, "issuer": entry.issuer, "clients": entry.clients});
        json!({"entries": self.entries.iter().map(entry).collect::<Vec<_>>(), "leeway": self.leeway})
    }
}
