//! HTTP/1.1 by hand, for what no client library would send, and for bodies that never end.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn open(address: SocketAddr, text: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        Self(stream)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// What comes until `marker` is there.
    pub(crate) async fn read_until(&mut self, marker: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(marker) {
            let mut byte = [0];
            assert_ne!(
                self.0.read(&mut byte).await.unwrap(),
                0,
                "closed after {:?}",
                String::from_utf8_lossy(&read)
            );
            read.push(byte[0]);
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    /// All that comes until the other side closes.
    pub(crate) async fn read_to_end(mut self) -> String {
        let mut read = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut read).await;
        String::from_utf8_lossy(&read).into_owned()
    }
}

/// Sends `text` and gives the whole answer.
pub(crate) async fn exchange(address: SocketAddr, text: &str) -> String {
    Wire::open(address, text).await.read_to_end().await
}

/// The values of a header in an answer.
pub(crate) fn values(answer: &str, name: &str) -> Vec<String> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .unwrap_or_else(|| panic!("no answer: {answer:?}"))
        .parse()
        .unwrap()
}
