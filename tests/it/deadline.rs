//! A database that does not answer: no request waits longer than the deadline, and afterwards everything works again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use grantor::store::db::Engine;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::support::database::engine;
use crate::support::{Answer, TestServer};

/// Another program's transaction that blocks every write.
pub(crate) enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    pub(crate) async fn take(server: &TestServer) -> Self {
        Self::on(&server.database.url, "access_tokens, codes, flows IN ACCESS EXCLUSIVE MODE").await
    }

    /// Locks a database; on PostgreSQL only these tables.
    pub(crate) async fn on(url: &str, tables: &str) -> Self {
        match engine() {
            Engine::Sqlite => {
                let options = SqliteConnectOptions::new().filename(url.trim_start_matches("sqlite:"));
                let mut link = options.connect().await.unwrap();
                link.execute("BEGIN IMMEDIATE").await.unwrap();
                Self::Sqlite(link)
            }
            Engine::Postgres => {
                let mut link = PgConnectOptions::from_str(url).unwrap().connect().await.unwrap();
                let lock = AssertSqlSafe(format!("BEGIN; LOCK TABLE {tables}"));
                link.execute(sqlx::raw_sql(lock)).await.unwrap();
                Self::Postgres(link)
            }
        }
    }

    /// Waits until a statement waits for the lock, where the engine can tell.
    pub(crate) async fn is_met(&mut self) {
        // SQLite cannot tell.
        let Self::Postgres(link) = self else { return };
        let waiting = "SELECT 1 FROM pg_locks WHERE NOT granted
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        while sqlx::query(waiting).fetch_optional(&mut *link).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn release(self) {
        match self {
            Self::Sqlite(mut link) => drop(link.execute("ROLLBACK").await.unwrap()),
            Self::Postgres(mut link) => drop(link.execute("ROLLBACK").await.unwrap()),
        }
    }
}

/// Waits for an answer and checks that it came within the deadline of one second, with some tolerance.
async fn in_time(answer: impl Future<Output = Answer>) -> Answer {
    let asked = Instant::now();
    let answer = answer.await;
    assert!(asked.elapsed().as_millis() < 4_000, "{:?}", asked.elapsed());
    answer
}

#[tokio::test]
async fn while_the_database_is_stuck_every_surface_says_so_in_time() {
    let server = TestServer::start_with(&[("http.deadline", "1s")]).await;
    let (service, web, mut browser) = (server.service().await, server.web().await, server.alice().await);
    web.code(&mut browser).await;
    service.client_credentials().await;
    let lock = Lock::take(&server).await;

    let answer = in_time(service.token(&[("grant_type", "client_credentials")])).await;
    answer.assert_json_error(503, "temporarily_unavailable", "server.busy");
    assert_eq!(answer.header("retry-after"), "1");
    let answer = in_time(browser.get(&web.url_with(&[]))).await;
    answer.assert_redirect_error("temporarily_unavailable", "server.busy", &server.url);
    if engine() == Engine::Sqlite {
        let answer = server.readiness(503).await;
        assert_eq!(answer.get("message"), "503 Service Unavailable");
        assert_eq!(answer.header("retry-after"), "1");
        in_time(server.get("/readyz")).await;
    }
    assert_eq!(in_time(server.get("/healthz")).await.status, 200, "the process itself is well");

    lock.release().await;
    service.client_credentials().await;
    assert_ne!(browser.get(&web.url_with(&[])).await.get("code"), "");
    server.readiness(200).await;
}

#[tokio::test]
async fn a_server_whose_database_holds_other_keys_is_not_ready() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/readyz").await.json()["keys"], "ok");
    server.sql("UPDATE server_keys SET sealed = sealed || sealed").await;
    let answer = server.readiness(503).await;
    assert!(answer.get("description").contains("other keys"));
}

#[tokio::test]
async fn the_end_of_a_long_answer_does_not_wait_until_the_client_has_confirmed_its_beginning() {
    let server = TestServer::start().await;
    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut took = Vec::new();
    for _ in 0..40 {
        let began = Instant::now();
        socket.write_all(b"GET /errors/bearer.unknown HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut came = Vec::new();
        while !came.ends_with(b"</html>") {
            let mut part = [0; 65_536];
            let length = socket.read(&mut part).unwrap();
            assert_ne!(length, 0, "{}", String::from_utf8_lossy(&came));
            came.extend_from_slice(&part[..length]);
        }
        took.push(began.elapsed());
    }
    // A client confirms the first answers at once, and later ones after 40 ms.
    let fastest = took[20..].iter().min().unwrap();
    assert!(*fastest < Duration::from_millis(35), "{took:?}");
}
