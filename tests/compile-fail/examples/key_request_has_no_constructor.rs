//! A key request is made by admission alone.
//! error: E0624

#[cfg(compile_fail)]
fn request(region: alb_oidc::Region, key_id: alb_oidc::KeyId) -> alb_oidc::KeyRequest {
    alb_oidc::KeyRequest::new(region, key_id)
}

fn main() {}
