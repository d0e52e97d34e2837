//! Why a key of a JWK Set cannot verify signatures here, in words for the operator who registers it.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};
use serde_json::Value;

use super::encrypt;
use super::foreign::{MAX_KEYS, RSA_BITS, rsa_bits};
use crate::oauth::client::profile::may_verify;
use crate::oauth::error::quoted;
use crate::secret::from_base64url;

/// The maximum number of keys that a sentence names.
const MAX_NAMED: usize = 5;

/// The keys of a set that cannot verify signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySetReport {
    /// The number of keys in the set.
    pub keys: usize,
    /// In their order in the set.
    pub flawed: Vec<FlawedKey>,
}

/// A key of a set that cannot verify signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlawedKey {
    /// Counted from 1.
    place: usize,
    /// Its `kid`, as it can be shown.
    kid: Option<String>,
    pub flaw: KeyFlaw,
    /// Whether tokens can be encrypted with it, so that it is not useless.
    pub is_for_encryption: bool,
}

/// Words of RFC 7517, 7518, 8037, 8812 and 9864 that keys have and that are not used here, or not for such a key.
const REGISTERED: &[&str] = &[
    "enc",
    "P-256",
    "P-384",
    "P-521",
    "secp256k1",
    "Ed25519",
    "Ed448",
    "X25519",
    "X448",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "ES256K",
    "EdDSA",
    "HS256",
    "HS384",
    "HS512",
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
];

/// Why a key cannot verify signatures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFlaw {
    #[error("its kty is not RSA, EC or OKP")]
    Kind,
    #[error("it is symmetric, and a shared secret must not be published")]
    Symmetric,
    #[error("its use is {0}, and must be sig or missing")]
    Use(&'static str),
    #[error("its key_ops must contain verify, or be missing")]
    Operations,
    #[error("its curve is {0}, and must be P-256, P-384 or Ed25519")]
    Curve(&'static str),
    #[error("its alg is {0}, and can only be {1} for such a key")]
    Algorithm(&'static str, &'static str),
    #[error("it has {0} bits, and an RSA key must have {first} to {last}", first = RSA_BITS.start(), last = RSA_BITS.end())]
    Size(usize),
    #[error("its members are not those of a public key of its kind")]
    Members,
    #[error("only the first {MAX_KEYS} keys of a set are looked at")]
    Beyond,
}

impl KeySetReport {
    /// Looks at all keys of a JWK Set. `None` if the text is not a JWK Set.
    pub fn of(jwks: &str) -> Option<Self> {
        let set: Value = serde_json::from_str(jwks).ok()?;
        let keys = set["keys"].as_array()?;
        let flawed = keys.iter().enumerate().filter_map(|(index, key)| {
            let flaw = if index < MAX_KEYS { KeyFlaw::of(key)? } else { KeyFlaw::Beyond };
            let kid = key["kid"].as_str().map(quoted);
            Some(FlawedKey { place: index + 1, kid, flaw, is_for_encryption: encrypt::fits(key) })
        });
        Some(Self { keys: keys.len(), flawed: flawed.collect() })
    }

    /// Whether a key of the set can verify signatures.
    pub fn has_usable(&self) -> bool {
        self.flawed.len() < self.keys
    }

    /// The keys that are not looked at, because the set is too large.
    pub fn beyond(&self) -> Vec<&FlawedKey> {
        self.flawed.iter().filter(|key| key.flaw == KeyFlaw::Beyond).collect()
    }
}

/// What is wrong with each of these keys, or that the set has no keys. Only the first ones are named.
pub fn in_a_sentence(flawed: &[&FlawedKey]) -> String {
    let named: Vec<String> = flawed.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    match flawed.len().saturating_sub(MAX_NAMED) {
        0 if named.is_empty() => "it is empty".to_owned(),
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

impl fmt::Display for FlawedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            Some(kid) => write!(f, "key {} (kid {kid}): {}", self.place, self.flaw),
            None => write!(f, "key {}: {}", self.place, self.flaw),
        }
    }
}

impl KeyFlaw {
    /// Why a JWK cannot verify signatures; `None` if it can.
    fn of(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk[name].as_str().unwrap_or_default();
        let fit = match (text("kty"), text("crv")) {
            ("oct", _) => return Some(Self::Symmetric),
            ("RSA", _) => "RS256 or PS256",
            ("EC", "P-256") => "ES256",
            ("EC", "P-384") => "ES384",
            ("OKP", "Ed25519") => "EdDSA or Ed25519",
            ("EC" | "OKP", _) => return Some(Self::Curve(shown(&jwk["crv"]))),
            _ => return Some(Self::Kind),
        };
        if !jwk["use"].is_null() && jwk["use"] != "sig" {
            return Some(Self::Use(shown(&jwk["use"])));
        }
        if !may_verify(jwk) {
            return Some(Self::Operations);
        }
        if !jwk["alg"].is_null() && !fit.split(" or ").any(|fit| jwk["alg"] == fit) {
            return Some(Self::Algorithm(shown(&jwk["alg"]), fit));
        }
        match fit {
            "ES256" => not_a_point(jwk, &ECDSA_P256_SHA256_FIXED, 32),
            "ES384" => not_a_point(jwk, &ECDSA_P384_SHA384_FIXED, 48),
            "EdDSA or Ed25519" => {
                let x = from_base64url(text("x")).unwrap_or_default();
                ParsedPublicKey::new(&ED25519, x).is_err().then_some(Self::Members)
            }
            _ => not_rsa(jwk),
        }
    }
}

/// A member as a sentence can show it. Only registered words are repeated: the file may be another one than the operator
/// meant, and hold secrets.
fn shown(member: &Value) -> &'static str {
    let Some(text) = member.as_str() else { return "not a text" };
    REGISTERED.iter().copied().find(|word| *word == text).unwrap_or("another one")
}

fn not_a_point(jwk: &Value, algorithm: &'static dyn VerificationAlgorithm, length: usize) -> Option<KeyFlaw> {
    let coordinate = |name: &str| jwk[name].as_str().and_then(from_base64url).filter(|it| it.len() == length);
    let (Some(x), Some(y)) = (coordinate("x"), coordinate("y")) else { return Some(KeyFlaw::Members) };
    // An uncompressed point (SEC 1 §2.3.3).
    let point = [&[4][..], &x, &y].concat();
    ParsedPublicKey::new(algorithm, point).is_err().then_some(KeyFlaw::Members)
}

fn not_rsa(jwk: &Value) -> Option<KeyFlaw> {
    let number = |name: &str| jwk[name].as_str().and_then(from_base64url);
    let (Some(n), Some(e)) = (number("n"), number("e")) else { return Some(KeyFlaw::Members) };
    let bits = rsa_bits(&n);
    if !RSA_BITS.contains(&bits) {
        return Some(KeyFlaw::Size(bits));
    }
    let unpadded = |number: Vec<u8>| number.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let der = PublicKeyComponents { n: unpadded(n), e: unpadded(e) }.as_der();
    let key =
        der.map(|der: PublicKeyX509Der<'_>| ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref()));
    (!matches!(key, Ok(Ok(_)))).then_some(KeyFlaw::Members)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::foreign::ForeignKeys;
    use crate::jose::key::SigningKey;
    use crate::oauth::signing_key::SigningAlgorithm;
    use crate::secret::to_base64url;

    fn public(algorithm: SigningAlgorithm) -> Value {
        serde_json::from_str(&SigningKey::generate(algorithm).unwrap().public_jwk().unwrap()).unwrap()
    }

    fn with(key: &Value, name: &str, value: Value) -> Value {
        let mut key = key.clone();
        key[name] = value;
        key
    }

    #[test]
    fn a_key_that_this_server_could_have_made_has_no_flaw() {
        for &algorithm in SigningAlgorithm::ALL {
            let key = public(algorithm);
            assert_eq!(KeyFlaw::of(&key), None, "{algorithm}");
            assert_eq!(KeyFlaw::of(&with(&key, "use", Value::Null)), None, "{algorithm}");
            let operations = with(&key, "key_ops", json!(["verify", "something-new"]));
            assert_eq!(KeyFlaw::of(&operations), None, "{algorithm}");
            let set = json!({ "keys": [operations] }).to_string();
            assert!(!ForeignKeys::read(&set).unwrap().is_empty(), "{algorithm}");
            assert_eq!(KeyFlaw::of(&with(&key, "alg", Value::Null)), None, "{algorithm}");
        }
    }

    #[test]
    fn each_flaw_has_its_own_sentence_and_such_a_key_is_not_used() {
        let (ec, rsa, ed) = (
            public(SigningAlgorithm::Es256),
            public(SigningAlgorithm::Rs256),
            public(SigningAlgorithm::EdDsa),
        );
        let bits = |bits: usize| {
            let mut n = vec![0xff; bits / 8];
            n[0] = 0x80;
            with(&rsa, "n", to_base64url(&n).into())
        };
        for (key, sentence) in [
            (json!(7), "its kty is not RSA, EC or OKP"),
            (json!({}), "its kty is not RSA, EC or OKP"),
            (json!({ "kty": "AKP" }), "its kty is not RSA, EC or OKP"),
            (
                json!({ "kty": "oct", "k": "c2VjcmV0" }),
                "it is symmetric, and a shared secret must not be published",
            ),
            (with(&ec, "use", json!("enc")), "its use is enc, and must be sig or missing"),
            (with(&ec, "key_ops", json!(["sign"])), "its key_ops must contain verify, or be missing"),
            (with(&rsa, "key_ops", json!([])), "its key_ops must contain verify, or be missing"),
            (with(&ed, "key_ops", json!("verify")), "its key_ops must contain verify, or be missing"),
            (with(&ec, "use", json!(7)), "its use is not a text, and must be sig or missing"),
            (
                with(&ec, "crv", json!("secp256k1")),
                "its curve is secp256k1, and must be P-256, P-384 or Ed25519",
            ),
            (with(&ec, "crv", json!("P-521")), "its curve is P-521, and must be P-256, P-384 or Ed25519"),
            (with(&ed, "crv", json!("X25519")), "its curve is X25519, and must be P-256, P-384 or Ed25519"),
            (with(&ec, "alg", json!("ES384")), "its alg is ES384, and can only be ES256 for such a key"),
            (
                with(&rsa, "alg", json!("RS512")),
                "its alg is RS512, and can only be RS256 or PS256 for such a key",
            ),
            (bits(1024), "it has 1024 bits, and an RSA key must have 2048 to 8192"),
            (bits(2040), "it has 2040 bits, and an RSA key must have 2048 to 8192"),
            (bits(8200), "it has 8200 bits, and an RSA key must have 2048 to 8192"),
        ] {
            let flaw = KeyFlaw::of(&key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!(flaw.to_string(), sentence, "{key}");
            let set = json!({ "keys": [key] }).to_string();
            assert!(ForeignKeys::read(&set).unwrap().is_empty(), "{key}");
            assert!(!KeySetReport::of(&set).unwrap().has_usable(), "{key}");
        }
        let members = "its members are not those of a public key of its kind";
        for key in [
            with(&ec, "y", ec["x"].clone()),
            with(&ec, "y", json!("")),
            with(&ec, "x", Value::Null),
            with(&ed, "x", json!("AAAA")),
            with(&rsa, "e", json!("")),
            with(&rsa, "n", Value::Null),
        ] {
            assert_eq!(KeyFlaw::of(&key).map(|flaw| flaw.to_string()).as_deref(), Some(members), "{key}");
        }
    }

    #[test]
    fn the_sentence_names_places_and_kids_and_the_keys_beyond_the_bound() {
        let good = public(SigningAlgorithm::Es256);
        let report = |keys: &[Value]| KeySetReport::of(&json!({ "keys": keys }).to_string()).unwrap();
        let sentence = |report: &KeySetReport| in_a_sentence(&report.flawed.iter().collect::<Vec<_>>());
        assert_eq!(sentence(&report(&[])), "it is empty");
        let two = report(&[good.clone(), json!({ "kty": "oct", "kid": "a\"b" })]);
        assert!(two.has_usable());
        let symmetric = "key 2 (kid a%22b): it is symmetric, and a shared secret must not be published";
        assert_eq!(sentence(&two), symmetric);
        let many = report(&vec![good; MAX_KEYS + 7]);
        let beyond = in_a_sentence(&many.beyond());
        assert!(beyond.starts_with("key 33 (kid ") && beyond.ends_with("; and 2 more"), "{beyond}");
        assert!(many.has_usable() && many.beyond().len() == 7);
        for none in ["", "[]", "{}", r#"{"keys":{}}"#] {
            assert_eq!(KeySetReport::of(none), None, "{none}");
        }
    }
}
