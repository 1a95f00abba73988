//! Where a sign-out ends. The page is on an open route: on an authenticating
//! one it would sign the user straight in again.

use maud::{PreEscaped, html};

use crate::page::Page;
use crate::paths;

/// The page after a sign-out, honest about whether the identity provider's own
/// session was ended too.
#[must_use]
pub fn signed_out(ends_provider_session: bool) -> Page {
    let content = html! {
        section.notice aria-labelledby="notice" {
            div.spot { (PreEscaped(include_str!("../../assets/art/cat.svg"))) }
            h1 #notice { "You are signed out" }
            @if ends_provider_session {
                p { "Both here and at the identity provider. The kitchen is having a nap; come back when you are hungry." }
            } @else {
                p { "The session with this app has ended. The one with your identity provider lives on, so signing in again may not ask for a password." }
                p.hint { "To end that one too, set " code { "ALB_OIDC_LOGOUT_URL" } " to the provider's sign-out address." }
            }
            p.actions { a.button.primary href=(paths::HOME) { "Sign in again" } }
        }
    };
    Page::new(200, "Signed out", &html! {}, &content)
}
