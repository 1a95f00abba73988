//! One vote a user, counted by issuer and subject.

use alb_oidc::{AuthenticatedUser, Issuer, OidcHeaders, UserId};
use alb_oidc_testkit::SimulatedAlb;
use sample_ui::restaurants::Restaurant::{FigAndFennel, FornoLuna, PaperLantern};
use sample_ui::votes::Votes;
use serde_json::json;

fn user(sub: &str) -> AuthenticatedUser {
    alb_oidc_testkit::user(json!({ "sub": sub }))
}

fn count(votes: &Votes, voter: &UserId) -> Vec<usize> {
    votes
        .tally(voter)
        .counts()
        .iter()
        .map(|(_, votes)| *votes)
        .collect()
}

#[test]
fn a_second_vote_moves_the_first() {
    let (votes, alice) = (Votes::default(), user("alice"));
    assert_eq!(
        (count(&votes, alice.id()), votes.tally(alice.id()).own()),
        (vec![0, 0, 0, 0], None)
    );

    votes.cast(&alice, PaperLantern);
    votes.cast(&alice, PaperLantern);
    assert_eq!(
        (count(&votes, alice.id()), votes.tally(alice.id()).own()),
        (vec![0, 1, 0, 0], Some(PaperLantern))
    );

    votes.cast(&alice, FornoLuna);
    assert_eq!(
        (count(&votes, alice.id()), votes.tally(alice.id()).own()),
        (vec![0, 0, 1, 0], Some(FornoLuna))
    );
}

#[test]
fn clones_share_the_ballots_and_others_see_them() {
    let (votes, alice, bob) = (Votes::default(), user("alice"), user("bob"));
    votes.clone().cast(&alice, FigAndFennel);
    let seen = votes.tally(bob.id());
    assert_eq!(
        (seen.total(), seen.own(), seen.leader()),
        (1, None, Some(FigAndFennel))
    );
}

#[test]
fn only_one_alone_is_the_leader() {
    let votes = Votes::default();
    assert_eq!(votes.tally(user("alice").id()).leader(), None);
    votes.cast(&user("alice"), FornoLuna);
    votes.cast(&user("bob"), PaperLantern);
    assert_eq!(votes.tally(user("alice").id()).leader(), None);
    votes.cast(&user("carol"), PaperLantern);
    assert_eq!(votes.tally(user("alice").id()).leader(), Some(PaperLantern));
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_people() {
    let votes = Votes::default();
    for issuer in ["https://one.example", "https://two.example"] {
        let alb = SimulatedAlb::builder()
            .issuer(Issuer::new(issuer).unwrap())
            .build();
        let sent = alb.headers(&json!({ "sub": "alice" }));
        let headers = OidcHeaders::from_lookup(|name| {
            sent.iter()
                .filter(move |(other, _)| *other == name)
                .map(|(_, value)| value.as_bytes())
        });
        let alice = alb.authenticator().authenticate(headers).await.unwrap();
        votes.cast(&alice, FornoLuna);
    }
    assert_eq!(count(&votes, user("bob").id()), [0, 0, 2, 0]);
}

#[test]
fn ballots_are_in_the_order_of_names_and_can_be_thrown_away() {
    let votes = Votes::default();
    for (sub, name) in [("3", "zoe"), ("1", "Alice"), ("2", "alice"), ("4", "Bob")] {
        let voter = alb_oidc_testkit::user(json!({ "sub": sub, "name": name }));
        votes.cast(&voter, FornoLuna);
    }
    let ballots = votes.ballots();
    let seen: Vec<_> = ballots
        .iter()
        .map(|ballot| (ballot.name.as_str(), ballot.voter.subject()))
        .collect();
    assert_eq!(
        seen,
        [("Alice", "1"), ("alice", "2"), ("Bob", "4"), ("zoe", "3")]
    );

    votes.clone().clear();
    assert!(votes.ballots().is_empty());
    assert_eq!(count(&votes, user("1").id()), [0, 0, 0, 0]);
}

#[test]
fn no_voter_is_in_the_debug_text() {
    let votes = Votes::default();
    votes.cast(&user("canary"), FornoLuna);
    assert!(!format!("{votes:?} {votes:#?}").contains("canary"));
}
