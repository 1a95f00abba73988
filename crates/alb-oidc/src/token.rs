//! The token, from text to proof: [`UnverifiedToken`] → [`AdmittedToken`] → [`VerifiedToken`]. Each
//! step consumes the one before.

use std::borrow::Cow;
use std::fmt;

use crate::access_token::{AccessTokenError, UnverifiedAccessToken, VerifiedAccessToken};
use crate::arn::LoadBalancerArn;
use crate::base64url;
use crate::claims::{Payload, UserClaims};
use crate::error::{Segment, TokenError};
use crate::headers::OidcHeaders;
use crate::jose::{JoseHeader, KeyId};
use crate::keys::KeyRequest;
use crate::policy::{FittingHeader, TrustedNames, Window};
use crate::signature::{PublicKey, SIGNATURE_BYTES, Signature};
use crate::time::UnixTime;
use crate::trace::event;
use crate::user::{AuthenticatedUser, Details};

/// A token that has been split into its segments, and what came beside it. Its signature is decoded, its
/// header and its payload are not.
pub(crate) struct SplitToken<'h> {
    signing_input: Cow<'h, [u8]>,
    /// How much of the signing input is the header. The payload begins behind its dot, and ends it.
    header_length: usize,
    signature: Signature,
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

impl<'h> SplitToken<'h> {
    pub(crate) fn new(
        headers: OidcHeaders<'h>,
        segments: &Segments<'h>,
        signature: Signature,
    ) -> Self {
        Self {
            signing_input: Cow::Borrowed(segments.signing_input),
            header_length: segments.header.len(),
            signature,
            identity: headers.identity.map(Cow::Borrowed),
            access_token: headers.access_token.map(AccessToken::Borrowed),
        }
    }

    fn payload(&self) -> &[u8] {
        let payload = self.signing_input.get(self.header_length + 1..);
        payload.unwrap_or_default()
    }

    fn into_owned(self) -> SplitToken<'static> {
        SplitToken {
            signing_input: Cow::Owned(self.signing_input.into_owned()),
            header_length: self.header_length,
            signature: self.signature,
            identity: self.identity.map(|sub| Cow::Owned(sub.into_owned())),
            access_token: self
                .access_token
                .map(|token| AccessToken::Kept(token.keep())),
        }
    }
}

/// A token that has the form of an ALB's: a compact JWS ([RFC 7515 section
/// 7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)) of three segments, each base64url with
/// padding of its own or none, with an ES256 header that names a key, a signer, an issuer, a client
/// and an expiry.
///
/// Its payload has not been looked at, and nothing here gives it out.
pub struct UnverifiedToken<'h> {
    pub(crate) split: SplitToken<'h>,
    pub(crate) header: JoseHeader,
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
        segments.decode_signature(&mut signature)?;
        let header = segments.read_header()?;
        Ok(Self {
            split: SplitToken::new(headers, &segments, signature),
            header,
        })
    }

    /// What its header says, which anyone could have written.
    #[must_use]
    pub const fn untrusted_header(&self) -> &JoseHeader {
        &self.header
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken")
            .field("signing_input_bytes", &self.split.signing_input.len())
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// A token that names a load balancer, an issuer and a client that are trusted together, and is
/// unexpired: worth one key lookup.
///
/// It is not authentic: whoever knows the names could have written it.
pub struct AdmittedToken<'h> {
    split: SplitToken<'h>,
    header: FittingHeader,
    window: Window,
}

impl<'h> AdmittedToken<'h> {
    pub(crate) const fn new(split: SplitToken<'h>, header: FittingHeader, window: Window) -> Self {
        Self {
            split,
            header,
            window,
        }
    }

    /// Which key would tell. The region is the trusted rule's, never the token's word.
    #[must_use]
    pub fn key_request(&self) -> KeyRequest {
        KeyRequest::new(self.header.names().region, self.header.key_id())
    }

    /// The same, with nothing borrowed from the request: for while its key is fetched.
    #[must_use]
    pub fn into_owned(self) -> AdmittedToken<'static> {
        AdmittedToken {
            split: self.split.into_owned(),
            header: self.header,
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
            split,
            header,
            window,
        } = self;
        // The key may have taken a while to come.
        window.check(header.validity(), now)?;
        key.verify(&split.signing_input, &split.signature)?;
        key.mark_proven();
        let payload = decode(Segment::Payload, split.payload())?;
        // If it is a copy, there is no need for it beside what comes now.
        drop(split.signing_input);
        let expires_at = header.validity().expires_at;
        let payload = Payload::parse(payload, &header.names().issuer, expires_at)?;
        window.check_started(payload.starts_at, now)?;
        if let Some(identity) = split.identity
            && *identity != *payload.claims.sub().as_bytes()
        {
            return Err(TokenError::IdentityMismatch);
        }
        note_disagreement(&payload);
        Ok(VerifiedToken {
            header,
            claims: payload.claims,
            access_token: split.access_token.map(AccessToken::keep),
        })
    }
}

impl fmt::Debug for AdmittedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TrustedNames {
            region: _,
            signer,
            issuer,
            client,
        } = &**self.header.names();
        f.debug_struct("AdmittedToken")
            .field("signer", signer)
            .field("issuer", issuer)
            .field("client", client)
            .field("untrusted_key_id", &self.header.key_id())
            .field("untrusted_validity", &self.header.validity())
            .finish_non_exhaustive()
    }
}

/// A token that a trusted load balancer signed. [`AdmittedToken::verify`] alone makes one.
pub struct VerifiedToken {
    header: FittingHeader,
    claims: UserClaims,
    access_token: Option<UnverifiedAccessToken>,
}

impl VerifiedToken {
    /// The load balancer that signed it.
    #[must_use]
    pub fn signer(&self) -> &LoadBalancerArn {
        &self.header.names().signer
    }

    /// The key that it was signed with.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.header.key_id()
    }

    /// When it expires: 120 seconds after the *request*, which is not the end of the user's
    /// session.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.header.validity().expires_at
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
            claims,
            access_token,
        } = self;
        AuthenticatedUser::new(Details {
            key_id: header.key_id(),
            token_expires_at: header.validity().expires_at,
            names: header.into_names(),
            claims,
            access_token,
            verified_access_token: verified,
        })
    }

    /// The issuer of the rule that it fits.
    #[cfg(feature = "access-token")]
    pub(crate) fn issuer(&self) -> &str {
        self.header.names().issuer.as_str()
    }

    /// The client id of that rule.
    #[cfg(feature = "access-token")]
    pub(crate) fn client(&self) -> &str {
        self.header.names().client.as_str()
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

    /// What the header says, which anyone could have written.
    pub(crate) fn read_header(&self) -> Result<JoseHeader, TokenError> {
        JoseHeader::parse(decode(Segment::Header, self.header)?)
    }

    /// Into its place, and not given back: what is moved has been written some time before, or the
    /// processor waits for it.
    pub(crate) fn decode_signature(&self, signature: &mut Signature) -> Result<(), TokenError> {
        match base64url::decode_exactly(signature, self.signature) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(TokenError::SignatureLength),
            Err(error) => Err(TokenError::Encoding {
                segment: Segment::Signature,
                error,
            }),
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
