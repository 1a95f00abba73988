//! What operators and clients are told: every label, every text, every answer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use alb_oidc::{
    AccessTokenError, ArnError, AuthenticateError, ClockError, ConfigError, CrossOrigin,
    CryptoBackend, DenialCause, Disposition, EncodingError, FetchError, HeaderFault, Issuer,
    JsonError, JsonKind, KeyError, KeyId, KeyIdError, KeySetError, OidcHeaders, Partition, Problem,
    PublicKey, PublicKeyError, Refusal, Segment, TokenError,
};
use alb_oidc_testkit::user;
use serde_json::json;

/// The header and its fault that these lines are refused for.
fn refused(lines: &[(&'static str, &str)]) -> AuthenticateError {
    let lookup = |name| {
        let lines = lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_bytes())
    };
    OidcHeaders::from_lookup(lookup).unwrap_err()
}

fn fetch(error: FetchError) -> AuthenticateError {
    KeyError::Fetch {
        error,
        retry_after: Duration::from_secs(7),
    }
    .into()
}

/// Every way to fail with its label and what the operator reads, in the order of the types.
fn failures() -> Vec<(AuthenticateError, &'static str, &'static str)> {
    let long = "x".repeat(OidcHeaders::MAX_BYTES + 1);
    let data = OidcHeaders::DATA;
    let token = |error: TokenError| AuthenticateError::from(error);
    let key = |error: KeyError| AuthenticateError::from(error);
    vec![
        (
            refused(&[]),
            "missing",
            "the request has no x-amzn-oidc-* header",
        ),
        (
            refused(&[(data, "a"), (data, "a")]),
            "header-duplicate",
            "the header x-amzn-oidc-data is there more than once",
        ),
        (
            refused(&[(data, "")]),
            "header-empty",
            "the header x-amzn-oidc-data is empty",
        ),
        (
            refused(&[(data, &long)]),
            "header-too-large",
            "the header x-amzn-oidc-data is longer than 16384 bytes",
        ),
        (
            refused(&[(data, "a b")]),
            "header-characters",
            "the header x-amzn-oidc-data has characters that it cannot have",
        ),
        (
            refused(&[(OidcHeaders::IDENTITY, "alice")]),
            "header-without-data",
            "the header x-amzn-oidc-identity came without x-amzn-oidc-data",
        ),
        (
            token(TokenError::Structure),
            "structure",
            "the token was rejected: it is not three segments joined by dots",
        ),
        (
            token(TokenError::Encoding {
                segment: Segment::Signature,
                error: EncodingError::TrailingBits,
            }),
            "encoding",
            "the token was rejected: the signature is not base64url: the last character has stray bits",
        ),
        (
            token(TokenError::Json {
                segment: Segment::Header,
                error: JsonError::Missing("kid"),
            }),
            "json",
            "the token was rejected: the header's JSON has no member kid",
        ),
        (
            token(TokenError::Algorithm),
            "algorithm",
            "the token was rejected: its algorithm is not ES256",
        ),
        (
            token(TokenError::Type),
            "type",
            "the token was rejected: its type is not JWT",
        ),
        (
            token(TokenError::CriticalHeader),
            "critical-header",
            "the token was rejected: it has critical extensions",
        ),
        (
            token(TokenError::ForbiddenParameter("jku")),
            "forbidden-parameter",
            "the token was rejected: it has the header parameter jku, which no ALB sends",
        ),
        (
            token(TokenError::KeyId),
            "key-id",
            "the token was rejected: its key id is not a UUID in lower case",
        ),
        (
            token(TokenError::SignatureLength),
            "signature-length",
            "the token was rejected: its signature is not 64 bytes",
        ),
        (
            token(TokenError::UntrustedSigner { presented: None }),
            "untrusted-signer",
            "the token was rejected: it was not signed by a load balancer that is trusted",
        ),
        (
            token(TokenError::UntrustedIssuer),
            "untrusted-issuer",
            "the token was rejected: no rule for its signer names its issuer",
        ),
        (
            token(TokenError::UntrustedClient),
            "untrusted-client",
            "the token was rejected: no rule for its signer and issuer names its client id",
        ),
        (
            token(TokenError::Expired),
            "expired",
            "the token was rejected: it has expired",
        ),
        (
            token(TokenError::NotYetValid),
            "not-yet-valid",
            "the token was rejected: it is not valid yet",
        ),
        (
            token(TokenError::LifetimeTooLong),
            "lifetime-too-long",
            "the token was rejected: it lives longer than the policy allows",
        ),
        (
            token(TokenError::UnknownKey),
            "unknown-key",
            "the token was rejected: no key has its key id",
        ),
        (
            token(TokenError::BadSignature),
            "bad-signature",
            "the token was rejected: its signature does not verify",
        ),
        (
            token(TokenError::IdentityMismatch),
            "identity-mismatch",
            "the token was rejected: the identity header is not its subject",
        ),
        (
            fetch(FetchError::Timeout),
            "key-timeout",
            "the public key cannot be had: the key endpoint did not answer in time",
        ),
        (
            fetch(FetchError::Dns),
            "key-dns",
            "the public key cannot be had: the key endpoint's name could not be resolved",
        ),
        (
            fetch(FetchError::Connect),
            "key-connect",
            "the public key cannot be had: no connection to the key endpoint could be made",
        ),
        (
            fetch(FetchError::Tls),
            "key-tls",
            "the public key cannot be had: the connection to the key endpoint could not be secured",
        ),
        (
            fetch(FetchError::Aborted),
            "key-aborted",
            "the public key cannot be had: the key endpoint's answer broke off",
        ),
        (
            fetch(FetchError::Status(418)),
            "key-status",
            "the public key cannot be had: the key endpoint answered with status 418",
        ),
        (
            fetch(FetchError::Redirect),
            "key-redirect",
            "the public key cannot be had: the key endpoint answered with a redirect",
        ),
        (
            fetch(FetchError::BodyTooLarge),
            "key-body-too-large",
            "the public key cannot be had: the key endpoint's answer was too long",
        ),
        (
            fetch(FetchError::Malformed(PublicKeyError::Point)),
            "key-malformed",
            "the public key cannot be had: the key endpoint's answer was not a key: its point is not on the curve",
        ),
        (
            fetch(FetchError::MalformedSet(KeySetError::NoKey)),
            "key-set-malformed",
            "the public key cannot be had: the key endpoint's answer was not a set of keys: it has no key that can verify a signature",
        ),
        (
            key(KeyError::Limited),
            "key-fetch-limited",
            "the public key cannot be had: too many unknown key ids are being asked for",
        ),
        (
            key(KeyError::NoRuntime),
            "no-runtime",
            "the public key cannot be had: there is no tokio runtime to fetch in",
        ),
        (
            ClockError.into(),
            "clock",
            "the wall clock cannot be read or stands before 1970",
        ),
    ]
}

/// The labels of all other reasons for which a layer or an extractor refuses.
fn other_refusals() -> Vec<&'static str> {
    let name = || "level".into();
    let denied = [
        DenialCause::Unmet,
        DenialCause::EmailMissing,
        DenialCause::EmailUnverified,
        DenialCause::EmailForm,
        DenialCause::ClaimMissing { name: name() },
        DenialCause::ClaimType { name: name() },
        DenialCause::AccessToken(AccessTokenError::Missing),
        DenialCause::Unavailable(AccessTokenError::Clock(ClockError)),
    ];
    let alice = user(json!({"sub": "alice"}));
    let claims = alice.claims().deserialize::<bool>().unwrap_err();
    let denied = denied.map(|cause| cause.reason());
    let others = [Refusal::from(claims), Refusal::MissingLayer];
    let others = others.map(|refusal| refusal.reason());
    assert_eq!(others, ["claims-do-not-fit", "missing-layer"]);
    denied.into_iter().chain(others).collect()
}

#[test]
fn labels_are_a_closed_set_and_each_names_one_cause() {
    let failures = failures();
    for (error, label, text) in &failures {
        assert_eq!(error.reason(), *label);
        assert_eq!(error.to_string(), *text);
    }
    let mut labels: BTreeSet<_> = failures.iter().map(|(_, label, _)| *label).collect();
    assert_eq!(labels.len(), failures.len(), "two causes have one label");
    for refused in other_refusals() {
        assert!(
            labels.insert(refused),
            "two causes have the label {refused}"
        );
    }
    for label in labels {
        let plain = label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(plain, "{label} is no label for metrics");
    }
    // A source of keys may say that there is no such key: the same label as for the token.
    assert_eq!(KeyError::Unknown.reason(), TokenError::UnknownKey.reason());
    assert_eq!(KeyError::Unknown.to_string(), "no key has this id");
}

#[test]
fn only_what_nobody_can_tell_now_is_a_503() {
    let mut bodies = BTreeSet::new();
    for (error, label, _) in failures() {
        let expected = match label {
            _ if label.starts_with("key-") && !["key-id", "key-fetch-limited"].contains(&label) => {
                Some("7")
            }
            "key-fetch-limited" | "no-runtime" | "clock" => Some("1"),
            _ => None,
        };
        let problem = Problem::from(error.disposition());
        let header = |name| problem.headers().find(|(other, _)| *other == name);
        let value = |name| header(name).map(|(_, value)| value.into_owned());
        assert_eq!(
            value("content-type").as_deref(),
            Some("application/problem+json")
        );
        assert_eq!(value("cache-control").as_deref(), Some("no-store"));
        assert_eq!(value("retry-after").as_deref(), expected, "{label}");
        match expected {
            Some(_) => {
                assert_eq!(problem.status(), 503, "{label}");
                assert_eq!(value("www-authenticate"), None, "{label}");
            }
            None => {
                assert_eq!(error.disposition(), Disposition::Challenge, "{label}");
                assert_eq!(problem, Problem::UNAUTHENTICATED, "{label}");
                assert_eq!(
                    value("www-authenticate").as_deref(),
                    Some("ALB-OIDC"),
                    "{label}"
                );
            }
        }
        bodies.insert(problem.body());
    }
    // Which check failed is not the client's to know.
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert_eq!(Problem::FORBIDDEN.status(), 403);
    assert_eq!(Problem::CROSS_ORIGIN.status(), 403);
    assert_eq!(Problem::MISSING_LAYER.status(), 500);
}

#[test]
fn whatever_is_wrong_with_an_access_token_has_its_own_label_and_is_no_401() {
    let retry_after = Duration::from_secs(7);
    let unavailable = AccessTokenError::Unavailable(KeyError::Fetch {
        error: FetchError::MalformedSet(KeySetError::Json(JsonError::NotObject)),
        retry_after,
    });
    let (segment, error) = (Segment::Payload, JsonError::Missing("sub"));
    let rows = [
        (
            AccessTokenError::NotConfigured,
            "access-token-not-configured",
            "no verifier of access tokens was set up for the user's issuer",
        ),
        (
            AccessTokenError::Missing,
            "access-token-missing",
            "the request has no access token",
        ),
        (
            AccessTokenError::Opaque,
            "access-token-opaque",
            "the access token is not one that can be read",
        ),
        (
            AccessTokenError::Encoding {
                segment: Segment::Header,
                error: EncodingError::Padding,
            },
            "access-token-encoding",
            "the access token's header is not base64url: the padding is neither canonical nor absent",
        ),
        (
            AccessTokenError::Json { segment, error },
            "access-token-json",
            "the access token's payload's JSON has no member sub",
        ),
        (
            AccessTokenError::Algorithm,
            "access-token-algorithm",
            "the access token's algorithm is not accepted",
        ),
        (
            AccessTokenError::Type,
            "access-token-type",
            "the access token's type is not an access token's",
        ),
        (
            AccessTokenError::CriticalHeader,
            "access-token-critical-header",
            "the access token has critical extensions",
        ),
        (
            AccessTokenError::UnknownKey,
            "access-token-unknown-key",
            "no key of the issuer has the access token's key id",
        ),
        (
            AccessTokenError::KeyDoesNotFit,
            "access-token-key-does-not-fit",
            "the key with the access token's key id is not for its algorithm",
        ),
        (
            AccessTokenError::BadSignature,
            "access-token-bad-signature",
            "the access token's signature does not verify",
        ),
        (
            AccessTokenError::Issuer,
            "access-token-issuer",
            "the access token is another issuer's",
        ),
        (
            AccessTokenError::TokenUse,
            "access-token-use",
            "the token that came as access token is meant for another use",
        ),
        (
            AccessTokenError::Client,
            "access-token-client",
            "the access token is another client's",
        ),
        (
            AccessTokenError::Audience,
            "access-token-audience",
            "the access token is for another audience",
        ),
        (
            AccessTokenError::Subject,
            "access-token-subject",
            "the access token is another user's",
        ),
        (
            AccessTokenError::Expired,
            "access-token-expired",
            "the access token has expired",
        ),
        (
            AccessTokenError::NotYetValid,
            "access-token-not-yet-valid",
            "the access token is not valid yet",
        ),
        (
            AccessTokenError::ClaimMissing("groups"),
            "access-token-claim-missing",
            "the access token has no claim groups",
        ),
        (
            unavailable,
            "access-token-keys-unavailable",
            "the issuer's keys cannot be had: the key endpoint's answer was not a set of keys: its JSON is not an object",
        ),
        (
            AccessTokenError::Clock(ClockError),
            "clock",
            "the wall clock cannot be read or stands before 1970",
        ),
    ];
    for (error, label, text) in rows {
        assert_eq!((error.reason(), &*error.to_string()), (label, text));
        let expected = match error {
            AccessTokenError::Unavailable(_) => Some(retry_after),
            AccessTokenError::Clock(_) => Some(Duration::from_secs(1)),
            _ => None,
        };
        assert_eq!(error.retry_after(), expected, "{label}");
        let status = if expected.is_some() { 503 } else { 403 };
        assert_eq!(error.problem().status(), status, "{label}");
    }
}

#[test]
fn what_another_site_asked_for_is_one_label_and_one_answer() {
    for (cause, text) in [
        (
            CrossOrigin::Site,
            "the request was refused: its browser says that a page of another site made it",
        ),
        (
            CrossOrigin::Origin,
            "the request was refused: its origin is neither the host that was asked nor trusted",
        ),
        (
            CrossOrigin::Unreadable,
            "the request was refused: no browser sends the headers that say where it comes from",
        ),
    ] {
        let refusal = Refusal::from(cause);
        assert_eq!(refusal.to_string(), text);
        assert_eq!(refusal.reason(), "cross-origin");
        assert_eq!(refusal.problem(), Problem::CROSS_ORIGIN);
        assert_eq!(refusal.problem().grpc_status(), 7);
    }
}

#[test]
fn a_fault_of_a_header_names_the_header() {
    let orphan = refused(&[(OidcHeaders::ACCESS_TOKEN, "opaque")]);
    let AuthenticateError::Headers(error) = orphan else {
        unreachable!("an orphan is a fault of the headers, not {orphan:?}");
    };
    assert_eq!(error.header(), "x-amzn-oidc-accesstoken");
    assert_eq!(error.fault(), HeaderFault::WithoutData);
}

#[test]
fn each_fault_of_a_segment_is_told_apart() {
    let json = |error| {
        let segment = Segment::Payload;
        TokenError::Json { segment, error }.to_string()
    };
    for (error, text) in [
        (JsonError::Syntax, "is not one JSON document"),
        (JsonError::Utf8, "is not UTF-8"),
        (JsonError::NotObject, "is not an object"),
        (JsonError::Duplicate, "has a member twice"),
        (JsonError::Depth, "is nested too deep"),
        (JsonError::TooManyMembers, "has too many members"),
        (JsonError::IntegerTooLarge, "has an integer beyond 64 bits"),
        (JsonError::Missing("sub"), "has no member sub"),
        (JsonError::Empty("sub"), "has no text in sub"),
        (
            JsonError::TimeOutOfRange("nbf"),
            "has a time in nbf that is before 1970 or after 9999",
        ),
    ] {
        assert_eq!(json(error), format!("the payload's JSON {text}"));
    }
    for (found, text) in [
        (JsonKind::Null, "null"),
        (JsonKind::Bool, "a boolean"),
        (JsonKind::Integer, "an integer"),
        (JsonKind::Fraction, "a number with a fraction"),
        (JsonKind::Exponent, "a number with an exponent"),
        (JsonKind::String, "a string"),
        (JsonKind::Array, "an array"),
        (JsonKind::Object, "an object"),
    ] {
        let member = "sub";
        let error = json(JsonError::Type { member, found });
        assert_eq!(error, format!("the payload's JSON has {text} as sub"));
    }
    for (error, text) in [
        (
            EncodingError::Alphabet,
            "a character is not of the alphabet",
        ),
        (
            EncodingError::Padding,
            "the padding is neither canonical nor absent",
        ),
        (
            EncodingError::TrailingBits,
            "the last character has stray bits",
        ),
        (
            EncodingError::Length,
            "the number of characters is impossible",
        ),
    ] {
        let segment = Segment::Header;
        let error = TokenError::Encoding { segment, error }.to_string();
        assert_eq!(error, format!("the header is not base64url: {text}"));
    }
}

/// What an operator reads says what to do about it.
#[test]
fn each_refused_configuration_says_what_to_write() {
    let region = "cn-north-1".parse().unwrap();
    let partition = Partition::AwsCn;
    let issuer = Issuer::new("https://login.example.com").unwrap();
    let variable = ConfigError::Variable {
        name: "ALB_OIDC_ISSUER",
        error: Box::new(ConfigError::Issuer),
    };
    for (error, parts) in [
        (
            ConfigError::VariableMissing("X"),
            ["the environment variable X", "not set"],
        ),
        (
            variable,
            ["the environment variable ALB_OIDC_ISSUER", "https URL"],
        ),
        (ConfigError::Issuer, ["not an issuer", "https URL"]),
        (
            ConfigError::ClientId,
            ["not a client id", "the listener rule"],
        ),
        (
            ConfigError::UserPool,
            ["not a user pool", "eu-west-1_AbCdEf123"],
        ),
        (
            ConfigError::NoCognito { region, partition },
            ["aws-cn has user pools in cn-north-1", "Issuer::new"],
        ),
        (ConfigError::CognitoDomain, ["domain", "auth.example.com"]),
        (
            ConfigError::LogoutUri,
            ["not a sign-out URL", "https://host/path"],
        ),
        (
            ConfigError::KeySetUrl,
            ["not the URL of a key set", "https://host/path"],
        ),
        (ConfigError::Audience, ["not an audience", "aud"]),
        (
            ConfigError::KeySet(KeySetError::NoKey),
            ["not a set of keys", "no key that can verify"],
        ),
        (
            ConfigError::VerifierTwice(issuer.clone()),
            ["two verifiers", "https://login.example.com"],
        ),
        (
            ConfigError::VerifierWithoutRule(issuer),
            ["no rule names", "https://login.example.com"],
        ),
        (
            ConfigError::NoKeySetSource,
            ["no way to the keys", "give the verifier"],
        ),
        (ConfigError::NoRules, ["trusts nobody", "add one"]),
        (ConfigError::Leeway, ["60 seconds", "correct the clock"]),
        (ConfigError::EmailDomain, ["not a domain", "example.com"]),
        (
            ConfigError::EmailAddress,
            ["not an e-mail address", "name@example.com"],
        ),
        (
            ConfigError::RequiredClaim("require a subject or a user"),
            ["cannot be required so", "require a subject"],
        ),
        (
            ConfigError::NoRequirements,
            ["empty list of requirements", "whom to let in"],
        ),
        (ConfigError::KeyUrl, ["not a key URL", "https://host/path"]),
        (
            ConfigError::NoKeyUrl { region, partition },
            ["aws-cn publishes its keys for cn-north-1", "key_url_for"],
        ),
        (
            ConfigError::SimulatorAccount,
            ["000000000000", "name your load balancer"],
        ),
        (
            ConfigError::KeyTwice(KeyId::from_bytes([0xab; 16])),
            ["two keys", "abababab-abab-abab-abab-abababababab"],
        ),
        (
            ConfigError::Setting("max_waiters"),
            ["max_waiters", "outside of its range"],
        ),
        (ConfigError::Proxy, ["not a proxy", "http://host:port"]),
        (ConfigError::RootCertificate, ["PEM", "root certificates"]),
        (ConfigError::Origin, ["not an origin", "https://host:port"]),
        (
            ConfigError::SessionCookieName,
            ["cookie's name", "the listener rule"],
        ),
        (
            ConfigError::SignOutTarget,
            ["after a sign-out", "https://host/path"],
        ),
        (
            ConfigError::HttpClient,
            ["HTTP client", "could not be set up"],
        ),
        (
            ConfigError::NoKeySource,
            ["no source of keys", "key_source"],
        ),
        (
            ArnError::NotAnArn.into(),
            ["not an ARN", "arn:aws:elasticloadbalancing:"],
        ),
        (ArnError::Wildcard.into(), ["wildcard", "Signer::named"]),
        (ArnError::Partition.into(), ["partition", "aws-us-gov"]),
        (
            ArnError::Service.into(),
            ["Elastic Load Balancing", "elasticloadbalancing"],
        ),
        (ArnError::Region.into(), ["not a region", "eu-west-1"]),
        (
            ArnError::PartitionOfRegion.into(),
            ["another partition", "write the partition"],
        ),
        (
            ArnError::Account.into(),
            ["not an account id", "twelve digits"],
        ),
        (
            ArnError::Resource.into(),
            ["Application Load Balancer", "loadbalancer/app/"],
        ),
        (
            ArnError::NetworkLoadBalancer.into(),
            ["Network", "Application Load Balancer"],
        ),
        (
            ArnError::GatewayLoadBalancer.into(),
            ["Gateway", "Application Load Balancer"],
        ),
        (
            ArnError::Listener.into(),
            ["a listener", "loadbalancer/app/"],
        ),
        (
            ArnError::ListenerRule.into(),
            ["a listener's rule", "loadbalancer/app/"],
        ),
        (
            ArnError::TargetGroup.into(),
            ["a target group", "loadbalancer/app/"],
        ),
        (ArnError::Name.into(), ["name", "1 to 32 letters"]),
        (ArnError::Id.into(), ["id", "16 hexadecimal digits"]),
    ] {
        let text = error.to_string();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[test]
fn what_is_no_key_is_told_apart_and_is_a_fault_of_the_configuration() {
    let backend = CryptoBackend::default();
    let read = |pem: &[u8]| PublicKey::from_pem(pem, backend).unwrap_err();
    assert_eq!(read(b"<html>"), PublicKeyError::Pem);
    let short = PublicKey::from_spki_der(&[0x30; 90], backend).unwrap_err();
    assert_eq!(short, PublicKeyError::Spki);
    for (error, text) in [
        (
            PublicKeyError::Pem,
            "it is not one PEM block PUBLIC KEY and nothing else",
        ),
        (
            PublicKeyError::Spki,
            "it is not a SubjectPublicKeyInfo of an uncompressed P-256 point",
        ),
        (PublicKeyError::Point, "its point is not on the curve"),
    ] {
        assert_eq!(error.to_string(), text);
        let config = ConfigError::from(error);
        assert_eq!(config.to_string(), format!("not a public key: {text}"));
    }
    assert_eq!("x".parse::<KeyId>(), Err(KeyIdError));
    assert_eq!(
        KeyIdError.to_string(),
        "not a UUID in lower case with hyphens"
    );
}
