//! URLs with a query, and what is put into one.

use crate::keys::is_acceptable_base;

/// `https` (`http` for a loopback host alone), without user and fragment.
pub(crate) fn is_url(url: &str) -> bool {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    is_acceptable_base(base) && query.bytes().all(is_plain)
}

/// What may stand in a path and a query ([RFC 3986 sections 3.3 and
/// 3.4](https://www.rfc-editor.org/rfc/rfc3986#section-3.3)).
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=%?".contains(&byte)
}

/// Appends a parameter's name or value. All but what is unreserved ([RFC 3986 section
/// 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)) is percent-encoded, the space too: `+`
/// means one to some readers and none to others.
pub(crate) fn encode(text: &str, url: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}
