//! The manual's page of defaults against the code: each number that it gives is the code's, and each
//! limit of the code is on it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alb_oidc::{
    ConfigError, FetchFuture, KeyFetcher, KeyStore, KeyStoreSettings, OidcHeaders, TrustPolicy,
    UnixTime,
};

const PAGE: &str = include_str!("../src/manual/defaults.rs");

#[test]
fn each_setting_of_the_key_store_is_on_the_page_with_its_default() {
    // `KeyStoreSettings { soft_lifetime: 3600s, … }`
    let shown = format!("{:?}", KeyStoreSettings::default());
    let (_, fields) = shown.split_once("{ ").unwrap();
    let code: BTreeMap<_, _> = fields
        .trim_end_matches(" }")
        .split(", ")
        .map(|field| field.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), number(value.trim_end_matches('s'))))
        .collect();
    assert_eq!(code.len(), 17, "{shown}");
    let page: BTreeMap<_, _> = section("Key store")
        .into_iter()
        .map(|[setting, default, ..]| (names(&setting).remove(0), quantity(&default)))
        .collect();
    assert_eq!(page, code);
}

#[test]
fn each_constant_that_is_a_limit_is_on_the_page_with_its_value() {
    let mut page = BTreeMap::new();
    for title in [
        "Policy",
        "Headers and tokens",
        "What else is fixed",
        "Access tokens",
        "HTTP client",
    ] {
        for [_, value, _, name] in section(title) {
            let constant = names(&name).pop().unwrap();
            let previous = page.insert(constant, quantity(&value));
            assert_eq!(previous, None, "{name} is there twice");
        }
    }
    // What anybody can read.
    for (name, value) in [
        (
            "TrustPolicy::DEFAULT_LEEWAY",
            TrustPolicy::DEFAULT_LEEWAY.as_secs(),
        ),
        ("TrustPolicy::MAX_LEEWAY", TrustPolicy::MAX_LEEWAY.as_secs()),
        ("OidcHeaders::MAX_BYTES", OidcHeaders::MAX_BYTES as u64),
        ("UnixTime::MAX", UnixTime::MAX.as_secs()),
    ] {
        assert_eq!(
            page.remove(name),
            Some(number(&value.to_string())),
            "{name}"
        );
    }
    // What is the crate's own is read in its source.
    assert_eq!(page, constants());
}

#[test]
fn ranges_are_as_the_page_says() {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let minute = Duration::from_secs(60);
    let (tick, second) = (Duration::from_nanos(1), Duration::from_secs(1));
    let settings = KeyStoreSettings::default;
    for (name, range, within, beyond) in [
        (
            "hard_lifetime",
            "`soft_lifetime` to 24 hours",
            [
                settings().hard_lifetime(hours(1)),
                settings().hard_lifetime(hours(24)),
            ],
            [
                settings().hard_lifetime(hours(1) - tick),
                settings().hard_lifetime(hours(24) + tick),
            ],
        ),
        (
            "refresh_interval",
            "1 millisecond to `hard_lifetime`",
            [
                settings().refresh_interval(Duration::from_millis(1)),
                settings().refresh_interval(hours(24)),
            ],
            [
                settings().refresh_interval(Duration::from_millis(1) - tick),
                settings().refresh_interval(hours(24) + tick),
            ],
        ),
        (
            "flight_timeout",
            "`exchange_timeout` to 60 seconds",
            [
                settings().flight_timeout(3 * second),
                settings().flight_timeout(minute),
            ],
            [
                settings().flight_timeout(3 * second - tick),
                settings().flight_timeout(minute + tick),
            ],
        ),
        (
            "max_backoff",
            "`min_backoff` to 60 seconds",
            [
                settings().max_backoff(second),
                settings().max_backoff(minute),
            ],
            [
                settings().max_backoff(second - tick),
                settings().max_backoff(minute + tick),
            ],
        ),
        (
            "budget_burst",
            "1 to 1,000",
            [settings().budget_burst(1), settings().budget_burst(1000)],
            [settings().budget_burst(0), settings().budget_burst(1001)],
        ),
        (
            "budget_interval",
            "more than 0, to 60 seconds",
            [
                settings().budget_interval(tick),
                settings().budget_interval(minute),
            ],
            [
                settings().budget_interval(Duration::ZERO),
                settings().budget_interval(minute + tick),
            ],
        ),
    ] {
        let rows = section("Key store");
        let row = rows
            .iter()
            .find(|[setting, ..]| names(setting).contains(&name.to_owned()));
        assert_eq!(row.unwrap()[2], range);
        for settings in within {
            assert_eq!(build(settings), Ok(()), "{name}");
        }
        for settings in beyond {
            assert_eq!(build(settings), Err(ConfigError::Setting(name)));
        }
    }
}

fn build(settings: KeyStoreSettings) -> Result<(), ConfigError> {
    #[derive(Debug)]
    struct Nowhere;
    impl KeyFetcher for Nowhere {
        fn fetch(&self, _: String, _: usize) -> FetchFuture {
            Box::pin(std::future::pending())
        }
    }
    KeyStore::builder(Nowhere)
        .settings(settings)
        .build()
        .map(drop)
}

/// The rows of the table under this heading, without their links' targets.
fn section(title: &str) -> Vec<[String; 4]> {
    let heading = format!("//! # {title}");
    let lines = PAGE.lines().skip_while(|line| *line != heading).skip(1);
    let rows: Vec<_> = lines
        .take_while(|line| !line.starts_with("//! # "))
        .filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix('|'))
        .skip(1)
        .map(|row| {
            let cells: Vec<_> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
            cells
                .try_into()
                .unwrap_or_else(|_| panic!("not four cells: {row}"))
        })
        .collect();
    assert!(!rows.is_empty(), "{title}");
    rows
}

/// The names between backticks.
fn names(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// `3.2 seconds` is 3,200,000,000; `8 KiB` is 8192 and nine zeros, so that nothing is rounded.
fn quantity(text: &str) -> u128 {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let factor = match unit {
        "" | "second" | "seconds" => 1,
        "hour" | "hours" => 3600,
        "KiB" => 1024,
        other => panic!("what is {other:?}?"),
    };
    number(&digits.replace(',', "")) * factor
}

fn number(digits: &str) -> u128 {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{whole}{fraction:0<9}")
        .parse()
        .unwrap_or_else(|_| panic!("{digits:?} is no number"))
}

/// The constants of this crate's modules, outside of any `impl`, that are numbers or times.
fn constants() -> BTreeMap<String, u128> {
    let mut found = BTreeMap::new();
    let mut no_limits = NO_LIMITS.to_vec();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let folder = file.parent().unwrap();
        let module = match file.file_stem().unwrap().to_str().unwrap() {
            "mod" => folder.file_name().unwrap().to_str().unwrap(),
            module => module,
        };
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some((name, declared)) = constant(line) else {
                continue;
            };
            let name = format!("{module}::{name}");
            if let Some(known) = no_limits.iter().position(|known| *known == name) {
                no_limits.remove(known);
                continue;
            }
            let (kind, value) = declared.split_once(" =").unwrap_or((declared, ""));
            match kind {
                "Duration" | "usize" | "u8" | "u16" | "u32" | "u64" => {
                    found.insert(name, evaluate(value.trim().trim_end_matches(';')));
                }
                "Limits" => {
                    for field in lines.by_ref().take_while(|line| *line != "};") {
                        let (field, value) = field.trim().split_once(": ").unwrap();
                        let value = evaluate(value.trim_end_matches(','));
                        found.insert(format!("{name}.{field}"), value);
                    }
                }
                _ => {}
            }
        }
    }
    assert!(no_limits.is_empty(), "there are no {no_limits:?}");
    found
}

/// Numbers that are somebody's format, or how a thing is done.
const NO_LIMITS: [&str; 20] = [
    "base64url::FILLING",
    "base64url::INVALID",
    "base64url::ZERO",
    "claims::USUAL_CLAIMS",
    "email::MAX_DOMAIN",
    "email::MAX_LABEL",
    "email::MAX_LOCAL",
    "expected_header::AROUND_KEY_ID",
    "expected_header::BEFORE_KEY_ID",
    "expected_header::EXPIRY",
    "form::FORM_BYTES",
    "form::MAX_DIGITS",
    "headers::PRINTABLE",
    "headers::VISIBLE",
    "jwk::UNCOMPRESSED",
    "names::FIRST",
    "signature::PEM_DIGITS",
    "signature::PEM_LINE",
    "signature::SPKI_BYTES",
    "signature::UNCOMPRESSED",
];

/// `const NAME: KIND = VALUE` at the outermost level.
fn constant(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    line.strip_prefix("const ")?.split_once(": ")
}

/// `24 * 3600`, `Duration::from_millis(200)`, `16_384`.
fn evaluate(text: &str) -> u128 {
    for (start, parts) in [
        ("Duration::from_secs(", 1),
        ("Duration::from_millis(", 1000),
    ] {
        if let Some(inside) = text.strip_prefix(start) {
            return evaluate(inside.trim_end_matches(')')) / parts;
        }
    }
    let factors = text
        .split(" * ")
        .map(|factor| factor.replace('_', "").parse::<u128>().unwrap());
    factors.product::<u128>() * 1_000_000_000
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files
        .into_iter()
        .chain(folders.iter().flat_map(|folder| sources(folder)))
        .collect()
}
