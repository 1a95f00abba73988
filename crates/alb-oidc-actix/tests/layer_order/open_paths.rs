use std::{io, net::TcpListener};

use actix_web::dev::Server;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{App, HttpResponse, HttpServer, web};
use alb_oidc_actix::{Authenticate, Authenticator, User};

pub fn serve(authenticator: Authenticator, listener: TcpListener) -> io::Result<Server> {
    let authenticate = Authenticate::required(authenticator);
    let server = HttpServer::new(move || {
        let users = web::scope("")
            .route("/", web::get().to(home))
            .wrap(authenticate.clone());
        App::new()
            // Before the scope, so outside of it.
            .route("/healthz", web::get().to(async || "ok"))
            .route("/assets/style-1.css", web::get().to(style))
            .service(users)
    });
    Ok(server.listen(listener)?.run())
}

async fn home(User(user): User) -> String {
    format!("hello {}", user.display_name())
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body("body { font: 1rem system-ui }")
}
