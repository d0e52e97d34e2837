//! A fresh database for each test, on either engine.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use grantor::clock::Timestamp;
use grantor::secret::random;
use grantor::store::db::Engine;
use grantor::store::tables::{ALL, Column};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::Pooler;

/// A database that is deleted with this value.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    /// The pooler that the URL leads to, if it does not lead to the database itself.
    _pooler: Option<Pooler>,
    pub(crate) directory: TempDir,
}

/// A folder that only this account may enter, so that the permissions of the files in it do not matter.
pub(crate) fn private_folder() -> TempDir {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir().expect("a temporary directory")
}

/// The engine that this run tests.
pub(crate) fn engine() -> Engine {
    match std::env::var("TEST_ENGINE").as_deref() {
        Ok("postgres") => Engine::Postgres,
        Ok("sqlite") | Err(_) => Engine::Sqlite,
        Ok(other) => panic!("TEST_ENGINE={other} is neither sqlite nor postgres"),
    }
}

/// The administrator's URL of a PostgreSQL server; `None` means that its tests are skipped.
pub(crate) fn postgres_url() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

impl TestDatabase {
    pub(crate) async fn fresh(engine: Engine) -> Self {
        let directory = private_folder();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", directory.path().join("grantor.db").display()),
            Engine::Postgres => fresh_postgres().await,
        };
        Self { url, _pooler: None, directory }
    }

    /// A database without a schema.
    pub(crate) async fn empty_postgres() -> Self {
        let admin = administrator();
        let name = format!("grantor_test_{}", random_name());
        execute(&admin, format!("CREATE DATABASE {name}")).await;
        Self::at(admin.database(&name).to_url_lossy().as_ref())
    }

    /// An existing database.
    pub(crate) fn at(url: &str) -> Self {
        Self { url: url.to_owned(), _pooler: None, directory: private_folder() }
    }

    /// The same database with a PgBouncer in front of it, and the option that says so.
    pub(crate) fn behind_a_pooler(self) -> Self {
        let pooler = Pooler::start(&self.url);
        Self { url: pooler.url(&self.url), _pooler: Some(pooler), ..self }
    }

    pub(crate) const POOLER: (&str, &str) = ("database.pooler", "true");
}

/// A copy of a template that was migrated once: migrating for each test would take longer than the test.
async fn fresh_postgres() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let admin = administrator();
    let url_of = |name: &str| admin.clone().database(name).to_url_lossy().to_string();
    let template = TEMPLATE
        .get_or_init(|| async {
            let name = format!("grantor_template_{}", random_name());
            execute(&admin, format!("CREATE DATABASE {name}")).await;
            let config =
                grantor::config::Config::with(&[("database.url", &url_of(&name))]).expect("a configuration");
            let migrated =
                grantor::store::migrate::run(&config.database_options(), "test", Timestamp::from_unix(1))
                    .await;
            migrated.expect("the schema");
            name
        })
        .await;
    let name = format!("grantor_test_{}", random_name());
    execute(&admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    url_of(&name)
}

fn administrator() -> PgConnectOptions {
    PgConnectOptions::from_str(&postgres_url().expect("TEST_POSTGRES_URL")).expect("a PostgreSQL URL")
}

/// Every row of every table, as text, in a fixed order.
pub(crate) async fn every_row(url: &str) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for table in ALL {
        let row: Vec<String> = table.columns.iter().map(|column| text_of(url, *column)).collect();
        let row = row.join(" || ' ' || ");
        let sql = AssertSqlSafe(format!("SELECT {row} AS row FROM {} ORDER BY 1", table.name));
        let rows: Vec<(String,)> = match url.starts_with("sqlite:") {
            true => {
                let mut link =
                    SqliteConnectOptions::from_str(url).expect("a URL").connect().await.expect("SQLite");
                sqlx::query_as(sql).fetch_all(&mut link).await.expect("rows")
            }
            false => {
                let mut link =
                    PgConnectOptions::from_str(url).expect("a URL").connect().await.expect("PostgreSQL");
                sqlx::query_as(sql).fetch_all(&mut link).await.expect("rows")
            }
        };
        all.insert(table.name, rows.into_iter().map(|(row,)| row).collect());
    }
    all
}

/// An expression with the text of a column.
fn text_of(url: &str, column: Column) -> String {
    let name = column.name();
    match (column, url.starts_with("sqlite:")) {
        (_, true) => format!("quote({name})"),
        (Column::Bytes(_), false) => format!("COALESCE(encode({name}, 'hex'), 'NULL')"),
        (_, false) => format!("COALESCE({name}::TEXT, 'NULL')"),
    }
}

/// Runs a statement as the administrator. Databases are not dropped: the PostgreSQL server was made for this run.
async fn execute(admin: &PgConnectOptions, sql: String) {
    // PostgreSQL cannot copy a template twice at the same time.
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = ONE_AT_A_TIME.lock().await;
    let mut link = admin.connect().await.expect("the PostgreSQL server of TEST_POSTGRES_URL");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut link).await.expect("an administrator's rights");
    link.close().await.expect("a good connection");
}

/// Runs statements on a database of either engine. Returns the last text that they give, or an empty one.
pub(crate) async fn statement_on(url: &str, sql: &str) -> String {
    let sql = AssertSqlSafe(sql.to_owned());
    let text = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
            let mut link = options.connect().await.expect("a database");
            let row = sqlx::raw_sql(sql).fetch_all(&mut link).await.expect("a good statement").pop();
            link.close().await.expect("a good connection");
            row.and_then(|row| row.try_get(0).ok())
        }
        None => {
            let options = PgConnectOptions::from_str(url).expect("a PostgreSQL URL");
            let mut link = options.connect().await.expect("a database");
            let row = sqlx::raw_sql(sql).fetch_all(&mut link).await.expect("a good statement").pop();
            link.close().await.expect("a good connection");
            row.and_then(|row| row.try_get(0).ok())
        }
    };
    text.unwrap_or_default()
}

fn random_name() -> String {
    random::<8>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes it a database of a later release that this release must not use.
pub(crate) const MIGRATED_BY_A_LATER_RELEASE: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 9999, 'later', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1;
    UPDATE schema_requirement SET oldest_release = '9.0.0'";

/// Makes a database one of a build from before the first release: it began with another migration, and went on.
pub(crate) const MADE_BY_AN_UNRELEASED_BUILD: &str = "
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 2, 'identity', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1;
    UPDATE _sqlx_migrations SET checksum = '1'";
