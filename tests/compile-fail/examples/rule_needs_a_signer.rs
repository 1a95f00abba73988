//! There is no rule without a signer.
//! error: E0061

#[cfg(compile_fail)]
fn rule(issuer: alb_oidc::Issuer, client: alb_oidc::ClientId) -> alb_oidc::TrustedRule {
    alb_oidc::TrustedRule::new(issuer, client)
}

fn main() {}
