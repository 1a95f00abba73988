//! The identity provider's RSA key: RS256 tokens out, and its own tokens back
//! in.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// A 2048-bit key that lives as long as the provider.
pub(crate) struct TokenKey {
    pair: KeyPair,
    id: String,
}

impl TokenKey {
    pub(crate) fn generate() -> Result<Self, Unspecified> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let id = STANDARD.encode(digest(&SHA256, pair.public_key().as_ref()));
        Ok(Self { pair, id })
    }

    /// The JWK set (RFC 7517 section 5), with members in Cognito's order.
    pub(crate) fn jwks(&self) -> String {
        let public = self.pair.public_key();
        let exponent = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        let modulus = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let id = &self.id;
        format!(
            r#"{{"keys":[{{"alg":"RS256","e":"{exponent}","kid":"{id}","kty":"RSA","n":"{modulus}","use":"sig"}}]}}"#
        )
    }

    /// `claims` as a compact JWS (RFC 7515 section 7.1), RS256.
    pub(crate) fn sign(
        &self,
        typ: TokenType,
        claims: &impl Serialize,
    ) -> Result<String, Unspecified> {
        let header = match typ {
            TokenType::IdToken => json!({ "kid": self.id, "alg": "RS256" }),
            TokenType::AccessToken => json!({ "typ": "at+jwt", "kid": self.id, "alg": "RS256" }),
        };
        let header = header.to_string();
        let claims = serde_json::to_vec(claims).map_err(|_| Unspecified)?;
        let mut token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            token.as_bytes(),
            &mut signature,
        )?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The claims of a token that this key signed. Whether they are expired is
    /// for the caller to say.
    pub(crate) fn verify<C: DeserializeOwned>(&self, token: &str) -> Option<C> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key =
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        key.verify(signed.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

/// What a token is for, which its header tells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenType {
    /// Says nothing, as Cognito's do.
    IdToken,
    /// `at+jwt` (RFC 9068 section 2.1).
    AccessToken,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_token_is_verified_by_the_key_that_signed_it() {
        let (key, other) = (TokenKey::generate().unwrap(), TokenKey::generate().unwrap());
        let token = key
            .sign(TokenType::IdToken, &json!({ "sub": "a" }))
            .unwrap();

        assert_eq!(key.verify::<Value>(&token), Some(json!({ "sub": "a" })));
        assert_eq!(other.verify::<Value>(&token), None);
        assert_eq!(key.verify::<Value>(&token.replace('.', "")), None);
        assert_eq!(key.verify::<Value>(""), None);
    }
}
