//! Signing out behind an ALB, which has no sign-out of its own: the app expires
//! the ALB's session cookie, every shard of it, and sends the browser on to the
//! identity provider, so that its session ends as well.

use std::str::FromStr;

use url::Url;

/// How to sign out.
#[derive(Clone, Debug)]
pub struct SignOut {
    cookie_name: CookieName,
    provider: Option<Url>,
}

impl SignOut {
    /// `cookie_name` is the rule's session cookie name without the shard's
    /// number; `provider` is the whole address that ends the identity
    /// provider's session and leads back to `/signed-out`.
    #[must_use]
    pub fn new(cookie_name: CookieName, provider: Option<Url>) -> Self {
        Self {
            cookie_name,
            provider,
        }
    }

    /// Whether the identity provider is asked to end its session too.
    #[must_use]
    pub fn ends_provider_session(&self) -> bool {
        self.provider.is_some()
    }

    /// Where the browser goes next.
    #[must_use]
    pub fn location(&self) -> &str {
        self.provider.as_ref().map_or(SIGNED_OUT_PATH, Url::as_str)
    }

    /// The `Set-Cookie` values that end the session. They are `Secure` because
    /// the load balancer's own are: a browser that took those takes these, and
    /// lets nothing less replace them.
    pub fn expired_cookies(&self) -> impl Iterator<Item = String> + '_ {
        SHARDS.map(|shard| {
            format!("{}-{shard}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly", self.cookie_name.0)
        })
    }
}

/// The session cookie name of a listener rule, without the number of the shard;
/// by default the ALB's own, `AWSELBAuthSessionCookie`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(String);

impl CookieName {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CookieName {
    fn default() -> Self {
        Self("AWSELBAuthSessionCookie".to_owned())
    }
}

impl FromStr for CookieName {
    type Err = CookieNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !name.is_empty() && name.bytes().all(is_token) {
            Ok(Self(name.to_owned()))
        } else {
            Err(CookieNameError)
        }
    }
}

/// A cookie name is an HTTP token (RFC 6265 §4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cookie name has only letters, digits and !#$%&'*+-.^_`|~")]
pub struct CookieNameError;

/// Where a sign-out ends.
pub const SIGNED_OUT_PATH: &str = "/signed-out";

/// An ALB session takes at most 16 KB, in shards of 4 KB.
const SHARDS: std::ops::RangeInclusive<u8> = 0..=3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_shards_expire_under_the_configured_name() {
        let sign_out = SignOut::new("Crumbs".parse().unwrap(), None);
        let cookies: Vec<_> = sign_out.expired_cookies().collect();
        assert_eq!(cookies.len(), 4);
        for (shard, cookie) in cookies.iter().enumerate() {
            assert!(
                cookie.starts_with(&format!("Crumbs-{shard}=; Path=/; ")),
                "{cookie}"
            );
            assert!(
                cookie.contains("Max-Age=0") && cookie.contains("; Secure"),
                "{cookie}"
            );
        }
    }

    #[test]
    fn the_browser_goes_on_to_the_provider_if_there_is_an_address() {
        let here = SignOut::new(CookieName::default(), None);
        assert_eq!(
            (here.location(), here.ends_provider_session()),
            ("/signed-out", false)
        );
        let there = SignOut::new(
            CookieName::default(),
            Some("https://idp.example/logout?client_id=a".parse().unwrap()),
        );
        assert_eq!(
            (there.location(), there.ends_provider_session()),
            ("https://idp.example/logout?client_id=a", true)
        );
    }

    #[test]
    fn a_cookie_name_cannot_smuggle_attributes_or_headers() {
        for name in ["", "a b", "a;Domain=example.com", "a=b", "a\r\nX: y", "é"] {
            assert_eq!(name.parse::<CookieName>(), Err(CookieNameError), "{name:?}");
        }
    }
}
