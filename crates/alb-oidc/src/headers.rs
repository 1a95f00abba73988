//! The three headers of the ALB, read once.

use std::fmt;

use crate::error::{AuthenticateError, HeaderFault, HeadersError};

/// The three `x-amzn-oidc-*` headers of one request: present once each or not at all, bounded,
/// ASCII. Nothing here is verified.
///
/// Source: AWS, *Authenticate users using an Application Load Balancer*, "User claims encoding and
/// signature verification".
pub struct OidcHeaders<'h> {
    pub(crate) data: &'h [u8],
    pub(crate) identity: Option<&'h [u8]>,
    pub(crate) access_token: Option<&'h [u8]>,
}

impl OidcHeaders<'_> {
    /// The signed token with the user's claims.
    pub const DATA: &'static str = "x-amzn-oidc-data";
    /// The user's `sub`, in plain and unsigned: compared with the signed one and never handed out.
    pub const IDENTITY: &'static str = "x-amzn-oidc-identity";
    /// The identity provider's access token, not signed by the ALB.
    pub const ACCESS_TOKEN: &'static str = "x-amzn-oidc-accesstoken";
    /// The names of all three. Mark their values sensitive wherever requests are logged or compressed.
    pub const NAMES: [&'static str; 3] = [Self::DATA, Self::IDENTITY, Self::ACCESS_TOKEN];
    /// The longest value, in bytes, that is read from any of the three: the ALB's own limit of 16 K
    /// for one header.
    pub const MAX_BYTES: usize = 16_384;
}

impl<'h> OidcHeaders<'h> {
    /// Reads the headers through `lookup`, which gives all values that a request has for a name
    /// (lower-case), in any order.
    ///
    /// With the `http` crate, `lookup` is `|name|
    /// headers.get_all(name).iter().map(HeaderValue::as_bytes)`.
    ///
    /// # Errors
    ///
    /// [`AuthenticateError::Missing`] if the request has none of the three.
    /// [`AuthenticateError::Headers`] if one of them is there twice, is empty, too long or not
    /// ASCII, or if one of the others is there without [`DATA`](Self::DATA), which no ALB does.
    pub fn from_lookup<L, V>(mut lookup: L) -> Result<Self, AuthenticateError>
    where
        L: FnMut(&'static str) -> V,
        V: IntoIterator<Item = &'h [u8]>,
    {
        let data = single(Self::DATA, lookup(Self::DATA), VISIBLE)?;
        let identity = single(Self::IDENTITY, lookup(Self::IDENTITY), PRINTABLE)?;
        let access_token = single(Self::ACCESS_TOKEN, lookup(Self::ACCESS_TOKEN), PRINTABLE)?;
        let orphan = match (&identity, &access_token) {
            (Some(_), _) => Some(Self::IDENTITY),
            (None, Some(_)) => Some(Self::ACCESS_TOKEN),
            (None, None) => None,
        };
        match (data, orphan) {
            (Some(data), _) => Ok(Self {
                data,
                identity,
                access_token,
            }),
            (None, Some(name)) => Err(HeadersError::new(name, HeaderFault::WithoutData).into()),
            (None, None) => Err(AuthenticateError::Missing),
        }
    }
}

impl OidcHeaders<'_> {
    /// For a decision that gives nobody the access token.
    pub(crate) fn without_access_token(self) -> Self {
        Self {
            access_token: None,
            ..self
        }
    }
}

impl fmt::Debug for OidcHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcHeaders")
            .field("data_bytes", &self.data.len())
            .field("has_identity", &self.identity.is_some())
            .field("has_access_token", &self.access_token.is_some())
            .finish()
    }
}

/// The one value, with characters from `least` to `~`.
fn single<'h>(
    name: &'static str,
    values: impl IntoIterator<Item = &'h [u8]>,
    least: u8,
) -> Result<Option<&'h [u8]>, HeadersError> {
    let fault = |fault| Err(HeadersError::new(name, fault));
    let mut values = values.into_iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return fault(HeaderFault::Duplicate);
    }
    if value.is_empty() {
        return fault(HeaderFault::Empty);
    }
    if value.len() > OidcHeaders::MAX_BYTES {
        return fault(HeaderFault::TooLarge);
    }
    let is_blank = || value.iter().all(|byte| *byte == b' ');
    if furthest_from(least, value) > b'~' - least || is_blank() {
        return fault(HeaderFault::Characters);
    }
    Ok(Some(value))
}

/// The greatest of all differences from the least byte that is allowed, wrapping: one that is less gives
/// more than any that is allowed.
fn furthest_from(least: u8, value: &[u8]) -> u8 {
    // Without an early end, and so many at once: the compiler has instructions for that.
    let mut furthest = [0; 32];
    let mut look = |bytes: &[u8; 32]| {
        for (furthest, byte) in furthest.iter_mut().zip(bytes) {
            *furthest = byte.wrapping_sub(least).max(*furthest);
        }
    };
    let (chunks, rest) = value.as_chunks();
    chunks.iter().for_each(&mut look);
    let rest = match value.last_chunk() {
        // Some of them are looked at twice.
        Some(last) => {
            look(last);
            &[]
        }
        None => rest,
    };
    let rest = rest.iter().map(|byte| byte.wrapping_sub(least));
    furthest.into_iter().chain(rest).fold(0, u8::max)
}

/// The least of what a compact JWS may be made of.
const VISIBLE: u8 = b'!';

/// The least of what the others may be made of, which may have spaces: RFC 6749 appendix A.12 allows
/// an access token, and OpenID Connect Core section 2 a `sub`, any printable ASCII.
const PRINTABLE: u8 = b' ';

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'h>(lines: &[(&str, &'h [u8])]) -> Result<OidcHeaders<'h>, AuthenticateError> {
        OidcHeaders::from_lookup(|name| {
            lines
                .iter()
                .filter(move |(line, _)| *line == name)
                .map(|(_, value)| *value)
                .collect::<Vec<_>>()
        })
    }

    fn fault(lines: &[(&str, &[u8])]) -> (&'static str, HeaderFault) {
        match read(lines) {
            Err(AuthenticateError::Headers(error)) => (error.header(), error.fault()),
            other => panic!("expected a fault of the headers, got {other:?}"),
        }
    }

    const DATA: &str = OidcHeaders::DATA;
    const IDENTITY: &str = OidcHeaders::IDENTITY;
    const ACCESS_TOKEN: &str = OidcHeaders::ACCESS_TOKEN;

    #[test]
    fn no_header_at_all_is_missing_and_nothing_else_is() {
        assert_eq!(read(&[]).unwrap_err(), AuthenticateError::Missing);
        for name in [DATA, IDENTITY, ACCESS_TOKEN] {
            assert_eq!(fault(&[(name, b"")]), (name, HeaderFault::Empty));
            for blank in [&b" "[..], b"    ", b"\t"] {
                assert_eq!(fault(&[(name, blank)]), (name, HeaderFault::Characters));
            }
        }
    }

    #[test]
    fn a_second_value_is_refused_whatever_the_two_say() {
        for name in [DATA, IDENTITY, ACCESS_TOKEN] {
            for pair in [[&b"a"[..], b"b"], [b"a", b"a"], [b"", b"a"]] {
                let lines = [(DATA, &b"d"[..]), (name, pair[0]), (name, pair[1])];
                let lines = if name == DATA {
                    &lines[1..]
                } else {
                    &lines[..]
                };
                assert_eq!(fault(lines), (name, HeaderFault::Duplicate));
            }
        }
    }

    #[test]
    fn the_plain_headers_need_the_signed_one() {
        assert_eq!(
            fault(&[(IDENTITY, b"alice")]),
            (IDENTITY, HeaderFault::WithoutData)
        );
        assert_eq!(
            fault(&[(ACCESS_TOKEN, b"opaque")]),
            (ACCESS_TOKEN, HeaderFault::WithoutData)
        );
        assert!(read(&[(DATA, b"a.b.c")]).is_ok());
    }

    #[test]
    fn the_limit_is_16_k_and_is_checked_before_anything_is_read() {
        let longest = vec![b'a'; OidcHeaders::MAX_BYTES];
        assert!(read(&[(DATA, &longest)]).is_ok());
        for length in [OidcHeaders::MAX_BYTES + 1, 1 << 20] {
            let long = vec![0xff; length];
            assert_eq!(fault(&[(DATA, &long)]), (DATA, HeaderFault::TooLarge));
        }
    }

    #[test]
    fn only_printable_ascii_is_read_and_the_token_has_no_spaces() {
        for value in [&b"a\xffb"[..], b"a\x7fb", b"a\0b", b"a\tb", "é".as_bytes()] {
            for name in [DATA, IDENTITY, ACCESS_TOKEN] {
                let lines = [(DATA, &b"d"[..]), (name, value)];
                let lines = if name == DATA {
                    &lines[1..]
                } else {
                    &lines[..]
                };
                assert_eq!(fault(lines), (name, HeaderFault::Characters));
            }
        }
        assert_eq!(fault(&[(DATA, b"a b")]), (DATA, HeaderFault::Characters));
        assert!(read(&[(DATA, b"d"), (IDENTITY, b"a b")]).is_ok());
        assert!(read(&[(DATA, b"!~"), (IDENTITY, b" ~"), (ACCESS_TOKEN, b" ~")]).is_ok());
    }

    #[test]
    fn a_wrong_byte_is_found_wherever_it_stands() {
        for length in 1..=97 {
            for place in 0..length {
                let mut value = vec![b'a'; length];
                assert!(read(&[(DATA, &value)]).is_ok());
                for wrong in [0, b' ', 0x7f, 0x80, 0xff] {
                    value[place] = wrong;
                    assert_eq!(fault(&[(DATA, &value)]), (DATA, HeaderFault::Characters));
                    let lines = [(DATA, &b"d"[..]), (IDENTITY, &value)];
                    // Others may have spaces, but be no blank.
                    let may_be = wrong == b' ' && length > 1;
                    assert_eq!(read(&lines).is_ok(), may_be, "{}", value.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let headers = read(&[
            (DATA, b"canary"),
            (IDENTITY, b"canary"),
            (ACCESS_TOKEN, b"canary"),
        ]);
        assert_eq!(
            format!("{:?}", headers.unwrap()),
            "OidcHeaders { data_bytes: 6, has_identity: true, has_access_token: true }"
        );
    }
}
