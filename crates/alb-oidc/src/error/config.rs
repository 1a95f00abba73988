//! What can be wrong with a configuration.

use std::convert::Infallible;

use super::key::{KeySetError, PublicKeyError};
use crate::arn::{Partition, Region};
use crate::jose::KeyId;
use crate::policy::Issuer;

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
    /// A verifier of access tokens has no way to its keys, for the authenticator's own do not come
    /// from a store, which would fetch both.
    #[error(
        "no way to the keys of access tokens, for the authenticator's own are not fetched: give the verifier a fetcher, or the keys"
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
    /// A claim is required that no user has, or that something else asks for as it should be asked.
    /// Says what to write instead.
    #[error("this claim cannot be required so: {0}")]
    RequiredClaim(&'static str),
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
