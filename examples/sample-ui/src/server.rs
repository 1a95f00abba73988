//! The app on a socket.

use std::io;
use std::net::{SocketAddr, TcpListener};

use alb_oidc::Authenticator;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::framework::Framework;
use crate::house::House;
use crate::{actix_app, axum_app};

/// The app, being served.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Serves the app, on the framework that the house names, until [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    ///
    /// If the socket has no address, or cannot be served.
    pub fn start(
        listener: TcpListener,
        authenticator: Authenticator,
        house: House,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, mut stopped) = watch::channel(false);
        let until = async move {
            // An error means that the server was dropped, which is as good a reason to
            // stop.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let serving = match house.framework {
            Framework::Axum => tokio::spawn(axum_app::serve(listener, authenticator, house, until)),
            Framework::Actix => {
                tokio::spawn(actix_app::serve(listener, authenticator, house, until)?)
            }
        };
        Ok(Self {
            address,
            stop,
            serving,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more, and waits until the requests under way are answered,
    /// for at most [`GRACE`].
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.serving)
            .await
            .is_err()
        {
            tracing::warn!("some requests did not finish in time");
            self.serving.abort();
        }
    }
}

/// Shorter than the 30 s that Kubernetes gives a pod to end.
pub const GRACE: std::time::Duration = std::time::Duration::from_secs(10);
