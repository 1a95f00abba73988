//! A key endpoint behind TLS, on a loopback port of its own, that fails to the byte.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alb_oidc_testkit::SimulatedAlb;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use crate::certificates;

/// Serves the keys of a load balancer, until it is told to fail.
pub(crate) struct Endpoint {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    alb: SimulatedAlb,
    tls: Arc<ServerConfig>,
    fault: Mutex<Option<Fault>>,
    log: watch::Sender<Log>,
}

/// What becomes of the connections on which it fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) connections: usize,
    /// How many of them are over, for both sides.
    pub(crate) ended: usize,
    /// How many did not begin as TLS does.
    pub(crate) unencrypted: usize,
    /// The heads of the requests.
    pub(crate) requests: Vec<String>,
    /// Bytes that a connection took, at most, of an answer without end.
    pub(crate) sent: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Shows this certificate. Whoever believes it gets the key.
    Certificate(Arc<ServerConfig>),
    /// Says this where its half of the handshake should be, and waits.
    InsteadOfHandshake(Vec<u8>),
    /// Hangs up where its half of the handshake should be.
    HangUp(End),
    /// Answers the request so.
    Answer(Bytes, End),
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It is closed as TLS wants it.
    Close,
    /// It is closed, and TLS is not told.
    Cut,
    /// It is reset.
    Reset,
    /// It is held open, in silence.
    Hold,
    /// This goes on, as fast as it is taken.
    Flood(&'static [u8]),
    /// This goes on, a second a time.
    Drip(&'static [u8]),
}

/// An answer's bytes, made from the PEM that was asked for.
#[derive(Clone)]
pub(crate) struct Bytes(Arc<MakeBytes>);

type MakeBytes = dyn Fn(&str) -> Vec<u8> + Send + Sync;

impl Endpoint {
    pub(crate) async fn start(alb: &SimulatedAlb) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // So that what it can send says something about what is read.
        socket.set_send_buffer_size(16 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(16).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            alb: alb.clone(),
            tls: certificates::good(),
            fault: Mutex::default(),
            log: watch::Sender::default(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self {
            port,
            shared,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Fails like this from now on, and logs it.
    pub(crate) fn fail(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap() = Some(fault);
    }

    /// Waits until this many connections have come and gone.
    pub(crate) async fn wait_for_end_of(&self, connections: usize) -> Log {
        let mut log = self.shared.log.subscribe();
        let log = log.wait_for(|log| log.ended >= connections).await;
        log.unwrap().clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Bytes {
    pub(crate) fn new(bytes: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bytes")
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((connection, _)) = listener.accept().await {
        let shared = shared.clone();
        let fault = shared.fault.lock().unwrap().clone();
        tokio::spawn(async move {
            let fails = usize::from(fault.is_some());
            shared.log.send_modify(|log| log.connections += fails);
            // However it ends, the client has seen to it, or was meant to see it.
            let _ = shared.serve(connection, fault).await;
            shared.log.send_modify(|log| log.ended += fails);
        });
    }
}

impl Shared {
    async fn serve(&self, mut connection: TcpStream, fault: Option<Fault>) -> io::Result<()> {
        let mut first = [0];
        let said = connection.peek(&mut first).await?;
        if said > 0 && first != [TLS_HANDSHAKE] {
            self.log.send_modify(|log| log.unencrypted += 1);
        }
        let good = (self.tls.clone(), Bytes::new(served), End::Close);
        let (tls, answer, end) = match fault {
            None => good,
            Some(Fault::Certificate(tls)) => (tls, good.1, good.2),
            Some(Fault::Answer(answer, end)) => (good.0, answer, end),
            Some(Fault::InsteadOfHandshake(bytes)) => {
                connection.write_all(&bytes).await?;
                return wait_for_close(&mut connection).await;
            }
            Some(Fault::HangUp(End::Reset)) => return connection.set_zero_linger(),
            Some(Fault::HangUp(_)) => {
                connection.shutdown().await?;
                return wait_for_close(&mut connection).await;
            }
        };
        let mut client = TlsAcceptor::from(tls).accept(connection).await?;
        let head = read_head(&mut client).await?;
        let pem = self.pem(&head);
        self.log.send_modify(|log| log.requests.push(head));
        client.write_all(&answer.0(&pem)).await?;
        client.flush().await?;
        self.end(client, end).await
    }

    async fn end(&self, mut client: TlsStream<TcpStream>, end: End) -> io::Result<()> {
        match end {
            End::Close => {
                client.shutdown().await?;
                wait_for_close(&mut client).await
            }
            End::Cut => client.get_mut().0.shutdown().await,
            End::Reset => client.get_ref().0.set_zero_linger(),
            End::Hold => wait_for_close(&mut client).await,
            End::Drip(bytes) => loop {
                client.write_all(bytes).await?;
                client.flush().await?;
                let closed = wait_for_close(&mut client);
                if time::timeout(SECOND, closed).await.is_ok() {
                    return Ok(());
                }
            },
            End::Flood(bytes) => {
                let bytes = bytes.repeat(4096 / bytes.len());
                let mut sent = 0;
                loop {
                    client.write_all(&bytes).await?;
                    sent += bytes.len();
                    self.log.send_modify(|log| log.sent = log.sent.max(sent));
                }
            }
        }
    }

    fn pem(&self, head: &str) -> String {
        let keys = self.alb.public_keys();
        let asked_for = |id: &str| head.starts_with(&format!("GET /{id} HTTP/1.1\r\n"));
        let key = keys.into_iter().find(|(id, _)| asked_for(&id.to_string()));
        key.map(|(_, pem)| pem).unwrap_or_default()
    }
}

async fn read_head(client: &mut TlsStream<TcpStream>) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8(head).unwrap())
}

async fn wait_for_close(connection: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    while connection.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

fn served(pem: &str) -> Vec<u8> {
    let length = pem.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{pem}")
        .into_bytes()
}

/// RFC 8446 section 5.1.
const TLS_HANDSHAKE: u8 = 22;
const SECOND: Duration = Duration::from_secs(1);
