use alb_oidc::{AdmittedToken, AuthenticatedUser};

fn user(token: AdmittedToken) -> AuthenticatedUser {
    token.into()
}

fn main() {}
