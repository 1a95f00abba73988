//! The user, as far as a verified token proves.

use std::fmt;
use std::sync::Arc;

use crate::access_token::{AccessTokenError, UnverifiedAccessToken, VerifiedAccessToken};
use crate::arn::LoadBalancerArn;
use crate::claims::{UserClaims, UserId};
use crate::jose::KeyId;
use crate::policy::{ClientId, TrustedNames};
use crate::time::UnixTime;

/// A user whom a trusted load balancer has authenticated. Only a
/// [`VerifiedToken`](crate::VerifiedToken) turns into one.
///
/// Cheap to clone. [`Debug`](std::fmt::Debug) shows which load balancer vouches, and nothing of the
/// user.
#[derive(Clone)]
pub struct AuthenticatedUser(Arc<Details>);

pub(crate) struct Details {
    pub(crate) claims: UserClaims,
    pub(crate) names: Arc<TrustedNames>,
    pub(crate) key_id: KeyId,
    pub(crate) token_expires_at: UnixTime,
    pub(crate) access_token: Option<UnverifiedAccessToken>,
    pub(crate) verified_access_token: Result<VerifiedAccessToken, AccessTokenError>,
}

impl AuthenticatedUser {
    pub(crate) fn new(details: Details) -> Self {
        Self(Arc::new(details))
    }

    /// Who it is: the issuer and the `sub`. The key to store things under.
    #[must_use]
    pub fn id(&self) -> &UserId {
        self.0.claims.user_id()
    }

    /// What the identity provider says of the user.
    #[must_use]
    pub fn claims(&self) -> &UserClaims {
        &self.0.claims
    }

    /// What to call the user: the first that is there of `name`, `preferred_username`,
    /// `given_name`, `email` (verified or not), `username` and `sub`.
    ///
    /// For display only. Users may choose it, so it can be anyone's name, or markup: escape it.
    #[must_use]
    pub fn display_name(&self) -> &str {
        let claims = self.claims();
        [
            claims.name(),
            claims.preferred_username(),
            claims.given_name(),
            claims.email(),
            claims.username(),
        ]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
        .unwrap_or_else(|| claims.sub())
    }

    /// The client id of the listener rule that authenticated the user.
    #[must_use]
    pub fn client(&self) -> &ClientId {
        &self.0.names.client
    }

    /// The load balancer that vouches.
    #[must_use]
    pub fn signer(&self) -> &LoadBalancerArn {
        &self.0.names.signer
    }

    /// The key that it signed with.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.0.key_id
    }

    /// When the token of this request expires: 120 seconds after the *request*, for a load balancer
    /// signs a new one for each.
    ///
    /// It is not the end of the session, which the load balancer alone knows, and tells nobody. So
    /// it is not for
    ///
    /// - a timer that signs the user out, or warns of it: it would go off two minutes after each page;
    /// - the lifetime of a cookie, a session or a token of your own: those have to say by themselves
    ///   for how long they believe this request;
    /// - the lifetime of a cached answer: what one user was told is not to be stored at all.
    ///
    /// It is for what outlives its request: a WebSocket, an event stream, a long upload. It bounds for
    /// how long the load balancer vouched for the identity that they began with.
    ///
    /// Source: AWS, *Authenticate users using an Application Load Balancer*, "User claims encoding and
    /// signature verification".
    #[must_use]
    pub fn token_expires_at(&self) -> UnixTime {
        self.0.token_expires_at
    }

    /// The access token that came along, not verified. `None` if there was none.
    #[must_use]
    pub fn access_token(&self) -> Option<&UnverifiedAccessToken> {
        self.0.access_token.as_ref()
    }

    /// What the access token says, which was verified beside the load balancer's own.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`] if nothing was set up to verify it (the feature `access-token` has
    /// `AuthenticatorBuilder::verify_access_tokens`), or it did not verify. The user is signed in
    /// all the same.
    pub fn verified_access_token(&self) -> Result<&VerifiedAccessToken, AccessTokenError> {
        self.0
            .verified_access_token
            .as_ref()
            .map_err(|error| *error)
    }

    /// The groups that the user is in, which a verified access token alone can tell: they are not
    /// in the load balancer's token. Empty if the user is in none.
    ///
    /// # Errors
    ///
    /// As [`verified_access_token`](Self::verified_access_token), and if it does not say
    /// ([`AccessTokenError::ClaimMissing`]); as a
    /// [`Refusal`](crate::Refusal) it becomes an answer.
    pub fn groups(&self) -> Result<&[String], AccessTokenError> {
        let groups = self.verified_access_token()?.groups();
        groups.ok_or(AccessTokenError::ClaimMissing("groups"))
    }

    /// The scopes that the user has granted, from the same source.
    ///
    /// # Errors
    ///
    /// As [`groups`](Self::groups).
    pub fn scopes(&self) -> Result<&[String], AccessTokenError> {
        let scopes = self.verified_access_token()?.scopes();
        scopes.ok_or(AccessTokenError::ClaimMissing("scope"))
    }
}

impl fmt::Debug for AuthenticatedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedUser")
            .field("issuer", self.id().issuer())
            .field("client", self.client())
            .field("signer", self.signer())
            .field("key_id", &self.key_id())
            .field("token_expires_at", &self.token_expires_at())
            .field("claims", self.claims())
            .field("access_token", &self.access_token())
            .field("verified_access_token", &self.verified_access_token())
            .finish()
    }
}
