//! Requests that somebody else's page may have sent: each way to try, and each way to be let through.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alb_oidc::{BrowserRequest, ConfigError, CrossOrigin, CsrfProtection};
use proptest::prelude::*;

type Lines<'r> = &'r [(&'r str, &'r [u8])];
type Decision = Result<(), CrossOrigin>;

const SITE: Decision = Err(CrossOrigin::Site);
const ORIGIN: Decision = Err(CrossOrigin::Origin);
const UNREADABLE: Decision = Err(CrossOrigin::Unreadable);

fn browser<'r>(
    method: &'r str,
    authority: Option<&'r str>,
    lines: Lines<'r>,
) -> BrowserRequest<'r> {
    BrowserRequest::from_lookup(method, authority, |name| {
        let lines = lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| *value).collect::<Vec<_>>()
    })
}

/// Asked at `app.example.com`, which trusts its own pages and those of the back office.
fn check(method: &str, lines: Lines<'_>) -> Decision {
    let csrf = CsrfProtection::new();
    let csrf = csrf.trust_origin("https://office.example.com").unwrap();
    let host: Lines<'_> = &[("host", b"app.example.com")];
    csrf.check(&browser(method, None, &[host, lines].concat()))
}

/// Of a browser that sends no `Sec-Fetch-Site`.
fn old_browser(origin: &[u8], host: &[u8]) -> Decision {
    let lines: Lines<'_> = &[("host", host), ("origin", origin)];
    CsrfProtection::new().check(&browser("POST", None, lines))
}

#[test]
fn safe_methods_pass_whoever_asks() {
    for method in ["GET", "HEAD", "OPTIONS"] {
        for lines in [
            &[][..],
            &[("sec-fetch-site", &b"cross-site"[..])],
            &[("origin", b"https://evil.example")],
            &[("origin", b"null"), ("origin", b"null")],
            &[("sec-fetch-site", b"cross-site"), ("upgrade", b"h2c")],
        ] {
            assert_eq!(check(method, lines), Ok(()), "{method} {lines:?}");
        }
    }
}

#[test]
fn every_other_method_is_checked_known_or_not() {
    for method in [
        "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "Post", "head", "oPTIONS",
        "QUERY", "PURGE", "GET ", "",
    ] {
        assert_eq!(
            check(method, &[("sec-fetch-site", b"cross-site")]),
            SITE,
            "{method}"
        );
        assert_eq!(check(method, &[("origin", b"null")]), ORIGIN, "{method}");
        assert_eq!(
            check(method, &[("sec-fetch-site", b"same-origin")]),
            Ok(()),
            "{method}"
        );
    }
}

#[test]
fn what_the_browser_says_of_the_site_decides() {
    for (site, decision) in [
        ("same-origin", Ok(())),
        ("none", Ok(())),
        ("same-site", SITE),
        ("cross-site", SITE),
        ("Same-Origin", SITE),
        ("same-origin, cross-site", SITE),
        ("null", SITE),
        ("", SITE),
    ] {
        let site: (&str, &[u8]) = ("sec-fetch-site", site.as_bytes());
        assert_eq!(check("POST", &[site]), decision, "{site:?}");
        // Whatever the origin: a form under the policy `no-referrer` has none, a page that was
        // reloaded has its own.
        for origin in ["null", "https://app.example.com", "https://evil.example"] {
            let lines = [site, ("origin", origin.as_bytes())];
            assert_eq!(check("POST", &lines), decision, "{site:?} {origin}");
        }
    }
}

#[test]
fn an_origin_that_is_trusted_passes_whatever_the_site() {
    for site in ["same-site", "cross-site"] {
        let site: (&str, &[u8]) = ("sec-fetch-site", site.as_bytes());
        for (origin, decision) in [
            ("https://office.example.com", Ok(())),
            ("https://office.example.com:443", Ok(())),
            ("https://OFFICE.example.com", Ok(())),
            ("https://office.example.com:8443", SITE),
            ("http://office.example.com", SITE),
            ("https://office.example.com.", SITE),
            ("https://office.example.com.evil.example", SITE),
            ("https://office.example.com@evil.example", SITE),
            ("https://evil.example", SITE),
            ("null", SITE),
        ] {
            let lines = [site, ("origin", origin.as_bytes())];
            assert_eq!(check("POST", &lines), decision, "{origin}");
        }
    }
    assert_eq!(
        check("POST", &[("origin", b"https://office.example.com")]),
        Ok(())
    );
}

#[test]
fn what_is_neither_from_a_page_nor_from_a_browser_passes() {
    assert_eq!(check("POST", &[]), Ok(()));
    assert_eq!(
        check("POST", &[("referer", b"https://evil.example/")]),
        Ok(())
    );
    assert_eq!(
        CsrfProtection::new().check(&browser("POST", None, &[])),
        Ok(())
    );
}

#[test]
fn a_header_that_is_there_twice_or_is_no_text_is_no_browsers() {
    for lines in [
        &[
            ("sec-fetch-site", &b"same-origin"[..]),
            ("sec-fetch-site", b"same-origin"),
        ][..],
        &[
            ("sec-fetch-site", b"same-origin"),
            ("sec-fetch-site", b"cross-site"),
        ],
        &[
            ("origin", b"https://app.example.com"),
            ("origin", b"https://app.example.com"),
        ],
        &[
            ("origin", b"https://office.example.com"),
            ("origin", b"https://evil.example"),
        ],
        &[
            ("sec-fetch-site", b"same-origin"),
            ("origin", b"a"),
            ("origin", b"b"),
        ],
        &[
            ("host", b"app.example.com"),
            ("sec-fetch-site", b"same-origin"),
        ],
        &[
            ("host", b"evil.example"),
            ("origin", b"https://evil.example"),
        ],
        &[("origin", b"https://app.example.com\xff")],
        &[("sec-fetch-site", b"\xff")],
        &[("sec-fetch-site", "crôss-site".as_bytes())],
    ] {
        assert_eq!(check("POST", lines), UNREADABLE, "{lines:?}");
    }
}

#[test]
fn a_websocket_is_checked_like_a_post() {
    for (upgrade, from_elsewhere) in [
        (
            &[("upgrade", &b"websocket"[..]), ("connection", b"Upgrade")][..],
            ORIGIN,
        ),
        (&[("upgrade", b"WebSocket")], ORIGIN),
        (&[("upgrade", b"h2c,websocket")], ORIGIN),
        (&[("sec-fetch-mode", b"websocket")], ORIGIN),
        (
            &[
                ("upgrade", b"h2c"),
                ("connection", b"Upgrade, HTTP2-Settings"),
            ],
            Ok(()),
        ),
    ] {
        let ask = |lines: Lines<'_>| check("GET", &[upgrade, lines].concat());
        assert_eq!(
            ask(&[("origin", b"https://evil.example")]),
            from_elsewhere,
            "{upgrade:?}"
        );
        assert_eq!(
            ask(&[("origin", b"https://app.example.com")]),
            Ok(()),
            "{upgrade:?}"
        );
        assert_eq!(
            ask(&[("origin", b"https://office.example.com")]),
            Ok(()),
            "{upgrade:?}"
        );
        assert_eq!(
            ask(&[("sec-fetch-site", b"same-origin")]),
            Ok(()),
            "{upgrade:?}"
        );
        assert_eq!(ask(&[]), Ok(()), "{upgrade:?}");
    }
    // One of HTTP/2.
    assert_eq!(
        check("CONNECT", &[("origin", b"https://evil.example")]),
        ORIGIN
    );
}

#[test]
fn without_a_site_the_origin_must_be_the_host_that_was_asked() {
    for (origin, host) in [
        ("https://app.example.com", "app.example.com"),
        ("https://app.example.com", "APP.example.com"),
        ("https://App.Example.Com", "app.example.com"),
        ("https://app.example.com", "app.example.com:443"),
        ("https://app.example.com:443", "app.example.com"),
        ("https://app.example.com:8443", "app.example.com:8443"),
        ("https://app.example.com.", "app.example.com."),
        ("https://xn--kche-0ra.example", "xn--kche-0ra.example"),
        ("https://192.0.2.1", "192.0.2.1"),
        ("https://[2001:db8::1]", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "[2001:DB8::1]:8443"),
        ("http://localhost:8080", "localhost:8080"),
        ("http://127.0.0.1", "127.0.0.1:80"),
        ("http://[::1]:8080", "[::1]:8080"),
    ] {
        let decision = old_browser(origin.as_bytes(), host.as_bytes());
        assert_eq!(decision, Ok(()), "{origin} at {host}");
    }
    for (origin, host) in [
        ("https://evil.example", "app.example.com"),
        ("https://app.example.com.evil.example", "app.example.com"),
        ("https://evil.example/app.example.com", "app.example.com"),
        ("https://evil-app.example.com", "app.example.com"),
        ("https://example.com", "app.example.com"),
        // A page that somebody on the way put there: the application has none on plain HTTP.
        ("http://app.example.com", "app.example.com"),
        ("http://app.example.com:443", "app.example.com:443"),
        ("https://app.example.com:8443", "app.example.com"),
        ("https://app.example.com", "app.example.com:8443"),
        ("https://app.example.com", "app.example.com:80"),
        ("https://app.example.com.", "app.example.com"),
        ("https://app.example.com", "app.example.com."),
        ("https://user@app.example.com", "app.example.com"),
        ("https://app.example.com@evil.example", "app.example.com"),
        ("https://app.example.com", "user@app.example.com"),
        ("https://app.example.com/", "app.example.com"),
        ("https://app.example.com?", "app.example.com"),
        (
            "https://app.example.com https://app.example.com",
            "app.example.com",
        ),
        (
            "https://app.example.com, https://app.example.com",
            "app.example.com",
        ),
        ("HTTPS://app.example.com", "app.example.com"),
        ("https://app%2eexample.com", "app%2eexample.com"),
        ("https:app.example.com", "app.example.com"),
        ("//app.example.com", "app.example.com"),
        ("app.example.com", "app.example.com"),
        ("wss://app.example.com", "app.example.com"),
        ("chrome-extension://abcdef", "abcdef"),
        ("file://", ""),
        ("null", "null"),
        ("null", "app.example.com"),
        ("", ""),
        ("https://", ""),
        ("https://app.example.com:", "app.example.com:"),
        ("https://app.example.com:0", "app.example.com:0"),
        ("https://app.example.com:65536", "app.example.com:65536"),
        ("https://app.example.com:+443", "app.example.com"),
        ("https://[::1", "[::1"),
        ("https://[x]", "[x]"),
        ("http://localhost:8081", "localhost:8080"),
        ("http://localhost.evil.example", "localhost.evil.example"),
    ] {
        let decision = old_browser(origin.as_bytes(), host.as_bytes());
        assert_eq!(decision, ORIGIN, "{origin} at {host}");
    }
    let unknown: Lines<'_> = &[("origin", b"https://app.example.com")];
    assert_eq!(
        CsrfProtection::new().check(&browser("POST", None, unknown)),
        ORIGIN
    );
}

#[test]
fn the_target_of_the_request_is_the_authority_on_the_host() {
    let ask = |authority, host: &[u8]| {
        let lines: Lines<'_> = &[("origin", b"https://app.example.com"), ("host", host)];
        CsrfProtection::new().check(&browser("POST", Some(authority), lines))
    };
    assert_eq!(ask("app.example.com", b"10.0.0.1:8080"), Ok(()));
    assert_eq!(ask("10.0.0.1:8080", b"app.example.com"), ORIGIN);
}

#[test]
fn what_no_browser_could_send_is_not_trusted() {
    for origin in [
        "https://app.example.com",
        "https://app.example.com:8443",
        "http://localhost:5173",
        "http://127.0.0.1",
        "https://[2001:db8::1]",
    ] {
        assert!(
            CsrfProtection::new().trust_origin(origin).is_ok(),
            "{origin}"
        );
    }
    for origin in [
        "",
        "*",
        "null",
        "https://",
        "https://*",
        "https://*.example.com",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/x",
        "https://app.example.com?x",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "http://app.example.com",
        "HTTPS://app.example.com",
        "https://küche.example",
        " https://app.example.com",
        "https://app.example.com\n",
        "https://a.example https://b.example",
    ] {
        let refused = CsrfProtection::new().trust_origin(origin);
        assert_eq!(refused.map(drop), Err(ConfigError::Origin), "{origin:?}");
    }
}

proptest! {
    #[test]
    fn no_other_host_is_taken_for_the_one_that_was_asked(
        origin in "(https?://)?[a-z.@:/%\\[\\]#?-]{0,12}(app\\.example\\.com)?[a-z.@:/0-9#?-]{0,12}",
    ) {
        let expected = ["https://app.example.com", "https://app.example.com:443"];
        let ours = expected.contains(&&*origin);
        prop_assert_eq!(old_browser(origin.as_bytes(), b"app.example.com").is_ok(), ours);
    }

    #[test]
    fn whatever_a_browser_says_another_site_asks_for_nothing(
        method in "[A-Za-z]{0,8}",
        origin in prop::collection::vec(any::<u8>(), 0..24),
        site in "same-site|cross-site|[a-z-]{0,12}",
    ) {
        prop_assume!(!["GET", "HEAD", "OPTIONS"].contains(&&*method));
        prop_assume!(!["same-origin", "none"].contains(&&*site));
        let lines: Lines<'_> = &[("sec-fetch-site", site.as_bytes()), ("origin", &origin)];
        let decision = check(&method, lines);
        prop_assert!(decision == SITE || decision == UNREADABLE, "{:?}", decision);
    }
}
