//! Any text as each part of a configuration.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use alb_oidc::danger::{any_issuer_and_client, plain_http_key_url};
use alb_oidc::{
    AccountId, ArnError, Authenticator, ClientId, ConfigError, FetchFuture, Issuer, KeyFetcher,
    KeyId, KeyResponse, KeyStore, KeyUrl, LoadBalancerArn, LoadBalancerName, OidcHeaders, Region,
    Signer, TrustPolicy,
};
use tokio::runtime::{Builder, Runtime};

use crate::grammar::{
    is_account, is_arn, is_client_id, is_key_id, is_name, is_region, partition_of,
};
use crate::signer::{ARN, NOW, StoppedClock};
use crate::spelling::encode;
use crate::url::{Url, is_issuer, is_key_url, is_plain_http_key_url, without_end};

/// Whatever text `data` is:
///
/// 1. As an ARN, a region, an account, a load balancer's name, an issuer, a
///    client id, a key id and a key URL it is accepted exactly if the reference
///    accepts it.
/// 2. What is accepted is shown as it was written, and is the same when it is
///    parsed again.
/// 3. No error repeats anything of the text.
/// 4. A policy that trusts the ARN is refused where it is not known where its
///    region's keys are; and where it is, the key is fetched from the
///    documented place.
/// 5. From a key URL a key is fetched under that URL and nowhere else, however
///    the HTTP client's parser reads it.
///
/// # Panics
///
/// If one of these does not hold.
pub fn config(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    check::<Region>(text, is_region);
    check::<AccountId>(text, is_account);
    check::<LoadBalancerName>(text, is_name);
    check::<Issuer>(text, is_issuer);
    check::<ClientId>(text, is_client_id);
    check::<KeyId>(text, is_key_id);
    let arn = check::<LoadBalancerArn>(text, is_arn);
    if text.contains(['*', '?']) {
        assert_eq!(text.parse::<LoadBalancerArn>(), Err(ArnError::Wildcard));
    }
    if let Some(arn) = arn {
        check_parts(&arn, text);
        check_endpoint(arn, text);
    }
    for (parse, is_acceptable) in KEY_URLS {
        repeats_nothing(text, parse);
        let parsed = parse(text);
        assert_eq!(parsed.is_ok(), is_acceptable(text), "{text:?} as a key URL");
        if let Ok(url) = parsed {
            assert_eq!(url.as_str(), without_end(text));
            assert_eq!(url.to_string(), url.as_str());
            assert_eq!(parse(url.as_str()).as_ref(), Ok(&url));
            check_fetched(&url);
        }
    }
}

type Parse = fn(&str) -> Result<KeyUrl, ConfigError>;
type Accept = fn(&str) -> bool;

const KEY_URLS: [(Parse, Accept); 2] = [
    (KeyUrl::new, is_key_url),
    (plain_http_key_url, is_plain_http_key_url),
];

/// Parses, compares with the reference, and goes there and back.
fn check<T>(text: &str, is_acceptable: fn(&str) -> bool) -> Option<T>
where
    T: FromStr<Err: Display + Debug> + Display + PartialEq,
{
    repeats_nothing(text, T::from_str);
    let parsed = text.parse::<T>().ok();
    let what = std::any::type_name::<T>();
    assert_eq!(parsed.is_some(), is_acceptable(text), "{text:?} as {what}");
    if let Some(value) = &parsed {
        assert_eq!(value.to_string(), text, "{what}");
        assert!(value.to_string().parse().ok().as_ref() == Some(value));
    }
    parsed
}

/// The error for a text with a canary in the middle of it does not show it.
fn repeats_nothing<T, E: Display + Debug>(text: &str, parse: impl Fn(&str) -> Result<T, E>) {
    let half = text.chars().count() / 2;
    let before: String = text.chars().take(half).collect();
    let after = text.strip_prefix(&before).unwrap_or_default();
    if let Err(error) = parse(&format!("{before}{CANARY}{after}")) {
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.to_ascii_lowercase().contains(CANARY), "{shown}");
    }
}

fn check_parts(arn: &LoadBalancerArn, text: &str) {
    let parts: Vec<&str> = text.split([':', '/']).collect();
    let part = |index: usize| parts.get(index).copied();
    assert_eq!(Some(arn.partition().as_str()), part(1));
    assert_eq!(Some(arn.region().as_str()), part(3));
    assert_eq!(Some(&*arn.account().to_string()), part(4));
    assert_eq!(Some(arn.name().as_str()), part(7));
}

/// Whether AWS's own endpoint is used, and which it is.
fn check_endpoint(arn: LoadBalancerArn, text: &str) {
    let account = text.split(':').nth(4).unwrap_or_default();
    let region = text.split(':').nth(3).unwrap_or_default();
    let base = match partition_of(region) {
        "aws" => Some(format!(
            "https://public-keys.auth.elb.{region}.amazonaws.com"
        )),
        "aws-us-gov" => Some(format!(
            "https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
        )),
        _ => None,
    };
    // The simulator's keys are not AWS's.
    let base = base.filter(|_| account != "000000000000");
    assert_eq!(
        fetched(arn, None),
        base.map(|base| format!("{base}/{KEY_ID}"))
    );
}

fn check_fetched(url: &KeyUrl) {
    let arn = ARN.parse().expect("the ARN is one");
    let fetched = fetched(arn, Some(url.clone())).expect("the endpoint is known");
    assert_eq!(fetched, format!("{url}/{KEY_ID}"));
    let ours = Url::read(&fetched).expect("a key's URL is a URL");
    // Not every host of the right characters is one, and what is none is not fetched from.
    let Ok(theirs) = url::Url::parse(&fetched) else {
        return;
    };
    assert_eq!(theirs.scheme(), ours.scheme);
    assert_eq!((theirs.username(), theirs.password()), ("", None));
    assert_eq!((theirs.query(), theirs.fragment()), (None, None));
    let port = ours
        .port
        .map(|port| port.parse().expect("a port is a number"));
    let default = if ours.scheme == "https" { 443 } else { 80 };
    assert_eq!(
        theirs.port_or_known_default(),
        Some(port.unwrap_or(default))
    );
    assert_eq!(theirs.path(), ours.path);
    match theirs.host() {
        Some(url::Host::Domain(host)) => assert_eq!(host, ours.host.to_ascii_lowercase()),
        Some(url::Host::Ipv4(address)) => {
            // One number or two stand for an address too, but only where it cannot be mistaken for
            // a loopback host.
            let is_spelled_out = address.to_string() == ours.host;
            assert!(is_spelled_out || ours.scheme == "https" || !is_key_url(&fetched));
        }
        Some(url::Host::Ipv6(_)) => assert!(ours.host.starts_with('[')),
        None => panic!("{theirs} has no host"),
    }
}

/// The URL that a key is fetched from for a token of this load balancer; `None`
/// if there can be no such authenticator.
fn fetched(arn: LoadBalancerArn, url: Option<KeyUrl>) -> Option<String> {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let fetcher = Fetcher::default();
            let mut store = KeyStore::builder(fetcher.clone());
            if let Some(url) = url {
                store = store.key_url(url).expect("it has been parsed");
            }
            let rule = any_issuer_and_client(Signer::exact(arn));
            let authenticator = Authenticator::builder(TrustPolicy::from(rule))
                .key_store(store.build().expect("the numbers are the defaults"))
                .clock(StoppedClock)
                .build()
                .ok()?;
            let expires_at = NOW.as_secs() + 120;
            let header = format!(
                r#"{{"kid":"{KEY_ID}","alg":"ES256","iss":"","client":"","signer":"{arn}","exp":{expires_at}}}"#
            );
            let token = format!("{}.e30=.{}", encode(header.as_bytes()), encode(&[1; 64]));
            let headers = OidcHeaders::from_lookup(|name| {
                (name == OidcHeaders::DATA).then_some(token.as_bytes())
            });
            let decision = authenticator.authenticate(headers).await;
            assert!(decision.is_err(), "let in without a key");
            let asked = fetcher.0.lock().unwrap_or_else(PoisonError::into_inner);
            assert_eq!(asked.len(), 1, "{asked:?}");
            asked.first().cloned()
        })
    })
}

/// Remembers what it was asked for, and has nothing.
#[derive(Clone, Debug, Default)]
struct Fetcher(Arc<Mutex<Vec<String>>>);

impl KeyFetcher for Fetcher {
    fn fetch(&self, url: String, _: usize) -> FetchFuture {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(url);
        Box::pin(async { Ok(KeyResponse::new(404, Vec::new())) })
    }
}

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime needs nothing");
}

const KEY_ID: &str = "01234567-89ab-4def-8123-456789abcdef";
const CANARY: &str = "qzcanaryzq";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn accepted(is_acceptable: fn(&str) -> bool) -> Vec<String> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/config");
        let mut accepted = Vec::new();
        for file in fs::read_dir(corpus).unwrap() {
            let file = file.unwrap();
            let text = fs::read(file.path()).unwrap();
            if is_acceptable(&String::from_utf8_lossy(&text)) {
                accepted.push(file.file_name().into_string().unwrap());
            }
        }
        accepted.sort();
        accepted
    }

    #[test]
    fn the_reference_accepts_these_of_the_corpus_and_no_others() {
        let arns = [
            "arn",
            "arn-of-china",
            "arn-of-govcloud",
            "arn-of-iso-b",
            "arn-of-the-simulator",
            "arn-of-the-sovereign-cloud",
            "arn-with-the-longest-name",
        ];
        assert_eq!(accepted(is_arn), arns);
        let regions = ["region", "region-as-long-as-may-be", "region-of-two-digits"];
        assert_eq!(accepted(is_region), regions);
        let key_urls = [
            "issuer-of-auth0",
            "issuer-of-cognito",
            "url-all-marks",
            "url-bad-punycode",
            "url-hex-as-host",
            "url-host-in-upper-case",
            "url-ipv6",
            "url-ipv6-with-ipv4",
            "url-localhost",
            "url-loopback",
            "url-loopback-ipv6",
            "url-mirror",
            "url-number-as-host",
            "url-port-with-zeros",
            "url-punycode",
            "url-two-slashes",
            "url-two-slashes-at-the-end",
        ];
        assert_eq!(accepted(is_key_url), key_urls);
    }
}
