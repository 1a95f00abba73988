//! The groups of a user, or why they are not known.

use alb_oidc::{AccessTokenError, AuthenticatedUser};
use maud::{Markup, html};

use crate::house::ADMINS;
use crate::paths;

/// What the access token proved. Being in no group and not knowing are two things, and the panel
/// says which it is.
pub(crate) fn groups(user: &AuthenticatedUser) -> Markup {
    html! {
        section.panel aria-labelledby="groups" {
            h2 #groups { "Your groups" }
            @match user.groups() {
                Ok([]) => p { "You are in no group." },
                Ok(groups) => ul.checks role="list" {
                    @for group in groups { li { bdi { (group) } } }
                },
                Err(error) => p { (unknown(error)) },
            }
            p.hint {
                "They are not in the load balancer's token. The access token beside it has them, and the identity provider's own signature. "
                "Members of " strong { (ADMINS) } " may look " a href=(paths::ADMIN) { "behind the counter" } "."
            }
        }
    }
}

fn unknown(error: AccessTokenError) -> &'static str {
    match error {
        AccessTokenError::NotConfigured => {
            "They are not known: the app was not told to verify access tokens."
        }
        AccessTokenError::Missing => "They are not known: no access token came along.",
        AccessTokenError::ClaimMissing(_) => {
            "They are not known: the access token does not mention groups."
        }
        _ if error.retry_after().is_some() => {
            "They cannot be told at the moment: the identity provider's keys are out of reach. Please try again in a few seconds."
        }
        _ => "They are not known: the access token that came along could not be verified.",
    }
}
