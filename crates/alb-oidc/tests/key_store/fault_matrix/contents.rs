//! The endpoint serves another key under the same id.

use alb_oidc_testkit::SimulatedAlb;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

use super::{Cell, Column};
use crate::bench::{BAD_SIGNATURE, Bench, MINUTE, secs, settle, signed_by, wait};
use crate::fetcher::BASE;

/// Another key under the load balancer's id.
struct OtherKey(SigningKey);

impl OtherKey {
    fn new() -> Self {
        Self(SigningKey::from_slice(&[7; 32]).unwrap())
    }

    fn pem(&self) -> String {
        let prefix = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
        let point = self.0.verifying_key().to_sec1_point(false);
        // The prefix is 27 bytes, and the first byte of the point is its last.
        let digits = prefix.to_owned() + &STANDARD.encode(&point.as_bytes()[1..]);
        let (first, second) = digits.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    /// A token that names the load balancer's key id.
    fn token(&self, bench: &Bench) -> String {
        signed_by(&bench.alb, bench.alb.key_id(), |input| {
            let signature: Signature = self.0.sign(input);
            signature.to_bytes().into()
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_replaced_key_is_adopted_when_it_is_fetched_and_the_old_one_signs_nobody_in() {
    for column in Column::ALL {
        let cell = Cell("the key is replaced", column);
        let bench = column.bench().await;
        let other = OtherKey::new();
        let (old, new) = (bench.token(), other.token(&bench));
        let key_id = bench.alb.key_id();
        bench.endpoint.publish_pem(BASE, key_id, other.pem());
        if column.serves() {
            // Nobody knows of the new one yet.
            assert_eq!(bench.timed(&old).await, (Ok(()), secs(0)), "{cell}");
            assert_eq!(bench.timed(&new).await, (BAD_SIGNATURE, secs(0)), "{cell}");
            settle().await;
        }
        let (then, now) = match column {
            Column::Fresh => (BAD_SIGNATURE, Ok(())),
            _ => (Ok(()), BAD_SIGNATURE),
        };
        assert_eq!(bench.verdict(&new).await, then, "{cell}");
        assert_eq!(bench.verdict(&old).await, now, "{cell}");
        assert_eq!(bench.endpoint.asked(), column.fetches(), "{cell}");
        assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_a_bad_signature_proves_nothing_and_is_mended_within_a_minute() {
    for column in Column::ALL {
        let cell = Cell("a wrong key", column);
        let bench = column.bench().await;
        let unproven = bench.store.stats().unproven_keys;
        let wrong = SimulatedAlb::new().public_keys().remove(0).1;
        let key_id = bench.alb.key_id();
        bench.endpoint.publish_pem(BASE, key_id, wrong);
        if column.serves() {
            assert_eq!(
                bench.timed(&bench.token()).await,
                (Ok(()), secs(0)),
                "{cell}"
            );
            settle().await;
        }
        let (verdict, proven) = match column {
            Column::Fresh => (Ok(()), 1),
            _ => (BAD_SIGNATURE, 0),
        };
        for _ in 0..10 {
            assert_eq!(bench.request().await, verdict, "{cell}");
        }
        assert_eq!(bench.endpoint.asked(), column.fetches(), "{cell}");
        let stats = bench.store.stats();
        assert_eq!(stats.proven_keys, proven, "{cell}");
        assert_eq!(stats.unproven_keys, unproven + 1 - proven, "{cell}");

        bench.endpoint.publish(&bench.alb);
        wait(MINUTE).await;
        assert_eq!(bench.request().await, Ok(()), "{cell}");
        assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
        // From then on a bad signature takes nothing back.
        assert_eq!(bench.ask_for(key_id).await, BAD_SIGNATURE, "{cell}");
        assert_eq!(bench.store.stats().proven_keys, 1, "{cell}");
    }
}
