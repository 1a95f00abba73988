//! Requests full of secrets: a user's, an attacker's, and whatever a client sends along.

use alb_oidc_testkit::conformance::table;
use alb_oidc_testkit::{HeaderLines, SimulatedAlb};
use alb_oidc_tower::alb_oidc::{OidcHeaders, UnixTime};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Value, json};

use crate::secrets::Secrets;

/// One request: what it is, and its three kinds of headers of ours.
pub(crate) struct Sent {
    pub(crate) name: String,
    pub(crate) lines: HeaderLines,
}

impl Sent {
    /// The request, with secrets in a path, a query, a cookie, other headers and the body.
    pub(crate) fn request(&self) -> Request<Body> {
        let mut request = Request::get("/canary-path?q=canary-query")
            .header("cookie", "AWSELBAuthSessionCookie-0=canary-cookie")
            .header("authorization", "Bearer canary-authorization")
            .header("x-canary-name", "canary-header")
            .body(Body::from("canary-body"))
            .unwrap();
        for (name, value) in &self.lines {
            request.headers_mut().append(
                HeaderName::from_static(name),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        request
    }

    /// The values of one of its headers, as an adapter looks them up.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let lines = self.lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_slice())
    }

    /// What must not be seen of it.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for secret in ["canary", "alice", "mallory", "simulated-access-token"] {
            secrets.plant(secret);
        }
        for (_, value) in &self.lines {
            secrets.plant_token(&String::from_utf8_lossy(value));
        }
        secrets
    }
}

/// All of them.
pub(crate) fn all(alb: &SimulatedAlb, now: UnixTime) -> Vec<Sent> {
    let mut sent = vec![genuine(alb, now)];
    sent.extend(table(alb, now).into_iter().map(|row| Sent {
        name: row.name.to_string(),
        lines: row.headers,
    }));
    sent.extend(hostile_headers(alb, now));
    sent.extend(hostile_payloads(alb, now));
    sent.extend(no_tokens());
    sent
}

/// Signed in, with a secret wherever a user's data can be.
pub(crate) fn genuine(alb: &SimulatedAlb, now: UnixTime) -> Sent {
    Sent {
        name: "genuine".to_owned(),
        lines: vec![
            (DATA, alb.mint(&claims().to_string(), now).into_bytes()),
            (OidcHeaders::IDENTITY, b"canary-sub".to_vec()),
            (OidcHeaders::ACCESS_TOKEN, b"canary-access-token".to_vec()),
        ],
    }
}

/// Claims of every kind, with secrets in names, too.
pub(crate) fn claims() -> Value {
    json!({
        "sub": "canary-sub",
        "name": "canary-name",
        "email": "canary@example.com",
        "email_verified": true,
        "custom:canary-claim": "canary-value",
        "groups": ["canary-group", {"canary-member": ["canary-nested"]}],
        "identities": r#"[{"userId":"canary-user-id","providerName":"canary-provider","providerType":"canary-type"}]"#,
    })
}

/// A token that nobody signed, with this member of its header; all else is as it should be.
pub(crate) fn with_header(alb: &SimulatedAlb, now: UnixTime, member: &str, value: Value) -> Sent {
    let name = format!("{member} is {value}");
    let mut header = json!({
        "typ": "JWT", "kid": alb.key_id().to_string(), "alg": "ES256", "iss": alb.issuer().as_str(),
        "client": alb.client().as_str(), "signer": alb.arn().to_string(), "exp": now.as_secs() + 120,
    });
    header[member] = value;
    let token = format!(
        "{}.{}.{}",
        URL_SAFE.encode(header.to_string()),
        URL_SAFE.encode(claims().to_string()),
        URL_SAFE.encode(b"canary-signature".repeat(4))
    );
    Sent {
        name,
        lines: vec![(DATA, token.into_bytes())],
    }
}

/// A secret in one member of the header after the other.
fn hostile_headers(alb: &SimulatedAlb, now: UnixTime) -> Vec<Sent> {
    let mut sent = Vec::new();
    let members = [
        "typ", "kid", "alg", "iss", "client", "signer", "exp", "nbf", "jku", "crit", "canary",
    ];
    for member in members {
        for value in [
            json!("canary"),
            json!("canary\n2026-01-01T00:00:00Z ERROR canary"),
            json!(["canary"]),
            json!({"canary": "canary"}),
            json!("arn:aws:elasticloadbalancing:canary:000000000000:loadbalancer/app/canary/x"),
            json!("https://canary.example/canary"),
        ] {
            sent.push(with_header(alb, now, member, value));
        }
    }
    sent
}

/// Signed, and refused for what the identity provider says.
fn hostile_payloads(alb: &SimulatedAlb, now: UnixTime) -> Vec<Sent> {
    [
        r#"{"name":"canary"}"#,
        r#"{"sub":["canary"]}"#,
        r#"{"sub":"canary","sub":"canary"}"#,
        r#"{"sub":"canary","canary":1,"canary":2}"#,
        r#"{"sub":"canary","nbf":"canary"}"#,
        r#"{"sub":"canary","iat":99999999999}"#,
        r#"{"sub":"canary","canary":123456789012345678901234567890}"#,
        r#"{"sub":"canary",canary}"#,
    ]
    .into_iter()
    .map(|claims| Sent {
        name: claims.to_owned(),
        lines: vec![(DATA, alb.mint(claims, now).into_bytes())],
    })
    .collect()
}

/// Values that no load balancer sends.
fn no_tokens() -> Vec<Sent> {
    let (identity, access_token) = (OidcHeaders::IDENTITY, OidcHeaders::ACCESS_TOKEN);
    [
        vec![(DATA, "canary")],
        vec![(DATA, "canary.canary.canary")],
        vec![(DATA, "canary canary")],
        vec![(DATA, "canary\u{e9}")],
        vec![(DATA, "canary"), (DATA, "canary")],
        vec![(identity, "canary")],
        vec![(access_token, "canary")],
        vec![(DATA, "canary"), (identity, "canary"), (identity, "canary")],
        vec![(DATA, "canary"), (access_token, "canary\u{e9}")],
    ]
    .into_iter()
    .map(|lines| Sent {
        name: format!("{lines:?}"),
        lines: lines
            .into_iter()
            .map(|(name, value)| (name, value.as_bytes().to_vec()))
            .collect(),
    })
    .collect()
}

const DATA: &str = OidcHeaders::DATA;
