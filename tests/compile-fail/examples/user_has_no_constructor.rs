//! Nobody but a verified token makes a user.
//! error: E0423

#[cfg(compile_fail)]
fn user(claims: std::sync::Arc<alb_oidc::UserClaims>) -> alb_oidc::AuthenticatedUser {
    alb_oidc::AuthenticatedUser(claims)
}

fn main() {}
