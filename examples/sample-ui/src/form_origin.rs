//! Whether a form was sent from one of our own pages. The session cookie cannot
//! tell: the load balancer has already turned it into a token when the request
//! arrives, also for a form on somebody else's page.

/// What a browser says of where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct FormOrigin<'a> {
    /// `Sec-Fetch-Site`. All browsers send it to HTTPS and localhost addresses
    /// (since 2023).
    pub sec_fetch_site: Option<&'a str>,
    /// `Origin`. All browsers send it with a POST (since 2020).
    pub origin: Option<&'a str>,
    /// `Host`, as the browser sent it.
    pub host: Option<&'a str>,
}

impl FormOrigin<'_> {
    /// Decides, in this order:
    ///
    /// 1. `Sec-Fetch-Site` is `same-origin`, or `none` (the user's own doing):
    ///    ours. Anything else, `same-site` included: not ours.
    /// 2. Without it, `Origin` names the host that was asked: ours. Anything
    ///    else, `null` included: not ours.
    /// 3. Without either it is no browser, and has no user's session to abuse.
    #[must_use]
    pub fn is_own(self) -> bool {
        match (self.sec_fetch_site, self.origin) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => origin.split_once("://").is_some_and(|(_, host)| {
                self.host.is_some_and(|own| own.eq_ignore_ascii_case(host))
            }),
            (None, None) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_says_of_the_site_decides() {
        for (site, own) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
            ("", false),
            ("Same-Origin", false),
        ] {
            let origin = FormOrigin {
                sec_fetch_site: Some(site),
                origin: Some("https://vote.example"),
                host: Some("vote.example"),
            };
            assert_eq!(origin.is_own(), own, "{site}");
        }
    }

    #[test]
    fn without_it_the_origin_must_be_the_host_that_was_asked() {
        for (origin, host, own) in [
            ("https://vote.example", Some("vote.example"), true),
            ("http://localhost:8080", Some("LOCALHOST:8080"), true),
            ("http://localhost:8081", Some("localhost:8080"), false),
            ("https://evil.example", Some("vote.example"), false),
            (
                "https://vote.example.evil.example",
                Some("vote.example"),
                false,
            ),
            ("null", Some("vote.example"), false),
            ("vote.example", Some("vote.example"), false),
            ("https://vote.example", None, false),
        ] {
            assert_eq!(
                FormOrigin {
                    sec_fetch_site: None,
                    origin: Some(origin),
                    host
                }
                .is_own(),
                own,
                "{origin} {host:?}"
            );
        }
    }

    #[test]
    fn what_is_no_browser_has_no_session_to_abuse() {
        assert!(
            FormOrigin {
                host: Some("vote.example"),
                ..FormOrigin::default()
            }
            .is_own()
        );
    }
}
