//! In what lambda_http makes of the events that a load balancer sends to a function.

use std::str;

use alb_oidc_testkit::conformance::{Outcome, Row, check};
use http_body_util::BodyExt as _;
use lambda_http::request;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::axum::app;
use super::{Bench, answer};

/// JSON is UTF-8 and has no text for these bytes. What a load balancer makes of them is not
/// documented.
const NOT_IN_JSON: [&str; 2] = ["NotAscii", "AccessTokenNotAscii"];

/// Without multi-value headers a load balancer sends the last of several values, and nobody can
/// see that there were others: what these rows become is up to the last one.
const THE_LAST_ALONE: [(&str, Outcome); 9] = [
    ("GoodThenForged", refused("bad-signature")),
    ("ForgedThenGood", ALICE),
    ("GoodTwice", ALICE),
    ("EmptyThenGood", ALICE),
    ("GoodThenEmpty", refused("header-empty")),
    ("TwoUsers", Outcome::User { sub: "mallory" }),
    ("IdentityTwice", ALICE),
    ("IdentityOfTwo", refused("identity-mismatch")),
    ("TwoAccessTokens", ALICE),
];

const ALICE: Outcome = Outcome::User { sub: "alice" };

const fn refused(reason: &'static str) -> Outcome {
    Outcome::Refused { reason }
}

/// The rows that an event can carry; the others are what they are said to be.
fn in_json(rows: Vec<Row>) -> Vec<Row> {
    let (rows, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| {
        let mut values = row.headers.iter().map(|(_, value)| value);
        values.all(|value| str::from_utf8(value).is_ok())
    });
    let others: Vec<_> = others.iter().map(|row| row.name).collect();
    assert_eq!(others, NOT_IN_JSON);
    rows
}

fn event(headers: Value) -> String {
    let mut event = json!({
        "requestContext": {"elb": {"targetGroupArn": "arn"}},
        "httpMethod": "GET",
        "path": "/",
        "body": "",
        "isBase64Encoded": false,
    });
    let event = event.as_object_mut().unwrap();
    event.extend(headers.as_object().unwrap().clone());
    Value::from(event.clone()).to_string()
}

fn values(row: &Row) -> impl Iterator<Item = (&str, &str)> {
    let headers = row.headers.iter();
    headers.map(|(name, value)| (*name, str::from_utf8(value).unwrap()))
}

/// As a target group with multi-value headers has it.
fn with_all_values(row: &Row) -> String {
    let mut headers = Map::new();
    for (name, value) in values(row) {
        let values = headers.entry(name).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(value.into());
    }
    event(json!({"multiValueHeaders": headers}))
}

/// As a target group without has it.
fn with_last_value(row: &Row) -> String {
    let headers: Map<_, _> = values(row)
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    event(json!({"headers": headers}))
}

async fn run(bench: &Bench, rows: &[Row], event: impl Fn(&Row) -> String) {
    for (layer, is_optional) in bench.layers() {
        let app = app(layer);
        let send = async |row: &Row| {
            let request = request::from_str(&event(row)).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            check(row, is_optional, &answer(&head, body));
        };
        bench.run(rows, send).await;
    }
}

#[tokio::test]
async fn lambda_gives_every_row_its_outcome_in_either_mode() {
    let mut bench = Bench::new().await;
    let rows = in_json(std::mem::take(&mut bench.rows));
    run(&bench, &rows, with_all_values).await;
}

#[tokio::test]
async fn lambda_without_multi_value_headers_gives_what_the_last_value_deserves() {
    let mut bench = Bench::new().await;
    let mut rows = in_json(std::mem::take(&mut bench.rows));
    let mut changed = Vec::new();
    for row in &mut rows {
        if let Some((name, outcome)) = THE_LAST_ALONE.iter().find(|(name, _)| *name == row.name) {
            row.outcome = *outcome;
            row.may_fetch = true;
            changed.push(*name);
        }
    }
    assert_eq!(changed, THE_LAST_ALONE.map(|(name, _)| name));
    run(&bench, &rows, with_last_value).await;
}
