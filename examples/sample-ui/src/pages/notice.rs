//! What the app says when it will not or cannot do what was asked, to people
//! and to programs.

use alb_oidc::BrowserRequest;
use maud::{Markup, PreEscaped, html};

use crate::page::Page;
use crate::paths;
use crate::reply::Reply;

/// A refusal or failure. Its text is constant: it tells whoever asks nothing
/// about why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// 400: the ballot names no restaurant.
    BadBallot,
    /// 401: no token, or one that does not hold.
    Unauthorized,
    /// 403: the form was sent from another site.
    CrossSite,
    /// 403: the user is signed in, and may not see this.
    StaffOnly,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 500: the app is not put together as it should be.
    Broken,
    /// 503: nobody can be verified at the moment.
    Unavailable,
}

impl Notice {
    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadBallot => 400,
            Self::Unauthorized => 401,
            Self::CrossSite | Self::StaffOnly => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Broken => 500,
            Self::Unavailable => 503,
        }
    }

    /// For whoever asked: the page for a person, the problem document for a program.
    #[must_use]
    pub fn reply(self, asked: &BrowserRequest<'_>) -> Reply {
        if asked.is_navigation() {
            self.page().into()
        } else {
            Reply::new(self.status(), "application/problem+json", self.problem())
        }
    }

    /// For a person.
    #[must_use]
    pub fn page(self) -> Page {
        let content = html! {
            section.notice aria-labelledby="notice" {
                div.spot { (PreEscaped(self.art())) }
                p.status { (self.status()) " " (self.reason()) }
                h1 #notice { (self.headline()) }
                (self.explanation())
                p.actions { a.button.primary href=(paths::HOME) { (self.way_on()) } }
            }
        };
        Page::new(self.status(), self.headline(), &html! {}, &content)
    }

    /// For a program: a problem document (RFC 9457).
    fn problem(self) -> String {
        serde_json::json!({ "type": "about:blank", "title": self.reason(), "status": self.status() }).to_string()
    }

    fn reason(self) -> &'static str {
        match self {
            Self::BadBallot => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::CrossSite | Self::StaffOnly => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::Broken => "Internal Server Error",
            Self::Unavailable => "Service Unavailable",
        }
    }

    fn headline(self) -> &'static str {
        match self {
            Self::BadBallot => "That is not on the menu",
            Self::Unauthorized => "Please sign in at the front desk",
            Self::CrossSite => "That came from another site",
            Self::StaffOnly => "Behind the counter is for staff",
            Self::NotFound => "Nothing on this plate",
            Self::MethodNotAllowed => "We do not serve it that way",
            Self::Broken => "Something is wrong in our kitchen",
            Self::Unavailable => "The kitchen needs a moment",
        }
    }

    fn explanation(self) -> Markup {
        match self {
            Self::BadBallot => {
                html! { p { "The ballot names none of our four restaurants. Your vote is unchanged." } }
            }
            Self::Unauthorized => html! {
                p { "This app takes the load balancer's word for who you are, and nobody else's. This request came without a valid word from it." }
                p.hint { "Open the app at the load balancer's address, not at its own, and you will be asked to sign in." }
            },
            Self::CrossSite => {
                html! { p { "The form was not sent from one of our own pages, so nothing was changed." } }
            }
            Self::StaffOnly => html! {
                p { "You are signed in, but not known to be in the group that this page is for." }
                p.hint { "The identity provider keeps the groups. " a href={ (paths::HOME) "#groups" } { "Yours are here." } }
            },
            Self::NotFound => html! { p { "There is no such page here." } },
            Self::MethodNotAllowed => {
                html! { p { "The page exists, but not for this kind of request." } }
            }
            Self::Broken => {
                html! { p { "The app is not put together as it should be. It is not your fault." } }
            }
            Self::Unavailable => html! {
                p { "We cannot check who you are, or what you may do, at the moment. It is not your fault." }
                p.hint { "Please try again in a few seconds." }
            },
        }
    }

    fn way_on(self) -> &'static str {
        match self {
            Self::Unauthorized | Self::Unavailable => "Try again",
            Self::BadBallot
            | Self::CrossSite
            | Self::StaffOnly
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Broken => "Back to the tables",
        }
    }

    fn art(self) -> &'static str {
        match self {
            Self::Unauthorized | Self::CrossSite | Self::StaffOnly => {
                include_str!("../../assets/art/bell.svg")
            }
            Self::BadBallot | Self::NotFound | Self::MethodNotAllowed => {
                include_str!("../../assets/art/plate.svg")
            }
            Self::Broken | Self::Unavailable => include_str!("../../assets/art/pot.svg"),
        }
    }
}
