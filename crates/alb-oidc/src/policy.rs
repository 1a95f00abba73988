//! Whom to trust: triples of signer, issuer and client, and every check that needs no key.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::arn::{AccountId, LoadBalancerArn, LoadBalancerName, Region};
use crate::cognito::CognitoUserPool;
use crate::error::{ConfigError, TokenError};
use crate::jose::JoseHeader;
use crate::time::UnixTime;
use crate::token::{AdmittedToken, UnverifiedToken};

/// Which tokens to trust: those that fit one of its rules, unexpired.
///
/// A policy is never empty, and each of its rules names a signer: keys are shared by all AWS
/// accounts of a region, so a valid signature alone proves only that *somebody's* load balancer
/// signed.
///
/// ```
/// use alb_oidc::{ClientId, Issuer, Signer, TrustPolicy, TrustedRule};
///
/// let shop = TrustedRule::new(
///     Signer::exact("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188".parse()?),
///     Issuer::new("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE")?,
///     ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?,
/// );
/// // On EKS the load balancer's id is not known before its Ingress exists; its name can be set.
/// let staff = TrustedRule::new(
///     Signer::named("eu-west-1".parse()?, "123456789012".parse()?, "staff".parse()?),
///     Issuer::new("https://login.example.com")?,
///     ClientId::new("staff-portal")?,
/// );
/// let policy = TrustPolicy::from(shop).or(staff);
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrustPolicy {
    rules: Arc<[TrustedRule]>,
    leeway: Duration,
    max_lifetime: Option<Duration>,
}

impl TrustPolicy {
    /// The leeway unless another is set: 10 seconds, enough for clocks that are kept by NTP, little
    /// beside the 120 seconds that a token lives.
    pub const DEFAULT_LEEWAY: Duration = Duration::from_secs(10);
    /// The longest leeway: 60 seconds. A clock that is further off needs correcting.
    pub const MAX_LEEWAY: Duration = Duration::from_secs(60);

    /// A policy of these rules.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoRules`] if there is none.
    pub fn new(rules: impl IntoIterator<Item = TrustedRule>) -> Result<Self, ConfigError> {
        let rules: Arc<[TrustedRule]> = rules.into_iter().collect();
        if rules.is_empty() {
            return Err(ConfigError::NoRules);
        }
        Ok(Self {
            rules,
            leeway: Self::DEFAULT_LEEWAY,
            max_lifetime: None,
        })
    }

    /// This policy and one more rule.
    #[must_use]
    pub fn or(mut self, rule: TrustedRule) -> Self {
        self.rules = self.rules.iter().cloned().chain([rule]).collect();
        self
    }

    /// How far this machine's clock and AWS's may be apart.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Leeway`] if it is longer than [`MAX_LEEWAY`](Self::MAX_LEEWAY).
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, ConfigError> {
        if leeway > Self::MAX_LEEWAY {
            return Err(ConfigError::Leeway);
        }
        self.leeway = leeway;
        Ok(self)
    }

    /// Refuses tokens whose `exp` is further ahead than `lifetime` and the leeway. An ALB's tokens
    /// live 120 seconds; unless set, any `exp` to come is accepted.
    #[must_use]
    pub const fn with_max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// Every check that needs no key: the signer, issuer and client in one rule, and the times of
    /// the header.
    ///
    /// What passes is worth one key lookup. It is not authentic.
    ///
    /// # Errors
    ///
    /// The [`TokenError`] of the first check that fails.
    pub fn admit<'h>(
        &self,
        token: UnverifiedToken<'h>,
        now: UnixTime,
    ) -> Result<AdmittedToken<'h>, TokenError> {
        let header = token.untrusted_header();
        let rule = self.rule_for(header)?;
        let window = self.window();
        window.check(header, now)?;
        Ok(AdmittedToken::new(token, rule, window))
    }

    /// How far the clocks may be apart.
    #[must_use]
    pub const fn leeway(&self) -> Duration {
        self.leeway
    }

    /// The rules.
    pub fn rules(&self) -> impl Iterator<Item = &TrustedRule> {
        self.rules.iter()
    }

    pub(crate) const fn window(&self) -> Window {
        Window {
            leeway: self.leeway,
            max_lifetime: self.max_lifetime,
        }
    }

    /// The rule that all three fit; else what the rule that came closest did not fit.
    fn rule_for(&self, header: &JoseHeader) -> Result<TrustedRule, TokenError> {
        let mut closest = TokenError::UntrustedSigner {
            presented: Some(header.signer),
        };
        for rule in &*self.rules {
            if !rule.signer.matches(&header.signer) {
                continue;
            }
            if !rule.issuer.matches(header.untrusted_issuer()) {
                if !matches!(closest, TokenError::UntrustedClient) {
                    closest = TokenError::UntrustedIssuer;
                }
                continue;
            }
            if !rule.client.matches(header.untrusted_client()) {
                closest = TokenError::UntrustedClient;
                continue;
            }
            return Ok(rule.clone());
        }
        Err(closest)
    }
}

impl From<TrustedRule> for TrustPolicy {
    fn from(rule: TrustedRule) -> Self {
        Self {
            rules: Arc::new([rule]),
            leeway: Self::DEFAULT_LEEWAY,
            max_lifetime: None,
        }
    }
}

/// When a token is valid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) leeway: Duration,
    max_lifetime: Option<Duration>,
}

impl Window {
    pub(crate) fn check(self, header: &JoseHeader, now: UnixTime) -> Result<(), TokenError> {
        let expires_at = header.expires_at;
        // RFC 7519 section 4.1.4: on or after `exp` it must not be accepted.
        if now >= expires_at.saturating_add(self.leeway) {
            return Err(TokenError::Expired);
        }
        if let Some(lifetime) = self.max_lifetime
            && expires_at > now.saturating_add(lifetime).saturating_add(self.leeway)
        {
            return Err(TokenError::LifetimeTooLong);
        }
        self.check_started(header.not_before, now)?;
        self.check_started(header.issued_at, now)
    }

    /// Refuses an `nbf` or `iat` that is to come.
    pub(crate) fn check_started(
        self,
        start: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<(), TokenError> {
        match start {
            Some(start) if start > now.saturating_add(self.leeway) => Err(TokenError::NotYetValid),
            _ => Ok(()),
        }
    }
}

/// One listener rule of one load balancer: the three belong together, and a token must fit all of
/// them.
///
/// A neighbour behind the same load balancer has the same signer and another client id; an
/// attacker's own load balancer has whatever issuer and client id it likes, and another signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedRule {
    signer: Signer,
    issuer: Expected<Issuer>,
    client: Expected<ClientId>,
}

impl TrustedRule {
    /// Trusts tokens that `signer` signed for users whom a rule with this issuer and client id
    /// authenticated.
    #[must_use]
    pub const fn new(signer: Signer, issuer: Issuer, client: ClientId) -> Self {
        Self {
            signer,
            issuer: Expected::Exactly(issuer),
            client: Expected::Exactly(client),
        }
    }

    /// The load balancer that must have signed.
    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The issuer that a token must name; `None` if that is [waived](crate::danger).
    #[must_use]
    pub const fn issuer(&self) -> Option<&Issuer> {
        match &self.issuer {
            Expected::Exactly(issuer) => Some(issuer),
            Expected::Any => None,
        }
    }

    /// The client id that a token must name; `None` if that is [waived](crate::danger).
    #[must_use]
    pub const fn client(&self) -> Option<&ClientId> {
        match &self.client {
            Expected::Exactly(client) => Some(client),
            Expected::Any => None,
        }
    }

    pub(crate) const fn waived(
        signer: Signer,
        issuer: Expected<Issuer>,
        client: Expected<ClientId>,
    ) -> Self {
        Self {
            signer,
            issuer,
            client,
        }
    }

    /// The issuer of a token that fits this rule: the rule's own value, shared and not copied,
    /// unless it is waived.
    pub(crate) fn issuer_of(&self, header: &JoseHeader) -> Issuer {
        match &self.issuer {
            Expected::Exactly(issuer) => issuer.clone(),
            Expected::Any => Issuer(Arc::from(header.untrusted_issuer())),
        }
    }

    pub(crate) fn client_of(&self, header: &JoseHeader) -> ClientId {
        match &self.client {
            Expected::Exactly(client) => client.clone(),
            Expected::Any => ClientId(Arc::from(header.untrusted_client())),
        }
    }
}

/// What a member of a token must be. Only [`danger`](crate::danger) makes an `Any`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected<T> {
    Exactly(T),
    Any,
}

impl<T: AsRef<str>> Expected<T> {
    fn matches(&self, presented: &str) -> bool {
        match self {
            Self::Exactly(expected) => expected.as_ref() == presented,
            Self::Any => true,
        }
    }
}

/// The load balancer that must have signed a token. There is no way to say "any".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signer(Match);

impl Signer {
    /// Exactly this load balancer.
    #[must_use]
    pub const fn exact(arn: LoadBalancerArn) -> Self {
        Self(Match::Exact(arn))
    }

    /// The load balancer of this name in this region of this account, whatever its id: for where
    /// the id is not known beforehand, as on EKS.
    ///
    /// Names are unique in a region of an account, and nobody can sign in another's account.
    #[must_use]
    pub const fn named(region: Region, account: AccountId, name: LoadBalancerName) -> Self {
        Self(Match::Named {
            region,
            account,
            name,
        })
    }

    /// The region, whose keys sign for it.
    #[must_use]
    pub const fn region(&self) -> Region {
        match &self.0 {
            Match::Exact(arn) => arn.region(),
            Match::Named { region, .. } => *region,
        }
    }

    /// The account that it belongs to.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        match &self.0 {
            Match::Exact(arn) => arn.account(),
            Match::Named { account, .. } => *account,
        }
    }

    fn matches(&self, presented: &LoadBalancerArn) -> bool {
        match &self.0 {
            Match::Exact(arn) => arn == presented,
            Match::Named {
                region,
                account,
                name,
            } => {
                *region == presented.region()
                    && *account == presented.account()
                    && name == presented.name()
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    Exact(LoadBalancerArn),
    Named {
        region: Region,
        account: AccountId,
        name: LoadBalancerName,
    },
}

/// The issuer in a listener rule: the identity provider's URL, compared to the last character
/// ([OpenID Connect Core section 2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken), `iss`).
///
/// What an ALB signs is the issuer that its rule is configured with *now*; it proves the
/// configuration, not which provider authenticated the user when.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer(Arc<str>);

impl Issuer {
    /// An issuer.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Issuer`] if it is not an `https` URL without query and fragment; `http` is
    /// accepted for a loopback host alone.
    pub fn new(url: &str) -> Result<Self, ConfigError> {
        if crate::keys::is_acceptable_base(url) {
            Ok(Self(url.into()))
        } else {
            Err(ConfigError::Issuer)
        }
    }

    /// The issuer of a Cognito user pool, as a load balancer has it.
    ///
    /// ```
    /// use alb_oidc::Issuer;
    ///
    /// let issuer = Issuer::cognito(&"eu-west-1_AbCdEf123".parse()?);
    /// # Ok::<(), alb_oidc::ConfigError>(())
    /// ```
    #[must_use]
    pub fn cognito(pool: &CognitoUserPool) -> Self {
        pool.issuer()
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One that is put together from parts that have been checked.
    pub(crate) fn known(url: &str) -> Self {
        Self(url.into())
    }
}

/// The client id in a listener rule, which plays the part of an audience: it tells the applications
/// behind one load balancer apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// A client id.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ClientId`] if it is empty or has characters other than visible ASCII.
    pub fn new(id: &str) -> Result<Self, ConfigError> {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::ClientId);
        }
        Ok(Self(id.into()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl FromStr for $name {
            type Err = ConfigError;

            fn from_str(text: &str) -> Result<Self, ConfigError> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    )*};
}

text! { Issuer ClientId }
