//! The purge: ended rows are deleted, and what could still be replayed is kept.

use std::time::Duration;

use grantor::clock::Seconds;
use grantor::oauth::client::GrantType;
use grantor::store::db::Engine;
use grantor::store::expired::ExpiringTable;
use grantor::work::purge::{Pass, Purged, backlog, pass};
use grantor::work::{activity, audit};
use serde_json::json;

use crate::support::database::engine;
use crate::support::process::ServerProcess;
use crate::support::relying_party::Registration;
use crate::support::server::purging;
use crate::support::{Application, Browser, Operator, TestServer};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

async fn purge(server: &TestServer) -> u64 {
    let live = server.app.live_sessions(server.app.now());
    let purged = async {
        loop {
            match pass(&purging(&server.app, "test"), live).await.unwrap() {
                Pass::Purged(purged) => return purged.rows,
                // The server purges by itself, too.
                Pass::AnotherNode => tokio::task::yield_now().await,
                other => panic!("it does not purge: {other:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), purged).await.expect("the server's own purge ends")
}

async fn rows(server: &TestServer) -> i64 {
    let retention = server.app.config.audit.retention.seconds();
    let found = backlog(&server.app.db, retention, server.app.now()).await.unwrap();
    // These are written beside the requests, at any time.
    let beside = [
        ExpiringTable::Events,
        ExpiringTable::Refusals,
        ExpiringTable::HourlyCounts,
        ExpiringTable::ClientActivity,
    ];
    found.iter().filter(|found| !beside.contains(&found.table)).map(|found| found.rows).sum()
}

/// An application that may have offline access, and a signed-in person.
async fn signed_in(server: &TestServer) -> (Application, Browser) {
    (server.offline_web().await, server.alice().await)
}

/// A code for offline access.
async fn offline_code(web: &Application, alice: &mut Browser) -> String {
    alice.authorize(&web.url_with(&[("scope", "read offline_access")])).await.get("code")
}

#[tokio::test]
async fn ended_rows_are_deleted_and_live_ones_are_kept() {
    let server = TestServer::start().await;
    let (web, mut alice) = signed_in(&server).await;
    let (code, unused) = (offline_code(&web, &mut alice).await, offline_code(&web, &mut alice).await);
    let tokens = web.redeem_by_hand(&code).await;
    web.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    assert_eq!(purge(&server).await, 0, "nothing has ended yet");
    server.clock.advance(Duration::from_secs(DAY + 2 * HOUR));
    assert!(purge(&server).await > 0);
    web.redeem_by_hand(&unused).await.assert_json_error(400, "invalid_grant", "code.unknown");
    for (query, left) in [
        ("SELECT COUNT(*) FROM codes", 1),
        ("SELECT COUNT(*) FROM access_tokens", 0),
        ("SELECT COUNT(*) FROM flows", 0),
        ("SELECT COUNT(*) FROM grants", 1),
        ("SELECT COUNT(*) FROM sessions", 0),
    ] {
        assert_eq!(server.number(query).await, left, "{query}");
    }
    assert_eq!(web.refresh_by_hand(&tokens.get("refresh_token")).await.status, 200);
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
}

#[tokio::test]
async fn a_code_whose_grant_lives_does_not_count_as_deleted() {
    let server = TestServer::start().await;
    let (web, mut alice) = signed_in(&server).await;
    let code = offline_code(&web, &mut alice).await;
    let refresh = web.redeem_by_hand(&code).await.get("refresh_token");
    server.clock.advance(Duration::from_secs(21 * DAY));
    web.refresh_by_hand(&refresh).await;
    purge(&server).await;
    server.clock.advance(Duration::from_secs(21 * DAY));
    let before = rows(&server).await;
    let deleted = i64::try_from(purge(&server).await).unwrap();
    let left = server.number("SELECT COUNT(*) FROM codes").await;
    assert_eq!((deleted, left), (before - rows(&server).await, 1));
}

#[tokio::test]
async fn a_replay_is_recognized_while_the_issued_tokens_live() {
    let server = TestServer::start().await;
    let tv = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]).offline();
    let tv = server.register(tv).await;
    let (web, mut alice) = signed_in(&server).await;
    let (code, left_alone) = (offline_code(&web, &mut alice).await, offline_code(&web, &mut alice).await);
    let mut refresh = web.redeem_by_hand(&code).await.get("refresh_token");
    web.redeem_by_hand(&left_alone).await;
    let device_code = tv.device_code(&mut alice, &[("scope", "read offline_access")]).await;
    let form = [("grant_type", GrantType::DeviceCode.as_str()), ("device_code", device_code.as_str())];
    let mut on_tv = tv.token(&form).await.get("refresh_token");
    // For half a year both are used every three weeks.
    for _ in 0..8 {
        server.clock.advance(Duration::from_secs(21 * DAY));
        purge(&server).await;
        refresh = web.refresh_by_hand(&refresh).await.get("refresh_token");
        on_tv = tv.refresh_by_hand(&on_tv).await.get("refresh_token");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM codes").await, 1, "the other chain ended long ago");
    web.redeem_by_hand(&left_alone).await.assert_json_error(400, "invalid_grant", "code.unknown");
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
    let ended = web.refresh_by_hand(&refresh).await;
    ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    tv.token(&form).await.assert_json_error(400, "invalid_grant", "device_code.replayed");
    let ended = tv.refresh_by_hand(&on_tv).await;
    ended.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn one_node_at_a_time_purges_and_another_takes_over_when_it_dies() {
    let server = TestServer::start().await;
    let now = server.app.now();
    let purge = async |holder: &str, now| {
        pass(&purging(&server.app, holder), server.app.live_sessions(now)).await.unwrap()
    };
    assert_eq!(purge("one", now).await, Pass::Purged(Purged::default()));
    assert_eq!(purge("two", now).await, Pass::AnotherNode);
    let text = Operator::of(&server).refused(&["purge"]);
    assert!(text.contains("another process is deleting now"), "{text}");
    assert_eq!(
        purge("one", now + Seconds::new(60)).await,
        Pass::Purged(Purged::default()),
        "it keeps the lease"
    );
    assert_eq!(purge("two", now + Seconds::new(179)).await, Pass::AnotherNode);
    assert_eq!(purge("two", now + Seconds::new(180)).await, Pass::Purged(Purged::default()));
    assert_eq!(purge("one", now + Seconds::new(181)).await, Pass::AnotherNode);
}

#[tokio::test]
async fn under_a_steady_load_the_database_does_not_grow() {
    let server = TestServer::start_with(&[
        ("tokens.refresh_token_idle_lifetime", "4d"),
        ("tokens.refresh_token_lifetime", "12d"),
        ("sessions.lifetime", "2d"),
        ("audit.retention", "10d"),
    ])
    .await;
    let (web, service) = (server.offline_web().await, server.service().await);
    server.user("alice").await;
    let mut chains: Vec<String> = Vec::new();
    let mut measured = Vec::new();
    // Sixty days, four times a day: one person signs in, three applications refresh, a service gets a token, one person
    // gives up.
    for _ in 0..240 {
        let mut browser = server.browser();
        chains.push(web.offline_token(&mut browser).await);
        for chain in chains.iter_mut().rev().take(3) {
            *chain = web.refresh_by_hand(chain).await.get("refresh_token");
        }
        service.client_credentials().await;
        web.code(&mut browser).await;
        server.browser().open(&web.url_with(&[])).await;
        server.clock.advance(Duration::from_secs(6 * HOUR));
        audit::pass(&server.app).await.unwrap();
        // By itself it stores once a minute, which only a slow machine would see.
        activity::store(&server.app).await;
        purge(&server).await;
        measured.push((rows(&server).await, pages(&server).await));
    }
    let most = |range: std::ops::Range<usize>| {
        let part = measured.get(range).expect("rounds");
        (part.iter().map(|(rows, _)| *rows).max(), part.iter().map(|(_, pages)| *pages).max())
    };
    let (before, after) = (most(80..160), most(160..240));
    let course: Vec<_> = (0..12).map(|part| most(part * 20..part * 20 + 20)).collect();
    // Random keys fill the pages of an index more or less well. One row more in each round would be at least four pages.
    let room = before.1.map(|pages| pages + 2);
    assert!(after.0 <= before.0 && after.1 <= room, "{before:?} became {after:?}: {course:?}");
}

/// The size of the database file in pages; 0 on PostgreSQL, whose vacuum works on its own schedule.
async fn pages(server: &TestServer) -> i64 {
    match engine() {
        Engine::Sqlite => server.number("SELECT page_count FROM pragma_page_count()").await,
        Engine::Postgres => 0,
    }
}

#[tokio::test]
async fn a_large_backlog_is_deleted_in_steps_and_the_command_shows_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
             INSERT INTO revoked_tokens (id, expires_at) SELECT CAST(i AS TEXT), i FROM n",
        )
        .await;
    server.sql("INSERT INTO revoked_tokens (id, expires_at) VALUES ('lives', 9999999999)").await;
    let shown = operator.json(&["purge", "--dry-run"]);
    let found = shown.as_array().unwrap().iter().find(|found| found["table"] == "revoked_tokens");
    assert_eq!(found.unwrap(), &json!({ "table": "revoked_tokens", "rows": 1301, "ended": 1300 }));
    assert!(operator.done(&["purge", "--dry-run"]).contains("revoked_tokens        1301  1300"));
    assert_eq!(operator.done(&["purge"]), "deleted 1300 rows that have ended\n");
    assert_eq!(server.number("SELECT COUNT(*) FROM revoked_tokens").await, 1);
}

#[tokio::test]
async fn a_server_purges_by_itself() {
    let server = TestServer::start().await;
    let directory = server.database.directory.path();
    let (config, key_file) =
        (directory.join("node.toml"), directory.join("grantor.key").display().to_string());
    std::fs::write(&config, "").unwrap();
    server.sql("INSERT INTO revoked_tokens (id, expires_at) VALUES ('old', 1)").await;
    let environment = [
        ("GRANTOR_DATABASE__URL", server.database.url.as_str()),
        ("GRANTOR_KEYS__MASTER_KEY_FILE", key_file.as_str()),
        ("GRANTOR_PURGE__EVERY", "1s"),
    ];
    let serving = ServerProcess::start(directory, &config, &environment);
    while server.number("SELECT COUNT(*) FROM revoked_tokens").await > 0 {
        tokio::task::yield_now().await;
    }
    serving.terminate();
}
