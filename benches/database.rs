//! A database for the benchmark, on either engine.

use std::str::FromStr as _;

use grantor::config::Config;
use grantor::secret::random;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tempfile::TempDir;
use url::Url;

use crate::{Outcome, process};

pub(crate) struct Database {
    pub(crate) engine: &'static str,
    pub(crate) url: String,
    /// The first process of a PostgreSQL on this machine.
    pub(crate) pid: Option<u32>,
    home: Cleanup,
}

/// What must be removed at the end.
enum Cleanup {
    Sqlite(TempDir),
    Postgres { administrator: String, name: String },
}

impl Database {
    /// A file on the disk of the build: a temporary directory in memory would make commits look free.
    pub(crate) fn sqlite() -> Outcome<Self> {
        let home =
            tempfile::Builder::new().prefix("grantor-bench-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let url = format!("sqlite:{}", home.path().join("grantor.db").display());
        Ok(Self { engine: "sqlite", url, pid: None, home: Cleanup::Sqlite(home) })
    }

    pub(crate) async fn postgres(administrator: &str) -> Outcome<Self> {
        let name = format!("grantor_bench_{:016x}", u64::from_be_bytes(random::<8>()));
        run(administrator, format!("CREATE DATABASE {name}")).await?;
        let mut url = Url::parse(administrator)?;
        url.set_path(&name);
        let home = Cleanup::Postgres { administrator: administrator.to_owned(), name };
        Ok(Self { engine: "postgres", url: url.into(), pid: postmaster(administrator).await?, home })
    }

    /// The options of the benchmark over the defaults, for a server process and for this process.
    pub(crate) fn config(&self) -> Outcome<Config> {
        Ok(Config::with(&[("database.url", self.url.as_str())])?)
    }

    pub(crate) async fn remove(self) -> Outcome<()> {
        match self.home {
            Cleanup::Sqlite(directory) => Ok(directory.close()?),
            Cleanup::Postgres { administrator, name } => {
                run(&administrator, format!("DROP DATABASE {name} WITH (FORCE)")).await
            }
        }
    }
}

/// The parent of this connection's process, if PostgreSQL runs on this machine.
async fn postmaster(administrator: &str) -> Outcome<Option<u32>> {
    let mut link = PgConnectOptions::from_str(administrator)?.disable_statement_logging().connect().await?;
    let (own,): (i32,) = sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut link).await?;
    let own = u32::try_from(own)?;
    let is_it =
        std::fs::read_to_string(format!("/proc/{own}/comm")).is_ok_and(|name| name.trim() == "postgres");
    Ok(if is_it { process::parent(own).ok() } else { None })
}

async fn run(administrator: &str, sql: String) -> Outcome<()> {
    let mut link = PgConnectOptions::from_str(administrator)?.disable_statement_logging().connect().await?;
    // The only name in it was made by this program.
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut link).await?;
    Ok(())
}
