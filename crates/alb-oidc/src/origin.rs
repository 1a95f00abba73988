//! The origin of a page, as browsers write it into `Origin`.

use crate::authority::Authority;

/// An origin that is a host's ([RFC 6454 section
/// 6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2)): `https`, or `http` on a loopback host.
/// No other: a rule that authenticates is on an HTTPS listener, so the application has no page on
/// plain HTTP, and one that says so was put there by somebody on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'t> {
    authority: Authority<'t>,
    default_port: u16,
}

impl<'t> Origin<'t> {
    /// `None` also for `null`, and for what no browser writes: a path, a user, upper-case schemes.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        let (default_port, authority) = match text.split_once("://")? {
            ("https", rest) => (443, Authority::parse(rest)?),
            ("http", rest) => (80, Authority::parse(rest)?),
            _ => return None,
        };
        (default_port == 443 || authority.is_loopback()).then_some(Self {
            authority,
            default_port,
        })
    }

    /// Whether a request to `host` went to this origin. The scheme of the request is not asked: it
    /// is `http` behind a load balancer that was asked by `https`.
    pub(crate) fn is_at(&self, host: &Authority<'_>) -> bool {
        self.authority.host.eq_ignore_ascii_case(host.host)
            && self.port() == host.port.unwrap_or(self.default_port)
    }

    fn port(&self) -> u16 {
        self.authority.port.unwrap_or(self.default_port)
    }
}

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.default_port == other.default_port && self.is_at(&other.authority)
    }
}
