//! The examples of the RFCs, which are seeds: each is read as its RFC says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::endpoints::client_auth::parse_basic;
use grantor::jose::encrypt::check_set;
use grantor::jose::foreign::{self, ForeignKeys, ForeignVerifier};
use grantor::jose::jwe::{AcceptedAlgorithms, DecryptionKey, EncryptedToken};
use grantor::jose::key_flaw::KeySetReport;
use grantor::jose::proof;
use grantor::oauth::client::{ContentEncryption, KeyManagement};
use grantor::oauth::grant::authorization_details::{AuthorizationDetails, type_of};
use grantor::oauth::request::claims_request::ClaimsRequest;
use grantor::oauth::request::request_object::RequestObject;
use grantor::operations::merge_patch::merge;
use grantor::secret::{Hash, from_base64url, to_base64url};
use grantor::x509::ClientCertificate;
use grantor::x509::registered::RegisteredCertificates;
use serde_json::{Value, json};

fn example(target: &str, name: &str) -> String {
    let seeds = super::seeds(target).into_iter().find(|(known, _)| known == name);
    String::from_utf8(seeds.unwrap_or_else(|| panic!("{target}/{name}")).1).unwrap()
}

/// The key of RFC 7515 A.2.
const RSA: &str = concat!(
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-",
    "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca",
    "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5",
    "4h4FRWyuXpoQ"
);

#[test]
fn the_signed_tokens_of_rfc_7515_are_verified_by_their_keys_alone() {
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let keys = json!({ "keys": [{ "kty": "RSA", "n": RSA, "e": "AQAB" }, ec] });
    let keys = ForeignKeys::read(&keys.to_string()).unwrap();
    let set: Value = serde_json::from_str(&example("jwks", "rfc7517_a_3")).unwrap();
    let secret = from_base64url(set["keys"][1]["k"].as_str().unwrap()).unwrap();
    let claims = json!({ "iss": "joe", "exp": 1300819380, "http://example.com/is_root": true });
    let by_keys = |name| foreign::verify(&example("jws", name), &["JWT"], ForeignVerifier::Keys(&keys));
    let by_secret = |name| foreign::verify(&example("jws", name), &["JWT"], ForeignVerifier::Secret(&secret));
    assert_eq!(by_secret("rfc7515_a_1").unwrap(), claims);
    for name in ["rfc7515_a_2", "rfc7515_a_3"] {
        assert_eq!(by_keys(name).unwrap(), claims, "{name}");
        assert!(by_secret(name).is_err(), "{name}");
    }
    for name in ["rfc7515_a_1", "rfc7515_a_5", "rfc7515_a_6_json", "rfc8037_a_4"] {
        assert!(by_keys(name).is_err(), "{name}");
    }
}

#[test]
fn the_encrypted_tokens_of_rfc_7516_are_decrypted_and_its_json_forms_are_not_read() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../../src/jose/jwe/vectors.json")).unwrap();
    let accepted = AcceptedAlgorithms { algorithms: KeyManagement::ALL, contents: ContentEncryption::ALL };
    for (seed, name) in
        [("rfc7516_a_1", "RFC 7516 A.1"), ("rfc7516_a_3", "RFC 7516 A.3"), ("rfc7520_5_4", "RFC 7520 5.4")]
    {
        let vector = vectors.iter().find(|vector| vector["name"] == name).unwrap();
        let token = example("jwe", seed);
        let text = EncryptedToken::read(&token)
            .unwrap()
            .decrypt(&DecryptionKey::read(&vector["key"]).unwrap(), accepted);
        assert_eq!(String::from_utf8(text.unwrap()).unwrap(), vector["plaintext"], "{name}");
    }
    assert!(EncryptedToken::read(&example("jwe", "rfc7516_a_4_json")).is_err());
}

#[test]
fn the_key_sets_of_rfc_7517_are_read_and_the_private_ones_are_refused() {
    let public = example("jwks", "rfc7517_a_1");
    assert_eq!(check_set(&public), Ok(()));
    let report = KeySetReport::of(&public).unwrap();
    assert_eq!(
        (report.keys, report.flawed.len(), report.has_usable()),
        (2, 1, true),
        "the first is for encryption"
    );
    for name in ["rfc7517_a_2", "rfc7517_a_3"] {
        assert!(check_set(&example("jwks", name)).unwrap_err().contains("private key"), "{name}");
    }
}

#[test]
fn the_proofs_of_rfc_9449_are_those_of_its_key() {
    let token = proof::read(&example("dpop_proof", "rfc9449_4_1")).unwrap();
    assert_eq!((token.method.as_str(), token.url.as_str()), ("POST", "https://server.example.com/token"));
    let resource = proof::read(&example("dpop_proof", "rfc9449_7_1")).unwrap();
    let access_token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    assert_eq!(resource.token_hash, Some(Hash::of(access_token).to_text()));
    for proof in [token, resource] {
        assert_eq!(proof.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }
}

#[test]
fn the_request_object_of_rfc_9101_is_read() {
    let example = example("request_object", "rfc9101_4");
    let (header, claims) = example.split_once('\n').unwrap();
    let token = [header, claims, "signature"].map(|part| to_base64url(part.as_bytes())).join(".");
    assert!(RequestObject::read(&token).unwrap().is_signed());
}

#[test]
fn the_certificate_of_rfc_8705_has_its_thumbprint_and_is_in_the_key_set_of_the_rfc() {
    let der = STANDARD.decode(example("certificate", "rfc8705_a")).unwrap();
    let certificate = ClientCertificate::new(vec![der.into()]).unwrap().unwrap();
    assert_eq!(certificate.thumbprint(), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
    let whole = example("jwks", "rfc8705_2_2_2");
    assert!(RegisteredCertificates::read(&whole).have(&certificate));
    let mut by_key: Value = serde_json::from_str(&whole).unwrap();
    by_key["keys"][0].as_object_mut().unwrap().remove("x5c");
    assert!(RegisteredCertificates::read(&by_key.to_string()).have(&certificate));
}

#[test]
fn the_authorization_details_of_rfc_9396_and_the_claims_of_openid_connect_are_read() {
    let details = AuthorizationDetails::parse(&example("authorization_details", "rfc9396_2_two")).unwrap();
    let types: Vec<_> = details.iter().filter_map(type_of).collect();
    assert_eq!(types, ["account_information", "payment_initiation"]);
    let claims = ClaimsRequest::parse(&example("claims", "oidc_5_5")).unwrap();
    assert!(claims.contains("http://example.info/claims/groups") && claims.contains("auth_time"));
}

#[test]
fn the_credentials_of_rfc_6749_and_the_patch_of_rfc_7396_are_read() {
    let (id, secret) = parse_basic(&example("basic", "rfc6749_2_3_1")).unwrap();
    assert_eq!((id.as_str(), secret.expose().as_str()), ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"));
    let example = example("merge_patch", "rfc7396_3");
    let (target, patch) = example.split_once('\n').unwrap();
    let (mut target, patch): (Value, Value) =
        (serde_json::from_str(target).unwrap(), serde_json::from_str(patch).unwrap());
    merge(&mut target, patch);
    assert_eq!(
        target,
        json!({ "title": "Hello!", "author": { "givenName": "John" }, "tags": ["example"],
            "content": "This will be unchanged", "phoneNumber": "+01-123-456-7890" })
    );
}
