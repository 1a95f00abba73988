//! From an access token and the user's own token to groups and scopes: the steps, in order.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::jwt::{self, Claims, UnverifiedJwt};
use super::{AccessTokenError, VerifiedAccessToken};
use crate::cognito::CognitoUserPool;
use crate::error::{ConfigError, JsonError, KeyError};
use crate::keys::{
    Jwk, JwkFuture, JwkLookup, JwkSet, JwksStore, KeyDiagnosis, KeyFetcher, KeyStore,
    KeyStoreSettings, SignatureAlgorithm, WantedJwk,
};
use crate::policy::{Issuer, TrustPolicy};
use crate::query::is_url;
use crate::time::{Clock, UnixTime};
use crate::token::VerifiedToken;
use crate::trace::event;
use crate::user::AuthenticatedUser;

/// How to verify the access tokens of one issuer: whose they must be, and where the keys are. For
/// [`AuthenticatorBuilder::verify_access_tokens`](crate::AuthenticatorBuilder::verify_access_tokens).
///
/// A token is accepted if all of this holds, in this order:
///
/// 1. It is a compact JWS whose header is one JSON object, without `crit`, with an `alg` that needs
///    a public key and that is accepted of this issuer, and the `typ` of an access token.
/// 2. The issuer's set of keys has one with its `kid`, for signatures, for this `alg`.
/// 3. The signature is that key's.
/// 4. Its payload is one JSON object without a member twice, and `iss` is this issuer. Of a Cognito
///    user pool, `token_use` is `access`; else, `aud` has the audience that is named.
/// 5. `sub` is the signed `sub` of the load balancer's token, and `client_id` its signed `client`.
/// 6. `exp` is there and not past; `nbf` and `iat`, if there, are not to come.
///
/// The keys are those of the issuer in the load balancer's token, which is signed. Nothing in the
/// access token chooses where they come from. They are fetched when they are first needed, in a
/// task that belongs to no request, and kept: while they cannot be had, only what needs groups or
/// scopes fails.
///
/// ```
/// use alb_oidc::{AccessTokenVerifier, CognitoUserPool, Issuer};
///
/// let pool: CognitoUserPool = "eu-west-1_AbCdEf123".parse()?;
/// let cognito = AccessTokenVerifier::cognito(&pool);
///
/// let other = AccessTokenVerifier::rfc9068(
///     Issuer::new("https://login.example.com")?,
///     "https://login.example.com/.well-known/jwks.json",
///     "https://api.example.com",
/// )?;
/// # Ok::<(), alb_oidc::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct AccessTokenVerifier {
    profile: Profile,
    /// The forms of the issuer, and where its keys are.
    issuers: Vec<(Issuer, String)>,
    keys: Keys,
    settings: KeyStoreSettings,
}

#[derive(Clone, Debug)]
enum Profile {
    Cognito,
    Rfc9068 { audience: String },
}

#[derive(Clone, Debug)]
enum Keys {
    /// Fetched with what the authenticator's own store fetches with.
    Fetched,
    FetchedWith(Arc<dyn KeyFetcher>),
    Given(Arc<JwkSet>),
}

impl AccessTokenVerifier {
    /// Verifies what this Cognito user pool issues, under either form of its issuer.
    ///
    /// A user whose token has no `cognito:groups` is in no group, for Cognito leaves the claim out then.
    /// A pre-token-generation trigger that takes groups out of the token takes them from here as well,
    /// and makes `!group("suspended")` true.
    pub fn cognito(pool: &CognitoUserPool) -> Self {
        Self::new(
            Profile::Cognito,
            vec![
                (pool.issuer(), pool.jwks_url()),
                (pool.multi_region_issuer(), pool.multi_region_jwks_url()),
            ],
        )
    }

    /// Verifies JWT access tokens of [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068): those that
    /// `issuer` signs with one of the keys at `jwks_url`, and that have `audience` in `aud`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeySetUrl`] if `jwks_url` is not an `https` URL without user and fragment
    /// (`http` is accepted for a loopback host alone); [`ConfigError::Audience`] if `audience` is
    /// empty or has characters other than visible ASCII.
    pub fn rfc9068(issuer: Issuer, jwks_url: &str, audience: &str) -> Result<Self, ConfigError> {
        if !is_url(jwks_url) {
            return Err(ConfigError::KeySetUrl);
        }
        if audience.is_empty() || !audience.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::Audience);
        }
        let audience = audience.to_owned();
        let issuers = vec![(issuer, jwks_url.to_owned())];
        Ok(Self::new(Profile::Rfc9068 { audience }, issuers))
    }

    /// Fetches the keys with this, instead of with what the authenticator's
    /// [`KeyStore`](crate::KeyStore) fetches with. An authenticator with another source of keys than a
    /// store needs this, or [`keys`](Self::keys).
    pub fn fetcher(mut self, fetcher: impl KeyFetcher) -> Self {
        self.keys = Keys::FetchedWith(Arc::new(fetcher));
        self
    }

    /// Takes the keys from this JWK set ([RFC 7517 section
    /// 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)) and fetches none: for tests, and for
    /// networks without a way to the issuer. Keys rotate, so somebody has to keep them up to date.
    ///
    /// # Errors
    ///
    /// [`ConfigError::KeySet`] if it is not one, or has no key that can verify a signature.
    pub fn keys(mut self, jwks: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let set = JwkSet::parse(jwks.into()).map_err(ConfigError::KeySet)?;
        self.keys = Keys::Given(Arc::new(set));
        Ok(self)
    }

    /// Changes the numbers of fetching. Those that are about single public keys, and
    /// [`max_body_bytes`](KeyStoreSettings::max_body_bytes), count for nothing here.
    pub const fn settings(mut self, settings: KeyStoreSettings) -> Self {
        self.settings = settings;
        self
    }

    fn new(profile: Profile, issuers: Vec<(Issuer, String)>) -> Self {
        Self {
            profile,
            issuers,
            keys: Keys::Fetched,
            settings: KeyStoreSettings::default(),
        }
    }

    fn build(self, store: Option<&KeyStore>) -> Result<Verifier, ConfigError> {
        self.settings.validate()?;
        let source = |issuer: &Issuer, url: String| -> Result<Source, ConfigError> {
            let (fetcher, runtime) = match &self.keys {
                Keys::Given(set) => return Ok(Source::Given(set.clone())),
                Keys::FetchedWith(fetcher) => (fetcher.clone(), None),
                Keys::Fetched => store.ok_or(ConfigError::NoKeySetSource)?.fetching(),
            };
            let settings = self.settings.clone();
            let store = JwksStore::new(issuer.clone(), url, fetcher, runtime, settings);
            event!(info, %issuer, url = store.shown_url(), "the keys of access tokens are fetched from here");
            Ok(Source::Store(store))
        };
        let issuers = self.issuers.into_iter().map(|(issuer, url)| {
            let source = source(&issuer, url)?;
            Ok((issuer, source))
        });
        Ok(Verifier {
            issuers: issuers.collect::<Result<_, ConfigError>>()?,
            profile: self.profile,
        })
    }
}

impl fmt::Debug for AccessTokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<_> = self.issuers.iter().map(|(issuer, _)| issuer).collect();
        f.debug_struct("AccessTokenVerifier")
            .field("profile", &self.profile)
            .field("issuers", &issuers)
            .finish_non_exhaustive()
    }
}

/// All that an authenticator needs to verify access tokens. Cheap to clone; clones share their keys.
#[derive(Clone, Debug)]
pub(crate) struct Verifiers {
    all: Arc<[Verifier]>,
    clock: Arc<dyn Clock>,
    leeway: Duration,
}

#[derive(Debug)]
struct Verifier {
    profile: Profile,
    issuers: Vec<(Issuer, Source)>,
}

#[derive(Debug)]
enum Source {
    Store(JwksStore),
    Given(Arc<JwkSet>),
}

/// The user, at once or to be waited for.
pub(crate) enum Checked {
    Ready(AuthenticatedUser),
    Pending(Pin<Box<dyn Future<Output = AuthenticatedUser> + Send>>),
}

type Verdict = Result<VerifiedAccessToken, AccessTokenError>;

impl Verifiers {
    pub(crate) fn build(
        verifiers: Vec<AccessTokenVerifier>,
        store: Option<&KeyStore>,
        policy: &TrustPolicy,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let mut all: Vec<Verifier> = Vec::new();
        for verifier in verifiers {
            for (issuer, _) in &verifier.issuers {
                if all
                    .iter()
                    .any(|other| other.source(issuer.as_str()).is_some())
                {
                    return Err(ConfigError::VerifierTwice(issuer.clone()));
                }
            }
            if let Some((issuer, _)) = verifier.issuers.first()
                && !verifier
                    .issuers
                    .iter()
                    .any(|(issuer, _)| names(policy, issuer))
            {
                return Err(ConfigError::VerifierWithoutRule(issuer.clone()));
            }
            all.push(verifier.build(store)?);
        }
        Ok(Self {
            all: all.into(),
            clock,
            leeway: policy.leeway(),
        })
    }

    /// Drops the keys that were fetched.
    pub(crate) fn purge(&self) {
        for (_, source) in self.all.iter().flat_map(|verifier| &verifier.issuers) {
            if let Source::Store(store) = source {
                store.purge();
            }
        }
    }

    /// Whether the keys of each issuer that the policy names can be had, and, if it names none, those of
    /// the first form of each. The other form of a Cognito user pool's has keys only if the pool is
    /// replicated.
    pub(crate) fn diagnose(
        &self,
        policy: &TrustPolicy,
    ) -> Vec<impl Future<Output = KeyDiagnosis> + Send + 'static> {
        let mut asked = Vec::new();
        for verifier in self.all.iter() {
            let is_named = |(issuer, _): &&(Issuer, Source)| {
                policy.rules().any(|rule| rule.issuer() == Some(issuer))
            };
            let mut issuers: Vec<_> = verifier.issuers.iter().filter(is_named).collect();
            if issuers.is_empty() {
                issuers.extend(verifier.issuers.first());
            }
            asked.extend(issuers.into_iter().filter_map(|(_, source)| match source {
                Source::Store(store) => Some(store.diagnose()),
                Source::Given(_) => None,
            }));
        }
        asked
    }

    /// Looks at the access token that came with a token that has been verified.
    pub(crate) fn check(&self, token: VerifiedToken) -> Checked {
        match self.begin(&token) {
            // Perhaps there is one where the future is polled.
            Err(Undecided::NoRuntime) => self.wait_for(token, None),
            Err(Undecided::Pending(key)) => self.wait_for(token, Some(key)),
            Ok(verdict) => Checked::Ready(token.into_user(verdict)),
        }
    }

    fn wait_for(&self, token: VerifiedToken, key: Option<JwkFuture>) -> Checked {
        let this = self.clone();
        Checked::Pending(Box::pin(async move {
            let verdict = match key {
                Some(key) => {
                    let key = key.await;
                    this.end(&token, key)
                }
                None => match this.begin(&token) {
                    Ok(verdict) => verdict,
                    Err(Undecided::NoRuntime) => Err(unavailable(KeyError::NoRuntime)),
                    Err(Undecided::Pending(key)) => {
                        let key = key.await;
                        this.end(&token, key)
                    }
                },
            };
            token.into_user(verdict)
        }))
    }

    /// All that can be said without waiting.
    fn begin(&self, token: &VerifiedToken) -> Result<Verdict, Undecided> {
        let (verifier, source, jwt) = match self.read(token) {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        let (key_id, algorithm) = (&jwt.header.key_id, jwt.header.algorithm);
        let key = match source {
            Source::Given(set) => {
                let key = set.find(key_id, algorithm).cloned();
                key.ok_or(KeyError::Unknown)
            }
            Source::Store(store) => {
                let wanted = WantedJwk {
                    key_id: key_id.clone(),
                    algorithm,
                };
                match store.key(wanted) {
                    JwkLookup::Ready(Err(KeyError::NoRuntime)) => return Err(Undecided::NoRuntime),
                    JwkLookup::Ready(key) => key,
                    JwkLookup::Pending(key) => return Err(Undecided::Pending(key)),
                }
            }
        };
        Ok(self.verify(verifier, source, jwt, token, key))
    }

    /// The rest, once the key has been waited for.
    fn end(&self, token: &VerifiedToken, key: Result<Arc<Jwk>, KeyError>) -> Verdict {
        let (verifier, source, jwt) = self.read(token)?;
        self.verify(verifier, source, jwt, token, key)
    }

    fn read<'t>(
        &self,
        token: &'t VerifiedToken,
    ) -> Result<(&Verifier, &Source, UnverifiedJwt<'t>), AccessTokenError> {
        let issuer = token.issuer();
        let found = self.all.iter().find_map(|verifier| {
            let source = verifier.source(issuer)?;
            Some((verifier, source))
        });
        let (verifier, source) = found.ok_or(AccessTokenError::NotConfigured)?;
        let access_token = token.access_token().ok_or(AccessTokenError::Missing)?;
        let jwt = UnverifiedJwt::parse(access_token.expose_unverified())?;
        verifier.profile.check_header(&jwt)?;
        Ok((verifier, source, jwt))
    }

    fn verify(
        &self,
        verifier: &Verifier,
        source: &Source,
        jwt: UnverifiedJwt<'_>,
        token: &VerifiedToken,
        key: Result<Arc<Jwk>, KeyError>,
    ) -> Verdict {
        let key = key.map_err(unavailable)?;
        let claims = jwt.verify(&key).inspect_err(|error| {
            let is_in_doubt = matches!(
                error,
                AccessTokenError::BadSignature | AccessTokenError::KeyDoesNotFit
            );
            if let (true, Source::Store(store)) = (is_in_doubt, source) {
                store.doubt();
            }
        })?;
        let now = self.clock.unix_time().map_err(AccessTokenError::Clock)?;
        verifier.judge(claims, token, now, self.leeway)
    }
}

/// Whether a user of this issuer may come.
fn names(policy: &TrustPolicy, issuer: &Issuer) -> bool {
    let named = |rule: &Issuer| rule == issuer;
    policy.rules().any(|rule| rule.issuer().is_none_or(named))
}

enum Undecided {
    Pending(JwkFuture),
    NoRuntime,
}

const fn unavailable(error: KeyError) -> AccessTokenError {
    match error {
        KeyError::Unknown => AccessTokenError::UnknownKey,
        error => AccessTokenError::Unavailable(error),
    }
}

impl Verifier {
    /// Where the keys of this form of its issuer are.
    fn source(&self, issuer: &str) -> Option<&Source> {
        let known = |(known, _): &&(Issuer, Source)| known.as_str() == issuer;
        self.issuers.iter().find(known).map(|(_, source)| source)
    }

    fn judge(
        &self,
        claims: Claims,
        token: &VerifiedToken,
        now: UnixTime,
        leeway: Duration,
    ) -> Verdict {
        let missing = |member| jwt::payload(JsonError::Missing(member));
        let issuer = claims.issuer.as_deref().ok_or(missing("iss"))?;
        let known = self
            .issuers
            .iter()
            .find(|(known, _)| known.as_str() == issuer);
        let (issuer, _) = known.ok_or(AccessTokenError::Issuer)?;
        self.profile.check_purpose(&claims)?;
        if claims.subject.as_deref().ok_or(missing("sub"))? != token.claims().sub() {
            return Err(AccessTokenError::Subject);
        }
        if claims.client_id.as_deref().ok_or(missing("client_id"))? != token.client() {
            return Err(AccessTokenError::Client);
        }
        let expires_at = claims.expires_at.ok_or(missing("exp"))?;
        if now >= expires_at.saturating_add(leeway) {
            return Err(AccessTokenError::Expired);
        }
        let latest = now.saturating_add(leeway);
        let is_to_come = |start: Option<UnixTime>| start.is_some_and(|start| start > latest);
        if is_to_come(claims.not_before) || is_to_come(claims.issued_at) {
            return Err(AccessTokenError::NotYetValid);
        }
        let scopes = claims.scope.as_ref().map(|scope| {
            let scopes = scope.split(' ').filter(|scope| !scope.is_empty());
            scopes.map(str::to_owned).collect()
        });
        Ok(VerifiedAccessToken {
            issuer: issuer.clone(),
            scopes,
            expires_at,
            issued_at: claims.issued_at,
            groups: self.profile.groups(claims)?,
        })
    }
}

impl Profile {
    fn check_header(&self, jwt: &UnverifiedJwt<'_>) -> Result<(), AccessTokenError> {
        let typ = jwt.header.typ.as_deref();
        let is_typ = |name| typ.is_some_and(|typ| typ.eq_ignore_ascii_case(name));
        let is_access_token = is_typ("at+jwt") || is_typ("application/at+jwt");
        let (algorithm_fits, type_fits) = match self {
            // Cognito signs with RS256 alone, and says nothing of the type.
            Self::Cognito => (
                jwt.header.algorithm == SignatureAlgorithm::Rs256,
                typ.is_none() || is_typ("JWT") || is_access_token,
            ),
            // Section 4 of the RFC.
            Self::Rfc9068 { .. } => (true, is_access_token),
        };
        if !algorithm_fits {
            return Err(AccessTokenError::Algorithm);
        }
        type_fits.then_some(()).ok_or(AccessTokenError::Type)
    }

    /// Whether it is an access token, and one for here.
    fn check_purpose(&self, claims: &Claims) -> Result<(), AccessTokenError> {
        match self {
            Self::Cognito => match claims.token_use.as_deref() {
                Some("access") => Ok(()),
                _ => Err(AccessTokenError::TokenUse),
            },
            Self::Rfc9068 { audience } => match &claims.audience {
                Some(audiences) if audiences.contains(audience) => Ok(()),
                _ => Err(AccessTokenError::Audience),
            },
        }
    }

    /// Cognito leaves the claim out for a user who is in no group. Others leave it out for any reason
    /// of theirs, which is no reason to believe anything.
    fn groups(&self, claims: Claims) -> Result<Option<Vec<String>>, AccessTokenError> {
        match self {
            Self::Cognito => Ok(Some(claims.cognito_groups.unwrap_or_default())),
            Self::Rfc9068 { .. } => claims.groups.as_ref().map(read_groups).transpose(),
        }
    }
}

/// The names of groups as RFC 9068 section 2.2.3.1 has them: texts, or SCIM's objects with a
/// `value` ([RFC 7643 section 4.1.2](https://www.rfc-editor.org/rfc/rfc7643#section-4.1.2)).
fn read_groups(groups: &serde_json::Value) -> Result<Vec<String>, AccessTokenError> {
    let fault = |value| {
        jwt::payload(JsonError::Type {
            member: "groups",
            found: jwt::kind(value),
        })
    };
    let items = groups.as_array().ok_or_else(|| fault(groups))?;
    items
        .iter()
        .map(|item| {
            let name = item.as_str().or_else(|| item.get("value")?.as_str());
            name.map(str::to_owned).ok_or_else(|| fault(item))
        })
        .collect()
}
