//! Every input that is off by one thing has an error of its own, in the header and in the payload
//! alike.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::task::{Context, Poll, Waker};

use alb_oidc::Segment::{self, Header, Payload, Signature};
use alb_oidc::{
    AuthenticateError, EncodingError, HeaderFault, JsonError, JsonKind, OidcHeaders, TokenError,
    UnixTime,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// Tokens of one load balancer, whatever they say, and what is decided about them.
struct Bench(SimulatedAlb);

impl Bench {
    fn new() -> Self {
        Self(SimulatedAlb::new())
    }

    /// What is decided about a request with these headers.
    fn decide(&self, lines: &[(&str, &str)]) -> Result<(), AuthenticateError> {
        let headers = OidcHeaders::from_lookup(|name| {
            let lines = lines.iter().filter(move |(line, _)| *line == name);
            lines.map(|(_, value)| value.as_bytes())
        });
        let authenticator = self.0.authenticator_at(ManualClock::at(NOW));
        let authentication = std::pin::pin!(authenticator.authenticate(headers));
        match authentication.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(decision) => decision.map(drop),
            Poll::Pending => panic!("keys at hand are never pending"),
        }
    }

    fn token(&self, token: &str) -> Result<(), TokenError> {
        match self.decide(&[(OidcHeaders::DATA, token)]) {
            Ok(()) => Ok(()),
            Err(AuthenticateError::Rejected(error)) => Err(error),
            Err(other) => panic!("not a fault of the token: {other:?}"),
        }
    }

    /// A token with this header, signed.
    fn header(&self, header: impl AsRef<[u8]>) -> Result<(), TokenError> {
        self.token(&self.0.sign(header, r#"{"sub":"alice"}"#))
    }

    /// A token with this payload, signed.
    fn payload(&self, payload: impl AsRef<[u8]>) -> Result<(), TokenError> {
        self.token(&self.0.sign(self.0.header(NOW), payload))
    }

    /// The header with one member set to something else, or one member more.
    fn header_with(&self, member: &str, value: &str) -> Result<(), TokenError> {
        self.header(
            self.without(member)
                .replace('}', &format!(r#","{member}":{value}}}"#)),
        )
    }

    /// The header of a good token without one of its members.
    fn without(&self, member: &str) -> String {
        let header = self.0.header(NOW);
        let members = header.trim_matches(['{', '}']).split(',');
        let start = format!("\"{member}\":");
        let others: Vec<_> = members.filter(|text| !text.starts_with(&start)).collect();
        format!("{{{}}}", others.join(","))
    }

    fn payload_with(&self, member: &str, value: &str) -> Result<(), TokenError> {
        self.payload(format!(r#"{{"sub":"alice","{member}":{value}}}"#))
    }
}

/// The name with its first letter escaped.
fn escaped(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    let code = u32::from(first.chars().next().unwrap());
    format!(r"\u{code:04x}{rest}")
}

const fn json(segment: Segment, error: JsonError) -> Result<(), TokenError> {
    Err(TokenError::Json { segment, error })
}

const fn encoding(segment: Segment, error: EncodingError) -> Result<(), TokenError> {
    Err(TokenError::Encoding { segment, error })
}

/// What a value is, when it is not the text, or the time, that it must be.
const OTHER_KINDS: [(&str, JsonKind); 5] = [
    ("null", JsonKind::Null),
    ("true", JsonKind::Bool),
    ("[1]", JsonKind::Array),
    ("{}", JsonKind::Object),
    (r#"{"x":1}"#, JsonKind::Object),
];

#[test]
fn a_time_is_an_integer_and_everything_else_is_told_apart() {
    let bench = Bench::new();
    let out_of_range = |member| JsonError::TimeOutOfRange(member);
    for member in ["exp", "nbf", "iat"] {
        let of_kind = |found| JsonError::Type { member, found };
        let mut rows = vec![
            (r#""""#, of_kind(JsonKind::String)),
            (r#""1""#, of_kind(JsonKind::String)),
            (r#""1800000100""#, of_kind(JsonKind::String)),
            ("1.0", of_kind(JsonKind::Fraction)),
            ("1.5", of_kind(JsonKind::Fraction)),
            ("1e3", of_kind(JsonKind::Exponent)),
            ("1E3", of_kind(JsonKind::Exponent)),
            ("1800000100.0", of_kind(JsonKind::Fraction)),
            ("1e308", of_kind(JsonKind::Exponent)),
            ("-1.5", of_kind(JsonKind::Fraction)),
            ("-1", out_of_range(member)),
            ("-9223372036854775808", out_of_range(member)),
            ("253402300800", out_of_range(member)),
            ("9007199254740992", out_of_range(member)),
            ("9223372036854775808", out_of_range(member)),
            ("18446744073709551615", out_of_range(member)),
            ("18446744073709551616", JsonError::IntegerTooLarge),
            ("-9223372036854775809", JsonError::IntegerTooLarge),
            ("1e400", JsonError::Syntax),
            ("01", JsonError::Syntax),
            ("+1", JsonError::Syntax),
            ("0x1", JsonError::Syntax),
            ("1_0", JsonError::Syntax),
            ("NaN", JsonError::Syntax),
        ];
        rows.extend(OTHER_KINDS.map(|(value, found)| (value, of_kind(found))));
        for (value, error) in rows {
            let found = bench.header_with(member, value);
            assert_eq!(
                found,
                json(Header, error),
                "{member} in the header: {value}"
            );
            if member != "exp" {
                let found = bench.payload_with(member, value);
                assert_eq!(
                    found,
                    json(Payload, error),
                    "{member} in the payload: {value}"
                );
            }
        }
    }
    assert_eq!(
        bench.header(bench.without("exp")),
        json(Header, JsonError::Missing("exp"))
    );
}

#[test]
fn a_time_at_either_end_of_what_it_may_be_is_one() {
    let bench = Bench::new();
    assert_eq!(bench.header_with("exp", "253402300799"), Ok(()));
    assert_eq!(bench.header_with("exp", "0"), Err(TokenError::Expired));
    for member in ["nbf", "iat"] {
        assert_eq!(bench.header_with(member, "0"), Ok(()));
        assert_eq!(bench.payload_with(member, "0"), Ok(()));
        let last = "253402300799";
        assert_eq!(
            bench.header_with(member, last),
            Err(TokenError::NotYetValid)
        );
        assert_eq!(
            bench.payload_with(member, last),
            Err(TokenError::NotYetValid)
        );
    }
}

#[test]
fn the_payloads_exp_and_iss_are_not_read() {
    let bench = Bench::new();
    for value in ["null", r#""1""#, "1.0", "-1", "0", "{}", "[1,2]"] {
        for member in ["exp", "iss"] {
            assert_eq!(
                bench.payload_with(member, value),
                Ok(()),
                "{member}: {value}"
            );
        }
    }
    let twice = r#"{"sub":"alice","exp":1,"iss":"x","exp":"2","\u0069ss":null}"#;
    assert_eq!(bench.payload(twice), Ok(()));
}

#[test]
fn a_text_is_text_and_everything_else_is_told_apart() {
    let bench = Bench::new();
    for member in ["kid", "signer", "iss", "client", "typ"] {
        let of_kind = |found| json(Header, JsonError::Type { member, found });
        for (value, found) in OTHER_KINDS {
            assert_eq!(
                bench.header_with(member, value),
                of_kind(found),
                "{member}: {value}"
            );
        }
        assert_eq!(bench.header_with(member, "1"), of_kind(JsonKind::Integer));
        assert_eq!(
            bench.header_with(member, "1.5"),
            of_kind(JsonKind::Fraction)
        );
        let array = bench.header_with(member, r#"["ES256"]"#);
        assert_eq!(array, of_kind(JsonKind::Array));
        if member != "typ" {
            let missing = json(Header, JsonError::Missing(member));
            assert_eq!(bench.header(bench.without(member)), missing);
        }
    }
    let of_kind = |found| {
        json(
            Payload,
            JsonError::Type {
                member: "sub",
                found,
            },
        )
    };
    for (value, found) in OTHER_KINDS {
        let payload = format!(r#"{{"sub":{value}}}"#);
        assert_eq!(bench.payload(payload), of_kind(found), "sub: {value}");
    }
    assert_eq!(bench.payload(r#"{"sub":1}"#), of_kind(JsonKind::Integer));
    assert_eq!(
        bench.payload("{}"),
        json(Payload, JsonError::Missing("sub"))
    );
    assert_eq!(
        bench.payload(r#"{"sub":""}"#),
        json(Payload, JsonError::Empty("sub"))
    );
}

#[test]
fn the_algorithm_is_es256_to_the_letter() {
    let bench = Bench::new();
    assert_eq!(bench.header_with("alg", r#""ES256""#), Ok(()));
    assert_eq!(bench.header_with("alg", r#""\u0045S256""#), Ok(()));
    assert_eq!(
        bench.header(bench.without("alg")),
        Err(TokenError::Algorithm)
    );
    for value in [
        "null",
        "true",
        "256",
        "2.5",
        "[]",
        r#"["ES256"]"#,
        "{}",
        r#""""#,
        r#""none""#,
        r#""None""#,
        r#""nOnE""#,
        r#"" ES256""#,
        r#""ES256 ""#,
        r#""es256""#,
        r#""ES256\u0000""#,
        r#""ES256K""#,
        r#""ES384""#,
        r#""HS256""#,
        r#""RS256""#,
        r#""PS256""#,
        r#""EdDSA""#,
    ] {
        let found = bench.header_with("alg", value);
        assert_eq!(found, Err(TokenError::Algorithm), "{value}");
    }
}

#[test]
fn what_would_steer_a_verifier_is_refused_by_name_whatever_its_value() {
    let bench = Bench::new();
    for value in [
        "null",
        "[]",
        r#"["exp"]"#,
        r#"["b64"]"#,
        r#""exp""#,
        "{}",
        "1",
    ] {
        let found = bench.header_with("crit", value);
        assert_eq!(found, Err(TokenError::CriticalHeader), "{value}");
        for name in ["b64", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"] {
            let found = bench.header_with(name, value);
            let forbidden = Err(TokenError::ForbiddenParameter(name));
            assert_eq!(found, forbidden, "{name}: {value}");
        }
    }
    assert_eq!(
        bench.header_with(r"\u0063rit", "[]"),
        Err(TokenError::CriticalHeader)
    );
    let escaped = bench.header_with(r"\u006awk", "{}");
    assert_eq!(escaped, Err(TokenError::ForbiddenParameter("jwk")));
    for name in ["x5", "x5t#S512", "x5chain"] {
        let found = bench.header_with(name, "null");
        let forbidden = Err(TokenError::ForbiddenParameter("x5*"));
        assert_eq!(found, forbidden, "{name}");
    }
    for typ in [r#""at+jwt""#, r#""""#, r#""JWT ""#, r#""JOSE""#] {
        assert_eq!(
            bench.header_with("typ", typ),
            Err(TokenError::Type),
            "{typ}"
        );
    }
    for typ in [r#""JWT""#, r#""jwt""#, r#""Jwt""#] {
        assert_eq!(bench.header_with("typ", typ), Ok(()), "{typ}");
    }
    assert_eq!(bench.header(bench.without("typ")), Ok(()));
    assert_eq!(bench.header_with("x", r#"[{"y":null},1.5,"z"]"#), Ok(()));
}

#[test]
fn a_member_is_there_once_however_it_is_spelled() {
    let bench = Bench::new();
    let good = bench
        .0
        .header(NOW)
        .replace('}', r#","nbf":0,"iat":0,"x":0}"#);
    for name in [
        "typ", "kid", "alg", "iss", "client", "signer", "exp", "nbf", "iat", "x",
    ] {
        // The second is of another kind than the first: it is refused before it is looked at.
        for spelled in [name, &escaped(name)] {
            let header = good.replace('}', &format!(r#","{spelled}":[]}}"#));
            let found = bench.header(header);
            assert_eq!(found, json(Header, JsonError::Duplicate), "{spelled}");
        }
    }
    for name in ["sub", "nbf", "iat", "email", "x"] {
        for spelled in [name, &escaped(name)] {
            let payload =
                format!(r#"{{"sub":"alice","nbf":0,"iat":0,"email":"a","x":0,"{spelled}":0}}"#);
            let found = bench.payload(payload);
            assert_eq!(found, json(Payload, JsonError::Duplicate), "{spelled}");
        }
    }
    for value in [
        r#"{"y":1,"y":2}"#,
        r#"{"y":1,"\u0079":2}"#,
        r#"[[{"y":1,"z":{},"y":2}]]"#,
        r#"{"exp":1,"exp":2}"#,
        r#"{"":1,"":2}"#,
    ] {
        let found = bench.header_with("x", value);
        assert_eq!(found, json(Header, JsonError::Duplicate), "{value}");
        for member in ["x", "exp", "iss"] {
            let found = bench.payload_with(member, value);
            assert_eq!(
                found,
                json(Payload, JsonError::Duplicate),
                "{member}: {value}"
            );
        }
    }
}

#[test]
fn header_and_payload_are_one_object_each() {
    let bench = Bench::new();
    let (header, payload) = (bench.0.header(NOW), r#"{"sub":"alice"}"#);
    let both = |change: &dyn Fn(&str) -> Vec<u8>, error| {
        assert_eq!(bench.header(change(&header)), json(Header, error));
        assert_eq!(bench.payload(change(payload)), json(Payload, error));
    };
    for text in ["[]", "[{}]", r#""{}""#, "1", "-1", "null", "true", "false"] {
        both(&|_| text.into(), JsonError::NotObject);
    }
    for text in [" ", "{", "}", "'a'", "//", "{}{"] {
        both(&|_| text.into(), JsonError::Syntax);
    }
    both(&|object| format!("[{object}]").into(), JsonError::NotObject);
    both(
        &|object| format!("{object}{object}").into(),
        JsonError::Syntax,
    );
    both(&|object| format!("{object},").into(), JsonError::Syntax);
    both(&|object| format!("{object} x").into(), JsonError::Syntax);
    both(&|object| format!("{object}\0").into(), JsonError::Syntax);
    both(
        &|object| format!("\u{feff}{object}").into(),
        JsonError::Syntax,
    );
    both(
        &|object| object.replace('}', ",}").into(),
        JsonError::Syntax,
    );
    both(&|object| object.replace('"', "'").into(), JsonError::Syntax);
    both(&|object| object.replace(':', " ").into(), JsonError::Syntax);
    both(
        &|object| object.replace('}', r#","x":"\ud800"}"#).into(),
        JsonError::Syntax,
    );
    both(
        &|object| object.replace('}', ",\"x\":\"\n\"}").into(),
        JsonError::Syntax,
    );
    for bytes in [
        &b"\xff"[..],
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\x80",
    ] {
        both(
            &|object| [object.as_bytes(), bytes].concat(),
            JsonError::Utf8,
        );
    }
}

#[test]
fn depth_and_members_are_bounded() {
    let bench = Bench::new();
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let unclosed = |levels: usize| "[".repeat(levels);
    assert_eq!(bench.header_with("x", &nested(15)), Ok(()));
    assert_eq!(
        bench.header_with("x", &nested(16)),
        json(Header, JsonError::Depth)
    );
    assert_eq!(bench.payload_with("x", &nested(63)), Ok(()));
    assert_eq!(
        bench.payload_with("x", &nested(64)),
        json(Payload, JsonError::Depth)
    );
    for levels in [129, 1000, 10_000] {
        let found = bench.header_with("x", &unclosed(levels));
        assert_eq!(found, json(Header, JsonError::Depth), "{levels}");
        let found = bench.payload_with("x", &unclosed(levels));
        assert_eq!(found, json(Payload, JsonError::Depth), "{levels}");
    }
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!(r#""{n}":1"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    // Seven are the load balancer's, and one is `x`.
    assert_eq!(bench.header_with("x", &members(248)), Ok(()));
    let found = bench.header_with("x", &members(249));
    assert_eq!(found, json(Header, JsonError::TooManyMembers));
    assert_eq!(bench.payload_with("x", &members(1000)), Ok(()));
    let found = bench.payload_with("x", &members(1024));
    assert_eq!(found, json(Payload, JsonError::TooManyMembers));
}

#[test]
fn each_segment_has_one_spelling_or_two() {
    let bench = Bench::new();
    let header = URL_SAFE.encode(bench.0.header(NOW));
    let (input, signature) = (format!("{header}.e30="), URL_SAFE.encode([1; 64]));
    let with_header = |text: &str| bench.token(&format!("{text}.e30=.{signature}"));
    let with_signature = |text: &str| bench.token(&format!("{input}.{text}"));
    for (text, error) in [
        ("e30", None),
        ("e30=", None),
        ("e30==", Some(EncodingError::Padding)),
        ("e30===", Some(EncodingError::Padding)),
        ("=e30", Some(EncodingError::Padding)),
        ("e=30", Some(EncodingError::Padding)),
        ("e30=e30=", Some(EncodingError::Padding)),
        ("=", Some(EncodingError::Padding)),
        ("e30%3D", Some(EncodingError::Alphabet)),
        ("e3+=", Some(EncodingError::Alphabet)),
        ("e3/=", Some(EncodingError::Alphabet)),
        ("e,30", Some(EncodingError::Alphabet)),
        ("e31", Some(EncodingError::TrailingBits)),
        ("e31=", Some(EncodingError::TrailingBits)),
        ("e30AB", Some(EncodingError::Length)),
        ("e", Some(EncodingError::Length)),
    ] {
        let expected = match error {
            // An object without any member.
            None => Err(TokenError::Algorithm),
            Some(error) => encoding(Header, error),
        };
        assert_eq!(with_header(text), expected, "{text}");
    }
    let digits = signature.trim_end_matches('=');
    let (start, last) = digits.split_at(85);
    assert_eq!(last, "Q");
    for (text, expected) in [
        (format!("{digits}=="), Err(TokenError::BadSignature)),
        (digits.to_owned(), Err(TokenError::BadSignature)),
        (
            format!("{digits}="),
            encoding(Signature, EncodingError::Padding),
        ),
        (
            format!("{digits}==="),
            encoding(Signature, EncodingError::Padding),
        ),
        (
            format!("{digits}===="),
            encoding(Signature, EncodingError::Padding),
        ),
        (format!("={digits}"), Err(TokenError::SignatureLength)),
        (format!("{digits}%3D%3D"), Err(TokenError::SignatureLength)),
        (
            format!("{start}+"),
            encoding(Signature, EncodingError::Alphabet),
        ),
        (
            format!("/{}", &digits[1..]),
            encoding(Signature, EncodingError::Alphabet),
        ),
        (
            format!("{start}="),
            encoding(Signature, EncodingError::Padding),
        ),
        (start.to_owned(), Err(TokenError::SignatureLength)),
        (format!("{digits}A"), Err(TokenError::SignatureLength)),
        ("A".repeat(12_000), Err(TokenError::SignatureLength)),
    ] {
        assert_eq!(with_signature(&text), expected, "{text}");
    }
    // The fifteen other digits with the same two bits.
    for stray in "RSTUVWXYZabcdef".chars() {
        let found = with_signature(&format!("{start}{stray}=="));
        assert_eq!(
            found,
            encoding(Signature, EncodingError::TrailingBits),
            "{stray}"
        );
    }
}

#[test]
fn a_token_is_three_segments() {
    let bench = Bench::new();
    let good = bench.0.mint(r#"{"sub":"alice"}"#, NOW);
    let segments: Vec<_> = good.split('.').collect();
    let [header, payload, signature] = segments[..] else {
        panic!("an ALB's token has three segments");
    };
    for token in [
        "a",
        ".",
        "..",
        "...",
        header,
        &format!("{header}.{payload}"),
        &format!("{header}.{payload}."),
        &format!("{header}..{signature}"),
        &format!(".{payload}.{signature}"),
        &format!(".{good}"),
        &format!("{good}."),
        &format!("{good}.{signature}"),
        &format!("{good}.e30=.e30="),
        &good.replacen('.', "..", 1),
        &good.replace('.', ","),
        &".".repeat(OidcHeaders::MAX_BYTES),
    ] {
        assert_eq!(bench.token(token), Err(TokenError::Structure), "{token:?}");
    }
    assert_eq!(bench.token(&good), Ok(()));
}

#[test]
fn the_headers_have_their_own_errors() {
    let bench = Bench::new();
    let good = bench.0.mint(r#"{"sub":"alice"}"#, NOW);
    let long = "a".repeat(OidcHeaders::MAX_BYTES + 1);
    let fault = |lines: &[(&str, &str)]| match bench.decide(lines) {
        Err(AuthenticateError::Headers(error)) => (error.header(), error.fault()),
        other => panic!("not a fault of the headers: {other:?}"),
    };
    let others = [OidcHeaders::IDENTITY, OidcHeaders::ACCESS_TOKEN];
    for name in [OidcHeaders::DATA].into_iter().chain(others) {
        let beside: &[(&str, &str)] = match name {
            OidcHeaders::DATA => &[],
            _ => &[(OidcHeaders::DATA, &good)],
        };
        for (value, expected) in [
            ("", HeaderFault::Empty),
            (" ", HeaderFault::Characters),
            ("a\tb", HeaderFault::Characters),
            ("a\nb", HeaderFault::Characters),
            ("a\0b", HeaderFault::Characters),
            ("é", HeaderFault::Characters),
            (&long, HeaderFault::TooLarge),
        ] {
            let found = fault(&[beside, &[(name, value)]].concat());
            assert_eq!(found, (name, expected), "{name}: {value:?}");
        }
        let found = fault(&[beside, &[(name, "a"), (name, "a")]].concat());
        assert_eq!(found, (name, HeaderFault::Duplicate));
    }
    for name in others {
        assert_eq!(fault(&[(name, "a")]), (name, HeaderFault::WithoutData));
    }
    assert_eq!(bench.decide(&[]), Err(AuthenticateError::Missing));
    let identity =
        |value| bench.decide(&[(OidcHeaders::DATA, &good), (OidcHeaders::IDENTITY, value)]);
    assert_eq!(identity("alice"), Ok(()));
    assert_eq!(identity("Alice"), Err(TokenError::IdentityMismatch.into()));
}

#[test]
fn a_signer_that_is_no_load_balancers_arn_is_presented_by_nobody() {
    let bench = Bench::new();
    let ours = bench.0.arn().to_string();
    for signer in [
        String::new(),
        ours.replace("/app/", "/net/"),
        ours.replace("/app/", "/gwy/"),
        ours.replace("loadbalancer/", "listener/") + "/f2f7dc8efc522ab2",
        ours.replace("us-east-1", r"us-east-1\n"),
        ours.replace("us-east-1", "us-east-1.evil.example"),
        ours.replace(":aws:", ":aws-cn:"),
        ours.replace("000000000000", "00000000000"),
        ours.to_uppercase(),
        format!("{ours} "),
        format!("{ours}/"),
        format!(r"{ours}\u0000"),
    ] {
        let found = bench.header_with("signer", &format!(r#""{signer}""#));
        let presented = None;
        assert_eq!(
            found,
            Err(TokenError::UntrustedSigner { presented }),
            "{signer}"
        );
    }
    let other = ours.replace("000000000000", "999999999999");
    let found = bench.header_with("signer", &format!(r#""{other}""#));
    let presented = Some(other.parse().unwrap());
    assert_eq!(found, Err(TokenError::UntrustedSigner { presented }));
}
