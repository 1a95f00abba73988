//! A load balancer and the requests that have come through it.

use std::sync::LazyLock;

use alb_oidc::{Authenticator, CryptoBackend, PublicKey, SystemClock};
use alb_oidc_p256_tables::PrecomputedKey;
use alb_oidc_testkit::SimulatedAlb;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::key_endpoint::warm_authenticator;
use crate::request::Request;
use crate::workload::Workload;

/// Who signs, and a genuine request of each of some users.
pub struct Scene {
    /// The load balancer.
    pub alb: SimulatedAlb,
    /// As many as a workload has tokens.
    pub requests: Vec<Request>,
}

impl Scene {
    /// A new load balancer, and the requests that `mint` makes for users by number.
    #[must_use]
    pub fn new(mint: impl Fn(&SimulatedAlb, usize) -> Request) -> Self {
        let alb = SimulatedAlb::new();
        let requests = (0..Workload::TOKENS).map(|n| mint(&alb, n)).collect();
        Self { alb, requests }
    }

    /// The one that all operations share that are compared with each other.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Scene> = LazyLock::new(|| Scene::new(Request::genuine));
        &SHARED
    }

    /// An authenticator that has the load balancer's key in its store.
    #[must_use]
    pub fn authenticator(&self, backend: CryptoBackend) -> Authenticator {
        warm_authenticator(&self.alb, backend, SystemClock, &self.requests)
    }

    /// From headers to users.
    #[must_use]
    pub fn authenticate(&self, authenticator: Authenticator) -> Workload {
        let requests = self.requests.clone();
        Workload::new(None, move |n| requests[n].refusal(&authenticator))
    }

    /// The verification of the same tokens' signatures alone, which have been decoded before, by
    /// aws-lc-rs with a key that has been parsed before.
    ///
    /// # Panics
    ///
    /// Never, for the load balancer's key is one.
    #[must_use]
    pub fn bare_verify(&self) -> Workload {
        let spki = self.public_key(CryptoBackend::AwsLcRs);
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, spki.as_spki_der());
        let key = key.expect("what one reading of the key accepts, so does another");
        self.bare(move |input, signature| key.verify_sig(input, signature).is_ok())
    }

    /// The same by p256.
    #[must_use]
    pub fn bare_verify_p256(&self) -> Workload {
        let key = self.public_key(CryptoBackend::P256);
        self.bare(move |input, signature| key.verify(input, signature).is_ok())
    }

    /// The same by multiples of the key that were computed before.
    #[must_use]
    pub fn bare_verify_p256_tables(&self) -> Workload {
        let key = self.precomputed_key();
        self.bare(move |input, signature| key.verify(input, signature).is_ok())
    }

    /// The same by anything that verifies.
    ///
    /// # Panics
    ///
    /// If it refuses one of them, or accepts one's signature of another.
    #[must_use]
    pub fn bare(
        &self,
        verify: impl Fn(&[u8], &[u8; 64]) -> bool + Send + Sync + 'static,
    ) -> Workload {
        let tokens = self.signed();
        assert!(!verify(&tokens[0].0, &tokens[1].1), "it does not verify");
        Workload::new(None, move |n| {
            let (input, signature) = &tokens[n];
            (!verify(input, signature)).then_some("bad-signature")
        })
    }

    /// What is signed in each token, and the signature.
    ///
    /// # Panics
    ///
    /// Never, for the tokens have signatures.
    #[must_use]
    pub fn signed(&self) -> Vec<(Vec<u8>, [u8; 64])> {
        let split = |request: &Request| {
            let (input, signature) = request.split_token();
            let signature = URL_SAFE.decode(signature);
            let signature = signature.expect("the simulator encodes it");
            let signature: [u8; 64] = signature.try_into().expect("ES256 has 64 bytes");
            (input.as_bytes().to_vec(), signature)
        };
        self.requests.iter().map(split).collect()
    }

    /// The load balancer's public key.
    ///
    /// # Panics
    ///
    /// Never, for it has its own.
    #[must_use]
    pub fn public_key(&self, backend: CryptoBackend) -> PublicKey {
        let pem = self.alb.public_key_pem(self.alb.key_id());
        let pem = pem.expect("it has its own key");
        PublicKey::from_pem(pem.as_bytes(), backend).expect("its key is a key")
    }

    /// The same, with its multiples.
    ///
    /// # Panics
    ///
    /// Never, for it is a point on the curve.
    #[must_use]
    pub fn precomputed_key(&self) -> PrecomputedKey {
        let key = self.public_key(CryptoBackend::P256);
        let point = key.as_spki_der().last_chunk();
        let point = point.expect("65 bytes are the point");
        PrecomputedKey::from_uncompressed_point(point).expect("it is on the curve")
    }
}
