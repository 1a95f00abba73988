//! The checked-in test vectors: what the test kit generates now, and replayed with all backends.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use alb_oidc::{
    AuthenticateError, Authenticator, ClientId, CryptoBackend, FetchError, Issuer, KeyError,
    KeyLookup, KeyRequest, KeySource, OidcHeaders, PublicKey, Signer, TrustPolicy, TrustedRule,
    UnixTime,
};
use alb_oidc_testkit::{Forgery, ManualClock, SimulatedAlb, conformance, vectors};
use serde::Deserialize;
use serde_json::{Map, Value};

#[test]
fn the_checked_in_vectors_are_what_is_generated_now() {
    let (checked_in, generated): (Value, Value) = (
        serde_json::from_str(&text()).unwrap(),
        serde_json::from_str(&vectors::generate()).unwrap(),
    );
    assert!(
        checked_in == generated,
        "{} is out of date: {}",
        vectors::PATH,
        vectors::COMMAND
    );
}

#[test]
fn every_forgery_and_everything_genuine_is_among_the_vectors() {
    let file = File::read();
    let names: BTreeSet<_> = file.tests().map(|(_, test)| &*test.name).collect();
    let table = conformance::table(&SimulatedAlb::new(), UnixTime::from_secs(1_800_000_000));
    let wanted = table.iter().map(|row| row.name);
    let missing: Vec<_> = wanted.filter(|name| !names.contains(name)).collect();
    assert!(table.len() > Forgery::ALL.len());
    assert!(
        missing.is_empty(),
        "{missing:?} are not among the vectors: {}",
        vectors::COMMAND
    );
}

#[test]
fn every_vector_has_its_verdict_with_each_backend() {
    let file = File::read();
    for &backend in CryptoBackend::ALL {
        let mut wrong = Vec::new();
        let mut verdicts = BTreeMap::new();
        for group in &file.test_groups {
            let keys = Endpoint::of(&group.keys, backend);
            for test in &group.tests {
                if let Err(fault) = test.replay(group.policy.build(), &keys) {
                    wrong.push(format!("{} {}: {fault}", test.tc_id, test.name));
                }
                *verdicts.entry(&*test.result).or_insert(0) += 1;
            }
        }
        assert!(wrong.is_empty(), "{backend:?}:\n{}", wrong.join("\n"));
        assert_eq!(verdicts.values().sum::<usize>(), file.number_of_tests);
        assert!(verdicts["valid"] >= 40, "{verdicts:?}");
        assert!(verdicts["invalid"] >= 280, "{verdicts:?}");
        assert!(verdicts["acceptable"] >= 100, "{verdicts:?}");
    }
}

#[test]
fn the_file_says_of_itself_what_is_true() {
    let file = File::read();
    assert_eq!(file.algorithm, "ES256");
    assert_eq!(file.generator_version, vectors::VERSION);
    assert!(path(&format!("vectors/{}", file.schema)).exists());
    assert!(!file.header.is_empty());
    let ids: Vec<_> = file.tests().map(|(_, test)| test.tc_id).collect();
    assert_eq!(ids, (1..=file.number_of_tests).collect::<Vec<_>>());
    let names: BTreeSet<_> = file.tests().map(|(_, test)| &test.name).collect();
    assert_eq!(names.len(), file.number_of_tests, "a name is there twice");
    let used: BTreeSet<_> = file.tests().flat_map(|(_, test)| &test.flags).collect();
    assert_eq!(used, file.notes.keys().collect::<BTreeSet<_>>());
    for key in file.test_groups.iter().flat_map(|group| &group.keys) {
        if let (Some(jwk), Some(pem)) = (&key.jwk, &key.pem) {
            jwk.check(&PublicKey::from_pem(pem.as_bytes(), CryptoBackend::AwsLcRs).unwrap());
        }
    }
    for (flag, note) in &file.notes {
        assert!(note.description.ends_with('.'), "{flag}");
        assert!(note.links.iter().all(|link| link.starts_with("https://")));
        assert!(note.cves.iter().all(|cve| cve.starts_with("CVE-20")));
    }
    for (group, test) in file.tests() {
        let latitude = |flag| file.notes[flag].bug_type == "LATITUDE";
        let may_differ = test.flags.iter().any(|flag| latitude(&**flag));
        assert_eq!(test.result == "acceptable", may_differ, "{}", test.name);
        assert!(test.comment.ends_with('.'), "{}", test.name);
        assert_eq!(group.kind, "AlbOidcData");
        assert_eq!(group.source.name, "alb-oidc");
        assert_eq!(group.source.version, file.generator_version);
        assert!(!group.comment.is_empty());
    }
}

impl Test {
    /// Asks the verifier, and compares all that it says with all that the test says.
    fn replay(&self, policy: TrustPolicy, keys: &Endpoint) -> Result<(), String> {
        let authenticator = Authenticator::builder(policy)
            .key_source(keys.clone())
            .clock(ManualClock::at(UnixTime::from_secs(self.now)))
            .build()
            .unwrap();
        let lines = self.lines();
        let headers = OidcHeaders::from_lookup(|name| {
            let lines = lines.iter().filter(move |(line, _)| line == name);
            lines.map(|(_, value)| value.as_slice())
        });
        let authentication = std::pin::pin!(authenticator.authenticate(headers));
        let decision = match authentication.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(decision) => decision,
            Poll::Pending => panic!("keys at hand are never pending"),
        };
        let asked = std::mem::take(&mut *keys.asked.lock().unwrap());
        if asked.len() != usize::from(self.may_fetch_key) {
            return Err(format!("asked for the keys {asked:?}"));
        }
        match (decision, &*self.result, &self.reason) {
            (Ok(user), "valid" | "acceptable", None) => {
                let claims = user.claims().iter();
                let claims: Map<String, Value> = claims
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                let said = (user.id().subject(), Some(&claims));
                if said == (self.sub.as_deref().unwrap(), self.claims.as_ref()) {
                    Ok(())
                } else {
                    Err(format!("another user: {said:?}"))
                }
            }
            (Err(error), "invalid" | "acceptable", Some(reason)) => {
                assert_eq!((&self.sub, &self.claims), (&None, &None), "{}", self.name);
                if error.reason() == reason {
                    Ok(())
                } else {
                    Err(format!(
                        "refused for {} and not for {reason}",
                        error.reason()
                    ))
                }
            }
            (decision, result, reason) => Err(format!(
                "{:?}, and not {result} {reason:?}",
                decision
                    .map(drop)
                    .map_err(|error: AuthenticateError| error.reason())
            )),
        }
    }

    fn lines(&self) -> Vec<(String, Vec<u8>)> {
        match (&self.headers, &self.headers_hex) {
            (Some(lines), None) => lines
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
                .collect(),
            (None, Some(lines)) => lines
                .iter()
                .map(|(name, value)| (name.clone(), unhex(value)))
                .collect(),
            _ => panic!("{} has no headers, or two sets of them", self.name),
        }
    }
}

/// The key endpoint of the regions of a group.
#[derive(Clone, Debug)]
struct Endpoint {
    answers: Arc<BTreeMap<RegionAndKid, Result<Arc<PublicKey>, KeyError>>>,
    asked: Arc<Mutex<Vec<RegionAndKid>>>,
}

type RegionAndKid = (String, String);

impl Endpoint {
    fn of(keys: &[Key], backend: CryptoBackend) -> Self {
        let answers = keys.iter().map(|key| {
            let answer = match (key.status, &key.pem) {
                (200, Some(pem)) => PublicKey::from_pem(pem.as_bytes(), backend)
                    .map(Arc::new)
                    .map_err(|error| KeyError::Fetch {
                        error: FetchError::Malformed(error),
                        retry_after: Duration::from_secs(1),
                    }),
                (403, None) => Err(KeyError::Unknown),
                other => panic!("{other:?} is no answer of a key endpoint"),
            };
            ((key.region.clone(), key.kid.clone()), answer)
        });
        Self {
            answers: Arc::new(answers.collect()),
            asked: Arc::default(),
        }
    }
}

impl KeySource for Endpoint {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        let asked = (request.region().to_string(), request.key_id().to_string());
        let answer = self.answers.get(&asked).cloned();
        let answer = answer.unwrap_or_else(|| panic!("no answer is given for {asked:?}"));
        self.asked.lock().unwrap().push(asked);
        KeyLookup::Ready(answer)
    }
}

impl Policy {
    fn build(&self) -> TrustPolicy {
        let rules = self.rules.iter().map(|rule| {
            TrustedRule::new(
                Signer::exact(rule.signer.parse().unwrap()),
                Issuer::new(&rule.issuer).unwrap(),
                ClientId::new(&rule.client).unwrap(),
            )
        });
        TrustPolicy::new(rules)
            .unwrap()
            .with_leeway(Duration::from_secs(self.leeway_seconds))
            .unwrap()
    }
}

impl Jwk {
    /// The same key in other words; its private half makes the same signatures.
    fn check(&self, key: &PublicKey) {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};

        assert_eq!((&*self.kty, &*self.crv), ("EC", "P-256"));
        let [x, y, d] = [&self.x, &self.y, &self.d].map(|text| URL_SAFE_NO_PAD.decode(text));
        let point = [x.unwrap(), y.unwrap()].concat();
        assert!(key.as_spki_der().ends_with(&point));
        let signing_key = SigningKey::from_slice(&d.unwrap()).unwrap();
        let signature: Signature = signing_key.sign(b"sample");
        assert_eq!(key.verify(b"sample", &signature.to_bytes().into()), Ok(()));
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    algorithm: String,
    schema: String,
    generator_version: String,
    number_of_tests: usize,
    header: Vec<String>,
    notes: BTreeMap<String, Note>,
    test_groups: Vec<Group>,
}

impl File {
    fn read() -> Self {
        serde_json::from_str(&text()).unwrap()
    }

    fn tests(&self) -> impl Iterator<Item = (&Group, &Test)> {
        let groups = self.test_groups.iter();
        groups.flat_map(|group| group.tests.iter().map(move |test| (group, test)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Note {
    bug_type: String,
    description: String,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    cves: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(rename = "type")]
    kind: String,
    source: Source,
    comment: String,
    policy: Policy,
    keys: Vec<Key>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Policy {
    leeway_seconds: u64,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    signer: String,
    issuer: String,
    client: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    kid: String,
    region: String,
    status: u16,
    pem: Option<String>,
    jwk: Option<Jwk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    d: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Test {
    tc_id: usize,
    name: String,
    comment: String,
    flags: Vec<String>,
    headers: Option<Vec<(String, String)>>,
    headers_hex: Option<Vec<(String, String)>>,
    now: u64,
    result: String,
    reason: Option<String>,
    sub: Option<String>,
    claims: Option<Map<String, Value>>,
    may_fetch_key: bool,
}

fn text() -> String {
    fs::read_to_string(path(vectors::PATH)).unwrap()
}

fn path(of: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(of)
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
