//! Nothing of a payload can be read before its signature is verified.
//! error: E0599

#[cfg(compile_fail)]
fn subject<'h>(token: &'h alb_oidc::UnverifiedToken<'h>) -> &'h str {
    token.claims().sub()
}

fn main() {}
