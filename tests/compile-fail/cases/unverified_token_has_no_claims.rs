use alb_oidc::UnverifiedToken;

fn subject(token: &UnverifiedToken) -> &str {
    token.claims().sub()
}

fn main() {}
