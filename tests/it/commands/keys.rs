//! Signing keys: listing, rotating and retiring them.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Operator;
use crate::support::TestServer;
use crate::support::operator::refusal;
use crate::support::process::grantor;

/// Every key of an algorithm with its state, in the order in which they sign.
fn states(operator: &Operator, algorithm: &str) -> Vec<(String, String)> {
    let listed = operator.json(&["key", "list"]);
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let of_it = listed.as_array().unwrap().iter().filter(|key| key["algorithm"] == algorithm);
    of_it.map(|key| (text(key, "kid"), text(key, "state"))).collect()
}

fn words(states: &[(String, String)]) -> Vec<&str> {
    states.iter().map(|(_, state)| state.as_str()).collect()
}

/// The `kid`s that the running server publishes, once it has read what a command changed.
async fn published(server: &TestServer) -> Vec<String> {
    server.clock.advance(Duration::from_secs(5));
    let keys = server.get("/jwks").await.json();
    let kids = keys["keys"].as_array().unwrap().iter();
    kids.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_rotation_publishes_a_key_that_signs_a_day_later() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    assert_eq!(words(&states(&operator, "ES256")), ["signing"]);
    let made = operator.json(&["key", "rotate", "--algorithm", "ES256"]);
    let kid = made["keys"][0]["kid"].as_str().unwrap();
    assert_eq!((made["keys"].as_array().unwrap().len(), &made["keys"][0]["algorithm"]), (1, &json!("ES256")));
    let now = states(&operator, "ES256");
    assert_eq!((words(&now), now[1].0.as_str()), (vec!["signing", "next"], kid));
    assert_eq!(words(&states(&operator, "EdDSA")), ["signing"]);
    assert!(published(&server).await.contains(&kid.to_owned()));

    let listed = operator.json(&["key", "list"]);
    let keys: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
    let expected = ["algorithm", "created_at", "kid", "published_until", "retired_at", "signs_from", "state"];
    assert_eq!(keys, expected);
    let [old, new] = &listed.as_array().unwrap()[..2] else { panic!("two") };
    assert!(old["published_until"].as_str().unwrap() > new["signs_from"].as_str().unwrap(), "{listed}");
    assert_eq!(new["published_until"], Value::Null);
    let table = operator.done(&["key", "list"]);
    assert!(table.starts_with("KID ") && table.lines().count() == 4, "{table}");

    let again = operator.refused(&["key", "rotate"]);
    assert!(again.contains(kid) && again.contains("already waits") && again.contains("--now"), "{again}");
    let text = operator.done(&["key", "rotate", "--algorithm", "EdDSA"]);
    assert!(text.starts_with("made the EdDSA key ") && text.lines().count() == 1, "{text}");
    assert!(operator.refused(&["key", "rotate", "--algorithm", "PS256"]).contains("keys.algorithms"));
}

#[tokio::test]
async fn a_stolen_key_is_replaced_and_removed_at_once() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let stolen = states(&operator, "ES256").remove(0).0;
    let text = operator.refused(&["key", "retire", &stolen, "--yes"]);
    assert!(text.contains("the only one for ES256") && text.contains("grantor key rotate"), "{text}");
    let text = operator.refused(&["key", "rotate", "--now"]);
    assert!(text.contains("for ES256, EdDSA at once?") && text.contains("--yes"), "{text}");
    assert_eq!(words(&states(&operator, "ES256")), ["signing"]);

    // Commands use the system clock: it is moved past the second in which the server made its keys.
    server.clock.advance(Duration::from_secs(5));
    server.sql("UPDATE signing_keys SET signs_from = signs_from - 60").await;
    let made = operator.json(&["key", "rotate", "--algorithm", "ES256", "--now", "--yes"]);
    let new = made["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert_eq!(words(&states(&operator, "ES256")), ["former", "signing"]);
    let kids = published(&server).await;
    assert!(kids.contains(&stolen) && kids.contains(&new), "{kids:?}");

    let retired = operator.json(&["key", "retire", &stolen, "--yes"]);
    assert_eq!(retired, json!({"kid": stolen, "algorithm": "ES256", "signing": null}));
    assert_eq!(words(&states(&operator, "ES256")), ["retired", "signing"]);
    let kids = published(&server).await;
    assert!(!kids.contains(&stolen) && kids.contains(&new), "{kids:?}");
    let text = operator.refused(&["key", "retire", &stolen, "--yes"]);
    assert_eq!(text, format!("the key {stolen} is out of use already"));
}

#[tokio::test]
async fn a_waiting_key_signs_at_once_when_the_current_one_is_retired() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    operator.done(&["key", "rotate", "--algorithm", "ES256"]);
    let [(old, _), (new, _)] = &states(&operator, "ES256")[..] else { panic!("two") };
    let asked = operator.refused(&["key", "retire", old]);
    assert!(asked.contains(&format!("sign with {new} from now on?")), "{asked}");
    let text = operator.done(&["key", "retire", old, "--yes"]);
    assert_eq!(text, format!("retired the ES256 key {old}; {new} signs from now on\n"));
    // Two keys from the same second may be listed in either order.
    let found = states(&operator, "ES256");
    for (kid, state) in [(old, "retired"), (new, "signing")] {
        assert!(found.contains(&(kid.clone(), state.to_owned())), "{state} {kid}: {found:?}");
    }
    server.clock.advance(Duration::from_secs(60));
    let current = server.app.key_set.current(server.app.now()).await.unwrap();
    let signing = current.signing(grantor::oauth::signing_key::SigningAlgorithm::Es256).unwrap();
    assert_eq!(signing.kid(), new);
    assert!(!current.jwks().contains(old.as_str()));
}

#[tokio::test]
async fn a_kid_may_begin_with_a_dash() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let insert = |kid: &'static str| {
        server.store(async move |tx| {
            let copy = "INSERT INTO signing_keys (kid, algorithm, sealed, public_jwk, created_at, signs_from)
                        SELECT $1, algorithm, sealed, public_jwk, created_at, signs_from + 99999
                        FROM signing_keys WHERE algorithm = 'ES256' AND signs_from < 9999999999
                        ORDER BY signs_from LIMIT 1";
            tx.query(copy).bind(kid).execute().await
        })
    };
    for kid in ["-hV7JfEXp0Kvpt2TkJ2dQmYcZJ6aJX1nXnXxPz5oQbE", "--yesJfEXp0Kvpt2TkJ2dQmYcZJ6aJX1nXnXxPz5oQb"]
    {
        insert(kid).await;
        for arguments in [&["key", "retire", kid][..], &["key", "retire", "--", kid]] {
            assert!(refusal(arguments, &operator.run(arguments)).contains(kid));
        }
        assert_eq!(operator.json(&["key", "retire", "--yes", kid])["kid"], kid);
        assert!(states(&operator, "ES256").contains(&(kid.to_owned(), "retired".to_owned())));
    }
    assert_eq!(operator.refused(&["key", "retire", "none"]), "there is no key with the kid none");
}

#[test]
fn an_algorithm_that_does_not_exist_is_wrong_usage() {
    let directory = tempfile::tempdir().unwrap();
    for usage in [&["key", "rotate", "--algorithm", "HS256"][..], &["key", "retire"], &["key"]] {
        let output = grantor(directory.path(), usage).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{usage:?}: {output:?}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
