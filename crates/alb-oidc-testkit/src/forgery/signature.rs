//! Attacks on the signature.

use super::forgeries;
use crate::alb::{join, signing_input};
use crate::minter::{ORDER, data, der, encode, set};

forgeries! { "the signature"
    /// Another user's payload under a good signature.
    PayloadSwapped "bad-signature" fetch => |m| data(m.mallorys());
    /// One letter of the payload changed under a good signature.
    PayloadLetterChanged "bad-signature" fetch => |m| {
        data(m.tampered(&m.header(), &m.payload().replacen("alice", "alicf", 1)))
    };
    /// A space more in the payload under a good signature.
    PayloadReformatted "bad-signature" fetch => |m| {
        data(m.tampered(&m.header(), &m.payload().replacen(':', ": ", 1)))
    };
    /// A later expiry under a good signature.
    ExpiryProlonged "bad-signature" fetch => |m| {
        data(m.tampered(&set(&m.header(), "exp", "9999999999"), &m.payload()))
    };
    /// A token of another load balancer, with its signer replaced by ours.
    SignerReplaced "bad-signature" fetch => |m| {
        let theirs = m.signer(|arn| arn.account = "999999999999".to_owned());
        let theirs = String::from_utf8_lossy(&theirs[0].1).into_owned();
        let signature = theirs.rsplit('.').next().unwrap_or_default();
        data(format!("{}.{signature}", signing_input(m.header(), m.payload())))
    };
    /// One member less in the header under a good signature.
    HeaderShortened "bad-signature" fetch => |m| {
        data(m.tampered(&m.header().replacen(r#""typ":"JWT","#, "", 1), &m.payload()))
    };
    /// A good signature of another token.
    SignatureOfAnother "bad-signature" fetch => |m| {
        m.signed_over(&signing_input(m.header(), r#"{"sub":"bob"}"#))
    };
    /// A good signature over the payload alone.
    SignatureOfPayload "bad-signature" fetch => |m| m.signed_over(&encode(m.payload()));
    /// A good signature over the header and the payload before they are encoded.
    SignatureOfJson "bad-signature" fetch => |m| {
        m.signed_over(&format!("{}.{}", m.header(), m.payload()))
    };
    /// A good signature over nothing.
    SignatureOfNothing "bad-signature" fetch => |m| m.signed_over("");
    /// A good signature of another key.
    OtherKey "bad-signature" fetch => |m| {
        let input = signing_input(m.header(), m.payload());
        data(join(&input, &m.stranger().sign(input.as_bytes())))
    };
    /// `r` and `s` zero, which verify where nobody looks ("psychic signatures").
    ZeroSignature "bad-signature" fetch => |m| m.with_signature(&[0; 64]);
    /// `r` zero and `s` good.
    ZeroR "bad-signature" fetch => |m| m.signature_changed(|rs| rs[..32].fill(0));
    /// `r` good and `s` zero.
    ZeroS "bad-signature" fetch => |m| m.signature_changed(|rs| rs[32..].fill(0));
    /// `r` and `s` one.
    OneSignature "bad-signature" fetch => |m| m.with_signature(&[ONE, ONE].concat());
    /// `r` one and `s` zero.
    OneZeroSignature "bad-signature" fetch => |m| m.with_signature(&[ONE, [0; 32]].concat());
    /// `r` and `s` the order of the group, which is zero.
    OrderSignature "bad-signature" fetch => |m| m.with_signature(&[ORDER, ORDER].concat());
    /// `r` the order of the group, and `s` good.
    OrderR "bad-signature" fetch => |m| m.signature_changed(|rs| rs[..32].copy_from_slice(&ORDER));
    /// `r` good, and `s` the order of the group.
    OrderS "bad-signature" fetch => |m| m.signature_changed(|rs| rs[32..].copy_from_slice(&ORDER));
    /// `r` and `s` one less than the order of the group.
    OrderLessOne "bad-signature" fetch => |m| {
        m.with_signature(&[less_one(ORDER), less_one(ORDER)].concat())
    };
    /// `r` and `s` one more than the order of the group, which is one.
    OrderAndOne "bad-signature" fetch => |m| {
        m.with_signature(&[and_one(ORDER), and_one(ORDER)].concat())
    };
    /// `r` the order of the field, which is zero.
    FieldR "bad-signature" fetch => |m| m.signature_changed(|rs| rs[..32].copy_from_slice(&FIELD));
    /// `r` the order of the field less that of the group, and `s` one less than that of the group.
    FieldLessOrder "bad-signature" fetch => |m| {
        m.with_signature(&[FIELD_LESS_ORDER, less_one(ORDER)].concat())
    };
    /// `r` and `s` all ones.
    AllOnesSignature "bad-signature" fetch => |m| m.with_signature(&[0xff; 64]);
    /// `r` all ones, and `s` good.
    AllOnesR "bad-signature" fetch => |m| m.signature_changed(|rs| rs[..32].fill(0xff));
    /// `r` good, and `s` all ones.
    AllOnesS "bad-signature" fetch => |m| m.signature_changed(|rs| rs[32..].fill(0xff));
    /// `s` and `r`.
    HalvesSwapped "bad-signature" fetch => |m| m.signature_changed(|rs| rs.rotate_left(32));
    /// `r` twice.
    RTwice "bad-signature" fetch => |m| m.signature_changed(|rs| rs.copy_within(..32, 32));
    /// `r` and `s`, each with its last byte first.
    LittleEndian "bad-signature" fetch => |m| m.signature_changed(|rs| {
        rs[..32].reverse();
        rs[32..].reverse();
    });
    /// The first bit of the signature flipped.
    FirstBitFlipped "bad-signature" fetch => |m| m.signature_changed(|rs| rs[0] ^= 0x80);
    /// The last bit of `r` flipped.
    MiddleBitFlipped "bad-signature" fetch => |m| m.signature_changed(|rs| rs[31] ^= 1);
    /// The last bit of the signature flipped.
    FlippedSignature "bad-signature" fetch => |m| m.signature_changed(|rs| rs[63] ^= 1);
    /// The signature in DER, as OpenSSL writes it.
    DerSignature "signature-length" local => |m| m.with_signature(&der(&m.signature()));
    /// The signature in DER, cut to the length of a good one.
    DerCut "bad-signature" fetch => |m| m.with_signature(&der(&m.signature())[..64]);
    /// One byte as signature.
    ByteSignature "signature-length" local => |m| m.with_signature(&[1]);
    /// Half of a signature.
    HalfSignature "signature-length" local => |m| m.with_signature(&m.signature()[..32]);
    /// A byte less than a signature.
    ShortSignature "signature-length" local => |m| m.with_signature(&m.signature()[..63]);
    /// A byte more than a signature.
    LongSignature "signature-length" local => |m| {
        m.with_signature(&[&m.signature()[..], &[0]].concat())
    };
    /// A byte more before a signature, as encoders of signed integers put it.
    SignByteSignature "signature-length" local => |m| {
        m.with_signature(&[&[0], &m.signature()[..]].concat())
    };
    /// A signature as long as one of P-384.
    P384Signature "signature-length" local => |m| m.with_signature(&[1; 96]);
    /// A signature twice.
    DoubledSignature "signature-length" local => |m| m.with_signature(&m.signature().repeat(2));
    /// A signature of eight thousand bytes.
    HugeSignature "signature-length" local => |m| m.with_signature(&[1; 8000]);
}

const fn less_one(mut number: [u8; 32]) -> [u8; 32] {
    number[31] -= 1;
    number
}

const fn and_one(mut number: [u8; 32]) -> [u8; 32] {
    number[31] += 1;
    number
}

const ONE: [u8; 32] = and_one([0; 32]);
/// The order of the field of P-256 (FIPS 186-4 section D.1.2.3).
const FIELD: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];
/// The difference of the two orders, a small number as these go: an `x` from here to the order of
/// the field is more than the order of the group, and has two `r`s where nobody looks.
const FIELD_LESS_ORDER: [u8; 32] = [
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x43, 0x19, 0x05, 0x52, 0x58, 0xe8, 0x61, 0x7b, 0x0c, 0x46, 0x35, 0x3d, 0x03, 0x9c, 0xda, 0xae,
];
