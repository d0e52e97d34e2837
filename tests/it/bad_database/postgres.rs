//! PostgreSQL servers that answer with a refusal.

use grantor::store::db::Engine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{
    ALL, CREATE, DatabaseFolder, FROM, LIST, MAKERS, MIGRATE, PLAN, PURGE, SERVE, TO, USERS, no_database, one,
};
use crate::support::database::{engine, statement_on};
use crate::support::left_out;
use crate::support::postgres::OwnPostgres;

/// Roles; `eve` owns only what a statement below says.
const ROLES: &str = "CREATE ROLE eve LOGIN PASSWORD 'hunter2'; CREATE ROLE late NOLOGIN PASSWORD 'hunter2'";

/// A server, and a folder of databases that uses it.
async fn server() -> Option<(OwnPostgres, DatabaseFolder)> {
    if engine() != Engine::Postgres {
        return None;
    }
    let Some(server) = OwnPostgres::with_passwords() else {
        left_out("a PostgreSQL that says no, because its programs are not installed");
        return None;
    };
    statement_on(&as_administrator(&server, "postgres"), ROLES).await;
    Some((server, DatabaseFolder::new()))
}

fn as_administrator(server: &OwnPostgres, database: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{}/{database}", server.port)
}

fn as_eve(server: &OwnPostgres, database: &str) -> String {
    format!("postgres://eve:hunter2@127.0.0.1:{}/{database}", server.port)
}

async fn create(server: &OwnPostgres, name: &str, more: &str) {
    statement_on(&as_administrator(server, "postgres"), &format!("CREATE DATABASE {name} {more}")).await;
}

/// The tables of a database with their content.
async fn state(server: &OwnPostgres, database: &str) -> String {
    let all = "SELECT string_agg(relname || query_to_xml('SELECT * FROM ' || oid::regclass, TRUE, TRUE, '')::TEXT, '; '
        ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    statement_on(&as_administrator(server, database), all).await
}

#[tokio::test]
async fn a_refused_login_is_reported_with_its_cause() {
    let Some((server, databases)) = server().await else { return };
    create(&server, "closed", "").await;
    statement_on(&as_administrator(&server, "closed"), "REVOKE CONNECT ON DATABASE closed FROM PUBLIC").await;
    let at = format!("127.0.0.1:{}", server.port);
    for (who, database, why) in [
        ("eve:hunter22", "closed", "password authentication failed for user \"eve\""),
        ("eve", "closed", "password authentication failed for user \"eve\""),
        ("nobody:hunter2", "closed", "password authentication failed for user \"nobody\""),
        ("late:hunter2", "closed", "role \"late\" is not permitted to log in"),
        ("eve:hunter2", "none", "database \"none\" does not exist; create it first"),
        ("eve:hunter2", "closed", "permission denied for database \"closed\"; the role needs CONNECT on it"),
        ("eve:hunter2", "closed?sslmode=verify-full", "no TLS: server does not support TLS"),
    ] {
        let name = database.split('?').next().unwrap();
        let sentence = format!("cannot open the database {name} at {at}: {why}");
        assert_eq!(databases.sentences(&ALL, &format!("postgres://{who}@{at}/{database}")), one(sentence));
    }
    assert_eq!(state(&server, "closed").await, "");
}

#[tokio::test]
async fn a_role_without_privileges_is_reported_with_the_missing_ones() {
    let Some((server, databases)) = server().await else { return };
    create(&server, "empty", "").await;
    let admin = as_administrator(&server, "empty");
    statement_on(&admin, "REVOKE CREATE ON SCHEMA public FROM PUBLIC").await;
    let what = format!("empty at 127.0.0.1:{}", server.port);
    let sentence = format!(
        "cannot migrate the database {what}: permission denied for schema public; the role needs USAGE and CREATE on it to \
         migrate"
    );
    let url = as_eve(&server, "empty");
    assert_eq!(databases.sentences(&MAKERS, &url), one(sentence));
    assert_eq!(databases.sentences(&USERS, &url), one(no_database(&what)));
    assert_eq!(databases.sentences(&[FROM], &url), one("the database to copy from is not one of Grantor"));
    assert_eq!(state(&server, "empty").await, "");

    databases.operator(&admin).done(MIGRATE);
    let sentence = format!(
        "cannot open the database {what}: permission denied for table _sqlx_migrations; the role needs SELECT, INSERT, \
         UPDATE and DELETE on every table"
    );
    assert_eq!(databases.sentences(&ALL, &url), one(sentence));
    statement_on(&admin, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO eve").await;
    for (commands, table) in [(&[SERVE, PURGE][..], "leases"), (&[CREATE], "users"), (&[TO], "clients")] {
        let sentence = format!(
            "a database statement failed: permission denied for table {table}; the role needs SELECT, INSERT, UPDATE and \
             DELETE on every table"
        );
        assert_eq!(databases.sentences(commands, &url), one(sentence));
    }
    databases.operator(&url).done(LIST);
    databases.operator(&url).done(&["copy", "--from", &url, "--to", "sqlite:taken"]);
}

#[tokio::test]
async fn a_read_only_server_is_reported_as_such() {
    let Some((mut server, databases)) = server().await else { return };
    let port = server.port;
    let what = |name: &str| format!("{name} at 127.0.0.1:{port}");
    let remedy = "name the primary, or turn default_transaction_read_only off";
    create(&server, "calm", "").await;
    statement_on(
        &as_administrator(&server, "calm"),
        "ALTER DATABASE calm SET default_transaction_read_only = on",
    )
    .await;
    let sentence = format!(
        "cannot migrate the database {}: cannot execute CREATE TABLE in a read-only transaction; {remedy}",
        what("calm")
    );
    assert_eq!(databases.sentences(&MAKERS, &as_administrator(&server, "calm")), one(sentence));
    create(&server, "old", "").await;
    create(&server, "new", "").await;
    databases.operator(&as_administrator(&server, "old")).done(MIGRATE);
    let sentence = format!(
        "cannot migrate the database {}: cannot execute CREATE TABLE in a read-only transaction; {remedy}",
        what("new")
    );
    server.becomes_a_standby();
    let (old, new) = (as_administrator(&server, "old"), as_administrator(&server, "new"));
    assert_eq!(databases.sentences(&MAKERS, &new), one(sentence));
    let sentence = format!(
        "cannot open the database {}: the server is a standby, which follows another one; the URL must lead to the primary",
        what("old")
    );
    assert_eq!(databases.sentences(&[SERVE, LIST, CREATE, PURGE], &old), one(sentence));
    databases.operator(&old).done(PLAN);
    databases.operator(&old).done(&["copy", "--from", &old, "--to", "sqlite:taken"]);
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused_before_anything_is_in_it() {
    let Some((server, databases)) = server().await else { return };
    for encoding in ["SQL_ASCII", "LATIN1"] {
        let name = format!("in_{}", encoding.to_lowercase());
        let like = format!("ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        create(&server, &name, &like).await;
        let sentence = format!(
            "cannot use the database {name} at 127.0.0.1:{}: its encoding is {encoding}; create it with ENCODING 'UTF8' \
             TEMPLATE template0",
            server.port
        );
        assert_eq!(databases.sentences(&ALL, &as_administrator(&server, &name)), one(sentence));
        assert_eq!(state(&server, &name).await, "");
    }
}

/// A proxy before a server that replaces the version in its greeting by an older one. Returns its port.
async fn older(port: u16) -> u16 {
    const SAID: &[u8] = b"server_version\0";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let ((mut from_near, mut to_near), (mut from_far, mut to_far)) =
                (near.into_split(), far.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_near, &mut to_far).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 16 * 1024];
                while let Ok(count @ 1..) = from_far.read(&mut bytes).await {
                    let end = bytes[..count].windows(SAID.len()).position(|window| window == SAID);
                    if let Some(at) = end.map(|at| at + SAID.len()) {
                        bytes[at..at + 2].copy_from_slice(b"12");
                    }
                    to_near.write_all(&bytes[..count]).await?;
                }
                Ok::<_, std::io::Error>(())
            });
        }
    });
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_too_old_is_reported_with_the_oldest_supported_version() {
    let Some((server, databases)) = server().await else { return };
    create(&server, "d", "").await;
    let port = older(server.port).await;
    let sentence = format!(
        "cannot use the database d at 127.0.0.1:{port}: it is PostgreSQL 12, but Grantor needs 13 or later"
    );
    assert_eq!(databases.sentences(&ALL, &format!("postgres://postgres@127.0.0.1:{port}/d")), one(sentence));
    assert_eq!(state(&server, "d").await, "");
}
