//! The waivers: what a deployment may need once, and an audit must be able to find. Search for
//! `danger::`.
//!
//! There is no waiver of the signer, of the signature or of the expiry.

pub use crate::keys::plain_http_key_url;
use crate::policy::{ClientId, Expected, Issuer, Signer, TrustedRule};

/// Trusts tokens that `signer` signed under this issuer, for *any* client id.
///
/// What is given up: users of another application behind the same load balancer, under the same
/// issuer, are let in as if they were this one's.
#[must_use]
pub const fn any_client(signer: Signer, issuer: Issuer) -> TrustedRule {
    TrustedRule::waived(signer, Expected::Exactly(issuer), Expected::Any)
}

/// Trusts tokens that `signer` signed for this client id, from *any* issuer.
///
/// What is given up: whoever may change the load balancer's rules, or has another rule on it with
/// the same client id, chooses who vouches for users. [`UserId`](crate::UserId)s of different
/// issuers stay different.
#[must_use]
pub const fn any_issuer(signer: Signer, client: ClientId) -> TrustedRule {
    TrustedRule::waived(signer, Expected::Any, Expected::Exactly(client))
}

/// Trusts every token that `signer` signed: what [`any_client`] and [`any_issuer`] give up,
/// together.
#[must_use]
pub const fn any_issuer_and_client(signer: Signer) -> TrustedRule {
    TrustedRule::waived(signer, Expected::Any, Expected::Any)
}
