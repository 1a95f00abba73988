//! Claims come out of a verified token, and out of nothing else.
//! error: E0277

#[cfg(compile_fail)]
fn claims(text: &str) -> alb_oidc::UserClaims {
    serde_json::from_str(text).unwrap()
}

fn main() {}
