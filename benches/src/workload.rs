//! The requests of many users, one after the other.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, CryptoBackend, OidcHeaders, PublicKey,
    UnixTime,
};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::json;

use crate::operation::Operation;

/// An operation and what it is given: another user's token each time, so that
/// no cache or branch predictor learns one token by heart.
///
/// The wall clock stands still, for tokens live two minutes; reading it is not
/// part of what is measured.
pub struct Workload {
    operation: Operation,
    authenticator: Authenticator,
    key: ParsedPublicKey,
    requests: Vec<Request>,
    next: usize,
}

impl Workload {
    /// How many tokens there are.
    pub const TOKENS: usize = 256;

    /// Mints the tokens, and makes sure that each of them comes to the end that
    /// the operation names.
    ///
    /// # Panics
    ///
    /// If one of them does not.
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        let alb = SimulatedAlb::new();
        let mut workload = Self {
            operation,
            authenticator: alb.authenticator_at(ManualClock::at(NOW)),
            key: parse_key(&alb),
            requests: (0..Self::TOKENS)
                .map(|user| Request::mint(operation, &alb, user))
                .collect(),
            next: 0,
        };
        // Once around: every token is checked, and the key is warm.
        for _ in 0..Self::TOKENS {
            let ending = workload.step();
            assert_eq!(ending, operation.ending(), "{}", operation.name());
        }
        workload
    }

    /// Performs the operation once, on the next token. What it gives is
    /// dropped.
    pub fn run(&mut self) {
        black_box(self.step());
    }

    /// Why the token was refused, if it was.
    fn step(&mut self) -> Option<&'static str> {
        let Some(request) = self.requests.get(self.next) else {
            panic!("there is always a next token");
        };
        self.next = (self.next + 1) % Self::TOKENS;
        if self.operation == Operation::BareVerify {
            let verified = self
                .key
                .verify_sig(request.signing_input(), &request.signature);
            return verified.is_err().then_some("bad-signature");
        }
        match black_box(authenticate(&self.authenticator, request)) {
            Ok(_) => None,
            Err(error) => Some(error.reason()),
        }
    }
}

impl Operation {
    /// Why its tokens are refused, if they are.
    const fn ending(self) -> Option<&'static str> {
        match self {
            Self::Authenticate | Self::BareVerify => None,
            Self::RejectExpired => Some("expired"),
            Self::RejectUntrustedSigner => Some("untrusted-signer"),
            Self::RejectStructure => Some("structure"),
            Self::RejectSignatureLength => Some("signature-length"),
            Self::RejectHostileNumbers | Self::RejectHostileNames => Some("algorithm"),
        }
    }
}

/// The three headers of one request, and what a bare verification needs of the
/// token.
struct Request {
    lines: [(&'static str, String); 3],
    signature: Vec<u8>,
}

impl Request {
    fn mint(operation: Operation, alb: &SimulatedAlb, user: usize) -> Self {
        // The claims of a Cognito user with a few attributes.
        let sub = format!("7a1c5f0e-3b9d-4c58-9c5e-{user:012x}");
        let userinfo = json!({
            "sub": sub,
            "email_verified": "true",
            "custom:department": format!("department-{}", user % 7),
            "custom:employee_number": (100_000 + user).to_string(),
            "given_name": "Zoë",
            "family_name": format!("Ångström-{user}"),
            "name": format!("Zoë Ångström-{user}"),
            "email": format!("zoe.angstrom.{user}@example.com"),
            "username": sub,
        })
        .to_string();
        let token = match operation {
            Operation::Authenticate | Operation::BareVerify => alb.mint(&userinfo, NOW),
            Operation::RejectExpired => {
                alb.mint(&userinfo, UnixTime::from_secs(NOW.as_secs() - 240))
            }
            Operation::RejectUntrustedSigner => {
                let other = SimulatedAlb::builder()
                    .arn(OTHERS_ARN.parse().expect("the other ARN is one"))
                    .issuer(alb.issuer().clone())
                    .client(alb.client().clone());
                alb.with_same_keys(other).mint(&userinfo, NOW)
            }
            Operation::RejectStructure => {
                let token = alb.mint(&userinfo, NOW);
                split_signature(&token).0.to_owned()
            }
            Operation::RejectSignatureLength => {
                let token = alb.mint(&userinfo, NOW);
                let (input, _) = split_signature(&token);
                format!("{input}.{}", URL_SAFE.encode([1; 63]))
            }
            Operation::RejectHostileNumbers => {
                let numbers = vec!["24703282292062327208e-343"; 460];
                unsigned(&format!(r#"{{"a":[{}]}}"#, numbers.join(",")))
            }
            Operation::RejectHostileNames => {
                let prefix = "x".repeat(700);
                let names: Vec<_> = (10..27).map(|n| format!(r#""{prefix}{n}":1"#)).collect();
                unsigned(&format!(r#"{{"\u0061":1,{}}}"#, names.join(",")))
            }
        };
        let signature = URL_SAFE.decode(split_signature(&token).1);
        Self {
            // A token that has been cut has no signature to decode.
            signature: signature.unwrap_or_default(),
            lines: [
                (OidcHeaders::DATA, token),
                (OidcHeaders::IDENTITY, sub),
                (OidcHeaders::ACCESS_TOKEN, "x".repeat(1_000)),
            ],
        }
    }

    fn signing_input(&self) -> &[u8] {
        let [(_, token), ..] = &self.lines;
        split_signature(token).0.as_bytes()
    }
}

/// The form of a token, around a header of anyone's.
fn unsigned(header: &str) -> String {
    let signature = URL_SAFE.encode([1; 64]);
    format!("{}.e30=.{signature}", URL_SAFE.encode(header))
}

fn split_signature(token: &str) -> (&str, &str) {
    token.rsplit_once('.').expect("a token has dots")
}

fn parse_key(alb: &SimulatedAlb) -> ParsedPublicKey {
    let pem = alb
        .public_key_pem(alb.key_id())
        .expect("it has its own key");
    let key = PublicKey::from_pem(pem.as_bytes(), CryptoBackend::AwsLcRs);
    let key = key.expect("a simulated load balancer's key is a key");
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.as_spki_der())
        .expect("what one reading of the key accepts, so does another")
}

fn authenticate(
    authenticator: &Authenticator,
    request: &Request,
) -> Result<AuthenticatedUser, AuthenticateError> {
    let headers = OidcHeaders::from_lookup(|name| {
        let lines = request.lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_bytes())
    });
    let authentication = pin!(authenticator.authenticate(headers));
    match authentication.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(decision) => decision,
        Poll::Pending => panic!("with its keys at hand an authenticator decides at once"),
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const OTHERS_ARN: &str = "arn:aws:elasticloadbalancing:us-east-1:999999999999:loadbalancer/app/simulated/50dc6c495c0c9188";
