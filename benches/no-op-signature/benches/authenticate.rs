//! The whole decision with a signature that is not verified, beside the bare verification that it is
//! without. That has the message's SHA-256 in it, which is a line of its own: it is a part of ES256, but
//! not of the curve's arithmetic.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::hint::black_box;

use alb_oidc::CryptoBackend;
use alb_oidc_testkit::SimulatedAlb;
use benches::{Operation, Request, Rounds, Scene, Workload, hours_from_now};
// The one that verifies. What is called aws_lc_rs here does not.
use genuine::digest::{SHA256, digest};
use genuine::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

fn main() {
    let scene = Scene::shared();
    assert!(accepts_forgery(scene), "the signature is verified");
    let spki = scene.public_key(CryptoBackend::AwsLcRs);
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, spki.as_spki_der());
    let key = key.expect("what one reading of the key accepts, so does another");
    let bare_verify = scene.bare(move |input, signature| key.verify_sig(input, signature).is_ok());
    let signed = scene.signed();
    let sha_256 = Workload::new(None, move |n| {
        black_box(digest(&SHA256, &signed[n].0));
        None
    });

    let mut rounds = Rounds::default();
    rounds.enter(BARE_VERIFY, bare_verify);
    rounds.enter(NO_OP_SIGNATURE, Operation::AUTHENTICATE.workload());
    rounds.enter(SHA_256, sha_256);
    let standings = rounds.run(ROUNDS);
    standings.print_beside(BARE_VERIFY);
    let both = |[bare, rest, sha_256]: [f64; 3]| (rest + sha_256) / bare;
    let both = standings.compare([BARE_VERIFY, NO_OP_SIGNATURE, SHA_256], both);
    println!("\n{NO_OP_SIGNATURE} and {SHA_256} together: {both:.3} of {BARE_VERIFY}");
}

/// Whether a token is let in that somebody else has signed.
fn accepts_forgery(scene: &Scene) -> bool {
    let authenticator = scene.authenticator(CryptoBackend::AwsLcRs);
    let forged = Request::of_user(0, |userinfo| {
        let somebody = SimulatedAlb::new();
        somebody.sign(scene.alb.header(hours_from_now(6)), userinfo)
    });
    forged.authenticate(&authenticator).is_ok()
}

const BARE_VERIFY: &str = Operation::BARE_VERIFY.name;
const NO_OP_SIGNATURE: &str = "no-op-signature";
const SHA_256: &str = "sha-256";
const ROUNDS: usize = 300;
