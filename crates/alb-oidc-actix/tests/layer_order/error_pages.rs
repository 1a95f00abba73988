use std::{io, net::TcpListener};

use actix_web::dev::Server;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpResponse, HttpServer, web};
use alb_oidc_actix::{Authenticate, Authenticator, Pages, User};

pub fn serve(authenticator: Authenticator, listener: TcpListener) -> io::Result<Server> {
    let authenticate = Authenticate::required(authenticator).responder(Pages::new());
    let server = HttpServer::new(move || {
        App::new()
            .route("/", web::get().to(home))
            .default_service(web::to(missing))
            .wrap(authenticate.clone())
            // Outermost, so that refusals carry it as well.
            .wrap(DefaultHeaders::new().add(("x-frame-options", "DENY")))
    });
    Ok(server.listen(listener)?.run())
}

async fn home(User(user): User) -> String {
    user.display_name().to_owned()
}

async fn missing() -> HttpResponse {
    HttpResponse::NotFound().body("There is no such page.")
}
