//! The token, from text to proof: [`UnverifiedToken`] → [`AdmittedToken`] → [`VerifiedToken`]. Each
//! step consumes the one before.

use std::borrow::Cow;
use std::fmt;

use crate::access_token::{AccessTokenError, UnverifiedAccessToken, VerifiedAccessToken};
use crate::arn::LoadBalancerArn;
use crate::base64url;
use crate::claims::{Payload, UserClaims, UserId};
use crate::error::{Segment, TokenError};
use crate::headers::OidcHeaders;
use crate::jose::{JoseHeader, KeyId};
use crate::keys::KeyRequest;
use crate::policy::{TrustedRule, Window};
use crate::signature::{PublicKey, SIGNATURE_BYTES, Signature};
use crate::time::UnixTime;
use crate::trace::event;
use crate::user::{AuthenticatedUser, Details};

/// A token that has the form of an ALB's: a compact JWS ([RFC 7515 section
/// 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)) of three segments, each base64url with
/// padding of its own or none, with an ES256 header that names a key, a signer, an issuer, a client
/// and an expiry.
///
/// Its payload has not been looked at, and nothing here gives it out.
pub struct UnverifiedToken<'h> {
    signing_input: Cow<'h, [u8]>,
    /// Where the payload begins in the signing input, which ends with it.
    payload_start: usize,
    signature: Signature,
    header: JoseHeader,
    identity: Option<Cow<'h, [u8]>>,
    access_token: Option<AccessToken<'h>>,
}

/// Borrowed from a request, or kept beyond it, to be wiped when dropped.
enum AccessToken<'h> {
    Borrowed(&'h [u8]),
    Kept(UnverifiedAccessToken),
}

impl AccessToken<'_> {
    fn keep(self) -> UnverifiedAccessToken {
        match self {
            Self::Borrowed(token) => UnverifiedAccessToken::new(token),
            Self::Kept(token) => token,
        }
    }
}

impl<'h> UnverifiedToken<'h> {
    /// Takes the token apart, as far as it can be without trusting it.
    ///
    /// # Errors
    ///
    /// [`TokenError`] if it does not have the form, or its header asks for anything that an ALB
    /// does not.
    pub fn parse(headers: OidcHeaders<'h>) -> Result<Self, TokenError> {
        let segments = Segments::split(headers.data)?;
        let mut signature = [0; SIGNATURE_BYTES];
        decode_signature(&mut signature, segments.signature)?;
        let header = decode(Segment::Header, segments.header)?;
        Ok(Self {
            signing_input: Cow::Borrowed(segments.signing_input),
            payload_start: segments.header.len() + 1,
            signature,
            header: JoseHeader::parse(header)?,
            identity: headers.identity.map(Cow::Borrowed),
            access_token: headers.access_token.map(AccessToken::Borrowed),
        })
    }

    /// What its header says, which anyone could have written.
    #[must_use]
    pub const fn untrusted_header(&self) -> &JoseHeader {
        &self.header
    }

    fn into_owned(self) -> UnverifiedToken<'static> {
        UnverifiedToken {
            signing_input: Cow::Owned(self.signing_input.into_owned()),
            payload_start: self.payload_start,
            signature: self.signature,
            header: self.header,
            identity: self.identity.map(|sub| Cow::Owned(sub.into_owned())),
            access_token: self
                .access_token
                .map(|token| AccessToken::Kept(token.keep())),
        }
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken")
            .field("signing_input_bytes", &self.signing_input.len())
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// A token that names a load balancer, an issuer and a client that are trusted together, and is
/// unexpired: worth one key lookup.
///
/// It is not authentic: whoever knows the names could have written it.
pub struct AdmittedToken<'h> {
    token: UnverifiedToken<'h>,
    rule: TrustedRule,
    window: Window,
}

impl<'h> AdmittedToken<'h> {
    pub(crate) const fn new(token: UnverifiedToken<'h>, rule: TrustedRule, window: Window) -> Self {
        Self {
            token,
            rule,
            window,
        }
    }

    /// Which key would tell. The region is the trusted rule's, never the token's word.
    #[must_use]
    pub const fn key_request(&self) -> KeyRequest {
        KeyRequest::new(self.rule.signer().region(), self.token.header.key_id)
    }

    /// The same, with nothing borrowed from the request: for while its key is fetched.
    #[must_use]
    pub fn into_owned(self) -> AdmittedToken<'static> {
        AdmittedToken {
            token: self.token.into_owned(),
            rule: self.rule,
            window: self.window,
        }
    }

    /// Verifies the signature over the bytes as they were received, padding included, and then
    /// reads the payload.
    ///
    /// # Errors
    ///
    /// [`TokenError`] if the signature is not `key`'s over this token, if it has expired by `now`,
    /// if its payload is not what an ALB signs, or if `x-amzn-oidc-identity` is another than
    /// its `sub`.
    pub fn verify(self, key: &PublicKey, now: UnixTime) -> Result<VerifiedToken, TokenError> {
        let Self {
            token,
            rule,
            window,
        } = self;
        // The key may have taken a while to come.
        window.check(&token.header, now)?;
        let signing_input = &*token.signing_input;
        key.verify(signing_input, &token.signature)?;
        key.mark_proven();
        let payload = signing_input.get(token.payload_start..).unwrap_or_default();
        let payload = decode(Segment::Payload, payload)?;
        // If it is a copy, there is no need for it beside what comes now.
        drop(token.signing_input);
        let payload = Payload::parse(payload, &token.header)?;
        window.check_started(payload.not_before, now)?;
        window.check_started(payload.issued_at, now)?;
        if let Some(identity) = token.identity
            && *identity != *payload.claims.sub().as_bytes()
        {
            return Err(TokenError::IdentityMismatch);
        }
        note_disagreement(&payload);
        Ok(VerifiedToken {
            header: token.header,
            rule,
            claims: payload.claims,
            access_token: token.access_token.map(AccessToken::keep),
        })
    }
}

impl fmt::Debug for AdmittedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmittedToken")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// A token that a trusted load balancer signed. [`AdmittedToken::verify`] alone makes one.
pub struct VerifiedToken {
    header: JoseHeader,
    rule: TrustedRule,
    claims: UserClaims,
    access_token: Option<UnverifiedAccessToken>,
}

impl VerifiedToken {
    /// The load balancer that signed it.
    #[must_use]
    pub const fn signer(&self) -> &LoadBalancerArn {
        &self.header.signer
    }

    /// The key that it was signed with.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.header.key_id
    }

    /// When it expires: 120 seconds after the *request*, which is not the end of the user's
    /// session.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.header.expires_at
    }

    /// The user's claims.
    #[must_use]
    pub const fn claims(&self) -> &UserClaims {
        &self.claims
    }
}

impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("signer", self.signer())
            .field("key_id", &self.key_id())
            .field("expires_at", &self.expires_at())
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

impl VerifiedToken {
    /// The user, with what is known of the access token.
    pub(crate) fn into_user(
        self,
        verified: Result<VerifiedAccessToken, AccessTokenError>,
    ) -> AuthenticatedUser {
        let Self {
            header,
            rule,
            claims,
            access_token,
        } = self;
        AuthenticatedUser::new(Details {
            id: UserId::new(rule.issuer_of(&header), claims.subject()),
            client: rule.client_of(&header),
            signer: header.signer,
            key_id: header.key_id,
            token_expires_at: header.expires_at,
            claims,
            access_token,
            verified_access_token: verified,
        })
    }

    /// The issuer of the rule that it fits.
    #[cfg(feature = "access-token")]
    pub(crate) fn issuer(&self) -> &str {
        self.header.untrusted_issuer()
    }

    /// The client id of that rule.
    #[cfg(feature = "access-token")]
    pub(crate) fn client(&self) -> &str {
        self.header.untrusted_client()
    }

    #[cfg(feature = "access-token")]
    pub(crate) const fn access_token(&self) -> Option<&UnverifiedAccessToken> {
        self.access_token.as_ref()
    }
}

/// The user, of whose access token nothing is known.
impl From<VerifiedToken> for AuthenticatedUser {
    fn from(token: VerifiedToken) -> Self {
        token.into_user(Err(AccessTokenError::NotConfigured))
    }
}

/// The header is the only authority on `exp` and `iss`. What the payload says of them is not acted
/// upon, but an operator may want to know of a difference.
fn note_disagreement(payload: &Payload) {
    if payload.exp_differs || payload.iss_differs {
        event!(
            debug,
            exp_differs = payload.exp_differs,
            iss_differs = payload.iss_differs,
            "the payload disagrees with the header, which is the authority"
        );
    }
}

/// The segments of a compact JWS.
pub(crate) struct Segments<'t> {
    pub(crate) header: &'t [u8],
    /// The header, a dot and the payload.
    pub(crate) signing_input: &'t [u8],
    pub(crate) signature: &'t [u8],
}

impl<'t> Segments<'t> {
    /// Splits at exactly two dots.
    pub(crate) fn split(text: &'t [u8]) -> Result<Self, TokenError> {
        let mut dots = memchr::memchr_iter(b'.', text);
        let (Some(first), Some(last), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(TokenError::Structure);
        };
        let stretch = |range| text.get(range).unwrap_or_default();
        let segments = Self {
            header: stretch(0..first),
            signing_input: stretch(0..last),
            signature: stretch(last + 1..text.len()),
        };
        let has_empty =
            segments.header.is_empty() || first + 1 == last || segments.signature.is_empty();
        match has_empty {
            true => Err(TokenError::Structure),
            false => Ok(segments),
        }
    }

    #[cfg(feature = "access-token")]
    pub(crate) fn payload(&self) -> &'t [u8] {
        let payload = self.signing_input.get(self.header.len() + 1..);
        payload.unwrap_or_default()
    }
}

fn decode(segment: Segment, text: &[u8]) -> Result<Vec<u8>, TokenError> {
    base64url::decode(text).map_err(|error| TokenError::Encoding { segment, error })
}

fn decode_signature(signature: &mut Signature, text: &[u8]) -> Result<(), TokenError> {
    match base64url::decode_exactly(signature, text) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(TokenError::SignatureLength),
        Err(error) => Err(TokenError::Encoding {
            segment: Segment::Signature,
            error,
        }),
    }
}
