use std::error::Error;
use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use alb_oidc_actix::{
    Authenticate, Authenticator, ClientId, CognitoDomain, Csrf, CsrfProtection, Endpoint, Me,
    SignOut,
};

pub fn serve(
    authenticator: Authenticator,
    listener: TcpListener,
) -> Result<Server, Box<dyn Error>> {
    let authenticate = Authenticate::required(authenticator);
    let csrf = CsrfProtection::new();
    let me = Me::new(["name", "email", "email_verified"]);
    let domain = CognitoDomain::with_prefix("four-tables", "eu-west-1".parse()?)?;
    let client = ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?;
    // Leads to one of the app client's "allowed sign-out URLs".
    let sign_out = SignOut::cognito(&domain, &client, "https://tables.example.com/signed-out")?;
    let server = HttpServer::new(move || {
        let users = web::scope("")
            .service(Endpoint::me("/me", me.clone()))
            .wrap(authenticate.clone());
        App::new()
            // Also for those whose token is no longer good.
            .service(Endpoint::sign_out(
                "/signout",
                sign_out.clone(),
                csrf.clone(),
            ))
            .route("/signed-out", web::get().to(async || "You are signed out."))
            .service(users)
            .wrap(Csrf::new(csrf.clone()))
    });
    Ok(server.listen(listener)?.run())
}
