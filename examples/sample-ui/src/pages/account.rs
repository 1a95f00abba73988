//! The corner of the bar that says who is signed in.

use alb_oidc::AuthenticatedUser;
use maud::{Markup, html};

use crate::paths;

/// Who is signed in, and the way out.
pub(crate) fn account(user: &AuthenticatedUser) -> Markup {
    let name = user.display_name();
    html! {
        div.account {
            span.avatar aria-hidden="true" { (initial(name)) }
            div.person {
                span.name title=(name) { bdi { (name) } }
                (email(user))
            }
            form method="post" action=(paths::SIGN_OUT) { button.quiet type="submit" { "Sign out" } }
        }
    }
}

/// An address counts as verified only where the identity provider said so; any
/// other is only what somebody once typed.
fn email(user: &AuthenticatedUser) -> Markup {
    let verified = user.claims().verified_email();
    html! {
        @if let Some(address) = verified {
            span.email title=(address) {
                bdi { (address) }
                svg.tick viewBox="0 0 16 16" role="img" aria-label="verified" { path d="M3.5 8.5l3 3 6-7" {} }
            }
        } @else if let Some(address) = user.claims().email() {
            span.email title=(address) { bdi { (address) } span.unverified { "not verified" } }
        } @else {
            span.email.none { "no e-mail" }
        }
    }
}

fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect())
}
