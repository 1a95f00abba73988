//! A token is consumed by the step that it takes.
//! error: E0382

#[cfg(compile_fail)]
fn twice(token: alb_oidc::AdmittedToken, key: &alb_oidc::PublicKey, now: alb_oidc::UnixTime) {
    let _ = token.verify(key, now);
    let _ = token.verify(key, now);
}

fn main() {}
