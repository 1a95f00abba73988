//! Keys over real TLS: whose certificate is believed, and what is reached through a proxy.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use alb_oidc::{
    AuthenticateError, AuthenticatedUser, Authenticator, AuthenticatorBuilder, Clock, FetchError,
    KeyError, OidcHeaders, SystemClock,
};
use alb_oidc_testkit::{Fault, KeyServer, SimulatedAlb};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, pki_types::PrivateKeyDer};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Ends TLS in front of a key server. The base URL is `https://localhost:<port>`.
async fn https(keys: &KeyServer, authority: &Authority, name: &str, expired: bool) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if expired {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target: SocketAddr = keys.url().strip_prefix("http://").unwrap().parse().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut client) = acceptor.accept(connection).await {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    // Whoever hangs up first ends it.
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

/// An https URL behind which somebody speaks plain HTTP.
async fn plain_http() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            let _ = connection.write_all(answer).await;
            // Held open until the client has read it and gone.
            let _ = connection.read_to_end(&mut Vec::new()).await;
        }
    });
    format!("https://localhost:{port}")
}

async fn request(
    alb: &SimulatedAlb,
    authenticator: &Authenticator,
) -> Result<AuthenticatedUser, AuthenticateError> {
    let token = alb.mint(r#"{"sub":"alice"}"#, SystemClock.unix_time().unwrap());
    let headers =
        OidcHeaders::from_lookup(|name| (name == OidcHeaders::DATA).then_some(token.as_bytes()));
    authenticator.authenticate(headers).await
}

async fn fetch_error(alb: &SimulatedAlb, builder: AuthenticatorBuilder) -> FetchError {
    match request(alb, &builder.build().unwrap()).await {
        Err(AuthenticateError::Unavailable(KeyError::Fetch { error, .. })) => error,
        other => panic!("expected a failed fetch, got {other:?}"),
    }
}

#[tokio::test]
async fn only_a_certificate_of_a_trusted_root_for_the_right_name_and_time_is_believed() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let (ours, other) = (authority(), authority());
    let good = https(&keys, &ours, "localhost", false).await;
    let wrong_name = https(&keys, &ours, "other.example", false).await;
    let expired = https(&keys, &ours, "localhost", true).await;
    let builder = |url: &str| Authenticator::builder(alb.policy()).key_url(url).unwrap();
    let trusting = |url: &str, root: &Authority| {
        builder(url)
            .root_certificates_pem(root.pem().as_bytes())
            .unwrap()
    };

    // The roots that are compiled in, or the machine's, know nothing of ours.
    assert_eq!(fetch_error(&alb, builder(&good)).await, FetchError::Tls);
    let platform = builder(&good).platform_root_certificates();
    assert_eq!(fetch_error(&alb, platform).await, FetchError::Tls);
    for (url, root) in [(&good, &other), (&wrong_name, &ours), (&expired, &ours)] {
        assert_eq!(
            fetch_error(&alb, trusting(url, root)).await,
            FetchError::Tls,
            "{url}"
        );
    }
    let plain = plain_http().await;
    assert_eq!(
        fetch_error(&alb, trusting(&plain, &ours)).await,
        FetchError::Tls
    );
    assert_eq!(keys.hits(), 0);

    let authenticator = trusting(&good, &ours).build().unwrap();
    let user = request(&alb, &authenticator).await.unwrap();
    assert_eq!(user.id().subject(), "alice");
    assert_eq!(keys.hits(), 1);
}

#[tokio::test]
async fn a_proxy_that_is_configured_is_used() {
    let alb = SimulatedAlb::new();
    let proxy = KeyServer::start().await.unwrap();
    let pem = alb.public_key_pem(alb.key_id()).unwrap();
    proxy.fail(Fault::Body(pem.into_bytes()));
    let authenticator = Authenticator::builder(alb.policy())
        .key_url("http://localhost:9/keys")
        .unwrap()
        .proxy(proxy.url())
        .unwrap()
        .build()
        .unwrap();
    request(&alb, &authenticator).await.unwrap();
    let url = format!("http://localhost:9/keys/{}", alb.key_id());
    assert_eq!(proxy.paths(), [url]);
}

#[tokio::test]
async fn an_https_endpoint_is_reached_through_the_proxys_tunnel() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let ours = authority();
    let url = https(&keys, &ours, "localhost", false).await;
    let port = url.rsplit(':').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let tunnel = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        let asked_for = String::from_utf8(head).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let target = format!("127.0.0.1:{port}");
        let mut server = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
        asked_for
    });
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(&url)
        .unwrap()
        .proxy(&proxy)
        .unwrap()
        .root_certificates_pem(ours.pem().as_bytes())
        .unwrap()
        .build()
        .unwrap();
    request(&alb, &authenticator).await.unwrap();
    drop(authenticator);
    let asked_for = tunnel.await.unwrap();
    assert!(asked_for.starts_with("CONNECT localhost:"), "{asked_for}");
}
