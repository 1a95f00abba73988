//! The ways to put the middleware into an application, and what each of them covers.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::panic::catch_unwind;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::{self, GuardContext};
use actix_web::http::Method;
use actix_web::middleware::{Condition, NormalizePath};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, Error, web};
use alb_oidc_actix::{Authenticate, AuthenticatedUser, User};
use alb_oidc_testkit::SimulatedAlb;
use serde_json::json;

/// Has no extractor: where the middleware does not cover it, anybody gets in.
async fn bare() -> &'static str {
    SECRET
}

/// Asks for a user: where no middleware covers it, nobody gets in.
async fn careful(User(_): User) -> &'static str {
    SECRET
}

async fn open() -> &'static str {
    "open"
}

const SECRET: &str = "for users alone";

/// What a request for this becomes: of nobody, with a forged token, and of a signed-in user.
type Row = (&'static str, &'static str, [u16; 3]);

/// The middleware decides. A user gets what is behind it.
const fn covered(method: &'static str, path: &'static str, behind: u16) -> Row {
    (method, path, [401, 401, behind])
}

/// The middleware is not asked.
const fn not_covered(method: &'static str, path: &'static str, status: u16) -> Row {
    (method, path, [status; 3])
}

/// Sends the requests of the rows, and counts the users who were served.
struct Checker {
    alb: SimulatedAlb,
    /// Behind an optional middleware, nobody is let in where a required one refuses.
    is_optional: bool,
    served: usize,
}

impl Checker {
    async fn check<F, B>(&mut self, arrangement: &str, app: App<F>, rows: &[Row])
    where
        F: ServiceFactory<
                ServiceRequest,
                Config = (),
                Response = ServiceResponse<B>,
                Error = Error,
                InitError = (),
            > + 'static,
        B: MessageBody,
    {
        let app = init_service(app).await;
        for (method, path, expected) in rows {
            let request = || {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                TestRequest::with_uri(path).method(method)
            };
            let forged = request().insert_header(("x-amzn-oidc-data", "a.b.c"));
            let headers = self.alb.headers(&json!({"sub": "alice"}));
            let signed_in = headers
                .into_iter()
                .fold(request(), TestRequest::insert_header);
            let mut statuses = Vec::new();
            for (index, request) in [request(), forged, signed_in].into_iter().enumerate() {
                let response = call_service(&app, request.to_request()).await;
                statuses.push(response.status().as_u16());
                if read_body(response).await == SECRET {
                    assert!(
                        index == 2 || index == 0 && self.is_optional,
                        "{arrangement}: {method} {path} is served to anybody"
                    );
                    self.served += 1;
                }
            }
            let from = usize::from(self.is_optional);
            assert_eq!(
                statuses[from..],
                expected[from..],
                "{arrangement}: {method} {path}"
            );
        }
    }

    /// All of them.
    async fn check_all(&mut self, authenticate: &Authenticate) {
        let wrap = || authenticate.clone();
        let inner = || web::resource("/bare").route(web::get().to(bare));
        self.check(
            "on App it covers all, what comes after it and what is not there too",
            App::new()
                .service(inner())
                .wrap(wrap())
                .route("/after", web::get().to(careful)),
            &[
                covered("GET", "/bare", 200),
                covered("POST", "/bare", 405),
                covered("GET", "/after", 200),
                covered("POST", "/after", 404),
                covered("GET", "/missing", 404),
            ],
        )
        .await;
        self.check(
            "on App it covers the default service",
            App::new()
                .wrap(wrap())
                .service(inner())
                .default_service(web::to(bare)),
            &[
                covered("GET", "/bare", 200),
                covered("GET", "/missing", 200),
                covered("BREW", "/missing", 200),
            ],
        )
        .await;
        self.check(
            "on a scope it covers all under its prefix, and nothing else",
            App::new()
                .route("/open", web::get().to(open))
                .service(web::scope("/in").wrap(wrap()).service(inner()))
                .route("/after", web::get().to(careful)),
            &[
                covered("GET", "/in/bare", 200),
                covered("POST", "/in/bare", 405),
                covered("GET", "/in/missing", 404),
                covered("GET", "/in", 404),
                covered("GET", "/in/", 404),
                not_covered("GET", "/inside", 404),
                not_covered("GET", "/open", 200),
                not_covered("GET", "/after", 500),
                not_covered("GET", "/missing", 404),
            ],
        )
        .await;
        self.check(
            "on a scope it covers the scope's default service",
            App::new()
                .service(
                    web::scope("/in")
                        .default_service(web::to(bare))
                        .wrap(wrap()),
                )
                .default_service(web::to(careful)),
            &[
                covered("GET", "/in/missing", 200),
                covered("GET", "/in", 200),
                not_covered("GET", "/missing", 500),
            ],
        )
        .await;
        self.check(
            "on a scope it covers App's default service, as far as the scope falls back to it",
            App::new()
                .service(web::scope("/in").wrap(wrap()).service(inner()))
                .default_service(web::to(careful)),
            &[
                covered("GET", "/in/missing", 200),
                not_covered("GET", "/missing", 500),
            ],
        )
        .await;
        self.check(
            "on a scope without a prefix it covers what was not taken before",
            App::new()
                .route("/healthz", web::get().to(open))
                .service(web::scope("").wrap(wrap()).service(inner()))
                .route("/after", web::get().to(careful)),
            &[
                not_covered("GET", "/healthz", 200),
                covered("POST", "/healthz", 404),
                covered("GET", "/bare", 200),
                covered("GET", "/after", 404),
                covered("GET", "/missing", 404),
            ],
        )
        .await;
        self.check(
            "on an outer scope it covers the inner ones",
            App::new().service(
                web::scope("/out")
                    .service(
                        web::scope("/in")
                            .service(inner())
                            .default_service(web::to(bare)),
                    )
                    .wrap(wrap()),
            ),
            &[
                covered("GET", "/out/in/bare", 200),
                covered("GET", "/out/in/missing", 200),
                covered("GET", "/out/missing", 404),
            ],
        )
        .await;
        self.check(
            "on an inner scope it covers that alone",
            App::new().service(
                web::scope("/out")
                    .service(web::scope("/in").wrap(wrap()).service(inner()))
                    .route("/careful", web::get().to(careful)),
            ),
            &[
                covered("GET", "/out/in/bare", 200),
                covered("GET", "/out/in/missing", 404),
                not_covered("GET", "/out/careful", 500),
                not_covered("GET", "/out/missing", 404),
            ],
        )
        .await;
        self.check(
            "on a resource it covers every method of it",
            App::new()
                .service(
                    web::resource("/one")
                        .route(web::get().to(bare))
                        .wrap(wrap())
                        .route(web::post().to(careful)),
                )
                .route("/other", web::get().to(careful)),
            &[
                covered("GET", "/one", 200),
                covered("POST", "/one", 200),
                covered("PUT", "/one", 405),
                covered("HEAD", "/one", 405),
                not_covered("GET", "/one/", 404),
                not_covered("GET", "/other", 500),
            ],
        )
        .await;
        self.check(
            "on a resource it covers the resource's default service",
            App::new().service(
                web::resource("/one")
                    .wrap(wrap())
                    .default_service(web::to(bare)),
            ),
            &[covered("GET", "/one", 200), covered("PUT", "/one", 200)],
        )
        .await;
        self.check(
            "on a route it covers that alone",
            App::new().service(
                web::resource("/one")
                    .route(web::get().to(bare).wrap(wrap()))
                    .route(web::post().to(careful)),
            ),
            &[
                covered("GET", "/one", 200),
                not_covered("POST", "/one", 500),
                not_covered("PUT", "/one", 405),
            ],
        )
        .await;
        self.check(
            "what a guard turns away is for whom comes next",
            App::new()
                .service(
                    web::resource("/both")
                        .guard(guard::Post())
                        .wrap(wrap())
                        .to(bare),
                )
                .service(web::resource("/both").guard(guard::Get()).to(open))
                .service(
                    web::scope("/in")
                        .guard(guard::Post())
                        .wrap(wrap())
                        .default_service(web::to(bare)),
                )
                .service(web::scope("/in").default_service(web::to(careful))),
            &[
                covered("POST", "/both", 200),
                not_covered("GET", "/both", 200),
                not_covered("PUT", "/both", 404),
                covered("POST", "/in/bare", 200),
                not_covered("GET", "/in/bare", 500),
            ],
        )
        .await;
        self.check(
            "of two scopes with one prefix the first has it all",
            App::new()
                .service(web::scope("/in").wrap(wrap()).service(inner()))
                .service(web::scope("/in").route("/careful", web::get().to(careful))),
            &[
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/careful", 404),
            ],
        )
        .await;
        self.check(
            "what is configured elsewhere is covered where it is configured",
            App::new()
                .service(web::scope("/in").wrap(wrap()).configure(|scope| {
                    scope.service(web::resource("/bare").to(bare));
                    scope.default_service(web::to(bare));
                }))
                .configure(|app| {
                    app.route("/careful", web::get().to(careful));
                }),
            &[
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/missing", 200),
                not_covered("GET", "/careful", 500),
            ],
        )
        .await;
        self.check(
            "twice it decides as once",
            App::new()
                .service(web::scope("/in").wrap(wrap()).wrap(wrap()).service(inner()))
                .wrap(wrap()),
            &[
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/missing", 404),
            ],
        )
        .await;
        self.check(
            "under a condition it covers all or nothing",
            App::new()
                .service(
                    web::scope("/in")
                        .wrap(Condition::new(true, wrap()))
                        .service(inner()),
                )
                .service(
                    web::scope("/not")
                        .wrap(Condition::new(false, wrap()))
                        .route("/careful", web::get().to(careful)),
                ),
            &[
                covered("GET", "/in/bare", 200),
                covered("GET", "/in/missing", 404),
                not_covered("GET", "/not/careful", 500),
            ],
        )
        .await;
        self.check(
            "a path with a parameter or a tail is covered, however it is spelled",
            App::new().route("/healthz", web::get().to(open)).service(
                web::scope("")
                    .wrap(wrap())
                    .route("/a/{rest:.*}", web::to(bare)),
            ),
            &[
                covered("GET", "/a/b", 200),
                covered("GET", "/a/../healthz", 200),
                covered("GET", "/a/%2e%2e/healthz", 200),
                covered("GET", "//healthz", 404),
                covered("GET", "/healthz/", 404),
                covered("GET", "/healthz;x", 404),
                covered("GET", "/HEALTHZ", 404),
                not_covered("GET", "/healthz?x", 200),
                not_covered("GET", "/%68ealthz", 200),
            ],
        )
        .await;
        self.check(
            "a path is covered as it is after it was normalized",
            App::new()
                .service(web::scope("/in").wrap(wrap()).service(inner()))
                .service(web::resource("/careful").to(careful))
                .wrap(NormalizePath::trim()),
            &[
                covered("GET", "/in/bare/", 200),
                covered("GET", "//in//bare", 200),
                covered("GET", "/in//bare//", 200),
                not_covered("GET", "//careful/", 500),
            ],
        )
        .await;
        let signed_in =
            |request: &GuardContext<'_>| request.req_data().contains::<AuthenticatedUser>();
        self.check(
            "a guard sees the user of what is around it, and none of what is inside",
            App::new()
                .service(
                    web::resource("/bare")
                        .guard(guard::fn_guard(signed_in))
                        .to(bare),
                )
                .wrap(wrap()),
            &[
                covered("GET", "/bare", 200),
                covered("GET", "/missing", 404),
            ],
        )
        .await;
        self.check(
            "a guard beside the middleware sees nobody",
            App::new().service(
                web::resource("/bare")
                    .guard(guard::fn_guard(signed_in))
                    .wrap(wrap())
                    .to(bare),
            ),
            &[not_covered("GET", "/bare", 404)],
        )
        .await;
    }
}

#[tokio::test]
async fn no_arrangement_of_services_serves_a_protected_handler_to_nobody() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let mut checker = Checker {
        alb,
        is_optional: false,
        served: 0,
    };
    checker.check_all(&authenticate).await;
    let served = checker.served;
    assert!(served > 30, "only {served} users were served");
}

#[tokio::test]
async fn behind_an_optional_middleware_a_forged_token_is_no_way_in_either() {
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::optional(alb.authenticator());
    let mut checker = Checker {
        alb,
        is_optional: true,
        served: 0,
    };
    checker.check_all(&authenticate).await;
}

#[test]
fn a_route_that_is_wrapped_before_it_has_a_handler_does_not_start() {
    // It would be served without the middleware.
    let alb = SimulatedAlb::new();
    let authenticate = Authenticate::required(alb.authenticator());
    let route = web::get().wrap(authenticate);
    let handled = catch_unwind(std::panic::AssertUnwindSafe(|| drop(route.to(bare))));
    assert!(handled.is_err());
}
