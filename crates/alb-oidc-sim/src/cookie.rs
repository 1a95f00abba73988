//! Cookies in and out: the shards of the session cookie, and reading what the
//! browser sends.

use std::time::{Duration, UNIX_EPOCH};

use alb_oidc::UnixTime;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The cookie that ties a login to the browser that began it.
pub(crate) const NONCE_COOKIE: &str = "AWSALBAuthNonce";

/// The value of the cookie called `name`; nothing if it is missing, or there
/// twice with different values.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for (candidate, value) in pairs(headers) {
        if candidate == name {
            if found.is_some_and(|earlier| earlier != value) {
                return None;
            }
            found = Some(value);
        }
    }
    found
}

/// The session cookie's shards, joined in order; nothing if there is no `-0`.
pub(crate) fn join_shards(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut joined = String::new();
    for index in 0..MAX_SHARDS {
        match value(headers, &shard_name(name, index)) {
            Some(shard) => joined.push_str(shard),
            None => break,
        }
    }
    (!joined.is_empty()).then_some(joined)
}

/// Whether any shard of the session cookie came, in whatever state.
pub(crate) fn has_shards(headers: &HeaderMap, name: &str) -> bool {
    pairs(headers).any(|(candidate, _)| is_shard(candidate, name))
}

/// The `Set-Cookie` values for a sealed session: shards of at most 4K with
/// their name, and expiries for what is left of a longer one in `headers`.
/// Nothing if it does not fit into four.
pub(crate) fn set_shards(
    headers: &HeaderMap,
    name: &str,
    sealed: &str,
    now: UnixTime,
) -> Option<Vec<HeaderValue>> {
    let room = MAX_SHARD_BYTES.saturating_sub(shard_name(name, 0).len());
    let shards: Vec<_> = sealed.as_bytes().chunks(room.max(1)).collect();
    if shards.len() > MAX_SHARDS {
        return None;
    }
    let cors = is_cors(headers);
    let mut cookies = Vec::with_capacity(MAX_SHARDS);
    for (index, shard) in shards.iter().enumerate() {
        let value = std::str::from_utf8(shard).ok()?;
        cookies.push(set(
            &shard_name(name, index),
            value,
            now.saturating_add(COOKIE_LIFETIME),
            cors,
        )?);
    }
    for index in shards.len()..MAX_SHARDS {
        if value(headers, &shard_name(name, index)).is_some() {
            cookies.push(set(
                &shard_name(name, index),
                "",
                UnixTime::from_secs(0),
                cors,
            )?);
        }
    }
    Some(cookies)
}

/// The `Set-Cookie` value of the nonce. It outlives no login, so the browser
/// keeps it for its own session only.
pub(crate) fn set_nonce(headers: &HeaderMap, nonce: &str) -> Option<HeaderValue> {
    let same_site = if is_cors(headers) {
        "; SameSite=None"
    } else {
        ""
    };
    HeaderValue::try_from(format!(
        "{NONCE_COOKIE}={nonce}; Path=/; Secure; HttpOnly{same_site}"
    ))
    .ok()
}

/// The request's cookies without the session's shards, in one line as HTTP/1.1
/// wants them; nothing if no other is left.
pub(crate) fn without_shards(headers: &HeaderMap, name: &str) -> Option<HeaderValue> {
    keep(headers, |candidate| !is_shard(candidate, name))
}

/// The request's cookies in one line; nothing if there are none.
pub(crate) fn joined(headers: &HeaderMap) -> Option<HeaderValue> {
    keep(headers, |_| true)
}

fn keep(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> Option<HeaderValue> {
    let mut kept: Vec<u8> = Vec::new();
    for line in headers.get_all(COOKIE) {
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii();
            let candidate = pair
                .split(|byte| *byte == b'=')
                .next()
                .unwrap_or_default()
                .trim_ascii();
            if pair.is_empty()
                || std::str::from_utf8(candidate).is_ok_and(|candidate| !wanted(candidate))
            {
                continue;
            }
            if !kept.is_empty() {
                kept.extend_from_slice(b"; ");
            }
            kept.extend_from_slice(pair);
        }
    }
    if kept.is_empty() {
        None
    } else {
        HeaderValue::from_bytes(&kept).ok()
    }
}

fn set(name: &str, value: &str, expires: UnixTime, cors: bool) -> Option<HeaderValue> {
    let expires = UNIX_EPOCH.checked_add(Duration::from_secs(expires.as_secs()))?;
    let expires = httpdate::fmt_http_date(expires);
    let same_site = if cors { "; SameSite=None" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Expires={expires}; Path=/; Secure; HttpOnly{same_site}"
    ))
    .ok()
}

/// A CORS request is one that "includes an `Origin` header" (Fetch Standard,
/// section 3.3).
fn is_cors(headers: &HeaderMap) -> bool {
    headers.contains_key(http::header::ORIGIN)
}

/// Name and value of each cookie that is text (RFC 6265 section 5.4).
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim_ascii(), value.trim_ascii()))
}

fn shard_name(name: &str, index: usize) -> String {
    format!("{name}-{index}")
}

fn is_shard(candidate: &str, name: &str) -> bool {
    let index = candidate
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('-'));
    index.is_some_and(|index| matches!(index, "0" | "1" | "2" | "3"))
}

/// "Shards a cookie that is greater than 4K in size into multiple cookies", 16K
/// in all (AWS: *Authenticate users using an Application Load Balancer*).
/// Browsers count the name to the 4096.
const MAX_SHARD_BYTES: usize = 4096;
const MAX_SHARDS: usize = 4;
/// The cookie's own expiry, whatever the session timeout inside.
const COOKIE_LIFETIME: Duration = Duration::from_secs(604_800);

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn shards_come_back_together_in_order() {
        let sealed = "x".repeat(9_000);
        let set = set_shards(&HeaderMap::new(), "S", &sealed, UnixTime::from_secs(0)).unwrap();
        let mut sent: Vec<_> = set
            .iter()
            .map(|cookie| {
                cookie
                    .to_str()
                    .unwrap()
                    .split(';')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        sent.reverse();

        assert_eq!(set.len(), 3);
        assert!(
            sent.iter().all(|pair| pair.len() <= 4097),
            "4096 and the equals sign"
        );
        assert_eq!(
            join_shards(&request(&[&sent.join("; ")]), "S").unwrap(),
            sealed
        );
    }

    #[test]
    fn what_does_not_fit_into_four_shards_is_refused() {
        assert_eq!(
            set_shards(
                &HeaderMap::new(),
                "S",
                &"x".repeat(16_384),
                UnixTime::from_secs(0)
            ),
            None
        );
    }

    #[test]
    fn shards_left_over_from_a_longer_session_are_expired() {
        let set = set_shards(
            &request(&["S-0=a; S-1=b; S-2=c"]),
            "S",
            "short",
            UnixTime::from_secs(0),
        )
        .unwrap();
        let texts: Vec<_> = set.iter().map(|cookie| cookie.to_str().unwrap()).collect();

        assert_eq!(
            texts,
            [
                "S-0=short; Expires=Thu, 08 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly",
                "S-1=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly",
                "S-2=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly",
            ]
        );
    }

    #[test]
    fn same_site_none_is_for_cors_requests_only() {
        let mut headers = HeaderMap::new();
        headers.insert(
            http::header::ORIGIN,
            HeaderValue::from_static("http://other"),
        );

        let cookie = &set_shards(&headers, "S", "x", UnixTime::from_secs(0)).unwrap()[0];
        assert!(
            cookie
                .to_str()
                .unwrap()
                .ends_with("; Secure; HttpOnly; SameSite=None")
        );
        assert_eq!(
            set_nonce(&HeaderMap::new(), "n").unwrap(),
            "AWSALBAuthNonce=n; Path=/; Secure; HttpOnly"
        );
    }

    #[test]
    fn the_target_sees_every_cookie_but_the_shards() {
        let headers = request(&[
            "a=1; S-0=secret; AWSALBAuthNonce=n",
            "S-3=x;S-4=kept; b=\u{e9}",
        ]);

        assert_eq!(
            without_shards(&headers, "S").unwrap().as_bytes(),
            "a=1; AWSALBAuthNonce=n; S-4=kept; b=\u{e9}".as_bytes()
        );
        assert_eq!(without_shards(&request(&["S-0=x"]), "S"), None);
    }

    #[test]
    fn a_cookie_sent_twice_with_two_values_counts_as_missing() {
        assert_eq!(value(&request(&["a=1; a=2"]), "a"), None);
        assert_eq!(value(&request(&["a=1", "a=1"]), "a"), Some("1"));
        assert!(has_shards(&request(&["S-0=1; S-0=2"]), "S"));
    }
}
