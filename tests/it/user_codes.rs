//! User codes (CIBA): operators set them, no one reads them, and guesses are counted for the person and the client.

use futures_util::future::join_all;
use grantor::cache::row_budgets::Draw;
use grantor::oauth::id::{ClientId, UserId};
use grantor::operations::Context;
use grantor::operations::actor::Actor;
use grantor::operations::user_codes::{PresentedUserCode, UserCodeVerdict, check_user_code};
use grantor::secret::Secret;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::api::{Api, faulty};
use crate::support::{Answer, Operator, TestServer};

const CODE: &str = "2468 caf\u{e9}";

fn context(server: &TestServer) -> Context<'_> {
    server.app.operations(server.app.now(), Actor::server())
}

/// Checks a code that a client has sent for a person. A right one is taken back.
async fn check(server: &TestServer, user: &UserId, client: &str, code: &str) -> &'static str {
    let presented = PresentedUserCode {
        user: user.clone(),
        client: ClientId::new(client),
        code: Secret::new(code.to_owned()),
        draw: Draw::unlimited(),
    };
    match check_user_code(&context(server), &server.app.passwords, presented).await.expect("a verdict") {
        UserCodeVerdict::Right(guess) => {
            server.store(async move |tx| guess.take_back(tx).await).await;
            "right"
        }
        UserCodeVerdict::Wrong => "wrong",
        UserCodeVerdict::Wait(_) => "wait",
    }
}

/// A person with a code, which the command has set.
async fn person_with_code(server: &TestServer) -> UserId {
    let alice = server.user("alice").await;
    let set = Operator::of(server).with_input(&["user", "update", "alice", "--user-code"], CODE);
    assert!(set.status.success(), "{set:?}");
    alice
}

#[tokio::test]
async fn a_command_sets_and_removes_the_code_and_shows_only_when() {
    let server = TestServer::start().await;
    let (alice, operator) = (server.user("alice").await, Operator::of(&server));
    let set = ["user", "update", "alice", "--user-code", "--name", "Alice"];
    for wrong in ["123\n", "", "24\t68\n", &"x".repeat(65)] {
        assert!(!operator.with_input(&set, wrong).status.success(), "{wrong:?}");
    }
    assert_eq!(operator.json(&["user", "show", "alice"])["user_code_changed_at"], Value::Null);
    let output = operator.with_input(&set, &format!("{CODE}\n"));
    assert!(output.status.success(), "{output:?}");
    let shown = operator.json(&["user", "show", "alice"]);
    assert!(shown["user_code_changed_at"].is_string() && shown["name"] == "Alice", "{shown}");
    assert!(operator.done(&["user", "show", "alice"]).contains("user code set"));
    assert_eq!(check(&server, &alice, "tv", CODE).await, "right");
    assert_eq!(check(&server, &alice, "tv", "2468 cafe\u{301}").await, "right", "typed on another keyboard");

    operator.done(&["user", "update", "alice", "--no-user-code"]);
    assert_eq!(operator.json(&["user", "show", "alice"])["user_code_changed_at"], Value::Null);
    assert_eq!(check(&server, &alice, "tv", CODE).await, "wrong");
    let stored = "SELECT COUNT(*) FROM users WHERE user_code_hash IS NOT NULL";
    assert_eq!(server.number(stored).await, 0);
}

#[tokio::test]
async fn the_api_takes_a_code_and_never_gives_it_back() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let body = json!({ "username": "jane", "user_code": CODE, "password": "another correct horse" });
    let created = api.post("/users", body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let id_in = |answer: &Answer| UserId::new(answer.json()["id"].as_str().expect("an id"));
    let user = id_in(&created);
    let path = format!("/users/{user}");
    assert!(created.json()["user_code_changed_at"].is_string(), "{created:?}");
    assert_eq!(check(&server, &user, "tv", CODE).await, "right");
    let invited = api.post("/users", json!({ "username": "bob", "user_code": "1357" })).await;
    assert_eq!(check(&server, &id_in(&invited), "tv", "1357").await, "right", "also without a password");

    let etag = api.get(&path).await.header("etag").to_owned();
    server.clock.advance(std::time::Duration::from_secs(1));
    let changed = api.patch(&path, json!({ "user_code": "9999" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_ne!(changed.header("etag"), etag, "it is a change of the user");
    assert_eq!(check(&server, &user, "tv", "9999").await, "right");
    // As it was read, without the code: the code stays.
    let read = api.get(&path).await;
    assert_eq!(api.put(&path, &[("If-Match", "*")], read.json()).await.status, StatusCode::OK);
    assert_eq!(check(&server, &user, "tv", "9999").await, "right");

    for answer in [&created, &changed, &read, &api.get("/users").await, &api.get("/events").await] {
        for secret in [CODE, "9999", "argon2"] {
            assert!(!answer.body.contains(secret), "{answer:?}");
        }
        assert!(!answer.body.contains("\"user_code\""), "{answer:?}");
    }
    for wrong in [json!("123"), json!(1234), json!("x".repeat(65)), json!("24\n68"), json!("")] {
        let answer = api.patch(&path, json!({ "user_code": wrong })).await;
        let expected = [("/user_code".to_owned(), "api.member_invalid".to_owned())];
        assert_eq!(faulty(&answer), expected, "{wrong}");
    }
    let rehearsed = api.patch(&format!("{path}?dry_run=true"), json!({ "user_code": null })).await;
    assert_eq!(rehearsed.json()["user_code_changed_at"], Value::Null);
    assert_eq!(check(&server, &user, "tv", "9999").await, "right", "nothing was changed");
    api.patch(&path, json!({ "user_code": null })).await;
    assert_eq!(check(&server, &user, "tv", "9999").await, "wrong");
}

#[tokio::test]
async fn wrong_codes_are_counted_for_the_person_and_the_client() {
    let server = TestServer::start().await;
    let alice = person_with_code(&server).await;
    for _ in 0..10 {
        assert_eq!(check(&server, &alice, "tv", CODE).await, "right", "right ones do not count");
    }
    for attempt in 0..5 {
        assert_eq!(check(&server, &alice, "tv", "wrong").await, "wrong", "{attempt}");
        assert_eq!(
            check(&server, &alice, "tv", "no").await,
            "wrong",
            "it cannot be a code, so it is no guess"
        );
    }
    let hashes = server.app.passwords.hashes().get();
    for code in ["wrong", CODE] {
        assert_eq!(check(&server, &alice, "tv", code).await, "wait");
    }
    assert_eq!(server.app.passwords.hashes().get(), hashes, "nothing is hashed for a guess that waits");
    assert_eq!(check(&server, &alice, "phone", CODE).await, "right", "another client");
    let bob = server.user("bob").await;
    assert_eq!(check(&server, &bob, "tv", "wrong").await, "wrong", "another person");
    server.clock.advance(std::time::Duration::from_secs(1800));
    assert_eq!(check(&server, &alice, "tv", CODE).await, "right");
    // Many clients together do not get more than a person's room.
    for n in 0..6 {
        for _ in 0..5 {
            check(&server, &alice, &format!("client-{n}"), "wrong").await;
        }
    }
    assert_eq!(check(&server, &alice, "one-more", CODE).await, "wait");
}

#[tokio::test]
async fn a_person_without_a_code_costs_as_much_as_one_with_another_code() {
    let server = TestServer::start().await;
    let (alice, bob) = (person_with_code(&server).await, server.user("bob").await);
    let mut costs = Vec::new();
    for user in [&alice, &bob, &UserId::new("nobody")] {
        let before = server.app.passwords.hashes().get();
        let verdicts = [
            check(&server, user, "tv", "wrong").await,
            check(&server, user, "tv", "wrong").await,
            check(&server, user, "tv", "no").await,
        ];
        costs.push((verdicts, server.app.passwords.hashes().get() - before));
    }
    assert_eq!(costs, [(["wrong"; 3], 2); 3]);
}

#[tokio::test]
async fn of_64_guesses_at_once_five_are_checked() {
    let server = TestServer::start().await;
    let alice = person_with_code(&server).await;
    let verdicts = join_all((0..64).map(|_| check(&server, &alice, "tv", "wrong"))).await;
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == "wrong").count(), 5, "{verdicts:?}");
}
