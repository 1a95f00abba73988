//! Signatures, genuine and broken, that aws-lc-rs must judge the same.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use alb_oidc_p256_tables::PrecomputedKey;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::ff::PrimeField as _;
use p256::{Scalar, U256};
use sha2::{Digest as _, Sha256};

mod curve;

use curve::{MODULUS, ORDER, bytes};

#[test]
fn a_hundred_thousand_signatures_have_the_verdict_of_aws_lc() {
    compare(100_000, "alb-oidc-p256-tables");
}

/// `cargo test --release -p alb-oidc-p256-tables --test differential -- --ignored --nocapture`.
/// The environment variable `SEED` is for other signatures than last time.
#[test]
#[ignore = "half an hour"]
fn ten_million_signatures_have_the_verdict_of_aws_lc() {
    let seed = std::env::var("SEED").unwrap_or_default();
    compare(10_000_000, &seed);
}

/// Compares so many verdicts. What is signed follows from the seed alone, so what fails can be had
/// again.
fn compare(cases: usize, seed: &str) {
    let mut random = Random::new(seed);
    let mut keys: Vec<_> = (0..KEYS).map(|_| Key::new(&mut random)).collect();
    let mut done = 0;
    let mut accepted = 0;
    let mut genuine = 0;
    let mut previous = [1; 64];
    while done < cases {
        // Each key signs some thousand messages, and makes way for another.
        let turn = random.below(KEYS);
        if random.below(4_096) == 0 {
            keys[turn] = Key::new(&mut random);
        }
        let key = &keys[turn];
        let other = &keys[(turn + 1) % KEYS];
        let mut message = random.bytes().repeat(1 + random.below(30));
        message.truncate(random.below(message.len()) + 1);
        let signature: Signature = key.signing.sign(&message);
        let signature: [u8; 64] = signature.to_bytes().into();

        let both_s = [signature, negated(&signature)];
        for signature in both_s {
            assert!(key.agree(&message, &signature), "{signature:02x?}");
        }
        genuine += both_s.len();
        accepted += both_s.len();
        let broken = broken(&signature, &previous, &mut random);
        for signature in &broken {
            accepted += usize::from(key.agree(&message, signature));
        }
        accepted += usize::from(other.agree(&message, &signature));
        let place = random.below(message.len());
        message[place] ^= 1 << random.below(8);
        accepted += usize::from(key.agree(&message, &signature));

        done += both_s.len() + broken.len() + 2;
        previous = signature;
    }
    // Nothing broken happens to fit.
    assert_eq!(accepted, genuine);
    assert!(genuine >= cases / BROKEN, "only {genuine} are genuine");
    println!("{done} verdicts agree, {accepted} of them on a genuine signature");
}

fn broken(signature: &[u8; 64], other: &[u8; 64], random: &mut Random) -> [[u8; 64]; BROKEN] {
    let (r, s) = signature.split_at(32);
    let (other_r, other_s) = other.split_at(32);
    let join = |r: &[u8], s: &[u8]| -> [u8; 64] { [r, s].concat().try_into().unwrap() };
    let flipped = |number: &[u8], random: &mut Random| {
        let mut number = number.to_vec();
        number[random.below(32)] ^= 1 << random.below(8);
        number
    };
    let extremes = extremes();
    let extreme = |random: &mut Random| extremes[random.below(extremes.len())];
    [
        join(&flipped(r, random), s),
        join(r, &flipped(s, random)),
        join(s, r),
        join(other_r, s),
        join(r, other_s),
        join(&random.bytes(), s),
        join(r, &random.bytes()),
        join(&random.bytes(), &random.bytes()),
        join(&extreme(random), s),
        join(r, &extreme(random)),
        join(&extreme(random), &extreme(random)),
    ]
}

/// Zero, one, the order, the modulus, what is next to them, and the largest number.
fn extremes() -> [[u8; 32]; 12] {
    let difference = MODULUS.wrapping_sub(&ORDER);
    let near = |number: U256| {
        [
            number.wrapping_sub(&U256::ONE),
            number,
            number.wrapping_add(&U256::ONE),
        ]
    };
    let [one, two, _] = near(U256::from_u64(2));
    let [below_order, order, above_order] = near(ORDER);
    let [below_modulus, modulus, _] = near(MODULUS);
    let [below_difference, difference, above_difference] = near(difference);
    [
        U256::ZERO,
        one,
        two,
        below_order,
        order,
        above_order,
        below_modulus,
        modulus,
        below_difference,
        difference,
        above_difference,
        U256::MAX,
    ]
    .map(bytes)
}

/// The other signature of the same: `(r, n - s)`.
fn negated(signature: &[u8; 64]) -> [u8; 64] {
    let mut negated = *signature;
    let s: [u8; 32] = signature[32..].try_into().unwrap();
    let s = Scalar::from_repr(s.into()).unwrap();
    negated[32..].copy_from_slice(&(-s).to_bytes());
    negated
}

struct Key {
    signing: SigningKey,
    precomputed: PrecomputedKey,
    aws_lc: ParsedPublicKey,
}

impl Key {
    fn new(random: &mut Random) -> Self {
        let signing = SigningKey::from_slice(&random.bytes()).unwrap();
        let point = signing.verifying_key().to_sec1_point(false);
        let precomputed =
            PrecomputedKey::from_uncompressed_point(point.as_bytes().try_into().unwrap());
        Self {
            precomputed: precomputed.unwrap(),
            aws_lc: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes()).unwrap(),
            signing,
        }
    }

    /// What both say of it.
    fn agree(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let ours = self.precomputed.verify(message, signature).is_ok();
        let theirs = self.aws_lc.verify_sig(message, signature).is_ok();
        assert_eq!(ours, theirs, "{message:02x?} {signature:02x?}");
        ours
    }
}

/// SHA-256 of a seed and a counter.
struct Random {
    seed: [u8; 32],
    counter: u64,
}

impl Random {
    fn new(seed: &str) -> Self {
        Self {
            seed: Sha256::digest(seed).into(),
            counter: 0,
        }
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.counter += 1;
        let hash = Sha256::new().chain_update(self.seed);
        hash.chain_update(self.counter.to_be_bytes())
            .finalize()
            .into()
    }

    /// Fairly enough for a small bound.
    fn below(&mut self, bound: usize) -> usize {
        let [one, two, three, four, ..] = self.bytes();
        u32::from_be_bytes([one, two, three, four]) as usize % bound
    }
}

const KEYS: usize = 8;
const BROKEN: usize = 11;
