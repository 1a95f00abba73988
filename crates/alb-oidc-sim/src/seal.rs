//! Authenticated encryption for what the load balancer leaves with the browser.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// AES-256-GCM under a key from the operating system's CSPRNG that lives as
/// long as the load balancer.
///
/// Every sealed text has a fresh random 96-bit nonce. With one key for at most
/// 2^32 texts, the bound of NIST SP 800-38D section 8.3, a collision is
/// out of reach for a development tool.
pub(crate) struct SealingKey(RandomizedNonceKey);

impl SealingKey {
    pub(crate) fn generate() -> Result<Self, Unspecified> {
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key)?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).map(Self)
    }

    /// Standard base64, padded, of nonce, ciphertext and tag. `context` is
    /// authenticated and not sent: [`open`](Self::open) needs the same.
    pub(crate) fn seal(
        &self,
        context: &str,
        mut plaintext: Vec<u8>,
    ) -> Result<String, Unspecified> {
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(context), &mut plaintext)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut plaintext);
        Ok(STANDARD.encode(sealed))
    }

    /// The plaintext, or nothing if one bit of `sealed` or of `context` is not
    /// what was sealed.
    pub(crate) fn open(&self, context: &str, sealed: &str) -> Option<Vec<u8>> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut ciphertext = ciphertext.to_vec();
        let plaintext = self
            .0
            .open_in_place(nonce, Aad::from(context), &mut ciphertext)
            .ok()?;
        Some(plaintext.to_vec())
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_in_the_same_context_only() {
        let key = SealingKey::generate().unwrap();
        let sealed = key.seal("session", b"claims".to_vec()).unwrap();

        assert_eq!(key.open("session", &sealed).unwrap(), b"claims");
        assert_eq!(key.open("state", &sealed), None);
        assert_eq!(
            SealingKey::generate().unwrap().open("session", &sealed),
            None
        );
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let key = SealingKey::generate().unwrap();
        let sealed = STANDARD
            .decode(key.seal("session", b"claims".to_vec()).unwrap())
            .unwrap();

        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(key.open("session", &STANDARD.encode(&changed)), None);
            assert_eq!(
                key.open("session", &STANDARD.encode(&sealed[..index])),
                None
            );
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same_twice() {
        let key = SealingKey::generate().unwrap();

        assert_ne!(
            key.seal("session", b"claims".to_vec()).unwrap(),
            key.seal("session", b"claims".to_vec()).unwrap()
        );
    }

    #[test]
    fn the_key_is_not_in_the_debug_text() {
        assert_eq!(
            format!("{:?}", SealingKey::generate().unwrap()),
            "SealingKey(redacted)"
        );
    }
}
