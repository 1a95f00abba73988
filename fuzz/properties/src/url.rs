//! A second reading of URLs, as configurations have them: RFC 3986, without what two
//! parsers could read differently.

use crate::grammar::{DIGITS, is_of};

/// An `https` URL, or an `http` one of a loopback host, of nothing but host, port
/// and path.
pub(crate) fn is_issuer(text: &str) -> bool {
    Url::read(text).is_some_and(|url| url.scheme == "https" || url.is_loopback())
}

/// An issuer's URL that no parser could change on its way to a server.
pub(crate) fn is_key_url(text: &str) -> bool {
    is_issuer(without_end(text)) && is_plain(text)
}

/// The same, `http` on any host.
pub(crate) fn is_plain_http_key_url(text: &str) -> bool {
    Url::read(without_end(text)).is_some() && is_plain(text)
}

/// A URL without the slashes at its end.
pub(crate) fn without_end(text: &str) -> &str {
    text.trim_end_matches('/')
}

fn is_plain(text: &str) -> bool {
    !text.contains('%')
        && !text.contains(';')
        && text.split('/').all(|part| part != "." && part != "..")
}

/// A URL, taken apart.
pub(crate) struct Url<'t> {
    pub(crate) scheme: &'t str,
    pub(crate) host: &'t str,
    pub(crate) port: Option<&'t str>,
    /// With the slash that it begins with.
    pub(crate) path: &'t str,
}

impl<'t> Url<'t> {
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if !matches!(scheme, "https" | "http") {
            return None;
        }
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let marks = "-._~/:@!$&'()*+,;=%";
        let in_path = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
        if !path.chars().all(in_path) {
            return None;
        }
        // The colon before a port is the last, and stands behind the bracket.
        let colon = authority.rfind(':');
        let colon = colon.filter(|colon| authority.rfind(']').is_none_or(|end| end < *colon));
        let (host, port) = match colon {
            Some(colon) => (authority.get(..colon)?, Some(authority.get(colon + 1..)?)),
            None => (authority, None),
        };
        let is_host = match host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
        {
            Some(address) => is_ipv6(address),
            None => {
                let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
                !host.is_empty() && host.chars().all(in_name)
            }
        };
        let url = Self {
            scheme,
            host,
            port,
            path,
        };
        (is_host && port.is_none_or(is_port)).then_some(url)
    }

    fn is_loopback(&self) -> bool {
        let first_is_127 = || self.host.starts_with("127.") && is_ipv4(self.host);
        matches!(self.host, "localhost" | "[::1]") || first_is_127()
    }
}

/// 1 to 65,535, with as many zeros before it as one likes.
fn is_port(text: &str) -> bool {
    let digits = text.trim_start_matches('0');
    let longest = "65535";
    is_of(DIGITS, text)
        && !digits.is_empty()
        && (digits.len() < longest.len() || digits.len() == longest.len() && digits <= longest)
}

/// RFC 3986 section 3.2.2, `IPv4address`.
fn is_ipv4(text: &str) -> bool {
    let is_byte = |part: &str| {
        let is_short = part == "0" || !part.starts_with('0');
        is_of(DIGITS, part) && is_short && (1..=3).contains(&part.len()) && {
            part.len() < 3 || part <= "255"
        }
    };
    text.split('.').count() == 4 && text.split('.').all(is_byte)
}

/// RFC 3986 section 3.2.2, `IPv6address`.
fn is_ipv6(text: &str) -> bool {
    let halves: Vec<&str> = text.split("::").collect();
    // How many groups of 16 bits there are; `None` if something else is there.
    let groups = |half: &str, is_last: bool| {
        if half.is_empty() {
            return Some(0);
        }
        let parts: Vec<&str> = half.split(':').collect();
        let mut count = 0;
        for (index, part) in parts.iter().enumerate() {
            let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
            if (1..=4).contains(&part.len()) && is_hex {
                count += 1;
            } else if is_last && index + 1 == parts.len() && is_ipv4(part) {
                count += 2;
            } else {
                return None;
            }
        }
        Some(count)
    };
    match *halves {
        [all] => groups(all, true) == Some(8),
        [before, after] => {
            let (before, after) = (groups(before, false), groups(after, true));
            // The gap stands for one group at least.
            before
                .zip(after)
                .is_some_and(|(before, after)| before + after < 8)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_looks_like_them() {
        for text in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1::8",
            "1:2:3:4:5:6:1.2.3.4",
            "::ffff:1.2.3.4",
            "2001:db8::A",
        ] {
            assert!(is_ipv6(text), "{text}");
        }
        for text in [
            "",
            ":",
            ":::",
            "1",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "::12345",
            "::g",
            "1::2::3",
            "::1.2.3",
            "1.2.3.4::",
            "::1.2.3.4:5",
            ":1",
            "1:",
            "::1%1",
        ] {
            assert!(!is_ipv6(text), "{text}");
        }
        for (text, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.256", false),
            ("127.0.0.01", false),
            ("127.1", false),
            ("127.0.0.", false),
        ] {
            assert_eq!(is_ipv4(text), expected, "{text}");
        }
        for (text, expected) in [
            ("1", true),
            ("65535", true),
            ("65536", false),
            ("0", false),
            ("", false),
            ("0080", true),
            ("+1", false),
        ] {
            assert_eq!(is_port(text), expected, "{text}");
        }
    }
}
