//! Why the load balancer answered itself instead of the target.

use std::fmt;

use http::StatusCode;

/// The reasons that an Application Load Balancer writes into the `error_reason`
/// field of its access log when an authenticate action fails (AWS: *Access logs
/// for your Application Load Balancer*, "Authenticate").
///
/// The simulator puts the same word into a tracing event and into the response
/// header [`HEADER`](Self::HEADER).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorReason {
    /// The session cookie does not decrypt.
    AuthInvalidCookie,
    /// The token endpoint refused the authorization code (`invalid_grant`).
    AuthInvalidGrantError,
    /// The ID token has another issuer than the rule, a `nonce`, no `sub`, or
    /// after a refresh another `sub`; or it cannot be read.
    AuthInvalidIdToken,
    /// The `state` is not one of ours, was used before, or is older than the 15
    /// minutes that a login may take.
    AuthInvalidStateParam,
    /// The token endpoint's answer is no JSON object with an `access_token` and
    /// an `id_token`.
    AuthInvalidTokenResponse,
    /// The user info endpoint's answer is no JSON object with a `sub`, or its
    /// `sub` is not the one of the ID token.
    ///
    /// In the latter case, "the UserInfo Response values MUST NOT be used"
    /// (OpenID Connect Core 1.0 section 5.3.2). Whether a real load balancer
    /// compares the two, and what it answers if they differ, is not known; this
    /// is the reason that fits best.
    AuthInvalidUserinfoResponse,
    /// The IdP came back without a `code`.
    AuthMissingCodeParam,
    /// There is no `Host`, so no redirect URL can be made.
    AuthMissingHostHeader,
    /// The IdP came back without the `state`.
    AuthMissingStateParam,
    /// The token endpoint answered with an error status.
    AuthTokenEpRequestFailed,
    /// The token endpoint could not be reached, or did not answer within 5
    /// seconds.
    AuthTokenEpRequestTimeout,
    /// Something that the list has no name for.
    AuthUnhandledException,
    /// The user info endpoint answered with an error status.
    AuthUserinfoEpRequestFailed,
    /// The user info endpoint could not be reached, or did not answer within 5
    /// seconds.
    AuthUserinfoEpRequestTimeout,
    /// Claims and access token together are over 11K bytes, or do not fit into
    /// the session cookie.
    AuthUserinfoResponseSizeExceeded,
    /// The browser's `AWSALBAuthNonce` is not the one that the `state` was made
    /// for.
    AuthInvalidAWSALBAuthNonce,
    /// The browser sent no `AWSALBAuthNonce`.
    AuthMissingAWSALBAuthNonce,
}

impl ErrorReason {
    /// The response header in which the simulator tells the reason. A real load
    /// balancer tells it to its access log only.
    pub const HEADER: &'static str = "x-alb-sim-error-reason";

    /// The word in the access log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthInvalidCookie => "AuthInvalidCookie",
            Self::AuthInvalidGrantError => "AuthInvalidGrantError",
            Self::AuthInvalidIdToken => "AuthInvalidIdToken",
            Self::AuthInvalidStateParam => "AuthInvalidStateParam",
            Self::AuthInvalidTokenResponse => "AuthInvalidTokenResponse",
            Self::AuthInvalidUserinfoResponse => "AuthInvalidUserinfoResponse",
            Self::AuthMissingCodeParam => "AuthMissingCodeParam",
            Self::AuthMissingHostHeader => "AuthMissingHostHeader",
            Self::AuthMissingStateParam => "AuthMissingStateParam",
            Self::AuthTokenEpRequestFailed => "AuthTokenEpRequestFailed",
            Self::AuthTokenEpRequestTimeout => "AuthTokenEpRequestTimeout",
            Self::AuthUnhandledException => "AuthUnhandledException",
            Self::AuthUserinfoEpRequestFailed => "AuthUserinfoEpRequestFailed",
            Self::AuthUserinfoEpRequestTimeout => "AuthUserinfoEpRequestTimeout",
            Self::AuthUserinfoResponseSizeExceeded => "AuthUserinfoResponseSizeExceeded",
            Self::AuthInvalidAWSALBAuthNonce => "AuthInvalidAWSALBAuthNonce",
            Self::AuthMissingAWSALBAuthNonce => "AuthMissingAWSALBAuthNonce",
        }
    }

    /// The status that the client gets: 401, 500 or 561 (AWS: *Troubleshoot
    /// your Application Load Balancers*).
    ///
    /// AWS documents the causes of each status and the list of reasons, not
    /// which reason gives which status. Where the documented causes do not
    /// decide (`AuthInvalidGrantError`, `AuthInvalidUserinfoResponse`), the
    /// simulator takes 561, "the IdP returned an error code".
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::AuthInvalidCookie
            | Self::AuthInvalidIdToken
            | Self::AuthInvalidStateParam
            | Self::AuthInvalidTokenResponse
            | Self::AuthMissingCodeParam
            | Self::AuthMissingHostHeader
            | Self::AuthMissingStateParam
            | Self::AuthInvalidAWSALBAuthNonce
            | Self::AuthMissingAWSALBAuthNonce => StatusCode::UNAUTHORIZED,
            Self::AuthTokenEpRequestTimeout
            | Self::AuthUnhandledException
            | Self::AuthUserinfoEpRequestTimeout
            | Self::AuthUserinfoResponseSizeExceeded => StatusCode::INTERNAL_SERVER_ERROR,
            Self::AuthInvalidGrantError
            | Self::AuthInvalidUserinfoResponse
            | Self::AuthTokenEpRequestFailed
            | Self::AuthUserinfoEpRequestFailed => idp_error(),
        }
    }
}

impl fmt::Display for ErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// 561, the load balancer's own "IdP error".
pub(crate) fn idp_error() -> StatusCode {
    StatusCode::from_u16(561).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
