//! The host names that the load balancer answers to.

use http::header::HOST;
use http::{HeaderMap, Uri};

/// The authority that a request names, once: `host` or `host:port`, lower-case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestHost(String);

/// Why a request names no usable host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostError {
    Missing,
    /// Several that differ, or one with other characters than those of a host.
    Malformed,
    /// AWS's own names. A browser that is led here under such a name has been
    /// deceived.
    Amazon,
}

impl RequestHost {
    /// Reads `:authority`, the absolute form or `Host`. Where there are
    /// several, they must agree (RFC 9112 section 3.2.2, RFC 9113 section
    /// 8.3.1).
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap) -> Result<Self, HostError> {
        let mut named = None;
        let authority = uri
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        for name in authority
            .into_iter()
            .chain(headers.get_all(HOST).iter().map(|value| value.as_bytes()))
        {
            let name = std::str::from_utf8(name)
                .map_err(|_| HostError::Malformed)?
                .to_ascii_lowercase();
            if named.as_ref().is_some_and(|earlier| *earlier != name) {
                return Err(HostError::Malformed);
            }
            named = Some(name);
        }
        // Two identical `Host` lines are as malformed as two different ones.
        if headers.get_all(HOST).iter().count() > 1 {
            return Err(HostError::Malformed);
        }
        match named {
            None => Err(HostError::Missing),
            Some(name) if name.is_empty() => Err(HostError::Missing),
            Some(name) if !is_authority(&name) => Err(HostError::Malformed),
            Some(name) if is_amazon(&name) => Err(HostError::Amazon),
            Some(name) => Ok(Self(name)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The hosts that a redirect URL may name: loopback with the listener's own
/// port, and what was configured.
#[derive(Clone, Debug)]
pub(crate) struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    pub(crate) fn new(port: u16, configured: &[String]) -> Self {
        let mut hosts: Vec<_> = configured
            .iter()
            .map(|host| host.to_ascii_lowercase())
            .collect();
        for loopback in ["localhost", "127.0.0.1", "[::1]"] {
            hosts.push(format!("{loopback}:{port}"));
            if port == 80 {
                hosts.push(loopback.to_owned());
            }
        }
        Self(hosts)
    }

    pub(crate) fn contains(&self, host: &RequestHost) -> bool {
        self.0.contains(&host.0)
    }
}

/// Whether `host` can be configured: a host with an optional port, and none of
/// AWS's own.
pub(crate) fn is_configurable(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    is_authority(&host) && !is_amazon(&host)
}

fn is_authority(name: &str) -> bool {
    let (host, port) = match name.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (name, None),
    };
    let port_is_fine = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port != 0)
    });
    let host_is_fine = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    };
    port_is_fine && host_is_fine
}

fn is_amazon(name: &str) -> bool {
    let host = name.rsplit_once(':').map_or(name, |(host, _)| host);
    let host = host.trim_end_matches('.');
    ["amazonaws.com", "amazonaws.com.cn"].iter().any(|amazon| {
        host.strip_suffix(amazon)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn host(values: &[&'static str]) -> Result<RequestHost, HostError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HOST, HeaderValue::from_static(value));
        }
        RequestHost::of(&Uri::from_static("/"), &headers)
    }

    #[test]
    fn a_request_names_one_host() {
        assert_eq!(
            host(&["LOCALHOST:8080"]).unwrap().as_str(),
            "localhost:8080"
        );
        assert_eq!(host(&["[::1]:8080"]).unwrap().as_str(), "[::1]:8080");
        assert_eq!(host(&[]), Err(HostError::Missing));
        assert_eq!(host(&[""]), Err(HostError::Missing));
        assert_eq!(host(&["a", "b"]), Err(HostError::Malformed));
        assert_eq!(host(&["a", "a"]), Err(HostError::Malformed));
        for name in [
            "a/b", "user@a", "a:0", "a:65536", "a:b", "a:", "a b", "[::1", "[x]", "a?b", "a#b",
            "a\\b", "a,b",
        ] {
            assert_eq!(host(&[name]), Err(HostError::Malformed), "{name}");
        }
    }

    #[test]
    fn an_absolute_form_and_a_host_header_must_agree() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost"));

        assert!(RequestHost::of(&Uri::from_static("http://localhost/"), &headers).is_ok());
        assert_eq!(
            RequestHost::of(&Uri::from_static("http://evil/"), &headers),
            Err(HostError::Malformed)
        );
    }

    #[test]
    fn the_names_of_aws_are_refused() {
        for name in [
            "lb.us-east-1.elb.amazonaws.com",
            "amazonaws.com:80",
            "X.AMAZONAWS.COM.",
            "x.amazonaws.com.cn",
        ] {
            assert_eq!(host(&[name]), Err(HostError::Amazon), "{name}");
            assert!(!is_configurable(name));
        }
        assert!(is_configurable("notamazonaws.com:8443"));
    }

    #[test]
    fn loopback_is_allowed_with_the_own_port_only() {
        let hosts = AllowedHosts::new(8080, &["App.test:9000".to_owned()]);

        for name in [
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "app.test:9000",
        ] {
            assert!(hosts.contains(&host(&[name]).unwrap()), "{name}");
        }
        for name in [
            "localhost",
            "localhost:8081",
            "app.test",
            "evil:8080",
            "localhost.evil:8080",
        ] {
            assert!(!hosts.contains(&host(&[name]).unwrap()), "{name}");
        }
        assert!(AllowedHosts::new(80, &[]).contains(&host(&["localhost"]).unwrap()));
    }
}
