//! What is answered to those who are let through to nothing.

use alb_oidc_tower::{Pages, Refusal};

use crate::pages::Notice;

/// Shows people a page of the app's own, and programs the layers' problem document. Status,
/// challenge and retry headers are the layers' in both cases.
#[must_use]
pub fn front_desk() -> Pages {
    Pages::with(|refusal: &Refusal| notice(refusal).page().into_html())
}

fn notice(refusal: &Refusal) -> Notice {
    match refusal {
        Refusal::CrossOrigin(_) => Notice::CrossSite,
        _ if refusal.problem().status() == 401 => Notice::Unauthorized,
        _ => Notice::Unavailable,
    }
}
