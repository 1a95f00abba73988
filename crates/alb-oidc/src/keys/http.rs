//! Keys over HTTPS, with reqwest and rustls.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Proxy, Response, tls};

use super::{FetchFuture, KeyFetcher, KeyResponse};
use crate::error::{ConfigError, FetchError};

/// Gets keys over HTTPS (TLS 1.2 or later): no redirect is followed, nothing is decompressed, and
/// no proxy is taken from the environment.
///
/// Trusts the root certificates of Mozilla that are compiled in, so that it works in an image
/// without a certificate store.
#[derive(Clone)]
pub struct HttpFetcher(Client);

impl HttpFetcher {
    /// A fetcher that has everything at its default.
    ///
    /// # Errors
    ///
    /// [`ConfigError::HttpClient`] if the TLS library cannot be set up.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Sets a fetcher up.
    pub fn builder() -> HttpFetcherBuilder {
        HttpFetcherBuilder::default()
    }
}

impl KeyFetcher for HttpFetcher {
    fn fetch(&self, url: String, max_body_bytes: usize) -> FetchFuture {
        let request = self.0.get(url).header(ACCEPT_ENCODING, "identity");
        Box::pin(async move {
            let response = request.send().await.map_err(|error| classify(&error))?;
            read(response, max_body_bytes).await
        })
    }
}

impl fmt::Debug for HttpFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpFetcher")
    }
}

/// Sets up an [`HttpFetcher`].
#[derive(Clone, Default)]
#[must_use]
pub struct HttpFetcherBuilder {
    proxy: Option<Proxy>,
    roots: Roots,
    connect_timeout: Option<Duration>,
}

#[derive(Clone, Default)]
enum Roots {
    #[default]
    Mozilla,
    Platform,
    Own(Vec<Certificate>),
}

impl HttpFetcherBuilder {
    /// Connects through this proxy, `http://host:port`. Without this no proxy is used, whatever
    /// `HTTPS_PROXY` says: the way to the keys is not for the environment to change.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Proxy`] if it is not a URL.
    pub fn proxy(mut self, url: &str) -> Result<Self, ConfigError> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(ConfigError::Proxy);
        }
        self.proxy = Some(Proxy::all(url).map_err(|_| ConfigError::Proxy)?);
        Ok(self)
    }

    /// Trusts these root certificates (PEM, one or more) and no others: for a mirror, or a proxy
    /// that ends TLS.
    ///
    /// # Errors
    ///
    /// [`ConfigError::RootCertificate`] if there is none, or one cannot be read.
    pub fn root_certificates_pem(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        let roots = Certificate::from_pem_bundle(pem).map_err(|_| ConfigError::RootCertificate)?;
        if roots.is_empty() {
            return Err(ConfigError::RootCertificate);
        }
        self.roots = Roots::Own(roots);
        Ok(self)
    }

    /// Trusts the root certificates of the operating system and no others. On Linux, the
    /// environment may put others in their place, by `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    pub fn platform_root_certificates(mut self) -> Self {
        self.roots = Roots::Platform;
        self
    }

    /// Deadline of making a connection, unless the
    /// [exchange's](crate::KeyStoreSettings::exchange_timeout) is over before. 1 second; a way
    /// through proxies may need more.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The fetcher.
    ///
    /// # Errors
    ///
    /// [`ConfigError::HttpClient`] if the TLS library cannot be set up;
    /// [`ConfigError::RootCertificate`] if a root certificate is not one.
    pub fn build(self) -> Result<HttpFetcher, ConfigError> {
        let client = base_client().connect_timeout(self.connect_timeout.unwrap_or(CONNECT_TIMEOUT));
        let client = match self.proxy {
            Some(proxy) => client.proxy(proxy),
            None => client,
        };
        let (client, failed) = match self.roots {
            Roots::Mozilla => (
                client.tls_certs_only(mozilla_roots()?),
                ConfigError::HttpClient,
            ),
            Roots::Platform => (client, ConfigError::HttpClient),
            Roots::Own(roots) => (client.tls_certs_only(roots), ConfigError::RootCertificate),
        };
        client.build().map(HttpFetcher).map_err(|_| failed)
    }
}

/// Shows whether there is a proxy, and not its URL, which may have a password.
impl fmt::Debug for HttpFetcherBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFetcherBuilder")
            .field("has_proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

fn base_client() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        // Whatever features other crates of the application have reqwest built with.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .http1_only()
        .tls_version_min(tls::Version::TLS_1_2)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(1)
        .user_agent(concat!("alb-oidc/", env!("CARGO_PKG_VERSION")))
}

fn mozilla_roots() -> Result<Vec<Certificate>, ConfigError> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| Certificate::from_der(der).map_err(|_| ConfigError::HttpClient))
        .collect()
}

async fn read(mut response: Response, max_body_bytes: usize) -> Result<KeyResponse, FetchError> {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    // Only a key's body says anything.
    if status == 200 {
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if body.len() + chunk.len() > max_body_bytes {
                return Err(FetchError::BodyTooLarge);
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(KeyResponse {
        status,
        retry_after,
        body,
    })
}

fn classify(error: &reqwest::Error) -> FetchError {
    if error.is_timeout() {
        FetchError::Timeout
    } else if error.is_dns() {
        FetchError::Dns
    } else if has_tls_cause(error) {
        FetchError::Tls
    } else if error.is_connect() {
        FetchError::Connect
    } else {
        FetchError::Aborted
    }
}

fn has_tls_cause(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An `io::Error` names as its source not what it holds, but the source of that.
    let held = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match held {
        Some(held) => has_tls_cause(held),
        None => error.source().is_some_and(has_tls_cause),
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Keys are fetched once an hour; a connection that waits for that long is dead.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_mozillas_roots_are_trusted() {
        let roots = mozilla_roots().unwrap().len();
        assert_eq!(roots, webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        assert!(roots > 100);
    }

    #[test]
    fn a_setting_leaves_the_others_as_they_are() {
        let timeout = Duration::from_millis(5);
        let builder = HttpFetcher::builder().proxy("http://proxy:3128").unwrap();
        let builder = builder.connect_timeout(timeout);
        assert_eq!(builder.connect_timeout, Some(timeout));
        assert!(builder.proxy.is_some());
    }

    #[test]
    fn debug_does_not_show_the_proxys_password() {
        let builder = HttpFetcher::builder()
            .proxy("http://user:canary@proxy:3128")
            .unwrap();
        let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
