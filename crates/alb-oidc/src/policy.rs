//! Whom to trust: triples of signer, issuer and client, and every check that needs no key.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::arn::{AccountId, LoadBalancerArn, LoadBalancerName, Region};
use crate::cognito::CognitoUserPool;
use crate::error::{ConfigError, TokenError};
use crate::expected_header::ExpectedHeader;
use crate::headers::OidcHeaders;
use crate::jose::{JoseHeader, KeyId, Validity};
use crate::signature::SIGNATURE_BYTES;
use crate::time::UnixTime;
use crate::token::{AdmittedToken, Segments, SplitToken, UnverifiedToken};

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
    rules: Arc<[PreparedRule]>,
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
        let rules: Arc<[PreparedRule]> = rules.into_iter().map(PreparedRule::from).collect();
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
        self.rules = self.rules.iter().cloned().chain([rule.into()]).collect();
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
        let header = self.admit_header(&token.header, now)?;
        Ok(AdmittedToken::new(token.split, header, self.window()))
    }

    fn admit_header(
        &self,
        header: &JoseHeader,
        now: UnixTime,
    ) -> Result<FittingHeader, TokenError> {
        let rule = self.rule_for(header)?;
        self.window().check(header.validity, now)?;
        Ok(rule.read(header))
    }

    /// Parses and admits: what [`UnverifiedToken::parse`] and then [`admit`](Self::admit) come to, and what
    /// an [`Authenticator`](crate::Authenticator) does.
    ///
    /// It is faster for a rule of [`Signer::exact`] that waives nothing, which says all of the JOSE header that
    /// a load balancer writes but its `kid` and its `exp`: such a header is compared as it is encoded.
    ///
    /// # Errors
    ///
    /// The [`TokenError`] of the first check that fails, in [their order](crate#what-decides).
    pub fn parse_and_admit<'h>(
        &self,
        headers: OidcHeaders<'h>,
        now: UnixTime,
    ) -> Result<AdmittedToken<'h>, TokenError> {
        let (admitted, _) = self.admit_at(headers, || Ok::<_, TokenError>(now))?;
        Ok(admitted)
    }

    /// The same, with a clock that is not read for what cannot be parsed. Gives the time too.
    pub(crate) fn admit_at<'h, E: From<TokenError>>(
        &self,
        headers: OidcHeaders<'h>,
        now: impl FnOnce() -> Result<UnixTime, E>,
    ) -> Result<(AdmittedToken<'h>, UnixTime), E> {
        let segments = Segments::split(headers.data)?;
        let mut signature = [0; SIGNATURE_BYTES];
        segments.decode_signature(&mut signature)?;
        let (header, now) = match self.recognize(segments.header) {
            Some(header) => {
                let now = now()?;
                self.window().check(header.validity(), now)?;
                (header, now)
            }
            None => {
                let header = segments.read_header()?;
                let now = now()?;
                (self.admit_header(&header, now)?, now)
            }
        };
        let split = SplitToken::new(headers, &segments, signature);
        Ok((AdmittedToken::new(split, header, self.window()), now))
    }

    /// What an encoded header says, if a rule expects it.
    fn recognize(&self, header: &[u8]) -> Option<FittingHeader> {
        let mut expected = self.rules.iter().flat_map(|rule| &rule.expected);
        expected.find_map(|expected| expected.recognize(header))
    }

    /// How far the clocks may be apart.
    #[must_use]
    pub const fn leeway(&self) -> Duration {
        self.leeway
    }

    /// The rules.
    pub fn rules(&self) -> impl Iterator<Item = &TrustedRule> {
        self.rules.iter().map(|rule| &rule.trusted)
    }

    pub(crate) const fn window(&self) -> Window {
        Window {
            leeway: self.leeway,
            max_lifetime: self.max_lifetime,
        }
    }

    /// The rule that all three fit; else what the rule that came closest did not fit.
    fn rule_for(&self, header: &JoseHeader) -> Result<&PreparedRule, TokenError> {
        let mut closest = TokenError::UntrustedSigner {
            presented: Some(header.signer),
        };
        for rule in &*self.rules {
            let trusted = &rule.trusted;
            if !trusted.signer.matches(&header.signer) {
                continue;
            }
            if !trusted.issuer.matches(header.untrusted_issuer()) {
                if !matches!(closest, TokenError::UntrustedClient) {
                    closest = TokenError::UntrustedIssuer;
                }
                continue;
            }
            if !trusted.client.matches(header.untrusted_client()) {
                closest = TokenError::UntrustedClient;
                continue;
            }
            return Ok(rule);
        }
        Err(closest)
    }
}

impl From<TrustedRule> for TrustPolicy {
    fn from(rule: TrustedRule) -> Self {
        Self {
            rules: Arc::new([rule.into()]),
            leeway: Self::DEFAULT_LEEWAY,
            max_lifetime: None,
        }
    }
}

/// A rule, and the header that it expects.
#[derive(Clone)]
struct PreparedRule {
    trusted: TrustedRule,
    expected: Option<ExpectedHeader>,
}

impl From<TrustedRule> for PreparedRule {
    fn from(trusted: TrustedRule) -> Self {
        Self {
            expected: ExpectedHeader::of(&trusted),
            trusted,
        }
    }
}

impl PreparedRule {
    /// What a header says that fits it.
    fn read(&self, header: &JoseHeader) -> FittingHeader {
        let names = match &self.expected {
            Some(expected) => expected.names().clone(),
            None => Arc::new(self.trusted.names_in(header)),
        };
        FittingHeader::new(names, header.key_id, header.validity)
    }
}

impl fmt::Debug for PreparedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.trusted, f)
    }
}

/// What the header of a token says that fits a rule. Nobody may have signed it, and its time may be over.
pub(crate) struct FittingHeader {
    names: Arc<TrustedNames>,
    key_id: KeyId,
    validity: Validity,
}

impl FittingHeader {
    pub(crate) const fn new(names: Arc<TrustedNames>, key_id: KeyId, validity: Validity) -> Self {
        Self {
            names,
            key_id,
            validity,
        }
    }

    pub(crate) const fn names(&self) -> &Arc<TrustedNames> {
        &self.names
    }

    pub(crate) fn into_names(self) -> Arc<TrustedNames> {
        self.names
    }

    pub(crate) const fn key_id(&self) -> KeyId {
        self.key_id
    }

    pub(crate) const fn validity(&self) -> Validity {
        self.validity
    }
}

/// The names that a rule and a header have in common.
#[derive(Debug)]
pub(crate) struct TrustedNames {
    /// The rule's.
    pub(crate) region: Region,
    pub(crate) signer: LoadBalancerArn,
    pub(crate) issuer: Issuer,
    pub(crate) client: ClientId,
}

/// How far the clocks may be apart, and how long a token may live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) leeway: Duration,
    max_lifetime: Option<Duration>,
}

impl Window {
    pub(crate) fn check(self, validity: Validity, now: UnixTime) -> Result<(), TokenError> {
        let expires_at = validity.expires_at;
        // RFC 7519 section 4.1.4: on or after `exp` it must not be accepted.
        if now >= expires_at.saturating_add(self.leeway) {
            return Err(TokenError::Expired);
        }
        if let Some(lifetime) = self.max_lifetime
            && expires_at > now.saturating_add(lifetime).saturating_add(self.leeway)
        {
            return Err(TokenError::LifetimeTooLong);
        }
        self.check_started(validity.starts_at, now)
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

    /// Whether all three names are this rule's.
    pub(crate) fn fits(&self, header: &JoseHeader) -> bool {
        self.signer.matches(&header.signer)
            && self.issuer.matches(header.untrusted_issuer())
            && self.client.matches(header.untrusted_client())
    }

    /// The names in a header that fits this rule. The issuer and the client are the rule's own values,
    /// shared and not copied, unless they are waived.
    pub(crate) fn names_in(&self, header: &JoseHeader) -> TrustedNames {
        TrustedNames {
            region: self.signer.region(),
            signer: header.signer,
            issuer: match &self.issuer {
                Expected::Exactly(issuer) => issuer.clone(),
                Expected::Any => Issuer(Arc::from(header.untrusted_issuer())),
            },
            client: match &self.client {
                Expected::Exactly(client) => client.clone(),
                Expected::Any => ClientId(Arc::from(header.untrusted_client())),
            },
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

    /// The load balancer, if it is one alone.
    pub(crate) const fn as_exact(&self) -> Option<&LoadBalancerArn> {
        match &self.0 {
            Match::Exact(arn) => Some(arn),
            Match::Named { .. } => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use alb_oidc_testkit::SimulatedAlb;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE;

    #[test]
    fn each_rule_has_the_header_recognized_that_it_expects() {
        let alb = SimulatedAlb::new();
        let header = alb.header(alb_oidc::UnixTime::from_secs(1_900_000_000));
        let header = |client: &str| URL_SAFE.encode(header.replace(alb.client().as_str(), client));
        let rule = |client: &str| {
            let signer = alb.arn().to_string().parse().unwrap();
            let issuer = alb.issuer().as_str().parse().unwrap();
            TrustedRule::new(Signer::exact(signer), issuer, client.parse().unwrap())
        };
        let policy = TrustPolicy::new(["first", "second"].map(rule)).unwrap();
        for client in ["first", "second"] {
            let recognized = policy.recognize(header(client).as_bytes()).unwrap();
            assert_eq!(recognized.names().client.as_str(), client);
        }
        assert!(policy.recognize(header("third").as_bytes()).is_none());
    }
}
