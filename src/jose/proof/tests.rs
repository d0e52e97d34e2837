//! Tests of DPoP proofs as texts.

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
        ends_at: None,
        begins_at: None,
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
        let sign = move |message: &[u8]| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
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
        assert!(matches!(refused, Err(ProofFlaw::Key(_) | ProofFlaw::Malformed(_))), "{jwk}: {refused:?}");
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
    // The last character of 32 bytes has two bits that count for nothing.
    let last = x.len() - 1;
    let twin = ('A'..='z')
        .map(|letter| format!("{}{letter}", &x[..last]))
        .find(|twin| twin != x && from_base64url(twin).is_some_and(|bytes| Some(bytes) == from_base64url(x)));
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
        CLAIMS.replace('}', r#","exp":"2000"}"#),
        CLAIMS.replace('}', r#","exp":null}"#),
        CLAIMS.replace('}', r#","nbf":[]}"#),
        CLAIMS.replace('}', r#","nbf":-1}"#),
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
