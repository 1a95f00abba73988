//! The whole decision with a signature whose message is hashed, and which is not verified: all but the
//! arithmetic of the curve. Beside it the bare verification that it is without, and the hash alone.

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
    rounds.run(ROUNDS).print_beside(BARE_VERIFY);
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
