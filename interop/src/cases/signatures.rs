//! Signatures of other forms, lengths and keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use p256::ecdsa::Signature;

use super::Bench;
use crate::mint::Mint;

pub(super) fn add(bench: &mut Bench) {
    for user in 0..8 {
        let payload = bench
            .payload()
            .with("sub", format!(r#""user {user}""#))
            .text();
        let token = bench.mint.token(bench.header().text(), payload);
        let (input, _) = token.rsplit_once('.').expect("it has dots");
        let signature = bench.mint.sign(input);
        for (how, bytes) in forms(&signature) {
            let token = format!("{input}.{}", URL_SAFE.encode(bytes));
            bench.add(format!("signature: {how}"), token);
        }
        let (header, payload) = input.split_once('.').expect("it has a dot");
        for (whose, signed) in [
            ("the header", header.to_owned()),
            ("the payload", payload.to_owned()),
            ("nothing", String::new()),
            (
                "header and payload without a dot",
                format!("{header}{payload}"),
            ),
            ("header and payload without padding", input.replace('=', "")),
            ("header and payload and a dot", format!("{input}.")),
        ] {
            let signature = URL_SAFE.encode(bench.mint.sign(&signed).to_bytes());
            bench.add(
                format!("signature: of {whose}"),
                format!("{input}.{signature}"),
            );
        }
        let impostor = Mint::impostor().token_of(header, payload);
        bench.add("signature: of another key", impostor);
    }
    let token = bench
        .mint
        .token(bench.header().text(), bench.payload().text());
    let (input, _) = token.rsplit_once('.').expect("it has dots");
    let own = bench.mint.sign(input).to_bytes();
    for length in 0..=140 {
        let bytes: Vec<u8> = own.iter().copied().cycle().take(length).collect();
        let token = format!("{input}.{}", URL_SAFE.encode(bytes));
        bench.add(format!("signature: {length} bytes"), token);
    }
}

fn forms(signature: &Signature) -> Vec<(&'static str, Vec<u8>)> {
    let (r, s) = signature.split_scalars();
    let other = Signature::from_scalars(r, -*s).expect("no half is zero");
    let bytes = signature.to_bytes().to_vec();
    let (r, s) = bytes.split_at(32);
    let join = |r: &[u8], s: &[u8]| [r, s].concat();
    vec![
        ("r and s", bytes.clone()),
        ("r and n - s", other.to_bytes().to_vec()),
        ("DER", signature.to_der().as_bytes().to_vec()),
        ("DER of r and n - s", other.to_der().as_bytes().to_vec()),
        ("s and r", join(s, r)),
        ("r and r", join(r, r)),
        ("r and 0", join(r, &[0; 32])),
        ("0 and s", join(&[0; 32], s)),
        ("0 and 0", vec![0; 64]),
        ("n and n", join(&ORDER, &ORDER)),
        ("n and s", join(&ORDER, s)),
        ("r and n", join(r, &ORDER)),
        ("all ones", vec![0xff; 64]),
        ("1 and 1", join(&one(), &one())),
        ("r and 1", join(r, &one())),
        ("r in 33 bytes", join(&[&[0], r].concat(), s)),
        (
            "r and s in 33 bytes each",
            join(&[&[0], r].concat(), &[&[0], s].concat()),
        ),
        (
            "r and s in 48 bytes each",
            join(&[&[0; 16], r].concat(), &[&[0; 16], s].concat()),
        ),
        ("bytes in reverse", bytes.iter().rev().copied().collect()),
        ("r and s in hexadecimal", hex(&bytes)),
    ]
}

fn one() -> [u8; 32] {
    let mut one = [0; 32];
    one[31] = 1;
    one
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.into_bytes()
}

/// The order of the group of P-256 (FIPS 186-4 section D.1.2.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
