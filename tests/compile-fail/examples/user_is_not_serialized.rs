//! A user does not end up in a log or a response by accident.
//! error: E0277

#[cfg(compile_fail)]
fn text(user: &alb_oidc::AuthenticatedUser) -> String {
    serde_json::to_string(user).unwrap()
}

fn main() {}
