//! The page behind the counter: who voted for what, and the button that clears it all.

use alb_oidc::AuthenticatedUser;
use maud::{Markup, html};

use crate::house::ADMINS;
use crate::page::Page;
use crate::pages::account::account;
use crate::paths;
use crate::votes::Ballot;

/// The page for admins.
#[must_use]
pub fn admin(user: &AuthenticatedUser, ballots: &[Ballot]) -> Page {
    let content = html! {
        div.hero {
            h1 { "Behind the counter" }
            p.lead { "For members of " strong { (ADMINS) } ". You are one." }
        }
        div.counter {
            (ledger(ballots))
            (new_round(ballots.len()))
        }
        p.served { a href=(paths::HOME) { "Back to the tables" } }
    };
    Page::new(200, "Behind the counter", &account(user), &content)
}

fn ledger(ballots: &[Ballot]) -> Markup {
    html! {
        section.panel aria-labelledby="ballots" {
            h2 #ballots { "All ballots" }
            @if ballots.is_empty() {
                p { "Nobody has voted yet." }
            } @else {
                p.hint { "One a user. A name is what its owner chose; the subject is who it is." }
                table.ballots {
                    thead { tr { th scope="col" { "Guest" } th scope="col" { "Vote" } th scope="col" { "Subject" } } }
                    tbody {
                        @for ballot in ballots {
                            tr {
                                th scope="row" { bdi { (ballot.name) } }
                                td { (ballot.choice.name()) }
                                td { code { (ballot.voter.subject()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A disclosure is a question that needs no script.
fn new_round(votes: usize) -> Markup {
    html! {
        section.panel aria-labelledby="round" {
            h2 #round { "A new round" }
            @if votes == 0 {
                p.hint { "There is nothing to clear." }
            } @else {
                p.hint { "Everybody votes again, from nothing." }
                details.confirm {
                    summary.button.quiet { "Clear all votes…" }
                    form method="post" action=(paths::NEW_ROUND) {
                        p { "This throws away " (votes) " " (if votes == 1 { "vote" } else { "votes" }) ", and cannot be undone." }
                        button.primary type="submit" { "Yes, clear them" }
                    }
                }
            }
        }
    }
}
