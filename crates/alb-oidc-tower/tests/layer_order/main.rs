//! The applications of the manual's page on layers, asked what they answer to whom.

#![expect(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking; the applications are shown in the manual as they are"
)]

mod cors;
mod error_pages;
mod open_paths;
mod sign_out;
mod websocket;

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use alb_oidc_tower::Refusal;
use alb_oidc_tower::alb_oidc::{Clock, SystemClock};
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::ServiceExt as _;

type Lines<'a> = &'a [(&'a str, &'a str)];

/// Who asks.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    /// With a token that is not good.
    Forger,
    Alice,
}

const EVERYONE: [Who; 3] = [Who::Nobody, Who::Forger, Who::Alice];

/// How long a WebSocket's answer may take before the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
    refusal: Option<Refusal>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// An application behind one load balancer.
struct Behind {
    alb: SimulatedAlb,
    app: Router,
}

impl Behind {
    async fn ask(&self, who: Who, method: &str, path: &str, lines: Lines<'_>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "tables.example.com");
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        match who {
            Who::Nobody => {}
            Who::Forger => {
                let token = "a.b.c".parse().unwrap();
                request.headers_mut().insert("x-amzn-oidc-data", token);
            }
            Who::Alice => request = self.alb.sign_in(request, "alice"),
        }
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status.as_u16(),
            refusal: head.extensions.get::<Refusal>().cloned(),
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

#[tokio::test]
async fn open_paths_answer_everyone_and_all_others_users_alone() {
    let alb = SimulatedAlb::new();
    let app = open_paths::app(alb.authenticator());
    let behind = Behind { alb, app };
    for who in EVERYONE {
        let health = behind.ask(who, "GET", "/healthz", &[]).await;
        assert_eq!((health.status, &*health.body), (200, "ok"));
        let style = behind.ask(who, "GET", "/assets/style-1.css", &[]).await;
        assert_eq!(
            (style.status, style.header("content-type")),
            (200, "text/css; charset=utf-8")
        );
        assert!(style.header("cache-control").starts_with("public"));
    }
    for path in ["/", "/assets/", "/assets/../", "/healthz/", "/missing"] {
        for who in [Who::Nobody, Who::Forger] {
            assert_eq!(
                behind.ask(who, "GET", path, &[]).await.status,
                401,
                "{path}"
            );
        }
    }
    assert_eq!(
        behind.ask(Who::Alice, "GET", "/", &[]).await.body,
        "hello alice"
    );
}

#[tokio::test]
async fn people_get_pages_and_scripts_get_json_and_strangers_learn_no_paths() {
    let alb = SimulatedAlb::new();
    let app = error_pages::app(alb.authenticator());
    let behind = Behind { alb, app };
    for path in ["/", "/missing"] {
        for who in [Who::Nobody, Who::Forger] {
            let window = &[
                ("sec-fetch-mode", "navigate"),
                ("accept", "text/html,*/*;q=0.8"),
            ];
            let page = behind.ask(who, "GET", path, window).await;
            assert_eq!(
                (page.status, page.header("content-type")),
                (401, "text/html; charset=utf-8")
            );
            assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
            let script = &[("sec-fetch-mode", "cors"), ("accept", "*/*")];
            let problem = behind.ask(who, "GET", path, script).await;
            assert_eq!(problem.status, 401);
            assert_eq!(problem.header("content-type"), "application/problem+json");
            assert!(problem.body.contains("\"status\":401"), "{}", problem.body);
            for answer in [page, problem] {
                assert_eq!(answer.header("cache-control"), "no-store");
                assert_eq!(answer.header("www-authenticate"), "ALB-OIDC");
                assert_eq!(answer.header("x-frame-options"), "DENY");
                assert!(matches!(answer.refusal, Some(Refusal::Unauthenticated(_))));
            }
        }
    }
    assert_eq!(behind.ask(Who::Alice, "GET", "/", &[]).await.body, "alice");
    let missing = behind.ask(Who::Alice, "GET", "/missing", &[]).await;
    assert_eq!(
        (missing.status, missing.header("x-frame-options")),
        (404, "DENY")
    );
}

#[tokio::test]
async fn everyone_may_sign_out_and_only_from_our_own_page() {
    let alb = SimulatedAlb::new();
    let app = sign_out::app(alb.authenticator()).unwrap();
    let behind = Behind { alb, app };
    for who in EVERYONE {
        for own in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("origin", "https://tables.example.com")],
        ] {
            let answer = behind
                .ask(who, "POST", "/signout?next=https://evil.example", own)
                .await;
            assert_eq!((answer.status, &*answer.body), (303, ""));
            assert_eq!(
                answer.header("location"),
                "https://four-tables.auth.eu-west-1.amazoncognito.com/logout?client_id=7LTcoPZrV44zeX6YK9VKApvO3q\
                 &logout_uri=https%3A%2F%2Ftables.example.com%2Fsigned-out"
            );
            let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
            assert_eq!(cookies.len(), 4);
        }
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("origin", "https://evil.example")],
        ] {
            let answer = behind.ask(who, "POST", "/signout", foreign).await;
            assert_eq!(answer.status, 403);
            assert_eq!(answer.headers.get("set-cookie"), None);
            assert!(matches!(answer.refusal, Some(Refusal::CrossOrigin(_))));
        }
        let get = behind.ask(who, "GET", "/signout", &[]).await;
        assert_eq!((get.status, get.header("allow")), (405, "POST"));
        assert_eq!(get.headers.get("set-cookie"), None);
        assert_eq!(behind.ask(who, "GET", "/signed-out", &[]).await.status, 200);
    }
}

#[tokio::test]
async fn only_users_are_told_who_they_are() {
    let alb = SimulatedAlb::new();
    let app = sign_out::app(alb.authenticator()).unwrap();
    let behind = Behind { alb, app };
    let me = behind.ask(Who::Alice, "GET", "/me", &[]).await;
    assert_eq!(
        (me.status, me.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(me.header("cache-control"), "no-store");
    let told: serde_json::Value = serde_json::from_str(&me.body).unwrap();
    let allowed = ["name", "email", "email_verified"];
    assert!(
        told.as_object()
            .unwrap()
            .keys()
            .all(|name| allowed.contains(&&**name)),
        "{told}"
    );
    assert_eq!(behind.ask(Who::Alice, "HEAD", "/me", &[]).await.status, 200);
    for who in [Who::Nobody, Who::Forger] {
        assert_eq!(behind.ask(who, "GET", "/me", &[]).await.status, 401);
    }
    let own = &[("sec-fetch-site", "same-origin")];
    assert_eq!(behind.ask(Who::Alice, "POST", "/me", own).await.status, 405);
}

#[tokio::test]
async fn a_preflight_is_answered_before_anyone_is_asked_who_they_are() {
    let alb = SimulatedAlb::new();
    let app = cors::app(alb.authenticator()).unwrap();
    let behind = Behind { alb, app };
    let office = ("origin", "https://office.example.com");
    let allowed = |answer: &Answer| answer.header("access-control-allow-origin") == office.1;
    let preflight = [
        office,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
        ("sec-fetch-site", "same-site"),
    ];
    let answer = behind
        .ask(Who::Nobody, "OPTIONS", "/vote", &preflight)
        .await;
    assert_eq!(answer.status, 200);
    assert!(allowed(&answer));
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(answer.header("access-control-allow-methods"), "POST");
    assert_eq!(answer.refusal, None);

    let ask = |who, lines: Vec<(&'static str, &'static str)>| {
        let behind = &behind;
        async move { behind.ask(who, "POST", "/vote", &lines).await }
    };
    let same_site = ("sec-fetch-site", "same-site");
    let voted = ask(Who::Alice, vec![office, same_site]).await;
    assert_eq!((voted.status, &*voted.body), (200, "counted"));
    // The office's script can read why not.
    let refused = ask(Who::Nobody, vec![office, same_site]).await;
    assert_eq!(refused.status, 401);
    assert!(allowed(&voted) && allowed(&refused));
    let evil = ("origin", "https://evil.example");
    for lines in [vec![evil], vec![evil, same_site], vec![same_site]] {
        let answer = ask(Who::Alice, lines).await;
        assert!(matches!(answer.refusal, Some(Refusal::CrossOrigin(_))));
        assert_eq!(answer.status, 403);
        // The CORS layer has seen this one too.
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
    }
}

#[tokio::test]
async fn a_websocket_is_for_users_on_our_own_pages_until_their_token_expires() {
    let alb = SimulatedAlb::new();
    let clock = Arc::new(ManualClock::at_system_time());
    let app = websocket::app(alb.authenticator(), clock.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    let connect = async |who, origin: &str| {
        let mut request = format!(
            "GET /echo HTTP/1.1\r\nhost: tables.example.com\r\norigin: {origin}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\n"
        );
        if let Who::Alice = who {
            for (name, value) in alb.headers(&serde_json::json!({"sub": "alice"})) {
                request += &format!("{name}: {value}\r\n");
            }
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(format!("{request}\r\n").as_bytes())
            .await
            .unwrap();
        let mut head = Vec::new();
        let answered = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
        };
        timeout(PATIENCE, answered).await.unwrap();
        let head = String::from_utf8(head).unwrap();
        (
            head.split(' ').nth(1).unwrap().parse::<u16>().unwrap(),
            stream,
        )
    };
    let (own, evil) = ("https://tables.example.com", "https://evil.example");
    assert_eq!(connect(Who::Nobody, own).await.0, 401);
    assert_eq!(connect(Who::Alice, evil).await.0, 403);

    let (status, mut stream) = connect(Who::Alice, own).await;
    assert_eq!(status, 101);
    stream.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    let echoed = timeout(PATIENCE, stream.read_exact(&mut answer)).await;
    echoed.unwrap().unwrap();
    assert_eq!(&answer, b"hello");

    // As the application's clock has it, the next one's token has just expired.
    clock.set(
        SystemClock
            .unix_time()
            .unwrap()
            .saturating_add(Duration::from_secs(600)),
    );
    let (status, mut stream) = connect(Who::Alice, own).await;
    assert_eq!(status, 101);
    let end = timeout(PATIENCE, stream.read(&mut answer)).await;
    assert_eq!(end.unwrap().unwrap_or(0), 0);
    server.abort();
}
