//! From headers to a user: the steps, in order.

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

#[cfg(feature = "access-token")]
use crate::access_token::{AccessTokenVerifier, Checked, Verifiers};
use crate::arn::{AccountId, LoadBalancerArn, Region};
use crate::error::{AuthenticateError, ConfigError, KeyError, TokenError};
use crate::headers::OidcHeaders;
#[cfg(feature = "access-token")]
use crate::keys::KeyFetcher;
use crate::keys::{
    KeyDiagnosis, KeyFuture, KeyLookup, KeySource, KeyStore, KeyStoreSettings, KeyUrl,
};
use crate::outcomes::{AuthenticatorStats, Mode, Outcomes};
use crate::policy::{ClientId, Issuer, Signer, TrustPolicy, TrustedRule};
use crate::signature::{CryptoBackend, PublicKey};
use crate::time::{Clock, SystemClock};
use crate::token::{AdmittedToken, UnverifiedToken, VerifiedToken};
use crate::trace::event;
use crate::user::AuthenticatedUser;

/// Decides who is calling: a policy, a source of keys and a clock. Cheap to clone; clones share
/// their keys.
///
/// Build it inside the tokio runtime that the application runs in, once. The runtime needs its time
/// driver and, for fetching, its I/O driver.
#[derive(Clone)]
pub struct Authenticator(Arc<Parts>);

struct Parts {
    policy: TrustPolicy,
    keys: Keys,
    clock: Arc<dyn Clock>,
    outcomes: Outcomes,
    /// Places for what is observed and waits for a key.
    observing: Arc<Semaphore>,
    #[cfg(feature = "access-token")]
    access_tokens: Verifiers,
}

const MAX_OBSERVING: usize = 256;

impl Authenticator {
    /// The variable with the load balancer's ARN, for [`from_env`](Self::from_env).
    pub const ALB_ARN_VARIABLE: &'static str = "ALB_OIDC_ALB_ARN";
    /// The variable with the listener rule's issuer.
    pub const ISSUER_VARIABLE: &'static str = "ALB_OIDC_ISSUER";
    /// The variable with the listener rule's client id.
    pub const CLIENT_ID_VARIABLE: &'static str = "ALB_OIDC_CLIENT_ID";
    /// The variable with another base URL of keys than AWS's. Need not be set.
    pub const KEY_URL_VARIABLE: &'static str = "ALB_OIDC_KEY_URL";

    /// One rule of one load balancer, from the environment: `ALB_OIDC_ALB_ARN`, `ALB_OIDC_ISSUER`,
    /// `ALB_OIDC_CLIENT_ID` and, for a mirror or a simulator, `ALB_OIDC_KEY_URL`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::VariableMissing`] or [`ConfigError::Variable`], which name the variable; and
    /// whatever [`AuthenticatorBuilder::build`] may say.
    pub fn from_env() -> Result<Self, ConfigError> {
        AuthenticatorBuilder::from_env()?.build()
    }

    /// Sets an authenticator up.
    pub fn builder(policy: TrustPolicy) -> AuthenticatorBuilder {
        AuthenticatorBuilder {
            policy,
            clock: Arc::new(SystemClock),
            keys: None,
            fetching: Fetching::default(),
            #[cfg(feature = "access-token")]
            access_tokens: Vec::new(),
        }
    }

    /// Decides who sent these headers.
    ///
    /// Takes what [`OidcHeaders::from_lookup`] gives, faults included, so that they are traced like
    /// every other.
    ///
    /// All that can be decided at once is decided in this call, which takes as long as one
    /// signature's verification and reads nothing but memory; the future is ready at its first
    /// poll unless a key has to be fetched. It is `Send + 'static` and holds nothing of the
    /// request. Dropping it does no harm.
    ///
    /// # Errors
    ///
    /// The future gives an [`AuthenticateError`]; its
    /// [`disposition`](AuthenticateError::disposition) says what to answer.
    pub fn authenticate(
        &self,
        headers: Result<OidcHeaders<'_>, AuthenticateError>,
    ) -> Authentication {
        self.decide(headers, Mode::Enforced)
    }

    /// Decides who sent these headers, tells the operator, and nobody else: for trying a policy out
    /// in a running application. It counts in [`stats`](Self::stats), and its events have
    /// `observed=true`.
    ///
    /// A key that has to be fetched is waited for in a task of its own, of which there are at most
    /// 256; what comes on top counts as undecided, for no response waits for it and holds it back.
    /// What is observed and what is enforced count together: to tell them apart, build two
    /// authenticators on clones of one [`KeyStore`].
    pub fn observe(&self, headers: Result<OidcHeaders<'_>, AuthenticateError>) {
        let headers = headers.map(OidcHeaders::without_access_token);
        let Authentication(Stage::Waiting(decision)) = self.decide(headers, Mode::Observed) else {
            return;
        };
        let undecided = match (
            Handle::try_current(),
            self.0.observing.clone().try_acquire_owned(),
        ) {
            (Ok(runtime), Ok(place)) => {
                runtime.spawn(async move {
                    let _place = place;
                    decision.await
                });
                return;
            }
            (Err(_), _) => KeyError::NoRuntime,
            (Ok(_), Err(_)) => KeyError::Limited,
        };
        let undecided = Err(undecided.into());
        self.0.outcomes.record(&undecided, Mode::Observed);
    }

    /// How many requests it has decided on, by outcome. Clones count together.
    ///
    /// [`around_load_balancer`](AuthenticatorStats::around_load_balancer) is worth an alarm. What
    /// it counts also makes an event of level `ERROR`, at most one a minute, and means that the
    /// policy does not name the load balancer in front (compare the event's `presented_signer`),
    /// or that somebody reaches the application around it (restrict the security group of the
    /// targets to the load balancer's) or through a listener rule that does not authenticate; or
    /// that a key URL of your own serves wrong keys.
    #[must_use]
    pub fn stats(&self) -> AuthenticatorStats {
        self.0.outcomes.stats()
    }

    /// The store that its keys come from, to look at or to [invalidate](KeyStore::invalidate) one;
    /// `None` if they come from another source.
    #[must_use]
    pub fn key_store(&self) -> Option<&KeyStore> {
        match &self.0.keys {
            Keys::Store(store) => Some(store),
            Keys::Source(_) => None,
        }
    }

    /// Whether keys can be had, for each region of the policy: [`KeyStore::diagnose`] says how that
    /// is found out, and [`KeyDiagnosis`] what it is good for. Empty if the keys come from another
    /// source than a store.
    pub async fn diagnose(&self) -> Vec<KeyDiagnosis> {
        let Some(store) = self.key_store() else {
            return Vec::new();
        };
        let regions: BTreeSet<_> = self
            .policy()
            .rules()
            .map(|rule| rule.signer().region())
            .collect();
        // All are asked before the first has answered.
        let asked: Vec<_> = regions
            .into_iter()
            .map(|region| store.diagnose(region))
            .collect();
        let mut diagnoses = Vec::with_capacity(asked.len());
        for diagnosis in asked {
            diagnoses.push(diagnosis.await);
        }
        diagnoses
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &TrustPolicy {
        &self.0.policy
    }

    fn admit<'h>(&self, headers: OidcHeaders<'h>) -> Result<AdmittedToken<'h>, AuthenticateError> {
        let token = UnverifiedToken::parse(headers)?;
        let now = self.0.clock.unix_time()?;
        Ok(self.0.policy.admit(token, now)?)
    }

    fn decide(
        &self,
        headers: Result<OidcHeaders<'_>, AuthenticateError>,
        mode: Mode,
    ) -> Authentication {
        let admitted = match headers.and_then(|headers| self.admit(headers)) {
            Ok(admitted) => admitted,
            Err(error) => return self.decided(Err(error), mode),
        };
        match self.key(&admitted) {
            // Perhaps there is one where the future is polled, as in `runtime.block_on(…)`.
            KeyLookup::Ready(Err(KeyError::NoRuntime)) => self.wait_for(admitted, None, mode),
            KeyLookup::Ready(key) => self.conclude(self.verify(admitted, key), mode),
            KeyLookup::Pending(key) => self.wait_for(admitted, Some(key), mode),
        }
    }

    fn decided(&self, decision: Decision, mode: Mode) -> Authentication {
        self.0.outcomes.record(&decision, mode);
        Authentication(Stage::Decided(decision))
    }

    fn key(&self, admitted: &AdmittedToken<'_>) -> KeyLookup {
        self.0.keys.as_source().key(admitted.key_request())
    }

    fn wait_for(
        &self,
        admitted: AdmittedToken<'_>,
        key: Option<KeyFuture>,
        mode: Mode,
    ) -> Authentication {
        let (this, admitted) = (self.clone(), admitted.into_owned());
        Authentication(Stage::Waiting(Box::pin(async move {
            let lookup = key.map_or_else(|| this.key(&admitted), KeyLookup::Pending);
            let key = match lookup {
                KeyLookup::Ready(key) => key,
                KeyLookup::Pending(key) => key.await,
            };
            this.conclude(this.verify(admitted, key), mode).await
        })))
    }

    fn verify(
        &self,
        admitted: AdmittedToken<'_>,
        key: Result<Arc<PublicKey>, KeyError>,
    ) -> Result<VerifiedToken, AuthenticateError> {
        let key = key.map_err(|error| match error {
            KeyError::Unknown => AuthenticateError::Rejected(TokenError::UnknownKey),
            error => AuthenticateError::Unavailable(error),
        })?;
        let now = self.0.clock.unix_time()?;
        Ok(admitted.verify(&key, now)?)
    }

    /// From the token to the user. Whatever the access token is, that makes no difference to
    /// whether there is one.
    #[cfg(feature = "access-token")]
    fn conclude(
        &self,
        verified: Result<VerifiedToken, AuthenticateError>,
        mode: Mode,
    ) -> Authentication {
        let user = match verified.map(|token| self.0.access_tokens.check(token)) {
            Err(error) => return self.decided(Err(error), mode),
            Ok(Checked::Ready(user)) => return self.decided(Ok(user), mode),
            Ok(Checked::Pending(user)) => user,
        };
        let this = self.clone();
        Authentication(Stage::Waiting(Box::pin(async move {
            let decision = Ok(user.await);
            this.0.outcomes.record(&decision, mode);
            decision
        })))
    }

    #[cfg(not(feature = "access-token"))]
    fn conclude(
        &self,
        verified: Result<VerifiedToken, AuthenticateError>,
        mode: Mode,
    ) -> Authentication {
        self.decided(verified.map(AuthenticatedUser::from), mode)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("policy", &self.0.policy)
            .field("keys", &self.0.keys)
            .field("clock", &self.0.clock)
            .finish()
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

/// The decision on one request, to be awaited.
#[must_use = "a decision that nobody reads decides nothing"]
pub struct Authentication(Stage);

enum Stage {
    Waiting(Pin<Box<dyn Future<Output = Decision> + Send>>),
    Decided(Decision),
    /// Polled again after it was ready, which no executor does.
    Spent,
}

type Decision = Result<AuthenticatedUser, AuthenticateError>;

impl Future for Authentication {
    type Output = Decision;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Decision> {
        if let Stage::Waiting(decision) = &mut self.0 {
            let decision = ready!(decision.as_mut().poll(context));
            self.0 = Stage::Spent;
            return Poll::Ready(decision);
        }
        match mem::replace(&mut self.0, Stage::Spent) {
            Stage::Decided(decision) => Poll::Ready(decision),
            Stage::Waiting(_) | Stage::Spent => Poll::Pending,
        }
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").finish_non_exhaustive()
    }
}

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

#[derive(Debug)]
enum Keys {
    Store(KeyStore),
    Source(Arc<dyn KeySource>),
}

impl Keys {
    fn as_source(&self) -> &dyn KeySource {
        match self {
            Self::Store(store) => store,
            Self::Source(source) => source,
        }
    }
}

impl AuthenticatorBuilder {
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
    /// [`groups`](AuthenticatedUser::groups) and [`scopes`](AuthenticatedUser::scopes) are known of
    /// its users. May be called once for each issuer; the issuer in the load balancer's token tells
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
        #[cfg(feature = "access-token")]
        let access_tokens = self.build_verifiers()?;
        let keys = match self.keys {
            Some(Keys::Source(source)) => {
                event!(info, keys = ?source, "public keys come from a source of the application's own");
                Keys::Source(source)
            }
            Some(Keys::Store(store)) => Keys::Store(checked(store, &self.policy)?),
            None => Keys::Store(checked(self.fetching.build()?, &self.policy)?),
        };
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

    #[cfg(feature = "access-token")]
    fn build_verifiers(&self) -> Result<Verifiers, ConfigError> {
        let verifiers = self.access_tokens.clone();
        let fetcher = match verifiers.iter().any(AccessTokenVerifier::needs_fetcher) {
            true => self.fetching.fetcher()?,
            false => None,
        };
        Verifiers::build(
            verifiers,
            fetcher.as_ref(),
            &self.policy,
            self.clock.clone(),
        )
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

    /// What fetches public keys can fetch sets of them.
    #[cfg(all(feature = "access-token", feature = "http-client"))]
    fn fetcher(&self) -> Result<Option<Arc<dyn KeyFetcher>>, ConfigError> {
        Ok(Some(Arc::new(self.http.clone().build()?)))
    }

    #[cfg(all(feature = "access-token", not(feature = "http-client")))]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "it is not, with the feature http-client"
    )]
    const fn fetcher(&self) -> Result<Option<Arc<dyn KeyFetcher>>, ConfigError> {
        Ok(None)
    }
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
