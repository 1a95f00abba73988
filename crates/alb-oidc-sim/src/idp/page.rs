//! The provider's HTML pages. No script, no outside resource, and every text
//! escaped.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};

use super::authorize::Authorization;
use super::users::DevelopmentUser;
use crate::body::{Body, full};

/// The users as buttons. `id` is the one-time value that ties the choice to
/// this authorization.
pub(crate) fn login(
    users: &[DevelopmentUser],
    authorization: &Authorization,
    id: &str,
) -> Response<Body> {
    let destination = origin(&authorization.redirect_uri);
    let buttons: String = users.iter().map(button).collect();
    let content = format!(
        r#"<h1>Sign in</h1>
<p class="lead">to <strong>{client}</strong> at <strong>{destination}</strong></p>
<form method="post" action="/login" autocomplete="off">
<input type="hidden" name="authorization" value="{id}">
<ul>
{buttons}</ul>
</form>
<p class="note">Development identity provider. There are no passwords here: choose who you want to be.</p>"#,
        client = escape(&authorization.client_id),
        destination = escape(destination),
        id = escape(id),
    );
    let mut response = page(StatusCode::OK, "Sign in", &content);
    // Browsers apply `form-action` to the redirects after the form as well.
    secure(&mut response, Some(destination));
    response
}

/// After a logout that leads nowhere else.
pub(crate) fn signed_out() -> Response<Body> {
    page(
        StatusCode::OK,
        "Signed out",
        r#"<h1>Signed out</h1><p class="lead">The identity provider has forgotten you. You can close this page.</p>"#,
    )
}

/// A request that cannot be answered otherwise.
pub(crate) fn refused(status: StatusCode, message: &str) -> Response<Body> {
    let content = format!(
        r#"<h1>That did not work</h1><p class="lead" role="alert">{}</p>"#,
        escape(message)
    );
    page(status, "That did not work", &content)
}

/// Headers of every page. `form_destination` is the origin that a form's
/// redirect may go to.
pub(crate) fn secure(response: &mut Response<Body>, form_destination: Option<&str>) {
    let form_action = match form_destination {
        // A host source cannot be an IPv6 address (CSP3 section 2.3.1), so only the scheme can be
        // named.
        Some(origin) if origin.contains('[') => "'self' http:".to_owned(),
        Some(origin) => format!("'self' {origin}"),
        None => "'none'".to_owned(),
    };
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_HASH
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn button(user: &DevelopmentUser) -> String {
    let name = user.display_name();
    let initial: String = name
        .chars()
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    let detail = user.text("email").unwrap_or("no e-mail address");
    let groups: String = user
        .groups()
        .iter()
        .map(|group| format!(r#"<span class="group">{}</span>"#, escape(group)))
        .collect();
    format!(
        r#"<li><button name="username" value="{username}"><span class="initial" aria-hidden="true">{initial}</span><span class="who"><span class="name">{name}{groups}</span><span class="detail">{username} · {detail}</span></span></button></li>
"#,
        username = escape(user.username()),
        initial = escape(&initial),
        name = escape(name),
        detail = escape(detail),
    )
}

fn page(status: StatusCode, title: &str, content: &str) -> Response<Body> {
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Development identity provider</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"#
    );
    let mut response = Response::new(full(html));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    secure(&mut response, None);
    response
}

/// Scheme, host and port of a redirect URI that is registered, so known to be a
/// URI.
fn origin(uri: &str) -> &str {
    let after_scheme = uri.find("://").map_or(0, |index| index + 3);
    let length = uri
        .get(after_scheme..)
        .and_then(|rest| rest.find(['/', '?']))
        .map_or(uri.len(), |index| after_scheme + index);
    uri.get(..length).unwrap_or_default()
}

/// Safe as text and inside a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));

const STYLE: &str = "
:root{--page:#f2f4f8;--card:#fff;--text:#16202e;--soft:#536076;--line:#d5dbe5;--accent:#1f5fd0;--tint:#e6eefc;--warm:#8a4b00;--warm-tint:#fdf0dc}
@media (prefers-color-scheme:dark){:root{--page:#0f141c;--card:#19202b;--text:#eef2f8;--soft:#a7b3c6;--line:#323d4e;--accent:#8db8ff;--tint:#22314c;--warm:#ffcf8f;--warm-tint:#3d2c12}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}
main{width:100%;max-width:30rem;padding:clamp(1.25rem,5vw,2.5rem);background:var(--card);border:1px solid var(--line);border-radius:1.25rem;box-shadow:0 1.5rem 3rem -1.5rem rgba(15,30,60,.28)}
h1{margin:0;font-size:1.75rem;line-height:1.2;letter-spacing:-.02em}
.lead{margin:.5rem 0 1.5rem;color:var(--soft);overflow-wrap:anywhere}
.lead strong{color:var(--text);font-weight:600}
ul{list-style:none;margin:0;padding:0;display:grid;gap:.625rem}
button{width:100%;min-height:4rem;display:flex;align-items:center;gap:.875rem;padding:.75rem 1rem;font:inherit;color:inherit;text-align:start;background:transparent;border:1px solid var(--line);border-radius:.875rem;cursor:pointer;transition:background .12s,border-color .12s}
button:hover{background:var(--tint);border-color:var(--accent)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.initial{flex:none;width:2.5rem;height:2.5rem;display:grid;place-items:center;border-radius:50%;background:var(--tint);color:var(--accent);font-weight:700}
.who{flex:1;min-width:0;display:grid}
.name{font-weight:600;overflow-wrap:anywhere}
.detail{color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}
.group{display:inline-block;margin-inline-start:.5rem;padding:.125rem .625rem;border-radius:1rem;background:var(--warm-tint);color:var(--warm);font-size:.8125rem;font-weight:600}
.note{margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.875rem}
@media (prefers-reduced-motion:reduce){button{transition:none}}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_is_text() {
        let button = button(
            &DevelopmentUser::new("\"><script>")
                .name("<b>'&")
                .group("<i>"),
        );

        assert!(!button.contains("<script>") && !button.contains("<b>") && !button.contains("<i>"));
        assert!(
            button.contains("&lt;b&gt;&#39;&amp;")
                && button.contains("value=\"&quot;&gt;&lt;script&gt;\"")
        );
    }

    #[test]
    fn the_origin_of_a_redirect_uri_is_what_is_before_its_path() {
        assert_eq!(origin("http://localhost:8080/a/b"), "http://localhost:8080");
        assert_eq!(origin("https://app.test?x"), "https://app.test");
        assert_eq!(origin("https://app.test"), "https://app.test");
    }
}
