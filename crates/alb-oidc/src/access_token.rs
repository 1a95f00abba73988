//! The access token that the ALB passes along, unsigned: a secret, and nothing to decide by.

use std::fmt;

use zeroize::Zeroizing;

/// The value of `x-amzn-oidc-accesstoken`: the identity provider's access token as the ALB got it,
/// *not* signed by the ALB and not verified here. Whoever can reach the application around the load
/// balancer can put anything in it.
///
/// It is a bearer secret: [`Debug`](fmt::Debug) does not show it, and it is wiped from memory when
/// dropped (best effort: the server's own copy of the header is not ours to wipe).
#[derive(Clone)]
pub struct UnverifiedAccessToken(Zeroizing<String>);

impl UnverifiedAccessToken {
    pub(crate) fn new(token: String) -> Self {
        Self(Zeroizing::new(token))
    }

    /// The token, to be passed on to the API that it is for, which verifies it. Do not read claims
    /// from it: nothing was verified.
    #[must_use]
    pub fn expose_unverified(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnverifiedAccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnverifiedAccessToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_secret() {
        let token = UnverifiedAccessToken::new("canary".to_owned());
        assert_eq!(
            format!("{token:?} {token:#?}"),
            "UnverifiedAccessToken(…) UnverifiedAccessToken(…)"
        );
        assert_eq!(token.expose_unverified(), "canary");
    }
}
