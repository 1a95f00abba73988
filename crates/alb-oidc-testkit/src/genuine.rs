//! What a load balancer really sends, in the variety that identity providers and the standards
//! give it: all of it must be let in.

use alb_oidc::{OidcHeaders, UnixTime};

use crate::alb::{join, signing_input};
use crate::forgery::members;
use crate::minter::{ALICE, HeaderLines, Minter, data, other_s, set};

/// A request that must be let in.
pub(crate) struct Genuine {
    pub(crate) name: &'static str,
    /// What it is, in a sentence.
    pub(crate) about: &'static str,
    /// As whom.
    pub(crate) sub: &'static str,
    pub(crate) headers: fn(&Minter<'_>) -> HeaderLines,
}

macro_rules! genuine {
    ($($(#[doc = $doc:literal])* $name:ident $sub:literal => $headers:expr;)*) => {
        /// All of them.
        pub(crate) const GENUINE: &[Genuine] = &[$(Genuine {
            name: stringify!($name),
            about: concat!($($doc),*),
            sub: $sub,
            headers: $headers,
        },)*];
    };
}

genuine! {
    /// As Cognito has it: custom attributes first, a boolean and an array as text.
    Cognito "alice" => |m| {
        m.userinfo(r#"{"custom:dept":"sales","sub":"alice","email_verified":"true","identities":"[]","email":"alice@example.com","username":"alice"}"#)
    };
    /// As Google has it with scope openid.
    Google "117" => |m| m.userinfo(r#"{"sub":"117","picture":"https:\/\/example.com\/p.png"}"#);
    /// As Entra ID has it.
    Entra "AAxe7-_y" => |m| {
        m.userinfo(r#"{"sub":"AAxe7-_y","name":"Alice","family_name":"A","given_name":"Alice","picture":"https://graph.microsoft.com/v1.0/me/photo/$value","email":"alice@example.com"}"#)
    };
    /// A subject as Auth0 has it.
    SubjectWithBar "auth0|5f7c8ec7c33c6c004bbafe82" => |m| {
        m.userinfo(r#"{"sub":"auth0|5f7c8ec7c33c6c004bbafe82"}"#)
    };
    /// A subject with a space.
    SubjectWithSpace "alice b" => |m| m.userinfo(r#"{"sub":"alice b"}"#);
    /// Claims in UTF-8.
    RawUtf8 "zoe" => |m| m.userinfo(r#"{"sub":"zoe","name":"Zoë Ångström 小林 🍜"}"#);
    /// Claims with escapes.
    EscapedUtf8 "zoe" => |m| m.userinfo(r#"{"sub":"zoe","name":"Zo\u00eb \ud83c\udf5c"}"#);
    /// A subject that is spelled with escapes, its name too.
    EscapedSubject "zoe" => |m| m.userinfo(r#"{"\u0073ub":"z\u006fe"}"#);
    /// A NUL in a claim, which JSON allows.
    NulInClaim "alice" => |m| m.claim("x", r#""a\u0000b""#);
    /// Arrays, objects and numbers.
    AllKindsOfClaims "bob" => |m| {
        m.userinfo(r#"{"sub":"bob","groups":["a","b"],"address":{"country":"AT"},"updated_at":1700000000,"score":1.5,"manager":null,"staff":true}"#)
    };
    /// The largest integer of 64 bits, and the smallest.
    LargeIntegers "bob" => |m| {
        m.userinfo(r#"{"sub":"bob","max":18446744073709551615,"min":-9223372036854775808}"#)
    };
    /// The same name in two objects, which is not twice in one.
    SameNameElsewhere "bob" => |m| {
        m.userinfo(r#"{"sub":"bob","x":{"sub":1},"y":[{"sub":2},{"sub":3}]}"#)
    };
    /// A claim with the name that serde_json gives to numbers inside.
    NumberInDisguise "bob" => |m| {
        m.userinfo(r#"{"sub":"bob","x":{"$serde_json::private::Number":"1"}}"#)
    };
    /// A payload as deep as it may be.
    PayloadDepth "bob" => |m| {
        m.userinfo(&format!(r#"{{"sub":"bob","x":{}{}}}"#, "[".repeat(63), "]".repeat(63)))
    };
    /// A payload of as many members as it may have, `exp` and `iss` among them.
    PayloadMembers "bob" => |m| m.userinfo(&format!(r#"{{"sub":"bob",{}}}"#, members(1021)));
    /// A token nearly as long as an ALB's may be.
    LongToken "bob" => |m| m.userinfo(&format!(r#"{{"sub":"bob","x":"{}"}}"#, "x".repeat(11_700)));
    /// Pretty-printed, as in 2018.
    PrettyPrinted "carol" => |m| m.userinfo("{\n  \"sub\" : \"carol\"\n}");
    /// No `exp` and no `iss` in the payload, as in 2018.
    BarePayload "carol" => |m| m.payload_text(r#"{"sub":"carol"}"#);
    /// Userinfo with an `exp` and an `iss` of its own, so that both are there twice.
    OwnExpAndIss "dave" => |m| {
        m.userinfo(r#"{"sub":"dave","exp":1,"iss":"https://other.example"}"#)
    };
    /// An `exp` and an `iss` in the payload that are none.
    OwnExpAndIssOfOtherKinds "dave" => |m| {
        m.payload_text(r#"{"sub":"dave","exp":"soon","iss":null}"#)
    };
    /// A payload that says that it has expired, under a header that has not.
    PayloadExpired "dave" => |m| {
        m.payload_text(set(&m.payload(), "exp", "1").replace("alice", "dave"))
    };
    /// `nbf` and `iat` in the past.
    NotBeforePast "erin" => |m| m.userinfo(r#"{"sub":"erin","nbf":0,"iat":1}"#);
    /// `nbf` and `iat` to come, within the leeway.
    NotBeforeWithinLeeway "erin" => |m| {
        m.userinfo(&format!(r#"{{"sub":"erin","nbf":{0},"iat":{0}}}"#, m.seconds(10)))
    };
    /// `nbf` and `iat` in the header, within the leeway.
    NotBeforeInHeaderWithinLeeway "alice" => |m| {
        m.header_and(&format!(r#""nbf":{0},"iat":{0}"#, m.seconds(10)))
    };
    /// Expired, within the leeway.
    ExpiredWithinLeeway "alice" => |m| {
        data(m.alb.mint(ALICE, UnixTime::from_secs(m.seconds(-125))))
    };
    /// Expired, on the last second of the leeway.
    ExpiredOnLastSecond "alice" => |m| m.header_with("exp", &m.seconds(-9).to_string());
    /// An expiry at the end of the year 9999.
    ExpiresIn9999 "alice" => |m| m.header_with("exp", &UnixTime::MAX.as_secs().to_string());
    /// All three headers.
    AllThreeHeaders "alice" => |m| m.good_and(&[(IDENTITY, b"alice"), (ACCESS_TOKEN, b"opaque")]);
    /// The three headers in another order.
    HeadersInOtherOrder "alice" => |m| {
        let mut lines = m.good_and(&[(IDENTITY, b"alice"), (ACCESS_TOKEN, b"opaque")]);
        lines.reverse();
        lines
    };
    /// Headers whose names only look like the token's.
    LookalikeNames "alice" => |m| {
        let mut lines = vec![("x_amzn_oidc_data", b"forged".to_vec())];
        lines.extend(m.good_and(&[("x-amzn_oidc-data", b"forged")]));
        lines
    };
    /// The signature without padding.
    UnpaddedSignature "alice" => |m| m.signature_spelled(|text| text.replace('=', ""));
    /// The signature with its other `s`.
    OtherS "alice" => |m| m.signature_changed(other_s);
    /// The signature with its other `s`, without padding.
    OtherSUnpadded "alice" => |m| {
        let lines = m.signature_changed(other_s);
        data(String::from_utf8_lossy(&lines[0].1).trim_end_matches('='))
    };
    /// A header of a length that needs no padding.
    HeaderWithoutPadding "alice" => |m| m.segment_spelled(0, "", str::to_owned);
    /// A header of a length that needs one `=`.
    HeaderWithOnePadding "alice" => |m| m.segment_spelled(0, "=", str::to_owned);
    /// A header of a length that needs two `=`.
    HeaderWithTwoPaddings "alice" => |m| m.segment_spelled(0, "==", str::to_owned);
    /// A payload of a length that needs no padding.
    PayloadWithoutPadding "alice" => |m| m.segment_spelled(1, "", str::to_owned);
    /// A payload of a length that needs one `=`.
    PayloadWithOnePadding "alice" => |m| m.segment_spelled(1, "=", str::to_owned);
    /// A payload of a length that needs two `=`.
    PayloadWithTwoPaddings "alice" => |m| m.segment_spelled(1, "==", str::to_owned);
    /// Signed and sent without padding, as RFC 7515 has it.
    SignedUnpadded "alice" => |m| {
        let input = signing_input(m.header(), m.payload()).replace('=', "");
        let signature = m.alb.with_key(|key| key.sign(input.as_bytes()));
        data(join(&input, &signature).trim_end_matches('='))
    };
    /// No `typ`, which AWS does not document.
    TypAbsent "alice" => |m| m.header_without("typ");
    /// `typ` in lower case.
    TypLowerCase "alice" => |m| m.header_with("typ", r#""jwt""#);
    /// Members in the header that AWS may add.
    UnknownMembers "alice" => |m| {
        m.header_and(r#""x":[1,{"y":null}],"aud":["a"],"cty":"json","X5C":1,"jwks":{}"#)
    };
    /// A header as deep as it may be.
    HeaderDepth "alice" => |m| {
        m.header_and(&format!(r#""x":{}{}"#, "[".repeat(15), "]".repeat(15)))
    };
    /// A header of as many members as it may have.
    HeaderMembers "alice" => |m| {
        m.header_and(&members(249))
    };
    /// The header's members in another order.
    OtherOrder "alice" => |m| {
        let (alb, exp) = (m.alb, m.seconds(120));
        let (kid, iss, client, signer) = (alb.key_id(), alb.issuer(), alb.client(), alb.arn());
        m.header_text(format!(
            r#"{{"exp":{exp},"signer":"{signer}","client":"{client}","iss":"{iss}","alg":"ES256","kid":"{kid}","typ":"JWT"}}"#
        ))
    };
    /// White space in the header.
    SpacedHeader "alice" => |m| {
        m.header_text(format!("\r\n\t{} ", m.header().replace(",\"", " ,\n \"")))
    };
    /// A header that is spelled with escapes.
    EscapedHeader "alice" => |m| {
        let header = m.header().replace("\"alg\":\"E", r#""\u0061lg":"\u0045"#);
        m.header_text(header.replace('/', r"\/"))
    };
}

const IDENTITY: &str = OidcHeaders::IDENTITY;
const ACCESS_TOKEN: &str = OidcHeaders::ACCESS_TOKEN;
