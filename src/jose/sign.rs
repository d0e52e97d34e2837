//! Signs claims as a compact JWS (RFC 7515 §7.1).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde::Serialize;

use super::JoseError;
use super::key::{Pair, SigningKey};
use crate::oauth::signing_key::SigningAlgorithm;
use crate::secret::to_base64url;
use crate::traces;

/// The header of our tokens.
#[derive(Serialize)]
struct OwnHeader<'a> {
    typ: &'a str,
    alg: &'static str,
    kid: &'a str,
}

impl SigningKey {
    /// Signs a token of the type `typ` (RFC 7515 §4.1.9) with these claims. Returns the compact serialization.
    ///
    /// The signature is made here and not by jsonwebtoken, which would parse and check an RSA key for each token.
    ///
    /// # Errors
    /// If the claims cannot be serialized, or the cryptographic library fails.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, JoseError> {
        let header = OwnHeader { typ, alg: self.algorithm().as_str(), kid: self.kid() };
        let mut token = format!("{}.{}", part(&header)?, part(claims)?);
        let signature = to_base64url(&traces::timed("sign", || self.signature(token.as_bytes()))?);
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let signature = match &self.pair {
            Pair::Rsa(pair) if self.algorithm() == SigningAlgorithm::Ps256 => {
                rsa(pair, &RSA_PSS_SHA256, message)
            }
            Pair::Rsa(pair) => rsa(pair, &RSA_PKCS1_SHA256, message),
            Pair::Ec(pair) => {
                pair.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec())
            }
            Pair::Ed(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        };
        signature.map_err(|_| JoseError::Signing)
    }
}

fn rsa(
    pair: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature)?;
    Ok(signature)
}

fn part(value: &impl Serialize) -> Result<String, JoseError> {
    serde_json::to_vec(value).map(|bytes| to_base64url(&bytes)).map_err(|_| JoseError::Signing)
}
