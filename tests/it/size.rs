//! How many bytes a row takes on the disk: no more than docs/operating.md says, and not far less.

use std::collections::BTreeMap;

use grantor::clock::Seconds;
use grantor::oauth::client::GrantType;
use grantor::secret::Hash;
use grantor::store::db::Engine;
use grantor::store::used_assertions;

use crate::support::TestServer;
use crate::support::database::{engine, statement_on};
use crate::support::relying_party::Registration;

const BOOK: &str = include_str!("../../docs/operating.md");

/// Enough rows that a partly filled page does not matter.
const ROWS: usize = 400;

/// The lines of the documentation's table, and the database tables that hold such rows.
const LINES: [(&str, &[&str]); 10] = [
    ("person", &["users", "user_names", "user_skeletons"]),
    ("application", &["clients", "client_secrets", "client_origins"]),
    ("consent", &["consents"]),
    ("session", &["sessions"]),
    ("sign-in at an application (grant and code)", &["grants", "codes"]),
    ("access token, opaque", &["access_tokens"]),
    ("sign-in at a page", &["flows"]),
    ("client assertion, or DPoP proof", &["used_assertions"]),
    ("device that waits", &["device_codes"]),
    ("backchannel request", &["backchannel_requests"]),
];

/// The bytes that a line of the documentation states for this engine.
fn stated(line: &str) -> f64 {
    let start = format!("| {line} | ");
    let cells = BOOK.lines().find_map(|text| text.strip_prefix(&start)).unwrap_or_else(|| panic!("{line}"));
    let column = if engine() == Engine::Sqlite { 0 } else { 1 };
    cells.split(" | ").nth(column).unwrap().parse().unwrap()
}

async fn text(server: &TestServer, query: &str) -> String {
    statement_on(&server.database.url, query).await
}

/// How many rows the first of some tables has.
async fn rows(server: &TestServer, tables: &[&str]) -> f64 {
    let query = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {}", tables[0]);
    text(server, &query).await.parse().unwrap()
}

/// The bytes of each table with its indexes, without space that is only reserved.
async fn sizes(server: &TestServer) -> BTreeMap<&'static str, f64> {
    let mut sizes = BTreeMap::new();
    for table in LINES.iter().flat_map(|(_, tables)| *tables) {
        let size = match engine() {
            Engine::Sqlite => format!(
                "SELECT CAST(SUM(pgsize) AS TEXT) FROM dbstat
                 WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name = '{table}')"
            ),
            Engine::Postgres => {
                text(server, &format!("VACUUM FULL {table}")).await;
                format!("SELECT CAST(pg_total_relation_size('{table}') AS TEXT)")
            }
        };
        sizes.insert(*table, text(server, &size).await.parse().unwrap());
    }
    sizes
}

#[tokio::test]
async fn no_row_takes_more_bytes_than_the_documentation_says() {
    // One network makes all the rows.
    let server = TestServer::start_with(&[("limits.enabled", "false")]).await;
    let television = Registration::native("tv").grants(&[GrantType::DeviceCode]).scopes("read");
    let television = server.register(television).await;
    let bank = Registration::web("bank").grants(&[GrantType::Ciba]).scopes("openid read");
    let bank = server.register(bank).await;
    let before = sizes(&server).await;
    for at in 0..ROWS {
        let name = format!("somebody-{at}");
        server.user(&name).await;
        let application = server.register(Registration::web(&format!("an-application-{at}"))).await;
        let mut browser = server.browser();
        let url = application.url_with(&[]);
        let page = browser.open(&url).await;
        let page = browser.sign_in(&page, &name).await;
        let done = if page.is_consent() { browser.submit(&page, &[("allow", "1")]).await } else { page };
        assert_eq!(application.redeem_by_hand(&done.get("code")).await.status, 200);
        assert_eq!(television.post("/device_authorization", &[]).await.status, 200);
        let asked = [("scope", "openid read"), ("login_hint", name.as_str()), ("binding_message", "W4SCT")];
        assert_eq!(bank.post("/bc-authorize", &asked).await.status, 200);
        let (used, end) = (Hash::of(&name), server.app.now() + Seconds::new(86_400));
        assert!(server.store(async move |tx| used_assertions::consume(tx, &used, end).await).await);
    }
    let after = sizes(&server).await;
    let mut wrong = Vec::new();
    for (line, tables) in LINES {
        let bytes: f64 = tables.iter().map(|table| after[table] - before[table]).sum();
        let (is, stated) = (bytes / rows(&server, tables).await, stated(line));
        if is > stated || stated > is * 2.0 {
            wrong.push(format!("{line}: {is:.0} and not {stated}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
