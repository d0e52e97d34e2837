//! How the database finds rows: lists of one user by their index, on both engines.

use grantor::store::db::Engine;
use grantor::store::{consents, grant_records, sessions};

use crate::support::TestServer;
use crate::support::database::engine;

/// How the database would run a statement. `values` are its parameters as literals, for PostgreSQL.
async fn plan(server: &TestServer, statement: &str, values: &[&str]) -> String {
    match engine() {
        Engine::Sqlite => {
            let explain: &'static str = format!("EXPLAIN QUERY PLAN {statement}").leak();
            let steps: Vec<(i64, i64, i64, String)> =
                server.store(async move |tx| tx.query(explain).all().await).await;
            steps.into_iter().map(|(.., step)| step).collect::<Vec<_>>().join("\n")
        }
        Engine::Postgres => {
            let mut text = statement.to_owned();
            for (place, value) in values.iter().enumerate().rev() {
                text = text.replace(&format!("${}", place + 1), value);
            }
            let explain: &'static str = format!("EXPLAIN {text}").leak();
            let work = async move |tx: &mut grantor::store::db::Tx| {
                // A table of a few rows is otherwise read from its beginning to its end.
                tx.query("SET LOCAL enable_seqscan = off").execute().await?;
                tx.query(explain).all().await
            };
            let lines: Vec<(String,)> = server.store(work).await;
            lines.into_iter().map(|(line,)| line).collect::<Vec<_>>().join("\n")
        }
    }
}

#[tokio::test]
async fn the_grants_and_the_sessions_of_one_user_and_the_people_of_a_client_are_found_by_an_index() {
    let server = TestServer::start().await;
    let text = "NULL::TEXT";
    let values = ["'u'", text, text, "1", "1", "''", "50", "1"];
    let of_user = plan(&server, grant_records::LIST[0], &values).await;
    assert!(of_user.contains("grants_user"), "{of_user}");
    let of_user = plan(&server, sessions::LIST[0], &["'u'", "1", "1", "1", "''", "50"]).await;
    assert!(of_user.contains("sessions_user"), "{of_user}");
    let of_client = plan(&server, consents::LIST[1], &["'c'", "''", "50"]).await;
    assert!(of_client.contains("consents_client"), "{of_client}");
    // This test sees the difference.
    let of_all = plan(&server, sessions::LIST[1], &[text, "1", "1", "1", "''", "50"]).await;
    assert!(!of_all.contains("sessions_user"), "{of_all}");
}
