//! What answers by itself, whatever the method: `/me` and sign-out; and pages for people.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use actix_web::body::{MessageBody, to_bytes_limited};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use alb_oidc_actix::alb_oidc::CrossOrigin;
use alb_oidc_actix::{
    Authenticate, AuthenticateError, Authorize, Authorizer, Csrf, CsrfProtection, Endpoint, Me,
    Pages, Refusal, RefusalResponder, Rejection, Requirement, SignOut, answer_response,
    browser_request,
};
use alb_oidc_testkit::SimulatedAlb;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const METHODS: [&str; 12] = [
    "GET", "HEAD", "OPTIONS", "TRACE", "CONNECT", "POST", "PUT", "PATCH", "DELETE", "QUERY",
    "BREW", "get",
];

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const FOREIGN: (&str, &str) = ("sec-fetch-site", "cross-site");

fn to(method: &str, path: &str) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    TestRequest::with_uri(path).method(method)
}

fn alices(alb: &SimulatedAlb) -> Vec<(&'static str, String)> {
    let claims = json!({
        "sub": "alice",
        "name": "Alice",
        "email": "alice@example.com",
        "email_verified": "true",
        "salary": 7,
    });
    alb.headers(&claims).into_iter().collect()
}

fn as_alice(alb: &SimulatedAlb, request: TestRequest) -> TestRequest {
    let headers = alices(alb).into_iter();
    headers.fold(request, TestRequest::insert_header)
}

fn me() -> Endpoint {
    Endpoint::me("/me", Me::new(["name", "email", "email_verified", "shoe"]))
}

fn signing_out() -> SignOut {
    SignOut::local("/signed-out").unwrap()
}

fn sign_out() -> Endpoint {
    Endpoint::sign_out("/signout", signing_out(), CsrfProtection::new())
}

struct Answer {
    response: HttpResponse<()>,
    status: u16,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    fn cookies(&self) -> Vec<&str> {
        let cookies = self.response.headers().get_all("set-cookie");
        cookies.map(|cookie| cookie.to_str().unwrap()).collect()
    }

    fn refusal(&self) -> Option<Refusal> {
        self.response.extensions().get::<Refusal>().cloned()
    }
}

async fn ask<F, B>(app: App<F>, request: TestRequest) -> Answer
where
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody,
{
    let app = init_service(app).await;
    let (_, response) = call_service(&app, request.to_request()).await.into_parts();
    let (response, body) = response.into_parts();
    let Ok(Ok(body)) = to_bytes_limited(body, 8192).await else {
        panic!("the body cannot be read");
    };
    Answer {
        status: response.status().as_u16(),
        response,
        body: String::from_utf8(body.into()).unwrap(),
    }
}

#[tokio::test]
async fn a_page_is_told_the_claims_on_the_list_and_nothing_else() {
    let alb = SimulatedAlb::new();
    for authenticate in [
        Authenticate::required(alb.authenticator()),
        Authenticate::optional(alb.authenticator()),
    ] {
        let app = App::new().service(me()).wrap(authenticate);
        let answer = ask(app, as_alice(&alb, to("GET", "/me"))).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            told,
            json!({"name": "Alice", "email": "alice@example.com", "email_verified": true})
        );
    }
}

#[tokio::test]
async fn a_page_is_told_nothing_where_nobody_is_signed_in_or_nobody_has_looked() {
    let alb = SimulatedAlb::new();
    let missing = Refusal::Unauthenticated(AuthenticateError::Missing);
    for method in METHODS {
        let optional = Authenticate::optional(alb.authenticator());
        let answer = ask(App::new().service(me()).wrap(optional), to(method, "/me")).await;
        assert_eq!(
            (answer.status, answer.refusal()),
            (401, Some(missing.clone()))
        );
        assert_eq!(answer.header("www-authenticate"), "ALB-OIDC");
        let alice = as_alice(&alb, to(method, "/me"));
        let answer = ask(App::new().service(me()), alice).await;
        assert_eq!(
            (answer.status, answer.refusal()),
            (500, Some(Refusal::MissingLayer))
        );
        assert!(!answer.body.contains("example.com"));
    }
}

#[tokio::test]
async fn a_method_that_is_not_allowed_is_told_which_are() {
    let alb = SimulatedAlb::new();
    for method in METHODS {
        let allowed = matches!(method, "GET" | "HEAD");
        let app = App::new()
            .service(me())
            .wrap(Authenticate::required(alb.authenticator()));
        let answer = ask(app, as_alice(&alb, to(method, "/me"))).await;
        assert_eq!(answer.status, if allowed { 200 } else { 405 }, "{method}");
        if !allowed {
            assert_eq!(answer.header("allow"), "GET, HEAD", "{method}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(!answer.body.contains("example.com"));
        }
        let allowed = method == "POST";
        let request = to(method, "/signout").insert_header(OWN);
        let answer = ask(App::new().service(sign_out()), request).await;
        assert_eq!(answer.status, if allowed { 303 } else { 405 }, "{method}");
        if !allowed {
            assert_eq!(answer.header("allow"), "POST", "{method}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(answer.cookies().is_empty());
        }
    }
}

#[tokio::test]
async fn a_sign_out_ends_every_shard_of_the_session_for_whoever_asks() {
    let alb = SimulatedAlb::new();
    let path = "/signout?next=https://evil.example";
    let request = || to("POST", path).insert_header(OWN);
    for request in [
        request(),
        request().insert_header(("x-amzn-oidc-data", "a.b.c")),
        as_alice(&alb, request()),
    ] {
        let answer = ask(App::new().service(sign_out()), request).await;
        assert_eq!((answer.status, &*answer.body), (303, ""));
        assert_eq!(answer.header("location"), "/signed-out");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(
            answer.cookies(),
            signing_out().expired_cookies().collect::<Vec<_>>()
        );
        assert_eq!(answer.cookies().len(), 4);
    }
}

#[tokio::test]
async fn another_sites_page_signs_nobody_out_and_the_responder_says_so() {
    #[derive(Clone)]
    struct Page;
    impl RefusalResponder for Page {
        fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
            let text = format!("{} at {}", refusal.reason(), request.uri());
            HttpResponse::Forbidden().body(text)
        }
    }
    let request = || to("POST", "/signout").insert_header(FOREIGN);
    let problem = ask(App::new().service(sign_out()), request()).await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let page = App::new().service(sign_out().responder(Page));
    let page = ask(page, request()).await;
    assert_eq!(page.body, "cross-origin at /signout");
    for answer in [problem, page] {
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.cookies().is_empty());
        assert_eq!(
            answer.refusal(),
            Some(Refusal::CrossOrigin(CrossOrigin::Site))
        );
    }
}

#[tokio::test]
async fn an_endpoint_stands_in_a_scope_like_any_other_service() {
    let alb = SimulatedAlb::new();
    let app = || {
        let users = web::scope("/api")
            .service(Endpoint::me("who", Me::new(["sub"])))
            .wrap(Authenticate::required(alb.authenticator()));
        App::new().service(users)
    };
    let answer = ask(app(), as_alice(&alb, to("GET", "/api/who"))).await;
    assert_eq!((answer.status, &*answer.body), (200, r#"{"sub":"alice"}"#));
    assert_eq!(ask(app(), to("GET", "/api/who")).await.status, 401);
    assert_eq!(ask(app(), to("GET", "/who")).await.status, 404);
}

#[tokio::test]
async fn a_handler_of_ones_own_signs_out() {
    let handler = async |request: HttpRequest| {
        let said = browser_request(&request);
        match signing_out().answer_to(&said, &CsrfProtection::new()) {
            Ok(answer) => Ok(answer_response(answer)),
            Err(refusal) => Err(Rejection::from(refusal)),
        }
    };
    let app = || App::new().route("/bye", web::to(handler));
    let foreign = to("POST", "/bye").insert_header(FOREIGN);
    assert_eq!(ask(app(), foreign).await.status, 403);
    assert_eq!(ask(app(), to("GET", "/bye")).await.status, 405);
    let answer = ask(app(), to("POST", "/bye")).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "/signed-out");
    assert_eq!(answer.cookies().len(), 4);
}

#[tokio::test]
async fn people_get_a_page_wherever_they_are_refused_and_scripts_a_problem() {
    let alb = SimulatedAlb::new();
    let nobody_else = Authorizer::enforce(Requirement::subject("bob"));
    let app = || {
        let books = web::resource("/books")
            .get(async || "books")
            .wrap(Authorize::new(nobody_else.clone()).responder(Pages::new()));
        let users = web::scope("")
            .service(books)
            .wrap(Authenticate::required(alb.authenticator()).responder(Pages::new()));
        App::new()
            .service(me().responder(Pages::new()))
            .service(sign_out().responder(Pages::new()))
            .service(users)
            .wrap(Csrf::new(CsrfProtection::new()).responder(Pages::new()))
    };
    for (mode, kind) in [
        ("navigate", "text/html; charset=utf-8"),
        ("cors", "application/problem+json"),
    ] {
        let to = |method, path| to(method, path).insert_header(("sec-fetch-mode", mode));
        for (request, status) in [
            (to("GET", "/missing"), 401),
            (as_alice(&alb, to("GET", "/books")), 403),
            (to("GET", "/me"), 500),
            (to("POST", "/signout").insert_header(FOREIGN), 403),
            (to("POST", "/books").insert_header(FOREIGN), 403),
        ] {
            let answer = ask(app(), request).await;
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (status, kind)
            );
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(
                answer.body.starts_with("<!doctype html>"),
                mode == "navigate"
            );
            let refusal = answer.refusal().unwrap();
            assert_eq!(refusal.problem().status(), status);
        }
    }
    // Without `Sec-Fetch-Mode` it is what is accepted that tells.
    let old = to("GET", "/").insert_header(("accept", "text/html,*/*;q=0.8"));
    let page = ask(app(), old).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("www-authenticate"), "ALB-OIDC");
    assert!(page.header("content-security-policy").contains("sha256-"));
}

#[tokio::test]
async fn pages_of_ones_own_are_shown_to_people() {
    let alb = SimulatedAlb::new();
    let pages = Pages::with(|refusal| format!("<p>{}</p>", refusal.problem().status()));
    let app = App::new().wrap(Authenticate::required(alb.authenticator()).responder(pages));
    let window = to("GET", "/").insert_header(("sec-fetch-mode", "navigate"));
    let page = ask(app, window).await;
    assert_eq!((page.status, &*page.body), (401, "<p>401</p>"));
}

/// A server knows what a `HEAD` is answered with: the head alone.
#[tokio::test]
async fn a_head_is_answered_without_the_claims() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let app = move || App::new().service(me()).wrap(authenticate.clone());
    let server = HttpServer::new(app).workers(1).disable_signals();
    let server = server.bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    let mut request = "HEAD /me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".to_owned();
    for (name, value) in alices(&alb) {
        request += &format!("{name}: {value}\r\n");
    }
    let mut client = TcpStream::connect(address).await.unwrap();
    let sent = format!("{request}\r\n");
    client.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("application/json"), "{answer}");
    assert!(
        answer.ends_with("\r\n\r\n") && !answer.contains("Alice"),
        "{answer}"
    );
    handle.stop(false).await;
}
