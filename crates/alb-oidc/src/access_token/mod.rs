//! The access token that the ALB passes along, unsigned: a secret, and nothing to decide by until
//! it has been verified for itself.

mod error;
#[cfg(feature = "access-token")]
mod jwt;
#[cfg(feature = "access-token")]
mod verifier;

use std::fmt;

pub use error::AccessTokenError;
#[cfg(feature = "access-token")]
pub use verifier::AccessTokenVerifier;
#[cfg(feature = "access-token")]
pub(crate) use verifier::{Checked, Verifiers};

use crate::policy::Issuer;
use crate::time::UnixTime;

/// The value of `x-amzn-oidc-accesstoken`: the identity provider's access token as the ALB got it,
/// *not* signed by the ALB and not verified here. Whoever can reach the application around the load
/// balancer can put anything in it.
///
/// It is a bearer secret: [`Debug`](fmt::Debug) does not show it, and it is wiped from memory when
/// dropped (best effort: the server's own copy of the header is not ours to wipe).
#[derive(Clone)]
pub struct UnverifiedAccessToken(Box<[u8]>);

impl UnverifiedAccessToken {
    /// Of what is ASCII, as [`OidcHeaders`](crate::OidcHeaders) has read it.
    pub(crate) fn new(token: &[u8]) -> Self {
        debug_assert!(token.is_ascii(), "read by `OidcHeaders`");
        Self(token.into())
    }

    /// The token, to be passed on to the API that it is for, which verifies it. Do not read claims
    /// from it: nothing was verified.
    #[must_use]
    pub fn expose_unverified(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Drop for UnverifiedAccessToken {
    /// Not by `Zeroizing`, which wipes byte by byte.
    fn drop(&mut self) {
        self.0.fill(0);
        zeroize::optimization_barrier(&*self.0);
    }
}

impl fmt::Debug for UnverifiedAccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedAccessToken(…)")
    }
}

/// What an access token says that the identity provider signed, for the user and the client of the
/// load balancer's own token. Only an `AccessTokenVerifier`, of the feature `access-token`, makes
/// one.
///
/// It is not the token: [`AuthenticatedUser::access_token`](crate::AuthenticatedUser::access_token)
/// has that.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedAccessToken {
    issuer: Issuer,
    groups: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    expires_at: UnixTime,
    issued_at: Option<UnixTime>,
}

impl VerifiedAccessToken {
    /// `iss`: who signed it. Of a Cognito user pool it may be the other form than
    /// [`UserId::issuer`](crate::UserId::issuer)'s.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The groups that the user is in: Cognito's `cognito:groups`, or `groups` of [RFC 9068 section
    /// 2.2.3.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1).
    ///
    /// Without the claim, a user of Cognito is in no group. Of other providers it says nothing, and
    /// this is `None`: they may leave groups out for a client, or when there are too many.
    #[must_use]
    pub fn groups(&self) -> Option<&[String]> {
        self.groups.as_deref()
    }

    /// The scopes that were granted: `scope` of [RFC 8693 section
    /// 4.2](https://www.rfc-editor.org/rfc/rfc8693#section-4.2), taken apart. `None` without the claim.
    #[must_use]
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }

    /// `exp`: until when the identity provider means it.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// `iat`: when it was issued, which is how old what it says of groups is.
    #[must_use]
    pub const fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }
}

/// Shows how much there is, and nothing of the user.
impl fmt::Debug for VerifiedAccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedAccessToken")
            .field("issuer", &self.issuer)
            .field("groups", &self.groups.as_ref().map(Vec::len))
            .field("scopes", &self.scopes.as_ref().map(Vec::len))
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_secret() {
        let token = UnverifiedAccessToken::new(b"canary");
        assert_eq!(
            format!("{token:?} {token:#?}"),
            "UnverifiedAccessToken(…) UnverifiedAccessToken(…)"
        );
        assert_eq!(token.expose_unverified(), "canary");
    }

    #[test]
    fn debug_shows_no_group_and_no_scope() {
        let token = VerifiedAccessToken {
            issuer: Issuer::new("https://login.example.com").unwrap(),
            groups: Some(vec!["canary".to_owned()]),
            scopes: Some(vec!["canary".to_owned(); 2]),
            expires_at: UnixTime::from_secs(5),
            issued_at: None,
        };
        assert_eq!(
            format!("{token:?}"),
            r#"VerifiedAccessToken { issuer: "https://login.example.com", groups: Some(1), scopes: Some(2), expires_at: UnixTime(5), .. }"#
        );
    }
}
