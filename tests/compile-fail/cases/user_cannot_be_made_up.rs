use alb_oidc::{AuthenticatedUser, UserClaims};

fn made_up(details: std::sync::Arc<UserClaims>) -> AuthenticatedUser {
    AuthenticatedUser(details)
}

fn parsed(text: &str) -> UserClaims {
    serde_json::from_str(text).unwrap()
}

fn main() {}
