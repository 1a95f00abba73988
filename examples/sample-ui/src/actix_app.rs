//! The app on actix-web: which path asks which answer of the [`House`], behind which middleware.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::{self, Guard};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{self, Next};
use actix_web::web::{self, Data, Form, FormConfig};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, Resource, Responder, Route};
use alb_oidc::Authenticator;
use alb_oidc_actix::{Authenticate, Authorize, Csrf, Endpoint, User, browser_request};

use crate::front_desk::front_desk;
use crate::house::{Ballot, House, MAX_BALLOT};
use crate::page;
use crate::pages::Notice;
use crate::paths;
use crate::reply::Reply;
use crate::server::GRACE;

/// The whole app. Only [`paths::OPEN`] answer without a token.
pub fn app(
    authenticator: Authenticator,
    house: Data<House>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let authenticate = Authenticate::required(authenticator).responder(front_desk());
    let admins = Authorize::new(house.admins.clone()).responder(front_desk());
    let csrf = Csrf::new(house.csrf.clone()).responder(front_desk());
    let sign_out = Endpoint::sign_out(paths::SIGN_OUT, house.sign_out.clone(), house.csrf.clone());

    let users = web::scope("")
        .service(resource(paths::HOME, "GET, HEAD").route(get().to(home)))
        .service(resource(paths::ME, "GET, HEAD").route(get().to(me)))
        // The GET, here and below: after a login in between, the load balancer sends the browser
        // back to the path of the form.
        .service(
            resource(paths::VOTE, "GET, HEAD, POST")
                .app_data(FormConfig::default().limit(MAX_BALLOT))
                .route(web::post().to(vote))
                .route(get().to(to_home)),
        )
        .service(
            resource(paths::ADMIN, "GET, HEAD")
                .route(get().to(admin))
                .wrap(admins.clone()),
        )
        .service(
            resource(paths::NEW_ROUND, "GET, HEAD, POST")
                .route(web::post().to(new_round))
                .route(get().to(to_admin))
                .wrap(admins),
        )
        .default_service(web::to(not_found))
        .wrap(authenticate);
    App::new()
        .app_data(house)
        .service(resource(paths::HEALTH, "GET, HEAD").route(get().to(health)))
        .service(
            web::resource(paths::SIGN_OUT)
                .guard(get_or_head())
                .to(to_home),
        )
        .service(sign_out.responder(front_desk()))
        .service(resource(paths::SIGNED_OUT, "GET, HEAD").route(get().to(signed_out)))
        .service(resource(paths::STYLE, "GET, HEAD").route(get().to(style)))
        .service(resource(paths::ICON, "GET, HEAD").route(get().to(icon)))
        // Last, for its prefix takes every path.
        .service(users)
        .wrap(csrf)
        .wrap(middleware::from_fn(harden))
}

/// Serves the app on this socket until that happens.
///
/// # Errors
///
/// The socket's.
pub fn serve(
    listener: TcpListener,
    authenticator: Authenticator,
    house: House,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Server> {
    let house = Data::new(house);
    let server = HttpServer::new(move || app(authenticator.clone(), house.clone()))
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(GRACE.as_secs())
        .shutdown_signal(until)
        .listen(listener)?;
    Ok(server.run())
}

async fn home(User(user): User, house: Data<House>, request: HttpRequest) -> Reply {
    house.home(&user, &browser_request(&request))
}

async fn me(User(user): User, house: Data<House>) -> Reply {
    house.me(&user)
}

async fn vote(
    User(user): User,
    house: Data<House>,
    request: HttpRequest,
    ballot: Result<Form<Ballot>, Error>,
) -> Reply {
    let ballot = ballot.ok().map(Form::into_inner);
    house.vote(&user, ballot, &browser_request(&request))
}

async fn admin(User(user): User, house: Data<House>) -> Reply {
    house.admin(&user)
}

async fn new_round(_: User, house: Data<House>) -> Reply {
    house.new_round()
}

async fn to_home() -> Reply {
    Reply::see_other(paths::HOME)
}

async fn to_admin() -> Reply {
    Reply::see_other(paths::ADMIN)
}

async fn health(house: Data<House>) -> Reply {
    house.health()
}

async fn signed_out(house: Data<House>) -> Reply {
    house.signed_out()
}

async fn style(house: Data<House>) -> Reply {
    house.style()
}

async fn icon(house: Data<House>) -> Reply {
    house.icon()
}

async fn not_found(request: HttpRequest) -> Reply {
    Notice::NotFound.reply(&browser_request(&request))
}

/// What a path has of methods. actix-web does not add it to its 405 by itself.
fn resource(path: &'static str, allow: &'static str) -> Resource {
    let method_not_allowed = move |request: HttpRequest| async move {
        let notice = Notice::MethodNotAllowed.reply(&browser_request(&request));
        notice.with("allow", allow)
    };
    web::resource(path).default_service(web::to(method_not_allowed))
}

/// GET, and HEAD, which actix-web does not take for a GET.
fn get() -> Route {
    web::route().guard(get_or_head())
}

fn get_or_head() -> impl Guard {
    guard::Any(guard::Get()).or(guard::Head())
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::new(status);
        for (name, value) in self.headers() {
            // All of them are the app's own, in ASCII.
            if let Ok(value) = HeaderValue::from_str(value) {
                let name = HeaderName::from_static(name);
                response.headers_mut().append(name, value);
            }
        }
        response.set_body(self.into_body()).map_into_boxed_body()
    }
}

/// On every response, the middleware's own included.
async fn harden(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in page::SECURITY_HEADERS {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
    let (name, value) = page::NOT_STORED;
    let name = HeaderName::from_static(name);
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Longer than a load balancer's idle timeout, 60 s: whoever hangs up first must be the load
/// balancer, or a request now and then goes to a connection that has just been closed, and is a 502.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
