//! A host and a port, as URLs and the `Host` header have them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// `host`, `host:port`, or the same with an IPv6 address in brackets, and nothing that two parsers
/// could read differently: no user, no escapes, nothing beyond ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'t> {
    /// Without the brackets.
    pub(crate) host: &'t str,
    pub(crate) port: Option<u16>,
}

impl<'t> Authority<'t> {
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(address) => {
                let (address, after) = address.split_once(']')?;
                address.parse::<Ipv6Addr>().ok()?;
                (address, after)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (host, after) = text.split_at(end);
                let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
                if host.is_empty() || !host.bytes().all(allowed) {
                    return None;
                }
                (host, after)
            }
        };
        let port = match port {
            "" => None,
            _ => {
                let digits = port.strip_prefix(':')?;
                let number = digits.bytes().all(|b| b.is_ascii_digit());
                let port = digits.parse().ok().filter(|port| number && *port > 0)?;
                Some(port)
            }
        };
        Some(Self { host, port })
    }

    /// Whether only this machine answers there.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host == "::1"
            || self
                .host
                .parse::<Ipv4Addr>()
                .is_ok_and(|address| address.is_loopback())
    }
}
