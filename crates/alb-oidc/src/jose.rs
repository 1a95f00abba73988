//! The token's JOSE header: the seven members that an ALB writes, and nothing that could steer a
//! verifier.

use std::fmt;
use std::str::FromStr;

use crate::arn::LoadBalancerArn;
use crate::error::{JsonError, KeyIdError, Segment, TokenError};
use crate::hex;
use crate::json::{Document, Form, Item, Limits, Name, Quoted, Span, Text, Unescaped, Value};
use crate::time::UnixTime;

/// The id of a signing key: a UUID ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562)) in lower
/// case with hyphens, kept as its 16 bytes.
///
/// Upper case is refused: an id would have many spellings, and each would be another cache entry
/// and another URL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

impl KeyId {
    /// Of its text, in characters.
    pub(crate) const LENGTH: usize = 36;

    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self, KeyIdError> {
        let words = digits_of(text).ok_or(KeyIdError)?.map(u64::to_le_bytes);
        let (pairs, _) = words.as_flattened().as_chunks();
        let digits = pairs.first_chunk().ok_or(KeyIdError)?;
        hex::decode(digits).map(Self).ok_or(KeyIdError)
    }
}

/// The 32 digits of a UUID's five groups, eight in a word. Not moved together in memory: what is read at
/// once and was just written in parts cannot be forwarded from the stores, and is waited for.
fn digits_of(text: &[u8]) -> Option<[u64; 4]> {
    let half = |digits: &[u8; 4]| u64::from(u32::from_le_bytes(*digits));
    let (first, rest) = text.split_first_chunk()?;
    let (second, rest) = rest.strip_prefix(b"-")?.split_first_chunk()?;
    let (third, rest) = rest.strip_prefix(b"-")?.split_first_chunk()?;
    let (fourth, rest) = rest.strip_prefix(b"-")?.split_first_chunk()?;
    let (fifth, rest) = rest.strip_prefix(b"-")?.split_first_chunk()?;
    Some([
        u64::from_le_bytes(*first),
        half(second) | half(third) << 32,
        half(fourth) | half(fifth) << 32,
        u64::from_le_bytes(rest.try_into().ok()?),
    ])
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the header of an unverified token says. Good for an earlier rejection, and for choosing
/// among keys that are trusted already.
#[derive(Clone)]
pub struct JoseHeader {
    pub(crate) key_id: KeyId,
    pub(crate) signer: LoadBalancerArn,
    pub(crate) validity: Validity,
    issuer: Span,
    client: Span,
    document: Document,
}

/// When a header says that its token is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    /// The later one of `nbf` and `iat`, which no ALB writes.
    pub(crate) starts_at: Option<UnixTime>,
    pub(crate) expires_at: UnixTime,
}

impl Validity {
    /// What an ALB says of it.
    pub(crate) const fn until(expires_at: UnixTime) -> Self {
        Self {
            starts_at: None,
            expires_at,
        }
    }
}

impl JoseHeader {
    /// `kid`: which key is said to have signed.
    #[must_use]
    pub const fn untrusted_key_id(&self) -> KeyId {
        self.key_id
    }

    /// `signer`: which load balancer is said to have signed.
    #[must_use]
    pub const fn untrusted_signer(&self) -> &LoadBalancerArn {
        &self.signer
    }

    /// `iss`: the issuer in the listener rule that is said to have authenticated the user.
    #[must_use]
    pub fn untrusted_issuer(&self) -> &str {
        self.document.text(self.issuer)
    }

    /// `client`: the client id in that rule.
    #[must_use]
    pub fn untrusted_client(&self) -> &str {
        self.document.text(self.client)
    }

    /// `exp`: when the token is said to expire.
    #[must_use]
    pub const fn untrusted_expires_at(&self) -> UnixTime {
        self.validity.expires_at
    }

    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, TokenError> {
        let text = String::from_utf8(bytes).map_err(|_| json(JsonError::Utf8))?;
        match USUAL.gaps(&text) {
            Some((strings, expiry)) => Self::fill(text, strings, expiry),
            None => Self::parse_any(text),
        }
    }

    /// One that has the [`USUAL`] form. What [`Members`] ask of a value is asked of it here too.
    fn fill(text: String, strings: [Quoted; 4], expiry: u64) -> Result<Self, TokenError> {
        let mut unescaped = Unescaped::default();
        let [key_id, issuer, client, signer] = strings.map(|string| Text::new(&text, string));
        let key_id = parse_key_id(&key_id.decode())?;
        let expires_at = Value::Natural(expiry).time("exp").map_err(json)?;
        let signer = parse_signer(&signer.decode())?;
        let [issuer, client] = [issuer, client].map(|text| unescaped.keep(text));
        Ok(Self {
            key_id,
            signer,
            issuer,
            client,
            validity: Validity::until(expires_at),
            document: Document::new(text, unescaped),
        })
    }

    /// Whatever the order of its members is, and how it is spaced.
    fn parse_any(text: String) -> Result<Self, TokenError> {
        let mut members = Members::default();
        let take = |name: Name<'_>, item: Item<'_>, unescaped: &mut Unescaped| {
            members.take(name.bytes, item, unescaped)
        };
        let document = Document::of(text, LIMITS, &[], json, take)?;
        members.finish(document)
    }
}

impl fmt::Debug for JoseHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoseHeader")
            .field("untrusted_key_id", &self.key_id)
            .field("untrusted_signer", &self.signer)
            .field("untrusted_expires_at", &self.validity.expires_at)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Members {
    algorithm: Option<()>,
    typ: Option<()>,
    key_id: Option<KeyId>,
    /// Parsed once the rest of the header is known to be well-formed.
    signer: Option<Span>,
    issuer: Option<Span>,
    client: Option<Span>,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    issued_at: Option<UnixTime>,
}

impl Members {
    fn take(
        &mut self,
        name: &[u8],
        item: Item<'_>,
        unescaped: &mut Unescaped,
    ) -> Result<(), TokenError> {
        let text = |member| item.text(member).map_err(json);
        let time = |member| item.time(member).map_err(json);
        match name {
            b"alg" => once(&mut self.algorithm, || match item.text("alg") {
                Ok(text) if text.is("ES256") => Ok(()),
                // `none`, HS256, a number: whatever it is, it is the wrong algorithm.
                _ => Err(TokenError::Algorithm),
            }),
            b"typ" => once(&mut self.typ, || {
                match text("typ")?.decode().eq_ignore_ascii_case("JWT") {
                    true => Ok(()),
                    false => Err(TokenError::Type),
                }
            }),
            b"kid" => once(&mut self.key_id, || parse_key_id(&text("kid")?.decode())),
            b"signer" => once(&mut self.signer, || Ok(unescaped.keep(text("signer")?))),
            b"iss" => once(&mut self.issuer, || Ok(unescaped.keep(text("iss")?))),
            b"client" => once(&mut self.client, || Ok(unescaped.keep(text("client")?))),
            b"exp" => once(&mut self.expires_at, || time("exp")),
            b"nbf" => once(&mut self.not_before, || time("nbf")),
            b"iat" => once(&mut self.issued_at, || time("iat")),
            b"crit" => Err(TokenError::CriticalHeader),
            name => match FORBIDDEN
                .into_iter()
                .find(|member| member.as_bytes() == name)
            {
                Some(member) => Err(TokenError::ForbiddenParameter(member)),
                // Whatever it will be that is registered next.
                None if name.starts_with(b"x5") => Err(TokenError::ForbiddenParameter("x5*")),
                None => Ok(()),
            },
        }
    }

    fn finish(self, document: Document) -> Result<JoseHeader, TokenError> {
        let missing = |member| json(JsonError::Missing(member));
        self.algorithm.ok_or(TokenError::Algorithm)?;
        let key_id = self.key_id.ok_or_else(|| missing("kid"))?;
        let signer = self.signer.ok_or_else(|| missing("signer"))?;
        let issuer = self.issuer.ok_or_else(|| missing("iss"))?;
        let client = self.client.ok_or_else(|| missing("client"))?;
        let expires_at = self.expires_at.ok_or_else(|| missing("exp"))?;
        let signer = parse_signer(document.text(signer))?;
        Ok(JoseHeader {
            key_id,
            signer,
            issuer,
            client,
            validity: Validity {
                starts_at: self.not_before.max(self.issued_at),
                expires_at,
            },
            document,
        })
    }
}

fn parse_key_id(text: &str) -> Result<KeyId, TokenError> {
    KeyId::parse(text.as_bytes()).map_err(|_| TokenError::KeyId)
}

fn parse_signer(text: &str) -> Result<LoadBalancerArn, TokenError> {
    LoadBalancerArn::parse(text.as_bytes())
        .map_err(|_| TokenError::UntrustedSigner { presented: None })
}

/// A second one is refused here and not by the reader, which may find it at the end only: what it
/// says is not to be blamed before.
fn once<T>(
    slot: &mut Option<T>,
    read: impl FnOnce() -> Result<T, TokenError>,
) -> Result<(), TokenError> {
    if slot.is_some() {
        return Err(json(JsonError::Duplicate));
    }
    *slot = Some(read()?);
    Ok(())
}

const fn json(error: JsonError) -> TokenError {
    TokenError::Json {
        segment: Segment::Header,
        error,
    }
}

/// What ALBs write: these seven members in this order, in all headers that we have seen. Where one is
/// otherwise, it takes longer to read.
pub(crate) const USUAL: Form<4> = Form {
    before_strings: [
        r#"{"typ":"JWT","kid":""#,
        r#"","alg":"ES256","iss":""#,
        r#"","client":""#,
        r#"","signer":""#,
    ],
    before_number: r#"","exp":"#,
};

/// An ALB writes seven flat members; AWS may add some.
const LIMITS: Limits = Limits {
    depth: 16,
    members: 256,
};

/// Parameters that name, carry or change the key or the signing input
/// ([RFC 7515 section 4.1](https://www.rfc-editor.org/rfc/rfc7515#section-4.1), [RFC
/// 7797](https://www.rfc-editor.org/rfc/rfc7797)).
const FORBIDDEN: [&str; 7] = ["b64", "jku", "jwk", "x5c", "x5t", "x5t#S256", "x5u"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base64url;
    use crate::json::FORM_BYTES;
    use alb_oidc_testkit::{SimulatedAlb, conformance};
    use proptest::prelude::*;
    use proptest::sample::Index;

    const SIGNER: &str = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/shop/50dc6c495c0c9188";

    const ESCAPED_SIGNER: &str = r"arn\u003aaws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer\/app/shop/50dc6c495c0c9188";

    fn usual([key_id, issuer, client, signer, expiry]: [&str; 5]) -> String {
        format!(
            r#"{{"typ":"JWT","kid":"{key_id}","alg":"ES256","iss":"{issuer}","client":"{client}","signer":"{signer}","exp":{expiry}}}"#
        )
    }

    /// All that a header says.
    fn said(header: &JoseHeader) -> impl PartialEq + fmt::Debug + use<> {
        let texts = [header.untrusted_issuer(), header.untrusted_client()].map(str::to_owned);
        (header.key_id, header.signer, texts, header.validity)
    }

    /// Whether it has the usual form, after reading it in both ways.
    fn compare(text: &str) -> bool {
        let read = JoseHeader::parse(text.into());
        let expected = JoseHeader::parse_any(text.to_owned());
        assert_eq!(
            read.as_ref().map(said),
            expected.as_ref().map(said),
            "{text}"
        );
        USUAL.gaps(text).is_some()
    }

    const KEY_ID: &str = "00000000-0000-4000-8000-00000000002a";
    const GOOD: [&str; 5] = [
        KEY_ID,
        "https://example.com",
        "client",
        SIGNER,
        "1900000000",
    ];
    /// What may stand in each gap.
    const VALUES: [&[&str]; 5] = [
        &[
            KEY_ID,
            "00000000-0000-4000-8000-00000000002A",
            r"\u00300000000-0000-4000-8000-00000000002a",
            "",
        ],
        &[
            "https://example.com",
            "\u{7f}é😀",
            r"\n",
            "",
            "\n",
            r#"","iss":""#,
        ],
        &["client", r"\ud83d\ude00", r"\ud83d", r"\", "}", ""],
        &[SIGNER, ESCAPED_SIGNER, "arn:aws:s3:::bucket", "", r"arn\"],
        &[
            "1900000000",
            "0",
            "00",
            "-0",
            "-1",
            "1.5",
            "1e400",
            "18446744073709551615",
            "18446744073709551616",
            r#""1900000000""#,
            "null",
            "{}",
            "",
            "1 ",
            r#"1,"exp":2"#,
            r#"1,"nbf":2"#,
            r#"1,"crit":[]"#,
        ],
    ];

    #[test]
    fn the_usual_form_is_read_as_any_other() {
        let each = |values: Vec<[&'static str; 5]>, gap: usize| -> Vec<_> {
            let with = |mut values: [&'static str; 5], value| {
                values[gap] = value;
                values
            };
            let all = values.iter();
            all.flat_map(|values| VALUES[gap].iter().map(move |value| with(*values, value)))
                .collect()
        };
        let all = (0..VALUES.len()).fold(vec![GOOD], each);
        let usual = all.iter().filter(|values| compare(&usual(**values)));
        // Those whose escapes are escapes, without control characters, and with a natural number at
        // the end.
        assert_eq!(usual.count(), 4 * 4 * 4 * 4 * 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_header_that_is_nearly_usual_is_read_as_any_other(
            place: Index,
            removed in 0..3_usize,
            added in r#"["\\{}:,0-9a-z \n\x00\x7fé]{0,3}"#,
        ) {
            let mut text = usual(GOOD);
            let start = place.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.replace_range(start..end, &added);
            compare(&text);
        }
    }

    #[test]
    fn the_headers_of_the_test_kit_are_read_as_any_other() {
        let alb = SimulatedAlb::new();
        let now = alb_oidc::UnixTime::from_secs(1_800_000_000);
        assert!(compare(&alb.header(now)));
        let rows = conformance::table(&alb, now);
        let tokens = rows.iter().flat_map(|row| &row.headers);
        let headers = tokens.filter_map(|(_, token)| {
            let header = token.split(|byte| *byte == b'.').next()?;
            String::from_utf8(base64url::decode(header).ok()?).ok()
        });
        let (usual, others): (Vec<_>, Vec<_>) = headers.partition(|header| compare(header));
        assert!(usual.len() > 200 && others.len() > 150, "{usual:?}");
    }

    #[test]
    fn a_header_that_is_longer_than_any_of_the_usual_form_is_read_as_any_other() {
        let of_length = |length: usize| {
            let others = usual([KEY_ID, "", "client", SIGNER, "1900000000"]).len();
            let issuer = "x".repeat(length - others);
            usual([KEY_ID, &issuer, "client", SIGNER, "1900000000"])
        };
        assert!(compare(&of_length(FORM_BYTES)));
        for length in [FORM_BYTES + 1, Document::MAX_BYTES, Document::MAX_BYTES + 1] {
            assert!(!compare(&of_length(length)), "{length}");
        }
    }

    #[test]
    fn another_order_or_spacing_is_not_of_the_usual_form() {
        assert!(compare(&usual(GOOD)));
        assert!(!compare(&usual(GOOD).replace(r#","exp""#, r#", "exp""#)));
        assert!(!compare(&format!("{} ", usual(GOOD))));
    }
}
