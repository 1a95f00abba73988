//! What ends a session, and where it leads.

use alb_oidc::{
    Answer, BrowserRequest, ClientId, ConfigError, CrossOrigin, CsrfProtection, Problem, Refusal,
    SessionCookieName, SignOut,
};
use proptest::prelude::*;

fn values<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let headers = answer.headers().filter(|(other, _)| *other == name);
    headers.map(|(_, value)| value).collect()
}

fn post<'r>(method: &'r str, lines: &'r [(&'r str, &'r str)]) -> BrowserRequest<'r> {
    BrowserRequest::from_lookup(method, None, |name| {
        let lines = lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
    })
}

#[test]
fn the_answer_expires_every_shard_and_leads_on() {
    let sign_out = SignOut::local("/signed-out").unwrap();
    let answer = sign_out.answer_unchecked();
    assert_eq!((answer.status(), answer.body()), (303, ""));
    assert_eq!(values(&answer, "location"), ["/signed-out"]);
    assert_eq!(values(&answer, "cache-control"), ["no-store"]);
    let expected: Vec<_> = (0..4)
        .map(|shard| {
            format!(
                "AWSELBAuthSessionCookie-{shard}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; \
                 Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None"
            )
        })
        .collect();
    assert_eq!(values(&answer, "set-cookie"), expected);
    assert_eq!(answer.headers().count(), 6);
    let problem = Answer::from(Problem::MISSING_LAYER);
    assert_eq!(problem.clone().into_body(), problem.body());
}

#[test]
fn a_cookie_of_another_name_expires_under_that() {
    for name in ["Crumbs", "__Host-session", "!#$%&'*+-.^_`|~09azAZ"] {
        let parsed: SessionCookieName = name.parse().unwrap();
        assert_eq!(parsed.as_str(), name);
        let sign_out = SignOut::local("/").unwrap().session_cookie(name).unwrap();
        for (shard, cookie) in sign_out.expired_cookies().enumerate() {
            assert!(
                cookie.starts_with(&format!("{name}-{shard}=; ")),
                "{cookie}"
            );
        }
    }
    for name in [
        "",
        "a b",
        "a;Domain=example.com",
        "a=b",
        "a\r\nx: y",
        "é",
        "a,b",
        "\"a\"",
        "a/b",
    ] {
        let refused = SignOut::local("/").unwrap().session_cookie(name);
        assert_eq!(
            refused.map(drop),
            Err(ConfigError::SessionCookieName),
            "{name:?}"
        );
    }
}

#[test]
fn parameters_arrive_as_they_were_given() {
    let hostile = "a&b=c#d?e/f%2F g+h\r\nset-cookie: x=1\0\u{e9}\u{1f36a}";
    let sign_out = SignOut::at(
        "https://idp.example/logout",
        [("client_id", hostile), ("&=", "")],
    );
    assert_eq!(
        sign_out.unwrap().location(),
        "https://idp.example/logout?client_id=a%26b%3Dc%23d%3Fe%2Ff%252F%20g%2Bh%0D%0Aset-cookie%3A%20x%3D1\
         %00%C3%A9%F0%9F%8D%AA&%26%3D="
    );
}

#[test]
fn cognito_and_other_providers_have_their_own_forms() {
    let cognito = SignOut::at(
        "https://four-tables.auth.eu-west-1.amazoncognito.com/logout",
        [
            ("client_id", "7LTcoPZrV44zeX6YK9VKApvO3q"),
            (
                "logout_uri",
                "https://tables.example.com/signed-out?lang=en",
            ),
        ],
    );
    assert_eq!(
        cognito.unwrap().location(),
        "https://four-tables.auth.eu-west-1.amazoncognito.com/logout?client_id=7LTcoPZrV44zeX6YK9VKApvO3q\
         &logout_uri=https%3A%2F%2Ftables.example.com%2Fsigned-out%3Flang%3Den"
    );
    let client = ClientId::new("four tables".replace(' ', "&").as_str()).unwrap();
    let back = "https://tables.example.com/signed-out";
    let end_session = |endpoint, back| SignOut::end_session(endpoint, &client, back);
    let query = "client_id=four%26tables&post_logout_redirect_uri=https%3A%2F%2Ftables.example.com%2Fsigned-out";
    for (endpoint, expected) in [
        (
            "https://idp.example/end",
            format!("https://idp.example/end?{query}"),
        ),
        (
            "https://idp.example/end?",
            format!("https://idp.example/end?{query}"),
        ),
        (
            "https://idp.example/end?p=b2c_1",
            format!("https://idp.example/end?p=b2c_1&{query}"),
        ),
        (
            "https://idp.example/end?federated&",
            format!("https://idp.example/end?federated&{query}"),
        ),
        (
            "http://localhost:9000",
            format!("http://localhost:9000?{query}"),
        ),
    ] {
        assert_eq!(end_session(endpoint, back).unwrap().location(), expected);
    }
    for back in [
        "/signed-out",
        "javascript:alert(1)",
        "http://tables.example.com/",
        "",
    ] {
        let refused = end_session("https://idp.example/end", back);
        assert_eq!(refused.map(drop), Err(ConfigError::SignOutTarget), "{back}");
    }
}

#[test]
fn a_target_is_a_path_or_a_url_and_nothing_that_leads_elsewhere() {
    for target in [
        "/",
        "/signed-out",
        "/a/b?lang=en&x=%20",
        "/@user",
        "https://tables.example.com/bye?x",
        "http://localhost:8080/bye",
    ] {
        assert_eq!(SignOut::local(target).unwrap().location(), target);
    }
    for target in [
        "",
        "signed-out",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\nset-cookie: x=1",
        "/a b",
        "/a#b",
        "/é",
        "\\\\evil.example",
        " /",
        "?x",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://tables.example.com/bye",
        "https:tables.example.com",
        "https:///bye",
        "https://user@tables.example.com/",
        "https://tables.example.com/a#b",
        "https://tables.example.com/\n",
        "https://tables.example.com?a b",
        "HTTPS://tables.example.com/",
    ] {
        let refused = SignOut::local(target).map(drop);
        assert_eq!(refused, Err(ConfigError::SignOutTarget), "{target:?}");
        let refused = SignOut::at(target, []).map(drop);
        assert_eq!(refused, Err(ConfigError::SignOutTarget), "{target:?}");
    }
    assert!(
        SignOut::at("/logout", []).is_err(),
        "a provider is elsewhere"
    );
}

#[test]
fn only_a_post_of_our_own_pages_signs_out() {
    let sign_out = SignOut::local("/signed-out").unwrap();
    let csrf = CsrfProtection::new();
    let answer = |method, site: Option<&str>| {
        let lines: Vec<_> = site
            .map(|site| ("sec-fetch-site", site))
            .into_iter()
            .collect();
        sign_out.answer_to(&post(method, &lines), &csrf)
    };
    let own = Some("same-origin");
    assert_eq!(answer("POST", own), Ok(sign_out.answer_unchecked()));
    assert_eq!(
        answer("POST", None),
        Ok(sign_out.answer_unchecked()),
        "a program"
    );
    for site in ["cross-site", "same-site"] {
        let refused = answer("POST", Some(site));
        assert_eq!(refused, Err(Refusal::CrossOrigin(CrossOrigin::Site)));
    }
    for method in ["GET", "HEAD", "OPTIONS", "DELETE", "PUT", "post", ""] {
        let refused = answer(method, own).unwrap();
        assert_eq!(refused.status(), 405, "{method}");
        assert_eq!(values(&refused, "allow"), ["POST"]);
        assert_eq!(
            values(&refused, "content-type"),
            ["application/problem+json"]
        );
        assert_eq!(values(&refused, "cache-control"), ["no-store"]);
        assert!(values(&refused, "set-cookie").is_empty());
    }
}

#[test]
fn no_request_has_a_say_in_where_it_leads() {
    let sign_out = SignOut::local("/signed-out").unwrap();
    let lines = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
        ("referer", "https://evil.example/"),
        ("sec-fetch-site", "same-origin"),
    ];
    let request = BrowserRequest::from_lookup("POST", Some("evil.example"), |name| {
        let lines = lines.iter().filter(move |(line, _)| *line == name);
        lines.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
    });
    let answer = sign_out
        .answer_to(&request, &CsrfProtection::new())
        .unwrap();
    assert_eq!(answer, sign_out.answer_unchecked());
    assert!(!format!("{answer:?}").contains("evil"));
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_to_the_same(value in any::<String>()) {
        let sign_out = SignOut::at("https://idp.example/end", [("x", &*value)]).unwrap();
        let (_, encoded) = sign_out.location().split_once("?x=").unwrap();
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        let mut bytes = encoded.bytes();
        let mut decoded = Vec::new();
        while let Some(byte) = bytes.next() {
            decoded.push(match byte {
                b'%' => {
                    let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        prop_assert_eq!(decoded, value.into_bytes());
    }
}
