//! An application's own code that panics, at each place where the middleware calls it.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpRequest, HttpResponse, web};
use alb_oidc_actix::alb_oidc::{Clock, ClockError, UnixTime};
use alb_oidc_actix::{
    Authenticate, Authenticator, Claims, ProblemJson, Refusal, RefusalResponder, User,
};
use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};
use futures_util::FutureExt as _;
use serde::{Deserialize, Deserializer};
use serde_json::json;

/// Claims that are never read to their end.
struct Explosive;

impl<'de> Deserialize<'de> for Explosive {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("while claims are read")
    }
}

/// Panics while it is lit.
#[derive(Clone, Debug, Default)]
struct Fuse(Arc<AtomicBool>);

impl Fuse {
    fn light(&self, lit: bool) {
        self.0.store(lit, Ordering::SeqCst);
    }

    fn burn(&self) {
        assert!(!self.0.load(Ordering::SeqCst), "the fuse is lit");
    }
}

#[derive(Debug)]
struct FusedClock(Fuse, ManualClock);

impl Clock for FusedClock {
    fn unix_time(&self) -> Result<UnixTime, ClockError> {
        self.0.burn();
        self.1.unix_time()
    }
}

#[derive(Clone)]
struct FusedResponder(Fuse);

impl RefusalResponder for FusedResponder {
    fn respond(&self, refusal: &Refusal, request: &HttpRequest) -> HttpResponse {
        self.0.burn();
        ProblemJson.respond(refusal, request)
    }
}

async fn explode(_: User) -> &'static str {
    panic!("in the handler")
}

#[tokio::test]
async fn a_panic_spoils_nothing_for_the_next_request() {
    let alb = SimulatedAlb::new();
    let keys = KeyServer::start().await.unwrap();
    keys.publish(&alb);
    let (clock, responder) = (Fuse::default(), Fuse::default());
    let authenticator = Authenticator::builder(alb.policy())
        .key_url(keys.url())
        .unwrap()
        .clock(FusedClock(clock.clone(), ManualClock::at_system_time()))
        .build()
        .unwrap();
    let authenticate =
        Authenticate::required(authenticator).responder(FusedResponder(responder.clone()));
    let app = init_service(
        App::new()
            .route("/", web::get().to(async |_: User| "served"))
            .route("/panics", web::get().to(explode))
            .route(
                "/explodes",
                web::get().to(async |_: Claims<Explosive>| "read"),
            )
            .wrap(authenticate),
    )
    .await;
    // `None` if it panicked.
    let status = async |request: TestRequest| {
        let answer = AssertUnwindSafe(async { call_service(&app, request.to_request()).await });
        answer
            .catch_unwind()
            .await
            .ok()
            .map(|response| response.status().as_u16())
    };
    let to = TestRequest::with_uri;
    let alice = |path: &str| {
        let headers = alb.headers(&json!({"sub": "alice"})).into_iter();
        headers.fold(to(path), TestRequest::insert_header)
    };

    // Before anything else, while no key is held yet.
    clock.light(true);
    assert_eq!(status(alice("/")).await, None);
    clock.light(false);
    for _ in 0..3 {
        for path in ["/panics", "/explodes"] {
            assert_eq!(status(alice(path)).await, None, "{path}");
            assert_eq!(status(to(path)).await, Some(401), "{path}");
            assert_eq!(status(alice("/")).await, Some(200), "after {path}");
        }
        responder.light(true);
        assert_eq!(status(to("/")).await, None);
        responder.light(false);
        assert_eq!(status(to("/")).await, Some(401));
        clock.light(true);
        assert_eq!(status(alice("/")).await, None);
        clock.light(false);
        assert_eq!(status(alice("/")).await, Some(200));
        // A key that is new after all that is fetched like any other.
        alb.rotate();
        keys.publish(&alb);
        assert_eq!(status(alice("/")).await, Some(200));
    }
    assert_eq!(keys.hits(), 4);
}
