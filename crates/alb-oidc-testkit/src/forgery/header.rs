//! Attacks on what the header asks of a verifier.

use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::forgeries;
use crate::signing_key::SigningKey;

forgeries! { "the header's algorithm and parameters"
    /// `alg` none.
    AlgNone "algorithm" local => |m| m.header_with("alg", r#""none""#);
    /// `alg` None.
    AlgNoneCapital "algorithm" local => |m| m.header_with("alg", r#""None""#);
    /// `alg` NONE.
    AlgNoneUpperCase "algorithm" local => |m| m.header_with("alg", r#""NONE""#);
    /// `alg` nOnE.
    AlgNoneMixedCase "algorithm" local => |m| m.header_with("alg", r#""nOnE""#);
    /// An `alg` of no letters.
    AlgEmpty "algorithm" local => |m| m.header_with("alg", r#""""#);
    /// No `alg`.
    AlgMissing "algorithm" local => |m| m.header_without("alg");
    /// `alg` null.
    AlgNull "algorithm" local => |m| m.header_with("alg", "null");
    /// `alg` true.
    AlgTrue "algorithm" local => |m| m.header_with("alg", "true");
    /// `alg` as a number.
    AlgNumber "algorithm" local => |m| m.header_with("alg", "256");
    /// `alg` as an array with the right one in it.
    AlgArray "algorithm" local => |m| m.header_with("alg", r#"["ES256"]"#);
    /// `alg` as an object with the right one in it.
    AlgObject "algorithm" local => |m| m.header_with("alg", r#"{"alg":"ES256"}"#);
    /// `alg` with a space before it.
    AlgSpace "algorithm" local => |m| m.header_with("alg", r#"" ES256""#);
    /// `alg` with a space after it.
    AlgTrailingSpace "algorithm" local => |m| m.header_with("alg", r#""ES256 ""#);
    /// `alg` with a NUL after it.
    AlgNul "algorithm" local => |m| m.header_with("alg", r#""ES256\u0000""#);
    /// `alg` in lower case.
    AlgLowerCase "algorithm" local => |m| m.header_with("alg", r#""es256""#);
    /// `alg` under a name in upper case, and none under its own.
    AlgNameUpperCase "algorithm" local => |m| {
        m.header_text(m.header().replace("\"alg\"", "\"ALG\""))
    };
    /// HS256, with the public key's PEM as the secret.
    Hs256WithPem "signature-length" local => |m| m.hmac("HS256", HMAC_SHA256, m.pem().as_bytes());
    /// HS256, with the public key's DER as the secret.
    Hs256WithDer "signature-length" local => |m| {
        m.hmac("HS256", HMAC_SHA256, &m.alb.with_key(SigningKey::public_spki))
    };
    /// HS256, with the public key's point as the secret.
    Hs256WithPoint "signature-length" local => |m| {
        m.hmac("HS256", HMAC_SHA256, &m.alb.with_key(SigningKey::public_spki)[26..])
    };
    /// HS256, with the public key's coordinates as the secret.
    Hs256WithCoordinates "signature-length" local => |m| {
        m.hmac("HS256", HMAC_SHA256, &m.alb.with_key(SigningKey::public_spki)[27..])
    };
    /// HS512, whose tag is as long as an ES256 signature, with the public key's PEM as the secret.
    Hs512WithPem "algorithm" local => |m| m.hmac("HS512", HMAC_SHA512, m.pem().as_bytes());
    /// HS512, with the public key's DER as the secret.
    Hs512WithDer "algorithm" local => |m| {
        m.hmac("HS512", HMAC_SHA512, &m.alb.with_key(SigningKey::public_spki))
    };
    /// HS512, with the public key's point as the secret.
    Hs512WithPoint "algorithm" local => |m| {
        m.hmac("HS512", HMAC_SHA512, &m.alb.with_key(SigningKey::public_spki)[26..])
    };
    /// An HS512 tag on a header that says ES256.
    Hs512AsEs256 "bad-signature" fetch => |m| m.hmac("ES256", HMAC_SHA512, m.pem().as_bytes());
    /// HS256.
    AlgHs256 "algorithm" local => |m| m.header_with("alg", r#""HS256""#);
    /// RS256.
    AlgRs256 "algorithm" local => |m| m.header_with("alg", r#""RS256""#);
    /// PS256.
    AlgPs256 "algorithm" local => |m| m.header_with("alg", r#""PS256""#);
    /// ES384, as AWS Verified Access uses.
    AlgEs384 "algorithm" local => |m| m.header_with("alg", r#""ES384""#);
    /// ES512.
    AlgEs512 "algorithm" local => |m| m.header_with("alg", r#""ES512""#);
    /// ES256K.
    AlgEs256k "algorithm" local => |m| m.header_with("alg", r#""ES256K""#);
    /// EdDSA.
    AlgEdDsa "algorithm" local => |m| m.header_with("alg", r#""EdDSA""#);

    /// A critical extension that exists.
    CritB64 "critical-header" local => |m| m.header_with("crit", r#"["b64"]"#);
    /// A critical extension that exists, and what it says.
    CritAndB64 "critical-header" local => |m| m.header_and(r#""crit":["b64"],"b64":true"#);
    /// A critical member that is there.
    CritExp "critical-header" local => |m| m.header_with("crit", r#"["exp"]"#);
    /// A critical extension that nobody knows.
    CritUnknown "critical-header" local => |m| m.header_and(r#""crit":["x"],"x":1"#);
    /// An empty list of critical extensions.
    CritEmpty "critical-header" local => |m| m.header_with("crit", "[]");
    /// `crit` as a string.
    CritString "critical-header" local => |m| m.header_with("crit", r#""exp""#);
    /// `crit` null.
    CritNull "critical-header" local => |m| m.header_with("crit", "null");
    /// `crit` as an object.
    CritObject "critical-header" local => |m| m.header_with("crit", "{}");
    /// A name twice in `crit`.
    CritRepeated "critical-header" local => |m| m.header_with("crit", r#"["exp","exp"]"#);
    /// `crit` twice.
    CritTwice "critical-header" local => |m| m.header_and(r#""crit":["exp"],"crit":[]"#);
    /// `crit` with an escape in its name.
    CritEscaped "critical-header" local => |m| m.header_and(r#""\u0063rit":["x"]"#);

    /// An unencoded payload (RFC 7797).
    B64False "forbidden-parameter" local => |m| m.header_with("b64", "false");
    /// What RFC 7797 calls the default, which no ALB says.
    B64True "forbidden-parameter" local => |m| m.header_with("b64", "true");
    /// A key in the header.
    Jwk "forbidden-parameter" local => |m| {
        m.header_and(&jwk(&m.alb.with_key(SigningKey::public_spki)))
    };
    /// The attacker's own key in the header, and the attacker's signature.
    JwkOfStranger "forbidden-parameter" local => |m| {
        let stranger = m.stranger();
        m.signed_by(&stranger, &jwk(&stranger.public_spki()))
    };
    /// `jwk` null.
    JwkNull "forbidden-parameter" local => |m| m.header_with("jwk", "null");
    /// A key in the header, with an escape in its name.
    JwkEscaped "forbidden-parameter" local => |m| m.header_and(r#""\u006awk":{}"#);
    /// The URL of keys in the header.
    Jku "forbidden-parameter" local => |m| {
        m.header_with("jku", r#""http://127.0.0.1:1/jwks.json""#)
    };
    /// The URL of the attacker's own keys, and the attacker's signature.
    JkuOfStranger "forbidden-parameter" local => |m| {
        m.signed_by(&m.stranger(), r#""jku":"http://127.0.0.1:1/jwks.json""#)
    };
    /// The URL of a certificate.
    X5u "forbidden-parameter" local => |m| m.header_with("x5u", r#""http://127.0.0.1:1/cert.pem""#);
    /// The URL of the attacker's own certificate, and the attacker's signature.
    X5uOfStranger "forbidden-parameter" local => |m| {
        m.signed_by(&m.stranger(), r#""x5u":"http://127.0.0.1:1/cert.pem""#)
    };
    /// A certificate.
    X5c "forbidden-parameter" local => |m| m.header_with("x5c", r#"["AA=="]"#);
    /// A thumbprint of one.
    X5t "forbidden-parameter" local => |m| m.header_with("x5t", r#""AA""#);
    /// Another thumbprint of one.
    X5tS256 "forbidden-parameter" local => |m| m.header_with("x5t#S256", r#""AA""#);

    /// A type other than JWT.
    OtherType "type" local => |m| m.header_with("typ", r#""at+jwt""#);
    /// A type that begins like JWT.
    TypePrefix "type" local => |m| m.header_with("typ", r#""JWTX""#);
    /// A type with a space.
    TypeSpace "type" local => |m| m.header_with("typ", r#""JWT ""#);
    /// A type of no letters.
    TypeEmpty "type" local => |m| m.header_with("typ", r#""""#);
    /// A type of null.
    TypeNull "json" local => |m| m.header_with("typ", "null");
    /// A type that is a number.
    TypeNumber "json" local => |m| m.header_with("typ", "1");
    /// A type that is an array with the right one in it.
    TypeArray "json" local => |m| m.header_with("typ", r#"["JWT"]"#);
}

/// The member `jwk` with the key of this `SubjectPublicKeyInfo` (RFC 7518 section 6.2).
fn jwk(spki: &[u8]) -> String {
    let [x, y] = [&spki[27..59], &spki[59..]].map(|number| URL_SAFE_NO_PAD.encode(number));
    format!(r#""jwk":{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
}
