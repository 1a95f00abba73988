//! JSONTestSuite's inputs, each in the four places where a token can have it.

use std::fmt;

use alb_oidc::{AuthenticateError, JsonError, KeyId, OidcHeaders, TokenError, UnixTime};

use crate::cases::usual_policy;
use crate::mint::Mint;
use crate::verdict::Verdict;

/// Puts inputs into tokens that are otherwise good.
pub struct Bench {
    mint: Mint,
    keys: Vec<(KeyId, String)>,
}

impl Bench {
    /// With a key that is no secret.
    #[must_use]
    pub fn new() -> Self {
        let mint = Mint::new();
        let key_id = mint.key_id.parse().expect("the mint's key id is one");
        let keys = vec![(key_id, mint.public_pem())];
        Self { mint, keys }
    }

    /// What becomes of `input` in each place, with all backends.
    ///
    /// # Panics
    ///
    /// If the backends differ.
    #[must_use]
    pub fn findings(&self, input: &[u8]) -> [Finding; 4] {
        let header = self.mint.header(EXP).text();
        let payload = self.mint.payload(EXP).text();
        let member = |object: &str| {
            let open = object.strip_suffix('}').expect("it is an object");
            [open.as_bytes(), br#","x":"#, input, b"}"].concat()
        };
        [
            self.finding(input, payload.as_bytes()),
            self.finding(header.as_bytes(), input),
            self.finding(&member(&header), payload.as_bytes()),
            self.finding(header.as_bytes(), &member(&payload)),
        ]
    }

    fn finding(&self, header: &[u8], payload: &[u8]) -> Finding {
        let token = self.mint.token(header, payload);
        let headers = vec![(OidcHeaders::DATA, token.into_bytes())];
        let policy = usual_policy(&self.mint).to_trust_policy();
        let now = UnixTime::from_secs(EXP - 120);
        Finding::of(&Verdict::on(&headers, &policy, &self.keys, now))
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// Where an input was put, in the order of [`Bench::findings`].
pub const PLACES: [&str; 4] = [
    "as the header",
    "as the payload",
    "as a member of the header",
    "as a claim",
];

/// What became of an input, as far as its JSON goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Its JSON was read. What an ALB writes may have been missed in it.
    Read,
    /// Its JSON was refused.
    Refused(JsonError),
    /// It makes an empty segment, and nothing was read.
    Empty,
    /// It makes more than a load balancer sends, and nothing was read.
    TooLarge,
}

impl Finding {
    fn of(verdict: &Verdict) -> Self {
        match verdict.refusal() {
            // Of the members that must be there, the algorithm is asked for first.
            None | Some(AuthenticateError::Rejected(TokenError::Algorithm)) => Self::Read,
            Some(AuthenticateError::Rejected(TokenError::Json { error, .. })) => match error {
                JsonError::Missing("sub") => Self::Read,
                error => Self::Refused(*error),
            },
            Some(AuthenticateError::Rejected(TokenError::Structure)) => Self::Empty,
            Some(AuthenticateError::Headers(_)) => Self::TooLarge,
            Some(other) => panic!("{other:?} is no verdict on JSON"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Refused(error) => error.fmt(f),
            Self::Empty => f.write_str("is an empty segment"),
            Self::TooLarge => f.write_str("is too large"),
        }
    }
}

const EXP: u64 = 1_800_000_120;
