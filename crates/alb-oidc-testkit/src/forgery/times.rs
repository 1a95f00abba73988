//! Attacks on when a token is valid.

use super::forgeries;
use crate::minter::{ALICE, data, set};

/// A row for each of the places where a time may stand but need not, so that a wrong one must not
/// count as none: `nbf` and `iat`, in the header and in the payload.
macro_rules! with_optional_times {
    (
        $part:literal
        $($(#[doc = $doc:literal])* $name:ident $reason:literal $key:ident => $headers:expr;)*
        ---
        $($what:literal $value:literal: $nbf:ident $iat:ident $payload_nbf:ident $payload_iat:ident;)*
    ) => {
        forgeries! { $part
            $($(#[doc = $doc])* $name $reason $key => $headers;)*
            $(
                #[doc = concat!(" `nbf` in the header that is ", $what, ".")]
                $nbf "json" local => |m| m.header_with("nbf", $value);
                #[doc = concat!(" `iat` in the header that is ", $what, ".")]
                $iat "json" local => |m| m.header_with("iat", $value);
                #[doc = concat!(" `nbf` in the payload that is ", $what, ".")]
                $payload_nbf "json" fetch => |m| m.claim("nbf", $value);
                #[doc = concat!(" `iat` in the payload that is ", $what, ".")]
                $payload_iat "json" fetch => |m| m.claim("iat", $value);
            )*
        }
    };
}

with_optional_times! { "the times"
    /// No expiry.
    ExpMissing "json" local => |m| m.header_without("exp");
    /// No expiry in the header, and one in the payload.
    ExpInPayload "json" local => |m| m.header_text(m.header().replace("\"exp\"", "\"expires\""));
    /// An expiry of null.
    ExpNull "json" local => |m| m.header_with("exp", "null");
    /// An expiry of true.
    ExpTrue "json" local => |m| m.header_with("exp", "true");
    /// An expiry of no digits, in text.
    ExpEmpty "json" local => |m| m.header_with("exp", r#""""#);
    /// An expiry of 1, in text.
    ExpTextOne "json" local => |m| m.header_with("exp", r#""1""#);
    /// An expiry far ahead, in text.
    ExpText "json" local => |m| m.header_with("exp", r#""9999999999""#);
    /// An expiry as a date.
    ExpDate "json" local => |m| m.header_with("exp", r#""9999-12-31T23:59:59Z""#);
    /// An expiry with a fraction.
    ExpFraction "json" local => |m| m.header_with("exp", "9999999999.5");
    /// An expiry with a fraction of nothing.
    ExpPointZero "json" local => |m| m.header_with("exp", "9999999999.0");
    /// An expiry with an exponent.
    ExpExponent "json" local => |m| m.header_with("exp", "1e11");
    /// An expiry with an exponent, long past.
    ExpExponentPast "json" local => |m| m.header_with("exp", "1e3");
    /// An expiry of minus zero.
    ExpMinusZero "json" local => |m| m.header_with("exp", "-0");
    /// An expiry before 1970.
    ExpNegative "json" local => |m| m.header_with("exp", "-1");
    /// An expiry in the year 10000.
    ExpYear10000 "json" local => |m| m.header_with("exp", "253402300800");
    /// An expiry in milliseconds.
    ExpMilliseconds "json" local => |m| m.header_with("exp", &format!("{}000", m.seconds(120)));
    /// An expiry beyond the integers that a float can tell apart.
    ExpBeyondFloat "json" local => |m| m.header_with("exp", "9007199254740993");
    /// An expiry beyond signed 64 bits.
    ExpBeyondSigned "json" local => |m| m.header_with("exp", "9223372036854775808");
    /// An expiry that overflows when leeway is added.
    ExpOverflow "json" local => |m| m.header_with("exp", "18446744073709551615");
    /// An expiry beyond 64 bits.
    ExpHuge "json" local => |m| m.header_with("exp", "18446744073709551616");
    /// An expiry near the largest of floats.
    ExpFloatMax "json" local => |m| m.header_with("exp", "1e308");
    /// An expiry in an array.
    ExpArray "json" local => |m| m.header_with("exp", &format!("[{}]", m.seconds(120)));
    /// An expiry in an object.
    ExpObject "json" local => |m| m.header_with("exp", &format!(r#"{{"exp":{}}}"#, m.seconds(120)));
    /// A good token, eleven seconds after it expired.
    Expired "expired" local => |m| m.header_with("exp", &m.seconds(-11).to_string());
    /// A good token, on the second on which the leeway ends.
    ExpiredJustNow "expired" local => |m| m.header_with("exp", &m.seconds(-10).to_string());
    /// A good token of an hour ago: a replay.
    ExpiredHourAgo "expired" local => |m| {
        data(m.alb.mint(ALICE, alb_oidc::UnixTime::from_secs(m.seconds(-3600))))
    };
    /// A token of 1970.
    ExpiredLongAgo "expired" local => |m| m.header_with("exp", "0");
    /// A header that has expired, on a payload that will in a long time.
    ExpiredHeaderFreshPayload "expired" local => |m| {
        let payload = set(&m.payload(), "exp", "9999999999");
        data(m.alb.sign(set(&m.header(), "exp", &m.seconds(-11).to_string()), payload))
    };
    /// Not valid yet, says the header.
    NotBeforeInHeader "not-yet-valid" local => |m| m.header_with("nbf", &m.seconds(60).to_string());
    /// Issued in the future, says the header.
    IssuedInFutureInHeader "not-yet-valid" local => |m| {
        m.header_with("iat", &m.seconds(60).to_string())
    };
    /// Not valid yet, says the payload.
    NotBefore "not-yet-valid" fetch => |m| m.claim("nbf", &m.seconds(60).to_string());
    /// Issued in the future, says the payload.
    IssuedInFuture "not-yet-valid" fetch => |m| m.claim("iat", &m.seconds(60).to_string());
    /// Not valid for one second more than the leeway, says the header.
    NotBeforeSoonInHeader "not-yet-valid" local => |m| {
        m.header_with("nbf", &m.seconds(11).to_string())
    };
    /// Not valid for one second more than the leeway, says the payload.
    NotBeforeSoon "not-yet-valid" fetch => |m| m.claim("nbf", &m.seconds(11).to_string());
    /// A text as `nbf` in the payload, which must not count as absent.
    NotBeforeText "json" fetch => |m| m.claim("nbf", r#""9999999999""#);
    ---
    "null" "null": NbfNull IatNull PayloadNbfNull PayloadIatNull;
    "true" "true": NbfTrue IatTrue PayloadNbfTrue PayloadIatTrue;
    "an empty text" r#""""#: NbfEmpty IatEmpty PayloadNbfEmpty PayloadIatEmpty;
    "1 in text" r#""1""#: NbfText IatText PayloadNbfText PayloadIatText;
    "1.5" "1.5": NbfFraction IatFraction PayloadNbfFraction PayloadIatFraction;
    "1.0" "1.0": NbfPointZero IatPointZero PayloadNbfPointZero PayloadIatPointZero;
    "1e3" "1e3": NbfExponent IatExponent PayloadNbfExponent PayloadIatExponent;
    "-1" "-1": NbfNegative IatNegative PayloadNbfNegative PayloadIatNegative;
    "2^53" "9007199254740992": NbfBeyondFloat IatBeyondFloat PayloadNbfBeyondFloat PayloadIatBeyondFloat;
    "2^63" "9223372036854775808": NbfBeyondSigned IatBeyondSigned PayloadNbfBeyondSigned PayloadIatBeyondSigned;
    "2^64" "18446744073709551616": NbfHuge IatHuge PayloadNbfHuge PayloadIatHuge;
    "1e308" "1e308": NbfFloatMax IatFloatMax PayloadNbfFloatMax PayloadIatFloatMax;
    "an array" "[1]": NbfArray IatArray PayloadNbfArray PayloadIatArray;
    "an object" "{}": NbfObject IatObject PayloadNbfObject PayloadIatObject;
}
