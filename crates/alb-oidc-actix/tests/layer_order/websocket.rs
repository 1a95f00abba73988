use std::sync::Arc;
use std::{io, net::TcpListener};

use actix_web::dev::Server;
use actix_web::rt::time::sleep;
use actix_web::web::{self, Data, Payload};
use actix_web::{App, HttpResponse, HttpServer};
use alb_oidc_actix::alb_oidc::Clock;
use alb_oidc_actix::{Authenticate, Authenticator, Csrf, CsrfProtection, User};
use futures_util::StreamExt as _;

pub fn serve(
    authenticator: Authenticator,
    clock: Arc<dyn Clock>,
    listener: TcpListener,
) -> io::Result<Server> {
    let authenticate = Authenticate::required(authenticator);
    let csrf = Csrf::new(CsrfProtection::new());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::from(clock.clone()))
            .route("/echo", web::get().to(echo))
            .wrap(authenticate.clone())
            .wrap(csrf.clone())
    });
    Ok(server.listen(listener)?.run())
}

/// Until the other side hangs up, or nobody vouches any longer for who it is.
async fn echo(User(user): User, clock: Data<dyn Clock>, said: Payload) -> HttpResponse {
    let Ok(now) = clock.unix_time() else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let left = user.token_expires_at().saturating_since(now);
    HttpResponse::SwitchingProtocols()
        .upgrade("websocket")
        .streaming(said.take_until(sleep(left)))
}
