//! Reads and verifies DPoP proofs: JWTs that are signed by the key in their own header (RFC 9449 §4.2 and §4.3).
//!
//! Anybody can make such a key, so a proof only says that its sender has the key. What the key may do is decided by those
//! who know its thumbprint.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::foreign::rsa_bits;
use super::verify::is_type;
use crate::oauth::assertion::instant;
use crate::oauth::strict_json;
use crate::oauth::token::dpop::{DpopProof, ProofAlgorithm};
use crate::secret::{Hash, from_base64url, to_base64url};
use crate::traces;

/// The longest proof in bytes: one with the largest key and a long URL.
const MAX_LENGTH: usize = 8192;
/// The largest RSA key in bits. Strangers choose it, and the cost of a verification grows with its square.
const MAX_RSA_BITS: usize = 4096;
const MIN_RSA_BITS: usize = 2048;
/// The members of private and symmetric keys (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a text is not the proof of its own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFlaw {
    #[error("{0}")]
    Malformed(&'static str),
    #[error("its alg is not one of dpop_signing_alg_values_supported")]
    Algorithm,
    #[error("{0}")]
    Key(&'static str),
    #[error("its signature is not that of the key in its header")]
    Signature,
}

/// The proof that a text contains, if its own key has signed it. Nothing else about it is checked.
///
/// # Errors
/// If the text is no DPoP proof, or its key cannot be used here, or has not signed it.
pub fn read(text: &str) -> Result<DpopProof, ProofFlaw> {
    if text.len() > MAX_LENGTH {
        return Err(ProofFlaw::Malformed("it is longer than 8192 bytes"));
    }
    let not_a_jwt = ProofFlaw::Malformed("it is not a signed JWT");
    let (message, signature) = text.rsplit_once('.').ok_or(not_a_jwt)?;
    let (header, claims) = message.split_once('.').ok_or(not_a_jwt)?;
    let signature = from_base64url(signature).ok_or(not_a_jwt)?;
    let header = part(header)?;
    let claims = part(claims)?;
    if !header.get("typ").and_then(Value::as_str).is_some_and(|typ| is_type(typ, "dpop+jwt")) {
        return Err(ProofFlaw::Malformed("its typ is not dpop+jwt"));
    }
    if header.contains_key("crit") {
        return Err(ProofFlaw::Malformed("its header lists extensions as critical"));
    }
    let algorithm = header.get("alg").and_then(Value::as_str).and_then(ProofAlgorithm::parse);
    let algorithm = algorithm.ok_or(ProofFlaw::Algorithm)?;
    let key = header.get("jwk").and_then(Value::as_object);
    let key = ProofKey::of(key.ok_or(ProofFlaw::Malformed("its header has no jwk"))?, algorithm)?;
    let proof = proof((algorithm, &key), claims)?;
    let verified = traces::timed("verify", || key.verify(message.as_bytes(), &signature));
    verified.then_some(proof).ok_or(ProofFlaw::Signature)
}

fn part(text: &str) -> Result<Map<String, Value>, ProofFlaw> {
    let object = from_base64url(text).and_then(|bytes| strict_json::object(&bytes).ok());
    object.ok_or(ProofFlaw::Malformed(
        "its header or its claims are not a JSON object in which no member comes twice",
    ))
}

/// The longest `jti` in bytes.
const MAX_ID_LENGTH: usize = 256;

/// The claims of a proof (RFC 9449 §4.2).
fn proof(
    (algorithm, key): (ProofAlgorithm, &ProofKey),
    mut claims: Map<String, Value>,
) -> Result<DpopProof, ProofFlaw> {
    let mut text = |name: &str| match claims.remove(name) {
        Some(Value::String(text)) => Ok(Some(text)),
        None => Ok(None),
        Some(_) => Err(ProofFlaw::Malformed("one of jti, htm, htu, ath and nonce is not a text")),
    };
    let (id, method, url) = (text("jti")?, text("htm")?, text("htu")?);
    let (token_hash, nonce) = (text("ath")?, text("nonce")?);
    let time = |name: &str| match claims.get(name) {
        Some(claim) => instant(claim)
            .map(Some)
            .ok_or(ProofFlaw::Malformed("its exp or nbf is not a number of seconds since 1970")),
        None => Ok(None),
    };
    let (ends_at, begins_at) = (time("exp")?, time("nbf")?);
    let issued_at = claims.get("iat").and_then(instant);
    let (Some(id), Some(method), Some(url), Some(issued_at)) = (id, method, url, issued_at) else {
        return Err(ProofFlaw::Malformed(
            "it lacks jti, htm, htu or iat; iat is a number of seconds since 1970",
        ));
    };
    if id.is_empty() || id.len() > MAX_ID_LENGTH {
        return Err(ProofFlaw::Malformed("its jti must have 1 to 256 bytes, new ones each time"));
    }
    let thumbprint = key.thumbprint();
    Ok(DpopProof { algorithm, thumbprint, id, method, url, issued_at, ends_at, begins_at, token_hash, nonce })
}

/// A public key that the sender of a proof has made.
struct ProofKey {
    material: Material,
    /// The members that its thumbprint is made from, as JSON in their order (RFC 7638 §3.2).
    canonical: String,
}

enum Material {
    Curve(&'static dyn VerificationAlgorithm, Vec<u8>),
    Rsa(&'static RsaParameters, PublicKeyComponents<Vec<u8>>),
}

impl ProofKey {
    fn of(jwk: &Map<String, Value>, algorithm: ProofAlgorithm) -> Result<Self, ProofFlaw> {
        if PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
            return Err(ProofFlaw::Key("its jwk has members of a private or symmetric key"));
        }
        let (material, canonical) = match algorithm {
            ProofAlgorithm::Es256 => point(jwk, &ECDSA_P256_SHA256_FIXED, ("P-256", 32))?,
            ProofAlgorithm::Es384 => point(jwk, &ECDSA_P384_SHA384_FIXED, ("P-384", 48))?,
            ProofAlgorithm::EdDsa | ProofAlgorithm::Ed25519 => ed25519(jwk)?,
            ProofAlgorithm::Rs256 => rsa(jwk, &RSA_PKCS1_2048_8192_SHA256)?,
            ProofAlgorithm::Ps256 => rsa(jwk, &RSA_PSS_2048_8192_SHA256)?,
        };
        Ok(Self { material, canonical })
    }

    fn thumbprint(&self) -> String {
        Hash::of(&self.canonical).to_text()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.material {
            Material::Curve(by, bytes) => UnparsedPublicKey::new(*by, bytes).verify(message, signature),
            Material::Rsa(by, key) => key.verify(by, message, signature),
        };
        verified.is_ok()
    }
}

const MEMBERS: ProofFlaw = ProofFlaw::Key("its jwk is not a public key of the kind that its alg needs");

/// A member of the key that is base64url: its text and its bytes. Only the one canonical text of the bytes is accepted,
/// so that a key has one thumbprint.
fn bytes<'j>(jwk: &'j Map<String, Value>, name: &str) -> Result<(&'j str, Vec<u8>), ProofFlaw> {
    let text = jwk.get(name).and_then(Value::as_str).ok_or(MEMBERS)?;
    let bytes = from_base64url(text).ok_or(MEMBERS)?;
    if to_base64url(&bytes) == text { Ok((text, bytes)) } else { Err(MEMBERS) }
}

fn is(jwk: &Map<String, Value>, name: &str, value: &str) -> Result<(), ProofFlaw> {
    match jwk.get(name).and_then(Value::as_str) {
        Some(found) if found == value => Ok(()),
        _ => Err(MEMBERS),
    }
}

fn point(
    jwk: &Map<String, Value>,
    by: &'static dyn VerificationAlgorithm,
    (curve, length): (&str, usize),
) -> Result<(Material, String), ProofFlaw> {
    is(jwk, "kty", "EC")?;
    is(jwk, "crv", curve)?;
    let ((x, x_bytes), (y, y_bytes)) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    if x_bytes.len() != length || y_bytes.len() != length {
        return Err(MEMBERS);
    }
    // An uncompressed point (SEC 1 §2.3.3).
    let point = [&[4][..], &x_bytes, &y_bytes].concat();
    Ok((Material::Curve(by, point), format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#)))
}

fn ed25519(jwk: &Map<String, Value>) -> Result<(Material, String), ProofFlaw> {
    is(jwk, "kty", "OKP")?;
    is(jwk, "crv", "Ed25519")?;
    let (x, x_bytes) = bytes(jwk, "x")?;
    if x_bytes.len() != 32 {
        return Err(MEMBERS);
    }
    Ok((Material::Curve(&ED25519, x_bytes), format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

fn rsa(jwk: &Map<String, Value>, by: &'static RsaParameters) -> Result<(Material, String), ProofFlaw> {
    is(jwk, "kty", "RSA")?;
    let ((n, modulus), (e, exponent)) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    // A number has one form: without zeros in front (RFC 7518 §2).
    if [&modulus, &exponent].iter().any(|number| number.first().is_none_or(|first| *first == 0)) {
        return Err(MEMBERS);
    }
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&rsa_bits(&modulus)) {
        return Err(ProofFlaw::Key("its RSA key must have 2048 to 4096 bits"));
    }
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    Ok((Material::Rsa(by, PublicKeyComponents { n: modulus, e: exponent }), canonical))
}

#[cfg(test)]
mod tests;
