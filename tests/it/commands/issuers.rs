//! Trusted issuers, and the people that are linked to them.

use grantor::jose::key::SigningKey;
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::json;

use crate::support::{Operator, TestServer};

const IDP: &str = "https://idp.example.com";

/// A server that trusts the issuer with the keys in a file.
async fn trusting() -> (TestServer, Operator, [String; 3]) {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    server.spa().await;
    let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let jwk: serde_json::Value = serde_json::from_str(&key.public_jwk().unwrap()).unwrap();
    for (name, text) in [
        ("keys.json", json!({ "keys": [jwk] })),
        ("none.json", json!({ "keys": [] })),
        ("private.json", json!({ "keys": [{ "kty": "EC", "d": "x" }] })),
    ] {
        std::fs::write(operator.directory.join(name), text.to_string()).unwrap();
    }
    let file = |name: &str| operator.directory.join(name).display().to_string();
    let files = ["keys.json", "none.json", "private.json"].map(file);
    let create =
        ["issuer", "create", IDP, "--jwks", &files[0], "--scope", "read write", "--client", "service"];
    assert_eq!(operator.done(&create), format!("trusted the issuer {IDP}\n"));

    (server, operator, files)
}

#[tokio::test]
async fn invalid_issuer_registrations_are_refused_with_a_sentence() {
    let (_server, operator, [keys, none, private]) = trusting().await;
    let by_file = |file| ["--jwks", file, "--scope", "read", "--client", "service"];
    let by_uri = |uri| ["--jwks-uri", uri, "--scope", "read", "--client", "service"];
    let long = format!("https://example.com/{}", "a".repeat(2048));
    for (arguments, part) in [
        ([&["create", IDP], &by_file(&keys)[..]].concat(), "trusted already"),
        ([&["create", "idp"], &by_file(&keys)[..]].concat(), "not an absolute URI"),
        ([&["create", "urn:a"], &by_file(&none)[..]].concat(), "no key to verify signatures by"),
        ([&["create", "urn:a"], &by_file(&private)[..]].concat(), "private key"),
        ([&["create", "urn:a"], &by_uri("https://127.0.0.1/jwks")[..]].concat(), "is not a public address"),
        ([&["create", "urn:a"], &by_uri("http://example.com/jwks")[..]].concat(), "plain http"),
        ([&["create", "urn:a"], &by_uri(&long)[..]].concat(), "2048 bytes at most"),
        (vec!["create", "urn:a", "--jwks", &keys, "--scope", "nonsense", "--client", "service"], "no scope"),
        (
            vec!["create", "urn:a", "--jwks", &keys, "--scope", "openid", "--client", "service"],
            "sign in here",
        ),
        (vec!["create", "urn:a", "--jwks", &keys, "--scope", "read", "--client", "nobody"], "no client"),
        (vec!["create", "urn:a", "--jwks", &keys, "--scope", "read", "--client", "spa"], "is public"),
        ([&["create", "http://127.0.0.1:8080"], &by_file(&keys)[..]].concat(), "this server itself"),
        (vec!["update", "urn:a", "--scope", "read"], "there is no trusted issuer urn:a"),
        (vec!["update", IDP, "--client", "nobody"], "no client with the id nobody"),
        (vec!["show", "urn:a"], "there is no trusted issuer urn:a"),
        (vec!["delete", "urn:a", "--yes"], "there is no trusted issuer urn:a"),
        (vec!["delete", IDP], "Stop trusting the issuer https://idp.example.com"),
    ] {
        let text = operator.refused(&[&["issuer"], &arguments[..]].concat());
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let create = [&["issuer", "create", "urn:a"], &by_file(&keys)[..]].concat();
    let both = operator.run(&[&create[..], &["--jwks-uri", "https://idp.example.com/jwks"]].concat());
    assert_eq!(both.status.code(), Some(2), "keys are in one place: {both:?}");
}

#[tokio::test]
async fn an_issuer_is_trusted_changed_listed_and_deleted() {
    let (_server, operator, _) = trusting().await;
    let change = ["--jwks-uri", "https://idp.example.com/jwks", "--assertion-audience", "token-endpoint"];
    let text = operator.done(&[&["issuer", "update", IDP, "--scope", "read"], &change[..]].concat());
    assert_eq!(text, format!("updated the issuer {IDP}; revoked 0 grants\n"));
    let expected = json!({
        "issuer": IDP, "jwks": null, "jwks_uri": "https://idp.example.com/jwks", "scope": "read",
        "assertion_audience": "token-endpoint", "clients": ["service"],
    });
    assert_eq!(operator.json(&["issuer", "list"]), json!([expected]));
    let table = operator.done(&["issuer", "list"]);
    assert!(table.starts_with("ISSUER                   SCOPES  CLIENTS  AUDIENCE        KEYS\n"), "{table}");
    operator.done(&["scope", "delete", "read", "--force", "--yes"]);
    assert_eq!(operator.json(&["issuer", "show", IDP])["scope"], "", "a deleted scope is no issuer's");
    operator.done(&["client", "delete", "service", "--yes"]);
    assert_eq!(operator.json(&["issuer", "show", IDP])["clients"], json!([]));
    operator.done(&["issuer", "delete", IDP, "--yes"]);
    assert_eq!(operator.json(&["issuer", "list"]), json!([]));
}

#[tokio::test]
async fn a_person_is_linked_by_issuer_and_subject_only() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    let alice = server.user("alice").await;
    server.user("bob").await;
    let uri = "https://idp.example.com/jwks";
    operator.done(&["issuer", "create", IDP, "--jwks-uri", uri, "--scope", "read", "--client", "service"]);
    let text = operator.done(&["issuer", "link", IDP, "248289761001", "--user", "alice@example.com"]);
    assert_eq!(text, format!("linked the subject 248289761001 of {IDP} to alice\n"));
    operator.done(&["issuer", "link", IDP, "a-2", "--user", "alice"]);
    for (arguments, part) in [
        (vec!["link", IDP, "248289761001", "--user", "bob"], "is already linked to a user"),
        (vec!["link", IDP, "x", "--user", "nobody"], "no user"),
        (vec!["link", "urn:a", "x", "--user", "bob"], "no trusted issuer urn:a"),
        (vec!["link", IDP, "a\nb", "--user", "bob"], "on one line"),
        (vec!["unlink", IDP, "x", "--yes"], "is not linked to a user"),
        (vec!["unlink", IDP, "a-2"], "Remove the link"),
    ] {
        let text = operator.refused(&[&["issuer"], &arguments[..]].concat());
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let link = |subject| json!({ "subject": subject, "user_id": alice.as_str(), "username": "alice" });
    let shown = operator.json(&["issuer", "show", IDP]);
    assert_eq!(shown["links"], json!([link("248289761001"), link("a-2")]));
    assert!(operator.done(&["issuer", "show", IDP]).contains("248289761001  alice"));
    let text = operator.done(&["issuer", "unlink", IDP, "a-2", "--yes"]);
    assert_eq!(text, format!("unlinked the subject a-2 of {IDP}; revoked 0 grants\n"));
    operator.done(&["user", "delete", "alice", "--yes"]);
    assert_eq!(operator.json(&["issuer", "show", IDP])["links"], json!([]));
}
