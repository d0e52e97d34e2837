//! Wrong clocks: a node whose clock others contradict deletes nothing and makes no keys.

use std::sync::Arc;
use std::time::Duration;

use grantor::app::App;
use grantor::clock::{Clock, ManualClock};
use grantor::clock_watch::ClockVerdict;
use grantor::server::Server;
use grantor::store::db::Engine;
use grantor::work::purge::{Pass, pass};

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine};
use crate::support::server::purging;
use crate::support::{Operator, TestServer};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

/// Another node on the database of `server`, with a clock of its own.
async fn other_node(server: &TestServer, clock: &ManualClock) -> Arc<App> {
    let config = TestServer::config(&server.database, &[]);
    Server::bind(config, Clock::Manual(clock.clone())).await.expect("a node").app()
}

async fn purged(app: &App) -> Pass {
    pass(&purging(app, "test"), app.live_sessions(app.now())).await.expect("the database")
}

/// Lets 10 seconds pass at both nodes. The healthy node renews its time, and then the server looks and answers /readyz.
async fn ten_seconds(server: &TestServer, healthy: &App, clock: &ManualClock) -> (u16, String) {
    for clock in [clock, &server.clock] {
        clock.advance(10 * SECOND);
    }
    healthy.clock_watch.look().await.expect("the database");
    let _ = server.app.readiness.look().await;
    let answer = server.get("/readyz").await;
    (answer.status.as_u16(), answer.body)
}

/// What a node with a wrong clock must neither delete nor make.
async fn rows(server: &TestServer) -> [i64; 4] {
    [
        server.number("SELECT COUNT(*) FROM sessions").await,
        server.number("SELECT COUNT(*) FROM grants WHERE revoked_at IS NULL").await,
        server.number("SELECT COUNT(*) FROM codes").await,
        server.number("SELECT COUNT(*) FROM signing_keys").await,
    ]
}

type Setting = fn(&ManualClock, Duration);

/// How a clock is set wrong, and how it is set right again.
fn ways(is_ahead: bool) -> (Setting, Setting) {
    match is_ahead {
        true => (ManualClock::set_ahead, ManualClock::set_back),
        false => (ManualClock::set_back, ManualClock::set_ahead),
    }
}

#[tokio::test]
async fn a_node_whose_clock_is_wrong_deletes_nothing_makes_no_keys_and_is_not_ready() {
    for (is_ahead, by) in [(true, 400 * DAY), (true, 120 * SECOND), (false, 120 * SECOND), (false, 400 * DAY)]
    {
        let server = TestServer::start().await;
        let (web, mut alice) = (server.web().await, server.alice().await);
        web.redeem_by_hand(&web.code(&mut alice).await).await;
        let clock = ManualClock::starting_now();
        let healthy = other_node(&server, &clock).await;
        assert_eq!(ten_seconds(&server, &healthy, &clock).await.0, 200);
        let before = rows(&server).await;
        let (set, set_right) = ways(is_ahead);
        set(&server.clock, by);
        ten_seconds(&server, &healthy, &clock).await;
        let (status, body) = ten_seconds(&server, &healthy, &clock).await;
        assert_eq!((status, body.contains("clock")), (503, true), "{body}");
        let passed = purged(&server.app).await;
        assert!(matches!(passed, Pass::Clock(ClockVerdict::Differs { .. })), "{passed:?}");
        server.get("/jwks").await;
        assert!(!server.app.clock_watch.look().await.unwrap().may_make_keys());
        // A process that starts with the wrong clock makes no keys either.
        let wrong = ManualClock::starting_now();
        set(&wrong, 400 * DAY);
        let started = other_node(&server, &wrong).await;
        assert!(!started.clock_watch.verdict().may_delete());
        assert_eq!(rows(&server).await, before);
        // The other node goes on, and no wrong time was written.
        assert!(matches!(purged(&healthy).await, Pass::Purged(_)));
        assert_eq!(server.number("SELECT MAX(time) FROM node_clocks").await, healthy.now().as_unix());
        set_right(&server.clock, by);
        assert_eq!(ten_seconds(&server, &healthy, &clock).await.0, 200);
    }
}

#[tokio::test]
async fn clocks_that_are_less_than_a_minute_apart_agree() {
    let server = TestServer::start().await;
    let clock = ManualClock::starting_now();
    let healthy = other_node(&server, &clock).await;
    server.clock.set_ahead(45 * SECOND);
    for _ in 0..3 {
        assert_eq!(ten_seconds(&server, &healthy, &clock).await.0, 200);
    }
    assert!(matches!(purged(&server.app).await, Pass::Purged(_)));
}

#[tokio::test]
async fn a_wrong_time_and_leases_that_a_dead_node_left_keep_no_one_from_starting_and_purging() {
    let server = TestServer::start().await;
    server.sql("INSERT INTO node_clocks (node, time) VALUES ('dead', 9999999999)").await;
    server.sql("INSERT INTO leases (name, holder, expires_at) VALUES ('purge', 'dead', 9999999999)").await;
    let clock = ManualClock::starting_now();
    let other = other_node(&server, &clock).await;
    clock.advance(39 * SECOND);
    if engine() == Engine::Sqlite {
        assert_eq!(purged(&other).await, Pass::Clock(ClockVerdict::Unclear), "it may still run");
    }
    clock.advance(SECOND);
    assert!(matches!(purged(&other).await, Pass::Purged(_)));

    let serving = node(&server, &[]);
    let ready = server.browser().get(&format!("{}/readyz", serving.url)).await;
    assert_eq!(ready.status, 200, "{ready:?}");
    let (_, log) = serving.stop();
    assert!(
        log.contains("the node dead left the time 2286-11-20") && log.contains("grantor clock forget"),
        "{log}"
    );
    let reply = Operator::of(&server).done(&["clock", "forget"]);
    assert!(reply.starts_with("forgot the times of "), "{reply}");
    assert_eq!(server.number("SELECT COUNT(*) FROM node_clocks WHERE node = 'dead'").await, 0);
}

#[tokio::test]
async fn a_single_node_whose_clock_jumped_ahead_by_more_than_a_day_waits_an_hour_before_it_deletes() {
    // The clock of a node and that of PostgreSQL on its machine would have to jump together.
    if engine() == Engine::Postgres {
        return;
    }
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    web.redeem_by_hand(&web.code(&mut alice).await).await;
    let before = rows(&server).await;
    server.clock.set_ahead(400 * DAY);
    for seconds in [0, 3599] {
        server.clock.advance(seconds * SECOND);
        assert!(matches!(purged(&server.app).await, Pass::Clock(ClockVerdict::Jumped { .. })));
        assert_eq!(server.get("/readyz").await.status, 200);
    }
    assert_eq!(rows(&server).await[..3], before[..3]);
    server.clock.advance(SECOND);
    assert!(matches!(purged(&server.app).await, Pass::Purged(_)));
    assert_eq!(rows(&server).await[0], 0);
}

#[tokio::test]
async fn after_a_restart_a_clock_is_compared_with_what_was_written_last() {
    if engine() == Engine::Postgres {
        return;
    }
    let (database, clock) = (TestDatabase::fresh(engine()).await, ManualClock::starting_now());
    let start = async || {
        let config = TestServer::config(&database, &[]);
        Server::bind(config, Clock::Manual(clock.clone())).await.expect("a node").app()
    };
    let before = start().await;
    before.db.write(async |tx| tx.query("UPDATE node_clocks SET time = 1").execute().await).await.unwrap();
    let restarted = start().await;
    assert_eq!(purged(&restarted).await, Pass::Clock(ClockVerdict::Unclear));
    clock.advance(40 * SECOND);
    assert!(matches!(purged(&restarted).await, Pass::Clock(ClockVerdict::Jumped { .. })));
}

#[tokio::test]
async fn time_that_has_passed_is_no_jump() {
    let server = TestServer::start().await;
    server.clock.advance(400 * DAY);
    assert!(matches!(purged(&server.app).await, Pass::Purged(_)));
}

#[tokio::test]
async fn commands_that_delete_or_make_keys_refuse_a_clock_that_a_running_node_contradicts() {
    // The clock of a command in a test is that of PostgreSQL's machine.
    if engine() == Engine::Postgres {
        return;
    }
    let server = TestServer::start().await;
    server.clock.set_ahead(3600 * SECOND);
    let operator = Operator::of(&server);
    let refused = std::thread::spawn(move || {
        [&["purge"][..], &["key", "rotate"]].map(|command| operator.refused(command))
    });
    while !refused.is_finished() {
        server.clock.advance(SECOND);
        server.app.clock_watch.look().await.unwrap();
    }
    for sentence in refused.join().unwrap() {
        assert!(
            sentence.contains("behind that of the node") && sentence.contains("nothing was changed"),
            "{sentence}"
        );
    }
}
