//! The one load balancer that is trusted here, and all that it ever signed.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use alb_oidc::{
    Authenticator, ClientId, Clock, ClockError, CryptoBackend, Issuer, Signer, StaticKeys,
    TrustPolicy, TrustedRule, UnixTime,
};

use crate::spelling::spellings;

/// What the clock shows, always: the second in which the tokens of the corpus
/// were minted.
pub const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// Trusts that load balancer, and knows its key.
pub(crate) static AUTHENTICATOR: LazyLock<Authenticator> = LazyLock::new(|| {
    let key_id = KEY_ID.parse().expect("the key id is one");
    let keys = StaticKeys::from_pems([(key_id, PUBLIC_KEY)], CryptoBackend::AwsLcRs);
    Authenticator::builder(policy())
        .key_source(keys.expect("the key is one"))
        .clock(StoppedClock)
        .build()
        .expect("the policy fits the key")
});

/// Trusts that load balancer's rule and nothing else.
pub(crate) fn policy() -> TrustPolicy {
    TrustPolicy::from(TrustedRule::new(
        Signer::exact(ARN.parse().expect("the ARN is one")),
        Issuer::new(ISSUER).expect("the issuer is one"),
        ClientId::new(CLIENT).expect("the client id is one"),
    ))
}

/// Every text that is to be let in. The private key was thrown away after it
/// had signed these, so whatever else gets in is a forgery, or a fifth
/// spelling.
pub(crate) static ACCEPTABLE: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| GENUINE.into_iter().flat_map(spellings).collect());

/// Always shows [`NOW`].
#[derive(Debug)]
pub(crate) struct StoppedClock;

impl Clock for StoppedClock {
    fn unix_time(&self) -> Result<UnixTime, ClockError> {
        Ok(NOW)
    }
}

// The rule is the one that alb-oidc-testkit's load balancer has.
// `examples/seeds.rs` made the rest.
pub(crate) const ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/simulated/50dc6c495c0c9188";
pub(crate) const ISSUER: &str = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_SIMULATED";
pub(crate) const CLIENT: &str = "simulated-client-id";
const KEY_ID: &str = include_str!("../signer/key-id");
const PUBLIC_KEY: &str = include_str!("../signer/public-key.pem");
const GENUINE: [&str; 3] = [
    include_str!("../../corpus/token/genuine-cognito"),
    include_str!("../../corpus/token/genuine-pretty-printed"),
    include_str!("../../corpus/token/genuine-raw-utf8"),
];
