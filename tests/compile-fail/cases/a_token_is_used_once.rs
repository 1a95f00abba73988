use alb_oidc::{AdmittedToken, PublicKey, UnixTime};

fn twice(token: AdmittedToken, key: &PublicKey, now: UnixTime) {
    let _ = token.verify(key, now);
    let _ = token.verify(key, now);
}

fn main() {}
