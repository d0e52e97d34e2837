//! Every algorithm with every content encryption and curve, and tokens that must be refused.

use aws_lc_rs::agreement::{ECDH_P384, ECDH_P521, PrivateKey, X25519};
use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin, EcPrivateKeyBin};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::vectors::{ec_key, rsa_key, secret_key};
use super::*;
use crate::secret::{random, to_base64url};

const ALL: AcceptedAlgorithms<'static> =
    AcceptedAlgorithms { algorithms: KeyManagement::ALL, contents: ContentEncryption::ALL };

/// Private keys of every kind, each with the algorithms that are tried with it.
fn keys() -> Vec<(Value, Vec<KeyManagement>)> {
    let curve = vec![KeyManagement::EcdhEs, KeyManagement::EcdhEsA128Kw, KeyManagement::EcdhEsA256Kw];
    let secret = |bytes: &[u8]| json!({ "kty": "oct", "k": to_base64url(bytes) });
    vec![
        (rsa_key(), vec![KeyManagement::RsaOaep, KeyManagement::RsaOaep256]),
        (ec_key(), curve.clone()),
        (made_on("P-384"), curve.clone()),
        (made_on("P-521"), curve.clone()),
        (made_on("X25519"), curve),
        (secret(&random::<16>()), vec![KeyManagement::A128Kw]),
        (secret(&random::<32>()), vec![KeyManagement::A256Kw]),
    ]
}

fn made_on(curve: &str) -> Value {
    if curve == "X25519" {
        let key = PrivateKey::generate(&X25519).unwrap();
        let secret: Curve25519SeedBin<'_> = key.as_be_bytes().unwrap();
        let public = key.compute_public_key().unwrap();
        return json!({ "kty": "OKP", "crv": curve, "x": to_base64url(public.as_ref()),
            "d": to_base64url(secret.as_ref()) });
    }
    let key = PrivateKey::generate(if curve == "P-384" { &ECDH_P384 } else { &ECDH_P521 }).unwrap();
    let secret: EcPrivateKeyBin<'_> = key.as_be_bytes().unwrap();
    let public = key.compute_public_key().unwrap();
    let (x, y) = public.as_ref()[1..].split_at(public.as_ref().len() / 2);
    json!({ "kty": "EC", "crv": curve, "x": to_base64url(x), "y": to_base64url(y),
        "d": to_base64url(secret.as_ref()) })
}

fn token(jwk: &Value, algorithm: KeyManagement, content: ContentEncryption, payload: &[u8]) -> String {
    let key = EncryptionKey::read(jwk).unwrap();
    let params = EncryptionParams { algorithm, content, kid: Some("k1"), content_type: Some("JWT") };
    encrypt(payload.to_vec(), &key, params).unwrap()
}

fn opened(token: &str, jwk: &Value, accepted: AcceptedAlgorithms<'_>) -> Result<Vec<u8>, JoseError> {
    EncryptedToken::read(token)?.decrypt(&DecryptionKey::read(jwk).unwrap(), accepted)
}

/// Whether the result is the one error that all causes have.
fn is_refused(found: &Result<Vec<u8>, JoseError>) -> bool {
    matches!(found, Err(JoseError::Decryption))
}

/// A token with another member in its header; a member with the value null is left out.
fn with_header(token: &str, name: &str, value: Value) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
    header[name] = value;
    header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    format!("{}.{rest}", to_base64url(header.to_string().as_bytes()))
}

#[test]
fn what_is_encrypted_is_decrypted_by_every_algorithm_and_content_encryption() {
    for (jwk, algorithms) in keys() {
        for (algorithm, content) in
            algorithms.iter().flat_map(|known| ContentEncryption::ALL.iter().map(move |enc| (*known, *enc)))
        {
            for payload in [&b""[..], b"x", &[7; 16], &[7; 1000]] {
                let token = token(&jwk, algorithm, content, payload);
                let read = EncryptedToken::read(&token).unwrap();
                assert_eq!((read.kid(), read.content_type()), (Some("k1"), Some("JWT")));
                assert_eq!(opened(&token, &jwk, ALL).unwrap(), payload, "{algorithm:?} {content:?}");
            }
            // Each token has its own content key, IV and ephemeral key.
            let (one, other) =
                (token(&jwk, algorithm, content, b"same"), token(&jwk, algorithm, content, b"same"));
            let common =
                one.split('.').zip(other.split('.')).filter(|(a, b)| a == b && !a.is_empty()).count();
            assert!(common <= 1, "{one} {other}");
        }
    }
}

#[test]
fn the_header_names_the_recipients_key_and_has_no_member_without_a_value() {
    for (jwk, algorithms) in keys() {
        for algorithm in algorithms {
            let token = token(&jwk, algorithm, ContentEncryption::A256Gcm, b"x");
            let header = from_base64url(token.split('.').next().unwrap()).unwrap();
            let header: Value = serde_json::from_slice(&header).unwrap();
            let mut expected =
                json!({ "alg": algorithm.as_str(), "enc": "A256GCM", "kid": "k1", "cty": "JWT" });
            if algorithm.as_str().starts_with("ECDH-ES") {
                let epk = header["epk"].clone();
                assert_eq!((&epk["kty"], &epk["crv"]), (&jwk["kty"], &jwk["crv"]));
                let members: Vec<&String> = epk.as_object().unwrap().keys().collect();
                let is_ec = jwk["kty"] == "EC";
                assert_eq!(members, if is_ec { &["crv", "kty", "x", "y"][..] } else { &["crv", "kty", "x"] });
                expected["epk"] = epk;
            }
            assert_eq!(header, expected);
        }
    }
}

#[test]
fn a_key_is_not_used_for_an_algorithm_of_another_kind() {
    for (jwk, fit) in keys() {
        let key = EncryptionKey::read(&jwk).unwrap();
        for algorithm in KeyManagement::ALL.iter().copied().filter(|algorithm| !fit.contains(algorithm)) {
            let content = ContentEncryption::A128Gcm;
            let params = EncryptionParams { algorithm, content, kid: None, content_type: None };
            let refused = encrypt(Vec::new(), &key, params);
            assert!(matches!(refused, Err(JoseError::Encryption)), "{algorithm:?}");
            for (other, _) in keys().iter().filter(|(_, algorithms)| algorithms.contains(&algorithm)) {
                let token = token(other, algorithm, content, b"x");
                assert!(is_refused(&opened(&token, &jwk, ALL)), "{algorithm:?}");
            }
        }
    }
}

#[test]
fn a_token_does_not_choose_beyond_what_is_accepted() {
    let jwk = rsa_key();
    let token = token(&jwk, KeyManagement::RsaOaep256, ContentEncryption::A128Gcm, b"x");
    let with = |algorithms: &[KeyManagement], contents: &[ContentEncryption]| {
        opened(&token, &jwk, AcceptedAlgorithms { algorithms, contents })
    };
    let (algorithm, content) = (KeyManagement::RsaOaep256, ContentEncryption::A128Gcm);
    assert!(with(&[algorithm], &[content]).is_ok());
    assert!(is_refused(&with(&[KeyManagement::RsaOaep], &[content])));
    assert!(is_refused(&with(&[algorithm], &[ContentEncryption::A256Gcm, ContentEncryption::A128CbcHs256])));
    assert!(is_refused(&with(&[], &[])));
}

#[test]
fn another_key_of_the_same_kind_does_not_decrypt() {
    let secret = |byte: u8| json!({ "kty": "oct", "k": to_base64url(&[byte; 16]) });
    for (one, other, algorithm) in [
        (made_on("P-384"), made_on("P-384"), KeyManagement::EcdhEs),
        (made_on("X25519"), made_on("X25519"), KeyManagement::EcdhEsA256Kw),
        (made_on("P-384"), made_on("P-521"), KeyManagement::EcdhEsA128Kw),
        (secret(1), secret(2), KeyManagement::A128Kw),
    ] {
        let token = token(&one, algorithm, ContentEncryption::A128CbcHs256, b"x");
        assert!(opened(&token, &one, ALL).is_ok());
        assert!(is_refused(&opened(&token, &other, ALL)), "{algorithm:?}");
    }
}

#[test]
fn an_encrypted_key_or_ephemeral_key_of_an_attacker_is_the_same_error() {
    let ec = ec_key();
    let direct = token(&ec, KeyManagement::EcdhEs, ContentEncryption::A128Gcm, b"x");
    let wrapped = token(&ec, KeyManagement::EcdhEsA128Kw, ContentEncryption::A128Gcm, b"x");
    let rsa = token(&rsa_key(), KeyManagement::RsaOaep, ContentEncryption::A128Gcm, b"x");
    let off_the_curve = json!({ "kty": "EC", "crv": "P-256", "x": to_base64url(&[1; 32]),
        "y": to_base64url(&[2; 32]) });
    for epk in [off_the_curve, made_on("P-384"), made_on("X25519"), json!({}), json!("epk"), Value::Null] {
        assert!(is_refused(&opened(&with_header(&direct, "epk", epk.clone()), &ec, ALL)), "{epk}");
        assert!(is_refused(&opened(&with_header(&wrapped, "epk", epk.clone()), &ec, ALL)), "{epk}");
    }
    for (token, jwk) in [(&direct, &ec), (&wrapped, &ec), (&rsa, &rsa_key())] {
        for (at, length) in [(1, 0), (1, 24), (1, 255), (1, 256), (1, 4096), (2, 0), (2, 11), (4, 0), (4, 15)]
        {
            let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
            let same = parts[at].clone();
            parts[at] = to_base64url(&vec![9; length]);
            if parts[at] != same {
                assert!(is_refused(&opened(&parts.join("."), jwk, ALL)), "{length} bytes in part {at}");
            }
        }
        for (name, value) in [
            ("zip", json!("DEF")),
            ("crit", json!(["exp"])),
            ("alg", json!("dir")),
            ("enc", json!("A192GCM")),
        ] {
            assert!(is_refused(&opened(&with_header(token, name, value), jwk, ALL)), "{name}");
        }
    }
}

#[test]
fn a_content_key_of_the_wrong_length_is_the_same_error() {
    // Anyone who has the public key can encrypt any bytes as a content key.
    let jwk = rsa_key();
    let made = token(&jwk, KeyManagement::RsaOaep256, ContentEncryption::A128Gcm, b"x");
    let longer = token(&jwk, KeyManagement::RsaOaep256, ContentEncryption::A256Gcm, b"x");
    let mut parts: Vec<&str> = made.split('.').collect();
    parts[1] = longer.split('.').nth(1).unwrap();
    assert!(is_refused(&opened(&parts.join("."), &jwk, ALL)));
}

#[test]
fn a_token_that_is_too_long_is_not_looked_at() {
    let jwk = secret_key();
    let long = |bytes: usize| token(&jwk, KeyManagement::A128Kw, ContentEncryption::A128Gcm, &vec![7; bytes]);
    assert!(opened(&long(40_000), &jwk, ALL).is_ok());
    assert!(long(50_000).len() > MAX_LENGTH);
    assert!(is_refused(&opened(&long(50_000), &jwk, ALL)));
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    for (jwk, algorithms) in keys() {
        let key = DecryptionKey::read(&jwk).unwrap();
        // RSA is slow in a build without optimization.
        let step = if jwk["kty"] == "RSA" { 7 } else { 1 };
        for algorithm in algorithms {
            for content in [ContentEncryption::A128Gcm, ContentEncryption::A256CbcHs512] {
                let good = token(&jwk, algorithm, content, b"text");
                for at in (0..good.len()).step_by(step) {
                    let mut changed = good.clone().into_bytes();
                    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                    let changed = String::from_utf8(changed).unwrap();
                    let found = EncryptedToken::read(&changed).and_then(|token| token.decrypt(&key, ALL));
                    assert!(is_refused(&found), "{algorithm:?} {content:?}: byte {at} of {good}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_causes_a_panic(text in r"\PC{0,200}|([A-Za-z0-9_-]{0,30}\.){0,6}[A-Za-z0-9_-]{0,30}") {
        prop_assert!(is_refused(&opened(&text, &secret_key(), ALL)));
    }

    #[test]
    fn no_parts_after_a_valid_header_cause_a_panic(
        alg in 0..KeyManagement::ALL.len(),
        enc in 0..ContentEncryption::ALL.len(),
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..70), 4),
    ) {
        let (alg, enc) = (KeyManagement::ALL[alg], ContentEncryption::ALL[enc]);
        let mut epk = ec_key();
        epk.as_object_mut().unwrap().remove("d");
        let header = json!({ "alg": alg.as_str(), "enc": enc.as_str(), "epk": epk }).to_string();
        let parts: Vec<String> = parts.iter().map(|part| to_base64url(part)).collect();
        let token = format!("{}.{}", to_base64url(header.as_bytes()), parts.join("."));
        for jwk in [ec_key(), secret_key()] {
            prop_assert!(is_refused(&opened(&token, &jwk, ALL)));
        }
    }

    #[test]
    fn no_protected_header_causes_a_panic(header in any::<Vec<u8>>(), kid in r"\PC{0,20}") {
        for header in [header, json!({ "alg": "ECDH-ES", "enc": "A128GCM", "epk": kid }).to_string().into_bytes()] {
            let token = format!("{}....", to_base64url(&header));
            prop_assert!(is_refused(&opened(&token, &ec_key(), ALL)));
        }
    }
}
