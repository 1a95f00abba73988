//! What does not start, and what stops.

use std::io::ErrorKind;
use std::net::SocketAddr;

use crate::harness::{Browser, ReservedPort, Stack, Target, wire};
use alb_oidc_sim::{
    DevelopmentIdp, DevelopmentUser, LocalAlb, LocalAlbBuilder, RuleError, StartError,
};
use tokio::net::TcpStream;

fn public() -> SocketAddr {
    "0.0.0.0:0".parse().unwrap()
}

fn alb() -> LocalAlbBuilder {
    LocalAlb::builder("http://127.0.0.1:3000".parse().unwrap())
}

#[tokio::test]
async fn an_address_beyond_loopback_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
        let address: SocketAddr = address.parse().unwrap();
        let refused = StartError::NotLoopback(address);

        assert_eq!(alb().listen(address).start().await.unwrap_err(), refused);
        assert_eq!(
            alb().keys_listen(address).start().await.unwrap_err(),
            refused
        );
        assert_eq!(
            DevelopmentIdp::builder()
                .listen(address)
                .start()
                .await
                .unwrap_err(),
            refused
        );
    }
}

#[tokio::test]
async fn an_address_beyond_loopback_can_be_insisted_upon() {
    let alb = alb()
        .listen(public())
        .keys_listen(public())
        .listen_public_i_know_this_is_a_development_tool()
        .start()
        .await
        .unwrap();
    assert!(alb.local_addr().ip().is_unspecified());

    let idp = DevelopmentIdp::builder()
        .listen(public())
        .listen_public_i_know_this_is_a_development_tool()
        .start()
        .await
        .unwrap();
    assert_eq!(
        idp.issuer(),
        format!("http://127.0.0.1:{}", idp.local_addr().port())
    );
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused() {
    let taken = LocalAlb::builder("http://127.0.0.1:3000".parse().unwrap())
        .start()
        .await
        .unwrap();
    let idp = DevelopmentIdp::builder().start().await.unwrap();
    let mut rule = idp.authenticate_oidc();
    rule.scope.clear();

    assert_eq!(
        LocalAlb::builder("https://localhost".parse().unwrap())
            .start()
            .await
            .unwrap_err(),
        StartError::Target
    );
    assert_eq!(
        alb().forward("healthz").start().await.unwrap_err(),
        StartError::Path
    );
    assert_eq!(
        alb().forward("/a*").start().await.unwrap_err(),
        StartError::Path
    );
    assert_eq!(
        alb().host("x.elb.amazonaws.com").start().await.unwrap_err(),
        StartError::Host
    );
    assert_eq!(
        alb().host("http://x").start().await.unwrap_err(),
        StartError::Host
    );
    assert_eq!(
        alb().authenticate(rule).start().await.unwrap_err(),
        StartError::Rule(RuleError::Scope)
    );
    let mut rule = idp.authenticate_oidc();
    rule.token_endpoint = "http://idp.test/token".to_owned();
    assert_eq!(
        alb().authenticate(rule).start().await.unwrap_err(),
        StartError::Rule(RuleError::PlainHttp("token_endpoint"))
    );
    assert!(matches!(
        alb().listen(taken.local_addr()).start().await.unwrap_err(),
        StartError::Bind { .. }
    ));

    let twice = DevelopmentIdp::builder()
        .user(DevelopmentUser::new("a"))
        .user(DevelopmentUser::new("a"));
    assert_eq!(twice.start().await.unwrap_err(), StartError::Idp("user"));
    assert_eq!(
        DevelopmentIdp::builder()
            .client("a", "1")
            .client("a", "2")
            .start()
            .await
            .unwrap_err(),
        StartError::Idp("client")
    );
    assert_eq!(
        DevelopmentIdp::builder()
            .redirect_path("callback")
            .start()
            .await
            .unwrap_err(),
        StartError::Idp("redirect URI")
    );
    assert_eq!(
        DevelopmentIdp::builder()
            .logout_uri("javascript:alert(1)")
            .start()
            .await
            .unwrap_err(),
        StartError::Idp("logout URI")
    );
    assert_eq!(
        DevelopmentIdp::builder()
            .host("amazonaws.com")
            .start()
            .await
            .unwrap_err(),
        StartError::Host
    );
}

#[tokio::test]
#[cfg_attr(
    not(target_os = "linux"),
    ignore = "only Linux lets a listener have the port of a socket that does not listen"
)]
async fn after_a_shutdown_nobody_listens() {
    let [alb, keys, idp] = [(); 3].map(|()| ReservedPort::new());
    let stack = Stack::with(
        |builder| builder.listen(idp.address()),
        |_| {},
        |builder| builder.listen(alb.address()).keys_listen(keys.address()),
    )
    .await;
    stack.signed_in("alice").await;

    stack.alb.shutdown().await;
    stack.idp.shutdown().await;

    for port in [alb, keys, idp] {
        let refused = TcpStream::connect(port.address()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
}

#[tokio::test]
async fn the_key_endpoint_serves_its_keys_counts_and_refuses_all_else() {
    let target = Target::start().await;
    let alb = LocalAlb::builder(target.uri()).start().await.unwrap();
    let address = alb
        .key_url()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let get = async |path: &str| {
        wire::exchange(
            address,
            &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        )
        .await
    };
    // One key id in a million has no letter, and so no other spelling in upper case.
    let id = loop {
        let id = alb.signer().key_id().to_string();
        if id != id.to_uppercase() {
            break id;
        }
        alb.signer().rotate();
    };

    let key = Browser::new().get(&format!("{}/{id}", alb.key_url())).await;
    assert_eq!(
        (key.status, Some(key.body)),
        (200, alb.signer().public_key_pem(alb.signer().key_id()))
    );

    let unknown = "11111111-1111-4111-8111-111111111111";
    let others = [
        format!("/{}", id.to_uppercase()),
        format!("/{id}/"),
        format!("/{id}?x"),
        format!("//{id}"),
        format!("/{unknown}"),
        "/".to_owned(),
        "/../etc/passwd".to_owned(),
    ];
    for path in &others {
        let answer = get(path).await;
        assert_eq!(wire::status(&answer), 403, "{path}");
        assert!(answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    }
    assert_eq!(alb.key_hits(), 1 + others.len() as u64);

    let old = alb.signer().key_id();
    let new = alb.signer().rotate();
    assert_ne!(old, new);
    for id in [old, new] {
        assert_eq!(wire::status(&get(&format!("/{id}")).await), 200, "{id}");
    }
}
