//! What the target is sent, and what it is not.

use crate::harness::{Browser, Stack, Target, wire};
use alb_oidc_sim::{ClientIdentityHeaders, LocalAlb, OnUnauthenticatedRequest};

const FORGED: [(&str, &str); 5] = [
    ("x-amzn-oidc-data", "forged"),
    ("x-amzn-oidc-identity", "forged"),
    ("x-amzn-oidc-accesstoken", "forged"),
    ("x_amzn_oidc_data", "forged"),
    ("X-Amzn_Oidc-Identity", "forged"),
];

async fn stack(client_identity: ClientIdentityHeaders) -> Stack {
    Stack::with(
        |idp| idp,
        |_| {},
        |alb| alb.client_identity_headers(client_identity),
    )
    .await
}

#[tokio::test]
async fn identity_headers_of_the_client_are_stripped_on_every_rule() {
    let stack = stack(ClientIdentityHeaders::Strip).await;
    let mut browser = stack.signed_in("alice").await;

    let page = browser.get_with(&stack.url("/"), &FORGED).await;
    assert!(!page.body.contains("forged"), "{}", page.body);
    assert_eq!(page.sent("x-amzn-oidc-data").len(), 1);

    for path in ["/healthz", "/open/page"] {
        let page = browser.get_with(&stack.url(path), &FORGED).await;
        assert!(
            page.status == 200 && !page.body.contains("forged") && !page.body.contains("oidc"),
            "{}",
            page.body
        );
    }
}

#[tokio::test]
async fn identity_headers_of_the_client_are_stripped_where_allow_lets_it_in() {
    let stack = Stack::with(
        |idp| idp,
        |rule| rule.on_unauthenticated_request = OnUnauthenticatedRequest::Allow,
        |alb| alb,
    )
    .await;

    let page = Browser::new().get_with(&stack.url("/"), &FORGED).await;

    assert!(
        page.status == 200 && !page.body.contains("oidc"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn identity_headers_of_the_client_pass_through_if_told_so() {
    let stack = stack(ClientIdentityHeaders::PassThrough).await;
    let mut browser = stack.signed_in("alice").await;

    let open = browser.get_with(&stack.url("/healthz"), &FORGED).await;
    assert_eq!(open.sent("x-amzn-oidc-data"), ["forged"]);
    assert_eq!(open.sent("x_amzn_oidc_data"), ["forged"]);

    let page = browser.get_with(&stack.url("/"), &FORGED).await;
    assert_eq!(page.sent("x-amzn-oidc-data").len(), 1);
    assert_ne!(page.sent("x-amzn-oidc-data"), ["forged"]);
    assert_eq!(page.sent("x_amzn_oidc_data"), ["forged"]);
}

#[tokio::test]
async fn identity_headers_of_the_client_are_duplicated_if_told_so() {
    let stack = stack(ClientIdentityHeaders::Duplicate).await;
    let mut browser = stack.signed_in("alice").await;

    let data = browser
        .get_with(&stack.url("/"), &FORGED)
        .await
        .sent("x-amzn-oidc-data");

    assert_eq!(data.len(), 2);
    assert_eq!(data[0], "forged");
    assert_ne!(data[1], "forged");
}

#[tokio::test]
async fn identity_headers_in_trailers_are_stripped() {
    let stack = Stack::start().await;
    let request = "POST /open/../trailers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(
        wire::status(&wire::exchange(stack.alb.local_addr(), request).await),
        400,
        "no prefix lets a dot segment through"
    );

    let alb = LocalAlb::builder(stack.target.uri()).start().await.unwrap();
    let request = "POST /trailers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\
        Trailer: x-kept, x-amzn-oidc-data\r\n\r\n1\r\na\r\n0\r\nx-amzn-oidc-data: forged\r\nx_amzn_oidc_data: forged\r\nx-kept: 1\r\n\r\n";
    let answer = wire::exchange(alb.local_addr(), request).await;

    assert!(answer.ends_with("x-kept"), "{answer}");
}

#[tokio::test]
async fn a_connection_header_that_names_a_protected_header_gets_400() {
    let stack = Stack::start().await;
    for name in [
        "x-amzn-oidc-data",
        "X_Amzn_Oidc_Data",
        "cookie",
        "x-forwarded-for",
    ] {
        let request =
            format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close, {name}\r\n\r\n");

        assert_eq!(
            wire::status(&wire::exchange(stack.alb.local_addr(), &request).await),
            400,
            "{name}"
        );
    }
    assert_eq!(stack.target.requests(), 0);
}

#[tokio::test]
async fn the_target_is_told_where_the_request_came_from() {
    let stack = Stack::start().await;
    let forwarded = [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "1"),
        ("x-amzn-trace-id", "Root=1-0-0"),
    ];

    let page = Browser::new()
        .get_with(&stack.url("/healthz"), &forwarded)
        .await;
    assert_eq!(page.sent("x-forwarded-for"), ["203.0.113.7, 127.0.0.1"]);
    assert_eq!(page.sent("x-forwarded-proto"), ["http"]);
    assert_eq!(
        page.sent("x-forwarded-port"),
        [stack.alb.local_addr().port().to_string()]
    );
    assert!(
        page.sent("x-amzn-trace-id")[0].starts_with("Self=1-")
            && page.sent("x-amzn-trace-id")[0].ends_with(";Root=1-0-0")
    );
    assert_eq!(
        page.sent("host"),
        [stack.alb.url().strip_prefix("http://").unwrap()]
    );

    let page = Browser::new().get(&stack.url("/healthz")).await;
    assert_eq!(page.sent("x-forwarded-for"), ["127.0.0.1"]);
    assert!(page.sent("x-amzn-trace-id")[0].starts_with("Root=1-"));
}

#[tokio::test]
async fn hop_by_hop_headers_stay_on_their_hop() {
    let stack = Stack::start().await;
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close, x-private\r\nX-Private: 1\r\n\
        Keep-Alive: 1\r\nUpgrade: h2c\r\nProxy-Authorization: x\r\n\r\n";

    let answer = wire::exchange(stack.alb.local_addr(), request).await;

    for name in ["x-private", "keep-alive", "upgrade", "proxy-authorization"] {
        assert!(
            !answer.to_lowercase().contains(&format!("[\"{name}\"")),
            "{name}: {answer}"
        );
    }
    assert!(
        wire::values(&answer, "x-hop").is_empty(),
        "named by the target's own Connection header"
    );
    assert_eq!(wire::values(&answer, "x-end"), ["1"]);
}

#[tokio::test]
async fn the_sessions_shards_do_not_reach_the_target_and_other_cookies_do() {
    let stack = Stack::start().await;
    let mut browser = stack.signed_in("alice").await;
    browser.store("localhost", "theme=dark");

    for path in ["/", "/healthz"] {
        let cookies = browser
            .get(&stack.url(path))
            .await
            .sent("cookie")
            .join("; ");
        assert!(
            cookies.contains("theme=dark")
                && cookies.contains("AWSALBAuthNonce=")
                && !cookies.contains("AWSELB"),
            "{cookies}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_not_allowed_gets_400_where_a_login_could_begin() {
    let stack = Stack::with(|idp| idp, |_| {}, |alb| alb.host("app.test:1234")).await;
    let get = async |path: &str, host: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{host}\r\n");
        wire::exchange(stack.alb.local_addr(), &request).await
    };
    let port = stack.alb.local_addr().port();

    for host in [
        "Host: evil.test\r\n",
        "Host: localhost\r\n",
        "Host: localhost:1\r\n",
        "Host: a@b\r\n",
        "Host: localhost\r\nHost: localhost\r\n",
    ] {
        assert_eq!(wire::status(&get("/", host).await), 400, "{host}");
    }
    for host in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        "app.test:1234".to_owned(),
    ] {
        let answer = get("/", &format!("Host: {host}\r\n")).await;
        assert_eq!(wire::status(&answer), 302, "{host}");
        let encoded = host
            .replace(':', "%3A")
            .replace('[', "%5B")
            .replace(']', "%5D");
        assert!(wire::values(&answer, "location")[0].contains(&format!(
            "redirect_uri=http%3A%2F%2F{encoded}%2Foauth2%2Fidpresponse"
        )));
    }
    assert_eq!(
        wire::status(&get("/healthz", "Host: any.test\r\n").await),
        200,
        "health checks name an address"
    );
    assert_eq!(
        wire::status(&get("/healthz", "Host: lb.us-east-1.elb.amazonaws.com\r\n").await),
        400
    );
}

#[tokio::test]
async fn a_request_without_a_host_gets_401() {
    let stack = Stack::start().await;

    let answer = wire::exchange(stack.alb.local_addr(), "GET / HTTP/1.0\r\n\r\n").await;

    assert_eq!(wire::status(&answer), 401);
    assert_eq!(
        wire::values(&answer, "x-alb-sim-error-reason"),
        ["AuthMissingHostHeader"]
    );
}

#[tokio::test]
async fn trace_and_connect_get_405() {
    let stack = Stack::start().await;
    for line in ["TRACE /healthz HTTP/1.1", "CONNECT localhost:80 HTTP/1.1"] {
        let answer = wire::exchange(
            stack.alb.local_addr(),
            &format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n"),
        )
        .await;
        assert_eq!(wire::status(&answer), 405, "{line}");
    }
    assert_eq!(stack.target.requests(), 0);
}

#[tokio::test]
async fn a_target_that_is_not_there_gives_502() {
    let alb = LocalAlb::builder("http://127.0.0.1:1".parse().unwrap())
        .start()
        .await
        .unwrap();

    let answer = Browser::new().get(&format!("{}/", alb.url())).await;

    assert_eq!(answer.status, 502);
    assert!(answer.body.contains("<h1>502 Bad Gateway</h1>"));
    assert_eq!(answer.headers["server"], "awselb/2.0");
}

#[tokio::test]
async fn without_an_authenticate_action_all_is_forwarded() {
    let target = Target::start().await;
    let alb = LocalAlb::builder(target.uri()).start().await.unwrap();

    let page = Browser::new()
        .get(&format!("{}/oauth2/idpresponse?code=a&state=b", alb.url()))
        .await;

    assert_eq!(
        (page.status, page.json()["uri"].as_str()),
        (200, Some("/oauth2/idpresponse?code=a&state=b"))
    );
}
