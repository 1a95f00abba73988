use alb_oidc_tower::{
    AuthenticateLayer, Authenticator, ClientId, CognitoDomain, ConfigError, CsrfLayer,
    CsrfProtection, Endpoint, Me, SignOut,
};
use axum::Router;
use axum::routing::get;

pub fn app(authenticator: Authenticator) -> Result<Router, ConfigError> {
    let csrf = CsrfProtection::new();
    let domain = CognitoDomain::with_prefix("four-tables", "eu-west-1".parse()?)?;
    let client = ClientId::new("7LTcoPZrV44zeX6YK9VKApvO3q")?;
    // Leads to one of the app client's "allowed sign-out URLs".
    let sign_out = SignOut::cognito(&domain, &client, "https://tables.example.com/signed-out")?;
    Ok(Router::new()
        .route_service(
            "/me",
            Endpoint::me(Me::new(["name", "email", "email_verified"])),
        )
        .layer(AuthenticateLayer::required(authenticator))
        // Also for those whose token is no longer good.
        .route_service("/signout", Endpoint::sign_out(sign_out, csrf.clone()))
        .route("/signed-out", get(async || "You are signed out."))
        .layer(CsrfLayer::new(csrf)))
}
