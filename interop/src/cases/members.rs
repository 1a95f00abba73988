//! Each member of the header and of the payload in turn: left out, spelled otherwise, there twice,
//! of another type.

use super::Bench;
use crate::mint::Mint;
use crate::object::{Object, quoted};

pub(super) fn add(bench: &mut Bench) {
    let (header, payload) = (bench.header(), bench.payload());
    for name in HEADER {
        for (change, header) in changes(&header, name) {
            bench.add_signed(
                format!("header: {name} {change}"),
                header.text(),
                payload.text(),
            );
        }
    }
    for name in PAYLOAD {
        for (change, payload) in changes(&payload, name) {
            bench.add_signed(
                format!("payload: {name} {change}"),
                header.text(),
                payload.text(),
            );
        }
    }
    other_algorithms(bench, &header, &payload);
}

/// What can be done to one member.
pub(super) fn changes(object: &Object, name: &str) -> Vec<(String, Object)> {
    let mut changes: Vec<_> = VALUES
        .iter()
        .map(|value| (format!("= {value}"), object.with(name, *value)))
        .collect();
    let own = object.value(name).unwrap_or(r#""x""#).to_owned();
    let mut change = |what: &str, object: Object| changes.push((what.to_owned(), object));
    change("left out", object.without(name));
    change("twice, alike", object.and(quoted(name), &*own));
    change("again", object.and(quoted(name), r#""other""#));
    change("before", object.after(quoted(name), r#""other""#));
    change(
        "again, escaped",
        object.with(name, &*own).and(escaped(name), &*own),
    );
    change("escaped", object.without(name).and(escaped(name), &*own));
    change(
        "in capitals",
        object
            .without(name)
            .and(quoted(&name.to_uppercase()), &*own),
    );
    change("in an array", object.with(name, format!("[{own}]")));
    change(
        "in an object",
        object.with(name, format!(r#"{{"a":{own}}}"#)),
    );
    let text = own.trim_matches('"');
    for (what, value) in [
        ("as text", text.to_owned()),
        ("in upper case", text.to_uppercase()),
        ("in lower case", text.to_lowercase()),
        ("and a space", format!("{text} ")),
        ("after a space", format!(" {text}")),
        ("and a line feed", format!("{text}\\n")),
        ("and a NUL", format!("{text}\\u0000")),
        ("and a slash", format!("{text}/")),
        ("and a letter", format!("{text}a")),
        (
            "without its end",
            text.get(..text.len() - 1).unwrap_or_default().to_owned(),
        ),
        (
            "without its start",
            text.get(1..).unwrap_or_default().to_owned(),
        ),
        ("twice in one", format!("{text}{text}")),
        ("with commas", format!("{text},{text}")),
    ] {
        change(what, object.with(name, format!(r#""{value}""#)));
    }
    changes
}

/// The name with its first letter escaped.
fn escaped(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!(r#""\u{:04x}{rest}""#, first.as_bytes()[0])
}

fn other_algorithms(bench: &mut Bench, header: &Object, payload: &Object) {
    for algorithm in [
        "none", "None", "NONE", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
        "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "ES256 ", " ES256", "es256", "Es256",
    ] {
        let header = header.with("alg", quoted(algorithm)).text();
        for (whose, mint) in [("ours", Mint::new()), ("an impostor's", Mint::impostor())] {
            let token = mint.token(&header, payload.text());
            bench.add(format!("header: alg {algorithm:?}, key {whose}"), token);
        }
    }
}

/// Members that an ALB writes, members that steer other verifiers, and one that means nothing.
pub(super) const HEADER: [&str; 20] = [
    "typ", "kid", "alg", "iss", "client", "signer", "exp", "nbf", "iat", "crit", "b64", "jwk",
    "jku", "x5u", "x5c", "x5t", "x5t#S256", "cty", "zip", "x",
];
pub(super) const PAYLOAD: [&str; 15] = [
    "sub",
    "exp",
    "iss",
    "email",
    "email_verified",
    "nbf",
    "iat",
    "aud",
    "scope",
    "jti",
    "client",
    "signer",
    "__proto__",
    "constructor",
    "x",
];
/// Values of every type, at the edges of what one type or another can hold.
pub(super) const VALUES: [&str; 31] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "1.5",
    "1800000120.5",
    "1.8e9",
    "1e3",
    "1e308",
    "1e400",
    "9007199254740993",
    "253402300799",
    "253402300800",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    r#""""#,
    r#"" ""#,
    r#""x""#,
    r#""1800000120""#,
    r#""\u0000""#,
    r#""\ud800""#,
    "[]",
    "{}",
    r#"["x"]"#,
    r#"{"a":1}"#,
    r#"{"a":1,"a":2}"#,
    r#"[{"a":{"b":1,"\u0062":2}}]"#,
];
