//! What a load balancer really sends, in the variety that identity providers and the standards
//! give it: all of it must be let in.

use alb_oidc::{OidcHeaders, UnixTime};

use crate::alb::{join, signing_input};
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

/// All of them.
pub(crate) const GENUINE: &[Genuine] = &[
    genuine(
        "Cognito",
        "alice",
        "As Cognito has it: custom attributes first, a boolean and an array as text.",
        |m| {
            m.userinfo(
                r#"{"custom:dept":"sales","sub":"alice","email_verified":"true","identities":"[]","email":"alice@example.com","username":"alice"}"#,
            )
        },
    ),
    genuine(
        "Google",
        "117",
        "As Google has it with scope openid.",
        |m| m.userinfo(r#"{"sub":"117","picture":"https:\/\/example.com\/p.png"}"#),
    ),
    genuine("Entra", "AAxe7-_y", "As Entra ID has it.", |m| {
        m.userinfo(
            r#"{"sub":"AAxe7-_y","name":"Alice","family_name":"A","given_name":"Alice","picture":"https://graph.microsoft.com/v1.0/me/photo/$value","email":"alice@example.com"}"#,
        )
    }),
    genuine(
        "SubjectWithBar",
        "auth0|5f7c8ec7c33c6c004bbafe82",
        "A subject as Auth0 has it.",
        |m| m.userinfo(r#"{"sub":"auth0|5f7c8ec7c33c6c004bbafe82"}"#),
    ),
    genuine(
        "SubjectWithSpace",
        "alice b",
        "A subject with a space.",
        |m| m.userinfo(r#"{"sub":"alice b"}"#),
    ),
    genuine("RawUtf8", "zoe", "Claims in UTF-8.", |m| {
        m.userinfo(r#"{"sub":"zoe","name":"Zoë Ångström 小林 🍜"}"#)
    }),
    genuine("EscapedUtf8", "zoe", "Claims with escapes.", |m| {
        m.userinfo(r#"{"sub":"zoe","name":"Zo\u00eb \ud83c\udf5c"}"#)
    }),
    genuine(
        "EscapedSubject",
        "zoe",
        "A subject that is spelled with escapes, its name too.",
        |m| m.userinfo(r#"{"\u0073ub":"z\u006fe"}"#),
    ),
    genuine(
        "NulInClaim",
        "alice",
        "A NUL in a claim, which JSON allows.",
        |m| m.claim("x", r#""a\u0000b""#),
    ),
    genuine(
        "AllKindsOfClaims",
        "bob",
        "Arrays, objects and numbers.",
        |m| {
            m.userinfo(
            r#"{"sub":"bob","groups":["a","b"],"address":{"country":"AT"},"updated_at":1700000000,"score":1.5,"manager":null,"staff":true}"#,
        )
        },
    ),
    genuine(
        "LargeIntegers",
        "bob",
        "The largest integer of 64 bits, and the smallest.",
        |m| m.userinfo(r#"{"sub":"bob","max":18446744073709551615,"min":-9223372036854775808}"#),
    ),
    genuine(
        "SameNameElsewhere",
        "bob",
        "The same name in two objects, which is not twice in one.",
        |m| m.userinfo(r#"{"sub":"bob","x":{"sub":1},"y":[{"sub":2},{"sub":3}]}"#),
    ),
    genuine(
        "NumberInDisguise",
        "bob",
        "A claim with the name that serde_json gives to numbers inside.",
        |m| m.userinfo(r#"{"sub":"bob","x":{"$serde_json::private::Number":"1"}}"#),
    ),
    genuine(
        "PayloadDepth",
        "bob",
        "A payload as deep as it may be.",
        |m| {
            m.userinfo(&format!(
                r#"{{"sub":"bob","x":{}{}}}"#,
                "[".repeat(63),
                "]".repeat(63)
            ))
        },
    ),
    genuine(
        "LongToken",
        "bob",
        "A token nearly as long as an ALB's may be.",
        |m| m.userinfo(&format!(r#"{{"sub":"bob","x":"{}"}}"#, "x".repeat(11_700))),
    ),
    genuine(
        "PrettyPrinted",
        "carol",
        "Pretty-printed, as in 2018.",
        |m| m.userinfo("{\n  \"sub\" : \"carol\"\n}"),
    ),
    genuine(
        "BarePayload",
        "carol",
        "No `exp` and no `iss` in the payload, as in 2018.",
        |m| m.payload_text(r#"{"sub":"carol"}"#),
    ),
    genuine(
        "OwnExpAndIss",
        "dave",
        "Userinfo with an `exp` and an `iss` of its own, so that both are there twice.",
        |m| m.userinfo(r#"{"sub":"dave","exp":1,"iss":"https://other.example"}"#),
    ),
    genuine(
        "OwnExpAndIssOfOtherKinds",
        "dave",
        "An `exp` and an `iss` in the payload that are none.",
        |m| m.payload_text(r#"{"sub":"dave","exp":"soon","iss":null}"#),
    ),
    genuine(
        "PayloadExpired",
        "dave",
        "A payload that says that it has expired, under a header that has not.",
        |m| m.payload_text(set(&m.payload(), "exp", "1").replace("alice", "dave")),
    ),
    genuine(
        "NotBeforePast",
        "erin",
        "`nbf` and `iat` in the past.",
        |m| m.userinfo(r#"{"sub":"erin","nbf":0,"iat":1}"#),
    ),
    genuine(
        "NotBeforeWithinLeeway",
        "erin",
        "`nbf` and `iat` to come, within the leeway.",
        |m| {
            m.userinfo(&format!(
                r#"{{"sub":"erin","nbf":{0},"iat":{0}}}"#,
                m.seconds(10)
            ))
        },
    ),
    genuine(
        "NotBeforeInHeaderWithinLeeway",
        "alice",
        "`nbf` and `iat` in the header, within the leeway.",
        |m| m.header_and(&format!(r#""nbf":{0},"iat":{0}"#, m.seconds(10))),
    ),
    genuine(
        "ExpiredWithinLeeway",
        "alice",
        "Expired, within the leeway.",
        |m| data(m.alb.mint(ALICE, UnixTime::from_secs(m.seconds(-125)))),
    ),
    genuine(
        "ExpiredOnLastSecond",
        "alice",
        "Expired, on the last second of the leeway.",
        |m| m.header_with("exp", &m.seconds(-9).to_string()),
    ),
    genuine(
        "ExpiresIn9999",
        "alice",
        "An expiry at the end of the year 9999.",
        |m| m.header_with("exp", &UnixTime::MAX.as_secs().to_string()),
    ),
    genuine("AllThreeHeaders", "alice", "All three headers.", |m| {
        m.good_and(&[(IDENTITY, b"alice"), (ACCESS_TOKEN, b"opaque")])
    }),
    genuine(
        "HeadersInOtherOrder",
        "alice",
        "The three headers in another order.",
        |m| {
            let mut lines = m.good_and(&[(IDENTITY, b"alice"), (ACCESS_TOKEN, b"opaque")]);
            lines.reverse();
            lines
        },
    ),
    genuine(
        "LookalikeNames",
        "alice",
        "Headers whose names only look like the token's.",
        |m| {
            let mut lines = vec![("x_amzn_oidc_data", b"forged".to_vec())];
            lines.extend(m.good_and(&[("x-amzn_oidc-data", b"forged")]));
            lines
        },
    ),
    genuine(
        "UnpaddedSignature",
        "alice",
        "The signature without padding.",
        |m| m.signature_spelled(|text| text.replace('=', "")),
    ),
    genuine(
        "OtherS",
        "alice",
        "The signature with its other `s`.",
        |m| m.signature_changed(other_s),
    ),
    genuine(
        "OtherSUnpadded",
        "alice",
        "The signature with its other `s`, without padding.",
        |m| {
            let lines = m.signature_changed(other_s);
            data(String::from_utf8_lossy(&lines[0].1).trim_end_matches('='))
        },
    ),
    genuine(
        "HeaderWithoutPadding",
        "alice",
        "A header of a length that needs no padding.",
        |m| m.segment_spelled(0, "", str::to_owned),
    ),
    genuine(
        "HeaderWithOnePadding",
        "alice",
        "A header of a length that needs one `=`.",
        |m| m.segment_spelled(0, "=", str::to_owned),
    ),
    genuine(
        "HeaderWithTwoPaddings",
        "alice",
        "A header of a length that needs two `=`.",
        |m| m.segment_spelled(0, "==", str::to_owned),
    ),
    genuine(
        "PayloadWithoutPadding",
        "alice",
        "A payload of a length that needs no padding.",
        |m| m.segment_spelled(1, "", str::to_owned),
    ),
    genuine(
        "PayloadWithOnePadding",
        "alice",
        "A payload of a length that needs one `=`.",
        |m| m.segment_spelled(1, "=", str::to_owned),
    ),
    genuine(
        "PayloadWithTwoPaddings",
        "alice",
        "A payload of a length that needs two `=`.",
        |m| m.segment_spelled(1, "==", str::to_owned),
    ),
    genuine(
        "SignedUnpadded",
        "alice",
        "Signed and sent without padding, as RFC 7515 has it.",
        |m| {
            let input = signing_input(m.header(), m.payload()).replace('=', "");
            let signature = m.alb.with_key(|key| key.sign(input.as_bytes()));
            data(join(&input, &signature).trim_end_matches('='))
        },
    ),
    genuine(
        "TypAbsent",
        "alice",
        "No `typ`, which AWS does not document.",
        |m| m.header_without("typ"),
    ),
    genuine("TypLowerCase", "alice", "`typ` in lower case.", |m| {
        m.header_with("typ", r#""jwt""#)
    }),
    genuine(
        "UnknownMembers",
        "alice",
        "Members in the header that AWS may add.",
        |m| m.header_and(r#""x":[1,{"y":null}],"aud":["a"],"cty":"json","X5C":1,"jwks":{}"#),
    ),
    genuine(
        "HeaderDepth",
        "alice",
        "A header as deep as it may be.",
        |m| m.header_and(&format!(r#""x":{}{}"#, "[".repeat(15), "]".repeat(15))),
    ),
    genuine(
        "HeaderMembers",
        "alice",
        "A header of as many members as it may have.",
        |m| {
            let members: Vec<_> = (0..249).map(|n| format!(r#""{n}":1"#)).collect();
            m.header_and(&members.join(","))
        },
    ),
    genuine(
        "OtherOrder",
        "alice",
        "The header's members in another order.",
        |m| {
            let (alb, exp) = (m.alb, m.seconds(120));
            let (kid, iss, client, signer) = (alb.key_id(), alb.issuer(), alb.client(), alb.arn());
            m.header_text(format!(
            r#"{{"exp":{exp},"signer":"{signer}","client":"{client}","iss":"{iss}","alg":"ES256","kid":"{kid}","typ":"JWT"}}"#
        ))
        },
    ),
    genuine("SpacedHeader", "alice", "White space in the header.", |m| {
        m.header_text(format!("\r\n\t{} ", m.header().replace(",\"", " ,\n \"")))
    }),
    genuine(
        "EscapedHeader",
        "alice",
        "A header that is spelled with escapes.",
        |m| {
            m.header_text(
                m.header()
                    .replace("\"alg\":\"E", r#""\u0061lg":"\u0045"#)
                    .replace('/', r"\/"),
            )
        },
    ),
];

const fn genuine(
    name: &'static str,
    sub: &'static str,
    about: &'static str,
    headers: fn(&Minter<'_>) -> HeaderLines,
) -> Genuine {
    Genuine {
        name,
        about,
        sub,
        headers,
    }
}

const IDENTITY: &str = OidcHeaders::IDENTITY;
const ACCESS_TOKEN: &str = OidcHeaders::ACCESS_TOKEN;
