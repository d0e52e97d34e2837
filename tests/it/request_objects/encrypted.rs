//! Request objects that are encrypted for a key of this server.

use grantor::jose::encrypt::Recipient;
use grantor::oauth::client::{ContentEncryption, Encryption, KeyManagement};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{from_base64url, to_base64url};
use serde_json::{Value, json};

use super::{object, push, refused, signer, unsigned, url};
use crate::support::cluster::Cluster;
use crate::support::database::{TestDatabase, engine};
use crate::support::jwt::key;
use crate::support::operator::succeeded;
use crate::support::{Operator, TestServer};

const BOTH: (&str, &str) = ("keys.encryption_algorithms", "ECDH-ES RSA-OAEP-256");

/// The keys for encryption at `/jwks`.
async fn published(server: &TestServer) -> Vec<Value> {
    let set = server.get("/jwks").await.json();
    let keys = set["keys"].as_array().unwrap().iter().filter(|key| key["use"] == "enc");
    keys.cloned().collect()
}

fn encrypted(key: &Value, token: &str) -> String {
    let algorithm = KeyManagement::parse(key["alg"].as_str().unwrap()).unwrap();
    let recipient = Recipient::choose(&json!({ "keys": [key] }).to_string(), algorithm).unwrap();
    let encryption = Encryption { algorithm, content: ContentEncryption::A256Gcm };
    recipient.encrypt(token.as_bytes().to_vec(), "JWT", encryption).unwrap()
}

/// The token with another header, which the rest of it does not fit any more.
fn with_header(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
    change(&mut header);
    format!("{}.{rest}", to_base64url(header.to_string().as_bytes()))
}

fn with_zip(token: &str) -> String {
    with_header(token, |header| header["zip"] = "DEF".into())
}

#[tokio::test]
async fn an_object_is_encrypted_for_a_key_at_jwks_which_rotates() {
    let server = TestServer::start_with(&[BOTH]).await;
    let signing = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &signing, |_| ()).await;
    let mut alice = server.alice().await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(
        metadata["request_object_encryption_alg_values_supported"],
        json!(["ECDH-ES", "RSA-OAEP-256"])
    );
    assert!(metadata["request_object_encryption_enc_values_supported"].as_array().unwrap().len() > 2);
    let keys = published(&server).await;
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in &keys {
        assert!(key.get("d").is_none() && key["kid"].is_string(), "{key}");
        let good = encrypted(key, &object(&server, &app, &signing, &json!({ "state": "secret" })));
        let answer = alice.authorize(&url(&app, &good, &[])).await;
        assert_eq!(answer.get("state"), "secret");
        assert_eq!(push(&app, &good).await.status, 201);
        // What is wrong inside is refused as it is outside.
        let expired = encrypted(key, &object(&server, &app, &signing, &json!({ "exp": 1 })));
        refused(&server, &app, &expired, "request_object.times").await;
        let bare = encrypted(key, &unsigned(&json!({ "client_id": app.id })));
        refused(&server, &app, &bare, "request_object.algorithm").await;
    }
    // A new key takes over, and the one before still decrypts.
    let operator = Operator::of(&server);
    let rotate = ["key", "rotate", "--algorithm", "ECDH-ES", "--now", "--yes"];
    assert!(operator.refused(&rotate).contains("keys.encryption_algorithms"));
    let rotated =
        operator.command(&rotate).env("GRANTOR_KEYS__ENCRYPTION_ALGORITHMS", BOTH.1).output().unwrap();
    let rotated = succeeded(&rotate, rotated);
    assert!(rotated.contains("which decrypts at once, and is the one to encrypt for from"), "{rotated}");
    let good = object(&server, &app, &signing, &json!({}));
    let old = keys.iter().find(|key| key["alg"] == "ECDH-ES").unwrap();
    assert_eq!(push(&app, &encrypted(old, &good)).await.status, 201);
    let listed = operator.json(&["key", "list"]);
    let of_encryption = listed.as_array().unwrap().iter().filter(|key| key["algorithm"] == "ECDH-ES");
    assert_eq!(of_encryption.count(), 2, "{listed}");
    let states = |operator: &Operator| {
        let table = operator.done(&["key", "list"]);
        let lines = table.lines().filter(|line| line.contains(" ECDH-ES "));
        lines.map(|line| line.split_whitespace().nth(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&operator), ["former", "current"], "it signs nothing");
    let retired = operator.done(&["key", "retire", old["kid"].as_str().unwrap(), "--yes"]);
    assert!(retired.starts_with("retired the ECDH-ES key"), "{retired}");
    let other = TestServer::start().await;
    let app = signer(&other, "app", &signing, |_| ()).await;
    let elsewhere = encrypted(old, &object(&other, &app, &signing, &json!({})));
    refused(&other, &app, &elsewhere, "request_object.encrypted").await;
    let metadata = other.get("/.well-known/openid-configuration").await.json();
    assert!(metadata.get("request_object_encryption_alg_values_supported").is_none(), "{metadata}");
}

#[tokio::test]
async fn an_algorithm_that_the_server_does_not_offer_is_named() {
    let (server, other) = (TestServer::start_with(&[BOTH]).await, TestServer::start().await);
    let signing = key(SigningAlgorithm::Es256);
    for (offered, server) in [("ECDH-ES", &server), ("", &other)] {
        let app = signer(server, "app", &signing, |_| ()).await;
        let options = [("keys.encryption_algorithms", "ECDH-ES ECDH-ES+A256KW RSA-OAEP")];
        let foreign = TestServer::start_with(&options).await;
        for key in published(&foreign).await.iter().filter(|key| key["alg"] != offered) {
            let (good, alg) = (object(server, &app, &signing, &json!({})), key["alg"].as_str().unwrap());
            let description = push(&app, &encrypted(key, &good)).await.get("error_description");
            let expected = format!("the request object is encrypted with the alg {alg}, which ");
            assert!(description.starts_with(&expected), "{description}");
        }
    }
}

#[tokio::test]
async fn an_object_that_cannot_be_decrypted_is_refused_for_the_true_cause() {
    let server = TestServer::start_with(&[BOTH]).await;
    let signing = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &signing, |_| ()).await;
    for key in &published(&server).await {
        let good = encrypted(key, &object(&server, &app, &signing, &json!({})));
        let mut broken = good.clone();
        // Both end 16 bytes without bits that count for nothing.
        let last = if broken.pop() == Some('A') { 'Q' } else { 'A' };
        broken.push(last);
        let of_another_key = with_header(&good, |header| header["kid"] = "unknown".into());
        for (wrong, why) in [
            (
                encrypted(key, &good),
                ", and the key at /jwks that it is for does not decrypt it to a signed token",
            ),
            (broken, ", and the key at /jwks that it is for does not decrypt it to a signed token"),
            (with_zip(&good), " in a form that is not read here"),
            (of_another_key, ", and not for a key at /jwks whose use is enc"),
        ] {
            refused(&server, &app, &wrong, "request_object.encrypted").await;
            let description = push(&app, &wrong).await.get("error_description");
            assert!(
                description.starts_with(&format!("the request object is encrypted{why}")),
                "{description}"
            );
        }
    }
}

#[tokio::test]
async fn every_node_decrypts() {
    let cluster = Cluster::on(TestDatabase::fresh(engine()).await, 2, &[BOTH]).await;
    let server = &cluster.server;
    let signing = key(SigningAlgorithm::Es256);
    let app = signer(server, "app", &signing, |_| ()).await;
    let keys = published(server).await;
    assert_eq!(keys.len(), 2, "both nodes have the same");
    for key in keys.iter().cycle().take(8) {
        let object = encrypted(key, &object(server, &app, &signing, &json!({})));
        assert_eq!(push(&app, &object).await.status, 201);
    }
    assert!(cluster.shares().iter().all(|share| *share > 0));
}
