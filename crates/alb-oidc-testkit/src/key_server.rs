//! A key endpoint on the loopback interface, with faults on command.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alb_oidc::KeyId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::alb::SimulatedAlb;

/// Serves PEMs over HTTP on a loopback port of its own, counts what it is asked, and fails when
/// told to. Stops when dropped.
///
/// ```
/// use alb_oidc::Authenticator;
/// use alb_oidc_testkit::{KeyServer, SimulatedAlb};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let alb = SimulatedAlb::new();
/// let keys = KeyServer::start().await?;
/// keys.publish(&alb);
/// let authenticator = Authenticator::builder(alb.policy()).key_url(keys.url())?.build()?;
/// # Ok(()) }
/// ```
pub struct KeyServer {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    served: Mutex<Served>,
    hits: watch::Sender<u64>,
}

#[derive(Default)]
struct Served {
    pems: HashMap<String, String>,
    fault: Option<Fault>,
    paths: Vec<String>,
}

/// How a [`KeyServer`] fails, until told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Answers with this status and no body.
    Status(u16),
    /// Answers with this status, and `Retry-After` in seconds.
    RetryAfter(u16, u32),
    /// Answers 200 with these bytes, whatever was asked for.
    Body(Vec<u8>),
    /// Answers 302 to this URL.
    Redirect(String),
    /// Takes the request and never answers.
    Hang,
    /// Closes the connection before the status line.
    CloseBeforeStatus,
    /// Announces more bytes than it sends, and closes the connection.
    CloseMidBody,
    /// Sends a body without end.
    EndlessBody,
}

impl KeyServer {
    /// Starts on a free port.
    ///
    /// # Errors
    ///
    /// The operating system's, if it cannot listen.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            served: Mutex::default(),
            hits: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self {
            url,
            shared,
            accepting,
        })
    }

    /// The base URL of its keys.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves all public keys that `alb` has now.
    pub fn publish(&self, alb: &SimulatedAlb) {
        for (key_id, pem) in alb.public_keys() {
            self.publish_pem(key_id, pem);
        }
    }

    /// Serves the keys of `alb`'s identity provider at [`jwks_url`](Self::jwks_url).
    pub fn publish_jwks(&self, alb: &SimulatedAlb) {
        let jwks = alb.jwks();
        self.shared.served().pems.insert(JWKS.to_owned(), jwks);
    }

    /// Where the keys of the identity provider are, once they have been
    /// [published](Self::publish_jwks).
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}/{JWKS}", self.url)
    }

    /// Serves this text for this key id.
    pub fn publish_pem(&self, key_id: KeyId, pem: String) {
        self.shared.served().pems.insert(key_id.to_string(), pem);
    }

    /// Serves this key id no longer: 403, as S3 says it.
    pub fn withdraw(&self, key_id: KeyId) {
        self.shared.served().pems.remove(&key_id.to_string());
    }

    /// Fails like this from now on; `None` to work again.
    pub fn fail(&self, fault: impl Into<Option<Fault>>) {
        self.shared.served().fault = fault.into();
    }

    /// How many requests it has had.
    #[must_use]
    pub fn hits(&self) -> u64 {
        *self.shared.hits.borrow()
    }

    /// The paths that were asked for, in order.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.shared.served().paths.clone()
    }

    /// Waits until it has had this many requests.
    pub async fn wait_for_hits(&self, hits: u64) {
        let mut seen = self.shared.hits.subscribe();
        // The sender lives as long as the server.
        let _ = seen.wait_for(|seen| *seen >= hits).await;
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl fmt::Debug for KeyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyServer")
            .field("url", &self.url)
            .field("hits", &self.hits())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn served(&self) -> MutexGuard<'_, Served> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((connection, _)) = listener.accept().await {
        // A connection that breaks off is the client's business.
        tokio::spawn(serve(connection, shared.clone()));
    }
}

/// One request a connection.
async fn serve(mut connection: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let Some(path) = read_path(&mut connection).await? else {
        return Ok(());
    };
    let (fault, pem) = {
        let mut served = shared.served();
        let pem = path.strip_prefix('/').and_then(|id| served.pems.get(id));
        let answer = (served.fault.clone(), pem.cloned());
        served.paths.push(path);
        answer
    };
    shared.hits.send_modify(|hits| *hits += 1);
    match fault {
        None => match pem {
            Some(pem) => respond(&mut connection, "200 OK", "", pem.as_bytes()).await,
            None => respond(&mut connection, "403 Forbidden", "", S3_ACCESS_DENIED).await,
        },
        Some(Fault::Status(status)) => {
            respond(&mut connection, &format!("{status} Fault"), "", b"").await
        }
        Some(Fault::RetryAfter(status, seconds)) => {
            let header = format!("Retry-After: {seconds}\r\n");
            respond(&mut connection, &format!("{status} Fault"), &header, b"").await
        }
        Some(Fault::Body(body)) => respond(&mut connection, "200 OK", "", &body).await,
        Some(Fault::Redirect(url)) => {
            let header = format!("Location: {url}\r\n");
            respond(&mut connection, "302 Found", &header, b"").await
        }
        Some(Fault::Hang) => {
            // Until the client gives up.
            connection.read(&mut [0]).await.map(drop)
        }
        Some(Fault::CloseBeforeStatus) => Ok(()),
        Some(Fault::CloseMidBody) => {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 178\r\n\r\n-----BEGIN PUBLIC KEY-----\n";
            connection.write_all(head.as_bytes()).await
        }
        Some(Fault::EndlessBody) => {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            connection.write_all(head).await?;
            loop {
                connection.write_all(b"4\r\nAAAA\r\n").await?;
            }
        }
    }
}

/// The path of the request, once its head is complete. `None` if it ends before.
async fn read_path(connection: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let read = connection.read(&mut buffer).await?;
        if read == 0 {
            return Ok(None);
        }
        head.extend_from_slice(&buffer[..read]);
    }
    let head = String::from_utf8_lossy(&head);
    Ok(head.split(' ').nth(1).map(str::to_owned))
}

async fn respond(
    connection: &mut TcpStream,
    status: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(body).await?;
    connection.shutdown().await
}

const JWKS: &str = "jwks.json";
const S3_ACCESS_DENIED: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
