//! `danger` waives issuer and client, and has nothing for the signer.
//! error: E0425

#[cfg(compile_fail)]
fn rule(issuer: alb_oidc::Issuer, client: alb_oidc::ClientId) -> alb_oidc::TrustedRule {
    alb_oidc::danger::any_signer(issuer, client)
}

fn main() {}
