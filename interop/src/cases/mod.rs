//! Tokens, good and bad, for two verifiers to judge. The same in every run, but for those of the
//! test kit's attacks, whose keys are made up anew.

mod documents;
mod encodings;
mod havoc;
mod members;
mod policies;
mod signatures;
mod testkit;
mod times;

use alb_oidc::{KeyId, OidcHeaders, UnixTime};
use alb_oidc_testkit::HeaderLines;
use serde_json::{Value, json};

use crate::mint::Mint;
use crate::object::Object;
use crate::policy::{Entry, Policy};
use crate::verdict::Verdict;

/// One token with all that decides about it.
pub struct Case {
    /// The family, and what was done to the token.
    pub name: String,
    headers: HeaderLines,
    policy: Policy,
    keys: Vec<(KeyId, String)>,
}

impl Case {
    /// What we make of it, with all backends.
    ///
    /// # Panics
    ///
    /// If the backends differ.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let now = UnixTime::from_secs(NOW);
        Verdict::on(
            &self.headers,
            &self.policy.to_trust_policy(),
            &self.keys,
            now,
        )
    }

    /// For the other verifier, which is given the token alone, with our verdict.
    #[must_use]
    pub fn to_json(&self, ours: &Verdict) -> Value {
        let keys: serde_json::Map<String, Value> = self
            .keys
            .iter()
            .map(|(id, pem)| (id.to_string(), pem.clone().into()))
            .collect();
        json!({
            "name": self.name,
            "token": self.token(),
            "now": NOW,
            "policy": self.policy.to_json(),
            "keys": keys,
            "ours": ours.to_string(),
            "sub": ours.subject(),
        })
    }

    /// Node's HTTP server joins the values of a header that is there twice by a comma, and reads
    /// bytes as ISO 8859-1.
    fn token(&self) -> Option<String> {
        let data = self
            .headers
            .iter()
            .filter(|(name, _)| *name == OidcHeaders::DATA);
        let values: Vec<String> = data
            .map(|(_, value)| value.iter().copied().map(char::from).collect())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut bench = Bench::new();
    testkit::add(&mut bench);
    members::add(&mut bench);
    documents::add(&mut bench);
    times::add(&mut bench);
    encodings::add(&mut bench);
    signatures::add(&mut bench);
    policies::add(&mut bench);
    havoc::add(&mut bench);
    bench.cases
}

/// Where cases are put together.
struct Bench {
    mint: Mint,
    cases: Vec<Case>,
}

impl Bench {
    fn new() -> Self {
        Self {
            mint: Mint::new(),
            cases: Vec::new(),
        }
    }

    fn header(&self) -> Object {
        self.mint.header(NOW + LIFETIME)
    }

    fn payload(&self) -> Object {
        self.mint.payload(NOW + LIFETIME)
    }

    /// A token for the usual policy.
    fn add(&mut self, name: impl Into<String>, token: impl Into<Vec<u8>>) {
        self.add_for(self.policy(), name, token);
    }

    fn add_for(&mut self, policy: Policy, name: impl Into<String>, token: impl Into<Vec<u8>>) {
        let key_id = self.mint.key_id.parse().expect("the mint's key id is one");
        self.cases.push(Case {
            name: name.into(),
            headers: vec![(OidcHeaders::DATA, token.into())],
            policy,
            keys: vec![(key_id, self.mint.public_pem())],
        });
    }

    /// A header and a payload, well signed.
    fn add_signed(
        &mut self,
        name: impl Into<String>,
        header: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
    ) {
        let token = self.mint.token(header, payload);
        self.add(name, token);
    }

    fn policy(&self) -> Policy {
        usual_policy(&self.mint)
    }
}

/// Trusts the mint's load balancer, issuer and client.
pub(crate) fn usual_policy(mint: &Mint) -> Policy {
    Policy {
        entries: vec![Entry {
            signers: vec![mint.arn.to_owned()],
            issuer: Some(mint.issuer.to_owned()),
            clients: Some(vec![mint.client.to_owned()]),
        }],
        leeway: 10,
    }
}

const NOW: u64 = 1_800_000_000;
const LIFETIME: u64 = 120;
