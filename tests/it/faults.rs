//! Failures around the server under load: it answers in time and truthfully, loses nothing that it has answered, and
//! recovers without help.
//!
//! With `TEST_SOAK=1` each failure lasts as long as a real outage.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantor::store::db::Engine;
use url::Url;

use crate::support::cluster::{node, node_by};
use crate::support::database::{TestDatabase, engine, statement_on};
use crate::support::load::Load;
use crate::support::postgres::OwnPostgres;
use crate::support::process::ServerProcess;
use crate::support::proxy::{Proxy, ProxyMode, by_way_of};
use crate::support::relying_party::Registration;
use crate::support::server::readiness;
use crate::support::{Answer, Application, TestServer, left_out};

/// How long something lasts: `short` in CI, `long` in a soak run.
fn span(short: u64, long: u64) -> Duration {
    Duration::from_secs(if std::env::var("TEST_SOAK").is_ok() { long } else { short })
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// Fetches tokens one after the other until it is stopped. Returns the tokens.
async fn fetch(app: &Application, stop: &AtomicBool) -> Vec<String> {
    let mut held = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let answer = app.try_token(&[GRANT]).await;
        match answer {
            Some(answer) if answer.status == 200 => held.push(answer.get("access_token")),
            Some(answer) => answer.assert_is_away(),
            // The process was killed while it answered.
            None => tokio::task::yield_now().await,
        }
    }
    held
}

#[tokio::test]
async fn a_node_killed_under_load_loses_nothing_that_it_answered() {
    let server = TestServer::start().await;
    let service = server.service().await;
    for _ in 0..3 {
        let mut node = node(&server, &[]);
        let there = service.at(&node.url);
        let (stop, there) = (Arc::new(AtomicBool::new(false)), Arc::new(there));
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let (there, stop) = (there.clone(), stop.clone());
                tokio::spawn(async move { fetch(&there, &stop).await })
            })
            .collect();
        let before = server.number("SELECT COUNT(*) FROM access_tokens").await;
        while server.number("SELECT COUNT(*) FROM access_tokens").await < before + 200 {
            tokio::task::yield_now().await;
        }
        node.child.kill().unwrap();
        node.child.wait().unwrap();
        stop.store(true, Ordering::Relaxed);
        let held: Vec<String> =
            join_all(callers).await.into_iter().flat_map(|held| held.expect("a caller")).collect();
        assert!(held.len() > 100, "{}", held.len());
        // A new node has no caches, as after a restart.
        for token in &held {
            assert_eq!(service.introspect(token).await["active"], true, "a token that was answered is there");
        }
    }
}

#[tokio::test]
async fn a_code_that_was_redeemed_stays_redeemed_when_the_node_is_killed() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    for _ in 0..3 {
        let mut node = node(&server, &[]);
        let there = web.at(&node.url);
        let mut codes = Vec::new();
        for _ in 0..24 {
            codes.push(web.code(&mut alice).await);
        }
        let before = server.number("SELECT COUNT(*) FROM grants").await;
        let load = Load::default();
        let redeem = async |code: &str| {
            let answer = there.try_token(&web.redemption(code)).await;
            if answer.as_ref().is_some_and(|answer| answer.status == 200) {
                load.count();
            }
            answer
        };
        let kill = async {
            // Some codes are redeemed in the database, and at least one was answered.
            load.has_more(1).await;
            while server.number("SELECT COUNT(*) FROM grants").await < before + 6 {
                tokio::task::yield_now().await;
            }
            node.child.kill().unwrap();
        };
        let (answers, ()) = tokio::join!(join_all(codes.iter().map(|code| redeem(code))), kill);
        let won = answers.iter().flatten().filter(|answer| answer.status == 200).count();
        for (code, answer) in codes.iter().zip(&answers) {
            let again = web.redeem_by_hand(code).await;
            let was_answered = answer.as_ref().is_some_and(|answer| answer.status == 200);
            // Without an answer the code may have been redeemed or not; with an answer it has been.
            assert!(again.status == 400 || (again.status == 200 && !was_answered), "{again:?}");
        }
        assert!(won >= 1, "{answers:?}");
    }
}

/// A server with a proxy before its PostgreSQL; `None` on SQLite, which is a file.
async fn behind_a_proxy(options: &[(&str, &str)]) -> Option<(TestServer, Proxy)> {
    if engine() == Engine::Sqlite {
        return None;
    }
    let mut database = TestDatabase::fresh(Engine::Postgres).await;
    let url = Url::parse(&database.url).unwrap();
    let target = url.socket_addrs(|| Some(5432)).unwrap()[0];
    let proxy = Proxy::before(target).await;
    database.url = by_way_of(&database.url, proxy.address());
    Some((TestServer::start_on(database, options).await, proxy))
}

/// Asks until there is a token. Returns how long that took.
async fn recovery(app: &Application) -> Duration {
    let began = Instant::now();
    while app.token(&[GRANT]).await.status != 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "it does not recover");
    }
    began.elapsed()
}

#[tokio::test]
async fn during_a_database_outage_every_answer_says_so_and_afterwards_all_works() {
    let Some((server, proxy)) = behind_a_proxy(&[("http.deadline", "3s")]).await else { return };
    let service = server.service().await;
    let before = service.token(&[GRANT]).await.get("access_token");
    for mode in [ProxyMode::Gone, ProxyMode::Stuck] {
        proxy.set(mode);
        server.readiness(503).await;
        let ends = Instant::now() + span(4, 30);
        while Instant::now() < ends {
            let began = Instant::now();
            let calls = (0..8).map(|_| service.token(&[GRANT]));
            let (answers, ready, live) =
                tokio::join!(join_all(calls), server.get("/readyz"), server.get("/healthz"));
            answers.iter().for_each(Answer::assert_is_away);
            assert_eq!((ready.status.as_u16(), live.status.as_u16()), (503, 200), "{mode:?}");
            assert!(began.elapsed() < Duration::from_millis(3500), "{mode:?}: {:?}", began.elapsed());
        }
        proxy.set(ProxyMode::Fine);
        recovery(&service).await;
        server.readiness(200).await;
        assert_eq!(service.introspect(&before).await["active"], true, "{mode:?}");
    }
}

#[tokio::test]
async fn keys_and_metadata_outlast_the_database_for_as_long_as_applications_keep_them() {
    let Some((server, proxy)) = behind_a_proxy(&[("http.deadline", "4s")]).await else { return };
    let discovery = "/.well-known/openid-configuration";
    let kept = [(discovery, 300), ("/jwks", 3600)];
    let mut before = Vec::new();
    for (path, max_age) in kept {
        let answer = server.get(path).await;
        assert_eq!(answer.header("cache-control"), format!("public, max-age={max_age}"));
        before.push(answer.body);
    }
    let mut passed = 0;
    for (mode, (path, max_age), before) in
        [(ProxyMode::Gone, kept[0], &before[0]), (ProxyMode::Stuck, kept[1], &before[1])]
    {
        proxy.set(mode);
        server.readiness(503).await;
        server.clock.advance(Duration::from_secs(max_age - 10 - passed));
        let began = Instant::now();
        let answer = server.get(path).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, before), "{path}");
        assert!(began.elapsed() < Duration::from_secs(3), "{path}: {:?}", began.elapsed());
        assert_eq!(answer.header("cache-control"), "public, max-age=10", "{path}");
        server.clock.advance(Duration::from_secs(9));
        assert_eq!(server.get(path).await.header("cache-control"), "public, max-age=1", "{path}");
        server.clock.advance(Duration::from_secs(1));
        // What was read within the last second counts as current.
        let began = Instant::now();
        let mut answer = server.get(path).await;
        while answer.status == 200 && began.elapsed() < Duration::from_secs(5) {
            answer = server.get(path).await;
        }
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"), "{path}");
        passed = max_age;
    }
    proxy.set(ProxyMode::Fine);
    for (path, max_age) in kept {
        server.readiness(200).await;
        assert_eq!(server.get(path).await.header("cache-control"), format!("public, max-age={max_age}"));
    }
}

#[tokio::test]
async fn a_recovering_database_is_not_flooded_with_connections() {
    let Some((server, proxy)) = behind_a_proxy(&[("database.connections", "8")]).await else { return };
    let service = server.service().await;
    proxy.set(ProxyMode::Gone);
    // The server finds out that every open connection is broken.
    for _ in 0..4 {
        join_all((0..8).map(|_| service.token(&[GRANT]))).await.iter().for_each(Answer::assert_is_away);
    }
    let (began, before) = (Instant::now(), proxy.met());
    for _ in 0..50 {
        join_all((0..8).map(|_| service.token(&[GRANT]))).await.iter().for_each(Answer::assert_is_away);
    }
    let (tried, spans) = (proxy.met() - before, began.elapsed().as_millis() / 100);
    assert!(tried as u128 <= spans + 2, "{tried} attempts in {spans} tenths of a second");
    proxy.set(ProxyMode::Fine);
    assert!(recovery(&service).await < Duration::from_secs(2), "and it is called soon");
}

#[tokio::test]
async fn a_database_that_refuses_connections_serves_through_the_open_ones() {
    let Some((server, proxy)) = behind_a_proxy(&[("database.connections", "8")]).await else { return };
    let service = server.service().await;
    proxy.set(ProxyMode::Full);
    let calls = async || join_all((0..16).map(|_| service.token(&[GRANT]))).await;
    for _ in 0..20 {
        for answer in calls().await {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_database_is_waited_for_until_the_deadline() {
    let Some((server, proxy)) = behind_a_proxy(&[("http.deadline", "4s")]).await else { return };
    let service = server.service().await;
    service.client_credentials().await;
    let late = Duration::from_millis(500);
    proxy.set(ProxyMode::Slow(late));
    let began = Instant::now();
    let answer = service.token(&[GRANT]).await;
    assert_eq!(answer.status, 200, "three answers of half a second each are in time: {answer:?}");
    assert!(began.elapsed() > late * 2);
    proxy.set(ProxyMode::Slow(Duration::from_secs(5)));
    let began = Instant::now();
    let answers = join_all((0..8).map(|_| service.token(&[GRANT]))).await;
    assert!(began.elapsed() < Duration::from_millis(4500), "{:?}", began.elapsed());
    answers.iter().for_each(Answer::assert_is_away);
    proxy.set(ProxyMode::Fine);
    recovery(&service).await;
}

/// Limits the size of the files that a process may write; `None` means unlimited.
fn limit_files(node: &ServerProcess, bytes: Option<u64>) {
    let size = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
    let limit = format!("--fsize={size}:unlimited");
    let set = Command::new("prlimit").args(["--pid", &node.child.id().to_string(), &limit]).status();
    assert!(set.expect("prlimit").success());
}

#[tokio::test]
async fn a_full_disk_is_an_outage_and_never_a_wrong_answer() {
    if engine() != Engine::Sqlite {
        return;
    }
    let server = TestServer::start().await;
    let (service, web) = (server.service().await, server.web().await);
    let mut alice = server.alice().await;
    let refresh = {
        let code = web.code(&mut alice).await;
        web.redeem_by_hand(&code).await.get("refresh_token")
    };
    let node = node_by(&server, &[], ServerProcess::start_with_limits);
    let there = service.at(&node.url);
    let web_there = web.at(&node.url);
    let held = there.token(&[GRANT]).await.get("access_token");
    let code = web.code(&mut alice).await;
    // The next write of SQLite is behind the end of its journal.
    limit_files(&node, Some(journal_bytes(&server.database.directory.path().join("grantor.db-wal"))));
    for _ in 0..8 {
        there.token(&[GRANT]).await.assert_is_away();
        web_there.token(&web.redemption(&code)).await.assert_is_away();
        web_there.refresh_by_hand(&refresh).await.assert_is_away();
    }
    let mut browser = crate::support::Browser::new(&node.url);
    readiness(&mut browser, 503).await;
    assert_eq!(browser.get("/healthz").await.status, 200);
    assert_eq!(there.introspect(&held).await["active"], true, "what is there can be read");
    limit_files(&node, None);
    recovery(&there).await;
    readiness(&mut browser, 200).await;
    assert_eq!(web_there.token(&web.redemption(&code)).await.status, 200, "the code was not used up");
    assert_eq!(web_there.refresh_by_hand(&refresh).await.status, 200, "nor the refresh token");
}

fn journal_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// A server whose PostgreSQL stores its database on a small disk, and the administrator's URL; `None` on SQLite.
async fn on_a_small_disk() -> Option<(OwnPostgres, TestServer, String)> {
    if engine() == Engine::Sqlite {
        return None;
    }
    let Some(disk) = OwnPostgres::with_a_small_disk() else {
        left_out("a full disk under PostgreSQL, because its programs are not installed");
        return None;
    };
    let url = |database: &str| format!("postgres://postgres@localhost:{}/{database}", disk.port);
    let place = format!("CREATE TABLESPACE small LOCATION '{}'", disk.small().display());
    statement_on(&url("postgres"), &place).await;
    statement_on(&url("postgres"), "CREATE DATABASE grantor TABLESPACE small").await;
    let server = TestServer::start_on(TestDatabase::at(&url("grantor")), &[]).await;
    let administrator = url("postgres");
    Some((disk, server, administrator))
}

/// Fills the small disk to the last page.
const FILL: &str = "
    CREATE TABLE ballast (text TEXT) TABLESPACE small;
    DO $$ BEGIN
        LOOP INSERT INTO ballast SELECT md5(n::TEXT) FROM generate_series(1, 10000) AS n; END LOOP;
    EXCEPTION WHEN disk_full THEN
    END $$";

#[tokio::test]
async fn a_full_disk_of_postgresql_is_an_outage_and_never_a_wrong_answer() {
    let Some((_disk, server, administrator)) = on_a_small_disk().await else { return };
    let (service, web) = (server.service().await, server.web().await);
    let mut alice = server.alice().await;
    let code = web.code(&mut alice).await;
    let refresh = web.redeem_by_hand(&code).await.get("refresh_token");
    let code = web.code(&mut alice).await;
    let held = service.token(&[GRANT]).await.get("access_token");
    statement_on(&administrator, FILL).await;
    // For a while, rows still fit into existing pages.
    let (mut away, mut given) = (0, 0);
    while away < 16 {
        let answer = service.token(&[GRANT]).await;
        if answer.status == 200 {
            (away, given) = (0, given + 1);
        } else {
            answer.assert_is_away();
            away += 1;
        }
        assert!(given < 2000, "the disk is full");
    }
    for _ in 0..8 {
        web.redeem_by_hand(&code).await.assert_is_away();
        web.refresh_by_hand(&refresh).await.assert_is_away();
    }
    assert_eq!(server.get("/healthz").await.status, 200);
    assert_eq!(service.introspect(&held).await["active"], true, "what is there can be read");
    statement_on(&administrator, "DROP TABLE ballast").await;
    recovery(&service).await;
    server.readiness(200).await;
    assert_eq!(web.redeem_by_hand(&code).await.status, 200, "the code was not used up");
    assert_eq!(web.refresh_by_hand(&refresh).await.status, 200, "nor the refresh token");
}

#[tokio::test]
async fn writers_of_one_sqlite_file_never_see_a_lock() {
    let server = TestServer::start().await;
    let service = server.register(Registration::service("job")).await;
    let ends = Instant::now() + span(5, 60);
    let (stop, service) = (AtomicBool::new(false), service);
    let callers = join_all((0..64).map(|_| fetch(&service, &stop)));
    let operator = crate::support::Operator::of(&server);
    let commands = async {
        let mut names = 0;
        while Instant::now() < ends {
            let name = format!("Job {names}");
            let command = operator.command(&["client", "update", "job", "--name", &name]);
            let done = tokio::process::Command::from(command).output().await.unwrap();
            assert!(done.status.success(), "{done:?}");
            names += 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        stop.store(true, Ordering::Relaxed);
        names
    };
    let (held, names) = tokio::join!(callers, commands);
    assert!(names > 3, "{names}");
    assert!(held.iter().all(|held| !held.is_empty()), "everybody was served");
}
