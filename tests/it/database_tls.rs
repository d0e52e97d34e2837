//! TLS on the connection to PostgreSQL, by rustls.

use grantor::clock::Timestamp;
use grantor::config::Config;
use grantor::store::db::{Db, DbError};
use grantor::store::migrate;

use crate::support::database::TestDatabase;
use crate::support::postgres::OwnPostgres;
use crate::support::{TestServer, left_out};

/// Connects with this URL. Returns whether the connection uses TLS.
async fn gets_in(url: &str) -> Result<bool, DbError> {
    let options = Config::with(&[("database.url", url)]).unwrap().database_options();
    migrate::run(&options, "test", Timestamp::from_unix(1)).await?;
    let db = Db::open(&options).await?;
    let ask = async |conn: &mut grantor::store::db::Conn| {
        conn.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").optional().await
    };
    let row: Option<(bool,)> = db.read(ask).await?;
    Ok(row == Some((true,)))
}

#[tokio::test]
async fn the_url_decides_about_encryption_and_certificate_checks() {
    let Some(server) = OwnPostgres::with_tls() else {
        return left_out("TLS to PostgreSQL, because its programs are not installed");
    };
    let url = |host: &str, parameters: &str| {
        format!("postgres://postgres@{host}:{}/postgres?{parameters}", server.port)
    };
    let own = format!("sslrootcert={}", server.certificate().display());
    let foreign = tempfile::NamedTempFile::new().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(foreign.path(), made.cert.pem()).unwrap();
    let foreign = format!("sslrootcert={}", foreign.path().display());
    let name = |host: &str, mode: &str, root: &str| url(host, &format!("sslmode={mode}&{root}"));
    for good in [
        url("localhost", "sslmode=require"),
        url("localhost", "sslmode=prefer"),
        name("localhost", "verify-ca", &own),
        name("localhost", "verify-full", &own),
    ] {
        assert!(gets_in(&good).await.unwrap(), "{good}");
    }
    for bad in [
        // The server refuses connections without TLS.
        url("localhost", "sslmode=disable"),
        name("localhost", "verify-full", &foreign),
        name("localhost", "verify-ca", &foreign),
        // The name is not the certificate's.
        name("127.0.0.1", "verify-full", &own),
        // The system's certificate authorities do not know this certificate.
        url("localhost", "sslmode=verify-full"),
    ] {
        let refused = gets_in(&bad).await;
        assert!(matches!(refused, Err(DbError::Open { .. })), "{bad}: {refused:?}");
    }
    let database = TestDatabase::at(&name("localhost", "verify-full", &own));
    let server = TestServer::start_on(database, &[]).await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    assert_eq!(web.redeem_by_hand(&web.code(&mut alice).await).await.status, 200);
}
