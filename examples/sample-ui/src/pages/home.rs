//! The page of a signed-in user: vote, groups, claims, and what the token proved.

use alb_oidc::{AuthenticatedUser, UnixTime};
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use crate::framework::Framework;
use crate::page::Page;
use crate::pages::account::account;
use crate::pages::groups::groups;
use crate::paths;
use crate::restaurants::Restaurant;
use crate::votes::Tally;

/// Everything the page shows beside the user.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The votes so far.
    pub tally: &'a Tally,
    /// What answers.
    pub framework: Framework,
    /// The name of the host that answers.
    pub host: &'a str,
    /// When it answers.
    pub now: UnixTime,
}

/// The page of a signed-in user.
#[must_use]
pub fn home(user: &AuthenticatedUser, visit: &Visit<'_>) -> Page {
    let content = html! {
        (vote(visit))
        div.details {
            div.proofs {
                (groups(user))
                (verification(user, visit))
            }
            (claims(user))
        }
    };
    Page::new(200, "Where shall we eat?", &account(user), &content)
}

fn vote(visit: &Visit<'_>) -> Markup {
    let tally = visit.tally;
    let total = tally.total();
    html! {
        section.vote aria-labelledby="question" {
            div.hero {
                h1 #question { "Where shall we eat?" }
                p.lead role="status" { (standing(tally)) }
            }
            ul.restaurants role="list" {
                @for &(restaurant, votes) in tally.counts() {
                    (card(restaurant, votes, total, tally.own()))
                }
            }
            p.served {
                (total) " " (if total == 1 { "vote" } else { "votes" }) " in all"
                span.dot aria-hidden="true" { "·" }
                "served by " (visit.framework) " on " code { (visit.host) }
            }
        }
    }
}

/// The state of the vote in words, for everyone and for those who hear the
/// page.
fn standing(tally: &Tally) -> String {
    let race = match (tally.leader(), tally.total()) {
        (_, 0) => "Nobody has voted yet.".to_owned(),
        (Some(leader), _) => format!("{} is ahead.", leader.name()),
        (None, _) => "It is a tie.".to_owned(),
    };
    match tally.own() {
        None => format!("{race} You have one vote."),
        Some(own) => format!(
            "{race} Your vote is with {}; another click moves it.",
            own.name()
        ),
    }
}

fn card(restaurant: Restaurant, votes: usize, total: usize, own: Option<Restaurant>) -> Markup {
    let chosen = own == Some(restaurant);
    let share = (votes * 100).checked_div(total).unwrap_or(0);
    html! {
        li.card.chosen[chosen] {
            div.art { (PreEscaped(restaurant.art())) }
            div.about {
                p.kitchen { (restaurant.kitchen()) }
                h2 { (restaurant.name()) }
                p.praise { (restaurant.praise()) }
            }
            div.ballot {
                div.count {
                    p { strong { (votes) } " " (if votes == 1 { "vote" } else { "votes" }) }
                    svg.share viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
                        rect.track width="100" height="6" {}
                        rect.fill width=(share) height="6" {}
                    }
                }
                @if chosen {
                    p.mine { (tick()) "Your vote" }
                } @else {
                    form method="post" action=(paths::VOTE) {
                        input type="hidden" name="restaurant" value=(restaurant.slug());
                        button.primary type="submit" {
                            (if own.is_some() { "Move vote" } else { "Vote" })
                            span.unseen { (if own.is_some() { " to " } else { " for " }) (restaurant.name()) }
                        }
                    }
                }
            }
        }
    }
}

/// What the token proved, and until when.
fn verification(user: &AuthenticatedUser, visit: &Visit<'_>) -> Markup {
    let seconds = user
        .token_expires_at()
        .as_secs()
        .saturating_sub(visit.now.as_secs());
    html! {
        section.panel.verification aria-labelledby="verification" {
            h2 #verification { "How we know it is you" }
            p.hint { "The load balancer signed a token for this very request. Before this page was made, all of it was checked:" }
            ul.checks role="list" {
                @for check in ["ES256 signature", "load balancer", "issuer", "client", "expiry", "identity"] {
                    li { (tick()) (check) }
                }
            }
            dl {
                div { dt { "Signer" } dd { code { (user.signer()) } } }
                div { dt { "Key" } dd { code { (user.key_id()) } } }
                div { dt { "Token expires in" } dd { strong { (seconds) " s" } " " span.hint { "each request gets a fresh one" } } }
                div { dt { "Issuer" } dd { code { (user.id().issuer().as_str()) } } }
                div { dt { "Client" } dd { code { (user.client().as_str()) } } }
            }
        }
    }
}

fn claims(user: &AuthenticatedUser) -> Markup {
    html! {
        section.panel.claims aria-labelledby="claims" {
            h2 #claims { "Your claims" }
            p.hint { "What the identity provider said about you, as the load balancer signed it. Also at " a href=(paths::ME) { (paths::ME) } "." }
            table {
                thead { tr { th scope="col" { "Claim" } th scope="col" { "JSON value" } } }
                tbody {
                    @for (name, value) in user.claims().iter() {
                        tr {
                            th scope="row" { bdi { (name) } }
                            td { (claim_value(name, &value)) }
                        }
                    }
                }
            }
        }
    }
}

/// Long values get a window of their own to scroll in, reachable by keyboard.
fn claim_value(name: &str, value: &Value) -> Markup {
    let on_one_line = value.to_string();
    let json = if value.is_string() || on_one_line.len() <= SHORT_VALUE {
        on_one_line
    } else {
        format!("{value:#}")
    };
    // Without spaces, breaking at punctuation would only leave ragged holes.
    let solid = !json.contains(' ');
    html! {
        @if json.len() > LONG_VALUE {
            pre.long.solid[solid] tabindex="0" role="region" aria-label={ "The value of " (name) } { (json) }
        } @else {
            pre.solid[solid] { (json) }
        }
    }
}

fn tick() -> Markup {
    html! { svg.tick viewBox="0 0 16 16" aria-hidden="true" { path d="M3.5 8.5l3 3 6-7" {} } }
}

/// In bytes: about one line. Longer arrays and objects are laid out over
/// several.
const SHORT_VALUE: usize = 48;
/// In bytes: about four lines in the narrowest window.
const LONG_VALUE: usize = 160;
