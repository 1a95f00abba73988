//! Nothing of a payload can be read before its signature is verified.
//! error: E0599

#[cfg(compile_fail)]
fn subject(token: &alb_oidc::UnverifiedToken) -> &str {
    token.claims().sub()
}

fn main() {}
