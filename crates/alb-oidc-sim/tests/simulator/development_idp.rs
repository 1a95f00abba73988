//! The identity provider by itself.

use std::time::Duration;

use crate::harness::{Browser, Stack, browser::one_time_value, wire};
use alb_oidc_sim::{AuthenticateOidc, DevelopmentIdp, DevelopmentUser, DiscoverError, RuleError};
use alb_oidc_testkit::ManualClock;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

pub(crate) const REDIRECT: &str = "http%3A%2F%2Flocalhost%3A8080%2Foauth2%2Fidpresponse";
/// `development:secret`.
pub(crate) const BASIC: (&str, &str) = ("authorization", "Basic ZGV2ZWxvcG1lbnQ6c2VjcmV0");

pub(crate) struct Idp {
    pub(crate) idp: DevelopmentIdp,
    pub(crate) clock: ManualClock,
}

impl Idp {
    pub(crate) async fn start() -> Self {
        let clock = ManualClock::at_system_time();
        let builder = DevelopmentIdp::builder()
            .client("development", "secret")
            .client("other", "secret")
            .logout_uri("http://localhost:8080/signed-out");
        let idp = builder.clock(clock.clone()).start().await.unwrap();
        Self { idp, clock }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.idp.issuer())
    }

    fn authorize(&self, more: &str) -> String {
        self.url(&format!(
            "/oauth2/authorize?client_id=development&response_type=code&scope=openid&redirect_uri={REDIRECT}&state=s{more}"
        ))
    }

    pub(crate) async fn code(&self, browser: &mut Browser, username: &str, more: &str) -> String {
        let page = browser.get(&self.authorize(more)).await;
        let location = browser.choose(&page, username).await.location();
        let url: reqwest::Url = location.parse().unwrap();
        url.query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1
            .into_owned()
    }

    pub(crate) async fn token(
        &self,
        form: &str,
        header: Option<(&'static str, &str)>,
    ) -> (u16, Value) {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(
            "content-type",
            "application/x-www-form-urlencoded".parse().unwrap(),
        );
        if let Some((name, value)) = header {
            headers.insert(name, value.parse().unwrap());
        }
        let answer = Browser::new()
            .request(
                reqwest::Method::POST,
                &self.url("/oauth2/token"),
                headers,
                form,
            )
            .await;
        (answer.status, answer.json())
    }

    pub(crate) async fn redeem(&self, code: &str) -> (u16, Value) {
        self.token(
            &format!("grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}"),
            Some(BASIC),
        )
        .await
    }
}

#[tokio::test]
async fn discovery_gives_the_rule_that_the_provider_itself_would_give() {
    let idp = Idp::start().await;

    let discovered = AuthenticateOidc::discover(idp.idp.issuer(), "development", "secret")
        .await
        .unwrap();

    assert_eq!(discovered, idp.idp.authenticate_oidc());
}

#[tokio::test]
async fn discovery_refuses_another_issuer_and_tells_what_went_wrong() {
    let idp = Idp::start().await;

    assert_eq!(
        AuthenticateOidc::discover(idp.url("/"), "c", "s").await,
        Err(DiscoverError::Issuer)
    );
    assert_eq!(
        AuthenticateOidc::discover(idp.url("/nowhere"), "c", "s").await,
        Err(DiscoverError::Status(404))
    );
    assert_eq!(
        AuthenticateOidc::discover("http://idp.test", "c", "s").await,
        Err(DiscoverError::Rule(RuleError::PlainHttp("issuer")))
    );
    assert!(matches!(
        AuthenticateOidc::discover("http://127.0.0.1:1", "c", "s").await,
        Err(DiscoverError::Unreachable(_))
    ));
}

#[tokio::test]
async fn its_tokens_verify_with_its_published_keys() {
    let idp = Idp::start().await;
    let code = idp.code(&mut Browser::new(), "grace", "").await;
    let (_, tokens) = idp.redeem(&code).await;
    let keys: JwkSet =
        serde_json::from_str(&Browser::new().get(&idp.idp.jwks_url()).await.body).unwrap();
    let read = |name: &str| {
        let token = tokens[name].as_str().unwrap();
        let header = decode_header(token).unwrap();
        let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[idp.idp.issuer()]);
        validation.set_audience(&["development", DevelopmentIdp::AUDIENCE]);
        decode::<Value>(token, &key, &validation).unwrap().claims
    };

    let access = read("access_token");
    assert_eq!(access["cognito:groups"][0], "admins");
    assert_eq!(
        (
            access["token_use"].as_str(),
            access["client_id"].as_str(),
            access["scope"].as_str()
        ),
        (Some("access"), Some("development"), Some("openid"))
    );
    assert_eq!(access["groups"][0], "admins");
    assert_eq!(access["aud"], DevelopmentIdp::AUDIENCE);
    let header = decode_header(tokens["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    for member in ["sub", "username", "iss", "exp", "iat", "auth_time", "jti"] {
        assert!(access.get(member).is_some(), "{member}");
    }
    let id = read("id_token");
    assert_eq!(
        (
            id["aud"].as_str(),
            id["token_use"].as_str(),
            id.get("nonce")
        ),
        (Some("development"), Some("id"), None)
    );
    assert_eq!(tokens["expires_in"], 3600);
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_gets_a_page_and_no_redirect() {
    let idp = Idp::start().await;
    for uri in [
        "https%3A%2F%2Fevil.test%2Foauth2%2Fidpresponse",
        "http%3A%2F%2Flocalhost%3A8080%2Fother",
        "http%3A%2F%2Flocalhost%40evil.test%2Foauth2%2Fidpresponse",
        "",
    ] {
        let url = idp.url(&format!(
            "/oauth2/authorize?client_id=development&response_type=code&scope=openid&redirect_uri={uri}"
        ));
        let answer = Browser::new().get(&url).await;
        assert_eq!(answer.status, 400, "{uri}");
        assert!(answer.headers.get("location").is_none());
    }
    let unknown_client = idp
        .authorize("")
        .replace("client_id=development", "client_id=nobody");
    assert_eq!(Browser::new().get(&unknown_client).await.status, 400);
    assert_eq!(
        Browser::new()
            .get(&idp.authorize("&state=twice"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn other_errors_go_back_to_the_client_with_its_state() {
    let idp = Idp::start().await;
    let url = idp.authorize("");
    for (url, error) in [
        (
            url.replace("response_type=code", "response_type=token"),
            "unsupported%5Fresponse%5Ftype",
        ),
        (url.replace("response_type=code&", ""), "invalid%5Frequest"),
        (
            url.replace("scope=openid", "scope=openid%20offline_access"),
            "invalid%5Fscope",
        ),
        (idp.authorize("&prompt=none"), "login%5Frequired"),
        (idp.authorize("&code_challenge=x"), "invalid%5Frequest"),
    ] {
        let answer = Browser::new().get(&url).await;
        assert_eq!(
            answer.location(),
            format!("http://localhost:8080/oauth2/idpresponse?error={error}&state=s")
        );
    }
}

#[tokio::test]
async fn what_the_provider_would_have_to_keep_is_limited() {
    let idp = Idp::start().await;
    // With the S256 method, so that only the length is wrong. The first `state=s` is one byte of the limit.
    let method = "&code_challenge_method=S256";
    for (begin, repeated, at_most) in [
        ("", "s", 8 * 1024 - 1),
        ("&nonce=", "n", 2 * 1024),
        ("&code_challenge=", "c", 2 * 1024),
    ] {
        let status = async |count| {
            let more = format!("{begin}{}{method}", repeated.repeat(count));
            let answer = Browser::new().get(&idp.authorize(&more)).await;
            assert!(answer.headers.get("location").is_none());
            answer.status
        };
        assert_eq!(status(at_most).await, 200, "{begin}");
        assert_eq!(status(at_most + 1).await, 400, "{begin}");
    }

    let scopes = |count: usize| {
        let scope = format!("scope=openid{}", "%20openid".repeat(count - 1));
        idp.authorize("").replace("scope=openid", &scope)
    };
    assert_eq!(Browser::new().get(&scopes(292)).await.status, 200);
    assert_eq!(Browser::new().get(&scopes(293)).await.status, 400);
}

#[tokio::test]
async fn the_login_page_escapes_and_locks_down() {
    let user = DevelopmentUser::new("\"><script>alert(1)</script>").name("<img src=x>");
    let idp = DevelopmentIdp::builder()
        .client("development", "secret")
        .user(user)
        .start()
        .await
        .unwrap();
    let url = format!(
        "{}/oauth2/authorize?client_id=development&response_type=code&scope=openid&redirect_uri={REDIRECT}",
        idp.issuer()
    );

    let page = Browser::new().get(&url).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();

    assert!(
        !page.body.contains("<script") && !page.body.contains("<img"),
        "{}",
        page.body
    );
    assert!(
        policy.starts_with("default-src 'none'; img-src data:; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        policy.contains("form-action 'self' http://localhost:8080;")
            && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_login_page_is_good_once_and_in_its_own_browser() {
    let idp = Idp::start().await;
    let mut browser = Browser::new();
    let page = browser.get(&idp.authorize("")).await;
    let form = format!("authorization={}&username=alice", one_time_value(&page));

    assert_eq!(browser.post(&idp.url("/login"), &form).await.status, 302);
    assert_eq!(
        browser.post(&idp.url("/login"), &form).await.status,
        400,
        "used"
    );

    let page = browser.get(&idp.authorize("&prompt=login")).await;
    let form = format!("authorization={}&username=alice", one_time_value(&page));
    assert_eq!(
        Browser::new().post(&idp.url("/login"), &form).await.status,
        400,
        "another browser"
    );
    assert_eq!(
        browser
            .post(&idp.url("/login"), "authorization=made-up&username=alice")
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_signed_in_browser_is_not_asked_again_until_it_signs_out() {
    let idp = Idp::start().await;
    let mut browser = Browser::new();
    idp.code(&mut browser, "alice", "").await;
    assert_eq!(browser.get(&idp.authorize("")).await.status, 302);
    assert_eq!(
        browser.get(&idp.authorize("&prompt=login")).await.status,
        200
    );

    for refused in [
        "?client_id=development&logout_uri=http%3A%2F%2Fevil.test",
        "?client_id=nobody&logout_uri=http%3A%2F%2Flocalhost%3A8080%2Fsigned-out",
    ] {
        assert_eq!(
            browser
                .get(&idp.url(&format!("/logout{refused}")))
                .await
                .status,
            400,
            "{refused}"
        );
    }
    assert_eq!(
        browser.get(&idp.authorize("")).await.status,
        302,
        "a refused logout ends nothing"
    );

    let out = browser
        .get(&idp.url(
            "/logout?client_id=development&logout_uri=http%3A%2F%2Flocalhost%3A9999%2Fsigned-out",
        ))
        .await;
    assert_eq!(
        (out.status, out.location().as_str()),
        (302, "http://localhost:9999/signed-out")
    );
    assert_eq!(browser.get(&idp.authorize("")).await.status, 200);
    assert_eq!(browser.get(&idp.url("/logout")).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_after_an_hour() {
    let idp = Idp::start().await;
    let mut browser = Browser::new();
    idp.code(&mut browser, "alice", "").await;
    idp.clock.advance(Duration::from_secs(3600));

    assert_eq!(browser.get(&idp.authorize("")).await.status, 200);
}

#[tokio::test]
async fn another_host_name_is_refused() {
    let idp = Idp::start().await;

    let answer = wire::exchange(
        idp.idp.local_addr(),
        "GET /oauth2/authorize HTTP/1.1\r\nHost: rebound.test\r\nConnection: close\r\n\r\n",
    )
    .await;

    assert_eq!(wire::status(&answer), 400);
}

#[tokio::test]
async fn signing_out_of_app_and_provider_asks_again() {
    let stack = Stack::with(
        |idp| idp.logout_uri("http://localhost/open/signed-out"),
        |_| {},
        |alb| alb,
    )
    .await;
    let mut browser = stack.signed_in("alice").await;

    // What the app does: expire the shards, and send the browser to the provider.
    browser.forget("AWSELBAuthSessionCookie-0");
    let logout_uri = stack
        .url("/open/signed-out")
        .replace(':', "%3A")
        .replace('/', "%2F");
    let client = stack.idp.authenticate_oidc().client_id;
    let page = browser
        .visit(&format!(
            "{}?client_id={client}&logout_uri={logout_uri}",
            stack.idp.logout_url()
        ))
        .await;
    assert_eq!(
        (page.status, page.json()["uri"].as_str()),
        (200, Some("/open/signed-out"))
    );

    let page = browser.visit(&stack.url("/")).await;
    assert!(page.body.contains("<h1>Sign in</h1>"));
    let answer = browser.choose(&page, "bob").await;
    assert_eq!(browser.follow(answer).await.status, 200, "as somebody else");
}
