//! What the operator sees: why a constant 401 was given, where keys come from, and nobody's identity.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use alb_oidc::{Authenticator, OidcHeaders};
use alb_oidc_testkit::conformance::table;
use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_refusal_is_traced_with_its_reason_and_without_the_user() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let clock = ManualClock::at_system_time();
    let now = alb_oidc::Clock::unix_time(&clock).unwrap();
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(clock)
        .build()
        .unwrap();
    let built = log.take();
    assert!(
        built.contains("public keys are fetched from here"),
        "{built}"
    );
    assert!(built.contains(keys.url()), "{built}");
    for row in table(&alb, now) {
        let headers = OidcHeaders::from_lookup(|name| {
            let lines = row.headers.iter().filter(move |(line, _)| *line == name);
            lines.map(|(_, value)| value.as_slice())
        });
        let outcome = authenticator.authenticate(headers).await;
        let traced = log.take();
        if let Err(error) = outcome {
            let reason = format!("reason=\"{}\"", error.reason());
            assert!(traced.contains(&reason), "{}: {traced}", row.name);
        }
        for identity in ["alice", "mallory", "Alice", "example.com", "eyJ"] {
            assert!(!traced.contains(identity), "{}: {traced}", row.name);
        }
    }
}
