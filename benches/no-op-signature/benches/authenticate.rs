//! The whole decision with a signature that is not verified: all that is ours, and no more.

use alb_oidc::CryptoBackend;
use alb_oidc_testkit::SimulatedAlb;
use benches::{Operation, Request, Rounds, Scene, hours_from_now};
use genuine::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

fn main() {
    let scene = Scene::shared();
    assert!(accepts_forgery(scene), "the signature is verified");
    let spki = scene.public_key(CryptoBackend::P256);
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, spki.as_spki_der());
    let key = key.expect("what one reading of the key accepts, so does another");

    let bare = scene.bare(move |input, signature| key.verify_sig(input, signature).is_ok());

    let mut rounds = Rounds::default();
    rounds.enter(Operation::BARE_VERIFY.name, bare);
    rounds.enter("no-op-signature", Operation::AUTHENTICATE.workload());
    rounds.run(ROUNDS).print_beside(Operation::BARE_VERIFY.name);
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

const ROUNDS: usize = 300;
