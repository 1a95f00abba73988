use std::error::Error;
use std::net::TcpListener;

use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{App, HttpServer, web};
use alb_oidc_actix::{Authenticate, Authenticator, Csrf, CsrfProtection, User};

pub fn serve(
    authenticator: Authenticator,
    listener: TcpListener,
) -> Result<Server, Box<dyn Error>> {
    let office = "https://office.example.com";
    let authenticate = Authenticate::required(authenticator);
    let csrf = Csrf::new(CsrfProtection::new().trust_origin(office)?);
    let server = HttpServer::new(move || {
        let cors = Cors::default()
            .allowed_origin(office)
            .allowed_methods(["POST"])
            .allowed_header(CONTENT_TYPE)
            .supports_credentials();
        App::new()
            .route("/vote", web::post().to(async |_: User| "counted"))
            .wrap(authenticate.clone())
            .wrap(csrf.clone())
            // Outermost: a preflight carries no identity.
            .wrap(cors)
    });
    Ok(server.listen(listener)?.run())
}
