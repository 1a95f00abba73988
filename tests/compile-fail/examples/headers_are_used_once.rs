//! What has been taken apart is not there to be taken apart again.
//! error: E0382

#[cfg(compile_fail)]
fn twice(headers: alb_oidc::OidcHeaders<'_>) {
    let _ = alb_oidc::UnverifiedToken::parse(headers);
    let _ = alb_oidc::UnverifiedToken::parse(headers);
}

fn main() {}
