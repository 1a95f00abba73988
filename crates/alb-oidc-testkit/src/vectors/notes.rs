//! What the flags mean: what a test is about, which attack it is known from, and where another
//! verifier may rightly decide otherwise.

use serde::Serialize;

/// One flag.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note {
    bug_type: BugType,
    description: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cves: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum BugType {
    /// What a test is about.
    Basic,
    /// An attack that has let people in.
    AuthBypass,
    /// A mistake that locks users out.
    Lockout,
    /// The reference decides one way; another is as good.
    Latitude,
}

impl Note {
    const fn new(bug_type: BugType, description: &'static str) -> Self {
        Self {
            bug_type,
            description,
            links: Vec::new(),
            cves: Vec::new(),
        }
    }

    fn links(mut self, links: &[&'static str]) -> Self {
        self.links = links.to_vec();
        self
    }

    fn cves(mut self, cves: &[&'static str]) -> Self {
        self.cves = cves.to_vec();
        self
    }

    /// Whether the tests with this flag may have either outcome.
    pub(super) fn is_latitude(&self) -> bool {
        self.bug_type == BugType::Latitude
    }
}

/// The flag that all tests of a group have.
pub(super) fn note_of_part(part: &str) -> (&'static str, Note) {
    let (flag, description) = match part {
        "what is genuine" => ("Genuine", "What a load balancer sends, or may."),
        "the headers" => (
            "Headers",
            "The request's headers, before the token is looked at. Skip these if what is tested takes a token and not a request.",
        ),
        "the token's structure and encoding" => (
            "Encoding",
            "Segments, base64url and padding. Each segment of an ALB's token is padded on its own, and the signature is over the text with its padding.",
        ),
        "the header's JSON" => ("HeaderJson", "The header as a JSON document (RFC 8259)."),
        "the header's algorithm and parameters" => (
            "HeaderParameters",
            "What the header asks a verifier to do. The algorithm is ES256 and nothing else.",
        ),
        "the key id" => (
            "KeyId",
            "The key id becomes part of a URL. It is a UUID in lower case and nothing else.",
        ),
        "the signer, the issuer and the client" => (
            "Policy",
            "Signer, issuer and client id, which have to fit one rule to the last character.",
        ),
        "the times" => ("Times", "`exp`, `nbf` and `iat`."),
        "the signature" => (
            "Signature",
            "ES256: `r` and `s`, 32 bytes each (RFC 7518 section 3.4).",
        ),
        "the payload" => (
            "Payload",
            "The payload as a JSON document, and its subject.",
        ),
        "the key" => (
            "Key",
            "What the key endpoint answers: one PEM block PUBLIC KEY with a point of P-256, or nothing to trust.",
        ),
        _ => (
            "SeveralRules",
            "Policies of more than one rule, region, key or leeway.",
        ),
    };
    (flag, Note::new(BugType::Basic, description))
}

/// The other flags, each with the names of its tests.
pub(super) fn notes() -> Vec<(&'static str, Note, &'static [&'static str])> {
    [attacks(), lockouts(), latitudes()]
        .into_iter()
        .flatten()
        .collect()
}

type Notes = Vec<(&'static str, Note, &'static [&'static str])>;

fn attacks() -> Notes {
    let attack = |description| Note::new(BugType::AuthBypass, description);
    vec![
        (
            "Albeast",
            attack("All load balancers of a region sign with the same keys, whoever owns them. A verifier that does not compare `signer` lets in whomever an attacker's own load balancer names.")
                .links(&["https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html"])
                .cves(&["CVE-2024-8901", "CVE-2024-10125"]),
            &["OthersLoadBalancer", "OtherId", "OtherName", "OtherRegion", "SignerOfNoRule"],
        ),
        (
            "RulesMustNotMix",
            attack("A rule is a triple. Three lists, of signers, issuers and client ids, let the users of one application into another."),
            &["ClientOfOtherRule", "IssuerOfOtherRule", "SignerOfOtherRule", "RulesMixed", "RulesMixedAgain", "OtherClient"],
        ),
        (
            "AlgorithmNone",
            attack("An unsecured token (RFC 8725 section 2.1).").links(&["https://www.rfc-editor.org/rfc/rfc8725#section-2.1"]),
            &["AlgNone", "AlgNoneCapital", "AlgNoneUpperCase", "AlgNoneMixedCase", "Unsecured"],
        ),
        (
            "AlgorithmConfusion",
            attack("The public key taken for a shared secret.").cves(&["CVE-2015-9235"]),
            &[
                "Hs256WithPem", "Hs256WithDer", "Hs256WithPoint", "Hs256WithCoordinates", "Hs512WithPem", "Hs512WithDer",
                "Hs512WithPoint", "Hs512AsEs256",
            ],
        ),
        (
            "EmbeddedKey",
            attack("The attacker's key in, or behind a URL in, the header; and the attacker's signature.")
                .cves(&["CVE-2018-0114", "CVE-2026-27962"]),
            &["JwkOfStranger", "JkuOfStranger", "X5uOfStranger"],
        ),
        (
            "CriticalExtension",
            attack("An extension that has to be understood and is not (RFC 7515 section 4.1.11).")
                .links(&["https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11"])
                .cves(&["CVE-2025-59420", "CVE-2026-32597"]),
            &[
                "CritB64", "CritAndB64", "CritExp", "CritUnknown", "CritEmpty", "CritString", "CritNull", "CritObject",
                "CritRepeated", "CritTwice", "CritEscaped",
            ],
        ),
        (
            "PsychicSignature",
            attack("Numbers that make the equation true whatever was signed, or that are zero in disguise.")
                .cves(&["CVE-2022-21449"]),
            &["ZeroSignature", "ZeroR", "ZeroS", "OrderSignature", "OrderR", "OrderS", "FieldR"],
        ),
        (
            "HeaderIsTheAuthority",
            attack("`exp` and `iss` are in the header, which the load balancer writes. What the payload says of them may be the identity provider's."),
            &["ExpiredHeaderFreshPayload", "ExpInPayload", "IssuerInPayload", "ClientInPayload", "PayloadExpired", "OwnExpAndIss"],
        ),
        (
            "WrongTypeIsNotAbsent",
            attack("A time of the wrong type that is taken for none.").cves(&["CVE-2026-25537"]),
            &[
                "ExpText", "ExpNull", "PayloadNbfNull", "PayloadNbfText", "PayloadNbfTrue", "PayloadNbfEmpty", "PayloadNbfArray",
                "PayloadNbfObject", "NotBeforeText",
            ],
        ),
        (
            "IssuerSubstring",
            attack("Issuers compared in part.").cves(&["CVE-2024-53861"]),
            &["IssuerPrefix", "IssuerLonger", "IssuerInside", "IssuerSuffix"],
        ),
    ]
}

fn lockouts() -> Notes {
    let lockout = |description| Note::new(BugType::Lockout, description);
    vec![
        (
            "PaddingIsSigned",
            lockout(
                "The signature covers the padding of header and payload. A verifier that strips it before verifying locks everybody out whose token has some.",
            ),
            &[
                "HeaderWithOnePadding",
                "HeaderWithTwoPaddings",
                "PayloadWithOnePadding",
                "PayloadWithTwoPaddings",
                "HeaderStripped",
                "PayloadStripped",
                "HeaderPadded",
                "PayloadPadded",
            ],
        ),
        (
            "HighS",
            lockout(
                "Of a signature's two `s`, load balancers send either. A verifier that wants the low one locks half of all requests out.",
            ),
            &["OtherS", "OtherSUnpadded"],
        ),
        (
            "NotDer",
            lockout(
                "Signatures are `r` and `s`, not DER. A verifier that wants DER locks everybody out.",
            ),
            &["DerSignature", "DerCut"],
        ),
    ]
}

fn latitudes() -> Notes {
    let latitude = |description| Note::new(BugType::Latitude, description);
    vec![
        (
            "Leeway",
            latitude("The policy's leeway decides, or its last second. A verifier with a leeway of its own may decide otherwise."),
            &[
                "ExpiredWithinLeeway", "ExpiredOnLastSecond", "ExpiredJustNow", "NotBeforeWithinLeeway", "NotBeforeSoon",
                "Leeway0ExpNow", "Leeway60ExpWithin", "Leeway60ExpOn", "Leeway60NbfWithin", "Leeway60NbfBeyond",
            ],
        ),
        (
            "Unpadded",
            latitude("Load balancers pad every segment. A verifier may insist upon it."),
            &["UnpaddedSignature", "OtherSUnpadded", "SignedUnpadded"],
        ),
        (
            "OtherSpelling",
            latitude("Not canonical base64url, but no other bytes. RFC 4648 section 3.5 lets a decoder choose. A verifier that takes them must not take a token's text for its identity.")
                .links(&["https://www.rfc-editor.org/rfc/rfc4648#section-3.5"]),
            &[
                "HalfPadding", "DoublePadding", "TrailingBits", "HeaderHalfPadding", "HeaderDoublePadding", "HeaderNeedlessPadding",
                "HeaderTrailingBits", "PayloadHalfPadding", "PayloadDoublePadding", "PayloadNeedlessPadding", "PayloadTrailingBits",
            ],
        ),
        (
            "DuplicateMembers",
            latitude("RFC 7515 section 4 and RFC 7519 section 4 let a parser refuse a member that is there twice, or take the last one. Whoever takes the last must do so everywhere.")
                .links(&["https://www.rfc-editor.org/rfc/rfc7515#section-4"]),
            &[
                "DuplicateSame", "DuplicateOursLast", "DuplicateAlg", "DuplicateTyp", "DuplicateKid", "DuplicateIss",
                "DuplicateSigner", "DuplicateExp", "DuplicateNbf", "DuplicateIat", "UnknownDuplicate", "UnknownEscapedDuplicate",
                "NamelessDuplicate", "NestedDuplicate", "DeepDuplicate", "SubTwice", "SubTwiceEscaped", "EmailTwice", "ClaimTwice",
                "NestedExpTwice", "DuplicateInExp", "NbfTwice", "IatTwice",
            ],
        ),
        (
            "Limits",
            latitude("How deep, wide and large a document may be is a parser's choice (RFC 8259 section 9), as long as there is a limit. These are the reference's.")
                .links(&["https://www.rfc-editor.org/rfc/rfc8259#section-9"]),
            &[
                "LongToken", "HeaderDepth", "HeaderMembers", "PayloadDepth", "PayloadMembers", "DeepHeaderByOne", "DeepHeader", "DeepHeaderObjects",
                "WideHeaderByOne", "WideHeader", "WideNestedHeader", "DeepPayloadByOne", "DeepPayload", "DeepPayloadObjects",
                "WidePayload", "WideNestedPayload",
                "HeaderInfinity", "PayloadInfinity", "PayloadHugeInteger", "PayloadHugeNegative", "LargeIntegers",
            ],
        ),
        (
            "LenientJson",
            latitude("RFC 8259 lets a parser ignore a byte order mark (section 8.1), and half of a surrogate pair is within its grammar (section 8.2).")
                .links(&["https://www.rfc-editor.org/rfc/rfc8259#section-8"]),
            &["HeaderBom", "PayloadBom", "HeaderSurrogateEscape", "PayloadSurrogateEscape"],
        ),
        (
            "FractionalTimes",
            latitude("RFC 7519 section 2 lets a time have a fraction. A load balancer's has none.")
                .links(&["https://www.rfc-editor.org/rfc/rfc7519#section-2"]),
            &[
                "ExpFraction", "ExpPointZero", "ExpExponent", "PayloadNbfFraction", "PayloadNbfPointZero", "PayloadNbfExponent",
                "PayloadIatFraction", "PayloadIatPointZero", "PayloadIatExponent",
            ],
        ),
        (
            "DistantTimes",
            latitude("Times before 1970 and after 9999 are times (RFC 7519 section 2), and load balancers send none. Beware of overflow."),
            &[
                "ExpYear10000", "ExpMilliseconds", "ExpBeyondFloat", "ExpBeyondSigned", "ExpOverflow", "ExpHuge", "ExpFloatMax",
                "PayloadNbfNegative", "PayloadIatNegative", "ExpiresIn9999",
            ],
        ),
        (
            "IssuedAt",
            latitude("`iat` says how old a token is. That one from the future is refused is the reference's choice, which RFC 7519 section 4.1.6 does not ask for."),
            &[
                "IssuedInFuture", "Leeway0IatAhead", "PayloadIatBeyondFloat", "PayloadIatBeyondSigned", "PayloadIatHuge",
                "PayloadIatFloatMax",
            ],
        ),
        (
            "TimesInHeader",
            latitude("`nbf` and `iat` are claims, which load balancers do not put into the header. The reference honours them there too; others need not look."),
            &[
                "NotBeforeInHeaderWithinLeeway", "NotBeforeInHeader", "IssuedInFutureInHeader", "NotBeforeSoonInHeader",
                "Leeway0NbfInHeaderAhead", "NbfNull", "IatNull", "NbfTrue", "IatTrue", "NbfEmpty", "IatEmpty", "NbfText", "IatText",
                "NbfFraction", "IatFraction", "NbfPointZero", "IatPointZero", "NbfExponent", "IatExponent", "NbfNegative",
                "IatNegative", "NbfBeyondFloat", "IatBeyondFloat", "NbfBeyondSigned", "IatBeyondSigned", "NbfHuge", "IatHuge",
                "NbfFloatMax", "IatFloatMax", "NbfArray", "IatArray", "NbfObject", "IatObject",
            ],
        ),
        (
            "UnusedParameters",
            latitude("Parameters that the reference refuses because no load balancer sends them. To ignore them is right as well (RFC 7515 section 4); to act upon them is not."),
            &[
                "B64False", "B64True", "Jwk", "JwkNull", "JwkEscaped", "Jku", "X5u", "X5c", "X5t", "X5tS256",
            ],
        ),
        (
            "Typ",
            latitude("Load balancers send `typ` JWT, and AWS does not document it. RFC 7519 section 5.1 leaves it to the application."),
            &[
                "TypAbsent", "TypLowerCase", "OtherType", "TypePrefix", "TypeSpace", "TypeEmpty", "TypeNull", "TypeNumber",
                "TypeArray",
            ],
        ),
        (
            "PayloadTimes",
            latitude("A verifier may want the payload's `exp` and `iss` to be good, too, as long as it does not let them overrule the header's."),
            &["PayloadExpired", "BarePayload", "OwnExpAndIss", "OwnExpAndIssOfOtherKinds"],
        ),
        (
            "Subject",
            latitude("A verifier of tokens may leave the subject to whoever asks for it."),
            &[
                "SubMissing", "PayloadWithoutMembers", "SubNameUpperCase", "SubNull", "SubTrue", "SubNumber", "SubArray", "SubObject",
                "SubEmpty",
            ],
        ),
        (
            "UnsignedHeaders",
            latitude("The load balancer's other two headers are not signed. The reference compares the identity with the signed subject and passes the access token on; a verifier that never looks at them need not."),
            &[
                "OthersIdentity", "IdentityTwice", "IdentityOfTwo", "IdentityOtherCase", "IdentityEmail", "IdentityLonger",
                "EmptyIdentity", "BlankIdentity", "IdentityNotAscii", "EmptyAccessToken", "TwoAccessTokens", "AccessTokenNotAscii",
                "AccessTokenTooLarge",
            ],
        ),
        (
            "KeyForm",
            latitude("Forms of a good key that no endpoint of AWS serves."),
            &["KeyTwice", "KeyAfterText", "KeyHybrid", "KeyCompressed", "KeyTrailingByte"],
        ),
    ]
}
