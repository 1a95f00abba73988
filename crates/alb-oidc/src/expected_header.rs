//! The header that a rule expects, as it is encoded.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base64url;
use crate::jose::{JoseHeader, KeyId, USUAL, Validity};
use crate::json::{self, Value};
use crate::policy::{FittingHeader, TrustedNames, TrustedRule};

/// The header that a load balancer writes for a rule, known but for the id of its key and its expiry:
/// so that nothing else of it has to be decoded, read and compared for each request.
///
/// What is recognized is what would be read: the two values are judged by what judges them in any
/// header, and all the rest is equal, digit for digit, to what was read when the rule was made.
#[derive(Clone)]
pub(crate) struct ExpectedHeader {
    names: Arc<TrustedNames>,
    /// The digits before the group in which the key id begins.
    before: Arc<[u8]>,
    /// The digits between the groups of the key id and those of the expiry.
    between: Arc<[u8]>,
    /// What stands before the expiry in its first group.
    before_expiry: Arc<[u8]>,
}

impl ExpectedHeader {
    /// `None` if the rule leaves more than that open, or has a text with characters to be escaped.
    pub(crate) fn of(rule: &TrustedRule) -> Option<Self> {
        let (issuer, client) = (rule.issuer()?.as_str(), rule.client()?.as_str());
        let signer = rule.signer().as_exact()?.to_string();
        let [before, before_issuer, before_client, before_signer] = USUAL.before_strings;
        let key_id = KeyId::from_bytes([0; 16]).to_string();
        let text = [
            before,
            &key_id,
            before_issuer,
            issuer,
            before_client,
            client,
            before_signer,
            &signer,
            USUAL.before_number,
        ];
        let text = text.concat();
        // Whatever has been put into it, it must say what the rule names.
        let header = JoseHeader::parse(format!("{text}0}}").into()).ok()?;
        if !rule.fits(&header) {
            return None;
        }
        let (before, rest) = text.as_bytes().split_at_checked(BEFORE_KEY_ID)?;
        let (_, rest) = rest.split_at_checked(AROUND_KEY_ID)?;
        let (between, before_expiry) = rest.split_at_checked(rest.len() / 3 * 3)?;
        let encode = |bytes| URL_SAFE_NO_PAD.encode(bytes).into_bytes().into();
        Some(Self {
            names: Arc::new(rule.names_in(&header)),
            before: encode(before),
            between: encode(between),
            before_expiry: before_expiry.into(),
        })
    }

    /// The names in it.
    pub(crate) const fn names(&self) -> &Arc<TrustedNames> {
        &self.names
    }

    /// What this header says, if it is the expected one.
    pub(crate) fn recognize(&self, encoded: &[u8]) -> Option<FittingHeader> {
        let rest = encoded.strip_prefix(&*self.before)?;
        let (key_id, rest) = rest.split_at_checked(AROUND_KEY_ID / 3 * 4)?;
        let expiry = rest.strip_prefix(&*self.between)?;
        let mut bytes = [0; EXPIRY];
        let expiry = base64url::decode_within(&mut bytes, expiry).ok()??;
        let expiry = expiry.strip_prefix(&*self.before_expiry)?;
        let expiry = json::natural(expiry.strip_suffix(b"}")?)?;
        let expires_at = Value::Natural(expiry).time("exp").ok()?;
        let mut bytes = [0; AROUND_KEY_ID];
        let key_id = base64url::decode_within(&mut bytes, key_id).ok()??;
        let key_id = key_id.strip_prefix(b":\"")?.strip_suffix(b"\"")?;
        let key_id = KeyId::parse(key_id).ok()?;
        let validity = Validity::until(expires_at);
        Some(FittingHeader::new(self.names.clone(), key_id, validity))
    }
}

/// How many bytes stand before the group of three in which the key id begins.
const BEFORE_KEY_ID: usize = {
    let [before, ..] = USUAL.before_strings;
    before.len() / 3 * 3
};
/// How many bytes the groups have in which the key id stands: its own, `:"` before and `"` behind it.
const AROUND_KEY_ID: usize = KeyId::LENGTH + 3;
/// Two bytes before it, an integer of 64 bits and the brace.
const EXPIRY: usize = 2 + 20 + 1;

// Otherwise nothing would be recognized.
const _: () = {
    let [before, ..] = USUAL.before_strings;
    assert!(before.len() - BEFORE_KEY_ID == 2 && AROUND_KEY_ID.is_multiple_of(3));
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::danger;
    use crate::policy::{ClientId, Issuer, Signer};
    use crate::time::UnixTime;
    use alb_oidc_testkit::SimulatedAlb;
    use base64::engine::general_purpose::URL_SAFE;
    use proptest::prelude::*;
    use proptest::sample::Index;

    const SIGNER: &str = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/shop/50dc6c495c0c9188";
    const KEY_ID: &str = "00000000-0000-4000-8000-00000000002a";

    fn signer() -> Signer {
        Signer::exact(SIGNER.parse().unwrap())
    }

    fn rule(issuer: &str, client: &str) -> TrustedRule {
        let (issuer, client) = (issuer.parse().unwrap(), client.parse().unwrap());
        TrustedRule::new(signer(), issuer, client)
    }

    fn expecting(rule: TrustedRule) -> (TrustedRule, ExpectedHeader) {
        let expected = ExpectedHeader::of(&rule).unwrap();
        (rule, expected)
    }

    fn header([key_id, issuer, client, signer, expiry]: [&str; 5]) -> String {
        format!(
            r#"{{"typ":"JWT","kid":"{key_id}","alg":"ES256","iss":"{issuer}","client":"{client}","signer":"{signer}","exp":{expiry}}}"#
        )
    }

    type Said = (KeyId, Validity, String, Issuer, ClientId);

    fn said(key_id: KeyId, validity: Validity, names: &TrustedNames) -> Said {
        let (issuer, client) = (names.issuer.clone(), names.client.clone());
        (key_id, validity, names.signer.to_string(), issuer, client)
    }

    /// What an encoded header says that fits the rule, decoded and read.
    fn read(rule: &TrustedRule, encoded: &[u8]) -> Option<Said> {
        let header = JoseHeader::parse(base64url::decode(encoded).ok()?).ok()?;
        let names = rule.fits(&header).then(|| rule.names_in(&header))?;
        Some(said(header.key_id, header.validity, &names))
    }

    /// Whether it is recognized, which is to come to what reading it comes to.
    fn compare((rule, expected): &(TrustedRule, ExpectedHeader), encoded: &str) -> bool {
        let recognized = expected.recognize(encoded.as_bytes());
        if let Some(recognized) = &recognized {
            let names = recognized.names();
            let recognized = said(recognized.key_id(), recognized.validity(), names);
            assert_eq!(
                Some(recognized),
                read(rule, encoded.as_bytes()),
                "{encoded}"
            );
        }
        recognized.is_some()
    }

    const ISSUER: &str = "https://example.com";

    #[test]
    fn the_header_of_a_load_balancer_is_recognized_whatever_its_lengths_are() {
        // The expiry begins in each place of a group.
        for client in ["c", "cl", "cli", "clie"] {
            let rule = expecting(rule(ISSUER, client));
            for expiry in ["0", "1", "1900000000", "253402300799"] {
                let header = header([KEY_ID, ISSUER, client, SIGNER, expiry]);
                assert!(compare(&rule, &URL_SAFE.encode(&header)), "{header}");
                assert!(compare(&rule, &URL_SAFE_NO_PAD.encode(&header)), "{header}");
            }
        }
        let alb = SimulatedAlb::new();
        let header = alb.header(alb_oidc::UnixTime::from_secs(1_900_000_000));
        let read = JoseHeader::parse(header.clone().into()).unwrap();
        let signer = Signer::exact(*read.untrusted_signer());
        let issuer = read.untrusted_issuer().parse().unwrap();
        let client = read.untrusted_client().parse().unwrap();
        let rule = expecting(TrustedRule::new(signer, issuer, client));
        assert!(compare(&rule, &URL_SAFE.encode(header)));
    }

    #[test]
    fn nothing_else_is_recognized() {
        let rule = expecting(rule(ISSUER, "client"));
        let good = [KEY_ID, ISSUER, "client", SIGNER, "1900000000"];
        let with = |gap: usize, value| {
            let mut values = good;
            values[gap] = value;
            header(values)
        };
        let other_signer = SIGNER.replace("9188", "9189");
        let others = [
            with(0, "00000000-0000-4000-8000-00000000002A"),
            with(0, "00000000-0000-4000-8000-0000000000 a"),
            with(0, "00000000x0000-4000-8000-00000000002a"),
            with(0, "00000000-0000-4000-8000-00000000002"),
            with(0, "00000000-0000-4000-8000-0000000000-2a"),
            with(0, r"\u003000000-0000-4000-8000-00000000002a"),
            with(1, "https://example.org"),
            with(1, "https://example.com/"),
            with(1, r"https:\/\/example.com"),
            with(2, "clienT"),
            with(2, ""),
            with(3, &other_signer),
            with(4, ""),
            with(4, "00"),
            with(4, "01900000000"),
            with(4, "-1"),
            with(4, "+1"),
            with(4, "1.0"),
            with(4, "1e9"),
            with(4, " 1"),
            with(4, "1 "),
            with(4, "253402300800"),
            with(4, "18446744073709551615"),
            with(4, "18446744073709551616"),
            with(4, "100000000000000000000"),
            with(4, r#""1900000000""#),
            with(4, r#"1900000000,"exp":1"#),
            with(4, r#"1900000000,"nbf":1"#),
            with(4, "1900000000}"),
            format!("{} ", header(good)),
            format!(" {}", header(good)),
            header(good).replace("JWT", "jwt"),
            header(good).replace("ES256", "none"),
            String::new(),
        ];
        for header in &others {
            assert!(!compare(&rule, &URL_SAFE.encode(header)), "{header}");
        }
    }

    #[test]
    fn no_byte_of_it_may_be_another() {
        let rule = expecting(rule(ISSUER, "client"));
        let good = header([KEY_ID, ISSUER, "client", SIGNER, "1900000000"]);
        let start_of = |text| good.find(text).unwrap();
        let (key_id, expiry) = (start_of(KEY_ID), start_of("1900000000"));
        let is_open = |place| {
            (key_id..key_id + 36).contains(&place) || (expiry..expiry + 10).contains(&place)
        };
        for (place, right) in good.bytes().enumerate() {
            let mut bytes = good.clone().into_bytes();
            for byte in (0..=u8::MAX).filter(|byte| *byte != right) {
                bytes[place] = byte;
                let is_recognized = compare(&rule, &URL_SAFE.encode(&bytes));
                assert!(!is_recognized || is_open(place), "{}", bytes.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_not_canonical_is_not_recognized() {
        // One byte, two and three in the last group.
        for expiry in ["1900000000", "190000000", "19000000"] {
            let rule = expecting(rule(ISSUER, "client"));
            let header = header([KEY_ID, ISSUER, "client", SIGNER, expiry]);
            let encoded = URL_SAFE_NO_PAD.encode(&header);
            assert!(compare(&rule, &encoded));
            let missing = (4 - encoded.len() % 4) % 4;
            for padding in (0..4).filter(|padding| *padding != 0 && *padding != missing) {
                let padded = format!("{encoded}{}", "=".repeat(padding));
                assert!(!compare(&rule, &padded), "{padded}");
            }
            // A bit that stands for nothing.
            if missing > 0 {
                let (rest, last) = encoded.split_at(encoded.len() - 1);
                let stray = (last.as_bytes()[0] + 1) as char;
                assert!(!compare(&rule, &format!("{rest}{stray}")), "{encoded}");
            }
            for place in 0..encoded.len() {
                for wrong in ["=", ".", "+", "/", "\0", "\u{7f}"] {
                    let mut broken = encoded.clone();
                    broken.replace_range(place..=place, wrong);
                    assert!(!compare(&rule, &broken), "{broken}");
                }
                let whole = compare(&rule, &encoded[..place]);
                assert!(!whole, "{}", &encoded[..place]);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_nearly_expected_is_recognized_only_if_it_reads_the_same(
            place: Index,
            removed in 0..6_usize,
            added in "[A-Za-z0-9_=-]{0,6}",
            client in "[a-z]{1,4}",
        ) {
            let rule = expecting(rule(ISSUER, &client));
            let mut encoded = URL_SAFE.encode(header([KEY_ID, ISSUER, &client, SIGNER, "1900000000"]));
            let start = place.index(encoded.len() + 1);
            let end = (start + removed).min(encoded.len());
            encoded.replace_range(start..end, &added);
            compare(&rule, &encoded);
        }

        #[test]
        fn key_ids_and_expiries_are_read_as_in_any_header(
            key_id in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            expiry in 0..=UnixTime::MAX.as_secs(),
            client in "[a-z]{1,4}",
        ) {
            let rule = expecting(rule(ISSUER, &client));
            let header = header([&key_id, ISSUER, &client, SIGNER, &expiry.to_string()]);
            prop_assert!(compare(&rule, &URL_SAFE.encode(header)));
        }
    }

    #[test]
    fn a_rule_that_leaves_more_open_expects_no_header() {
        let named = Signer::named(
            "eu-west-1".parse().unwrap(),
            "000000000000".parse().unwrap(),
            "shop".parse().unwrap(),
        );
        let (issuer, client) = (
            || Issuer::new(ISSUER).unwrap(),
            || ClientId::new("client").unwrap(),
        );
        for rule in [
            TrustedRule::new(named, issuer(), client()),
            danger::any_client(signer(), issuer()),
            danger::any_issuer(signer(), client()),
            danger::any_issuer_and_client(signer()),
        ] {
            assert!(ExpectedHeader::of(&rule).is_none(), "{rule:?}");
        }
    }

    #[test]
    fn a_name_that_would_be_something_else_in_json_makes_no_expected_header() {
        for client in [
            r#"a""#,
            r"a\",
            r"a\n",
            r"\u0061",
            r#"a","signer":"b"#,
            r#"a","exp":1,"x":""#,
            r#"a","client":"a"#,
        ] {
            let rule = rule(ISSUER, client);
            assert!(ExpectedHeader::of(&rule).is_none(), "{client}");
        }
    }
}
