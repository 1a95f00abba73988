//! What must not be seen anywhere, in all the spellings that it could be seen in.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What to look for, and the text that was planted.
#[derive(Default)]
pub(crate) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// A secret that is found in plain, reversed, in hexadecimal, percent-encoded, as a list of
    /// bytes, and inside of anything that is base64.
    pub(crate) fn plant(&mut self, secret: &str) {
        assert!(secret.len() >= 5, "{secret:?} could be found by chance");
        for spelling in spellings(secret) {
            self.0.insert(spelling, secret.to_owned());
        }
    }

    /// A token, of which not even the middle of a segment is to be seen.
    pub(crate) fn plant_token(&mut self, token: &str) {
        for segment in token.split('.').take(3) {
            let middle = segment.len() / 2;
            if let Some(middle) = segment.get(middle.saturating_sub(12)..middle + 12) {
                self.0.insert(middle.to_owned(), token.to_owned());
            }
        }
    }

    /// All that `other` has, too.
    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Fails if anything that was planted is in `text`.
    pub(crate) fn assert_absent(&self, place: &str, text: &str) {
        for (spelling, secret) in &self.0 {
            assert!(
                !text.contains(spelling),
                "{place} shows {secret:?} as {spelling:?}:\n{text}"
            );
        }
    }

    /// Looks at both ways to print a value for developers.
    pub(crate) fn assert_not_in_debug(&self, place: &str, value: &impl Debug) {
        self.assert_absent(place, &format!("{value:?}"));
        self.assert_absent(place, &format!("{value:#?}"));
    }

    /// Looks at an error and all that it names as its sources.
    pub(crate) fn assert_not_in_error(&self, place: &str, error: &(impl Error + 'static)) {
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            self.assert_absent(place, &format!("{error} {error:?} {error:#?}"));
            next = error.source();
        }
    }
}

fn spellings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = |join: &str| {
        let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.join(join)
    };
    let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
    let mut found = vec![
        secret.to_owned(),
        secret.chars().rev().collect(),
        secret.to_uppercase(),
        hex(""),
        hex("").to_uppercase(),
        hex(", "),
        hex("%"),
        hex("%").to_uppercase(),
        hex("\\x"),
        list.join(", "),
        list.join(",\n    "),
    ];
    for offset in 0..3 {
        // Of base64 digits, those that depend on the secret alone.
        let padded = [&b"???"[..offset], bytes].concat();
        let first = (8 * offset).div_ceil(6);
        let last = 8 * padded.len() / 6;
        for text in [
            STANDARD_NO_PAD.encode(&padded),
            URL_SAFE_NO_PAD.encode(&padded),
        ] {
            found.push(text[first..last].to_owned());
        }
    }
    found
}

#[test]
fn every_spelling_of_a_secret_is_found() {
    let mut secrets = Secrets::default();
    secrets.plant("canary?>");
    let texts = [
        "a canary?> sings".to_owned(),
        format!("{:?}", b"a canary?>"),
        format!("{:#?}", b"a canary?>"),
        URL_SAFE_NO_PAD.encode("canary?>"),
        URL_SAFE_NO_PAD.encode(r#"{"x":"canary?>"}"#),
        STANDARD_NO_PAD.encode("-canary?>-"),
        STANDARD_NO_PAD.encode("--canary?>-"),
        "%63%61%6E%61%72%79%3F%3E".to_owned(),
        "63616e6172793f3e".to_owned(),
    ];
    for text in texts {
        let seen = std::panic::catch_unwind(|| secrets.assert_absent("", &text)).is_err();
        assert!(seen, "{text}");
    }
    secrets.assert_absent("", "a robin");
}
