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
    let issued_at = claims.get("iat").and_then(instant);
    let (Some(id), Some(method), Some(url), Some(issued_at)) = (id, method, url, issued_at) else {
        return Err(ProofFlaw::Malformed(
            "it lacks jti, htm, htu or iat; iat is a number of seconds since 1970",
        ));
    };
    if id.is_empty() || id.len() > MAX_ID_LENGTH {
        return Err(ProofFlaw::Malformed("its jti must have 1 to 256 bytes, new ones each time"));
    }
    Ok(DpopProof { algorithm, thumbprint: key.thumbprint(), id, method, url, issued_at, token_hash, nonce })
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
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
    };
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;

    /// RFC 9449 §4.1 and §7.1.
    const OF_TOKEN_REQUEST: &str = concat!(
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoR",
        "jQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdG",
        "kiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYy",
        "MjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    );
    const OF_RESOURCE_REQUEST: &str = concat!(
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoR",
        "jQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdG",
        "kiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJj",
        "ZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP",
        "86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    );

    #[test]
    fn the_proofs_of_rfc_9449_are_read() {
        let thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        let expected = DpopProof {
            algorithm: ProofAlgorithm::Es256,
            thumbprint: thumbprint.into(),
            id: "-BwC3ESc6acc2lTc".into(),
            method: "POST".into(),
            url: "https://server.example.com/token".into(),
            issued_at: Timestamp::from_unix(1_562_262_616),
            token_hash: None,
            nonce: None,
        };
        assert_eq!(read(OF_TOKEN_REQUEST), Ok(expected));
        let proof = read(OF_RESOURCE_REQUEST).unwrap();
        assert_eq!((proof.thumbprint.as_str(), proof.method.as_str()), (thumbprint, "GET"));
        assert_eq!(proof.url, "https://resource.example.org/protectedresource");
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        assert_eq!(proof.token_hash, Some(Hash::of(token).to_text()));
        for at in [0, 40, 300, OF_TOKEN_REQUEST.len() - 2] {
            let mut other = OF_TOKEN_REQUEST.to_owned();
            let letter = if &other[at..=at] == "A" { "B" } else { "A" };
            other.replace_range(at..=at, letter);
            assert!(read(&other).is_err(), "{at}");
        }
    }

    type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

    /// A public JWK, and what signs with its private part.
    fn key(algorithm: &str) -> (Value, Sign) {
        let ec = |by, curve: &str, length: usize| -> (Value, Sign) {
            let pair = EcdsaKeyPair::generate(by).unwrap();
            let (x, y) = pair.public_key().as_ref()[1..].split_at(length);
            let jwk = json!({ "kty": "EC", "crv": curve, "x": to_base64url(x), "y": to_base64url(y) });
            let sign =
                move |message: &[u8]| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
            (jwk, Box::new(sign))
        };
        let rsa = |encoding: &'static dyn RsaEncoding| -> (Value, Sign) {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
            let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
            let jwk = json!({ "kty": "RSA", "n": to_base64url(&public.n), "e": to_base64url(&public.e) });
            let sign = move |message: &[u8]| {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            };
            (jwk, Box::new(sign))
        };
        match algorithm {
            "ES256" => ec(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", 32),
            "ES384" => ec(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", 48),
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            _ => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let jwk =
                    json!({ "kty": "OKP", "crv": "Ed25519", "x": to_base64url(pair.public_key().as_ref()) });
                (jwk, Box::new(move |message: &[u8]| pair.sign(message).as_ref().to_vec()))
            }
        }
    }

    fn signed(header: &str, claims: &str, sign: &Sign) -> String {
        let message = format!("{}.{}", to_base64url(header.as_bytes()), to_base64url(claims.as_bytes()));
        let signature = to_base64url(&sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn header(algorithm: &str, jwk: &Value) -> Value {
        json!({ "typ": "dpop+jwt", "alg": algorithm, "jwk": jwk })
    }

    const CLAIMS: &str = r#"{"jti":"1","htm":"POST","htu":"https://id.example/token","iat":1000}"#;

    #[test]
    fn a_key_of_every_listed_algorithm_proves_itself_and_no_other() {
        for algorithm in ProofAlgorithm::ALL {
            let name = algorithm.as_str();
            let ((jwk, sign), (other, _)) = (key(name), key(name));
            let proof = read(&signed(&header(name, &jwk).to_string(), CLAIMS, &sign)).unwrap();
            let known: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk.clone()).unwrap();
            let thumbprint = known.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap();
            assert_eq!(proof.thumbprint, thumbprint, "{name}");
            let foreign = read(&signed(&header(name, &other).to_string(), CLAIMS, &sign));
            assert_eq!(foreign, Err(ProofFlaw::Signature), "{name}");
            for wrong in ["HS256", "none", "None", "", "ES512", "RS512", "ES256K", "es256", "Ed448"] {
                let refused = read(&signed(&header(wrong, &jwk).to_string(), CLAIMS, &sign));
                assert_eq!(refused, Err(ProofFlaw::Algorithm), "{name} as {wrong}");
            }
            let unsigned =
                signed(&header(name, &jwk).to_string(), CLAIMS, &(Box::new(|_: &[u8]| vec![]) as Sign));
            assert_eq!(read(&unsigned), Err(ProofFlaw::Signature), "{name}");
        }
    }

    #[test]
    fn a_private_symmetric_weak_or_oversized_key_is_refused() {
        let (jwk, sign) = key("ES256");
        let refused = |algorithm: &str, jwk: &Value, sign: &Sign| {
            let refused = read(&signed(&header(algorithm, jwk).to_string(), CLAIMS, sign));
            assert!(
                matches!(refused, Err(ProofFlaw::Key(_) | ProofFlaw::Malformed(_))),
                "{jwk}: {refused:?}"
            );
        };
        let with = |name: &str, value: Value| {
            let mut key = jwk.clone();
            key[name] = value;
            key
        };
        for private in PRIVATE {
            refused("ES256", &with(private, json!("AAAA")), &sign);
            refused("ES256", &with(private, json!(null)), &sign);
        }
        let (x, y) = (jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap());
        for wrong in [
            with("x", json!(y)),
            with("x", json!("")),
            with("x", json!(7)),
            with("x", json!(format!("{x}="))),
            with("x", json!(format!("AA{x}"))),
            with("y", json!(null)),
            with("kty", json!("RSA")),
            with("kty", json!("oct")),
            with("crv", json!("P-384")),
            with("crv", json!("secp256k1")),
            json!({ "kty": "oct", "k": "AAAA" }),
            json!({ "kty": "oct" }),
            json!([]),
            json!("AAAA"),
            json!(null),
        ] {
            let refused = read(&signed(&header("ES256", &wrong).to_string(), CLAIMS, &sign));
            assert!(refused.is_err(), "{wrong}");
        }
        refused("ES384", &jwk, &sign);
        refused("EdDSA", &jwk, &sign);
        refused("RS256", &jwk, &sign);
        // The last character of 32 bytes has two bits that no one reads.
        let last = x.len() - 1;
        let twin = ('A'..='z').map(|letter| format!("{}{letter}", &x[..last])).find(|twin| {
            twin != x && from_base64url(twin).is_some_and(|bytes| Some(bytes) == from_base64url(x))
        });
        assert_eq!(twin, None, "no other text means the same key");

        let (rsa, sign) = key("RS256");
        let n = from_base64url(rsa["n"].as_str().unwrap()).unwrap();
        let with_n = |n: &[u8]| json!({ "kty": "RSA", "n": to_base64url(n), "e": "AQAB" });
        refused("RS256", &with_n(&[&[0][..], &n].concat()), &sign);
        refused("RS256", &with_n(&n[..128]), &sign);
        refused("RS256", &with_n(&n[1..]), &sign);
        refused("RS256", &with_n(&[]), &sign);
        refused("RS256", &with_n(&[0xff; 513]), &sign);
        refused("RS256", &json!({ "kty": "RSA", "n": rsa["n"], "e": "AAEAAQ" }), &sign);
        for e in ["AQ", "Ag", "____________"] {
            let weak = json!({ "kty": "RSA", "n": rsa["n"], "e": e });
            assert!(read(&signed(&header("RS256", &weak).to_string(), CLAIMS, &sign)).is_err(), "{e}");
        }
    }

    #[test]
    fn a_header_has_one_type_and_each_member_once() {
        let (jwk, sign) = key("ES256");
        let good = header("ES256", &jwk).to_string();
        assert!(read(&signed(&good, CLAIMS, &sign)).is_ok());
        let with = |name: &str, value: Value| {
            let mut header = header("ES256", &jwk);
            header[name] = value;
            header.to_string()
        };
        for typ in ["DPoP+JWT", "application/dpop+jwt"] {
            assert!(read(&signed(&with("typ", json!(typ)), CLAIMS, &sign)).is_ok(), "{typ}");
        }
        let mut headers: Vec<String> =
            ["JWT", "at+jwt", "dpop", "", "dpop+jwt "].map(|typ| with("typ", json!(typ))).into();
        headers.push(with("typ", json!(null)));
        headers.push(with("crit", json!(["b64"])));
        headers.push(with("crit", json!(null)));
        headers.push(good.replacen('{', r#"{"alg":"ES256","#, 1));
        headers.push(good.replace(r#""kty":"#, r#""kty":"EC","kty":"#));
        headers.push("{}".into());
        headers.push(format!("[{good}]"));
        for header in headers {
            assert!(
                matches!(
                    read(&signed(&header, CLAIMS, &sign)),
                    Err(ProofFlaw::Malformed(_) | ProofFlaw::Algorithm)
                ),
                "{header}"
            );
        }
    }

    #[test]
    fn a_proof_has_the_claims_of_rfc_9449_each_once_and_is_one_jwt() {
        let (jwk, sign) = key("ES256");
        let good = header("ES256", &jwk).to_string();
        let long = "x".repeat(257);
        for claims in [
            r#"{"htm":"POST","htu":"https://id.example/token","iat":1000}"#.to_owned(),
            r#"{"jti":"1","htu":"https://id.example/token","iat":1000}"#.to_owned(),
            r#"{"jti":"1","htm":"POST","iat":1000}"#.to_owned(),
            r#"{"jti":"1","htm":"POST","htu":"https://id.example/token"}"#.to_owned(),
            CLAIMS.replace("1000", "\"1000\""),
            CLAIMS.replace("1000", "-1"),
            CLAIMS.replace("1000", "null"),
            CLAIMS.replace("\"1\"", "1"),
            CLAIMS.replace("\"1\"", "\"\""),
            CLAIMS.replace("\"1\"", &format!("\"{long}\"")),
            CLAIMS.replace("\"POST\"", "[\"POST\"]"),
            CLAIMS.replace('}', r#","nonce":7}"#),
            CLAIMS.replace('}', r#","ath":null}"#),
            CLAIMS.replace('}', r#","htm":"POST"}"#),
            CLAIMS.replace('}', r#","other":{"a":1,"a":2}}"#),
            "[]".into(),
            "null".into(),
            String::new(),
        ] {
            let refused = read(&signed(&good, &claims, &sign));
            assert!(matches!(refused, Err(ProofFlaw::Malformed(_))), "{claims}: {refused:?}");
        }
        let whole = signed(&good, CLAIMS, &sign);
        for text in [
            String::new(),
            ".".into(),
            "..".into(),
            "a.b".into(),
            format!("{whole}.x"),
            format!("{whole} "),
            format!("{whole},{whole}"),
            "x".repeat(8193),
        ] {
            assert!(matches!(read(&text), Err(ProofFlaw::Malformed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,80}", header in "\\PC{0,80}", claims in "\\PC{0,80}") {
            let _ = read(&text);
            let sign: Sign = Box::new(|_| vec![7; 64]);
            let _ = read(&signed(&header, &claims, &sign));
        }

        #[test]
        fn no_change_of_a_good_proof_is_a_good_proof(at in 0..OF_TOKEN_REQUEST.len(), byte in any::<u8>()) {
            let mut bytes = OF_TOKEN_REQUEST.as_bytes().to_vec();
            let before = bytes[at];
            bytes[at] = byte;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert_eq!(read(&text).is_ok(), byte == before);
            }
        }

        #[test]
        fn no_member_of_a_key_makes_a_proof_good_that_the_key_has_not_signed(
            kty in "(EC|RSA|OKP|oct)", crv in "(P-256|P-384|Ed25519|)", x in "[A-Za-z0-9_-]{0,90}", y in "[A-Za-z0-9_-]{0,90}",
            alg in "(ES256|ES384|PS256|RS256|EdDSA|Ed25519|HS256|none)",
        ) {
            let jwk = json!({ "kty": kty, "crv": crv, "x": x, "y": y, "n": x, "e": y });
            let sign: Sign = Box::new(|_| vec![1; 64]);
            prop_assert!(read(&signed(&header(&alg, &jwk).to_string(), CLAIMS, &sign)).is_err());
        }
    }
}
