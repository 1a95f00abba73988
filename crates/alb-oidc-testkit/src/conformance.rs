//! Headers in, outcome out: the table that each adapter is run against, so that all give the same
//! answers.

use alb_oidc::{AuthenticateError, OidcHeaders, UnixTime};

use crate::alb::SimulatedAlb;
use crate::forgery::{Forgery, HeaderLines};

/// One request and what must become of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it tries.
    pub name: String,
    /// Its headers.
    pub headers: HeaderLines,
    /// What must become of it.
    pub outcome: Outcome,
    /// Whether a key may be fetched for it.
    pub may_fetch: bool,
}

/// What must become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reaches the handler, as this user.
    User {
        /// The user's `sub`.
        sub: &'static str,
    },
    /// It has none of the headers: 401 behind a required layer, and nobody in particular behind an
    /// optional one.
    Anonymous,
    /// It is refused with 401, for this [reason](AuthenticateError::reason).
    Refused {
        /// The reason.
        reason: &'static str,
    },
}

/// What an adapter made of a request: the response, in the terms that all frameworks share.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body. A handler behind the adapter answers with the user's `sub`, or with nothing for
    /// nobody.
    pub body: String,
    /// The error that was left in the response's extensions.
    pub error: Option<AuthenticateError>,
}

/// All rows, against an application that trusts `alb`'s rule.
#[must_use]
pub fn table(alb: &SimulatedAlb, now: UnixTime) -> Vec<Row> {
    let mut rows = genuine(alb, now);
    rows.push(Row {
        name: "none of the headers".to_owned(),
        headers: Vec::new(),
        outcome: Outcome::Anonymous,
        may_fetch: false,
    });
    rows.extend(Forgery::ALL.iter().map(|forgery| Row {
        name: forgery.name().to_owned(),
        headers: forgery.headers(alb, now),
        outcome: Outcome::Refused {
            reason: forgery.reason(),
        },
        may_fetch: forgery.may_fetch(),
    }));
    rows
}

/// Compares an adapter's answer with what the row asks for.
///
/// # Panics
///
/// If they differ, naming the row.
pub fn check(row: &Row, optional_layer: bool, answer: &Answer) {
    let name = &row.name;
    let header = |wanted: &str| {
        let mut values = answer.headers.iter().filter(|(name, _)| name == wanted);
        let first = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name}: {wanted} twice");
        first
    };
    match (row.outcome, optional_layer) {
        (Outcome::User { sub }, _) => {
            assert_eq!((answer.status, &*answer.body), (200, sub), "{name}");
        }
        (Outcome::Anonymous, true) => {
            assert_eq!((answer.status, &*answer.body), (200, ""), "{name}");
        }
        (Outcome::Anonymous, false) => refused(row, "missing", answer, header),
        (Outcome::Refused { reason }, _) => refused(row, reason, answer, header),
    }
}

fn refused<'a>(
    row: &Row,
    reason: &str,
    answer: &'a Answer,
    header: impl Fn(&str) -> Option<&'a str>,
) {
    let name = &row.name;
    assert_eq!(answer.status, 401, "{name}");
    assert_eq!(
        answer.error.as_ref().map(AuthenticateError::reason),
        Some(reason),
        "{name}"
    );
    assert_eq!(answer.body, UNAUTHENTICATED, "{name}");
    assert_eq!(
        header("content-type"),
        Some("application/problem+json"),
        "{name}"
    );
    assert_eq!(header("cache-control"), Some("no-store"), "{name}");
    assert_eq!(header("www-authenticate"), Some("ALB-OIDC"), "{name}");
    assert_eq!(header("retry-after"), None, "{name}");
}

/// What a load balancer really sends, in the variety that identity providers give it.
fn genuine(alb: &SimulatedAlb, now: UnixTime) -> Vec<Row> {
    let row = |name: &str, sub: &'static str, headers: HeaderLines| Row {
        name: name.to_owned(),
        headers,
        outcome: Outcome::User { sub },
        may_fetch: true,
    };
    let userinfos = [
        (
            "Cognito",
            "alice",
            r#"{"custom:dept":"sales","sub":"alice","email_verified":"true","identities":"[]","email":"alice@example.com","username":"alice"}"#,
        ),
        (
            "Google with scope openid",
            "117",
            r#"{"sub":"117","picture":"https:\/\/example.com\/p.png"}"#,
        ),
        (
            "raw UTF-8",
            "zoe",
            r#"{"sub":"zoe","name":"Zoë Ångström 小林"}"#,
        ),
        ("escaped UTF-8", "zoe", r#"{"sub":"zoe","name":"Zo\u00eb"}"#),
        (
            "arrays, objects and numbers",
            "bob",
            r#"{"sub":"bob","groups":["a","b"],"address":{"country":"AT"},"updated_at":1700000000,"score":1.5,"manager":null}"#,
        ),
        (
            "pretty-printed, as in 2018",
            "carol",
            "{\n  \"sub\" : \"carol\"\n}",
        ),
        (
            "userinfo with its own exp and iss",
            "dave",
            r#"{"sub":"dave","exp":1,"iss":"https://other.example"}"#,
        ),
        (
            "nbf and iat in the past",
            "erin",
            r#"{"sub":"erin","nbf":1,"iat":1}"#,
        ),
    ];
    let mut rows: Vec<_> = userinfos
        .into_iter()
        .map(|(name, sub, userinfo)| {
            row(
                name,
                sub,
                vec![(DATA, alb.mint(userinfo, now).into_bytes())],
            )
        })
        .collect();
    let token = || alb.mint(r#"{"sub":"alice"}"#, now).into_bytes();
    rows.push(row(
        "all three headers",
        "alice",
        vec![
            (DATA, token()),
            (IDENTITY, b"alice".to_vec()),
            (ACCESS_TOKEN, b"opaque".to_vec()),
        ],
    ));
    rows.push(row(
        "the signature without padding",
        "alice",
        vec![(
            DATA,
            String::from_utf8_lossy(&token())
                .trim_end_matches('=')
                .as_bytes()
                .to_vec(),
        )],
    ));
    let earlier = UnixTime::from_secs(now.as_secs() - 125);
    rows.push(row(
        "expired, within the leeway",
        "alice",
        vec![(DATA, alb.mint(r#"{"sub":"alice"}"#, earlier).into_bytes())],
    ));
    rows.push(row(
        "names that only look like the header's",
        "alice",
        vec![
            ("x_amzn_oidc_data", b"forged".to_vec()),
            (DATA, token()),
            ("x-amzn_oidc-data", b"forged".to_vec()),
        ],
    ));
    rows
}

const DATA: &str = OidcHeaders::DATA;
const IDENTITY: &str = OidcHeaders::IDENTITY;
const ACCESS_TOKEN: &str = OidcHeaders::ACCESS_TOKEN;
const UNAUTHENTICATED: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Sign in through the load balancer."}"#;
