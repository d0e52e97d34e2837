//! The cost of requests in a database that has grown: thousands and millions of clients, people and live tokens.

use std::str::FromStr as _;

use indicatif::{ProgressBar, ProgressStyle};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use crate::database::Database;
use crate::report::Report;
use crate::rows;
use crate::server::{Server, ServerOptions, Site};
use crate::{Options, Outcome};

/// How many clients, people, grants and live tokens.
const SIZES: [u64; 2] = [1_000, 1_000_000];
const QUICK_SIZES: [u64; 2] = [1_000, 20_000];
/// Rows of a table in one statement.
const STEP: u64 = 50_000;
/// Requests that must not become slower: they read and write by key.
const ROWS: [&str; 8] = [
    "client_credentials",
    "client_credentials_jwt",
    "introspect",
    "authorize",
    "refresh",
    "authorize_code_token",
    "api_clients",
    "console_clients",
];
const CONNECTIONS: usize = 16;
/// The size at which memory is measured.
const CROWD: usize = 256;
/// How much more a request may cost at the largest size.
const TOLERANCE: f64 = 1.3;

/// Fills the database step by step, and measures at each size.
pub(crate) async fn measure(
    database: &Database,
    site: &Site,
    options: &Options,
    report: &mut Report,
) -> Outcome<()> {
    let sizes = if options.is_quick() { QUICK_SIZES } else { SIZES };
    let mut first: Vec<f64> = Vec::new();
    let mut filled = 0;
    for size in sizes {
        fill(database, filled, size).await?;
        filled = size;
        let server = Server::start(database, site, ServerOptions::OneWorker).await?;
        println!("{size} of each: first answer {} ms after the start", server.began_answering.as_millis());
        let mut costs = Vec::new();
        for name in ROWS {
            let mut row = rows::one(&server, site, options, name, CONNECTIONS).await?;
            costs.push(row.cpu_micros + row.database_cpu_micros.unwrap_or_default());
            row.name = format!("{name} of {size}");
            report.add(row);
        }
        let mut row = rows::one(&server, site, options, ROWS[0], CROWD).await?;
        row.name = format!("{} of {size}", ROWS[0]);
        report.add(row);
        // The peak comes from a sign-in: verifying a password takes 19 MiB for some milliseconds.
        let (now, most) = (server.memory("VmRSS")?, server.memory("VmHWM")?);
        println!("the server takes {now} KiB after {CROWD} connections, and took {most} KiB at most");
        if first.is_empty() {
            first = costs;
            continue;
        }
        for ((name, before), after) in ROWS.into_iter().zip(&first).zip(&costs) {
            let ratio = after / before.max(1.0);
            let word = if ratio <= TOLERANCE { "flat" } else { "MORE" };
            println!("  {name}: {ratio:.2} times of what it was ({word})");
        }
    }
    Ok(())
}

/// A connection for filling the database.
enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Link {
    async fn open(url: &str) -> Outcome<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
            return Ok(Self::Sqlite(options.connect().await?));
        }
        Ok(Self::Postgres(PgConnectOptions::from_str(url)?.disable_statement_logging().connect().await?))
    }

    /// Runs a statement in which `{n}` is a number, `{hash}` is 32 bytes made from it, and `{series}` produces the
    /// numbers.
    async fn run(&mut self, sql: &str, from: u64, to: u64) -> Outcome<()> {
        let series = format!(
            "(WITH RECURSIVE s(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {to}) SELECT n FROM s) AS s"
        );
        let hash = match self {
            Self::Sqlite(_) => "randomblob(32)",
            Self::Postgres(_) => "sha256(CAST(CAST(n AS TEXT) || random()::TEXT AS BYTEA))",
        };
        let sql = sql.replace("{series}", &series).replace("{hash}", hash);
        match self {
            Self::Sqlite(link) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(link).await.map(|_| ())?,
            Self::Postgres(link) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(link).await.map(|_| ())?,
        }
        Ok(())
    }
}

/// Rows that look like those of the server; they live until the year 2286.
const FILLING: [(&str, &str); 6] = [
    (
        "clients",
        r#"INSERT INTO clients (id, version, metadata, scopes, created_at)
           SELECT 'filled-' || n, 1,
                  '{"kind":"web","client_name":"Filled","redirect_uris":["https://app.example.com/' || n || '"],' ||
                  '"grant_types":["authorization_code","refresh_token"],"scope":"openid bench.read"}',
                  'openid bench.read', 1 FROM {series}"#,
    ),
    (
        "secrets",
        "INSERT INTO client_secrets (id, client_id, algorithm, hash, created_at)
         SELECT 'filled-' || n, 'filled-' || n, 'sha256', 'x' || n, 1 FROM {series}",
    ),
    (
        "people",
        "INSERT INTO users (id, username, created_at, updated_at) SELECT 'filled-' || n, 'filled' || n, 1, 1 FROM {series}",
    ),
    (
        "names",
        "INSERT INTO user_names (folded, user_id) SELECT 'filled' || n, 'filled-' || n FROM {series}",
    ),
    (
        "grants",
        "INSERT INTO grants (id, client_id, user_id, session_id, granted, offline_access, auth_time, amr, created_at, refresh_hash,
                             refresh_generation, rotated_at, idle_expires_at, expires_at, purge_after)
         SELECT 'filled-' || n, 'filled-' || n, 'filled-' || n, 's' || n, '{\"scope\":\"bench.read openid\"}', FALSE, 1, 'pwd', 1, {hash}, 0, 1,
                9999999999, 9999999999, 9999999999 FROM {series}",
    ),
    (
        "tokens",
        "INSERT INTO access_tokens (hash, client_id, user_id, grant_id, granted, issued_at, expires_at)
         SELECT {hash}, 'filled-' || n, 'filled-' || n, 'filled-' || n, '{\"scope\":\"bench.read openid\"}', 1, 9999999999 FROM {series}",
    ),
];

async fn fill(database: &Database, from: u64, to: u64) -> Outcome<()> {
    let mut link = Link::open(&database.url).await?;
    let style =
        ProgressStyle::with_template("filling {msg} [{wide_bar}] {human_pos} of {human_len}, {eta} left")?;
    let bar = ProgressBar::new((to - from) * FILLING.len() as u64).with_style(style.progress_chars("=> "));
    for (what, sql) in FILLING {
        bar.set_message(what);
        let mut at = from;
        while at < to {
            let next = (at + STEP).min(to);
            link.run(sql, at, next).await?;
            bar.inc(next - at);
            at = next;
        }
    }
    bar.finish_and_clear();
    println!("filled to {to} of each");
    Ok(())
}
