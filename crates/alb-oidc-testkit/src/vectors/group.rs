//! The shape of a group of tests, and of a test.

use alb_oidc::{OidcHeaders, UnixTime};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::keys::Key;
use crate::alb::SimulatedAlb;
use crate::minter::{HeaderLines, part};

/// When every test takes place: 2027-01-15T08:00:00Z.
pub(super) const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// Tests of one policy, with the same keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    #[serde(rename = "type")]
    kind: &'static str,
    source: Source,
    pub(super) comment: &'static str,
    pub(super) policy: Policy,
    pub(super) keys: Vec<Key>,
    pub(super) tests: Vec<Test>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Policy {
    pub(super) leeway_seconds: u64,
    pub(super) rules: Vec<Rule>,
}

#[derive(Serialize)]
pub(super) struct Rule {
    signer: String,
    issuer: String,
    client: String,
}

impl Rule {
    pub(super) fn of(alb: &SimulatedAlb) -> Self {
        Self {
            signer: alb.arn().to_string(),
            issuer: alb.issuer().to_string(),
            client: alb.client().to_string(),
        }
    }
}

impl Group {
    /// Trusts this load balancer's rule alone, with the usual leeway.
    pub(super) fn of(comment: &'static str, alb: &SimulatedAlb) -> Self {
        Self::trusting(comment, &[alb])
    }

    /// Trusts these rules.
    pub(super) fn trusting(comment: &'static str, albs: &[&SimulatedAlb]) -> Self {
        let mut keys: Vec<Key> = albs.iter().flat_map(|alb| Key::all_of(alb)).collect();
        keys.sort();
        keys.dedup();
        Self {
            kind: "AlbOidcData",
            source: Source {
                name: "alb-oidc",
                version: super::VERSION,
            },
            comment,
            policy: Policy {
                leeway_seconds: 10,
                rules: albs.iter().map(|alb| Rule::of(alb)).collect(),
            },
            keys,
            tests: Vec::new(),
        }
    }
}

/// What must become of a request.
pub(super) enum Verdict {
    /// It is this user's.
    User(&'static str),
    /// It is refused, by the reference for this reason.
    Refused(&'static str),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Test {
    pub(super) tc_id: usize,
    pub(super) name: &'static str,
    comment: &'static str,
    pub(super) flags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<(&'static str, String)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers_hex: Option<Vec<(&'static str, String)>>,
    now: u64,
    pub(super) result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Map<String, Value>>,
    may_fetch_key: bool,
}

impl Test {
    pub(super) fn new(
        name: &'static str,
        comment: &'static str,
        lines: &HeaderLines,
        verdict: Verdict,
        may_fetch_key: bool,
    ) -> Self {
        let (result, reason, sub, claims) = match verdict {
            Verdict::User(sub) => ("valid", None, Some(sub), Some(claims(lines))),
            Verdict::Refused(reason) => ("invalid", Some(reason), None, None),
        };
        let is_ascii = lines.iter().all(|(_, value)| value.is_ascii());
        let spell = |spelled: fn(&[u8]) -> String| {
            let spelled = lines.iter().map(|(name, value)| (*name, spelled(value)));
            Some(spelled.collect())
        };
        Self {
            tc_id: 0,
            name,
            comment,
            flags: Vec::new(),
            headers: is_ascii.then(|| spell(text)).flatten(),
            headers_hex: (!is_ascii).then(|| spell(hex)).flatten(),
            now: NOW.as_secs(),
            result,
            reason,
            sub,
            claims,
            may_fetch_key,
        }
    }
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the token says of the user: its payload without `exp` and `iss`, on which its header is the
/// authority.
fn claims(lines: &HeaderLines) -> Map<String, Value> {
    let data = lines.iter().find(|(name, _)| *name == OidcHeaders::DATA);
    let token = text(&data.expect("a user has a token").1);
    let payload = part(&token, 1);
    let payload = URL_SAFE
        .decode(payload)
        .or_else(|_| URL_SAFE_NO_PAD.decode(payload));
    let payload = payload.expect("a user's payload is base64url");
    let mut claims: Map<_, _> = serde_json::from_slice(&payload).expect("and an object");
    claims.remove("exp");
    claims.remove("iss");
    claims
}
