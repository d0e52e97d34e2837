//! Signing keys: made once, stored encrypted, published before and after they sign, and the same on every node.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use grantor::app::App;
use grantor::clock::{Clock, ManualClock, Seconds, Timestamp};
use grantor::failure::Failure;
use grantor::jose::key::SigningKey;
use grantor::jose::verify::{Expiry, verify};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::Hash;
use grantor::server::Server;
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestServer;
use crate::support::database::{TestDatabase, engine};
use crate::support::jwt::parts;
use crate::support::relying_party::Registration;

const DAY: Duration = Duration::from_secs(86_400);
const ES256: SigningAlgorithm = SigningAlgorithm::Es256;

/// Another node on the same database.
async fn node(
    database: &TestDatabase,
    options: &[(&str, &str)],
    clock: &ManualClock,
) -> Result<Arc<App>, Failure> {
    let config = TestServer::config(database, options);
    Server::bind(config, Clock::Manual(clock.clone())).await.map(|server| server.app())
}

async fn published(server: &TestServer) -> Vec<Value> {
    let answer = server.get("/jwks").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["keys"].as_array().unwrap().clone()
}

/// The `kid`s of one algorithm's published keys, in the order in which they sign.
async fn kids(server: &TestServer, algorithm: SigningAlgorithm) -> Vec<String> {
    let keys = published(server).await;
    let of_it = keys.iter().filter(|key| key["alg"] == algorithm.as_str());
    of_it.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Asks until the algorithm has that many keys: they are made in the background.
async fn kids_when(server: &TestServer, count: usize) -> Vec<String> {
    let seen = async {
        loop {
            let kids = kids(server, ES256).await;
            if kids.len() == count {
                return kids;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the rotation")
}

async fn signing(app: &App) -> Arc<SigningKey> {
    app.key_set.current(app.now()).await.unwrap().signing(ES256).unwrap().clone()
}

/// Whether a node accepts a token's signature.
async fn takes(app: &App, token: &str) -> bool {
    let current = app.key_set.current(app.now()).await.unwrap();
    verify::<Value>(token, "JWT", current.published(), Expiry::Live(app.now())).is_ok()
}

/// The thumbprint of RFC 7638 §3: the required members in alphabetical order, without whitespace.
fn thumbprint(key: &Value) -> String {
    let required: &[&str] = match key["kty"].as_str().unwrap() {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        _ => &["crv", "kty", "x"],
    };
    let members: Vec<String> = required.iter().map(|name| format!("\"{name}\":{}", key[name])).collect();
    Hash::of(&format!("{{{}}}", members.join(","))).to_text()
}

#[tokio::test]
async fn every_configured_algorithm_has_a_key_with_nothing_private_in_it() {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 PS256 ES256 EdDSA Ed25519")]).await;
    let answer = server.get("/jwks").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let keys = published(&server).await;
    let mut algorithms: Vec<&str> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["ES256", "Ed25519", "EdDSA", "PS256", "RS256"]);
    for key in &keys {
        let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        let expected: &[&str] = match key["kty"].as_str().unwrap() {
            "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
            "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            _ => &["alg", "crv", "kid", "kty", "use", "x"],
        };
        assert_eq!(members, expected);
        assert_eq!(key["kid"], thumbprint(key));
        assert_eq!(key["use"], "sig");
    }
    let head = server.browser().request(Method::HEAD, "/jwks", &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));

    // A reader of /jwks can verify the signatures of each key.
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&answer.body).unwrap();
    let current = server.app.key_set.current(server.app.now()).await.unwrap();
    for &algorithm in SigningAlgorithm::ALL {
        let key = current.signing(algorithm).unwrap();
        let token = key.sign("JWT", &json!({"sub": "alice", "exp": 99_999_999_999_i64})).unwrap();
        let public = jsonwebtoken::DecodingKey::from_jwk(set.find(key.kid()).unwrap()).unwrap();
        // The library knows the old name of Ed25519 alone.
        let by = algorithm.as_str().parse().unwrap_or(jsonwebtoken::Algorithm::EdDSA);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let is_good = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &public, by).unwrap();
        assert!(is_good, "{algorithm}");
        assert!(takes(&server.app, &token).await);
    }
}

#[tokio::test]
async fn the_database_holds_private_keys_only_encrypted_and_bound_to_their_kid() {
    let server = TestServer::start().await;
    let key = signing(&server.app).await;
    let pkcs8 = key.to_pkcs8().unwrap();
    let kid = key.kid().to_owned();
    let row: Option<(Vec<u8>, String)> = server
        .store(async move |tx| {
            let query = tx.query("SELECT sealed, public_jwk FROM signing_keys WHERE kid = $1");
            query.bind(kid.as_str()).optional().await
        })
        .await;
    let (sealed, public_jwk) = row.unwrap();
    assert!(SigningKey::from_pkcs8(ES256, &pkcs8).is_ok() && SigningKey::from_pkcs8(ES256, &sealed).is_err());
    let holds = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|window| window == part);
    for part in pkcs8.chunks_exact(16) {
        assert!(!holds(&sealed, part));
    }
    assert!(!public_jwk.contains("\"d\""));

    // A key that is moved to another `kid` cannot be decrypted, so write access to the database is not enough to swap keys.
    let moved = "UPDATE signing_keys SET sealed = (SELECT sealed FROM server_keys WHERE id = 'root')";
    assert_eq!(server.sql(moved).await, 2);
    let refused = node(&server.database, &[], &server.clock).await.err().unwrap();
    assert!(refused.to_string().contains("master key is not the one"), "{refused}");
}

#[tokio::test]
async fn a_restart_and_another_node_find_the_same_keys() {
    let server = TestServer::start().await;
    let (before, key) = (server.get("/jwks").await.body, signing(&server.app).await);
    for _ in 0..2 {
        let other = node(&server.database, &[], &server.clock).await.unwrap();
        assert_eq!(other.key_set.current(other.now()).await.unwrap().jwks(), before);
        assert_eq!(signing(&other).await.kid(), key.kid());
        let token = key.sign("JWT", &json!({"exp": other.now().as_unix() + 1})).unwrap();
        assert!(takes(&other, &token).await);
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM signing_keys").await, 2);
}

#[tokio::test]
async fn nodes_that_start_together_on_an_empty_database_share_one_key_set() {
    let database = TestDatabase::fresh(engine()).await;
    let clock = ManualClock::starting_now();
    let nodes = join_all((0..4).map(|_| node(&database, &[], &clock))).await;
    let mut sets = Vec::new();
    for app in nodes.into_iter().map(Result::unwrap) {
        let current = app.key_set.current(app.now()).await.unwrap();
        sets.push((current.jwks().to_owned(), signing(&app).await.kid().to_owned()));
    }
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(sets[0].0.matches("\"kid\"").count(), 2);
}

#[tokio::test]
async fn a_key_is_published_a_day_before_it_signs_and_for_eight_days_after() {
    let server = TestServer::start().await;
    let first = kids(&server, ES256).await;
    let old = signing(&server.app).await;
    server.clock.advance(89 * DAY - Duration::from_secs(1));
    assert_eq!(kids(&server, ES256).await, first);
    server.clock.advance(Duration::from_secs(1));
    let both = kids_when(&server, 2).await;
    assert_eq!(both[0], first[0]);
    server.clock.advance(DAY - Duration::from_secs(1));
    assert_eq!(signing(&server.app).await.kid(), first[0]);
    let token = old.sign("JWT", &json!({"exp": server.app.now().as_unix() + 8 * 86_400})).unwrap();

    server.clock.advance(Duration::from_secs(2));
    assert_eq!(signing(&server.app).await.kid(), both[1]);
    server.clock.advance(8 * DAY - Duration::from_secs(3));
    assert_eq!(kids(&server, ES256).await, both);
    assert!(takes(&server.app, &token).await);
    server.clock.advance(Duration::from_secs(2));
    assert_eq!(kids(&server, ES256).await, both[1..]);

    // The next rotation deletes keys whose time has ended.
    server.clock.advance(90 * DAY);
    kids_when(&server, 2).await;
    let left = "SELECT COUNT(*) FROM signing_keys WHERE algorithm = 'ES256'";
    assert_eq!(server.number(left).await, 2);
}

#[tokio::test]
async fn of_several_nodes_that_rotate_together_one_makes_the_key() {
    let server = TestServer::start().await;
    let nodes = join_all((0..3).map(|_| node(&server.database, &[], &server.clock))).await;
    let nodes: Vec<Arc<App>> = nodes.into_iter().map(Result::unwrap).collect();
    server.clock.advance(89 * DAY);
    join_all(nodes.iter().map(|app| app.key_set.current(app.now()))).await;
    let both = kids_when(&server, 2).await;
    server.clock.advance(DAY);
    for app in &nodes {
        assert_eq!(signing(app).await.kid(), both[1]);
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM signing_keys").await, 4);
}

#[tokio::test]
async fn a_new_algorithm_gets_a_key_and_a_removed_one_stays_published() {
    let server = TestServer::start_with(&[("keys.algorithms", "ES256")]).await;
    let token =
        signing(&server.app).await.sign("JWT", &json!({"exp": server.app.now().as_unix() + 9})).unwrap();
    let other = node(&server.database, &[("keys.algorithms", "EdDSA")], &server.clock).await.unwrap();
    let current = other.key_set.current(other.now()).await.unwrap();
    assert!(current.signing(ES256).is_none() && current.signing(SigningAlgorithm::EdDsa).is_some());
    assert_eq!(current.jwks().matches("\"kid\"").count(), 2);
    assert!(takes(&other, &token).await);
}

/// An application that caches the keys for their `max-age` and never asks in between.
struct Caching {
    keys: Vec<CoreJsonWebKey>,
    read_at: Timestamp,
    max_age: Seconds,
}

impl Caching {
    async fn read(server: &TestServer) -> Self {
        let answer = server.get("/jwks").await;
        let max_age = answer
            .header("cache-control")
            .split("max-age=")
            .nth(1)
            .unwrap()
            .parse()
            .map(Seconds::new)
            .unwrap();
        let keys: CoreJsonWebKeySet = serde_json::from_str(&answer.body).unwrap();
        Self { keys: keys.keys().clone(), read_at: server.app.now(), max_age }
    }

    /// The key that a token names. The error says which `kid` is unknown and how old the cached keys are.
    async fn key(&mut self, server: &TestServer, token: &str) -> Result<&CoreJsonWebKey, String> {
        if server.app.now() >= self.read_at + self.max_age {
            *self = Self::read(server).await;
        }
        let kid = parts(token)[0]["kid"].as_str().unwrap().to_owned();
        let age = server.app.now() - self.read_at;
        let key = self.keys.iter().find(|key| key.key_id().is_some_and(|known| known.as_str() == kid));
        key.ok_or_else(|| format!("the key {kid} is not known, {age} s after reading"))
    }
}

fn is_signed_by(token: &str, key: &CoreJsonWebKey) -> bool {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = grantor::secret::from_base64url(signature).unwrap();
    key.verify_signature(&CoreJwsSigningAlgorithm::EcdsaP256Sha256, input.as_bytes(), &signature).is_ok()
}

#[tokio::test]
async fn applications_that_respect_max_age_never_fail_while_keys_rotate() {
    let options =
        [("keys.rotate_every", "12h"), ("keys.publish_before", "2h"), ("keys.keep_published", "8h")];
    let server = TestServer::start_with(&options).await;
    let app = server.register(Registration::web("app").scopes("openid")).await;
    let mut alice = server.alice().await;
    let back = alice.authorize(&app.url_with(&[("scope", "openid")])).await;
    let mut refresh = app.redeem_by_hand(&back.get("code")).await.get("refresh_token");
    // Each application began to cache at another time.
    let mut listeners = Vec::new();
    let mut recent: VecDeque<String> = VecDeque::new();
    let mut seen = HashSet::new();
    for minute in (0..48 * 60).step_by(5) {
        if minute % 25 == 0 && listeners.len() < 12 {
            listeners.push(Caching::read(&server).await);
        }
        let answers = join_all((0..4).map(|_| app.refresh_by_hand(&refresh))).await;
        refresh = answers[0].get("refresh_token");
        for answer in &answers {
            assert_eq!(answer.status, 200, "{answer:?}");
            let token = answer.get("id_token");
            seen.insert(parts(&token)[0]["kid"].as_str().unwrap().to_owned());
            recent.push_back(token);
        }
        // Tokens live for ten minutes, so those of the two rounds before this one are still valid.
        recent.drain(..recent.len().saturating_sub(12));
        let newest = recent.back().unwrap().clone();
        assert!(is_signed_by(&newest, listeners[0].key(&server, &newest).await.unwrap()));
        for listener in &mut listeners {
            for token in &recent {
                let known = listener.key(&server, token).await;
                assert!(known.is_ok(), "in minute {minute}: {known:?}");
            }
        }
        server.clock.advance(Duration::from_secs(300));
    }
    assert!(seen.len() >= 3, "keys have rotated: {seen:?}");
}

#[tokio::test]
async fn a_call_that_has_taken_long_gets_the_keys_of_later_calls() {
    let server = TestServer::start().await;
    let (keys, now) = (&server.app.key_set, server.app.now());
    // Keys are read again after a second, which may pass between the two calls.
    for _ in 0..10 {
        let current = keys.current(now).await.unwrap();
        if Arc::ptr_eq(&current, &keys.current(now - Seconds::new(30)).await.unwrap()) {
            return;
        }
    }
    panic!("each call has read the keys again");
}
