//! Tokens, proofs and keys.
//!
//! A stranger cannot forge a signature, and no fuzzer can. So an input of two lines is the JSON of a header and of claims,
//! which the target signs itself: this is what a client with a key of its own can send.

use std::sync::OnceLock;

use aws_lc_rs::signature::Ed25519KeyPair;
use grantor::clock::{Seconds, Timestamp};
use grantor::jose::encrypt::{self, Recipient};
use grantor::jose::foreign::{self, ForeignKeys, ForeignVerifier};
use grantor::jose::jwe::{
    AcceptedAlgorithms, DecryptionKey, EncryptedToken, EncryptionKey, EncryptionParams,
};
use grantor::jose::key_flaw::{KeySetReport, in_a_sentence};
use grantor::jose::proof;
use grantor::jose::verify::{self, Expiry, VerifyError, VerifyingKey};
use grantor::oauth::assertion::AcceptedAudiences;
use grantor::oauth::client::assertion::KIND;
use grantor::oauth::client::{ContentEncryption, Encryption, KeyManagement};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::oauth::strict_json;
use grantor::oauth::token::dpop::{ProofTimes, ProvenRequest};
use grantor::oauth::token::http_uri;
use grantor::secret::{from_base64url, to_base64url};
use grantor::x509::registered::RegisteredCertificates;
use serde_json::{Value, json};

use super::{check_keeps_secret, check_keeps_secret_beside, check_refusal, check_sentence, text, two};

/// The key of RFC 8037 appendix A: its private part, its public part, and its thumbprint.
const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// The token with these two parts, signed with [`D`].
fn signed(header: &str, claims: &str) -> String {
    static PAIR: OnceLock<Ed25519KeyPair> = OnceLock::new();
    let pair = PAIR.get_or_init(|| {
        let seed = from_base64url(D).expect("base64url");
        Ed25519KeyPair::from_seed_unchecked(&seed).expect("a key")
    });
    let message = format!("{}.{}", to_base64url(header.as_bytes()), to_base64url(claims.as_bytes()));
    let signature = to_base64url(pair.sign(message.as_bytes()).as_ref());
    format!("{message}.{signature}")
}

/// A token that the server or another party has signed.
pub(super) fn jws(input: &[u8]) {
    static KEYS: OnceLock<(VerifyingKey, ForeignKeys)> = OnceLock::new();
    let (own, foreign) = KEYS.get_or_init(|| {
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "k" });
        let own = VerifyingKey::read("k", SigningAlgorithm::EdDsa, &jwk.to_string()).expect("a key");
        (own, ForeignKeys::read(&json!({ "keys": [jwk] }).to_string()).expect("a set"))
    });
    let Some(whole) = text(input) else { return };
    let token = two(input).map_or_else(|| whole.to_owned(), |(header, claims)| signed(header, claims));
    let is_signed = two(input).is_some();
    for expiry in [Expiry::Ignored, Expiry::Live(Timestamp::from_unix(1000))] {
        if let Ok(claims) = verify::verify::<Value>(&token, "at+jwt", std::slice::from_ref(own), expiry) {
            assert!(is_signed, "a forged token: {token}");
            assert!(expiry == Expiry::Ignored || claims["exp"].as_i64().is_some_and(|exp| exp > 1000));
            assert_eq!(verify::named_key(&token).as_deref(), Some("k"));
        }
    }
    match foreign::verify(&token, &["JWT"], ForeignVerifier::Keys(foreign)) {
        Ok(_) => {
            assert!(is_signed, "a forged token: {token}");
            let algorithm = foreign::unverified_algorithm(&token);
            assert!(matches!(algorithm.as_deref(), Some("EdDSA" | "Ed25519")), "{algorithm:?}");
        }
        Err(VerifyError::Key) => assert!(foreign.lacks(&token), "{token}"),
        Err(error) => check_sentence(&error.to_string()),
    }
    // The public key, as a secret, has signed nothing.
    assert!(foreign::verify(&token, &["JWT"], ForeignVerifier::Secret(X.as_bytes())).is_err());
    let _ = foreign::unverified_claim(&token, "iss");
}

/// The tokens of RFC 7516 and RFC 7520, with their keys.
fn encrypted() -> &'static [(DecryptionKey, String)] {
    static ALL: OnceLock<Vec<(DecryptionKey, String)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let vectors: Vec<Value> =
            serde_json::from_str(include_str!("../../src/jose/jwe/vectors.json")).expect("JSON");
        let read = |vector: &Value| {
            let token = vector["token"].as_str().expect("a token").to_owned();
            (DecryptionKey::read(&vector["key"]).expect("a key"), token)
        };
        vectors.iter().map(read).collect()
    })
}

/// A token that is encrypted for one of our keys, or an ephemeral key and a text to encrypt, in two lines.
pub(super) fn jwe(input: &[u8]) {
    let Some(token) = text(input) else { return };
    let accepted = AcceptedAlgorithms { algorithms: KeyManagement::ALL, contents: ContentEncryption::ALL };
    if let Ok(read) = EncryptedToken::read(token) {
        assert!(token.len() <= grantor::jose::jwe::MAX_LENGTH && token.split('.').count() == 5);
        for (key, known) in encrypted() {
            if read.decrypt(key, accepted).is_ok() {
                assert_eq!(token, known, "a forged token");
            }
        }
    }
    let Some((jwk, plain)) = two(input) else { return };
    let Ok(jwk) = serde_json::from_str::<Value>(jwk) else { return };
    let (Some(public), Some(private)) = (EncryptionKey::read(&jwk), DecryptionKey::read(&jwk)) else {
        return;
    };
    for algorithm in KeyManagement::ALL.iter().copied().filter(|algorithm| public.is_for(*algorithm)) {
        let content = ContentEncryption::A128Gcm;
        let params = EncryptionParams { algorithm, content, kid: Some("k"), content_type: Some("JWT") };
        let Ok(token) = grantor::jose::jwe::encrypt(plain.as_bytes().to_vec(), &public, params) else {
            continue;
        };
        let read = EncryptedToken::read(&token).expect("our token");
        // The private part may be that of another key.
        if let Ok(opened) = read.decrypt(&private, accepted) {
            assert_eq!(opened, plain.as_bytes());
        }
    }
}

/// What sentences about the keys of a set may repeat: all members but the private ones.
fn without_private_members(set: &str) -> String {
    let mut set: Value = serde_json::from_str(set).expect("JSON");
    for key in set["keys"].as_array_mut().expect("a list").iter_mut().filter_map(Value::as_object_mut) {
        key.retain(|name, _| !["d", "k", "p", "q"].contains(&name.as_str()));
    }
    set.to_string()
}

/// A JWK Set.
pub(super) fn jwks(input: &[u8]) {
    let Some(set) = text(input) else { return };
    let (keys, report) = (ForeignKeys::read(set), KeySetReport::of(set));
    assert_eq!(keys.is_some(), report.is_some());
    let registered = RegisteredCertificates::read(set);
    match encrypt::check_set(set) {
        Ok(()) => {
            let keys = serde_json::from_str::<Value>(set).expect("JSON")["keys"].take();
            let keys = keys.as_array().expect("a list").clone();
            assert!(keys.iter().all(|key| ["d", "k", "p", "q"].iter().all(|name| key.get(name).is_none())));
        }
        Err(sentence) => check_sentence(sentence),
    }
    let (Some(keys), Some(report)) = (keys, report) else {
        return assert!(registered.is_empty() && Recipient::choose(set, KeyManagement::EcdhEs).is_none());
    };
    // A key whose members are those of no key verifies nothing, and only the report looks so closely.
    assert!(!report.has_usable() || !keys.is_empty(), "{report:?}");
    let sentence = in_a_sentence(&report.flawed.iter().collect::<Vec<_>>());
    check_sentence(&sentence);
    let others = without_private_members(set);
    check_keeps_secret_beside(&others, &sentence);
    check_keeps_secret_beside(&others, &format!("{keys:?}"));
    for &algorithm in KeyManagement::FOR_CLIENTS {
        let Some(recipient) = Recipient::choose(set, algorithm) else { continue };
        let encryption = Encryption { algorithm, content: ContentEncryption::A256Gcm };
        // A point that is not on its curve is found only here.
        if let Ok(token) = recipient.encrypt(b"text".to_vec(), "JWT", encryption) {
            assert_eq!(EncryptedToken::read(&token).expect("our token").algorithm(), algorithm);
        }
    }
}

/// A DPoP proof.
pub(super) fn dpop_proof(input: &[u8]) {
    let Some(whole) = text(input) else { return };
    let token = two(input).map_or_else(|| whole.to_owned(), |(header, claims)| signed(header, claims));
    let proof = match proof::read(&token) {
        Ok(proof) => proof,
        Err(flaw) => {
            check_sentence(&flaw.to_string());
            return check_keeps_secret(&flaw.to_string());
        }
    };
    assert!(token.len() <= 8192 && (1..=256).contains(&proof.id.len()));
    let part = |at: usize| from_base64url(token.split('.').nth(at).expect("a part")).expect("base64url");
    let header = strict_json::object(&part(0)).expect("an object without a member twice");
    strict_json::object(&part(1)).expect("an object without a member twice");
    assert!(
        !header.contains_key("crit")
            && !["d", "p", "q", "k"].iter().any(|name| header["jwk"].get(name).is_some())
    );
    match two(input) {
        Some(_) => assert_eq!(proof.thumbprint, THUMBPRINT),
        None => {
            let known = [
                include_str!("../seeds/dpop_proof/rfc9449_4_1"),
                include_str!("../seeds/dpop_proof/rfc9449_7_1"),
            ];
            assert!(known.iter().any(|known| known.trim_end() == token), "a forged proof: {token}");
        }
    }
    let times = ProofTimes { max_age: Seconds::new(60), max_ahead: Seconds::new(10) };
    let (urls, now) = (["https://server.example.com/token"], Timestamp::from_unix(1_562_262_616));
    let request = ProvenRequest { method: "POST", urls: &urls, token_hash: None, now };
    match proof.check(request, times) {
        Ok(()) => {
            assert!(proof.method == "POST" && http_uri::is_same(&proof.url, urls[0]));
            assert!(now - proof.issued_at <= times.max_age && proof.issued_at - now <= times.max_ahead);
            assert!(proof.remembered_until(times) > now + times.max_ahead);
        }
        Err(error) => check_refusal(&error),
    }
}

/// The claims of an assertion of a client or of another issuer.
pub(super) fn assertion(input: &[u8]) {
    let Ok(claims) = serde_json::from_slice::<Value>(input) else { return };
    let now = Timestamp::from_unix(1_700_000_000);
    let claims = match KIND.read(claims) {
        Ok(claims) => claims,
        Err(error) => return check_refusal(&error),
    };
    let accepted = AcceptedAudiences { issuer: "https://id.example", endpoints: &[] };
    match KIND.check(&claims, accepted, now) {
        Ok(until) => {
            assert!(until > now && until - now <= Seconds::new(3600 + 2 * 60), "{until:?}");
            assert!(claims.exp <= until);
        }
        Err(error) => check_refusal(&error),
    }
    match KIND.id(&claims) {
        Ok(id) => assert!((1..=256).contains(&id.len()) && !id.contains(char::is_control)),
        Err(error) => check_refusal(&error),
    }
}
