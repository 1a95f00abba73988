//! Every attack that the verifier knows, by name.

use alb_oidc::{ClientId, Issuer, OidcHeaders, UnixTime};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::alb::{SimulatedAlb, SimulatedAlbBuilder, join, named_user, signing_input};

/// The headers of one request: names as sent, values as bytes, in order.
pub type HeaderLines = Vec<(&'static str, Vec<u8>)>;

macro_rules! forgeries {
    ($($(#[doc = $doc:literal])* $variant:ident $reason:literal $fetch:ident => $forge:expr;)*) => {
        /// One attack each, against an application that trusts a [`SimulatedAlb`]'s rule. Every one
        /// of them must be answered with 401.
        ///
        /// An attack that has to be signed is signed with the load balancer's real key: what is
        /// tested is everything but the arithmetic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Forgery {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Forgery {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// Why it is rejected: the [`reason`](alb_oidc::AuthenticateError::reason) of the error.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason,)* }
            }

            /// Whether a key may be fetched for it. Most must be rejected before.
            #[must_use]
            pub const fn may_fetch(self) -> bool {
                match self { $(Self::$variant => forgeries!(@ $fetch),)* }
            }

            /// The headers of a request that tries it.
            #[must_use]
            pub fn headers(self, alb: &SimulatedAlb, now: UnixTime) -> HeaderLines {
                let forger = Forger { alb, now };
                match self { $(Self::$variant => ($forge)(&forger),)* }
            }
        }
    };
    (@ local) => { false };
    (@ fetch) => { true };
}

forgeries! {
    /// `x-amzn-oidc-data` with nothing in it.
    EmptyData "header-empty" local => |_: &Forger<'_>| data("");
    /// `x-amzn-oidc-data` with spaces in it.
    BlankData "header-characters" local => |_: &Forger<'_>| data("   ");
    /// A good token and then a forged one.
    GoodThenForged "header-duplicate" local => |f: &Forger<'_>| two(f.good(), f.tampered());
    /// A forged token and then a good one.
    ForgedThenGood "header-duplicate" local => |f: &Forger<'_>| two(f.tampered(), f.good());
    /// The same good token twice.
    GoodTwice "header-duplicate" local => |f: &Forger<'_>| { let good = f.good(); two(good.clone(), good) };
    /// Two tokens joined by a comma, as some proxies fold repeated headers.
    JoinedByComma "structure" local => |f: &Forger<'_>| data(format!("{},{}", f.good(), f.good()));
    /// A byte that is not ASCII.
    NotAscii "header-characters" local => |f: &Forger<'_>| {
        vec![(OidcHeaders::DATA, [f.good().as_bytes(), b"\xff"].concat())]
    };
    /// A token longer than the 16 K that an ALB sends.
    TooLarge "header-too-large" local => |f: &Forger<'_>| data(f.good() + &"A".repeat(OidcHeaders::MAX_BYTES));
    /// The identity header alone.
    IdentityAlone "header-without-data" local => |_: &Forger<'_>| vec![(OidcHeaders::IDENTITY, b"alice".to_vec())];
    /// The access token alone.
    AccessTokenAlone "header-without-data" local => |_: &Forger<'_>| {
        vec![(OidcHeaders::ACCESS_TOKEN, b"token".to_vec())]
    };
    /// A good token with somebody else's identity header.
    OthersIdentity "identity-mismatch" fetch => |f: &Forger<'_>| f.with_identity(&["mallory"]);
    /// A good token with its own identity header twice.
    IdentityTwice "header-duplicate" local => |f: &Forger<'_>| f.with_identity(&["alice", "alice"]);
    /// A good token with an identity header that differs in case.
    IdentityOtherCase "identity-mismatch" fetch => |f: &Forger<'_>| f.with_identity(&["Alice"]);
    /// A good token with an identity header of nothing.
    EmptyIdentity "header-empty" local => |f: &Forger<'_>| f.with_identity(&[""]);

    /// No dot.
    OneSegment "structure" local => |_: &Forger<'_>| data("token");
    /// One dot: the signature cut off.
    TwoSegments "structure" local => |f: &Forger<'_>| data(cut_after(&f.good(), 2));
    /// A fourth segment.
    FourSegments "structure" local => |f: &Forger<'_>| data(f.good() + ".e30=");
    /// Five segments, like an encrypted token (RFC 7516).
    FiveSegments "structure" local => |f: &Forger<'_>| data(f.good() + ".e30=.e30=");
    /// The signature left out, its dot kept.
    EmptySignature "structure" local => |f: &Forger<'_>| data(cut_after(&f.good(), 2) + ".");
    /// The payload left out, its dots kept.
    EmptyPayload "structure" local => |f: &Forger<'_>| data(format!("{}..{}", part(&f.good(), 0), part(&f.good(), 2)));
    /// Nothing but dots.
    Dots "structure" local => |_: &Forger<'_>| data(".".repeat(OidcHeaders::MAX_BYTES));
    /// JSON serialization (RFC 7515 section 7.2) instead of the compact one.
    JsonSerialization "structure" local => |f: &Forger<'_>| {
        let good = f.good();
        let [header, payload, signature] = [0, 1, 2].map(|index| part(&good, index));
        data(format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#))
    };

    /// The header's padding stripped after it was signed.
    HeaderStripped "bad-signature" fetch => |f: &Forger<'_>| data(f.strip_padding_of(0));
    /// The payload's padding stripped after it was signed.
    PayloadStripped "bad-signature" fetch => |f: &Forger<'_>| data(f.strip_padding_of(1));
    /// One `=` of a signature's two.
    HalfPadding "encoding" local => |f: &Forger<'_>| data(f.good().strip_suffix('=').unwrap_or_default());
    /// Two `=` too many.
    DoublePadding "encoding" local => |f: &Forger<'_>| data(f.good() + "==");
    /// `=` spelled as `%3D`.
    EscapedPadding "signature-length" local => |f: &Forger<'_>| {
        data(f.with_signature_text(|text| text.replace('=', "%3D")))
    };
    /// The standard alphabet's `+` in place of a digit.
    StandardAlphabet "encoding" local => |f: &Forger<'_>| {
        data(f.with_signature_text(|text| format!("+{}", &text[1..])))
    };
    /// Stray bits in the signature's last digit: another spelling of the same signature.
    TrailingBits "encoding" local => |f: &Forger<'_>| data(f.with_signature_text(stray_bit));

    /// No signature at all, `alg` none.
    AlgNone "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""none""#);
    /// `alg` None.
    AlgNoneCapital "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""None""#);
    /// An `alg` of no letters.
    AlgEmpty "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""""#);
    /// `alg` null.
    AlgNull "algorithm" local => |f: &Forger<'_>| f.header_with("alg", "null");
    /// `alg` as an array with the right one in it.
    AlgArray "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#"["ES256"]"#);
    /// `alg` with a space before it.
    AlgSpace "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#"" ES256""#);
    /// `alg` in lower case.
    AlgLowerCase "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""es256""#);
    /// No `alg`.
    AlgMissing "algorithm" local => |f: &Forger<'_>| f.header_without("alg");
    /// HS256, with the public key's PEM as the secret.
    Hs256WithPem "signature-length" local => |f: &Forger<'_>| {
        data(f.hmac("HS256", aws_lc_rs::hmac::HMAC_SHA256, f.pem().as_bytes()))
    };
    /// HS256, with the public key's DER as the secret.
    Hs256WithDer "signature-length" local => |f: &Forger<'_>| {
        data(f.hmac("HS256", aws_lc_rs::hmac::HMAC_SHA256, &f.alb.with_key(crate::signing_key::SigningKey::public_spki)))
    };
    /// HS512, whose tag is as long as an ES256 signature, with the public key's PEM as the secret.
    Hs512WithPem "algorithm" local => |f: &Forger<'_>| {
        data(f.hmac("HS512", aws_lc_rs::hmac::HMAC_SHA512, f.pem().as_bytes()))
    };
    /// RS256.
    AlgRs256 "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""RS256""#);
    /// ES384, as AWS Verified Access uses.
    AlgEs384 "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""ES384""#);
    /// ES256K.
    AlgEs256k "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""ES256K""#);
    /// EdDSA.
    AlgEdDsa "algorithm" local => |f: &Forger<'_>| f.header_with("alg", r#""EdDSA""#);
    /// A critical extension that exists.
    CritB64 "critical-header" local => |f: &Forger<'_>| f.header_with("crit", r#"["b64"]"#);
    /// A critical member that is there.
    CritExp "critical-header" local => |f: &Forger<'_>| f.header_with("crit", r#"["exp"]"#);
    /// An empty list of critical extensions.
    CritEmpty "critical-header" local => |f: &Forger<'_>| f.header_with("crit", "[]");
    /// `crit` null.
    CritNull "critical-header" local => |f: &Forger<'_>| f.header_with("crit", "null");
    /// An unencoded payload (RFC 7797).
    B64False "forbidden-parameter" local => |f: &Forger<'_>| f.header_with("b64", "false");
    /// The attacker's own key in the header.
    Jwk "forbidden-parameter" local => |f: &Forger<'_>| {
        f.header_with("jwk", r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#)
    };
    /// The URL of the attacker's own keys in the header.
    Jku "forbidden-parameter" local => |f: &Forger<'_>| f.header_with("jku", r#""http://127.0.0.1:1/jwks.json""#);
    /// The URL of the attacker's own certificate.
    X5u "forbidden-parameter" local => |f: &Forger<'_>| f.header_with("x5u", r#""http://127.0.0.1:1/cert.pem""#);
    /// The attacker's own certificate.
    X5c "forbidden-parameter" local => |f: &Forger<'_>| f.header_with("x5c", r#"["AA=="]"#);
    /// A thumbprint of it.
    X5t "forbidden-parameter" local => |f: &Forger<'_>| f.header_with("x5t", r#""AA""#);
    /// Another thumbprint of it.
    X5tS256 "forbidden-parameter" local => |f: &Forger<'_>| f.header_with("x5t#S256", r#""AA""#);
    /// A type other than JWT.
    OtherType "type" local => |f: &Forger<'_>| f.header_with("typ", r#""at+jwt""#);

    /// A header that is an array.
    HeaderArray "json" local => |f: &Forger<'_>| data(f.alb.sign(&format!("[{}]", f.header()), &f.payload()));
    /// A header with a second document behind it.
    HeaderTwice "json" local => |f: &Forger<'_>| data(f.alb.sign(&format!("{0}{0}", f.header()), &f.payload()));
    /// A header that is not UTF-8.
    HeaderNotUtf8 "json" local => |f: &Forger<'_>| data(f.raw_header(b"{\"typ\":\"\xff\"}"));
    /// A byte order mark before the header.
    HeaderBom "json" local => |f: &Forger<'_>| data(f.alb.sign(&format!("\u{feff}{}", f.header()), &f.payload()));
    /// A known member twice.
    DuplicateMember "json" local => |f: &Forger<'_>| {
        data(f.alb.sign(&append(&f.header(), r#""client":"other""#), &f.payload()))
    };
    /// A known member twice, once with an escape in its name.
    EscapedDuplicate "json" local => |f: &Forger<'_>| {
        data(f.alb.sign(&append(&f.header(), r#""\u006bid":"x""#), &f.payload()))
    };
    /// An unknown member twice.
    UnknownDuplicate "json" local => |f: &Forger<'_>| {
        data(f.alb.sign(&append(&f.header(), r#""x":1,"x":2"#), &f.payload()))
    };
    /// A member twice inside of an unknown member.
    NestedDuplicate "json" local => |f: &Forger<'_>| f.header_with("x", r#"{"y":1,"y":2}"#);
    /// Arrays nested a thousand deep.
    DeepHeader "json" local => |f: &Forger<'_>| {
        f.header_with("x", &format!("{}{}", "[".repeat(1000), "]".repeat(1000)))
    };
    /// A thousand members.
    WideHeader "json" local => |f: &Forger<'_>| {
        let members: Vec<_> = (0..1000).map(|n| format!(r#""{n}":1"#)).collect();
        data(f.alb.sign(&append(&f.header(), &members.join(",")), &f.payload()))
    };

    /// No expiry.
    ExpMissing "json" local => |f: &Forger<'_>| f.header_without("exp");
    /// An expiry of null.
    ExpNull "json" local => |f: &Forger<'_>| f.header_with("exp", "null");
    /// An expiry in text.
    ExpText "json" local => |f: &Forger<'_>| f.header_with("exp", r#""9999999999""#);
    /// An expiry with a fraction.
    ExpFraction "json" local => |f: &Forger<'_>| f.header_with("exp", "9999999999.5");
    /// An expiry with an exponent.
    ExpExponent "json" local => |f: &Forger<'_>| f.header_with("exp", "1e12");
    /// An expiry before 1970.
    ExpNegative "json" local => |f: &Forger<'_>| f.header_with("exp", "-1");
    /// An expiry beyond 64 bits.
    ExpHuge "json" local => |f: &Forger<'_>| f.header_with("exp", "18446744073709551616");
    /// An expiry that overflows when leeway is added.
    ExpOverflow "json" local => |f: &Forger<'_>| f.header_with("exp", "18446744073709551615");
    /// An expiry of true.
    ExpTrue "json" local => |f: &Forger<'_>| f.header_with("exp", "true");
    /// A good token, eleven seconds after it expired.
    Expired "expired" local => |f: &Forger<'_>| data(f.alb.mint(ALICE, UnixTime::from_secs(f.now.as_secs() - 131)));
    /// A good token of 1970.
    ExpiredLongAgo "expired" local => |f: &Forger<'_>| f.header_with("exp", "0");
    /// An expired header on a payload that is not.
    ExpiredHeaderFreshPayload "expired" local => |f: &Forger<'_>| {
        data(f.alb.sign(&set(&f.header(), "exp", &(f.now.as_secs() - 11).to_string()), &f.payload()))
    };
    /// Not valid yet, says the header.
    NotBeforeInHeader "not-yet-valid" local => |f: &Forger<'_>| {
        f.header_with("nbf", &(f.now.as_secs() + 60).to_string())
    };
    /// Not valid yet, says the payload.
    NotBefore "not-yet-valid" fetch => |f: &Forger<'_>| {
        f.payload_with(&format!(r#"{{"sub":"alice","nbf":{}}}"#, f.now.as_secs() + 60))
    };
    /// Issued in the future.
    IssuedInFuture "not-yet-valid" fetch => |f: &Forger<'_>| {
        f.payload_with(&format!(r#"{{"sub":"alice","iat":{}}}"#, f.now.as_secs() + 60))
    };
    /// A text as `nbf`, which must not count as absent.
    NotBeforeText "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"sub":"alice","nbf":"9999999999"}"#);

    /// No key id.
    KidMissing "json" local => |f: &Forger<'_>| f.header_without("kid");
    /// A path as key id.
    KidPath "key-id" local => |f: &Forger<'_>| f.header_with("kid", r#""../../other""#);
    /// A path as key id, escaped.
    KidEscapedPath "key-id" local => |f: &Forger<'_>| f.header_with("kid", r#""%2e%2e%2fother""#);
    /// A host as key id.
    KidHost "key-id" local => |f: &Forger<'_>| f.header_with("kid", r#""@127.0.0.1:1/""#);
    /// The key id in upper case: one of its many other spellings.
    KidUpperCase "key-id" local => |f: &Forger<'_>| f.kid(|kid| kid.to_uppercase());
    /// The key id in braces.
    KidBraces "key-id" local => |f: &Forger<'_>| f.kid(|kid| format!("{{{kid}}}"));
    /// The key id as a URN.
    KidUrn "key-id" local => |f: &Forger<'_>| f.kid(|kid| format!("urn:uuid:{kid}"));
    /// The key id without hyphens.
    KidWithoutHyphens "key-id" local => |f: &Forger<'_>| f.kid(|kid| kid.replace('-', ""));
    /// The key id and a line feed, which URL parsers drop.
    KidLineFeed "key-id" local => |f: &Forger<'_>| f.kid(|kid| format!(r"{kid}\n"));
    /// A tab in the key id, which URL parsers drop.
    KidTab "key-id" local => |f: &Forger<'_>| f.kid(|kid| kid.replacen('-', r"\t-", 1));
    /// The key id and a query.
    KidQuery "key-id" local => |f: &Forger<'_>| f.kid(|kid| format!("{kid}?x"));
    /// A key id that is a number.
    KidNumber "json" local => |f: &Forger<'_>| f.header_with("kid", "1");
    /// A key id that is an array with the right one in it.
    KidArray "json" local => |f: &Forger<'_>| {
        let kid = f.alb.key_id();
        f.header_with("kid", &format!(r#"["{kid}"]"#))
    };
    /// A key id that is well-formed and nobody's.
    KidUnknown "unknown-key" fetch => |f: &Forger<'_>| {
        f.header_with("kid", r#""00000000-0000-4000-8000-000000000000""#)
    };

    /// The attacker's own load balancer, with our issuer and client id and our region's keys: the ALBeast attack.
    OthersLoadBalancer "untrusted-signer" local => |f: &Forger<'_>| {
        f.signed_by("arn:aws:elasticloadbalancing:us-east-1:999999999999:loadbalancer/app/simulated/50dc6c495c0c9188")
    };
    /// A load balancer of our account with another id.
    OtherId "untrusted-signer" local => |f: &Forger<'_>| {
        f.signed_by("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/simulated/50dc6c495c0c9189")
    };
    /// A load balancer whose name begins like ours.
    OtherName "untrusted-signer" local => |f: &Forger<'_>| {
        f.signed_by("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/simulated-evil/50dc6c495c0c9188")
    };
    /// A load balancer of our name and id in another region.
    OtherRegion "untrusted-signer" local => |f: &Forger<'_>| {
        f.signed_by("arn:aws:elasticloadbalancing:us-east-2:000000000000:loadbalancer/app/simulated/50dc6c495c0c9188")
    };
    /// A network load balancer.
    NetworkLoadBalancer "untrusted-signer" local => |f: &Forger<'_>| {
        f.header_with("signer", r#""arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/simulated/50dc6c495c0c9188""#)
    };
    /// Our load balancer and a slash.
    SignerSlash "untrusted-signer" local => |f: &Forger<'_>| f.header_with("signer", &format!(r#""{}/""#, f.alb.arn()));
    /// Our load balancer and a space.
    SignerSpace "untrusted-signer" local => |f: &Forger<'_>| f.header_with("signer", &format!(r#""{} ""#, f.alb.arn()));
    /// Our load balancer and a NUL.
    SignerNul "untrusted-signer" local => |f: &Forger<'_>| {
        f.header_with("signer", &format!(r#""{}\u0000""#, f.alb.arn()))
    };
    /// Our load balancer in upper case.
    SignerUpperCase "untrusted-signer" local => |f: &Forger<'_>| {
        f.header_with("signer", &format!(r#""{}""#, f.alb.arn()).to_uppercase())
    };
    /// An empty signer.
    SignerEmpty "untrusted-signer" local => |f: &Forger<'_>| f.header_with("signer", r#""""#);
    /// A region that would change a URL's host.
    SignerHostileRegion "untrusted-signer" local => |f: &Forger<'_>| {
        f.header_with("signer", r#""arn:aws:elasticloadbalancing:evil.example/x:000000000000:loadbalancer/app/simulated/50dc6c495c0c9188""#)
    };
    /// No signer.
    SignerMissing "json" local => |f: &Forger<'_>| f.header_without("signer");
    /// Our signer in an array.
    SignerArray "json" local => |f: &Forger<'_>| f.header_with("signer", &format!(r#"["{}"]"#, f.alb.arn()));
    /// Another application behind our load balancer.
    OtherClient "untrusted-client" local => |f: &Forger<'_>| {
        let neighbour = SimulatedAlb::builder().client(ClientId::new("neighbour").expect(CONSTANT));
        data(f.neighbour(neighbour).mint(ALICE, f.now))
    };
    /// Another issuer behind our load balancer.
    OtherIssuer "untrusted-issuer" local => |f: &Forger<'_>| {
        let neighbour = SimulatedAlb::builder().issuer(Issuer::new("https://evil.example").expect(CONSTANT));
        data(f.neighbour(neighbour).mint(ALICE, f.now))
    };
    /// Our issuer and a slash.
    IssuerSlash "untrusted-issuer" local => |f: &Forger<'_>| f.header_with("iss", &format!(r#""{}/""#, f.alb.issuer()));
    /// Our issuer but for its last letter.
    IssuerPrefix "untrusted-issuer" local => |f: &Forger<'_>| {
        let issuer = f.alb.issuer().as_str();
        f.header_with("iss", &format!(r#""{}""#, &issuer[..issuer.len() - 1]))
    };
    /// Our issuer in an array.
    IssuerArray "json" local => |f: &Forger<'_>| f.header_with("iss", &format!(r#"["{}"]"#, f.alb.issuer()));
    /// Our client id in an array.
    ClientArray "json" local => |f: &Forger<'_>| f.header_with("client", &format!(r#"["{}"]"#, f.alb.client()));
    /// No client id.
    ClientMissing "json" local => |f: &Forger<'_>| f.header_without("client");

    /// Another user's payload under a good signature.
    PayloadSwapped "bad-signature" fetch => |f: &Forger<'_>| data(f.tampered());
    /// A good signature of another key.
    OtherKey "bad-signature" fetch => |f: &Forger<'_>| {
        let input = signing_input(&f.header(), &f.payload());
        let signature = SimulatedAlb::new().with_key(|key| key.sign(input.as_bytes()));
        data(join(&input, &signature))
    };
    /// A signature of zeros, which verifies where nobody looks ("psychic signatures").
    ZeroSignature "bad-signature" fetch => |f: &Forger<'_>| data(f.with_signature(&[0; 64]));
    /// `r` good and `s` zero.
    ZeroS "bad-signature" fetch => |f: &Forger<'_>| {
        let mut signature = f.signature();
        signature[32..].fill(0);
        data(f.with_signature(&signature))
    };
    /// `r` and `s` the order of the group, which is zero.
    OrderSignature "bad-signature" fetch => |f: &Forger<'_>| data(f.with_signature(&[ORDER, ORDER].concat()));
    /// `r` and `s` all ones.
    AllOnesSignature "bad-signature" fetch => |f: &Forger<'_>| data(f.with_signature(&[0xff; 64]));
    /// The last bit of the signature flipped.
    FlippedSignature "bad-signature" fetch => |f: &Forger<'_>| {
        let mut signature = f.signature();
        signature[63] ^= 1;
        data(f.with_signature(&signature))
    };
    /// The signature in DER, as OpenSSL writes it.
    DerSignature "signature-length" local => |f: &Forger<'_>| data(f.with_signature(&der(&f.signature())));
    /// A byte less than a signature.
    ShortSignature "signature-length" local => |f: &Forger<'_>| data(f.with_signature(&f.signature()[..63]));
    /// A byte more than a signature.
    LongSignature "signature-length" local => |f: &Forger<'_>| {
        data(f.with_signature(&[&f.signature()[..], &[0]].concat()))
    };
    /// A signature of eight thousand bytes.
    HugeSignature "signature-length" local => |f: &Forger<'_>| data(f.with_signature(&[1; 8000]));

    /// A payload that is an array, signed.
    PayloadArray "json" fetch => |f: &Forger<'_>| data(f.alb.sign(&f.header(), r#"["sub"]"#));
    /// A payload that is not JSON, signed.
    PayloadText "json" fetch => |f: &Forger<'_>| data(f.alb.sign(&f.header(), "alice"));
    /// A payload without a subject.
    SubMissing "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"name":"alice"}"#);
    /// A payload with a number as its subject.
    SubNumber "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"sub":1}"#);
    /// A payload with an empty subject.
    SubEmpty "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"sub":""}"#);
    /// A payload with two subjects.
    SubTwice "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"sub":"alice","sub":"mallory"}"#);
    /// A payload with two subjects, one escaped.
    SubTwiceEscaped "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"sub":"alice","\u0073ub":"mallory"}"#);
    /// A payload with a claim twice, deep inside.
    ClaimTwice "json" fetch => |f: &Forger<'_>| f.payload_with(r#"{"sub":"alice","x":[{"admin":false,"admin":true}]}"#);
    /// A payload nested a thousand deep.
    DeepPayload "json" fetch => |f: &Forger<'_>| {
        f.payload_with(&format!(r#"{{"sub":"alice","x":{}{}}}"#, "[".repeat(1000), "]".repeat(1000)))
    };
    /// A payload that is not base64url, signed as it is.
    PayloadNotBase64 "encoding" fetch => |f: &Forger<'_>| {
        let input = format!("{}.****", URL_SAFE.encode(f.header()));
        let signature = f.alb.with_key(|key| key.sign(input.as_bytes()));
        data(join(&input, &signature))
    };
}

struct Forger<'a> {
    alb: &'a SimulatedAlb,
    now: UnixTime,
}

impl Forger<'_> {
    fn good(&self) -> String {
        self.alb.mint(ALICE, self.now)
    }

    fn header(&self) -> String {
        self.alb.header(self.now)
    }

    fn payload(&self) -> String {
        self.alb.payload(ALICE, self.now)
    }

    fn pem(&self) -> String {
        self.alb
            .public_key_pem(self.alb.key_id())
            .unwrap_or_default()
    }

    fn header_with(&self, member: &str, value: &str) -> HeaderLines {
        data(
            self.alb
                .sign(&set(&self.header(), member, value), &self.payload()),
        )
    }

    fn header_without(&self, member: &str) -> HeaderLines {
        let header = self.header();
        let (before, after) =
            around(&header, member).expect("only members that are there are left out");
        let joined = format!("{}{}", before.trim_end_matches(','), after);
        data(
            self.alb
                .sign(&joined.replacen("{,", "{", 1), &self.payload()),
        )
    }

    fn kid(&self, spell: impl Fn(String) -> String) -> HeaderLines {
        let kid = spell(self.alb.key_id().to_string());
        self.header_with("kid", &format!(r#""{kid}""#))
    }

    fn payload_with(&self, userinfo: &str) -> HeaderLines {
        data(self.alb.mint(userinfo, self.now))
    }

    fn raw_header(&self, header: &[u8]) -> String {
        let input = format!(
            "{}.{}",
            URL_SAFE.encode(header),
            URL_SAFE.encode(self.payload())
        );
        let signature = self.alb.with_key(|key| key.sign(input.as_bytes()));
        join(&input, &signature)
    }

    fn with_identity(&self, values: &[&str]) -> HeaderLines {
        let mut lines = data(self.good());
        lines.extend(
            values
                .iter()
                .map(|value| (OidcHeaders::IDENTITY, value.as_bytes().to_vec())),
        );
        lines
    }

    fn neighbour(&self, neighbour: SimulatedAlbBuilder) -> SimulatedAlb {
        self.alb.with_same_keys(neighbour.arn(*self.alb.arn()))
    }

    fn signed_by(&self, arn: &str) -> HeaderLines {
        let other = SimulatedAlb::builder()
            .arn(arn.parse().expect(CONSTANT))
            .issuer(self.alb.issuer().clone())
            .client(self.alb.client().clone());
        data(self.alb.with_same_keys(other).mint(ALICE, self.now))
    }

    /// A good token whose payload has been replaced by another user's.
    fn tampered(&self) -> String {
        let mallory = named_user("mallory").to_string();
        let payload = URL_SAFE.encode(self.alb.payload(&mallory, self.now));
        let good = self.good();
        format!("{}.{payload}.{}", part(&good, 0), part(&good, 2))
    }

    /// A good token, minted so that this segment has padding, which is then
    /// stripped.
    fn strip_padding_of(&self, index: usize) -> String {
        if index == 0 {
            return self.unpadded_header();
        }
        let padded = (0..3).map(|extra| {
            let userinfo = format!(r#"{{"sub":"alice","x":"{}"}}"#, "x".repeat(extra));
            self.alb.mint(&userinfo, self.now)
        });
        strip_first_padded(padded, index)
    }

    fn unpadded_header(&self) -> String {
        let padded = (0..3).map(|extra| {
            let header = append(&self.header(), &format!(r#""x":"{}""#, "x".repeat(extra)));
            self.alb.sign(&header, &self.payload())
        });
        strip_first_padded(padded, 0)
    }

    fn signature(&self) -> Vec<u8> {
        let input = signing_input(&self.header(), &self.payload());
        self.alb.with_key(|key| key.sign(input.as_bytes())).to_vec()
    }

    fn with_signature(&self, signature: &[u8]) -> String {
        join(&signing_input(&self.header(), &self.payload()), signature)
    }

    fn with_signature_text(&self, spell: impl Fn(String) -> String) -> String {
        let good = self.good();
        format!(
            "{}.{}",
            cut_after(&good, 2),
            spell(part(&good, 2).to_owned())
        )
    }

    /// The public key, which everyone has, taken for a shared secret.
    fn hmac(&self, name: &str, algorithm: aws_lc_rs::hmac::Algorithm, secret: &[u8]) -> String {
        let algorithm_member = format!(r#""{name}""#);
        let input = signing_input(
            &set(&self.header(), "alg", &algorithm_member),
            &self.payload(),
        );
        let key = aws_lc_rs::hmac::Key::new(algorithm, secret);
        let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
    }
}

fn data(token: impl Into<String>) -> HeaderLines {
    vec![(OidcHeaders::DATA, token.into().into_bytes())]
}

fn two(first: String, second: String) -> HeaderLines {
    [data(first), data(second)].concat()
}

fn part(token: &str, index: usize) -> &str {
    token.split('.').nth(index).unwrap_or_default()
}

/// The first `count` segments.
fn cut_after(token: &str, count: usize) -> String {
    token.split('.').take(count).collect::<Vec<_>>().join(".")
}

fn strip_first_padded(mut tokens: impl Iterator<Item = String>, index: usize) -> String {
    let token = tokens
        .find(|token| part(token, index).ends_with('='))
        .expect("one of three lengths in a row has padding");
    let mut parts: Vec<_> = token.split('.').collect();
    parts[index] = parts[index].trim_end_matches('=');
    parts.join(".")
}

/// The object with one of its flat members set to another value, or with one
/// more.
fn set(object: &str, member: &str, value: &str) -> String {
    let with = format!(r#""{member}":{value}"#);
    match around(object, member) {
        Some((before, after)) => format!("{before}{with}{after}"),
        None => append(object, &with),
    }
}

/// What stands before and after a flat member.
fn around<'o>(object: &'o str, member: &str) -> Option<(&'o str, &'o str)> {
    let start = object.find(&format!(r#""{member}":"#))?;
    let (before, rest) = object.split_at(start);
    let end = rest.find(',').or_else(|| rest.find('}'))?;
    Some((before, &rest[end..]))
}

fn append(object: &str, members: &str) -> String {
    let open = object.strip_suffix('}').expect("a header is an object");
    format!("{open},{members}}}")
}

/// Another spelling of the same bytes: the last of the 86 digits of a signature
/// has four bits that belong to none.
fn stray_bit(text: String) -> String {
    let digits = text.trim_end_matches('=');
    let alphabet = base64::alphabet::URL_SAFE.as_str();
    let (start, last) = digits.split_at(digits.len() - 1);
    let value = alphabet.find(last).expect("a digit is of the alphabet");
    format!("{start}{}==", &alphabet[value + 1..=value + 1])
}

/// `SEQUENCE { INTEGER r, INTEGER s }`.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(31);
        let magnitude = &bytes[start..];
        let sign: &[u8] = if magnitude[0] >= 0x80 { &[0] } else { &[] };
        let length = u8::try_from(sign.len() + magnitude.len()).expect("at most 33");
        [&[0x02, length], sign, magnitude].concat()
    };
    let (r, s) = signature.split_at(32);
    let content = [integer(r), integer(s)].concat();
    let length = u8::try_from(content.len()).expect("at most 70");
    [&[0x30, length][..], &content].concat()
}

const ALICE: &str =
    r#"{"sub":"alice","email_verified":"true","name":"Alice","email":"alice@example.com"}"#;
const CONSTANT: &str = "a constant of the test kit is well-formed";
/// The order of the group of P-256 (FIPS 186-4 section D.1.2.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
