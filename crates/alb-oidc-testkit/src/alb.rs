//! A load balancer that signs: the token to the byte, and nothing of HTTP but the three headers.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use alb_oidc::{
    Authenticator, ClientId, Clock, CognitoUserPool, Issuer, KeyError, KeyId, KeyLookup,
    KeyRequest, KeySource, LoadBalancerArn, OidcHeaders, Signer, SystemClock, TrustPolicy,
    TrustedRule, UnixTime,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Value, json};

use crate::provider_key::ProviderKey;
use crate::signing_key::SigningKey;

/// A load balancer with one authenticating rule, and its region's signing keys. Clones are the same
/// load balancer.
///
/// What it mints is what an ALB mints, byte for byte: member order, padding, an `exp` 120 seconds
/// ahead, the identity provider's claims in their order. Its account is `000000000000`, which no
/// real load balancer has.
///
/// ```
/// use alb_oidc_testkit::SimulatedAlb;
///
/// # async fn app(authenticator: alb_oidc::Authenticator, request: http::Request<()>) {}
/// # async fn test() {
/// let alb = SimulatedAlb::new();
/// let request = alb.sign_in(http::Request::new(()), "alice");
/// app(alb.authenticator(), request).await;
/// # }
/// ```
#[derive(Clone)]
pub struct SimulatedAlb {
    rule: Arc<Rule>,
    keys: Arc<RwLock<Vec<SigningKey>>>,
}

struct Rule {
    arn: LoadBalancerArn,
    issuer: Issuer,
    client: ClientId,
}

impl SimulatedAlb {
    /// Whom the access tokens of its provider are for, if that is not a Cognito user pool: `aud`.
    pub const AUDIENCE: &'static str = "simulated-api";

    /// A load balancer in `us-east-1` with a rule of a made-up Cognito user pool.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets a load balancer up.
    pub fn builder() -> SimulatedAlbBuilder {
        SimulatedAlbBuilder {
            arn: DEFAULT_ARN.parse().expect("the default ARN is one"),
            issuer: Issuer::new(DEFAULT_ISSUER).expect("the default issuer is one"),
            client: ClientId::new(DEFAULT_CLIENT).expect("the default client id is one"),
        }
    }

    /// Another load balancer or rule that signs with the same keys, as all load balancers of a
    /// region do, whoever owns them.
    #[must_use]
    pub fn with_same_keys(&self, other: SimulatedAlbBuilder) -> Self {
        Self {
            keys: self.keys.clone(),
            ..other.build()
        }
    }

    /// A load balancer or rule that signs with the last of these keys, and whose region has them all.
    #[cfg(feature = "vectors")]
    pub(crate) fn with_keys(other: SimulatedAlbBuilder, keys: Vec<SigningKey>) -> Self {
        Self {
            keys: Arc::new(RwLock::new(keys)),
            ..other.build()
        }
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &LoadBalancerArn {
        &self.rule.arn
    }

    /// Its rule's issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.rule.issuer
    }

    /// Its rule's client id.
    #[must_use]
    pub fn client(&self) -> &ClientId {
        &self.rule.client
    }

    /// The id of the key that it signs with now.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.with_key(SigningKey::id)
    }

    /// Makes a new key and signs with it from now on. Gives its id; the public keys of old ones
    /// stay.
    pub fn rotate(&self) -> KeyId {
        let key = SigningKey::generate();
        let id = key.id();
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.push(key);
        id
    }

    /// The PEM of a public key, as a key endpoint serves it.
    #[must_use]
    pub fn public_key_pem(&self, key_id: KeyId) -> Option<String> {
        let keys = self.keys();
        let key = keys.iter().find(|key| key.id() == key_id)?;
        Some(key.public_pem())
    }

    /// The ids and PEMs of all its public keys, the oldest first.
    #[must_use]
    pub fn public_keys(&self) -> Vec<(KeyId, String)> {
        let keys = self.keys();
        keys.iter()
            .map(|key| (key.id(), key.public_pem()))
            .collect()
    }

    /// The policy that trusts this load balancer's rule and nothing else.
    #[must_use]
    pub fn policy(&self) -> TrustPolicy {
        TrustPolicy::from(TrustedRule::new(
            Signer::exact(*self.arn()),
            self.issuer().clone(),
            self.client().clone(),
        ))
    }

    /// An authenticator that trusts this load balancer's rule, knows its keys, also those of later
    /// rotations, and makes no connections.
    #[must_use]
    pub fn authenticator(&self) -> Authenticator {
        self.authenticator_at(SystemClock)
    }

    /// The same, with a clock of the test's own.
    #[must_use]
    pub fn authenticator_at(&self, clock: impl Clock) -> Authenticator {
        Authenticator::builder(self.policy())
            .key_source(self.clone())
            .clock(clock)
            .build()
            .expect("the policy of a simulated load balancer fits its keys")
    }

    /// The value of `x-amzn-oidc-data` for a user of whom the identity provider's userinfo endpoint
    /// says `userinfo`, a JSON object as text.
    ///
    /// The text is kept as it is, so that the claims keep their order; `exp` and `iss` are added at
    /// its end.
    ///
    /// # Panics
    ///
    /// If `userinfo` does not end as an object does.
    #[must_use]
    pub fn mint(&self, userinfo: &str, now: UnixTime) -> String {
        self.sign(self.header(now), self.payload(userinfo, now))
    }

    /// The three headers for such a user: the token minted now, its `sub`, and an access token of
    /// somebody who is in no group.
    ///
    /// # Panics
    ///
    /// If `userinfo` is not an object with a `sub`, or the system's clock stands before 1970.
    #[must_use]
    pub fn headers(&self, userinfo: &Value) -> [(&'static str, String); 3] {
        self.headers_in_groups(userinfo, &[])
    }

    /// The three headers for such a user, with an access token that says that they are in these
    /// groups. Only an authenticator that [verifies access tokens](Self::access_token) sees them.
    ///
    /// # Panics
    ///
    /// As [`headers`](Self::headers).
    #[must_use]
    pub fn headers_in_groups(
        &self,
        userinfo: &Value,
        groups: &[&str],
    ) -> [(&'static str, String); 3] {
        let now = SystemClock
            .unix_time()
            .expect("the clock stands after 1970");
        let sub = userinfo["sub"].as_str().expect("userinfo has a sub");
        [
            (OidcHeaders::DATA, self.mint(&userinfo.to_string(), now)),
            (OidcHeaders::IDENTITY, sub.to_owned()),
            (
                OidcHeaders::ACCESS_TOKEN,
                self.access_token(sub, groups, now),
            ),
        ]
    }

    /// The identity provider's access token for the user with this `sub`, who is in these groups:
    /// good for an hour, and signed by [`ProviderKey::first`].
    ///
    /// If the rule's issuer is a Cognito user pool, it is what Cognito issues, member for member;
    /// else it is one of RFC 9068 for [`AUDIENCE`](Self::AUDIENCE).
    #[must_use]
    pub fn access_token(&self, sub: &str, groups: &[&str], now: UnixTime) -> String {
        let payload = self.access_token_claims(sub, groups, now);
        ProviderKey::first().sign(self.access_token_header(), payload.to_string())
    }

    /// The JSON header of such a token.
    #[must_use]
    pub fn access_token_header(&self) -> String {
        let kid = ProviderKey::first().id();
        match self.user_pool() {
            Some(_) => format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#),
            None => format!(r#"{{"typ":"at+jwt","kid":"{kid}","alg":"RS256"}}"#),
        }
    }

    /// The claims of such a token, for tokens of a test's own.
    #[must_use]
    pub fn access_token_claims(&self, sub: &str, groups: &[&str], now: UnixTime) -> Value {
        let mut claims = json!({
            "sub": sub,
            "iss": self.issuer().as_str(),
            "client_id": self.client().as_str(),
            "scope": "openid profile",
            "auth_time": now.as_secs(),
            "iat": now.as_secs(),
            "exp": now.as_secs() + ACCESS_TOKEN_LIFETIME_SECONDS,
            "jti": "00000000-0000-4000-8000-000000000000",
        });
        match self.user_pool() {
            Some(_) => {
                claims["version"] = 2.into();
                claims["token_use"] = "access".into();
                claims["username"] = sub.into();
                // Cognito leaves the claim out for whom is in no group.
                if !groups.is_empty() {
                    claims["cognito:groups"] = groups.into();
                }
            }
            None => {
                claims["aud"] = Self::AUDIENCE.into();
                claims["groups"] = groups.into();
            }
        }
        claims
    }

    /// The provider's keys, as it publishes them: a JWK set.
    #[must_use]
    pub fn jwks(&self) -> String {
        format!(r#"{{"keys":[{}]}}"#, ProviderKey::first().jwk())
    }

    /// Verifies the access tokens of its provider, with the keys at hand.
    ///
    /// # Panics
    ///
    /// Never: the keys are keys.
    #[cfg(feature = "access-token")]
    pub fn access_token_verifier(&self) -> alb_oidc::AccessTokenVerifier {
        use alb_oidc::AccessTokenVerifier;

        let verifier = match self.user_pool() {
            Some(pool) => AccessTokenVerifier::cognito(&pool),
            None => {
                // Asked for nothing, for the keys are given.
                let url = "https://provider.example/jwks.json";
                AccessTokenVerifier::rfc9068(self.issuer().clone(), url, Self::AUDIENCE)
                    .expect("the URL and the audience are good ones")
            }
        };
        verifier
            .keys(self.jwks())
            .expect("the provider's keys are keys")
    }

    /// An authenticator like [`authenticator`](Self::authenticator)'s that verifies access tokens
    /// too.
    ///
    /// # Panics
    ///
    /// Never: its parts fit together.
    #[cfg(feature = "access-token")]
    #[must_use]
    pub fn authenticator_with_access_tokens(&self) -> Authenticator {
        Authenticator::builder(self.policy())
            .key_source(self.clone())
            .verify_access_tokens(self.access_token_verifier())
            .build()
            .expect("the policy of a simulated load balancer fits its keys")
    }

    fn user_pool(&self) -> Option<CognitoUserPool> {
        let (_, id) = self.issuer().as_str().rsplit_once('/')?;
        let pool: CognitoUserPool = id.parse().ok()?;
        [pool.issuer(), pool.multi_region_issuer()]
            .contains(self.issuer())
            .then_some(pool)
    }

    /// The request as it comes from the load balancer when `name` is signed in. The user's `sub`
    /// and `name` are `name`; the e-mail address is `name` at example.com.
    #[must_use]
    pub fn sign_in<B>(&self, request: Request<B>, name: &str) -> Request<B> {
        self.sign_in_with(request, &named_user(name))
    }

    /// The request as it comes from the load balancer when `name` is signed in, who is in these
    /// groups: for an application that verifies access tokens.
    #[must_use]
    pub fn sign_in_to_groups<B>(
        &self,
        request: Request<B>,
        name: &str,
        groups: &[&str],
    ) -> Request<B> {
        with_headers(request, self.headers_in_groups(&named_user(name), groups))
    }

    /// The request as it comes from the load balancer when a user with these claims is signed in.
    ///
    /// # Panics
    ///
    /// If `userinfo` is not an object with a `sub` in printable ASCII.
    #[must_use]
    pub fn sign_in_with<B>(&self, request: Request<B>, userinfo: &Value) -> Request<B> {
        with_headers(request, self.headers(userinfo))
    }

    /// A token of this header and payload, JSON or not, encoded and signed as an ALB does: for
    /// forgeries of a test's own.
    #[must_use]
    pub fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let input = signing_input(header, payload);
        let signature = self.with_key(|key| key.sign(input.as_bytes()));
        join(&input, &signature)
    }

    /// The JSON header of a token that it signs now.
    #[must_use]
    pub fn header(&self, now: UnixTime) -> String {
        format!(
            r#"{{"typ":"JWT","kid":"{}","alg":"ES256","iss":{},"client":{},"signer":"{}","exp":{}}}"#,
            self.key_id(),
            quoted(self.issuer().as_str()),
            quoted(self.client().as_str()),
            self.arn(),
            expiry(now)
        )
    }

    pub(crate) fn payload(&self, userinfo: &str, now: UnixTime) -> String {
        let object = userinfo.trim_end();
        let members = object.strip_suffix('}').expect("userinfo is an object");
        let comma = if members.trim_end().ends_with('{') {
            ""
        } else {
            ","
        };
        format!(
            r#"{members}{comma}"exp":{},"iss":{}}}"#,
            expiry(now),
            quoted(self.issuer().as_str())
        )
    }

    pub(crate) fn with_key<T>(&self, read: impl FnOnce(&SigningKey) -> T) -> T {
        read(self.keys().last().expect("there is always a key"))
    }

    fn keys(&self) -> RwLockReadGuard<'_, Vec<SigningKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the keys that it has at the time, of its own region and of no other.
impl KeySource for SimulatedAlb {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        let keys = self.keys();
        let key = keys
            .iter()
            .find(|key| key.id() == request.key_id())
            .filter(|_| request.region() == self.arn().region());
        KeyLookup::Ready(key.map(SigningKey::public).ok_or(KeyError::Unknown))
    }
}

impl Default for SimulatedAlb {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SimulatedAlb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedAlb")
            .field("arn", self.arn())
            .field("issuer", self.issuer())
            .field("client", self.client())
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}

/// Sets up a [`SimulatedAlb`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SimulatedAlbBuilder {
    arn: LoadBalancerArn,
    issuer: Issuer,
    client: ClientId,
}

impl SimulatedAlbBuilder {
    /// Its ARN.
    pub const fn arn(mut self, arn: LoadBalancerArn) -> Self {
        self.arn = arn;
        self
    }

    /// Its rule's issuer.
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuer = issuer;
        self
    }

    /// Its rule's client id.
    pub fn client(mut self, client: ClientId) -> Self {
        self.client = client;
        self
    }

    /// The load balancer, with a fresh key.
    #[must_use]
    pub fn build(self) -> SimulatedAlb {
        SimulatedAlb {
            rule: Arc::new(Rule {
                arn: self.arn,
                issuer: self.issuer,
                client: self.client,
            }),
            keys: Arc::new(RwLock::new(vec![SigningKey::generate()])),
        }
    }
}

/// What userinfo says of a user who is known by a name alone.
pub(crate) fn named_user(name: &str) -> Value {
    json!({"sub": name, "name": name, "email": format!("{name}@example.com"), "email_verified": "true"})
}

fn with_headers<B>(mut request: Request<B>, headers: [(&'static str, String); 3]) -> Request<B> {
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).expect("the sub is printable ASCII");
        // A load balancer discards what the client sent by these names.
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    request
}

/// Header and payload, each padded on its own: what is signed.
pub(crate) fn signing_input(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    format!("{}.{}", URL_SAFE.encode(header), URL_SAFE.encode(payload))
}

pub(crate) fn join(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", URL_SAFE.encode(signature))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

const fn expiry(now: UnixTime) -> u64 {
    now.as_secs() + TOKEN_LIFETIME_SECONDS
}

const TOKEN_LIFETIME_SECONDS: u64 = 120;
const DEFAULT_ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/simulated/50dc6c495c0c9188";
const DEFAULT_ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_SIMULATED";
const DEFAULT_CLIENT: &str = "simulated-client-id";
/// Cognito's default.
const ACCESS_TOKEN_LIFETIME_SECONDS: u64 = 3600;
