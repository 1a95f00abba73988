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

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::rt::time::timeout;
use alb_oidc_actix::alb_oidc::{Clock, SystemClock};
use alb_oidc_testkit::{ManualClock, SimulatedAlb};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Self {
            status: status.parse().unwrap(),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let headers = self.headers.iter().filter(move |header| header.0 == name);
        headers.map(|(_, value)| &**value)
    }

    fn header<'a>(&'a self, name: &'a str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }
}

/// An application behind one load balancer.
struct Behind {
    alb: SimulatedAlb,
    address: SocketAddr,
    handle: ServerHandle,
}

impl Behind {
    fn start(alb: SimulatedAlb, serve: impl FnOnce(TcpListener) -> Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = serve(listener);
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            alb,
            address,
            handle,
        }
    }

    async fn send(&self, who: Who, method: &str, path: &str, lines: Lines<'_>) -> TcpStream {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: tables.example.com\r\n");
        let mut add = |name: &str, value: &str| request += &format!("{name}: {value}\r\n");
        for (name, value) in lines {
            add(name, value);
        }
        match who {
            Who::Nobody => {}
            Who::Forger => add("x-amzn-oidc-data", "a.b.c"),
            Who::Alice => {
                for (name, value) in self.alb.headers(&json!({"sub": "alice"})) {
                    add(name, &value);
                }
            }
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{request}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn ask(&self, who: Who, method: &str, path: &str, lines: Lines<'_>) -> Answer {
        let lines = [lines, &[("connection", "close")]].concat();
        let mut stream = self.send(who, method, path, &lines).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        Answer::parse(&answer)
    }

    async fn stop(self) {
        self.handle.stop(false).await;
    }
}

#[tokio::test]
async fn open_paths_answer_everyone_and_all_others_users_alone() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let behind = Behind::start(alb, |at| open_paths::serve(authenticator, at).unwrap());
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
            let answer = behind.ask(who, "GET", path, &[]).await;
            assert_eq!(answer.status, 401, "{path}");
        }
    }
    let home = behind.ask(Who::Alice, "GET", "/", &[]).await;
    assert_eq!(home.body, "hello alice");
    behind.stop().await;
}

#[tokio::test]
async fn people_get_pages_and_scripts_get_json_and_strangers_learn_no_paths() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let behind = Behind::start(alb, |at| error_pages::serve(authenticator, at).unwrap());
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
            }
        }
    }
    assert_eq!(behind.ask(Who::Alice, "GET", "/", &[]).await.body, "alice");
    let missing = behind.ask(Who::Alice, "GET", "/missing", &[]).await;
    assert_eq!(
        (missing.status, missing.header("x-frame-options")),
        (404, "DENY")
    );
    behind.stop().await;
}

#[tokio::test]
async fn everyone_may_sign_out_and_only_from_our_own_page() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let behind = Behind::start(alb, |at| sign_out::serve(authenticator, at).unwrap());
    for who in EVERYONE {
        for own in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("origin", "https://tables.example.com")],
        ] {
            let path = "/signout?next=https://evil.example";
            let answer = behind.ask(who, "POST", path, own).await;
            assert_eq!((answer.status, &*answer.body), (303, ""));
            assert_eq!(
                answer.header("location"),
                "https://four-tables.auth.eu-west-1.amazoncognito.com/logout?client_id=7LTcoPZrV44zeX6YK9VKApvO3q\
                 &logout_uri=https%3A%2F%2Ftables.example.com%2Fsigned-out"
            );
            assert_eq!(answer.all("set-cookie").count(), 4);
        }
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("origin", "https://evil.example")],
        ] {
            let answer = behind.ask(who, "POST", "/signout", foreign).await;
            assert_eq!(answer.status, 403);
            assert_eq!(answer.header("set-cookie"), "");
        }
        let get = behind.ask(who, "GET", "/signout", &[]).await;
        assert_eq!((get.status, get.header("allow")), (405, "POST"));
        assert_eq!(get.header("set-cookie"), "");
        assert_eq!(behind.ask(who, "GET", "/signed-out", &[]).await.status, 200);
    }
    behind.stop().await;
}

#[tokio::test]
async fn only_users_are_told_who_they_are() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let behind = Behind::start(alb, |at| sign_out::serve(authenticator, at).unwrap());
    let me = behind.ask(Who::Alice, "GET", "/me", &[]).await;
    assert_eq!(
        (me.status, me.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(me.header("cache-control"), "no-store");
    let told: Value = serde_json::from_str(&me.body).unwrap();
    let allowed = ["name", "email", "email_verified"];
    let mut names = told.as_object().unwrap().keys();
    assert!(names.all(|name| allowed.contains(&&**name)), "{told}");
    let head = behind.ask(Who::Alice, "HEAD", "/me", &[]).await;
    assert_eq!((head.status, &*head.body), (200, ""));
    for who in [Who::Nobody, Who::Forger] {
        assert_eq!(behind.ask(who, "GET", "/me", &[]).await.status, 401);
    }
    let own = &[("sec-fetch-site", "same-origin")];
    assert_eq!(behind.ask(Who::Alice, "POST", "/me", own).await.status, 405);
    behind.stop().await;
}

#[tokio::test]
async fn a_preflight_is_answered_before_anyone_is_asked_who_they_are() {
    let alb = SimulatedAlb::new();
    let authenticator = alb.authenticator();
    let behind = Behind::start(alb, |at| cors::serve(authenticator, at).unwrap());
    let office = ("origin", "https://office.example.com");
    let allowed = |answer: &Answer| answer.header("access-control-allow-origin") == office.1;
    let preflight = [
        office,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
        ("sec-fetch-site", "same-site"),
    ];
    let answer = behind.ask(Who::Nobody, "OPTIONS", "/vote", &preflight);
    let answer = answer.await;
    assert_eq!(answer.status, 200);
    assert!(allowed(&answer));
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert_eq!(answer.header("access-control-allow-methods"), "POST");

    let same_site = ("sec-fetch-site", "same-site");
    let from_office = [office, same_site];
    let voted = behind.ask(Who::Alice, "POST", "/vote", &from_office).await;
    assert_eq!((voted.status, &*voted.body), (200, "counted"));
    // The office's script can read why not.
    let refused = behind.ask(Who::Nobody, "POST", "/vote", &from_office).await;
    assert_eq!(refused.status, 401);
    assert!(allowed(&voted) && allowed(&refused));
    let evil = ("origin", "https://evil.example");
    for lines in [&[evil][..], &[evil, same_site], &[same_site]] {
        let answer = behind.ask(Who::Alice, "POST", "/vote", lines).await;
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("\"status\":403"), "{}", answer.body);
    }
    behind.stop().await;
}

#[tokio::test]
async fn a_websocket_is_for_users_on_our_own_pages_until_their_token_expires() {
    let alb = SimulatedAlb::new();
    let clock = Arc::new(ManualClock::at_system_time());
    let (authenticator, applications) = (alb.authenticator(), clock.clone());
    let behind = Behind::start(alb, |at| {
        websocket::serve(authenticator, applications, at).unwrap()
    });
    let connect = async |who, origin: &str| {
        let lines = [
            ("origin", origin),
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
        ];
        let mut stream = behind.send(who, "GET", "/echo", &lines).await;
        let mut head = Vec::new();
        let answered = async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
        };
        timeout(PATIENCE, answered).await.unwrap();
        let head = String::from_utf8(head).unwrap();
        (Answer::parse(&head).status, stream)
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
    let now = SystemClock.unix_time().unwrap();
    clock.set(now.saturating_add(Duration::from_secs(600)));
    let (status, mut stream) = connect(Who::Alice, own).await;
    assert_eq!(status, 101);
    let ended = timeout(PATIENCE, stream.read(&mut answer)).await;
    assert_eq!(ended.unwrap().unwrap_or(0), 0);
    behind.stop().await;
}
