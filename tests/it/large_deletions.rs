//! Deleting much: it goes in steps, so that no one who writes at the same time waits for the end of it.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all, select};
use grantor::oauth::id::{ClientId, UserId};
use grantor::operations::Context;
use grantor::operations::actor::Actor;
use grantor::operations::scope_deletion::{self, InUse};
use grantor::operations::users::{self, HashedPassword};
use grantor::operations::{clients, password_links, sessions};
use grantor::secret::Secret;
use grantor::store::db::Engine;
use reqwest::Method;

use crate::api::Api;
use crate::support::database::{engine, statement_on};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

/// The numbers from 1 to 50,000.
const NUMBERS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)";

/// Writes small things one after another until `large` is done. Returns its result.
///
/// # Panics
/// Panics if one of these writes waits for a quarter of the time of `large`: each waits for at most one step of it, but for
/// nearly all of it if it were a single transaction.
async fn beside<T>(server: &TestServer, large: impl Future<Output = T>) -> T {
    let write = async || server.sql("UPDATE leases SET expires_at = 0 WHERE name = 'nothing'").await;
    // The first one opens a connection.
    write().await;
    let (began, is_done, longest) = (Instant::now(), AtomicBool::new(false), Cell::new(Duration::ZERO));
    let large = async {
        let result = large.await;
        is_done.store(true, Ordering::Relaxed);
        result
    };
    let small = async {
        while !is_done.load(Ordering::Relaxed) {
            let asked = Instant::now();
            write().await;
            longest.set(longest.get().max(asked.elapsed()));
        }
    };
    let (result, ()) = join(large, small).await;
    let (longest, all) = (longest.get(), began.elapsed());
    assert!(longest * 4 < all, "another write waited for {longest:?} of {all:?}");
    result
}

/// A person who has given the application one grant with an opaque access token. Returns the token.
async fn granted(server: &TestServer) -> (Application, Browser, String) {
    let (web, mut alice) = (server.web().await, server.alice().await);
    let tokens = web.redeem_by_hand(&alice.authorize(&web.url_with(&[])).await.get("code")).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    (web, alice, tokens.get("access_token"))
}

/// Copies every grant 50,000 times.
async fn many_grants(server: &TestServer) {
    let copy = "INSERT INTO grants (id, client_id, user_id, session_id, granted, offline_access, auth_time, amr, created_at,
                                    refresh_generation, rotated_at, idle_expires_at, expires_at, purge_after)";
    let rows =
        "SELECT 'copy ' || i || id, client_id, user_id, session_id, granted, offline_access, auth_time, amr,
                       created_at, refresh_generation, rotated_at, idle_expires_at, expires_at, purge_after
                FROM n, grants";
    statement_on(&server.database.url, &format!("{copy} {NUMBERS} {rows}")).await;
}

/// Copies every opaque access token 50,000 times, under hashes that no token has.
async fn many_access_tokens(server: &TestServer) {
    let hash = match engine() {
        Engine::Sqlite => "randomblob(32)",
        Engine::Postgres => "sha256(convert_to('copy ' || i, 'UTF8'))",
    };
    let copy =
        "INSERT INTO access_tokens (hash, client_id, user_id, grant_id, granted, issued_at, expires_at)";
    let rows = format!("SELECT {hash}, client_id, user_id, grant_id, granted, issued_at, expires_at");
    statement_on(&server.database.url, &format!("{copy} {NUMBERS} {rows} FROM n, access_tokens")).await;
}

/// The context for operations of the server itself.
fn by_the_server(server: &TestServer) -> Context<'_> {
    server.app.operations(server.app.now(), Actor::server())
}

async fn count(server: &TestServer, query: &'static str) -> i64 {
    server.number(query).await
}

#[tokio::test]
async fn a_client_with_much_is_deleted_in_steps() {
    let server = TestServer::start().await;
    let (_web, mut alice, token) = granted(&server).await;
    many_access_tokens(&server).await;
    many_grants(&server).await;
    let other = server.spa().await;
    let kept = other.redeem_by_hand(&alice.authorize(&other.url_with(&[])).await.get("code")).await;
    let (context, id) = (by_the_server(&server), ClientId::new("web"));
    let deleted = beside(&server, clients::delete(&context, &id)).await;
    assert_eq!(deleted.unwrap().outcome, 50_001);
    for (query, left) in [
        ("SELECT COUNT(*) FROM clients WHERE id = 'web'", 0),
        ("SELECT COUNT(*) FROM consents WHERE client_id = 'web'", 0),
        ("SELECT COUNT(*) FROM access_tokens WHERE client_id = 'web'", 0),
        ("SELECT COUNT(*) FROM grants WHERE client_id = 'web' AND revoked_at IS NULL", 0),
        ("SELECT COUNT(*) FROM grants WHERE revoked_for = 'client.deleted'", 50_001),
    ] {
        assert_eq!(count(&server, query).await, left, "{query}");
    }
    assert_eq!(server.user_info(&token).await.status, 401);
    assert_eq!(
        server.user_info(&kept.get("access_token")).await.status,
        403,
        "another client's: it has no openid"
    );
}

#[tokio::test]
async fn a_deletion_that_was_interrupted_leaves_the_client_disabled_and_is_finished_by_the_next_one() {
    let server = TestServer::start().await;
    let (web, mut alice, _) = granted(&server).await;
    many_grants(&server).await;
    let (context, id) = (by_the_server(&server), ClientId::new("web"));
    let some_are_gone = async {
        let query = "SELECT COUNT(*) FROM grants WHERE revoked_at IS NOT NULL";
        while count(&server, query).await == 0 {}
    };
    let deletion = clients::delete(&context, &id);
    // The deletion is dropped in the middle, as if its process had died.
    drop(select(Box::pin(deletion), Box::pin(some_are_gone)).await);
    assert!(count(&server, "SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await > 0);
    let operator = Operator::of(&server);
    assert_eq!(operator.json(&["client", "show", "web"])["disabled"], true);
    let refused = web.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert_eq!(alice.get(&web.url_with(&[])).await.status, 400, "nothing new begins");

    operator.run(&["client", "delete", "web", "--yes"]);
    assert_eq!(count(&server, "SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0);
    assert_eq!(count(&server, "SELECT COUNT(*) FROM clients WHERE id <> 'grantor-console'").await, 0);
}

#[tokio::test]
async fn a_change_of_a_client_does_not_stop_its_deletion() {
    for change in ["--name=New", "--enable"] {
        let server = TestServer::start().await;
        let (web, mut alice, _) = granted(&server).await;
        many_grants(&server).await;
        let (context, id) = (by_the_server(&server), ClientId::new("web"));
        let operator = Operator::of(&server);
        let changed = async {
            let query = "SELECT COUNT(*) FROM grants WHERE revoked_at IS NOT NULL";
            while count(&server, query).await == 0 {}
            operator.run(&["client", "update", "web", change]);
            // If the client is enabled now, it gets something new.
            alice.get(&web.url_with(&[])).await;
        };
        let (deleted, ()) = join(clients::delete(&context, &id), changed).await;
        assert!(deleted.is_ok(), "{change}: {deleted:?}");
        for query in [
            "SELECT COUNT(*) FROM clients WHERE id = 'web'",
            "SELECT COUNT(*) FROM grants WHERE client_id = 'web' AND revoked_at IS NULL",
        ] {
            assert_eq!(count(&server, query).await, 0, "{change}: {query}");
        }
    }
}

#[tokio::test]
async fn of_deletions_at_the_same_time_one_deletes_and_the_others_find_nothing() {
    let server = TestServer::start().await;
    server.service().await;
    let api = Api::owner(&server).await;
    let answers = join_all((0..8).map(|_| api.delete("/clients/service"))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404], "{answers:?}");
    assert_eq!(count(&server, "SELECT COUNT(*) FROM events WHERE act = 'client.deleted'").await, 1);
}

#[tokio::test]
async fn a_user_with_much_gets_another_password_in_steps() {
    let server = TestServer::start().await;
    let (web, mut alice, token) = granted(&server).await;
    many_grants(&server).await;
    let code = alice.authorize(&web.url_with(&[])).await.get("code");
    let context = by_the_server(&server);
    let password = HashedPassword::new(
        &server.app.passwords,
        server.app.config.passwords.policy(),
        Secret::new("another password".into()),
        &[],
    )
    .await;
    let set = users::set_password(&context, "alice", password.ok().unwrap());
    let set = beside(&server, set).await;
    let ending = set.unwrap().outcome;
    assert_eq!((ending.sessions_ended, ending.grants_revoked), (1, 50_001));
    assert_eq!(count(&server, "SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0);
    assert_eq!(server.user_info(&token).await.status, 401);
    assert_eq!(web.redeem_by_hand(&code).await.status, 400);
    assert!(alice.open(&web.url_with(&[])).await.is_sign_in());
}

#[tokio::test]
async fn a_link_of_a_user_with_much_is_used_once_after_all_steps() {
    let server = TestServer::start().await;
    let (web, mut alice, token) = granted(&server).await;
    many_grants(&server).await;
    let context = by_the_server(&server);
    let link = password_links::create(&context, "alice").await.unwrap().outcome;
    let policy = server.app.config.passwords.policy();
    let password = Secret::new("another password".into());
    let password = HashedPassword::new(&server.app.passwords, policy, password, &[]).await.ok().unwrap();
    let redeem = || password_links::redeem(&context, link.token.expose(), password.clone());
    let (first, second) = join(redeem(), redeem()).await;
    assert_eq!([&first, &second].iter().filter(|done| done.is_ok()).count(), 1, "{first:?} {second:?}");
    assert_eq!(count(&server, "SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0);
    assert_eq!(server.user_info(&token).await.status, 401);
    assert!(alice.open(&web.url_with(&[])).await.is_sign_in());
    assert!(password_links::find(&context, link.token.expose()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_with_much_ends_at_once_and_its_grants_in_steps() {
    let server = TestServer::start().await;
    let (web, mut alice, token) = granted(&server).await;
    many_grants(&server).await;
    let operator = Operator::of(&server);
    let user = operator.json(&["user", "show", "alice"])["id"].as_str().unwrap().to_owned();
    let session = operator.json(&["session", "list"])[0]["id"].as_str().unwrap().to_owned();
    operator.run(&["session", "end", &session]);
    assert_eq!(count(&server, "SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await, 0);
    assert_eq!(server.user_info(&token).await.status, 401);
    assert!(alice.open(&web.url_with(&[])).await.is_sign_in());

    let insert = "INSERT INTO sessions (cookie_hash, id, user_id, auth_time, amr, last_seen_at, expires_at)";
    let hash = match engine() {
        Engine::Sqlite => "randomblob(32)",
        Engine::Postgres => "sha256(convert_to('session ' || i, 'UTF8'))",
    };
    let rows = format!(
        "SELECT {hash}, 'session ' || i, '{user}', 1700000000, 'pwd', 4000000000, 4000000000 FROM n WHERE i <= 2000"
    );
    statement_on(&server.database.url, &format!("{insert} {NUMBERS} {rows}")).await;
    let context = by_the_server(&server);
    let user = UserId::new(user);
    let ended = sessions::end_of_user(&context, &user);
    let ended = beside(&server, ended).await;
    assert_eq!(ended.unwrap().outcome, 2000);
}

#[tokio::test]
async fn a_scope_that_many_people_have_allowed_is_deleted_in_steps() {
    let server = TestServer::start().await;
    let (web, mut alice, _) = granted(&server).await;
    many_grants(&server).await;
    let before =
        count(&server, "SELECT COUNT(*) FROM grants WHERE REPLACE(granted, 'read', '') <> granted").await;
    assert_eq!(before, 50_001);
    let context = by_the_server(&server);
    let deleted = beside(&server, scope_deletion::delete(&context, "read", InUse::TakeAway)).await;
    assert_eq!(deleted.unwrap().outcome, [ClientId::new("web")]);
    for table in [
        "SELECT COUNT(*) FROM grants WHERE REPLACE(granted, 'read', '') <> granted",
        "SELECT COUNT(*) FROM consents WHERE REPLACE(granted, 'read', '') <> granted",
        "SELECT COUNT(*) FROM scopes WHERE name = 'read'",
    ] {
        assert_eq!(count(&server, table).await, 0, "{table}");
    }
    let refused: Answer = alice.request(Method::GET, &web.url_with(&[("scope", "read")]), &[], "").await;
    assert_eq!(refused.get("error"), "invalid_scope", "{refused:?}");
}
