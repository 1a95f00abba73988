//! Attacks on the segments of the token and on their encoding.

use alb_oidc::OidcHeaders;

use super::forgeries;
use crate::minter::{cut_after, data, encode, part, stray_bit};

const HEADER: usize = 0;
const PAYLOAD: usize = 1;

forgeries! { "the token's structure and encoding"
    /// No dot.
    OneSegment "structure" local => |_| data("token");
    /// One dot: the signature cut off.
    TwoSegments "structure" local => |m| data(cut_after(&m.good(), 2));
    /// A fourth segment.
    FourSegments "structure" local => |m| data(m.good() + ".e30=");
    /// Five segments, like an encrypted token (RFC 7516).
    FiveSegments "structure" local => |m| data(m.good() + ".e30=.e30=");
    /// A dot before the token.
    LeadingDot "structure" local => |m| data(format!(".{}", m.good()));
    /// A dot after the token.
    TrailingDot "structure" local => |m| data(m.good() + ".");
    /// Two dots for one.
    DoubledDot "structure" local => |m| data(m.good().replacen('.', "..", 1));
    /// Dots that are percent-encoded.
    EscapedDots "structure" local => |m| data(m.good().replace('.', "%2E"));
    /// The signature left out, its dot kept.
    EmptySignature "structure" local => |m| data(cut_after(&m.good(), 2) + ".");
    /// The signature left out, and `alg` none: an unsecured token (RFC 7519 section 6).
    Unsecured "structure" local => |m| {
        data(format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(m.payload())))
    };
    /// The payload left out, its dots kept.
    EmptyPayload "structure" local => |m| {
        data(format!("{}..{}", part(&m.good(), 0), part(&m.good(), 2)))
    };
    /// The header left out, its dot kept.
    EmptyHeader "structure" local => |m| {
        data(format!(".{}.{}", part(&m.good(), 1), part(&m.good(), 2)))
    };
    /// Nothing but two dots.
    TwoDots "structure" local => |_| data("..");
    /// Nothing but dots.
    Dots "structure" local => |_| data(".".repeat(OidcHeaders::MAX_BYTES));
    /// JSON serialization (RFC 7515 section 7.2) instead of the compact one.
    JsonSerialization "structure" local => |m| {
        let good = m.good();
        let [header, payload, signature] = [0, 1, 2].map(|index| part(&good, index));
        data(format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#))
    };

    /// The header's padding stripped after it was signed.
    HeaderStripped "bad-signature" fetch => |m| {
        m.segment_respelled(HEADER, "=", |text| text.replace('=', ""))
    };
    /// The payload's padding stripped after it was signed.
    PayloadStripped "bad-signature" fetch => |m| {
        m.segment_respelled(PAYLOAD, "=", |text| text.replace('=', ""))
    };
    /// The header's padding put there after it was signed without.
    HeaderPadded "bad-signature" fetch => |m| {
        let unpadded = m.segment_spelled(HEADER, "=", |text| text.replace('=', ""));
        data(String::from_utf8_lossy(&unpadded[0].1).replacen('.', "=.", 1))
    };
    /// The payload's padding put there after it was signed without.
    PayloadPadded "bad-signature" fetch => |m| {
        let unpadded = m.segment_spelled(PAYLOAD, "=", |text| text.replace('=', ""));
        let token = String::from_utf8_lossy(&unpadded[0].1);
        data(format!("{}=.{}", cut_after(&token, 2), part(&token, 2)))
    };

    /// One `=` of a header's two, signed so.
    HeaderHalfPadding "encoding" local => |m| {
        m.segment_spelled(HEADER, "==", |text| text.replacen('=', "", 1))
    };
    /// Two `=` too many after the header, signed so.
    HeaderDoublePadding "encoding" local => |m| {
        m.segment_spelled(HEADER, "==", |text| format!("{text}=="))
    };
    /// An `=` after a header that needs none, signed so.
    HeaderNeedlessPadding "encoding" local => |m| {
        m.segment_spelled(HEADER, "", |text| format!("{text}="))
    };
    /// An `=` in the middle of the header, signed so.
    HeaderInnerPadding "encoding" local => |m| {
        m.segment_spelled(HEADER, "=", |text| format!("{}={}", &text[..8], &text[8..]))
    };
    /// The header's `=` spelled as `%3D`, signed so.
    HeaderEscapedPadding "encoding" local => |m| {
        m.segment_spelled(HEADER, "=", |text| text.replace('=', "%3D"))
    };
    /// The standard alphabet's `+` in the header, signed so.
    HeaderStandardAlphabet "encoding" local => |m| {
        m.segment_spelled(HEADER, "=", |text| format!("{}+{}", &text[..8], &text[9..]))
    };
    /// Stray bits in the header's last digit, signed so.
    HeaderTrailingBits "encoding" local => |m| m.segment_spelled(HEADER, "==", stray_bit);
    /// A header of a number of digits that no number of bytes has, signed so.
    HeaderImpossibleLength "encoding" local => |m| {
        m.segment_spelled(HEADER, "", |text| format!("{text}A"))
    };

    /// A payload that is not base64url, signed so.
    PayloadNotBase64 "encoding" fetch => |m| m.segment_spelled(PAYLOAD, "", |_| "****".to_owned());
    /// One `=` of a payload's two, signed so.
    PayloadHalfPadding "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "==", |text| text.replacen('=', "", 1))
    };
    /// Two `=` too many after the payload, signed so.
    PayloadDoublePadding "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "==", |text| format!("{text}=="))
    };
    /// An `=` after a payload that needs none, signed so.
    PayloadNeedlessPadding "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "", |text| format!("{text}="))
    };
    /// An `=` in the middle of the payload, signed so.
    PayloadInnerPadding "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "=", |text| format!("{}={}", &text[..8], &text[8..]))
    };
    /// The payload's `=` spelled as `%3D`, signed so.
    PayloadEscapedPadding "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "=", |text| text.replace('=', "%3D"))
    };
    /// The standard alphabet's `/` in the payload, signed so.
    PayloadStandardAlphabet "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "=", |text| format!("{}/{}", &text[..8], &text[9..]))
    };
    /// Stray bits in the payload's last digit, signed so.
    PayloadTrailingBits "encoding" fetch => |m| m.segment_spelled(PAYLOAD, "==", stray_bit);
    /// A payload of a number of digits that no number of bytes has, signed so.
    PayloadImpossibleLength "encoding" fetch => |m| {
        m.segment_spelled(PAYLOAD, "", |text| format!("{text}A"))
    };

    /// One `=` of a signature's two.
    HalfPadding "encoding" local => |m| m.signature_spelled(|text| text.replacen('=', "", 1));
    /// Two `=` too many.
    DoublePadding "encoding" local => |m| m.signature_spelled(|text| format!("{text}=="));
    /// An `=` in the middle of the signature.
    InnerPadding "encoding" local => |m| {
        m.signature_spelled(|text| format!("{}={}", &text[..8], &text[8..]))
    };
    /// `=` spelled as `%3D`.
    EscapedPadding "signature-length" local => |m| {
        m.signature_spelled(|text| text.replace('=', "%3D"))
    };
    /// The standard alphabet's `+` in place of a digit.
    StandardAlphabet "encoding" local => |m| m.signature_spelled(|text| format!("+{}", &text[1..]));
    /// The standard alphabet's `/` in place of a digit.
    StandardAlphabetSlash "encoding" local => |m| {
        m.signature_spelled(|text| format!("/{}", &text[1..]))
    };
    /// Stray bits in the signature's last digit: another spelling of the same signature.
    TrailingBits "encoding" local => |m| m.signature_spelled(stray_bit);
}
