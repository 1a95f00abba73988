//! From a region and a key id to a URL. The only place where the URL of a key is made.

use std::fmt;
use std::str::FromStr;

use super::KeyRequest;
use crate::arn::{Partition, Region};
use crate::authority::Authority;
use crate::error::ConfigError;

/// The base URL of a key endpoint; a key's URL is the base, a slash, and the key id.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyUrl(Box<str>);

impl KeyUrl {
    /// A base URL, such as `https://mirror.example.com/alb-keys`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeyUrl`] if it is not an `https` URL without user, query and fragment; `http`
    /// is accepted for a loopback host alone.
    pub fn new(url: &str) -> Result<Self, ConfigError> {
        Self::checked(url, is_acceptable_base)
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn checked(url: &str, acceptable: fn(&str) -> bool) -> Result<Self, ConfigError> {
        let base = url.trim_end_matches('/');
        let dots = |part| matches!(part, "." | "..");
        let plain = !base.contains(['%', ';']) && !base.split('/').any(dots);
        if plain && acceptable(base) {
            Ok(Self(base.into()))
        } else {
            Err(ConfigError::KeyUrl)
        }
    }
}

impl FromStr for KeyUrl {
    type Err = ConfigError;

    fn from_str(url: &str) -> Result<Self, ConfigError> {
        Self::new(url)
    }
}

impl TryFrom<&str> for KeyUrl {
    type Error = ConfigError;

    fn try_from(url: &str) -> Result<Self, ConfigError> {
        Self::new(url)
    }
}

impl TryFrom<&String> for KeyUrl {
    type Error = ConfigError;

    fn try_from(url: &String) -> Result<Self, ConfigError> {
        Self::new(url)
    }
}

impl fmt::Display for KeyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// A base URL like [`KeyUrl::new`]'s that may be plain `http` on any host.
///
/// What is given up: whoever can answer in that host's place signs users in. For a network where
/// something else, such as a service mesh, secures the connection.
///
/// # Errors
///
/// [`ConfigError::KeyUrl`] if it is not an `http` or `https` URL without user, query and fragment.
pub fn plain_http_key_url(url: &str) -> Result<KeyUrl, ConfigError> {
    KeyUrl::checked(url, |url| BaseUrl::split(url).is_some())
}

/// Where the keys of each region are.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyEndpoints {
    everywhere: Option<KeyUrl>,
    regions: Vec<(Region, KeyUrl)>,
}

impl KeyEndpoints {
    pub(crate) fn set_everywhere(&mut self, url: KeyUrl) {
        self.everywhere = Some(url);
    }

    pub(crate) fn set_region(&mut self, region: Region, url: KeyUrl) {
        self.regions.retain(|(known, _)| *known != region);
        self.regions.push((region, url));
    }

    /// The base URL for a region: the one configured for it, else the one configured for all, else
    /// AWS's own.
    ///
    /// Source: AWS, *Authenticate users using an Application Load Balancer*, "User claims encoding
    /// and signature verification".
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoKeyUrl`] for a partition whose endpoint AWS does not document. It is never
    /// guessed.
    pub(crate) fn base(&self, region: Region) -> Result<String, ConfigError> {
        if let Some(url) = self.configured(region) {
            return Ok(url.to_string());
        }
        match region.partition() {
            Partition::Aws => Ok(format!(
                "https://public-keys.auth.elb.{region}.amazonaws.com"
            )),
            Partition::AwsUsGov => Ok(format!(
                "https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
            )),
            partition => Err(ConfigError::NoKeyUrl { region, partition }),
        }
    }

    /// Whether the keys of this region come from AWS's own endpoint.
    pub(crate) fn is_aws(&self, region: Region) -> bool {
        self.configured(region).is_none()
    }

    /// The URL of a key. All of it is configuration or ours, but for the key id, of which only its
    /// sixteen bytes are left.
    pub(crate) fn url(&self, request: KeyRequest) -> Result<String, ConfigError> {
        let base = self.base(request.region())?;
        Ok(format!("{base}/{}", request.key_id()))
    }

    fn configured(&self, region: Region) -> Option<&KeyUrl> {
        self.regions
            .iter()
            .find(|(known, _)| *known == region)
            .map(|(_, url)| url)
            .or(self.everywhere.as_ref())
    }
}

/// Whether `url` is `https`, or `http` on a loopback host, with nothing but a host, a port and a
/// path.
pub(crate) fn is_acceptable_base(url: &str) -> bool {
    BaseUrl::split(url).is_some_and(|base| base.secure || base.authority.is_loopback())
}

struct BaseUrl<'u> {
    secure: bool,
    authority: Authority<'u>,
}

impl<'u> BaseUrl<'u> {
    /// `None` for whatever two URL parsers could read differently.
    fn split(url: &'u str) -> Option<Self> {
        let (secure, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, path),
            None => (rest, ""),
        };
        let path_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=%".contains(&b);
        if !path.bytes().all(path_allowed) {
            return None;
        }
        Some(Self {
            secure,
            authority: Authority::parse(authority)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::KeyId;

    fn request(region: &str) -> KeyRequest {
        let key_id: KeyId = "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap();
        KeyRequest::new(region.parse().unwrap(), key_id)
    }

    #[test]
    fn aws_and_govcloud_have_their_documented_urls() {
        let endpoints = KeyEndpoints::default();
        for (region, url) in [
            (
                "eu-west-1",
                "https://public-keys.auth.elb.eu-west-1.amazonaws.com/01234567-89ab-cdef-0123-456789abcdef",
            ),
            (
                "us-gov-west-1",
                "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1/01234567-89ab-cdef-0123-456789abcdef",
            ),
            (
                "us-gov-east-1",
                "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1/01234567-89ab-cdef-0123-456789abcdef",
            ),
        ] {
            assert_eq!(endpoints.url(request(region)).unwrap(), url);
        }
    }

    #[test]
    fn an_endpoint_that_is_not_documented_is_not_guessed() {
        let mut endpoints = KeyEndpoints::default();
        for region in [
            "cn-north-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eusc-de-east-1",
        ] {
            let error = endpoints.url(request(region)).unwrap_err();
            assert!(matches!(error, ConfigError::NoKeyUrl { .. }), "{region}");
        }
        endpoints.set_region(
            "cn-north-1".parse().unwrap(),
            KeyUrl::new("https://keys.example/cn/").unwrap(),
        );
        assert_eq!(
            endpoints.url(request("cn-north-1")).unwrap(),
            "https://keys.example/cn/01234567-89ab-cdef-0123-456789abcdef"
        );
        assert!(endpoints.url(request("cn-northwest-1")).is_err());
        endpoints.set_everywhere(KeyUrl::new("https://mirror.example").unwrap());
        assert!(
            endpoints
                .url(request("cn-northwest-1"))
                .unwrap()
                .starts_with("https://mirror.example/")
        );
        assert!(
            endpoints
                .url(request("cn-north-1"))
                .unwrap()
                .starts_with("https://keys.example/cn/")
        );
    }

    #[test]
    fn a_key_url_is_https_or_loopback_and_nothing_that_parsers_disagree_on() {
        for url in [
            "https://mirror.example.com",
            "https://mirror.example.com:8443/alb/keys/",
            "http://localhost:9100",
            "http://127.0.0.1:9100/k",
            "http://127.8.8.8",
            "http://[::1]:9100",
            "https://[2001:db8::1]/keys",
        ] {
            assert!(KeyUrl::new(url).is_ok(), "{url}");
        }
        for slashes in ["", "/", "//"] {
            let url = KeyUrl::new(&format!("https://mirror.example.com/keys{slashes}")).unwrap();
            assert_eq!(url.as_str(), "https://mirror.example.com/keys");
        }
        for url in [
            "",
            "https://",
            "https:///keys",
            "http://mirror.example.com",
            "http://localhost.evil.com",
            "http://127.0.0.1.evil.com",
            "http://10.0.0.1",
            "ftp://localhost",
            "HTTPS://mirror.example.com",
            "https://user@mirror.example.com",
            "https://mirror.example.com?x",
            "https://mirror.example.com/#x",
            "https://mirror.example.com/a b",
            "https://mirror.example.com/\n",
            "https://mirror.example.com\\@evil.com",
            "https://mirror.example.com/../x",
            "https://mirror.example.com/./x",
            "https://mirror.example.com/x/.",
            "https://mirror.example.com/%2e%2e/x",
            "https://mirror.example.com:0",
            "https://mirror.example.com:65536",
            "https://mirror.example.com:+1",
            "https://mirror.example.com:",
            "https://mirrör.example.com",
            "https://[::1",
            "https://[::1]x",
            "https://[x]",
            "http://[2001:db8::1]",
        ] {
            assert_eq!(KeyUrl::new(url), Err(ConfigError::KeyUrl), "{url:?}");
        }
        assert!(plain_http_key_url("http://10.0.0.1:80/keys").is_ok());
        assert!(plain_http_key_url("http://10.0.0.1:80/keys?x").is_err());
    }
}
