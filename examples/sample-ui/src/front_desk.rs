//! What is answered to those who are let through to nothing.

use alb_oidc::{Pages, Refusal};

use crate::pages::Notice;

/// Shows people a page of the app's own, and programs the layers' problem document. Status,
/// challenge and retry headers are the layers' in both cases.
#[must_use]
pub fn front_desk() -> Pages {
    Pages::with(|refusal: &Refusal| notice(refusal).page().into_html())
}

/// As kind as the status allows: which check failed is not for the one who asks to know.
fn notice(refusal: &Refusal) -> Notice {
    match (refusal, refusal.problem().status()) {
        (Refusal::CrossOrigin(_), _) => Notice::CrossSite,
        (_, 401) => Notice::Unauthorized,
        (_, 403) => Notice::StaffOnly,
        (_, 503) => Notice::Unavailable,
        (_, _) => Notice::Broken,
    }
}
