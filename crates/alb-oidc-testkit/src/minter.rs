//! Tokens as an ALB signs them, and tokens that are off by one thing.

use alb_oidc::{OidcHeaders, UnixTime};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::alb::{SimulatedAlb, join, signing_input};
use crate::signing_key::SigningKey;

/// The headers of one request: names as sent, values as bytes, in order.
pub type HeaderLines = Vec<(&'static str, Vec<u8>)>;

/// Mints in the name of a load balancer, at one time.
pub(crate) struct Minter<'a> {
    pub(crate) alb: &'a SimulatedAlb,
    pub(crate) now: UnixTime,
}

/// What is good.
impl Minter<'_> {
    /// Alice's token.
    pub(crate) fn good(&self) -> String {
        self.alb.mint(ALICE, self.now)
    }

    pub(crate) fn header(&self) -> String {
        self.alb.header(self.now)
    }

    pub(crate) fn payload(&self) -> String {
        self.alb.payload(ALICE, self.now)
    }

    pub(crate) fn signature(&self) -> Vec<u8> {
        let input = signing_input(self.header(), self.payload());
        self.alb.with_key(|key| key.sign(input.as_bytes())).to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        self.alb.with_key(SigningKey::public_pem)
    }

    /// A time some seconds from now.
    pub(crate) fn seconds(&self, ahead: i64) -> u64 {
        self.now
            .as_secs()
            .checked_add_signed(ahead)
            .expect("tests are not set in 1970")
    }
}

/// The header, off by one thing, and signed.
impl Minter<'_> {
    /// This header, whatever it is.
    pub(crate) fn header_text(&self, header: impl AsRef<[u8]>) -> HeaderLines {
        data(self.alb.sign(header, self.payload()))
    }

    /// With this member, in the place of one that is there already.
    pub(crate) fn header_with(&self, member: &str, value: &str) -> HeaderLines {
        self.header_text(set(&self.header(), member, value))
    }

    /// With more members at the end.
    pub(crate) fn header_and(&self, members: &str) -> HeaderLines {
        self.header_text(append(&self.header(), members))
    }

    pub(crate) fn header_without(&self, member: &str) -> HeaderLines {
        let header = self.header();
        let (before, after) =
            around(&header, member).expect("only members that are there are left out");
        let joined = format!("{}{}", before.trim_end_matches(','), after);
        self.header_text(joined.replacen("{,", "{", 1))
    }

    /// With this member's text spelled in another way.
    pub(crate) fn header_spelled(&self, member: &str, spell: fn(&str) -> String) -> HeaderLines {
        let header = self.header();
        let (before, after) = around(&header, member).expect("only what is there is spelled");
        let value = &header[before.len() + member.len() + 3..header.len() - after.len()];
        self.header_with(member, &format!(r#""{}""#, spell(value.trim_matches('"'))))
    }

    /// Signed by a load balancer whose ARN differs in some of its parts.
    pub(crate) fn signer(&self, change: fn(&mut ArnParts)) -> HeaderLines {
        let mut parts = ArnParts::of(&self.alb.arn().to_string());
        change(&mut parts);
        self.header_with("signer", &format!(r#""{}""#, parts.join()))
    }
}

/// The payload, off by one thing, and signed.
impl Minter<'_> {
    /// This payload, whatever it is.
    pub(crate) fn payload_text(&self, payload: impl AsRef<[u8]>) -> HeaderLines {
        data(self.alb.sign(self.header(), payload))
    }

    /// The payload of a user of whom userinfo says this.
    pub(crate) fn userinfo(&self, userinfo: &str) -> HeaderLines {
        data(self.alb.mint(userinfo, self.now))
    }

    /// Alice's with one more claim.
    pub(crate) fn claim(&self, name: &str, value: &str) -> HeaderLines {
        self.userinfo(&format!(r#"{{"sub":"alice","{name}":{value}}}"#))
    }
}

/// The encoding, off by one thing.
impl Minter<'_> {
    /// A token whose header, or payload, has been spelled in another way *before* it was signed: it
    /// was so long that its encoding ends in `=`, or in `==`.
    pub(crate) fn segment_spelled(
        &self,
        index: usize,
        padding: &str,
        spell: fn(&str) -> String,
    ) -> HeaderLines {
        let token = self.padded(index, padding);
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[index] = spell(&parts[index]);
        let input = parts[..2].join(".");
        let signature = self.alb.with_key(|key| key.sign(input.as_bytes()));
        data(join(&input, &signature))
    }

    /// A token whose header, or payload, has been spelled in another way *after* it was signed.
    pub(crate) fn segment_respelled(
        &self,
        index: usize,
        padding: &str,
        spell: fn(&str) -> String,
    ) -> HeaderLines {
        let token = self.padded(index, padding);
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[index] = spell(&parts[index]);
        data(parts.join("."))
    }

    /// A good token whose signature is spelled in another way.
    pub(crate) fn signature_spelled(&self, spell: fn(&str) -> String) -> HeaderLines {
        let good = self.good();
        data(format!("{}.{}", cut_after(&good, 2), spell(part(&good, 2))))
    }

    /// A good token that is so long that the encoding of a segment has this padding.
    fn padded(&self, index: usize, padding: &str) -> String {
        (0..3)
            .map(|extra| {
                let filler = "x".repeat(extra);
                if index == 0 {
                    let header = append(&self.header(), &format!(r#""x":"{filler}""#));
                    self.alb.sign(header, self.payload())
                } else {
                    let userinfo = format!(r#"{{"sub":"alice","x":"{filler}"}}"#);
                    self.alb.mint(&userinfo, self.now)
                }
            })
            .find(|token| {
                let segment = part(token, index);
                segment.trim_end_matches('=').len() + padding.len() == segment.len()
            })
            .expect("three lengths in a row have three kinds of padding")
    }
}

/// The signature, off by one thing.
impl Minter<'_> {
    pub(crate) fn with_signature(&self, signature: &[u8]) -> HeaderLines {
        data(join(
            &signing_input(self.header(), self.payload()),
            signature,
        ))
    }

    /// The good signature after `change`.
    pub(crate) fn signature_changed(&self, change: fn(&mut [u8])) -> HeaderLines {
        let mut signature = self.signature();
        change(&mut signature);
        self.with_signature(&signature)
    }

    /// A good signature over something else than what is sent.
    pub(crate) fn signed_over(&self, input: &str) -> HeaderLines {
        let signature = self.alb.with_key(|key| key.sign(input.as_bytes()));
        self.with_signature(&signature)
    }

    /// Somebody's key that is none of the load balancer's.
    pub(crate) fn stranger(&self) -> SigningKey {
        self.alb.with_key(SigningKey::stranger)
    }

    /// A token with more in its header, signed by somebody.
    pub(crate) fn signed_by(&self, key: &SigningKey, members: &str) -> HeaderLines {
        let input = signing_input(append(&self.header(), members), self.payload());
        data(join(&input, &key.sign(input.as_bytes())))
    }

    /// The public key, which everyone has, taken for a shared secret.
    pub(crate) fn hmac(
        &self,
        name: &str,
        algorithm: aws_lc_rs::hmac::Algorithm,
        secret: &[u8],
    ) -> HeaderLines {
        let header = set(&self.header(), "alg", &format!(r#""{name}""#));
        let input = signing_input(header, self.payload());
        let key = aws_lc_rs::hmac::Key::new(algorithm, secret);
        let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
        data(format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// A good token whose header or payload has been replaced after it was signed.
    pub(crate) fn tampered(&self, header: &str, payload: &str) -> String {
        format!(
            "{}.{}",
            signing_input(header, payload),
            part(&self.good(), 2)
        )
    }

    /// Alice's token with Mallory's payload.
    pub(crate) fn mallorys(&self) -> String {
        let payload = self.alb.payload(MALLORY, self.now);
        self.tampered(&self.header(), &payload)
    }
}

/// Beside the token.
impl Minter<'_> {
    /// A good token, and more headers.
    pub(crate) fn good_and(&self, others: &[(&'static str, &[u8])]) -> HeaderLines {
        let mut lines = data(self.good());
        lines.extend(others.iter().map(|(name, value)| (*name, value.to_vec())));
        lines
    }
}

/// An ARN in its parts, whatever they say.
pub(crate) struct ArnParts {
    pub(crate) partition: String,
    pub(crate) service: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) id: String,
}

impl ArnParts {
    fn of(arn: &str) -> Self {
        let mut parts = arn.split([':', '/']).map(str::to_owned).skip(1);
        let mut next = || parts.next().expect("an ARN has all parts");
        let (partition, service, region, account) = (next(), next(), next(), next());
        let _loadbalancer = next();
        Self {
            partition,
            service,
            region,
            account,
            kind: next(),
            name: next(),
            id: next(),
        }
    }

    fn join(&self) -> String {
        let Self {
            partition,
            service,
            region,
            account,
            kind,
            name,
            id,
        } = self;
        format!("arn:{partition}:{service}:{region}:{account}:loadbalancer/{kind}/{name}/{id}")
    }
}

/// A request with this token.
pub(crate) fn data(token: impl Into<String>) -> HeaderLines {
    vec![(OidcHeaders::DATA, token.into().into_bytes())]
}

/// A request with these two tokens.
pub(crate) fn two(first: impl Into<String>, second: impl Into<String>) -> HeaderLines {
    [data(first), data(second)].concat()
}

/// One segment.
pub(crate) fn part(token: &str, index: usize) -> &str {
    token.split('.').nth(index).unwrap_or_default()
}

/// The first `count` segments.
pub(crate) fn cut_after(token: &str, count: usize) -> String {
    token.split('.').take(count).collect::<Vec<_>>().join(".")
}

/// The object with one of its flat members set to another value, or with one more.
pub(crate) fn set(object: &str, member: &str, value: &str) -> String {
    let with = format!(r#""{member}":{value}"#);
    match around(object, member) {
        Some((before, after)) => format!("{before}{with}{after}"),
        None => append(object, &with),
    }
}

/// The object with more members at its end.
pub(crate) fn append(object: &str, members: &str) -> String {
    let open = object.strip_suffix('}').expect("a header is an object");
    format!("{open},{members}}}")
}

/// What stands before and after a flat member.
fn around<'o>(object: &'o str, member: &str) -> Option<(&'o str, &'o str)> {
    let start = object.find(&format!(r#""{member}":"#))?;
    let (before, rest) = object.split_at(start);
    let end = rest.find(',').or_else(|| rest.find('}'))?;
    Some((before, &rest[end..]))
}

/// Another spelling of the same bytes: the last digit of a segment that ends in `==` has four bits
/// that belong to none of them, and that of one that ends in `=` has two.
pub(crate) fn stray_bit(text: &str) -> String {
    let digits = text.trim_end_matches('=');
    let alphabet = base64::alphabet::URL_SAFE.as_str();
    let (start, last) = digits.split_at(digits.len() - 1);
    let value = alphabet.find(last).expect("a digit is of the alphabet");
    let padding = &text[digits.len()..];
    format!("{start}{}{padding}", &alphabet[value + 1..=value + 1])
}

/// The DER of `SEQUENCE { INTEGER r, INTEGER s }`.
pub(crate) fn der(signature: &[u8]) -> Vec<u8> {
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

/// The signature with `s` negated, which verifies just as well: only the point's `x` is compared
/// (FIPS 186-4 section 6.4), and a point and its negative have the same.
pub(crate) fn other_s(signature: &mut [u8]) {
    let mut borrow = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let difference = i16::from(order) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = u8::try_from(difference.rem_euclid(256)).expect("less than 256");
    }
}

/// A segment as an ALB encodes it.
pub(crate) fn encode(segment: impl AsRef<[u8]>) -> String {
    URL_SAFE.encode(segment)
}

/// What userinfo says of Alice, as Cognito would.
pub(crate) const ALICE: &str =
    r#"{"sub":"alice","email_verified":"true","name":"Alice","email":"alice@example.com"}"#;
const MALLORY: &str =
    r#"{"sub":"mallory","email_verified":"true","name":"Mallory","email":"mallory@example.com"}"#;

/// The order of the group of P-256 (FIPS 186-4 section D.1.2.3).
pub(crate) const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
