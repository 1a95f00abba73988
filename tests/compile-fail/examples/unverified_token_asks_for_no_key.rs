//! A token that no policy has admitted asks for no key.
//! error: E0599

#[cfg(compile_fail)]
fn request(token: &alb_oidc::UnverifiedToken) -> alb_oidc::KeyRequest {
    token.key_request()
}

fn main() {}
