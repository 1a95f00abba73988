//! Attacks on the payload, signed: by whoever controls what userinfo says, or a load balancer that
//! is not one.

use super::{forgeries, members};

forgeries! { "the payload"
    /// A payload that is an array.
    PayloadArray "json" fetch => |m| m.payload_text(r#"["sub"]"#);
    /// A payload that is a string.
    PayloadString "json" fetch => |m| m.payload_text(r#""alice""#);
    /// A payload that is a number.
    PayloadNumber "json" fetch => |m| m.payload_text("1");
    /// A payload that is null.
    PayloadNull "json" fetch => |m| m.payload_text("null");
    /// A payload that is not JSON.
    PayloadText "json" fetch => |m| m.payload_text("alice");
    /// A payload of one space.
    PayloadBlank "json" fetch => |m| m.payload_text(" ");
    /// A payload with a second document behind it.
    PayloadTwice "json" fetch => |m| m.payload_text(format!("{0}{0}", m.payload()));
    /// A payload with a word behind it.
    PayloadTrailingWord "json" fetch => |m| m.payload_text(m.payload() + " x");
    /// A payload that ends in the middle.
    PayloadCut "json" fetch => |m| m.payload_text(&m.payload()[..m.payload().len() - 1]);
    /// A byte order mark before the payload.
    PayloadBom "json" fetch => |m| m.payload_text(format!("\u{feff}{}", m.payload()));
    /// A payload that is not UTF-8.
    PayloadNotUtf8 "json" fetch => |m| m.payload_text(b"{\"sub\":\"alic\xe9\"}");
    /// A slash in the payload, in two bytes for one.
    PayloadOverlong "json" fetch => |m| m.payload_text(b"{\"sub\":\"alice\xc0\xaf\"}");
    /// Half of a surrogate pair in the payload, in bytes.
    PayloadSurrogate "json" fetch => |m| m.payload_text(b"{\"sub\":\"alice\xed\xa0\x80\"}");
    /// Half of a surrogate pair in the payload, as an escape.
    PayloadSurrogateEscape "json" fetch => |m| m.userinfo(r#"{"sub":"alice\ud800"}"#);
    /// A line feed in a string of the payload.
    PayloadControlCharacter "json" fetch => |m| m.userinfo("{\"sub\":\"alice\n\"}");

    /// A payload without a subject.
    SubMissing "json" fetch => |m| m.userinfo(r#"{"name":"alice"}"#);
    /// A payload without any member.
    PayloadWithoutMembers "json" fetch => |m| m.payload_text("{}");
    /// A payload with a subject under a name in upper case.
    SubNameUpperCase "json" fetch => |m| m.userinfo(r#"{"SUB":"alice"}"#);
    /// A payload with null as its subject.
    SubNull "json" fetch => |m| m.userinfo(r#"{"sub":null}"#);
    /// A payload with true as its subject.
    SubTrue "json" fetch => |m| m.userinfo(r#"{"sub":true}"#);
    /// A payload with a number as its subject.
    SubNumber "json" fetch => |m| m.userinfo(r#"{"sub":1}"#);
    /// A payload with an array as its subject.
    SubArray "json" fetch => |m| m.userinfo(r#"{"sub":["alice"]}"#);
    /// A payload with an object as its subject.
    SubObject "json" fetch => |m| m.userinfo(r#"{"sub":{"sub":"alice"}}"#);
    /// A payload with an empty subject.
    SubEmpty "json" fetch => |m| m.userinfo(r#"{"sub":""}"#);

    /// A payload with two subjects.
    SubTwice "json" fetch => |m| m.userinfo(r#"{"sub":"alice","sub":"mallory"}"#);
    /// A payload with two subjects, one escaped.
    SubTwiceEscaped "json" fetch => |m| m.userinfo(r#"{"sub":"alice","\u0073ub":"mallory"}"#);
    /// A payload with a claim twice.
    EmailTwice "json" fetch => |m| {
        m.userinfo(r#"{"sub":"alice","email":"a@example.com","email":"b@example.com"}"#)
    };
    /// A payload with a claim twice, deep inside.
    ClaimTwice "json" fetch => |m| {
        m.userinfo(r#"{"sub":"alice","x":[{"admin":false,"admin":true}]}"#)
    };
    /// A payload with `exp` twice, deep inside, where it is like any other.
    NestedExpTwice "json" fetch => |m| m.userinfo(r#"{"sub":"alice","x":{"exp":1,"exp":2}}"#);
    /// A payload with a member twice in its `exp`.
    DuplicateInExp "json" fetch => |m| m.userinfo(r#"{"sub":"alice","exp":{"x":1,"x":2}}"#);
    /// A payload with two `nbf`.
    NbfTwice "json" fetch => |m| m.userinfo(r#"{"sub":"alice","nbf":1,"nbf":1}"#);
    /// A payload with two `iat`.
    IatTwice "json" fetch => |m| m.userinfo(r#"{"sub":"alice","iat":1,"iat":1}"#);

    /// A payload nested one deeper than the 64 levels that it may have.
    DeepPayloadByOne "json" fetch => |m| {
        m.claim("x", &format!("{}{}", "[".repeat(64), "]".repeat(64)))
    };
    /// A payload of arrays nested a thousand deep.
    DeepPayload "json" fetch => |m| {
        m.claim("x", &format!("{}{}", "[".repeat(1000), "]".repeat(1000)))
    };
    /// A payload of objects nested a thousand deep.
    DeepPayloadObjects "json" fetch => |m| {
        m.claim("x", &format!("{}1{}", r#"{"x":"#.repeat(1000), "}".repeat(1000)))
    };
    /// One member more than the 1,024 that a payload may have: with `exp` and `iss`, which are
    /// added.
    WidePayload "json" fetch => |m| {
        m.userinfo(&format!(r#"{{"sub":"alice",{}}}"#, members(1022)))
    };
    /// A thousand and more members inside of a claim.
    WideNestedPayload "json" fetch => |m| m.claim("x", &format!("{{{}}}", members(1100)));
    /// A payload with a number beyond all floats.
    PayloadInfinity "json" fetch => |m| m.claim("x", "1e400");
    /// A payload with an integer beyond 64 bits, which would lose digits as a float.
    PayloadHugeInteger "json" fetch => |m| m.claim("x", "18446744073709551616");
    /// A payload with an integer below 64 bits.
    PayloadHugeNegative "json" fetch => |m| m.claim("x", "[-9223372036854775809]");
}
