//! Published keys, and what a key endpoint may answer in place of one.

use alb_oidc::KeyId;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;

use super::group::{Group, Test, Verdict};
use crate::alb::SimulatedAlb;
use crate::minter::{Minter, data};
use crate::signing_key::SigningKey;

/// What the key endpoint of a region answers for a key id.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Key {
    kid: String,
    region: String,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwk: Option<Jwk>,
}

/// RFC 7518 section 6.2.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
}

impl Key {
    /// The keys of a load balancer's region, and the id of one that there is not.
    pub(super) fn all_of(alb: &SimulatedAlb) -> Vec<Self> {
        let region = alb.arn().region().to_string();
        let published = alb.public_keys().into_iter().map(|(kid, pem)| {
            let (_, secret) = ALL.into_iter().find(|(id, _)| *id == kid).unzip();
            let spki = secret
                .map(|secret| SigningKey::deterministic(kid, secret).public_spki())
                .expect("vectors are signed with published keys");
            let [x, y] = [&spki[27..59], &spki[59..]].map(|number| URL_SAFE_NO_PAD.encode(number));
            Self {
                kid: kid.to_string(),
                region: region.clone(),
                status: 200,
                pem: Some(pem),
                jwk: Some(Jwk {
                    kty: "EC",
                    crv: "P-256",
                    x,
                    y,
                    d: secret.map(|secret| URL_SAFE_NO_PAD.encode(secret)),
                }),
            }
        });
        published
            .chain([Self::absent(UNKNOWN.to_owned(), region.clone())])
            .collect()
    }

    pub(super) fn absent(kid: String, region: String) -> Self {
        Self {
            kid,
            region,
            status: 403,
            pem: None,
            jwk: None,
        }
    }
}

/// The load balancer that the table is about.
pub(super) fn load_balancer() -> SimulatedAlb {
    SimulatedAlb::with_keys(SimulatedAlb::builder(), vec![first()])
}

pub(super) fn first() -> SigningKey {
    let (id, secret) = FIRST;
    SigningKey::deterministic(id, secret)
}

pub(super) fn second() -> SigningKey {
    let (id, secret) = SECOND;
    SigningKey::deterministic(id, secret)
}

/// Good tokens, whose key id leads to something that is no key of P-256.
pub(super) fn malformed() -> Group {
    let alb = load_balancer();
    let minter = Minter {
        alb: &alb,
        now: super::group::NOW,
    };
    let region = alb.arn().region().to_string();
    let mut group = Group::of("the key", &alb);
    let pem = minter.pem();
    let spki = first().public_spki();
    let changed = |index: usize, byte: u8| {
        let mut spki = spki.clone();
        spki[index] = byte;
        block("PUBLIC KEY", &spki)
    };
    let with_point = |byte: u8| {
        let mut spki = spki.clone();
        spki[27..].fill(byte);
        block("PUBLIC KEY", &spki)
    };
    let answers = [
        ("KeyEmpty", "An empty answer.", String::new()),
        (
            "KeyHtml",
            "A page of a proxy's.",
            "<html>sign in</html>".to_owned(),
        ),
        ("KeyTwice", "Two keys.", format!("{pem}{pem}")),
        (
            "KeyAfterText",
            "A key after a line of text.",
            format!("key:\n{pem}"),
        ),
        (
            "KeyCut",
            "A key that ends in the middle.",
            pem[..100].to_owned(),
        ),
        (
            "KeyAsCertificate",
            "A key under the title of a certificate.",
            pem.replace("PUBLIC KEY", "CERTIFICATE"),
        ),
        (
            "KeyAsPrivate",
            "A key under the title of a private one.",
            pem.replace("PUBLIC KEY", "PRIVATE KEY"),
        ),
        (
            "KeyPrivate",
            "A private key (RFC 5915).",
            block("EC PRIVATE KEY", &private(FIRST.1)),
        ),
        (
            "KeyOffCurve",
            "A point that is not on the curve.",
            changed(90, spki[90] ^ 1),
        ),
        ("KeyZero", "A point of zeros.", with_point(0)),
        (
            "KeyBeyondField",
            "A point beyond the field.",
            with_point(0xff),
        ),
        ("KeyHybrid", "A point in hybrid form.", changed(26, 6)),
        (
            "KeyInfinity",
            "The point at infinity.",
            block("PUBLIC KEY", &infinity(&spki)),
        ),
        (
            "KeyCompressed",
            "A compressed point.",
            block("PUBLIC KEY", &compressed(&spki)),
        ),
        (
            "KeyOfOtherCurve",
            "A point of P-256 said to be of secp256k1.",
            block("PUBLIC KEY", &secp256k1(&spki)),
        ),
        (
            "KeyTrailingByte",
            "A byte after the key.",
            block("PUBLIC KEY", &[&spki[..], &[0]].concat()),
        ),
    ];
    for (number, (name, comment, pem)) in (1..).zip(answers) {
        let kid = KeyId::from_bytes([number; 16]).to_string();
        let lines = minter.header_with("kid", &format!(r#""{kid}""#));
        let verdict = Verdict::Refused("key-malformed");
        group
            .tests
            .push(Test::new(name, comment, &lines, verdict, true));
        group.keys.push(Key {
            kid,
            region: region.clone(),
            status: 200,
            pem: Some(pem),
            jwk: None,
        });
    }
    let good = Test::new(
        "KeyGood",
        "The key as it should be.",
        &data(minter.good()),
        Verdict::User("alice"),
        true,
    );
    group.tests.push(good);
    group
}

fn block(title: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let lines: Vec<_> = digits
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN {title}-----\n{}\n-----END {title}-----\n",
        lines.join("\n")
    )
}

/// The `SubjectPublicKeyInfo` with another point, of another length.
fn with_point(spki: &[u8], point: &[u8]) -> Vec<u8> {
    let mut changed = spki[..26].to_vec();
    let shorter = u8::try_from(65 - point.len()).expect("no point is longer");
    changed[1] -= shorter;
    changed[24] -= shorter;
    changed.extend(point);
    changed
}

fn infinity(spki: &[u8]) -> Vec<u8> {
    with_point(spki, &[0])
}

fn compressed(spki: &[u8]) -> Vec<u8> {
    with_point(spki, &[&[2 + (spki[90] & 1)], &spki[27..59]].concat())
}

/// The same with the curve's name replaced: 1.3.132.0.10, which is three bytes shorter.
fn secp256k1(spki: &[u8]) -> Vec<u8> {
    let mut changed =
        b"\x30\x56\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a"
            .to_vec();
    changed.extend(&spki[23..]);
    changed
}

/// `ECPrivateKey` (RFC 5915 section 3) with the number and the curve.
fn private(secret: [u8; 32]) -> Vec<u8> {
    let mut der = b"\x30\x31\x02\x01\x01\x04\x20".to_vec();
    der.extend(secret);
    der.extend(b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07");
    der
}

/// RFC 6979 appendix A.2.5.
const FIRST: (KeyId, [u8; 32]) = (
    KeyId::from_bytes(*b"\x3a\x9f\x1c\x52\x7b\x0d\x4e\x68\x91\xab\xcd\xef\x01\x23\x45\x67"),
    *b"\xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\xb1\xd6\x93\x4e\x50\xc3\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21",
);
/// RFC 7517 appendix A.2.
const SECOND: (KeyId, [u8; 32]) = (
    KeyId::from_bytes(*b"\xc4\x27\xd8\x0e\x65\x1f\x4b\x93\x82\xfe\xdc\xba\x98\x76\x54\x32"),
    *b"\xf3\xbd\x0c\x07\xa8\x1f\xb9\x32\x78\x1e\xd5\x27\x52\xf6\x0c\xc8\x9a\x6b\xe5\xe5\x19\x34\xfe\x01\x93\x8d\xdb\x55\xd8\xf7\x78\x01",
);
/// RFC 7515 appendix A.3. No endpoint has it.
pub(crate) const STRANGER: [u8; 32] = *b"\x8e\x9b\x10\x9e\x71\x90\x98\xbf\x98\x04\x87\xdf\x1f\x5d\x77\xe9\xcb\x29\x60\x6e\xbe\xd2\x26\x3b\x5f\x57\xc2\x13\xdf\x84\xf4\xb2";
const ALL: [(KeyId, [u8; 32]); 2] = [FIRST, SECOND];
/// A key id that no endpoint has a key for.
const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

#[cfg(test)]
mod tests {
    use super::*;

    /// The public halves as the RFCs have them.
    #[test]
    fn the_keys_are_those_of_the_rfcs() {
        let coordinates = |secret| {
            let key = SigningKey::deterministic(FIRST.0, secret);
            let spki = key.public_spki();
            [&spki[27..59], &spki[59..]].map(|number| URL_SAFE_NO_PAD.encode(number))
        };
        assert_eq!(
            coordinates(FIRST.1),
            [
                "YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y",
                "eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk"
            ]
        );
        assert_eq!(
            coordinates(SECOND.1),
            [
                "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
            ]
        );
        assert_eq!(
            coordinates(STRANGER),
            [
                "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
            ]
        );
    }

    #[test]
    fn signatures_are_those_of_rfc_6979() {
        assert_eq!(
            super::super::group::hex(&first().sign(b"sample")),
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
             f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
        );
    }
}
