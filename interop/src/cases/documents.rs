//! Headers and payloads laid out otherwise, too deep, too long, or not JSON at all; well signed.

use super::{Bench, LIFETIME, NOW};
use crate::invalid_utf8;
use crate::object::{Object, quoted};
use crate::random::Random;

pub(super) fn add(bench: &mut Bench) {
    let (header, payload) = (bench.header(), bench.payload());
    let mut add = |what: String, header: &[u8], payload: &[u8]| {
        bench.add_signed(format!("document: {what}"), header, payload);
    };
    let (own_header, own_payload) = (header.text(), payload.text());
    for (what, text) in layouts(&header) {
        add(
            format!("header {what}"),
            text.as_bytes(),
            own_payload.as_bytes(),
        );
    }
    for (what, text) in layouts(&payload) {
        add(
            format!("payload {what}"),
            own_header.as_bytes(),
            text.as_bytes(),
        );
    }
    for (name, bytes) in invalid_utf8::INPUTS {
        let member = |object: &str| {
            let open = object.strip_suffix('}').expect("it is an object");
            [open.as_bytes(), br#","x":"#, bytes, b"}"].concat()
        };
        add(format!("header {name}"), bytes, own_payload.as_bytes());
        add(format!("payload {name}"), own_header.as_bytes(), bytes);
        add(
            format!("header with {name}"),
            &member(&own_header),
            own_payload.as_bytes(),
        );
        add(
            format!("payload with {name}"),
            own_header.as_bytes(),
            &member(&own_payload),
        );
    }
    for (what, userinfo) in USERINFO {
        let tail = format!(
            r#","exp":{},"iss":{}}}"#,
            NOW + LIFETIME,
            quoted(bench.mint.issuer)
        );
        let text = userinfo
            .strip_suffix('}')
            .expect("it is an object")
            .to_owned()
            + &tail;
        bench.add_signed(format!("userinfo: {what}"), &own_header, text);
        bench.add_signed(format!("userinfo alone: {what}"), &own_header, userinfo);
    }
}

fn layouts(object: &Object) -> Vec<(String, String)> {
    let text = object.text();
    let open = text.strip_suffix('}').expect("it is an object");
    let mut layouts: Vec<(String, String)> = [
        ("as it is", text.clone()),
        ("spaced", object.spaced(" ")),
        ("spaced by all that JSON allows", object.spaced(" \t\r\n")),
        ("spaced by form feeds", object.spaced("\u{c}")),
        ("spaced by no-break spaces", object.spaced("\u{a0}")),
        ("after a byte order mark", format!("\u{feff}{text}")),
        ("in an array", format!("[{text}]")),
        ("as a text", quoted(&text)),
        ("twice", format!("{text}{text}")),
        ("twice, by a comma", format!("{text},{text}")),
        ("before a NUL", format!("{text}\0")),
        ("before a brace", format!("{text}}}")),
        ("before a comma", format!("{text},")),
        ("before a comment", format!("{text}//")),
        ("with a comment inside", format!("{open}/**/}}")),
        ("with a comma at its end", format!("{open},}}")),
        ("with a comma in front", text.replacen('{', "{,", 1)),
        ("unclosed", open.to_owned()),
        (
            "without quotation marks",
            text.replace("\"x\"", "x")
                .replace("\":", ":")
                .replace(",\"", ",")
                .replace("{\"", "{"),
        ),
        ("with apostrophes", text.replace('"', "'")),
        ("with = for :", text.replace("\":", "\"=")),
        (
            "with a line feed in a text",
            format!("{open},\"x\":\"a\nb\"}}"),
        ),
        ("with a tab in a text", format!("{open},\"x\":\"a\tb\"}}")),
        (
            "with an escape that is none",
            format!(r#"{open},"x":"\x41"}}"#),
        ),
        (
            "with half a surrogate pair",
            format!(r#"{open},"x":"\ud83d"}}"#),
        ),
        (
            "with half a surrogate pair in a name",
            format!(r#"{open},"\ud83d":1}}"#),
        ),
        (
            "with a surrogate pair",
            format!(r#"{open},"x":"\ud83d\ude00"}}"#),
        ),
        (
            "with text beyond the basic plane",
            format!(r#"{open},"x":"😀"}}"#),
        ),
        (
            "with a noncharacter",
            format!("{open},\"x\":\"\u{ffff}\"}}"),
        ),
        ("with an empty name", format!(r#"{open},"":1}}"#)),
        (
            "with a number that starts with 0",
            format!(r#"{open},"x":01}}"#),
        ),
        (
            "with a number that starts with +",
            format!(r#"{open},"x":+1}}"#),
        ),
        (
            "with a number that starts with a point",
            format!(r#"{open},"x":.5}}"#),
        ),
        (
            "with a number that ends in a point",
            format!(r#"{open},"x":1.}}"#),
        ),
        ("with NaN", format!(r#"{open},"x":NaN}}"#)),
        ("with Infinity", format!(r#"{open},"x":Infinity}}"#)),
        ("with undefined", format!(r#"{open},"x":undefined}}"#)),
        ("empty", "{}".to_owned()),
        ("a space", " ".to_owned()),
        ("null", "null".to_owned()),
        ("a number", "1".to_owned()),
        ("an array", "[]".to_owned()),
    ]
    .into_iter()
    .map(|(what, text)| (what.to_owned(), text))
    .collect();
    for depth in [
        1, 2, 14, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000,
    ] {
        let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        layouts.push((
            format!("with {depth} arrays"),
            object.with("x", arrays).text(),
        ));
        layouts.push((
            format!("with {depth} objects"),
            object.with("x", objects).text(),
        ));
    }
    for count in [
        1, 100, 240, 248, 249, 250, 251, 252, 256, 257, 512, 1000, 1024,
    ] {
        let members: Vec<_> = (0..count).map(|n| format!(r#""{n}":1"#)).collect();
        layouts.push((
            format!("with {count} more members"),
            format!("{open},{}}}", members.join(",")),
        ));
    }
    for length in [
        100, 1000, 10_000, 11_000, 11_500, 12_000, 12_500, 20_000, 100_000,
    ] {
        let text = quoted(&"x".repeat(length));
        layouts.push((
            format!("with {length} characters more"),
            object.with("x", text).text(),
        ));
    }
    let mut random = Random::seeded(1);
    for number in 0..20 {
        let mut order: Vec<usize> = Vec::new();
        for index in 0..object.names().len() {
            order.push(random.below(index + 1));
        }
        let permuted = object.permuted(|index| order[index]);
        layouts.push((format!("in another order, {number}"), permuted.text()));
    }
    layouts
}

/// What identity providers say of a user.
const USERINFO: [(&str, &str); 22] = [
    (
        "Cognito",
        r#"{"custom:dept":"sales","sub":"alice","email_verified":"true","identities":"[{\"userId\":\"1\"}]","email":"alice@example.com","username":"alice"}"#,
    ),
    (
        "Google",
        r#"{"sub":"117","picture":"https:\/\/example.com\/p.png"}"#,
    ),
    (
        "Entra",
        r#"{"sub":"s","name":"A B","family_name":"B","given_name":"A","picture":"https://example.com/p","email":"a@example.com"}"#,
    ),
    ("sub alone", r#"{"sub":"alice"}"#),
    ("UTF-8", r#"{"sub":"zoe","name":"Zoë Ångström 小林"}"#),
    ("escapes", r#"{"sub":"zo\u00eb","name":"\"\\\/\b\f\n\r\t"}"#),
    (
        "arrays, objects, numbers",
        r#"{"sub":"bob","groups":["a","b"],"address":{"country":"AT"},"updated_at":1700000000,"score":1.5,"manager":null}"#,
    ),
    ("pretty-printed", "{\n  \"sub\" : \"carol\"\n}"),
    ("its own exp", r#"{"sub":"dave","exp":1}"#),
    ("its own exp, to come", r#"{"sub":"dave","exp":1900000000}"#),
    ("its own exp as text", r#"{"sub":"dave","exp":"1"}"#),
    (
        "its own iss",
        r#"{"sub":"dave","iss":"https://other.example"}"#,
    ),
    ("its own iss as a number", r#"{"sub":"dave","iss":1}"#),
    ("its own aud", r#"{"sub":"erin","aud":"erin"}"#),
    (
        "its own aud as an array",
        r#"{"sub":"erin","aud":["erin",1]}"#,
    ),
    (
        "its own scope as an array",
        r#"{"sub":"erin","scope":["openid"]}"#,
    ),
    ("its own jti as a number", r#"{"sub":"erin","jti":1}"#),
    ("nbf and iat long ago", r#"{"sub":"erin","nbf":1,"iat":1}"#),
    ("nbf with a fraction", r#"{"sub":"erin","nbf":1.5}"#),
    (
        "iat with a fraction",
        r#"{"sub":"erin","iat":1799999999.25}"#,
    ),
    (
        "claims of JavaScript's objects",
        r#"{"sub":"erin","__proto__":{"admin":true},"toString":1,"hasOwnProperty":1}"#,
    ),
    (
        "a long list of groups",
        r#"{"sub":"erin","groups":["g00","g01","g02","g03","g04","g05","g06","g07","g08","g09","g10","g11","g12","g13","g14","g15","g16","g17","g18","g19"]}"#,
    ),
];
