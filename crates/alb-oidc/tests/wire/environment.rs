//! What the environment says of proxies and certificates is nothing to a fetcher.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::{self, Command};

use alb_oidc::{AuthenticateError, FetchError, HttpFetcher, KeyError, KeyStore};
use alb_oidc_testkit::SimulatedAlb;

use crate::bench::{authenticator, token, trusting, verdict};
use crate::certificates::AUTHORITY;
use crate::endpoint::Endpoint;

#[tokio::test]
async fn neither_a_proxy_nor_roots_are_taken_from_the_environment() {
    match env::var_os(ROOTS) {
        Some(roots) if env::var_os(CHILD).is_some() => believe_nothing(Path::new(&roots)).await,
        _ => run_in_an_environment_of_its_own(),
    }
}

/// Runs this very test once more, in a process whose environment leads astray.
fn run_in_an_environment_of_its_own() {
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", canary.local_addr().unwrap());
    let roots = format!("roots-{}.pem", process::id());
    let roots = Path::new(env!("CARGO_TARGET_TMPDIR")).join(roots);
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([
        "--exact",
        "environment::neither_a_proxy_nor_roots_are_taken_from_the_environment",
    ]);
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        child.env(name, &proxy).env(name.to_uppercase(), &proxy);
    }
    for name in ["no_proxy", "NO_PROXY", "SSL_CERT_DIR"] {
        child.env_remove(name);
    }
    child.env(CHILD, "").env(ROOTS, &roots);
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    fs::remove_file(roots).unwrap();
    // A connection that was made would wait here to be accepted.
    canary.set_nonblocking(true).unwrap();
    assert_eq!(canary.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

async fn believe_nothing(roots: &Path) {
    fs::write(roots, AUTHORITY.pem()).unwrap();
    let alb = SimulatedAlb::new();
    let endpoint = Endpoint::start(&alb).await;
    let verdict = async |fetcher: HttpFetcher| {
        let store = KeyStore::builder(fetcher).key_url(&endpoint.url());
        let store = store.unwrap().build().unwrap();
        verdict(&authenticator(&alb, &store), &token(&alb)).await
    };

    let error = verdict(HttpFetcher::new().unwrap()).await.unwrap_err();
    let AuthenticateError::Unavailable(KeyError::Fetch { error, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error, FetchError::Tls);
    assert_eq!(verdict(trusting(HttpFetcher::builder())).await, Ok(()));
    if cfg!(target_os = "linux") {
        // They are the system's by another name, for those who ask for the system's.
        let platform = HttpFetcher::builder().platform_root_certificates();
        assert_eq!(verdict(platform.build().unwrap()).await, Ok(()));
    }
}

/// Set for the process in which the test runs, and not the one that starts it.
const CHILD: &str = "ALB_OIDC_TEST_CHILD";
const ROOTS: &str = "SSL_CERT_FILE";
