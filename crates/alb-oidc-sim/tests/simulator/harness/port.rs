//! A port that is nobody else's, now and later.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A loopback port with a socket that does not listen: who connects is refused, and no parallel test is given the port, as it could be given one that
/// a test has just closed. On Linux, who asks for this very port may listen on it meanwhile.
pub(crate) struct ReservedPort(TcpSocket);

impl ReservedPort {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // The listener sets it too, and the two may share the port only if both do.
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}
