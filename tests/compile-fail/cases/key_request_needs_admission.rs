use alb_oidc::{KeyId, KeyRequest, Region, UnverifiedToken};

fn from_parts(region: Region, key_id: KeyId) -> KeyRequest {
    KeyRequest { region, key_id }
}

fn by_constructor(region: Region, key_id: KeyId) -> KeyRequest {
    KeyRequest::new(region, key_id)
}

fn from_unverified(token: &UnverifiedToken) -> KeyRequest {
    token.key_request()
}

fn main() {}
