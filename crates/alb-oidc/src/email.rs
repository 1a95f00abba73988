//! E-mail addresses, as far as they can be compared.

/// An address of which it is certain where its domain begins: `local@domain` in ASCII, the local
/// part of letters, digits and those signs that need no quotes (`atext` and dots,
/// [RFC 5322 section 3.2.3](https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3)), the domain a
/// name.
///
/// What else mail systems may know (quoted local parts, comments, address literals, international
/// addresses) is not read at all, for two programs could read it in two ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmailAddress<'a> {
    text: &'a str,
    domain: &'a str,
}

impl<'a> EmailAddress<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let is_local = (1..=MAX_LOCAL).contains(&local.len()) && local.bytes().all(is_local_byte);
        (is_local && is_domain(domain)).then_some(Self { text, domain })
    }

    /// Whether it is this address. No mail system gives two people addresses that differ in the
    /// case of ASCII letters alone, so that case does not matter.
    pub(crate) fn is(self, address: &str) -> bool {
        self.text.eq_ignore_ascii_case(address)
    }

    /// Whether it is an address of this very domain, which is not one below it.
    pub(crate) fn is_at(self, domain: &str) -> bool {
        self.domain.eq_ignore_ascii_case(domain)
    }
}

/// Whether this is the name of a domain, in ASCII and without a dot at its end ([RFC 1123 section
/// 2.1](https://www.rfc-editor.org/rfc/rfc1123#section-2.1), [RFC 1035 section
/// 2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
pub(crate) fn is_domain(text: &str) -> bool {
    text.len() <= MAX_DOMAIN && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// [RFC 5321 section 4.5.3.1.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// 255 octets on the wire.
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_only_if_its_domain_is_certain() {
        let (long, longest) = ("a".repeat(65), "a".repeat(64));
        let label = "b".repeat(63);
        let domain = [&*label; 4].join(".");
        let longest_domain = &domain[2..];
        for (text, at) in [
            ("a@example.com", Some("example.com")),
            ("a@EXAMPLE.com", Some("EXAMPLE.com")),
            ("first.last+tag@example.com", Some("example.com")),
            ("a..b.@example.com", Some("example.com")),
            (
                "!#$%&'*+-/=?^_`{|}~@xn--exmple-cua.com",
                Some("xn--exmple-cua.com"),
            ),
            ("a@localhost", Some("localhost")),
            ("a@1.2", Some("1.2")),
            (&format!("{longest}@b.c"), Some("b.c")),
            (&format!("a@{longest_domain}"), Some(longest_domain)),
            (&format!("{long}@b.c"), None),
            (&format!("a@b{longest_domain}"), None),
            (&format!("a@b{label}.c"), None),
            ("", None),
            ("example.com", None),
            ("@example.com", None),
            ("a@", None),
            ("a@b@example.com", None),
            ("a@@example.com", None),
            ("\"a\"@example.com", None),
            ("\"a@example.com\"@evil.org", None),
            ("\"a@evil.org\"@example.com", None),
            ("a(b)@example.com", None),
            ("a@(b)example.com", None),
            ("<a@example.com>", None),
            ("A <a@example.com>", None),
            ("a@example.com,b@example.com", None),
            ("a@example.com;b@example.com", None),
            ("mailto:a@example.com", None),
            ("a@example.com ", None),
            (" a@example.com", None),
            ("a @example.com", None),
            ("a@example.com\n", None),
            ("a\r\n@example.com", None),
            ("a\0@example.com", None),
            ("a@example.com\0", None),
            ("a@example.com\0.evil.org", None),
            ("a@example.com.", None),
            ("a@.example.com", None),
            ("a@example..com", None),
            ("a@-example.com", None),
            ("a@example-.com", None),
            ("a@exam_ple.com", None),
            ("a@[192.0.2.1]", None),
            ("a@example.com:25", None),
            ("a@exämple.com", None),
            ("a@ex\u{430}mple.com", None),
            ("a@example\u{3002}com", None),
            ("a\u{ff20}example.com", None),
            ("a@example.com\u{200b}", None),
            ("ä@example.com", None),
        ] {
            let read = EmailAddress::parse(text).map(|address| address.domain);
            assert_eq!(read, at, "{text:?}");
        }
    }

    #[test]
    fn case_is_ignored_in_ascii_and_nowhere_else() {
        let address = EmailAddress::parse("K.i@Example.com").unwrap();
        assert!(address.is("k.I@eXAMPLE.COM") && address.is_at("example.COM"));
        // The Kelvin sign and the dotless i are no letters of ASCII, whatever their other case is.
        assert!(!address.is("\u{212a}.i@example.com") && !address.is("k.\u{131}@example.com"));
        assert!(!address.is_at("sub.example.com") && !address.is_at("ple.com"));
        assert!(!address.is_at("com") && !address.is("i@example.com"));
    }
}
