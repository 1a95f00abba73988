//! Headers in, outcome out: the table that each adapter is run against, so that all give the same
//! answers.

use alb_oidc::{Refusal, UnixTime};

use crate::alb::SimulatedAlb;
use crate::forgery::TABLES;
use crate::genuine::GENUINE;
use crate::minter::{HeaderLines, Minter};

/// One request and what must become of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What part of a request it is about.
    pub part: &'static str,
    /// Its name: a [`Forgery`](crate::Forgery)'s, or that of something genuine.
    pub name: &'static str,
    /// What it tries, in a sentence.
    pub about: &'static str,
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
    /// It is refused with 401, for this [reason](Refusal::reason).
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
    /// The refusal that was left in the response's extensions.
    pub refusal: Option<Refusal>,
}

/// All rows, against an application that trusts `alb`'s rule.
#[must_use]
pub fn table(alb: &SimulatedAlb, now: UnixTime) -> Vec<Row> {
    let minter = Minter { alb, now };
    let genuine = GENUINE.iter().map(|genuine| Row {
        part: "what is genuine",
        name: genuine.name,
        about: genuine.about.trim_start(),
        headers: (genuine.headers)(&minter),
        outcome: Outcome::User { sub: genuine.sub },
        may_fetch: true,
    });
    let anonymous = Row {
        part: "the headers",
        name: "Anonymous",
        about: "None of the headers.",
        headers: Vec::new(),
        outcome: Outcome::Anonymous,
        may_fetch: false,
    };
    let forged = TABLES.iter().flat_map(|table| {
        table.forgeries.iter().map(|forgery| Row {
            part: table.part,
            name: forgery.name(),
            about: forgery.about(),
            headers: forgery.headers(alb, now),
            outcome: Outcome::Refused {
                reason: forgery.reason(),
            },
            may_fetch: forgery.may_fetch(),
        })
    });
    genuine.chain([anonymous]).chain(forged).collect()
}

/// Compares an adapter's answer with what the row asks for.
///
/// # Panics
///
/// If they differ, naming the row.
pub fn check(row: &Row, optional_layer: bool, answer: &Answer) {
    match (row.outcome, optional_layer) {
        (Outcome::User { sub }, _) => served(row, answer, sub),
        (Outcome::Anonymous, true) => served(row, answer, ""),
        (Outcome::Anonymous, false) => refused(row, "missing", answer),
        (Outcome::Refused { reason }, _) => refused(row, reason, answer),
    }
}

/// Compares the answer to a gRPC call with what the row asks for. A refusal is HTTP 200 with the
/// `grpc-status` 16 in its head and no body; what is served has its status in trailers. The body is
/// the message as text.
///
/// # Panics
///
/// If they differ, naming the row.
pub fn check_grpc(row: &Row, optional_layer: bool, answer: &Answer) {
    let name = row.name;
    let header = |wanted| single(row, answer, wanted);
    assert_eq!(answer.status, 200, "{name}");
    assert_eq!(header("content-type"), Some("application/grpc"), "{name}");
    assert_eq!(header("www-authenticate"), None, "{name}");
    assert_eq!(header("retry-after"), None, "{name}");
    let reason = match (row.outcome, optional_layer) {
        (Outcome::User { sub }, _) => return served(row, answer, sub),
        (Outcome::Anonymous, true) => return served(row, answer, ""),
        (Outcome::Anonymous, false) => "missing",
        (Outcome::Refused { reason }, _) => reason,
    };
    assert_eq!(
        answer.refusal.as_ref().map(Refusal::reason),
        Some(reason),
        "{name}"
    );
    assert_eq!(header("grpc-status"), Some("16"), "{name}");
    assert_eq!(header("cache-control"), Some("no-store"), "{name}");
    assert_eq!(answer.body, "", "{name}");
}

fn served(row: &Row, answer: &Answer, sub: &str) {
    let name = row.name;
    assert_eq!((answer.status, &*answer.body), (200, sub), "{name}");
    assert_eq!(answer.refusal, None, "{name}");
}

fn single<'a>(row: &Row, answer: &'a Answer, wanted: &str) -> Option<&'a str> {
    let mut values = answer.headers.iter().filter(|(name, _)| name == wanted);
    let first = values.next().map(|(_, value)| value.as_str());
    assert!(values.next().is_none(), "{}: {wanted} twice", row.name);
    first
}

fn refused(row: &Row, reason: &str, answer: &Answer) {
    let name = row.name;
    let header = |wanted| single(row, answer, wanted);
    assert_eq!(answer.status, 401, "{name}");
    assert_eq!(
        answer.refusal.as_ref().map(Refusal::reason),
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

const UNAUTHENTICATED: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Sign in through the load balancer."}"#;
