//! What a request costs in memory, counted: whatever it says, three times its token, the other two
//! headers once, and 4 KiB. What is rejected without a key asks for nothing but room for the decoded
//! header.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hint::black_box;

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, CryptoBackend, KeyLookup, KeyRequest,
    KeySource, OidcHeaders, StaticKeys, UnixTime,
};
use alb_oidc_testkit::conformance::{Outcome, table};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use benches::{CountingAllocator, decide, read_headers};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

type Lines = Vec<(&'static str, Vec<u8>)>;
type Decision = Result<AuthenticatedUser, AuthenticateError>;

/// The load balancer's keys, at hand or a moment later.
#[derive(Debug)]
struct Keys {
    keys: StaticKeys,
    at_hand: bool,
}

impl KeySource for Keys {
    fn key(&self, request: KeyRequest) -> KeyLookup {
        match (self.keys.key(request), self.at_hand) {
            (KeyLookup::Ready(key), false) => KeyLookup::Pending(Box::pin(async { key })),
            (lookup, _) => lookup,
        }
    }
}

fn authenticator(alb: &SimulatedAlb, at_hand: bool) -> Authenticator {
    let pem = alb.public_key_pem(alb.key_id()).unwrap();
    let keys = StaticKeys::from_pems([(alb.key_id(), pem)], CryptoBackend::AwsLcRs).unwrap();
    Authenticator::builder(alb.policy())
        .key_source(Keys { keys, at_hand })
        .clock(ManualClock::at(NOW))
        .build()
        .unwrap()
}

fn length(lines: &Lines) -> u64 {
    lines.iter().map(|(_, value)| value.len() as u64).sum()
}

/// The token is there as a copy while its key is fetched, decoded, and with the places of its claims.
/// The other two are copied and nothing else: the user keeps the access token, and the identity waits
/// for the `sub` to be compared with.
fn bound(lines: &Lines) -> u64 {
    let (token, others): (Lines, Lines) = lines
        .iter()
        .cloned()
        .partition(|(name, _)| *name == OidcHeaders::DATA);
    3 * length(&token) + length(&others) + 4096
}

fn assert_bounded(name: &str, authenticator: &Authenticator, lines: &Lines) -> Decision {
    let (decision, peak) =
        ALLOCATOR.peak_of(|| black_box(decide(authenticator, read_headers(lines))));
    let bound = bound(lines);
    assert!(peak <= bound, "{name}: {peak} of {bound} bytes");
    decision
}

/// Claims that make the most of few bytes, most of them in as long a token as there may be.
fn hostile_claims() -> Vec<(&'static str, String)> {
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!(r#""{n:x}":1"#)).collect();
        members.join(",")
    };
    vec![
        ("as many claims as may be", members(1023)),
        (
            "an object of as many members as may be",
            format!(r#""a":{{{}}}"#, members(1022)),
        ),
        (
            "many small items",
            format!(r#""a":[0{}]"#, ",0".repeat(5_500)),
        ),
        (
            "many empty objects",
            format!(r#""a":[{{}}{}]"#, ",{}".repeat(3_500)),
        ),
        (
            "deep and wide",
            format!(r#""a":{}0{}"#, "[[],".repeat(62), "]".repeat(62)),
        ),
        ("one long text", format!(r#""a":"{}""#, "a".repeat(11_000))),
        (
            "escapes and nothing else",
            format!(r#""a":"{}""#, r"\n".repeat(5_500)),
        ),
        (
            "escapes in as many names as may be",
            (0..900)
                .map(|n| format!(r#""\n{n:x}":1"#))
                .collect::<Vec<_>>()
                .join(","),
        ),
        (
            "escapes in as many names and values as fit",
            (0..820)
                .map(|n| format!(r#""\n{n:x}":"\n""#))
                .collect::<Vec<_>>()
                .join(","),
        ),
        (
            "escapes in half as many, and a little more",
            (0..513)
                .map(|n| format!(r#""\n{n:x}":"\n""#))
                .collect::<Vec<_>>()
                .join(","),
        ),
        (
            "one long text with an escape",
            format!(r#""a":"\n{}""#, "a".repeat(8_200)),
        ),
        (
            "one long name with an escape",
            format!(r#""\n{}":1"#, "a".repeat(8_200)),
        ),
        (
            "one long number",
            format!(r#""a":0.{}"#, "1".repeat(11_000)),
        ),
    ]
}

#[test]
fn a_request_takes_three_times_its_token_and_4_kib_at_most() {
    let alb = SimulatedAlb::new();
    let sources = [true, false].map(|at_hand| authenticator(&alb, at_hand));
    let rows = table(&alb, NOW);
    let claims = hostile_claims();

    for authenticator in &sources {
        // Whatever is made once, is made now.
        let first = rows.first().expect("the table has rows");
        let _ = decide(authenticator, read_headers(&first.headers));
        for row in &rows {
            let _ = assert_bounded(row.name, authenticator, &row.headers);
        }
        let long = format!(r"\n{}", "a".repeat(2_500));
        let subs = ["alice", r"\n", &long];
        let userinfo = |sub, claims| format!(r#"{{"sub":"{sub}",{claims}}}"#);
        let all = claims
            .iter()
            .flat_map(|(name, claims)| subs.map(|sub| (*name, userinfo(sub, claims))))
            .filter(|(_, userinfo)| userinfo.len() <= 11_500);
        let mut measured = 0;
        for (name, userinfo) in all {
            measured += 1;
            let token = alb.sign(alb.header(NOW), &userinfo);
            assert!(token.len() <= OidcHeaders::MAX_BYTES, "{name}");
            let mut lines = vec![(OidcHeaders::DATA, token.into_bytes())];
            for access_token in [0, OidcHeaders::MAX_BYTES] {
                if access_token > 0 {
                    lines.push((OidcHeaders::ACCESS_TOKEN, vec![b'a'; access_token]));
                }
                let decision = assert_bounded(name, authenticator, &lines);
                assert!(decision.is_ok(), "{name}: {decision:?}");
            }
        }
        // All of them with a short `sub`, and some with a long one.
        assert!(measured > 2 * claims.len(), "{measured}");
    }

    // What is rejected without a key.
    let [authenticator, _] = &sources;
    let (mut counted, mut taking_more) = (0, Vec::new());
    for row in &rows {
        let is_static = matches!(row.outcome, Outcome::Refused { .. }) && !row.may_fetch;
        if !is_static {
            continue;
        }
        let before = ALLOCATOR.so_far();
        let decision = black_box(decide(authenticator, read_headers(&row.headers)));
        let asked = ALLOCATOR.so_far() - before;
        assert!(decision.is_err(), "{}", row.name);
        if asked.calls > 1 || asked.bytes > length(&row.headers) {
            taking_more.push(row.name);
        }
        counted += 1;
    }
    // No more of them, and no fewer.
    assert_eq!(taking_more, TAKING_MORE);
    assert!(counted > 200, "only {counted} rows were counted");
    println!(
        "{counted} static rejections, one allocation each at most but for {}",
        TAKING_MORE.len()
    );
}

/// What asks for more than room for the decoded header: escapes in it have to be read somewhere, and
/// the names of many members kept somewhere, to see that none is there twice.
const TAKING_MORE: [&str; 19] = [
    "EscapedDuplicate",
    "UnknownEscapedDuplicate",
    "DeepDuplicate",
    "WideHeaderByOne",
    "WideHeader",
    "WideNestedHeader",
    "CritEscaped",
    "JwkEscaped",
    "KidBackslash",
    "KidLineFeed",
    "KidCarriageReturn",
    "KidTab",
    "KidTabForDigit",
    "KidNul",
    "SignerLineFeed",
    "SignerNul",
    "SignerRegionLineFeed",
    "IssuerNul",
    "ClientNul",
];
