use alb_oidc::{ClientId, Issuer, TrustPolicy, TrustedRule};

fn without_a_signer(issuer: Issuer, client: ClientId) -> TrustPolicy {
    TrustPolicy::from(TrustedRule::new(issuer, client))
}

fn without_a_rule() -> TrustPolicy {
    TrustPolicy::default()
}

fn main() {}
