//! What is registered with the identity provider: clients, and where they may
//! send a browser.

use std::fmt;

/// A confidential client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Client {
    pub(crate) fn has_secret(&self, secret: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.secret.as_bytes(), secret.as_bytes())
            .is_ok()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("secret", &"redacted")
            .finish()
    }
}

/// A place that a browser may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A path on loopback, at any port: "the authorization server MUST allow
    /// any port to be specified at the time of the request for loopback IP
    /// redirect URIs" (RFC 8252 section 7.3). `localhost` counts as well, since
    /// that is what browsers show.
    Loopback(String),
    /// Any other URI, byte by byte (RFC 9700 section 4.1.3).
    Exact(String),
}

impl Destination {
    /// The path of a loopback URI.
    pub(crate) fn loopback(path: &str) -> Option<Self> {
        let plain = path.starts_with('/')
            && path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"?#\\".contains(&byte));
        plain.then(|| Self::Loopback(path.to_owned()))
    }

    /// A URI. One on loopback stands for every port.
    pub(crate) fn uri(uri: &str) -> Option<Self> {
        if let Some(path) = loopback_path(uri) {
            return Self::loopback(path);
        }
        let web = uri.starts_with("http://") || uri.starts_with("https://");
        (web && uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains('#'))
            .then(|| Self::Exact(uri.to_owned()))
    }

    pub(crate) fn allows(&self, uri: &str) -> bool {
        match self {
            Self::Loopback(path) => loopback_path(uri) == Some(path),
            Self::Exact(exact) => uri == exact,
        }
    }
}

/// The path of `http://{loopback host}[:port]{path}`. Compared by its octets: no URL library gets to tidy anything up first.
fn loopback_path(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at_checked(rest.find('/')?)?;
    let port = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .find_map(|host| authority.strip_prefix(host))?;
    let port_is_fine = match port.strip_prefix(':') {
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port != 0)
        }
        None => port.is_empty(),
    };
    port_is_fine.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_path_is_good_at_any_port_and_nowhere_else() {
        let callback = Destination::loopback("/oauth2/idpresponse").unwrap();

        for uri in [
            "http://localhost:8080/oauth2/idpresponse",
            "http://127.0.0.1:1/oauth2/idpresponse",
            "http://[::1]:65535/oauth2/idpresponse",
            "http://localhost/oauth2/idpresponse",
        ] {
            assert!(callback.allows(uri), "{uri}");
        }
        for uri in [
            "https://localhost:8080/oauth2/idpresponse",
            "http://localhost:8080/oauth2/idpresponse/",
            "http://localhost:8080/oauth2/idpresponse?a=b",
            "http://localhost:8080/oauth2/idpresponse#a",
            "http://localhost:8080//oauth2/idpresponse",
            "http://localhost:8080/x/../oauth2/idpresponse",
            "http://localhost.evil:8080/oauth2/idpresponse",
            "http://localhost@evil:8080/oauth2/idpresponse",
            "http://localhost:8080@evil/oauth2/idpresponse",
            "http://localhost:0/oauth2/idpresponse",
            "http://localhost:/oauth2/idpresponse",
            "http://localhost:+80/oauth2/idpresponse",
            "http://LOCALHOST:80/oauth2/idpresponse",
            "http://127.0.0.2:80/oauth2/idpresponse",
            "http://evil/oauth2/idpresponse",
            "http:/\t/localhost/oauth2/idpresponse",
            "http://localhost",
            "",
        ] {
            assert!(!callback.allows(uri), "{uri}");
        }
    }

    #[test]
    fn a_loopback_uri_stands_for_every_port_and_another_for_itself() {
        assert_eq!(
            Destination::uri("http://localhost:8080/out"),
            Destination::loopback("/out")
        );
        let exact = Destination::uri("https://app.test/out?x=1").unwrap();
        assert!(
            exact.allows("https://app.test/out?x=1") && !exact.allows("https://app.test/out?x=2")
        );
        for uri in [
            "ftp://a",
            "javascript:alert(1)",
            "http://a/#b",
            "http://a b",
            "/a",
        ] {
            assert_eq!(Destination::uri(uri), None, "{uri}");
        }
    }

    #[test]
    fn the_secret_is_not_in_the_debug_text() {
        let client = Client {
            id: "id".to_owned(),
            secret: "canary".to_owned(),
        };

        assert!(client.has_secret("canary") && !client.has_secret("canar"));
        assert!(!format!("{client:?}").contains("canary"));
    }
}
