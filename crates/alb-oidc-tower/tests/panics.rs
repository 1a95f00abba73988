//! An application's own code that panics, at each place where the layer calls it.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alb_oidc_testkit::{KeyServer, ManualClock, SimulatedAlb};
use alb_oidc_tower::alb_oidc::{Clock, ClockError, UnixTime};
use alb_oidc_tower::{
    AuthenticateLayer, Authenticator, Claims, ProblemJson, Refusal, RefusalResponder, User,
};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::request::Parts;
use http::{Request, Response};
use serde::{Deserialize, Deserializer};
use tower::ServiceExt as _;

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

impl RefusalResponder<Body> for FusedResponder {
    fn respond(&self, refusal: &Refusal, request: &Parts) -> Response<Body> {
        self.0.burn();
        ProblemJson.respond(refusal, request)
    }
}

/// `None` if it panicked.
async fn status(app: &Router, request: Request<Body>) -> Option<u16> {
    let answer = tokio::spawn(app.clone().oneshot(request)).await;
    match answer {
        Ok(response) => Some(response.unwrap().status().as_u16()),
        Err(failed) => {
            assert!(failed.is_panic());
            None
        }
    }
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
    let layer =
        AuthenticateLayer::required(authenticator).responder(FusedResponder(responder.clone()));
    let handler = async |_: User| -> &'static str { panic!("in the handler") };
    let app = Router::new()
        .route("/", get(async |_: User| "served"))
        .route("/panics", get(handler))
        .route("/explodes", get(async |_: Claims<Explosive>| "read"))
        .layer(layer);
    let nobody = || Request::new(Body::empty());
    let to = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let alice = |path: &str| alb.sign_in(to(path), "alice");

    // Before anything else, while no key is held yet.
    clock.light(true);
    assert_eq!(status(&app, alice("/")).await, None);
    clock.light(false);
    for _ in 0..3 {
        for path in ["/panics", "/explodes"] {
            assert_eq!(status(&app, alice(path)).await, None, "{path}");
            assert_eq!(status(&app, to(path)).await, Some(401), "{path}");
            assert_eq!(status(&app, alice("/")).await, Some(200), "after {path}");
        }
        responder.light(true);
        assert_eq!(status(&app, nobody()).await, None);
        responder.light(false);
        assert_eq!(status(&app, nobody()).await, Some(401));
        clock.light(true);
        assert_eq!(status(&app, alice("/")).await, None);
        clock.light(false);
        assert_eq!(status(&app, alice("/")).await, Some(200));
        // A key that is new after all that is fetched like any other.
        alb.rotate();
        keys.publish(&alb);
        assert_eq!(status(&app, alice("/")).await, Some(200));
    }
    assert_eq!(keys.hits(), 4);
}
