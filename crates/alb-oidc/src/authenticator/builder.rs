//! What an authenticator is set up with, and whether it fits together.

use std::env;
use std::sync::Arc;

use tokio::sync::Semaphore;

#[cfg(feature = "access-token")]
use crate::access_token::{AccessTokenVerifier, Verifiers};
use crate::arn::{AccountId, LoadBalancerArn, Region};
use crate::error::ConfigError;
use crate::keys::{KeySource, KeyStore, KeyStoreSettings, KeyUrl};
use crate::outcomes::Outcomes;
use crate::policy::{ClientId, Issuer, Signer, TrustPolicy, TrustedRule};
use crate::signature::CryptoBackend;
use crate::time::{Clock, SystemClock};
use crate::trace::event;

use super::{Authenticator, Keys, MAX_OBSERVING, Parts};

/// Sets up an [`Authenticator`].
#[derive(Debug)]
#[must_use]
pub struct AuthenticatorBuilder {
    policy: TrustPolicy,
    clock: Arc<dyn Clock>,
    keys: Option<Keys>,
    fetching: Fetching,
    #[cfg(feature = "access-token")]
    access_tokens: Vec<AccessTokenVerifier>,
}

impl AuthenticatorBuilder {
    pub(super) fn new(policy: TrustPolicy) -> Self {
        Self {
            policy,
            clock: Arc::new(SystemClock),
            keys: None,
            fetching: Fetching::default(),
            #[cfg(feature = "access-token")]
            access_tokens: Vec::new(),
        }
    }

    /// One rule of one load balancer from the environment, as [`Authenticator::from_env`], and the
    /// rest to be set up.
    ///
    /// # Errors
    ///
    /// [`ConfigError::VariableMissing`] or [`ConfigError::Variable`], which name the variable.
    pub fn from_env() -> Result<Self, ConfigError> {
        // What is not UTF-8 keeps a U+FFFD, which none of the four may have.
        Self::from_variables(|name| {
            env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    fn from_variables(
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let needed = |name| variable(name).ok_or(ConfigError::VariableMissing(name));
        let (arn, issuer, client, key_url) = (
            Authenticator::ALB_ARN_VARIABLE,
            Authenticator::ISSUER_VARIABLE,
            Authenticator::CLIENT_ID_VARIABLE,
            Authenticator::KEY_URL_VARIABLE,
        );
        let rule = TrustedRule::new(
            Signer::exact(refuse(arn, needed(arn)?.parse::<LoadBalancerArn>())?),
            refuse(issuer, Issuer::new(&needed(issuer)?))?,
            refuse(client, ClientId::new(&needed(client)?))?,
        );
        let builder = Authenticator::builder(TrustPolicy::from(rule));
        match variable(key_url) {
            Some(url) => refuse(key_url, builder.key_url(&url)),
            None => Ok(builder),
        }
    }

    /// Takes the time from this clock instead of the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Takes keys from here: [`StaticKeys`](crate::StaticKeys), or a source of your own. What is
    /// set for fetching them then counts for nothing.
    pub fn key_source(mut self, keys: impl KeySource) -> Self {
        self.keys = Some(Keys::Source(Arc::new(keys)));
        self
    }

    /// Takes keys from this store, which other authenticators may share, or which has a
    /// [`KeyFetcher`](crate::KeyFetcher) of your own. What is set here for fetching
    /// keys then counts for nothing.
    pub fn key_store(mut self, keys: KeyStore) -> Self {
        self.keys = Some(Keys::Store(keys));
        self
    }

    /// Fetches keys from this base URL instead of from AWS: for a mirror, a simulator, or a
    /// partition whose endpoint AWS does not document.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeyUrl`], as [`KeyUrl::new`].
    pub fn key_url<U>(mut self, url: U) -> Result<Self, ConfigError>
    where
        U: TryInto<KeyUrl>,
        ConfigError: From<U::Error>,
    {
        self.fetching.everywhere = Some(url.try_into()?);
        Ok(self)
    }

    /// Fetches the keys of one region from this base URL.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeyUrl`], as [`KeyUrl::new`].
    pub fn key_url_for<U>(mut self, region: Region, url: U) -> Result<Self, ConfigError>
    where
        U: TryInto<KeyUrl>,
        ConfigError: From<U::Error>,
    {
        self.fetching.regions.push((region, url.try_into()?));
        Ok(self)
    }

    /// Fetches keys through this proxy, `http://host:port`. Without this none is used, whatever the
    /// environment says.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Proxy`] if it is not a URL.
    #[cfg(feature = "http-client")]
    pub fn proxy(mut self, url: &str) -> Result<Self, ConfigError> {
        self.fetching.http = self.fetching.http.proxy(url)?;
        Ok(self)
    }

    /// Trusts these root certificates (PEM) and no others when fetching keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError::RootCertificate`] if there is none, or one cannot be read.
    #[cfg(feature = "http-client")]
    pub fn root_certificates_pem(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        self.fetching.http = self.fetching.http.root_certificates_pem(pem)?;
        Ok(self)
    }

    /// Trusts the operating system's root certificates, and no others, when fetching keys.
    #[cfg(feature = "http-client")]
    pub fn platform_root_certificates(mut self) -> Self {
        self.fetching.http = self.fetching.http.platform_root_certificates();
        self
    }

    /// Verifies with this library instead of the [default](CryptoBackend::default).
    pub const fn crypto_backend(mut self, backend: CryptoBackend) -> Self {
        self.fetching.backend = Some(backend);
        self
    }

    /// Changes the numbers of the key store.
    pub fn key_store_settings(mut self, settings: KeyStoreSettings) -> Self {
        self.fetching.settings = settings;
        self
    }

    /// Verifies the access tokens of one issuer too, so that
    /// [`groups`](crate::AuthenticatedUser::groups) and
    /// [`scopes`](crate::AuthenticatedUser::scopes) are known of its users. May be called once for each issuer; the issuer in the load balancer's token tells
    /// which one is asked.
    ///
    /// Users are signed in whether or not their access token verifies, and whether or not the
    /// issuer's keys can be had. A request waits for them at most once, and no longer than a fetch
    /// may take; while they are known to be unavailable, it does not wait.
    #[cfg(feature = "access-token")]
    pub fn verify_access_tokens(mut self, verifier: AccessTokenVerifier) -> Self {
        self.access_tokens.push(verifier);
        self
    }

    /// The authenticator.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the parts do not fit together: keys of a region for which no endpoint is
    /// known, or a policy that trusts the simulator's account with AWS's keys.
    pub fn build(self) -> Result<Authenticator, ConfigError> {
        let keys = match self.keys {
            Some(Keys::Source(source)) => {
                event!(info, keys = ?source, "public keys come from a source of the application's own");
                Keys::Source(source)
            }
            Some(Keys::Store(store)) => Keys::Store(checked(store, &self.policy)?),
            None => Keys::Store(checked(self.fetching.build()?, &self.policy)?),
        };
        #[cfg(feature = "access-token")]
        let access_tokens = Verifiers::build(
            self.access_tokens,
            keys.as_store(),
            &self.policy,
            self.clock.clone(),
        )?;
        Ok(Authenticator(Arc::new(Parts {
            policy: self.policy,
            keys,
            clock: self.clock,
            outcomes: Outcomes::default(),
            observing: Arc::new(Semaphore::new(MAX_OBSERVING)),
            #[cfg(feature = "access-token")]
            access_tokens,
        })))
    }
}

/// Checks that the store knows where the keys of each rule are, and tells the operator.
fn checked(store: KeyStore, policy: &TrustPolicy) -> Result<KeyStore, ConfigError> {
    for rule in policy.rules() {
        let signer = rule.signer();
        let _base = store.endpoints().base(signer.region())?;
        if signer.account() == AccountId::SIMULATOR && store.endpoints().is_aws(signer.region()) {
            return Err(ConfigError::SimulatorAccount);
        }
        event!(info, region = %signer.region(), url = %_base, "public keys are fetched from here");
    }
    Ok(store)
}

/// How to fetch keys, unless a store or a source is given.
#[derive(Debug, Default)]
struct Fetching {
    everywhere: Option<KeyUrl>,
    regions: Vec<(Region, KeyUrl)>,
    backend: Option<CryptoBackend>,
    settings: KeyStoreSettings,
    #[cfg(feature = "http-client")]
    http: crate::keys::HttpFetcherBuilder,
}

impl Fetching {
    #[cfg(feature = "http-client")]
    fn build(self) -> Result<KeyStore, ConfigError> {
        let mut store = KeyStore::builder(self.http.build()?).settings(self.settings);
        if let Some(url) = self.everywhere {
            store = store.key_url(url)?;
        }
        for (region, url) in self.regions {
            store = store.key_url_for(region, url)?;
        }
        if let Some(backend) = self.backend {
            store = store.crypto_backend(backend);
        }
        store.build()
    }

    #[cfg(not(feature = "http-client"))]
    fn build(self) -> Result<KeyStore, ConfigError> {
        Err(ConfigError::NoKeySource)
    }
}

fn refuse<T, E: Into<ConfigError>>(
    name: &'static str,
    value: Result<T, E>,
) -> Result<T, ConfigError> {
    value.map_err(|error| ConfigError::Variable {
        name,
        error: Box::new(error.into()),
    })
}

#[cfg(all(test, feature = "http-client", feature = "aws-lc-rs"))]
mod tests {
    use super::*;
    use crate::error::ArnError;

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";

    fn from(variables: &[(&str, &str)]) -> Result<Authenticator, ConfigError> {
        let builder = AuthenticatorBuilder::from_variables(|name| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        builder?.build()
    }

    #[test]
    fn three_variables_make_an_authenticator_and_each_is_needed() {
        let all = [
            ("ALB_OIDC_ALB_ARN", ARN),
            ("ALB_OIDC_ISSUER", "https://login.example.com"),
            ("ALB_OIDC_CLIENT_ID", "shop"),
        ];
        assert!(from(&all).is_ok());
        for index in 0..all.len() {
            let mut some = all.to_vec();
            let (missing, _) = some.remove(index);
            match from(&some) {
                Err(ConfigError::VariableMissing(name)) => assert_eq!(name, missing),
                other => panic!("{missing} was not missed: {other:?}"),
            }
        }
    }

    #[test]
    fn a_variable_that_is_refused_is_named() {
        let good = [
            ("ALB_OIDC_ALB_ARN", ARN),
            ("ALB_OIDC_ISSUER", "https://login.example.com"),
            ("ALB_OIDC_CLIENT_ID", "shop"),
            ("ALB_OIDC_KEY_URL", "http://127.0.0.1:9100"),
        ];
        assert!(from(&good).is_ok());
        for (name, value, expected) in [
            ("ALB_OIDC_ALB_ARN", "", ConfigError::Arn(ArnError::NotAnArn)),
            (
                "ALB_OIDC_ALB_ARN",
                "shop\u{fffd}",
                ConfigError::Arn(ArnError::NotAnArn),
            ),
            ("ALB_OIDC_ISSUER", "login.example.com", ConfigError::Issuer),
            (
                "ALB_OIDC_ISSUER",
                "http://login.example.com",
                ConfigError::Issuer,
            ),
            ("ALB_OIDC_CLIENT_ID", "", ConfigError::ClientId),
            (
                "ALB_OIDC_KEY_URL",
                "http://keys.example.com",
                ConfigError::KeyUrl,
            ),
            ("ALB_OIDC_KEY_URL", "", ConfigError::KeyUrl),
        ] {
            let variables =
                good.map(|(other, good)| (other, if other == name { value } else { good }));
            let error = from(&variables).unwrap_err();
            let expected = ConfigError::Variable {
                name,
                error: Box::new(expected),
            };
            assert_eq!(error, expected, "{name}={value:?}");
            assert!(error.to_string().contains(name));
        }
    }

    #[test]
    fn the_simulators_account_is_refused_where_keys_come_from_aws() {
        let simulated = ARN.replace("123456789012", "000000000000");
        let mut variables = vec![
            ("ALB_OIDC_ALB_ARN", &*simulated),
            ("ALB_OIDC_ISSUER", "https://login.example.com"),
            ("ALB_OIDC_CLIENT_ID", "shop"),
        ];
        assert_eq!(from(&variables).unwrap_err(), ConfigError::SimulatorAccount);
        variables.push(("ALB_OIDC_KEY_URL", "http://127.0.0.1:9100"));
        assert!(from(&variables).is_ok());
    }

    #[test]
    fn a_partition_without_a_documented_endpoint_needs_a_url() {
        let chinese = ARN
            .replace("arn:aws:", "arn:aws-cn:")
            .replace("eu-west-1", "cn-north-1");
        let variables = [
            ("ALB_OIDC_ALB_ARN", &*chinese),
            ("ALB_OIDC_ISSUER", "https://login.example.com"),
            ("ALB_OIDC_CLIENT_ID", "shop"),
        ];
        let error = from(&variables).unwrap_err();
        assert!(matches!(error, ConfigError::NoKeyUrl { .. }), "{error}");
    }

    #[test]
    fn a_proxy_and_roots_of_ones_own_are_checked_when_they_are_given() {
        let rule = TrustedRule::new(
            Signer::exact(ARN.parse().unwrap()),
            Issuer::new("https://login.example.com").unwrap(),
            ClientId::new("shop").unwrap(),
        );
        let builder = || Authenticator::builder(TrustPolicy::from(rule.clone()));
        assert!(
            builder()
                .proxy("http://proxy:3128")
                .unwrap()
                .build()
                .is_ok()
        );
        for url in ["", "proxy:3128", "ftp://proxy", "http://"] {
            assert_eq!(
                builder().proxy(url).unwrap_err(),
                ConfigError::Proxy,
                "{url:?}"
            );
        }
        for pem in [
            &b""[..],
            b"text",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let built = builder()
                .root_certificates_pem(pem)
                .and_then(AuthenticatorBuilder::build);
            assert_eq!(built.unwrap_err(), ConfigError::RootCertificate, "{pem:?}");
        }
        assert!(builder().platform_root_certificates().build().is_ok());
    }
}
