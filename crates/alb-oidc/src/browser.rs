//! What a browser says of its request.

/// What the browser that sent a request says of it: who asks, for what kind of thing, and from
/// where.
///
/// Whoever is no browser can write all of this as they like. It decides how an answer looks, and
/// what is refused ([`CsrfProtection`](crate::CsrfProtection)); never who somebody is.
///
/// Sources: [Fetch Metadata](https://www.w3.org/TR/fetch-metadata/) for `Sec-Fetch-*`, which no
/// script can set; [Fetch section 3.2](https://fetch.spec.whatwg.org/#origin-header) for `Origin`.
#[derive(Clone, Copy, Debug)]
pub struct BrowserRequest<'r> {
    method: &'r str,
    pub(crate) host: Line<'r>,
    pub(crate) origin: Line<'r>,
    pub(crate) site: Line<'r>,
    mode: Line<'r>,
    asks_for_html: bool,
    asks_for_websocket: bool,
}

impl<'r> BrowserRequest<'r> {
    /// Reads a request: its method, the authority of its target if that has one (HTTP/2's
    /// `:authority`, or the host of an absolute URL), and its headers through `lookup`, which
    /// gives all values that the request has for a name (lower-case), in their order.
    ///
    /// With the `http` crate that is `method.as_str()`,
    /// `uri.authority().map(Authority::as_str)`, and `|name|
    /// headers.get_all(name).iter().map(HeaderValue::as_bytes)`.
    pub fn from_lookup<L, V>(method: &'r str, authority: Option<&'r str>, mut lookup: L) -> Self
    where
        L: FnMut(&'static str) -> V,
        V: IntoIterator<Item = &'r [u8]>,
    {
        let mode = Line::read(lookup("sec-fetch-mode"));
        let upgrades = lookup("upgrade");
        Self {
            method,
            // The target is the authority on the host (RFC 9112 section 3.2.2).
            host: authority.map_or_else(|| Line::read(lookup("host")), Line::Once),
            origin: Line::read(lookup("origin")),
            site: Line::read(lookup("sec-fetch-site")),
            mode,
            asks_for_html: asks_for_html(lookup("accept")),
            asks_for_websocket: mode == Line::Once("websocket")
                || upgrades.into_iter().any(names_websocket),
        }
    }

    /// Whether the answer is for a window to show, and not for a script: `Sec-Fetch-Mode` is
    /// `navigate`; where it is absent, `Accept` names HTML and no JSON.
    #[must_use]
    pub fn is_navigation(&self) -> bool {
        match self.mode {
            Line::Once(mode) => mode == "navigate",
            Line::Absent => self.asks_for_html,
            Line::Unreadable => false,
        }
    }

    /// Whether it asks for a WebSocket, as HTTP/1.1 does ([RFC 6455 section
    /// 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)): a GET that ends in a channel on
    /// which everything can be said.
    ///
    /// One of HTTP/2 ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441)) has the method `CONNECT`,
    /// which is not [safe](Self::is_safe) anyway.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        self.asks_for_websocket
    }

    /// Whether it changes nothing, whoever sent it: `GET`, `HEAD` or `OPTIONS`, and no WebSocket.
    /// Any other method may, known or not; they differ by case.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS") && !self.is_websocket()
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'r str {
        self.method
    }
}

/// A header that a browser sends once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'r> {
    Absent,
    Once(&'r str),
    /// There twice, or not of ASCII: no browser's.
    Unreadable,
}

impl<'r> Line<'r> {
    fn read(values: impl IntoIterator<Item = &'r [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) if value.is_ascii() => {
                str::from_utf8(value).map_or(Self::Unreadable, Self::Once)
            }
            _ => Self::Unreadable,
        }
    }
}

/// Any of the protocols of an `Upgrade`, with or without a version ([RFC 9110 section
/// 7.8](https://www.rfc-editor.org/rfc/rfc9110#section-7.8)).
fn names_websocket(value: &[u8]) -> bool {
    items(value, b',').any(|protocol| {
        let name = protocol.split(|byte| *byte == b'/').next();
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"websocket"))
    })
}

/// Browsers name HTML when they open a page. A program that names it beside JSON would rather have
/// that.
fn asks_for_html<'r>(values: impl IntoIterator<Item = &'r [u8]>) -> bool {
    let (mut html, mut json) = (false, false);
    for range in values.into_iter().flat_map(|value| items(value, b',')) {
        let mut parts = items(range, b';');
        let kind = parts.next().unwrap_or_default();
        if parts.any(is_weight_of_nothing) {
            continue;
        }
        html |= kind.eq_ignore_ascii_case(b"text/html")
            || kind.eq_ignore_ascii_case(b"application/xhtml+xml");
        json |= kind.eq_ignore_ascii_case(b"application/json")
            || kind.eq_ignore_ascii_case(b"application/problem+json");
    }
    html && !json
}

/// `q=0`, `q=0.0` and so on: not acceptable ([RFC 9110 section
/// 12.4.2](https://www.rfc-editor.org/rfc/rfc9110#section-12.4.2)).
fn is_weight_of_nothing(parameter: &[u8]) -> bool {
    match parameter {
        [b'q' | b'Q', b'=', digits @ ..] => digits.iter().all(|digit| b"0.".contains(digit)),
        _ => false,
    }
}

fn items(list: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    list.split(move |byte| *byte == separator)
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'r>(method: &'r str, lines: &[(&str, &'r [u8])]) -> BrowserRequest<'r> {
        BrowserRequest::from_lookup(method, None, |name| {
            let lines = lines.iter().filter(move |(line, _)| *line == name);
            lines.map(|(_, value)| *value).collect::<Vec<_>>()
        })
    }

    #[test]
    fn what_the_browser_says_of_the_mode_decides_who_reads_the_answer() {
        for (mode, navigation) in [
            ("navigate", true),
            ("cors", false),
            ("no-cors", false),
            ("same-origin", false),
            ("websocket", false),
            ("Navigate", false),
            ("", false),
        ] {
            let lines = [
                ("sec-fetch-mode", mode.as_bytes()),
                ("accept", b"text/html"),
            ];
            assert_eq!(read("GET", &lines).is_navigation(), navigation, "{mode}");
        }
        let twice = [
            ("sec-fetch-mode", &b"navigate"[..]),
            ("sec-fetch-mode", b"navigate"),
            ("accept", b"text/html"),
        ];
        assert!(!read("GET", &twice).is_navigation());
    }

    #[test]
    fn without_a_mode_html_is_for_who_asks_for_it_and_for_no_json() {
        for (accept, navigation) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
                true,
            ),
            ("application/xhtml+xml, text/html;q=0.9", true),
            ("TEXT/HTML ; q=0.001", true),
            ("text/html;level=1;q=1", true),
            ("application/json;q=0, text/html", true),
            ("text/html;q=0, */*", false),
            ("text/html;Q=0.000", false),
            ("application/json, text/html;q=0.5", false),
            ("text/html, application/problem+json", false),
            ("application/json", false),
            ("*/*", false),
            ("text/*", false),
            ("text/htmlx", false),
            ("", false),
            (",;,;;q=,", false),
        ] {
            let lines = [("accept", accept.as_bytes())];
            assert_eq!(read("GET", &lines).is_navigation(), navigation, "{accept}");
        }
        assert!(!read("GET", &[]).is_navigation());
        // A list may come in several lines.
        let lines = [("accept", &b"text/html"[..]), ("accept", b"*/*")];
        assert!(read("GET", &lines).is_navigation());
        let lines = [
            ("accept", &b"text/html"[..]),
            ("accept", b"application/json"),
        ];
        assert!(!read("GET", &lines).is_navigation());
        assert!(!read("GET", &[("accept", b"\xff\0text/html")]).is_navigation());
    }

    #[test]
    fn a_websocket_is_told_however_it_is_asked_for() {
        for lines in [
            &[("upgrade", &b"websocket"[..])][..],
            &[("upgrade", b"WebSocket"), ("connection", b"Upgrade")],
            &[("upgrade", b"h2c, websocket")],
            &[("upgrade", b"websocket/13")],
            &[("upgrade", b"h2c"), ("upgrade", b" websocket ")],
            &[("sec-fetch-mode", b"websocket")],
        ] {
            let request = read("GET", lines);
            assert!(request.is_websocket() && !request.is_safe(), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[("upgrade", &b"h2c"[..]), ("connection", b"Upgrade")],
            &[("upgrade", b"")],
            &[("upgrade", b"websockets")],
            &[("upgrade-insecure-requests", b"1")],
            &[("connection", b"Upgrade, websocket")],
        ] {
            let request = read("GET", lines);
            assert!(!request.is_websocket() && request.is_safe(), "{lines:?}");
        }
    }

    #[test]
    fn only_three_methods_are_safe_and_they_are_in_upper_case() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(read(method, &[]).is_safe(), "{method}");
        }
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "get", "Get", "GETS", "QUERY",
            "PURGE", "",
        ] {
            assert!(!read(method, &[]).is_safe(), "{method}");
        }
    }
}
