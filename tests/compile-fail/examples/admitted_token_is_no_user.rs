//! What a policy admits is not authentic.
//! error: E0277

#[cfg(compile_fail)]
fn user(token: alb_oidc::AdmittedToken) -> alb_oidc::AuthenticatedUser {
    token.into()
}

fn main() {}
