//! The metrics, as Prometheus reads them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use grantor::store::db::{Conn, Tx};
use grantor::store::expired::ExpiringTable;
use grantor::work::purge::{Pass, Purged, backlog, pass};
use reqwest::Method;
use tokio::sync::{Semaphore, mpsc};

use crate::support::exposition::Exposition;
use crate::support::process::{ServerProcess, free_port};
use crate::support::server::purging;
use crate::support::{Application, Browser, TestServer};

const ON: (&str, &str) = ("metrics.listen", "127.0.0.1:0");
/// Nothing is deleted before the test asks for it.
const BY_HAND: (&str, &str) = ("purge.every", "0s");
/// How long the server reuses the database's answer.
const REUSE_TIME: Duration = Duration::from_secs(5);
const ROWS: &str = "grantor_purge_backlog_rows";
const BUSY: &str = "grantor_database_connections_busy";
const UP: &str = "grantor_database_up";
const DELETED: &str = "grantor_purge_deleted_rows_total";
const LAST_SUCCESS: &str = "grantor_purge_last_success_timestamp_seconds";
const OLDEST: &str = "grantor_purge_oldest_ended_seconds";

/// Reads the metrics as Prometheus does.
pub(crate) async fn reply(server: &TestServer) -> Exposition {
    let answer = Browser::new(server.metrics.as_deref().expect("metrics are on")).get("/metrics").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    Exposition::read(&answer.body)
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let server = TestServer::start_with(&[ON]).await;
    let version = BTreeMap::from([(env!("CARGO_PKG_VERSION").to_owned(), 1.0)]);
    assert_eq!(reply(&server).await.by("version", "grantor_build_info"), version);
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, 404, "not where the whole world can ask: {answer:?}");
    assert!(TestServer::start().await.metrics.is_none(), "nor anywhere, where nobody wants it");
}

#[tokio::test]
async fn the_metrics_listener_serves_nothing_else() {
    let server = TestServer::start_with(&[ON]).await;
    let mut asker = Browser::new(server.metrics.as_deref().unwrap());
    for path in [
        "/",
        "/metrics/",
        "/metrics/x",
        "/Metrics",
        "/healthz",
        "/token",
        "/.well-known/openid-configuration",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = asker.request(method.clone(), path, &[], "").await;
            assert_eq!(
                (answer.status.as_u16(), answer.get("message")),
                (404, "404 Not Found".into()),
                "{path}"
            );
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let answer = asker.request(method.clone(), "/metrics", &[], "").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(
            (answer.header("allow"), answer.get("message").as_str()),
            ("GET, HEAD", "405 Method Not Allowed")
        );
    }
    let head = asker.request(Method::HEAD, "/metrics", &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_server_logs_the_address_of_its_metrics() {
    let server = TestServer::start().await;
    let directory = server.database.directory.path();
    let (config, key_file) =
        (directory.join("node.toml"), directory.join("grantor.key").display().to_string());
    let address = format!("127.0.0.1:{}", free_port());
    std::fs::write(&config, format!("[metrics]\nlisten = \"{address}\"\n")).unwrap();
    let environment = [
        ("GRANTOR_DATABASE__URL", server.database.url.as_str()),
        ("GRANTOR_KEYS__MASTER_KEY_FILE", key_file.as_str()),
    ];
    let serving = ServerProcess::start(directory, &config, &environment);
    assert_eq!(Browser::new(&format!("http://{address}")).get("/metrics").await.status, 200);
    serving.terminate();
    let (ended_well, log) = serving.finish();
    assert!(ended_well && log.contains(&format!(", metrics on {address}\"")), "{log}");
}

const RESPONSES: &str = "grantor_http_responses_total";
const REFUSALS: &str = "grantor_http_refusals_total";
const DURATION: &str = "grantor_http_request_duration_seconds";

#[tokio::test]
async fn requests_are_counted_by_endpoint_status_and_reason() {
    let server = TestServer::start_with(&[ON]).await;
    let (service, web) = (server.service().await, server.web().await);
    for _ in 0..3 {
        service.client_credentials().await;
    }
    let wrong = Application::registered_at(&server.url, "service", Some("wrong"), "");
    assert_eq!(wrong.token(&[("grant_type", "client_credentials")]).await.status, 401);
    assert_eq!(
        server.get(&format!("/authorize?{}", web.request_with(&[("scope", "nonsense")]))).await.status,
        303
    );
    assert_eq!(server.get("/authorize").await.status, 400);
    assert_eq!(server.get("/errors/client.secret_wrong").await.status, 200);
    for made_up in ["/made/up", "/errors.x", "/token/x"] {
        assert_eq!(server.get(made_up).await.status, 404, "{made_up}");
    }
    let reply = reply(&server).await;
    let answers = |endpoint, status| reply.with(RESPONSES, &[("endpoint", endpoint), ("status", status)]);
    assert_eq!((answers("/token", "200"), answers("/token", "401")), (3.0, 1.0));
    assert_eq!((answers("/authorize", "303"), answers("/authorize", "400")), (1.0, 1.0));
    assert_eq!(answers("/errors/{word}", "200"), 1.0);
    assert_eq!(answers("none", "404"), 3.0, "who makes paths up makes no metrics");
    let refused = |endpoint, reason| reply.with(REFUSALS, &[("endpoint", endpoint), ("reason", reason)]);
    assert_eq!(refused("/token", "client.secret_wrong"), 1.0, "{reply:?}");
    assert_eq!(refused("/authorize", "scope.unknown"), 1.0, "one that was sent back, too: {reply:?}");
    assert_eq!(refused("/authorize", "client_id.missing"), 1.0, "and a page: {reply:?}");
    let took = |part, bound: &[(&str, &str)]| {
        reply.with(DURATION, &[&[("endpoint", "/token"), ("part", part)], bound].concat())
    };
    assert_eq!((took("count", &[]), took("bucket", &[("le", "+Inf")])), (4.0, 4.0));
    assert!(took("sum", &[]) > 0.0 && took("bucket", &[("le", "10")]) == 4.0, "{reply:?}");
}

#[tokio::test]
async fn failures_are_counted_with_their_reason() {
    let server = TestServer::start_with(&[ON, BY_HAND, ("http.deadline", "1s")]).await;
    let service = server.service().await;
    let busy = BusyConnections::start(&server).await;
    service.token(&[("grant_type", "client_credentials")]).await.assert_is_away();
    busy.end();
    server.clock.advance(REUSE_TIME);
    let reply = reply(&server).await;
    assert_eq!(reply.with(RESPONSES, &[("endpoint", "/token"), ("status", "503")]), 1.0);
    assert_eq!(reply.with(REFUSALS, &[("endpoint", "/token"), ("reason", "server.busy")]), 1.0);
}

/// The rows that `grantor purge --dry-run` would delete, by table.
async fn ended(server: &TestServer) -> BTreeMap<String, f64> {
    let found =
        backlog(&server.app.db, server.app.config.audit.retention.seconds(), server.app.now()).await.unwrap();
    let rows = |ended: i64| f64::from(i32::try_from(ended).expect("few rows"));
    found.iter().map(|found| (found.table.name().to_owned(), rows(found.ended))).collect()
}

/// Marks tokens as revoked since `ago` seconds.
async fn revoke(server: &TestServer, id: &'static str, ago: i64) {
    let end = server.app.now().as_unix() - ago;
    let insert = async move |tx: &mut Tx| {
        let insert = "INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2)";
        tx.query(insert).bind(id).bind(end).execute().await
    };
    server.store(insert).await;
}

#[tokio::test]
async fn the_backlog_rises_when_things_end_and_falls_when_they_are_deleted() {
    let server = TestServer::start_with(&[ON, BY_HAND]).await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let code = web.code(&mut alice).await;
    web.redeem_by_hand(&code).await;
    let nothing: BTreeMap<_, _> =
        ExpiringTable::ALL.iter().map(|table| (table.name().to_owned(), 0.0)).collect();
    let before = reply(&server).await;
    assert_eq!(before.by("table", ROWS), nothing, "every table, and nothing in any");
    assert_eq!(before.by("table", OLDEST), nothing);

    server.clock.advance(Duration::from_secs(8 * 24 * 3600));
    revoke(&server, "lately", 61).await;
    revoke(&server, "long ago", 1_000).await;
    revoke(&server, "just now, and clocks differ", 50).await;
    let after = reply(&server).await;
    let rows = after.by("table", ROWS);
    assert_eq!(rows, ended(&server).await, "as the command counts");
    for (table, least) in [("revoked_tokens", 2.0), ("access_tokens", 1.0), ("sessions", 1.0), ("codes", 0.0)]
    {
        assert!(rows[table] >= least, "{table}: {rows:?}");
    }
    assert_eq!((rows["revoked_tokens"], after.by("table", OLDEST)["revoked_tokens"]), (2.0, 1_000.0));

    assert_eq!(
        after.by("table", DELETED),
        nothing,
        "told from the start, so that the first is seen as a rise"
    );
    let live = server.app.live_sessions(server.app.now());
    let purged = pass(&purging(&server.app, "test"), live).await.unwrap();
    assert!(matches!(purged, Pass::Purged(Purged { rows: 4.., .. })), "{purged:?}");
    server.clock.advance(REUSE_TIME);
    let done = reply(&server).await;
    assert_eq!(done.by("table", DELETED), rows, "what was behind is what was deleted");
    assert_eq!((done.by("table", ROWS), done.by("table", OLDEST)), (nothing.clone(), nothing));
}

#[tokio::test]
async fn the_time_of_the_last_purge_is_a_metric() {
    let server = TestServer::start_with(&[ON, BY_HAND]).await;
    assert_eq!(reply(&server).await.value(LAST_SUCCESS), None, "it never has");
    let server = TestServer::start_with(&[ON, ("purge.every", "1s")]).await;
    let until = async |now: i64| {
        let (began, now) = (Instant::now(), u32::try_from(now).unwrap());
        while reply(&server).await.value(LAST_SUCCESS) != Some(f64::from(now)) {
            assert!(began.elapsed() < Duration::from_secs(60), "it does not purge");
            tokio::task::yield_now().await;
        }
    };
    until(server.app.now().as_unix()).await;
    server.clock.advance(Duration::from_secs(1_000));
    until(server.app.now().as_unix()).await;
}

#[tokio::test]
async fn frequent_scrapes_do_not_query_the_database() {
    let server = TestServer::start_with(&[ON, BY_HAND]).await;
    let rows = async || reply(&server).await.by("table", ROWS)["revoked_tokens"];
    revoke(&server, "one", 100).await;
    assert_eq!(rows().await, 1.0);
    revoke(&server, "two", 100).await;
    server.clock.advance(REUSE_TIME - Duration::from_secs(1));
    assert_eq!(rows().await, 1.0, "what was told four seconds ago");
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(rows().await, 2.0);
}

#[tokio::test]
async fn a_large_backlog_is_counted_up_to_a_bound() {
    let server = TestServer::start_with(&[ON, BY_HAND]).await;
    server
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100050)
             INSERT INTO revoked_tokens (id, expires_at) SELECT CAST(i AS TEXT), i FROM n",
        )
        .await;
    let reply = reply(&server).await;
    assert_eq!(reply.by("table", ROWS)["revoked_tokens"], 100_000.0);
    let since_the_first = u32::try_from(server.app.now().as_unix() - 1).unwrap();
    assert_eq!(reply.by("table", OLDEST)["revoked_tokens"], f64::from(since_the_first));
}

#[tokio::test]
async fn without_the_database_the_other_metrics_come_in_time() {
    let server = TestServer::start_with(&[ON, BY_HAND, ("http.deadline", "1s")]).await;
    assert_eq!(reply(&server).await.value(UP), Some(1.0));
    server.clock.advance(REUSE_TIME);
    let busy = BusyConnections::start(&server).await;
    let asked = Instant::now();
    let without = reply(&server).await;
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert_eq!(without.value(UP), Some(0.0));
    for from_the_database in [ROWS, OLDEST] {
        assert!(!without.names().contains(&from_the_database), "nothing that no one knows");
    }
    let busy_connections = without.by("pool", BUSY);
    assert!(busy_connections.values().sum::<f64>() >= f64::from(server.app.config.database.connections));
    // The query for the backlog, and whatever else the node looked up in this time.
    let waiting = without.by("pool", "grantor_database_jobs_waiting");
    assert!(waiting.values().sum::<f64>() >= 1.0, "{waiting:?}");
    busy.end();
    assert_eq!(reply(&server).await.value(UP), Some(0.0), "it is not asked again at once");
    server.clock.advance(REUSE_TIME);
    let recovered = reply(&server).await;
    assert_eq!(
        (recovered.value(UP), recovered.by("table", ROWS).len()),
        (Some(1.0), ExpiringTable::ALL.len())
    );
}

/// Keeps every database connection of a server busy until this value is dropped.
struct BusyConnections(Arc<Semaphore>);

impl BusyConnections {
    async fn start(server: &TestServer) -> Self {
        let end = Arc::new(Semaphore::new(0));
        let (began, mut begun) = mpsc::unbounded_channel();
        for _ in 0..server.app.config.database.connections {
            let (db, end, began) = (server.app.db.clone(), end.clone(), began.clone());
            let wait = async move |_: &mut Conn| {
                began.send(()).expect("the test waits");
                let _ended = end.acquire().await;
                Ok(())
            };
            tokio::spawn(async move { db.read(wait).await });
            begun.recv().await.expect("a connection is free");
        }
        Self(end)
    }

    fn end(self) {
        self.0.close();
    }
}
