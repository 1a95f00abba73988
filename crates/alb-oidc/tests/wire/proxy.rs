//! A proxy that is configured is used.

use alb_oidc::{HttpFetcher, KeyStore};
use alb_oidc_testkit::{Fault, KeyServer, SimulatedAlb};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::bench::{authenticator, token, trusting, verdict};
use crate::endpoint::Endpoint;

fn store(url: &str, proxy: &str) -> KeyStore {
    let fetcher = trusting(HttpFetcher::builder().proxy(proxy).unwrap());
    let store = KeyStore::builder(fetcher).key_url(url).unwrap();
    store.build().unwrap()
}

#[tokio::test]
async fn an_http_endpoint_is_asked_for_by_its_whole_url() {
    let alb = SimulatedAlb::new();
    let proxy = KeyServer::start().await.unwrap();
    let pem = alb.public_key_pem(alb.key_id()).unwrap();
    proxy.fail(Fault::Body(pem.into_bytes()));
    let store = store("http://localhost:9/keys", proxy.url());
    let verdict = verdict(&authenticator(&alb, &store), &token(&alb)).await;
    assert_eq!(verdict, Ok(()));
    let url = format!("http://localhost:9/keys/{}", alb.key_id());
    assert_eq!(proxy.paths(), [url]);
}

#[tokio::test]
async fn an_https_endpoint_is_reached_through_the_proxys_tunnel() {
    let alb = SimulatedAlb::new();
    let endpoint = Endpoint::start(&alb).await;
    let authority = endpoint.url().strip_prefix("https://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let target = authority.replace("localhost", "127.0.0.1");
    let tunnel = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        // Whoever hangs up first ends it.
        let _ = copy_bidirectional(&mut client, &mut server).await;
        String::from_utf8(head).unwrap()
    });
    let store = store(&endpoint.url(), &proxy);
    let verdict = verdict(&authenticator(&alb, &store), &token(&alb)).await;
    assert_eq!(verdict, Ok(()));
    drop(store);
    let asked_for = tunnel.await.unwrap();
    let connect = format!("CONNECT {authority} HTTP/1.1\r\n");
    assert!(asked_for.starts_with(&connect), "{asked_for}");
}
