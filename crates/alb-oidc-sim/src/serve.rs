//! The accept loop that the load balancer, its key endpoint and the identity
//! provider share.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::body::Body;
use crate::error::StartError;

/// Answers requests.
pub(crate) trait Answer: fmt::Debug + Send + Sync + 'static {
    fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        shutdown: Shutdown,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// Tells that the server has begun to stop.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Ready once the server stops, or is dropped.
    pub(crate) async fn begun(&mut self) {
        let _ = self.0.wait_for(|begun| *begun).await;
    }
}

/// A socket that is bound and not yet served.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Bound {
    /// Binds `address`. One that other machines can reach is refused unless
    /// `public` is told.
    pub(crate) async fn bind(address: SocketAddr, public: bool) -> Result<Self, StartError> {
        if !address.ip().to_canonical().is_loopback() {
            if !public {
                return Err(StartError::NotLoopback(address));
            }
            tracing::warn!(
                target: "alb_oidc_sim",
                %address,
                "a development tool listens beyond loopback: anybody who can reach it can sign in as any user"
            );
        }
        let bind = |source: std::io::Error| StartError::Bind {
            address,
            kind: source.kind(),
        };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        Ok(Self { listener, address })
    }

    pub(crate) fn serve(self, service: Arc<impl Answer>) -> Server {
        let (stop, stopped) = watch::channel(false);
        let address = self.address;
        let accepting = tokio::spawn(accept(self.listener, service, Shutdown(stopped)));
        Server {
            address,
            stop,
            accepting: Some(accepting),
        }
    }
}

/// A running server. Dropping it stops it at once.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Accepts no more, lets requests under way finish for a moment, and closes
    /// what is still open then.
    pub(crate) async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(accepting) = self.accepting.take() {
            // It ends by itself; a panic in it has been reported already.
            let _ = accepting.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

async fn accept<A: Answer>(listener: TcpListener, service: Arc<A>, mut shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.begun() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    connections.spawn(connection(stream, client, Arc::clone(&service), shutdown.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: trying again at once would only spin.
                    tracing::warn!(target: "alb_oidc_sim", %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

async fn connection<A: Answer>(
    stream: TcpStream,
    client: SocketAddr,
    service: Arc<A>,
    mut shutdown: Shutdown,
) {
    // A proxy that waits for full packets would hold back the small ones of an
    // event stream.
    let _ = stream.set_nodelay(true);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(MAX_HEADER_BYTES + MAX_REQUEST_LINE_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_LIST_BYTES);
    let stopping = shutdown.clone();
    let answer = service_fn(|request| {
        let (service, shutdown) = (Arc::clone(&service), stopping.clone());
        async move { Ok::<_, Infallible>(service.answer(request, client, shutdown).await) }
    });
    let mut serving = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), answer));
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = shutdown.begun() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(target: "alb_oidc_sim", %error, "a connection ended early");
    }
}

/// "Entire request header: 64 K", "request line: 16 K" (AWS: *Quotas for your
/// Application Load Balancers*).
const MAX_HEADER_BYTES: usize = 64 * 1024;
const MAX_REQUEST_LINE_BYTES: usize = 16 * 1024;
const MAX_HEADER_LIST_BYTES: u32 = 64 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_secs(1);
