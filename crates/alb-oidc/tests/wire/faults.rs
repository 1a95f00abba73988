//! What the endpoint, and the way to it, do on a bad day. Each case is played to a store that holds
//! nothing, and to one that holds a key: when that is refreshed, and when another is asked for.

use std::io::ErrorKind;
use std::net::TcpListener as Canary;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alb_oidc::FetchError::{
    self, Aborted, BodyTooLarge, Connect, Dns, Malformed, Redirect, Status, Timeout, Tls,
};
use alb_oidc::{AuthenticateError, KeyError, PublicKeyError, TokenError};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time;
use tokio_rustls::rustls::ServerConfig;

use crate::bench::{self, Bench, Deadlines, LONG, Verdict};
use crate::bodies::{NOT_KEYS, gzip};
use crate::certificates;
use crate::endpoint::{Bytes, End, Fault, Log};

#[derive(Clone)]
struct Case {
    name: String,
    fault: Fault,
    gives: Gives,
    /// How many connections it takes to come to that: two where a second try may help.
    connections: usize,
    deadlines: Deadlines,
}

#[derive(Clone, Copy, Debug)]
enum Gives {
    /// The key. What looks like a fault is none.
    Served,
    /// 503, for this cause.
    Unavailable(FetchError),
    /// 503 for this status before the endpoint has served a key, and 401 after.
    Unknown(u16),
}

impl Case {
    fn new(name: &str, fault: Fault, gives: Gives) -> Self {
        Self {
            name: name.to_owned(),
            fault,
            gives,
            connections: 1,
            deadlines: Deadlines::Long,
        }
    }

    /// An answer that is complete, and is looked at once.
    fn answer(
        name: &str,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
        gives: Gives,
    ) -> Self {
        Self::new(name, Fault::Answer(Bytes::new(answer), End::Hold), gives)
    }

    /// Something else than a handshake with a certificate to believe. Tried once.
    fn insecure(name: &str, fault: Fault) -> Self {
        Self::new(name, fault, Gives::Unavailable(Tls))
    }

    fn certificate(name: &str, certificate: Arc<ServerConfig>) -> Self {
        Self::insecure(name, Fault::Certificate(certificate))
    }

    /// No connection to ask on. Tried twice.
    fn unconnected(name: &str, fault: Fault) -> Self {
        Self::new(name, fault, Gives::Unavailable(Connect)).retried()
    }

    /// An answer that breaks off, or is none. Tried twice.
    fn broken(
        name: &str,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
        end: End,
    ) -> Self {
        let fault = Fault::Answer(Bytes::new(answer), end);
        Self::new(name, fault, Gives::Unavailable(Aborted)).retried()
    }

    /// Something that never comes to an end. Ended by the deadlines as they are by default.
    fn endless(name: &str, fault: Fault) -> Self {
        Self {
            deadlines: Deadlines::Default,
            ..Self::new(name, fault, Gives::Unavailable(Timeout))
        }
    }

    /// More than a key could be. Tried once.
    fn too_large(name: &str, head: &'static str, body: &'static [u8]) -> Self {
        let head = Bytes::new(|_| head.into());
        let fault = Fault::Answer(head, End::Flood(body));
        Self::new(name, fault, Gives::Unavailable(BodyTooLarge))
    }

    /// This status, with the key for a body.
    fn status(status: u16) -> Self {
        let gives = match status {
            403 | 404 | 410 => Gives::Unknown(status),
            _ => Gives::Unavailable(Status(status)),
        };
        let answer = move |pem: &str| http(&status.to_string(), "", pem.as_bytes());
        let case = Self::answer(&format!("status {status}"), answer, gives);
        if status < 500 { case } else { case.retried() }
    }

    /// To the canary, with the key for a body.
    fn redirect(status: u16, url: String) -> Self {
        let name = format!("status {status} to {url}");
        let location = format!("Location: {url}\r\n");
        let answer = move |pem: &str| http(&status.to_string(), &location, pem.as_bytes());
        Self::answer(&name, answer, Gives::Unavailable(Redirect))
    }

    fn retried(self) -> Self {
        Self {
            connections: 2,
            ..self
        }
    }

    async fn run(self) {
        let all = async { tokio::join!(self.play_to_an_empty_store(), self.play_to_a_full_one()) };
        // What is endless for the fetcher must not be so for the test.
        let ended = time::timeout(Duration::from_secs(60), all).await;
        assert!(ended.is_ok(), "{} does not come to an end", self.name);
    }

    async fn play_to_an_empty_store(&self) {
        let bench = Bench::new(self.deadlines).await;
        bench.endpoint.fail(self.fault.clone());
        let sent = Instant::now();
        let verdict = bench.verdict(&bench.token()).await;
        assert!(sent.elapsed() < LONG, "{}: too late", self.name);
        let expected = match self.gives {
            Gives::Unknown(status) => Gives::Unavailable(Status(status)),
            gives => gives,
        };
        self.check_verdict(expected, verdict);
        let log = bench.endpoint.wait_for_end_of(self.connections).await;
        self.check_log(&log, self.connections);
    }

    async fn play_to_a_full_one(&self) {
        if matches!(self.gives, Gives::Served) {
            return;
        }
        // By the default deadlines, a loaded machine may be too late.
        let (bench, held) = loop {
            let bench = Bench::new(self.deadlines).await;
            let held = bench.token();
            if bench.verdict(&held).await.is_ok() {
                break (bench, held);
            }
            assert_ne!(self.deadlines, Deadlines::Long, "{}", self.name);
        };
        bench.endpoint.fail(self.fault.clone());

        assert_eq!(bench.verdict(&held).await, Ok(()), "{}", self.name);
        let (connections, gives) = match self.gives {
            Gives::Unknown(_) => (2, self.gives),
            gives => (self.connections, gives),
        };
        let log = bench.endpoint.wait_for_end_of(connections).await;
        self.check_log(&log, connections);
        assert_eq!(bench.verdict(&held).await, Ok(()), "{}", self.name);

        bench.alb.rotate();
        let verdict = bench.verdict(&bench.token()).await;
        self.check_verdict(gives, verdict);
        let log = bench.endpoint.wait_for_end_of(2 * connections).await;
        self.check_log(&log, 2 * connections);
        assert_eq!(bench.verdict(&held).await, Ok(()), "{}", self.name);
        assert_eq!(bench.store.stats().proven_keys, 1, "{}", self.name);
    }

    fn check_verdict(&self, gives: Gives, verdict: Verdict) {
        let name = &self.name;
        match (gives, verdict) {
            (Gives::Served, Ok(())) => {}
            (Gives::Unavailable(expected), Err(AuthenticateError::Unavailable(error))) => {
                let KeyError::Fetch { error, .. } = error else {
                    panic!("{name}: {error:?}");
                };
                assert_eq!(error, expected, "{name}");
            }
            (Gives::Unknown(_), Err(AuthenticateError::Rejected(TokenError::UnknownKey))) => {}
            (_, verdict) => panic!("{name}: {verdict:?}"),
        }
    }

    fn check_log(&self, log: &Log, connections: usize) {
        let name = &self.name;
        assert_eq!(log.connections, connections, "{name}");
        assert_eq!(log.unencrypted, 0, "{name}");
        assert!(log.sent <= MOST_SENT, "{name}: {} bytes", log.sent);
        for head in &log.requests {
            assert!(head.contains("\r\naccept-encoding: identity\r\n"), "{head}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_signs_anybody_in_or_out_goes_on_for_ever_or_leads_astray() {
    let canary = Canary::bind("127.0.0.1:0").unwrap();
    let cases = cases(canary.local_addr().unwrap().port());
    assert_eq!(cases.len(), CASES);
    let mut running = JoinSet::new();
    let busy = Arc::new(Semaphore::new(AT_ONCE));
    for case in cases {
        let busy = busy.clone();
        running.spawn(async move {
            // Those that wait for the deadlines keep no machine busy.
            let _busy = match case.deadlines {
                Deadlines::Default | Deadlines::DefaultToConnect => None,
                Deadlines::Long => Some(busy.acquire().await.unwrap()),
            };
            case.run().await;
        });
    }
    let mut passed = 0;
    while let Some(ended) = running.join_next().await {
        // One that fails has said so.
        passed += usize::from(ended.is_ok());
    }
    assert_eq!(passed, CASES);
    // A connection that was made would wait here to be accepted.
    canary.set_nonblocking(true).unwrap();
    assert_eq!(canary.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

fn cases(canary: u16) -> Vec<Case> {
    let mut cases = vec![
        Case::certificate("an expired certificate", certificates::expired()),
        Case::certificate("one of the future", certificates::not_yet_valid()),
        Case::certificate("one for another name", certificates::for_another_name()),
        Case::certificate("one for clients", certificates::for_clients()),
        Case::certificate("a self-signed one", certificates::self_signed()),
        Case::certificate("an unknown issuer", certificates::of_an_unknown_issuer()),
        Case::insecure("TLS 1.1", Fault::InsteadOfHandshake(tls_1_1())),
        Case::insecure(
            "an alert",
            Fault::InsteadOfHandshake(PROTOCOL_VERSION_ALERT.into()),
        ),
        Case::insecure(
            "plain HTTP",
            Fault::InsteadOfHandshake(http("400", "", b"")),
        ),
        Case {
            deadlines: Deadlines::DefaultToConnect,
            ..Case::endless("a silent handshake", Fault::InsteadOfHandshake(vec![]))
        },
        Case::unconnected("closed in the handshake", Fault::HangUp(End::Cut)),
        Case::unconnected("reset in the handshake", Fault::HangUp(End::Reset)),
    ];
    cases.extend(broken_answers());
    cases.extend(endless_answers());
    cases.extend(good_answers());
    cases.extend(NOT_KEYS.iter().map(|body| {
        let answer = move |_: &str| http("200", "", &body.body);
        Case::answer(body.name, answer, Gives::Unavailable(body.error))
    }));
    let statuses = [
        101, 201, 204, 206, 400, 401, 403, 404, 407, 410, 429, 500, 502, 503, 504,
    ];
    cases.extend(statuses.map(Case::status));
    let unavailable = Gives::Unavailable(Status(503));
    cases.push(Case::answer(
        "status 503 and Retry-After",
        |_| http("503", "Retry-After: 1\r\n", b""),
        unavailable,
    ));
    cases.push(
        Case::answer(
            "status 503 and a date for Retry-After",
            |_| http("503", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", b""),
            unavailable,
        )
        .retried(),
    );
    let url = |scheme| format!("{scheme}://localhost:{canary}/");
    cases.extend([301, 302, 303, 307, 308].map(|status| Case::redirect(status, url("https"))));
    cases.push(Case::redirect(302, url("http")));
    cases
}

fn broken_answers() -> Vec<Case> {
    let nothing = |_: &str| Vec::new();
    let half_a_head = |_: &str| b"HTTP/1.1 200 OK\r\nContent-Le".to_vec();
    // All of the key, and less than was announced.
    let short = |pem: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{pem}").into();
    let chunk = |pem: &str| {
        let length = pem.len();
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{pem}\r\n")
            .into()
    };
    let extended = |_: &str| b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;".to_vec();
    let trailing = move |pem: &str| {
        let chunk: Vec<u8> = chunk(pem);
        [&chunk[..], b"0\r\n"].concat()
    };
    let two_lengths = |pem: &str| http("200", "Content-Length: 7\r\n", pem.as_bytes());
    let no_length = |_: &str| b"HTTP/1.1 200 OK\r\nContent-Length: much\r\n\r\n".to_vec();
    let no_http = |pem: &str| pem.into();
    vec![
        Case::broken("closed before the status", nothing, End::Close),
        Case::broken("cut before the status", nothing, End::Cut),
        Case::broken("reset before the status", nothing, End::Reset),
        Case::broken("closed in the headers", half_a_head, End::Close),
        Case::broken("reset in the headers", half_a_head, End::Reset),
        Case::broken("closed in the body", short, End::Close),
        Case::broken("reset in the body", short, End::Reset),
        Case::broken("closed before the last chunk", chunk, End::Close),
        // Whoever is on the way can do this.
        Case::broken("cut where it should be closed", to_the_end, End::Cut),
        Case::broken(
            "a chunk's extension without end",
            extended,
            End::Flood(b"x"),
        ),
        Case::broken(
            "trailers without end",
            trailing,
            End::Flood(b"X-More: of the same\r\n"),
        ),
        Case::broken("two lengths", two_lengths, End::Hold),
        Case::broken("a length that is no number", no_length, End::Hold),
        Case::broken("a key without HTTP", no_http, End::Hold),
        Case::broken(
            "headers without end",
            |_| b"HTTP/1.1 200 OK\r\n".to_vec(),
            End::Flood(b"X-More: of the same\r\n"),
        ),
    ]
}

fn endless_answers() -> Vec<Case> {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const GIBIBYTE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n";
    let endless = |name, bytes: &'static str, end| {
        let answer = Bytes::new(|_| bytes.into());
        Case::endless(name, Fault::Answer(answer, end))
    };
    // All of the key, and another byte to come.
    let more = |pem: &str| {
        let length = pem.len() + 1;
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{pem}").into()
    };
    vec![
        Case::too_large("a gibibyte", GIBIBYTE, b"-"),
        Case::too_large("chunks without end", CHUNKED, b"4\r\nAAAA\r\n"),
        endless("silence", "", End::Hold),
        endless(
            "headers, a byte a second",
            "HTTP/1.1 200 OK\r\nX: ",
            End::Drip(b"x"),
        ),
        endless("a body, a byte a second", GIBIBYTE, End::Drip(b"-")),
        endless("chunks, one a second", CHUNKED, End::Drip(b"1\r\n-\r\n")),
        Case::endless("a byte short", Fault::Answer(Bytes::new(more), End::Hold)),
        endless(
            "wait, once a second",
            "",
            End::Drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
        ),
    ]
}

fn good_answers() -> Vec<Case> {
    let chunked = |pem: &str| {
        let (first, second) = pem.split_at(100);
        format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
            64\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            second.len()
        )
        .into()
    };
    let continued = |pem: &str| {
        let answer = http("200", "", pem.as_bytes());
        [b"HTTP/1.1 100 Continue\r\n\r\n", &answer[..]].concat()
    };
    let good = |name, answer: fn(&str) -> Vec<u8>| Case::answer(name, answer, Gives::Served);
    let compressed = Gives::Unavailable(Malformed(PublicKeyError::Pem));
    vec![
        good("a key", |pem| http("200", "", pem.as_bytes())),
        good("CRLF", |pem| {
            http("200", "", pem.replace('\n', "\r\n").as_bytes())
        }),
        good("no newline at the end", |pem| {
            http("200", "", pem.trim_end().as_bytes())
        }),
        good("two chunks", chunked),
        good("a key after 100 Continue", continued),
        Case::new(
            "a key to the end of the connection",
            Fault::Answer(Bytes::new(to_the_end), End::Close),
            Gives::Served,
        ),
        // It would be good, if it were decompressed.
        Case::answer(
            "a key in gzip that says so",
            |pem| http("200", "Content-Encoding: gzip\r\n", &gzip(pem.as_bytes())),
            compressed,
        ),
    ]
}

fn to_the_end(pem: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{pem}").into()
}

/// An answer that is the connection's last.
fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Any\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A ServerHello (RFC 4346 section 7.4.1.3) of TLS 1.1, which names a cipher suite of its time.
fn tls_1_1() -> Vec<u8> {
    let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([0; 32]);
    hello.extend([0, 0xc0, 0x13, 0]);
    hello
}

#[tokio::test]
async fn an_endpoint_that_refuses_connections_is_a_503() {
    // Bound and not listening: nobody else can take the port, and nobody answers at it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let error = fetch_error(&format!("https://localhost:{port}"), Deadlines::Long).await;
    assert_eq!(error, Connect);
}

#[tokio::test]
async fn an_endpoint_that_takes_no_connections_is_a_503_in_time() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts, so the queue is full after one or two, and the next has no answer.
    let mut queued = Vec::new();
    while let Ok(connection) =
        time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        queued.push(connection.unwrap());
    }
    let url = format!("https://localhost:{}", address.port());
    let sent = Instant::now();
    let error = fetch_error(&url, Deadlines::DefaultToConnect).await;
    assert_eq!(error, Timeout);
    assert!(sent.elapsed() < LONG);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_a_503() {
    // RFC 6761 section 6.4. How soon one is told so is the machine's resolver's business.
    let error = fetch_error("https://keys.invalid", Deadlines::Default).await;
    assert!(matches!(error, Dns | Timeout), "{error:?}");
}

async fn fetch_error(url: &str, deadlines: Deadlines) -> FetchError {
    let alb = alb_oidc_testkit::SimulatedAlb::new();
    let authenticator = bench::authenticator(&alb, &bench::store(url, deadlines));
    match bench::verdict(&authenticator, &bench::token(&alb)).await {
        Err(AuthenticateError::Unavailable(KeyError::Fetch { error, .. })) => error,
        other => panic!("expected a failed fetch, got {other:?}"),
    }
}

/// RFC 8446 section 6: fatal, protocol_version.
const PROTOCOL_VERSION_ALERT: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];
/// What the sockets' buffers hold, and nothing of a gibibyte.
const MOST_SENT: usize = 1 << 20;
/// Few enough for each to have its turn on a loaded machine.
const AT_ONCE: usize = 8;
/// Counted by hand: none drops out unnoticed.
const CASES: usize = 12 + 15 + 8 + 7 + 21 + 15 + 2 + 6;
