//! Only a user can be authorized, and only a verified token makes one.
//! error: E0308

#[cfg(compile_fail)]
fn authorize(authorizer: &alb_oidc::Authorizer, token: &alb_oidc::UnverifiedToken<'_>) {
    let _ = authorizer.authorize(token);
}

fn main() {}
