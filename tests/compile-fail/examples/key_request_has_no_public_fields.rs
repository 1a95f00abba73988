//! A key request is made by admission alone.
//! error: E0451

#[cfg(compile_fail)]
fn request(region: alb_oidc::Region, key_id: alb_oidc::KeyId) -> alb_oidc::KeyRequest {
    alb_oidc::KeyRequest { region, key_id }
}

fn main() {}
