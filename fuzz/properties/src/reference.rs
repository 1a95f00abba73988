//! A second reading of a token: slow, straightforward, and written without
//! looking at the first. It shares no code with `alb-oidc`, not even a base64
//! library.

use crate::spelling::decode;

/// How far a value of `x-amzn-oidc-data` comes, going by its form alone. The
/// gates stand in the order in which `alb-oidc` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It cannot be the value of the header.
    Value,
    /// It is not three segments.
    Structure,
    /// Its signature is not 64 bytes in base64url.
    Signature,
    /// Its header is not base64url.
    Header,
    /// Its form is right. The rest is about what it says.
    Passed,
}

/// A token of the right form, taken apart.
pub(crate) struct Form {
    pub(crate) header: Vec<u8>,
    /// `None` if it is not base64url, which comes to light only after the
    /// signature has been verified.
    pub(crate) payload: Option<Vec<u8>>,
}

impl Form {
    /// Takes a value apart; or the gate that it does not pass.
    pub(crate) fn read(value: &[u8]) -> Result<Self, Gate> {
        let visible = |byte: &u8| (0x21..=0x7e).contains(byte);
        if value.is_empty() || value.len() > 16 * 1024 || !value.iter().all(visible) {
            return Err(Gate::Value);
        }
        let text = str::from_utf8(value).expect("visible ASCII is UTF-8");
        let segments: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = *segments else {
            return Err(Gate::Structure);
        };
        if header.is_empty() || payload.is_empty() || signature.is_empty() {
            return Err(Gate::Structure);
        }
        if decode(signature).is_none_or(|bytes| bytes.len() != 64) {
            return Err(Gate::Signature);
        }
        Ok(Self {
            header: decode(header).ok_or(Gate::Header)?,
            payload: decode(payload),
        })
    }
}
