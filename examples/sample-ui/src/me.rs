//! The signed-in user, for programs.

use alb_oidc::AuthenticatedUser;
use serde_json::{Map, Value, json};

/// What `/api/me` answers. `email` is there only where the identity provider
/// verified it; the address as it was sent is among the claims. `groups` is `null`
/// where they are not known, which is not the same as being in none.
#[must_use]
pub fn me(user: &AuthenticatedUser) -> Value {
    let claims: Map<String, Value> = user
        .claims()
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    json!({
        "issuer": user.id().issuer().as_str(),
        "subject": user.id().subject(),
        "name": user.display_name(),
        "email": user.claims().verified_email(),
        "groups": user.groups().ok(),
        "claims": claims,
        "token": {
            "signer": user.signer().to_string(),
            "client": user.client().as_str(),
            "key_id": user.key_id().to_string(),
            "expires_at": user.token_expires_at().as_secs(),
        },
    })
}
