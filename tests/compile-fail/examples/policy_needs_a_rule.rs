//! There is no policy without a rule.
//! error: E0599

#[cfg(compile_fail)]
fn policy() -> alb_oidc::TrustPolicy {
    alb_oidc::TrustPolicy::default()
}

fn main() {}
