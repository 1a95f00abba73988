//! A real server with several workers, each a thread with a runtime of its own, and one store of
//! keys for all of them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::time::timeout;
use actix_web::{App, HttpServer, web};
use alb_oidc_actix::{Authenticate, Authenticator, User};
use alb_oidc_testkit::{Fault, KeyServer, SimulatedAlb};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::yield_now;

/// Who is asked, and by whom: the worker's thread and the user.
async fn who(User(user): User) -> String {
    format!("{} {}", worker().await, user.id().subject())
}

async fn worker() -> String {
    format!("{:?}", thread::current().id())
}

struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    /// Where a worker waits that is told to block.
    gate: Arc<Barrier>,
}

impl Server {
    /// `/worker` and `/block` are anybody's; all else is behind the middleware.
    fn start(workers: usize, authenticator: &Authenticator) -> Self {
        let authenticate = Authenticate::required(authenticator.clone());
        let gate = Arc::new(Barrier::new(2));
        let blocked = gate.clone();
        let app = move || {
            let users = web::scope("").wrap(authenticate.clone());
            let gate = blocked.clone();
            let block = move || {
                let gate = gate.clone();
                async move {
                    gate.wait();
                    gate.wait();
                    "unblocked"
                }
            };
            App::new()
                .route("/worker", web::get().to(worker))
                .route("/block", web::get().to(block))
                .service(users.route("/", web::get().to(who)))
        };
        let server = HttpServer::new(app).workers(workers).disable_signals();
        let server = server.bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            address,
            handle,
            gate,
        }
    }

    async fn connect(&self) -> Connection {
        let connection = TcpStream::connect(self.address).await.unwrap();
        Connection(BufReader::new(connection))
    }

    /// A connection to each of so many workers.
    async fn connect_to_each_of(&self, workers: usize) -> Vec<Connection> {
        let mut found = HashMap::new();
        // Connections are dealt out in turn.
        while found.len() < workers {
            let mut connection = self.connect().await;
            let (status, worker) = connection.get("/worker", None).await;
            assert_eq!(status, 200);
            found.insert(worker, connection);
        }
        found.into_values().collect()
    }
}

/// To one worker, and kept alive.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn get(&mut self, path: &str, signed_in_by: Option<&SimulatedAlb>) -> (u16, String) {
        self.send(path, signed_in_by).await;
        self.answer().await
    }

    async fn send(&mut self, path: &str, signed_in_by: Option<&SimulatedAlb>) {
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n");
        if let Some(alb) = signed_in_by {
            for (name, value) in alb.headers(&json!({"sub": "alice"})) {
                request += &format!("{name}: {value}\r\n");
            }
        }
        request += "\r\n";
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    /// The status and the body.
    async fn answer(&mut self) -> (u16, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).await.unwrap();
            assert!(read > 0, "it ended at {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        (status, String::from_utf8(body).unwrap())
    }
}

async fn keys_of(alb: &SimulatedAlb) -> KeyServer {
    let keys = KeyServer::start().await.unwrap();
    keys.publish(alb);
    keys
}

fn authenticator(alb: &SimulatedAlb, keys: &KeyServer) -> Authenticator {
    let builder = Authenticator::builder(alb.policy());
    builder.key_url(keys.url()).unwrap().build().unwrap()
}

/// One that fetches on no runtime of its own, but on that of whoever asks first.
async fn authenticator_without_a_runtime(alb: &SimulatedAlb, keys: &KeyServer) -> Authenticator {
    let builder = Authenticator::builder(alb.policy());
    let builder = builder.key_url(keys.url()).unwrap();
    thread::spawn(|| builder.build().unwrap()).join().unwrap()
}

async fn waiting_requests(authenticator: &Authenticator, requests: usize) {
    let store = authenticator.key_store().unwrap();
    let wait = async {
        while store.stats().waiting_requests < requests {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), wait).await.unwrap();
}

#[tokio::test]
async fn workers_share_their_keys_and_one_fetch() {
    let alb = SimulatedAlb::new();
    let keys = keys_of(&alb).await;
    let server = Server::start(4, &authenticator(&alb, &keys));
    let mut connections = server.connect_to_each_of(4).await;
    for connection in &mut connections {
        connection.send("/", Some(&alb)).await;
    }
    let mut answers = BTreeSet::new();
    for connection in &mut connections {
        let (status, body) = connection.answer().await;
        assert_eq!(status, 200, "{body}");
        answers.insert(body);
    }
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert_eq!(keys.hits(), 1);
    server.handle.stop(false).await;
}

#[tokio::test]
async fn keys_are_fetched_while_a_worker_is_blocked() {
    let alb = SimulatedAlb::new();
    let keys = keys_of(&alb).await;
    let authenticator = authenticator(&alb, &keys);
    let server = Server::start(2, &authenticator);
    let mut connections = server.connect_to_each_of(2).await;
    let [busy, free] = &mut connections[..] else {
        panic!("there are two workers");
    };
    assert_eq!(busy.get("/", Some(&alb)).await.0, 200);
    busy.send("/block", None).await;
    let gate = server.gate.clone();
    tokio::task::spawn_blocking(move || gate.wait())
        .await
        .unwrap();
    alb.rotate();
    keys.publish(&alb);
    assert_eq!(free.get("/", Some(&alb)).await.0, 200);
    assert_eq!(keys.hits(), 2);
    server.gate.wait();
    assert_eq!(busy.answer().await, (200, "unblocked".to_owned()));
    server.handle.stop(false).await;
}

#[tokio::test]
async fn an_idle_worker_fetches_for_the_others() {
    let alb = SimulatedAlb::new();
    let keys = keys_of(&alb).await;
    let authenticator = authenticator_without_a_runtime(&alb, &keys).await;
    let server = Server::start(2, &authenticator);
    let mut connections = server.connect_to_each_of(2).await;
    let [first, second] = &mut connections[..] else {
        panic!("there are two workers");
    };
    let mut workers = BTreeSet::new();
    for (hits, connection) in [(1, first), (2, second)] {
        let (status, body) = connection.get("/", Some(&alb)).await;
        assert_eq!((status, keys.hits()), (200, hits), "{body}");
        workers.insert(body);
        alb.rotate();
        keys.publish(&alb);
    }
    assert_eq!(workers.len(), 2);
    server.handle.stop(false).await;
}

#[tokio::test]
async fn a_worker_that_ends_in_the_middle_of_a_fetch_leaves_nobody_waiting() {
    let alb = SimulatedAlb::new();
    let keys = keys_of(&alb).await;
    keys.fail(Fault::Hang);
    let authenticator = authenticator_without_a_runtime(&alb, &keys).await;
    let (ending, staying) = (
        Server::start(1, &authenticator),
        Server::start(2, &authenticator),
    );
    let mut first = ending.connect().await;
    first.send("/", Some(&alb)).await;
    keys.wait_for_hits(1).await;
    let mut others = staying.connect_to_each_of(2).await;
    for other in &mut others {
        other.send("/", Some(&alb)).await;
    }
    waiting_requests(&authenticator, 3).await;
    keys.fail(None);
    ending.handle.stop(false).await;
    for other in &mut others {
        // Whether there was a runtime to try again on, or nobody can tell now: it is told at once.
        let (status, body) = other.answer().await;
        assert!([200, 503].contains(&status), "{status} {body}");
    }
    for other in &mut others {
        assert_eq!(other.get("/", Some(&alb)).await.0, 200);
    }
    staying.handle.stop(false).await;
}
