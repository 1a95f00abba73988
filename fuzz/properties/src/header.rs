//! Any bytes as the JOSE header of a token that is well-formed otherwise.

use std::sync::LazyLock;
use std::time::Duration;

use alb_oidc::danger::any_client;
use alb_oidc::{
    AdmittedToken, AuthenticateError, ClientId, HeaderFault, Issuer, KeyId, OidcHeaders, Segment,
    Signer, TokenError, TrustPolicy, TrustedRule, UnverifiedToken,
};

use crate::grammar::{is_arn, is_key_id};
use crate::json::{Document, Rules};
use crate::judgement::Judgement;
use crate::signer::{ARN, CLIENT, ISSUER, NOW};
use crate::spelling::encode;

/// Whatever `data` is, as the header of a token:
///
/// 1. It is parsed exactly if the reference finds no fault in it; and the error
///    is one of the faults that it has.
/// 2. What is parsed of it is what the reference reads there.
/// 3. It is admitted exactly if it names the signer, the issuer and the client
///    of one rule and is in its time; and the error says which of these it
///    fails.
/// 4. The key that is then asked for is the one it names, in the region of the
///    rule.
/// 5. All of this is the same for headers that are admitted at once, with padding
///    and without.
///
/// # Panics
///
/// If one of these does not hold.
pub fn header(data: &[u8]) {
    let value = format!("{}.e30=.{}", encode(data), encode(&[1; 64]));
    let headers = match headers(&value) {
        Ok(headers) => headers,
        Err(AuthenticateError::Headers(error)) => {
            assert_eq!(error.fault(), HeaderFault::TooLarge);
            assert!(value.len() > 16 * 1024);
            return;
        }
        Err(error) => panic!("{error:?}"),
    };
    let token = UnverifiedToken::parse(headers);
    compare_at_once(&value);
    compare_at_once(&value.replace('=', ""));
    if data.is_empty() {
        assert_eq!(token.err(), Some(TokenError::Structure));
        return;
    }
    let (judgement, said) = judge(data);
    judgement.compare(&token);
    let Ok(token) = token else {
        return;
    };
    let said = said.expect("what is accepted says something");
    said.compare(&token);
    let admitted = POLICY.admit(token, NOW);
    let expected = said.admission();
    match &admitted {
        Ok(admitted) => {
            assert_eq!(expected, [], "admitted");
            let request = admitted.key_request();
            assert_eq!(request.key_id().to_string(), said.key_id);
            let region = said.signer.split(':').nth(3);
            assert_eq!(Some(request.region().as_str()), region);
        }
        Err(error) => assert!(
            expected.contains(error),
            "{error:?} is not among {expected:?}"
        ),
    }
}

fn headers(value: &str) -> Result<OidcHeaders<'_>, AuthenticateError> {
    OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(value.as_bytes()))
}

/// Admitted at once and step by step, it comes to the same.
fn compare_at_once(value: &str) {
    let said = |admitted: AdmittedToken<'_>| (admitted.key_request(), format!("{admitted:?}"));
    let headers = || headers(value).expect("it is as long as it was");
    let at_once = POLICY.parse_and_admit(headers(), NOW).map(said);
    let token = UnverifiedToken::parse(headers());
    let by_steps = token.and_then(|token| POLICY.admit(token, NOW)).map(said);
    assert_eq!(at_once, by_steps, "{value}");
}

/// What a header without a fault says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) key_id: String,
    pub(crate) signer: String,
    pub(crate) issuer: String,
    pub(crate) client: String,
    pub(crate) expires_at: u64,
    not_before: Option<u64>,
    issued_at: Option<u64>,
}

/// What a header without a fault says.
pub(crate) fn said_by(header: &[u8]) -> Option<Said> {
    judge(header).1
}

fn judge(data: &[u8]) -> (Judgement, Option<Said>) {
    let document = Document::read(data, &RULES);
    let root = &document.root;
    let mut judgement = Judgement::of(&document, Segment::Header);
    for (name, _) in root.members() {
        if let Some(forbidden) = FORBIDDEN.into_iter().find(|other| other == name) {
            judgement.fault(TokenError::ForbiddenParameter(forbidden));
        } else if name.starts_with("x5") {
            judgement.fault(TokenError::ForbiddenParameter("x5*"));
        }
        if name == "crit" {
            judgement.fault(TokenError::CriticalHeader);
        }
    }
    // None, or a number, is as wrong as another algorithm.
    let algorithm = root.member("alg");
    if algorithm.is_some_and(|algorithm| algorithm.text() != Some("ES256")) {
        judgement.fault(TokenError::Algorithm);
    }
    let typ = judgement.text(root, "typ");
    if typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        judgement.fault(TokenError::Type);
    }
    let key_id = judgement.text(root, "kid");
    if key_id.is_some_and(|key_id| !is_key_id(key_id)) {
        judgement.fault(TokenError::KeyId);
    }
    let signer = judgement.text(root, "signer");
    let issuer = judgement.text(root, "iss");
    let client = judgement.text(root, "client");
    let expires_at = judgement.time(root, "exp");
    let not_before = judgement.time(root, "nbf");
    let issued_at = judgement.time(root, "iat");
    if judgement.has_fault() {
        return (judgement, None);
    }
    // What is not there can be told only of a header that can be read.
    if algorithm.is_none() {
        judgement.fault(TokenError::Algorithm);
    }
    for member in ["kid", "signer", "iss", "client", "exp"] {
        if root.member(member).is_none() {
            judgement.json_fault(alb_oidc::JsonError::Missing(member));
        }
    }
    if signer.is_some_and(|signer| !is_arn(signer)) {
        judgement.fault(TokenError::UntrustedSigner { presented: None });
    }
    if judgement.has_fault() {
        return (judgement, None);
    }
    let said = || {
        Some(Said {
            key_id: key_id?.to_owned(),
            signer: signer?.to_owned(),
            issuer: issuer?.to_owned(),
            client: client?.to_owned(),
            expires_at: expires_at?,
            not_before,
            issued_at,
        })
    };
    let said = said().expect("a header without a fault has all that it needs");
    (judgement, Some(said))
}

impl Said {
    fn compare(&self, token: &UnverifiedToken<'_>) {
        let header = token.untrusted_header();
        let key_id: KeyId = self.key_id.parse().expect("it is a key id");
        assert_eq!(header.untrusted_key_id(), key_id);
        assert_eq!(header.untrusted_key_id().to_string(), self.key_id);
        assert_eq!(header.untrusted_signer().to_string(), self.signer);
        assert_eq!(header.untrusted_issuer(), self.issuer);
        assert_eq!(header.untrusted_client(), self.client);
        assert_eq!(header.untrusted_expires_at().as_secs(), self.expires_at);
    }

    /// Why it is not to be admitted. Of whom it names, the first reason; of its
    /// times, all.
    fn admission(&self) -> Vec<TokenError> {
        let of_signer = TRUSTED
            .iter()
            .filter(|(signer, _, _)| signer.is(&self.signer));
        let of_issuer = of_signer
            .clone()
            .filter(|(_, issuer, _)| *issuer == self.issuer);
        let of_client = of_issuer
            .clone()
            .filter(|(_, _, client)| client.is_none_or(|client| client == self.client));
        if of_signer.count() == 0 {
            let presented = self.signer.parse().ok();
            return vec![TokenError::UntrustedSigner { presented }];
        }
        if of_issuer.count() == 0 {
            return vec![TokenError::UntrustedIssuer];
        }
        if of_client.count() == 0 {
            return vec![TokenError::UntrustedClient];
        }
        let now = NOW.as_secs();
        let mut reasons = Vec::new();
        if now >= self.expires_at + LEEWAY {
            reasons.push(TokenError::Expired);
        }
        if self.expires_at > now + LONGEST_LIFE + LEEWAY {
            reasons.push(TokenError::LifetimeTooLong);
        }
        if [self.not_before, self.issued_at]
            .into_iter()
            .flatten()
            .any(|start| start > now + LEEWAY)
        {
            reasons.push(TokenError::NotYetValid);
        }
        reasons
    }
}

/// A load balancer that is trusted.
#[derive(Clone, Copy)]
enum Named {
    Exactly(&'static str),
    /// By what stands before its id.
    Before(&'static str),
}

impl Named {
    fn is(self, arn: &str) -> bool {
        match self {
            Self::Exactly(other) => arn == other,
            Self::Before(start) => arn.starts_with(start),
        }
    }
}

/// Signer, issuer, and the client if it matters: what [`POLICY`] says.
const TRUSTED: [(Named, &str, Option<&str>); 3] = [
    (Named::Exactly(ARN), ISSUER, Some(CLIENT)),
    (Named::Exactly(ARN), OTHER_ISSUER, Some("b")),
    (
        Named::Before("arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/"),
        OTHER_ISSUER,
        None,
    ),
];

static POLICY: LazyLock<TrustPolicy> = LazyLock::new(|| {
    let issuer = |text| Issuer::new(text).expect("the issuer is one");
    let client = |text| ClientId::new(text).expect("the client id is one");
    let exactly = || Signer::exact(ARN.parse().expect("the ARN is one"));
    let named = Signer::named(
        "eu-west-1".parse().expect("the region is one"),
        "123456789012".parse().expect("the account is one"),
        "shop".parse().expect("the name is one"),
    );
    TrustPolicy::from(TrustedRule::new(exactly(), issuer(ISSUER), client(CLIENT)))
        .or(TrustedRule::new(
            exactly(),
            issuer(OTHER_ISSUER),
            client("b"),
        ))
        .or(any_client(named, issuer(OTHER_ISSUER)))
        .with_max_lifetime(Duration::from_secs(LONGEST_LIFE))
});

const RULES: Rules = Rules {
    depth: 16,
    members: 256,
    repeatable: &[],
};
const FORBIDDEN: [&str; 7] = ["b64", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"];
const OTHER_ISSUER: &str = "http://localhost:1/a";
/// The default.
const LEEWAY: u64 = 10;
const LONGEST_LIFE: u64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_reference_admits_these_of_the_corpus_and_no_others() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/header");
        let mut admitted = Vec::new();
        for file in fs::read_dir(corpus).unwrap() {
            let file = file.unwrap();
            let (_, said) = judge(&fs::read(file.path()).unwrap());
            if said.is_some_and(|said| said.admission().is_empty()) {
                admitted.push(file.file_name().into_string().unwrap());
            }
        }
        admitted.sort();
        let expected = [
            "as-an-alb-writes-it",
            "as-many-members-as-may-be",
            "escapes-in-all-texts-of-an-albs-own",
            "escapes-in-names-and-texts",
            "expired-within-the-leeway",
            "lives-as-long-as-it-may",
            "load-balancer-by-name-and-any-client",
            "nbf-within-the-leeway",
            "no-type",
            "number-in-disguise",
            "second-rule",
            "sixteen-deep",
            "spaces-between",
            "type-in-lower-case",
            "unknown-members",
        ];
        assert_eq!(admitted, expected);
    }
}
