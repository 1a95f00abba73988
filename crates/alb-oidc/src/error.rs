//! Every way to fail, one variant a cause, and the one table from an error to what the client is
//! told.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use crate::arn::{LoadBalancerArn, Partition, Region};
use crate::jose::KeyId;
use crate::policy::Issuer;
use crate::time::ClockError;

/// Why a request has no authenticated user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// None of the three headers is there: the request did not come through an authenticating
    /// listener rule.
    #[error("the request has no x-amzn-oidc-* header")]
    Missing,
    /// The headers are not what an ALB sends.
    #[error(transparent)]
    Headers(#[from] HeadersError),
    /// The token is not one to trust.
    #[error("the token was rejected: {0}")]
    Rejected(TokenError),
    /// The token could be good; the key that would tell cannot be had now.
    #[error("the public key cannot be had: {0}")]
    Unavailable(KeyError),
    /// The token could be good; the time that would tell is not known.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

// By hand: `#[from]` would make the cause a source too, and it is in the text already.
impl From<TokenError> for AuthenticateError {
    fn from(error: TokenError) -> Self {
        Self::Rejected(error)
    }
}

impl From<KeyError> for AuthenticateError {
    fn from(error: KeyError) -> Self {
        Self::Unavailable(error)
    }
}

impl AuthenticateError {
    /// What the client is told. The one place where an error becomes an answer.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::Missing | Self::Headers(_) | Self::Rejected(_) => Disposition::Challenge,
            Self::Unavailable(error) => Disposition::Unavailable {
                retry_after: error.retry_after(),
            },
            Self::Clock(_) => Disposition::Unavailable {
                retry_after: DEFAULT_RETRY_AFTER,
            },
        }
    }

    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Headers(error) => error.fault.reason(),
            Self::Rejected(error) => error.reason(),
            Self::Unavailable(error) => error.reason(),
            Self::Clock(_) => "clock",
        }
    }
}

/// What the client is told about a request that has no authenticated user. There are these two; a
/// third would be a breaking change, so that no adapter needs a catch-all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// 401: authenticate first. The same answer for every cause, so that it tells an attacker
    /// nothing.
    Challenge,
    /// 503: nobody can tell now. Never 401, for an outage must not sign users out.
    Unavailable {
        /// When to try again, for `Retry-After`.
        retry_after: Duration,
    },
}

pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// A fault of one of the three headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header {header} {fault}")]
pub struct HeadersError {
    header: &'static str,
    fault: HeaderFault,
}

impl HeadersError {
    pub(crate) const fn new(header: &'static str, fault: HeaderFault) -> Self {
        Self { header, fault }
    }

    /// The name of the header.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        self.header
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn fault(&self) -> HeaderFault {
        self.fault
    }
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// It is there more than once.
    #[error("is there more than once")]
    Duplicate,
    /// It has no value.
    #[error("is empty")]
    Empty,
    /// It is longer than [`OidcHeaders::MAX_BYTES`](crate::OidcHeaders::MAX_BYTES).
    #[error("is longer than 16384 bytes")]
    TooLarge,
    /// It has characters that it cannot have, or nothing but spaces.
    #[error("has characters that it cannot have")]
    Characters,
    /// It came without `x-amzn-oidc-data`.
    #[error("came without x-amzn-oidc-data")]
    WithoutData,
}

impl HeaderFault {
    const fn reason(self) -> &'static str {
        match self {
            Self::Duplicate => "header-duplicate",
            Self::Empty => "header-empty",
            Self::TooLarge => "header-too-large",
            Self::Characters => "header-characters",
            Self::WithoutData => "header-without-data",
        }
    }
}

/// Why a token is rejected. Holds nothing of the token but what has been parsed into a type of
/// ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not three non-empty segments joined by two dots.
    #[error("it is not three segments joined by dots")]
    Structure,
    /// A segment is not base64url with canonical padding or none.
    #[error("the {segment} is not base64url: {error}")]
    Encoding {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: EncodingError,
    },
    /// A segment is not the JSON object that it must be.
    #[error("the {segment}'s JSON {error}")]
    Json {
        /// The segment.
        segment: Segment,
        /// What is wrong with it.
        error: JsonError,
    },
    /// `alg` is not exactly `ES256`.
    #[error("its algorithm is not ES256")]
    Algorithm,
    /// `typ` is there and is not `JWT`.
    #[error("its type is not JWT")]
    Type,
    /// `crit` is there. No extension is understood, so any is refused (RFC 7515 section 4.1.11).
    #[error("it has critical extensions")]
    CriticalHeader,
    /// The header has a parameter that would name, carry or change the key or the signing input.
    #[error("it has the header parameter {0}, which no ALB sends")]
    ForbiddenParameter(&'static str),
    /// `kid` is not a UUID in lower case.
    #[error("its key id is not a UUID in lower case")]
    KeyId,
    /// The signature is not the 64 bytes of `r || s` (RFC 7518 section 3.4). DER is refused here.
    #[error("its signature is not 64 bytes")]
    SignatureLength,
    /// No rule names the load balancer that the token says has signed it.
    #[error("it was not signed by a load balancer that is trusted")]
    UntrustedSigner {
        /// The ARN in the token, if it is one of an Application Load Balancer. Unverified.
        presented: Option<LoadBalancerArn>,
    },
    /// Rules name its signer, but none with its issuer.
    #[error("no rule for its signer names its issuer")]
    UntrustedIssuer,
    /// Rules name its signer and issuer, but none with its client id.
    #[error("no rule for its signer and issuer names its client id")]
    UntrustedClient,
    /// `exp` is past, by more than the leeway.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` is to come, by more than the leeway.
    #[error("it is not valid yet")]
    NotYetValid,
    /// `exp` is further ahead than the policy's longest lifetime.
    #[error("it lives longer than the policy allows")]
    LifetimeTooLong,
    /// The key endpoint, which has served others, says that there is no such key.
    #[error("no key has its key id")]
    UnknownKey,
    /// The signature is not one of the key over this token.
    #[error("its signature does not verify")]
    BadSignature,
    /// `x-amzn-oidc-identity` is there and is not the signed `sub`.
    #[error("the identity header is not its subject")]
    IdentityMismatch,
}

impl TokenError {
    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Encoding { .. } => "encoding",
            Self::Json { .. } => "json",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::CriticalHeader => "critical-header",
            Self::ForbiddenParameter(_) => "forbidden-parameter",
            Self::KeyId => "key-id",
            Self::SignatureLength => "signature-length",
            Self::UntrustedSigner { .. } => "untrusted-signer",
            Self::UntrustedIssuer => "untrusted-issuer",
            Self::UntrustedClient => "untrusted-client",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::LifetimeTooLong => "lifetime-too-long",
            Self::UnknownKey => "unknown-key",
            Self::BadSignature => "bad-signature",
            Self::IdentityMismatch => "identity-mismatch",
        }
    }
}

/// One of the three segments of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a segment is not base64url (RFC 4648 section 5) as an ALB writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodingError {
    /// A character is not of the URL-safe alphabet.
    #[error("a character is not of the alphabet")]
    Alphabet,
    /// The padding is neither canonical nor absent.
    #[error("the padding is neither canonical nor absent")]
    Padding,
    /// The last character has bits that are not part of any byte.
    #[error("the last character has stray bits")]
    TrailingBits,
    /// No number of bytes has this many characters.
    #[error("the number of characters is impossible")]
    Length,
}

/// Why a segment is not the JSON object (RFC 8259) that it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is not one JSON document.
    #[error("is not one JSON document")]
    Syntax,
    /// It is not UTF-8.
    #[error("is not UTF-8")]
    Utf8,
    /// It is JSON, but no object.
    #[error("is not an object")]
    NotObject,
    /// An object has a member twice.
    #[error("has a member twice")]
    Duplicate,
    /// Objects or arrays stand inside each other too deep.
    #[error("is nested too deep")]
    Depth,
    /// There are too many members.
    #[error("has too many members")]
    TooManyMembers,
    /// An integer does not fit 64 bits.
    #[error("has an integer beyond 64 bits")]
    IntegerTooLarge,
    /// A member that must be there is not.
    #[error("has no member {0}")]
    Missing(&'static str),
    /// A member is not of its type.
    #[error("has {found} as {member}")]
    Type {
        /// The member.
        member: &'static str,
        /// What its value is instead.
        found: JsonKind,
    },
    /// A member that must be text has none.
    #[error("has no text in {0}")]
    Empty(&'static str),
    /// A time is before 1970 or after 9999.
    #[error("has a time in {0} that is before 1970 or after 9999")]
    TimeOutOfRange(&'static str),
}

/// What kind of JSON value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonKind {
    /// `null`.
    #[error("null")]
    Null,
    /// `true` or `false`.
    #[error("a boolean")]
    Bool,
    /// A number without fraction and exponent.
    #[error("an integer")]
    Integer,
    /// A number with a fraction and no exponent; or `-0`, which only a float can tell from zero.
    #[error("a number with a fraction")]
    Fraction,
    /// A number with an exponent.
    #[error("a number with an exponent")]
    Exponent,
    /// A string.
    #[error("a string")]
    String,
    /// An array.
    #[error("an array")]
    Array,
    /// An object.
    #[error("an object")]
    Object,
}

/// Why the key of a token could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key with this id.
    ///
    /// Said by a [`KeyStore`](crate::KeyStore) only of an endpoint that has served a key before:
    /// until then a 403 or 404 is as likely a wrong URL or a proxy, and is
    /// [`FetchError::Status`]. Said by [`StaticKeys`](crate::StaticKeys) of every id that they
    /// lack.
    #[error("no key has this id")]
    Unknown,
    /// The fetch failed.
    #[error("{error}")]
    Fetch {
        /// How.
        error: FetchError,
        /// When the next fetch may be made.
        retry_after: Duration,
    },
    /// Too many unknown key ids are being asked for, and this one has not had its turn.
    #[error("too many unknown key ids are being asked for")]
    Limited,
    /// There is no tokio runtime to fetch in.
    #[error("there is no tokio runtime to fetch in")]
    NoRuntime,
}

impl KeyError {
    pub(crate) const fn retry_after(&self) -> Duration {
        match self {
            Self::Fetch { retry_after, .. } => *retry_after,
            Self::Unknown | Self::Limited | Self::NoRuntime => DEFAULT_RETRY_AFTER,
        }
    }

    /// The cause as one of a closed set of labels, for logs and metrics.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-key",
            Self::Fetch { error, .. } => error.reason(),
            Self::Limited => "key-fetch-limited",
            Self::NoRuntime => "no-runtime",
        }
    }
}

/// Why one fetch of a key gave none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The exchange took longer than it may.
    #[error("the key endpoint did not answer in time")]
    Timeout,
    /// The name of the endpoint could not be resolved.
    #[error("the key endpoint's name could not be resolved")]
    Dns,
    /// No connection could be made.
    #[error("no connection to the key endpoint could be made")]
    Connect,
    /// The connection could not be secured: an expired or self-signed certificate, another name, or
    /// a failed handshake.
    #[error("the connection to the key endpoint could not be secured")]
    Tls,
    /// The connection ended before the answer did, or the fetch was stopped.
    #[error("the key endpoint's answer broke off")]
    Aborted,
    /// The endpoint answered with this status.
    #[error("the key endpoint answered with status {0}")]
    Status(u16),
    /// The endpoint answered with a redirect, which is never followed.
    #[error("the key endpoint answered with a redirect")]
    Redirect,
    /// The answer was longer than it may be.
    #[error("the key endpoint's answer was too long")]
    BodyTooLarge,
    /// The answer was not one P-256 public key.
    #[error("the key endpoint's answer was not a key: {0}")]
    Malformed(PublicKeyError),
    /// The answer was not a set of public keys, which access tokens are verified with.
    #[error("the key endpoint's answer was not a set of keys: {0}")]
    MalformedSet(KeySetError),
}

impl FetchError {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Timeout => "key-timeout",
            Self::Dns => "key-dns",
            Self::Connect => "key-connect",
            Self::Tls => "key-tls",
            Self::Aborted => "key-aborted",
            Self::Status(_) => "key-status",
            Self::Redirect => "key-redirect",
            Self::BodyTooLarge => "key-body-too-large",
            Self::Malformed(_) => "key-malformed",
            Self::MalformedSet(_) => "key-set-malformed",
        }
    }
}

/// Why bytes are not a P-256 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// They are not one PEM block `PUBLIC KEY` (RFC 7468 section 13) and nothing else.
    #[error("it is not one PEM block PUBLIC KEY and nothing else")]
    Pem,
    /// They are not a `SubjectPublicKeyInfo` (RFC 5480 section 2) of an uncompressed point of
    /// P-256, which is always 91 bytes.
    #[error("it is not a SubjectPublicKeyInfo of an uncompressed P-256 point")]
    Spki,
    /// The point is not on the curve.
    #[error("its point is not on the curve")]
    Point,
}

/// Why bytes are not a JWK set ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// They are not the JSON object that it must be.
    #[error("its JSON {0}")]
    Json(JsonError),
    /// No key in it can verify a signature: each is of a kind that is not supported, for another
    /// use, too small, or without an id.
    #[error("it has no key that can verify a signature")]
    NoKey,
}

/// A key id is a UUID in lower case with hyphens; this is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in lower case with hyphens")]
pub struct KeyIdError;

/// Claims do not fit the application's type. Holds no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims do not fit: {message}")]
pub struct ClaimsError {
    pub(crate) message: &'static str,
}

/// Why a text is not the ARN of an Application Load Balancer, or not a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// It does not begin with `arn:` or lacks parts.
    #[error(
        "not an ARN: write arn:aws:elasticloadbalancing:<region>:<account>:loadbalancer/app/<name>/<id>"
    )]
    NotAnArn,
    /// It has a `*` or `?`.
    #[error(
        "an ARN with a wildcard would trust load balancers of others: name each one, or leave only its id open with Signer::named"
    )]
    Wildcard,
    /// Its partition is not one of AWS.
    #[error("the partition is not one of AWS: write aws, aws-us-gov or another that exists")]
    Partition,
    /// It is of another service.
    #[error("not an ARN of Elastic Load Balancing: the third part must be elasticloadbalancing")]
    Service,
    /// Its region is not one.
    #[error("not a region: write a code such as eu-west-1")]
    Region,
    /// Its region is in another partition.
    #[error(
        "the region is in another partition than the ARN says: write the partition that it is in"
    )]
    PartitionOfRegion,
    /// Its account is not one.
    #[error("not an account id: write its twelve digits")]
    Account,
    /// It names something else of Elastic Load Balancing.
    #[error(
        "not the ARN of an Application Load Balancer: the last part must be loadbalancer/app/<name>/<id>"
    )]
    Resource,
    /// It names a Network Load Balancer.
    #[error(
        "the ARN of a Network Load Balancer, which signs nobody in: name the Application Load Balancer"
    )]
    NetworkLoadBalancer,
    /// It names a Gateway Load Balancer.
    #[error(
        "the ARN of a Gateway Load Balancer, which signs nobody in: name the Application Load Balancer"
    )]
    GatewayLoadBalancer,
    /// It names a listener.
    #[error("the ARN of a listener: name its load balancer, loadbalancer/app/<name>/<id>")]
    Listener,
    /// It names a rule of a listener.
    #[error("the ARN of a listener's rule: name its load balancer, loadbalancer/app/<name>/<id>")]
    ListenerRule,
    /// It names a target group.
    #[error(
        "the ARN of a target group: name the load balancer in front of it, loadbalancer/app/<name>/<id>"
    )]
    TargetGroup,
    /// Its name is not one.
    #[error(
        "not a load balancer's name: 1 to 32 letters, digits and hyphens, no hyphen at either end"
    )]
    Name,
    /// Its id is not one.
    #[error("not a load balancer's id: 16 hexadecimal digits in lower case")]
    Id,
}

/// Why a configuration is refused. Raised when an [`Authenticator`](crate::Authenticator) or a part
/// of one is built, never by a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable that is needed is not set.
    #[error("the environment variable {0} is not set")]
    VariableMissing(&'static str),
    /// An environment variable has a value that is refused.
    #[error("the environment variable {name} is refused: {error}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// Why its value is refused.
        error: Box<ConfigError>,
    },
    /// An ARN, or a part of one, is not one.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// An issuer is not a URL that can be one.
    #[error(
        "not an issuer: write its https URL exactly as the listener rule has it, without query or fragment (http only on a loopback host)"
    )]
    Issuer,
    /// A client id is empty or has characters that it cannot have.
    #[error("not a client id: write it exactly as the listener rule has it")]
    ClientId,
    /// A text is neither the id nor the ARN of a Cognito user pool.
    #[error(
        "not a user pool: write its id, such as eu-west-1_AbCdEf123, or its ARN, arn:aws:cognito-idp:<region>:<account>:userpool/<id>"
    )]
    UserPool,
    /// Nothing is known of the names that Cognito has in this region.
    #[error(
        "under which names {partition} has user pools in {region} is not known: name its issuer with Issuer::new"
    )]
    NoCognito {
        /// The region.
        region: Region,
        /// Its partition.
        partition: Partition,
    },
    /// A text is not the domain of a user pool, or not its prefix.
    #[error(
        "not a user pool's domain: write its prefix, or a host name of your own such as auth.example.com"
    )]
    CognitoDomain,
    /// A URL is none to go to after a sign-out.
    #[error(
        "not a sign-out URL: write it exactly as the app client allows it, https://host/path without fragment (http only on a loopback host)"
    )]
    LogoutUri,
    /// The URL of a key set cannot be one.
    #[error(
        "not the URL of a key set: write https://host/path without user and fragment (http only on a loopback host)"
    )]
    KeySetUrl,
    /// An audience is empty or has characters other than visible ASCII.
    #[error("not an audience: write it exactly as access tokens have it in aud")]
    Audience,
    /// A key set that was given is not one.
    #[error("not a set of keys: {0}")]
    KeySet(KeySetError),
    /// Two verifiers of access tokens are for the same issuer.
    #[error("two verifiers of access tokens are given for {0}: one would never be asked")]
    VerifierTwice(Issuer),
    /// A verifier of access tokens is for an issuer that no rule trusts.
    #[error("a verifier of access tokens is given for {0}, which no rule names")]
    VerifierWithoutRule(Issuer),
    /// A verifier of access tokens has no way to its keys, and the feature that would fetch them is
    /// off.
    #[error(
        "no way to the keys of access tokens: give them with keys, or a fetcher, or enable the feature http-client"
    )]
    NoKeySetSource,
    /// A policy has no rule.
    #[error("a policy without a rule trusts nobody: add one")]
    NoRules,
    /// The leeway is longer than a minute.
    #[error("a leeway of more than 60 seconds is refused: correct the clock instead")]
    Leeway,
    /// A domain of e-mail addresses is not one.
    #[error(
        "not a domain of e-mail addresses: write it alone and in full, as example.com (an international one in its xn-- form), and each subdomain for itself"
    )]
    EmailDomain,
    /// An e-mail address is not one that can be compared.
    #[error("not an e-mail address: write it in plain ASCII, as name@example.com")]
    EmailAddress,
    /// A list of requirements is empty.
    #[error("an empty list of requirements says nothing: write whom to let in")]
    NoRequirements,
    /// The base URL of a key endpoint cannot be one.
    #[error(
        "not a key URL: write https://host/path without query or fragment (http only on a loopback host)"
    )]
    KeyUrl,
    /// Nothing is known of where the keys of this region are.
    #[error(
        "where {partition} publishes its keys for {region} is not known: give the base URL with key_url_for"
    )]
    NoKeyUrl {
        /// The region.
        region: Region,
        /// Its partition.
        partition: Partition,
    },
    /// A rule trusts the simulator's account while keys come from AWS.
    #[error(
        "account 000000000000 is the simulator's and can sign nothing that AWS's keys verify: name your load balancer, or the simulator's key URL"
    )]
    SimulatorAccount,
    /// A key id is there twice, with different keys.
    #[error("two keys are given for the key id {0}")]
    KeyTwice(KeyId),
    /// A public key is not one.
    #[error("not a public key: {0}")]
    PublicKey(PublicKeyError),
    /// A setting of the key store is outside of its range.
    #[error("the setting {0} is outside of its range")]
    Setting(&'static str),
    /// A proxy's URL is not one.
    #[error("not a proxy: write http://host:port")]
    Proxy,
    /// A root certificate is not one, or there is none.
    #[error("not a PEM file of root certificates")]
    RootCertificate,
    /// An origin is not one that a browser could send.
    #[error(
        "not an origin: write https://host or https://host:port, without a slash at its end (http only on a loopback host)"
    )]
    Origin,
    /// The name of a session cookie is not one.
    #[error(
        "not a session cookie's name: write it as the listener rule has it, letters, digits and !#$%&'*+-.^_`|~, without the number of a shard"
    )]
    SessionCookieName,
    /// Where a sign-out is to lead is neither a path nor a URL.
    #[error(
        "not a place to go to after a sign-out: write a path of the application, /signed-out, or https://host/path, already percent-encoded, without fragment (http only on a loopback host)"
    )]
    SignOutTarget,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    HttpClient,
    /// No source of keys was given, and the feature that would fetch them is off.
    #[error(
        "no source of keys: give one with key_source, or enable the features http-client and aws-lc-rs or p256"
    )]
    NoKeySource,
}

impl From<PublicKeyError> for ConfigError {
    fn from(error: PublicKeyError) -> Self {
        Self::PublicKey(error)
    }
}

/// For settings that take a value which has been checked already, or a text to be checked.
impl From<Infallible> for ConfigError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
