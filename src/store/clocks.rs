//! What the clocks of the running nodes said when they last renewed their rows, and what the database's own clock says.

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Engine, Tx};
use crate::clock::{Seconds, Timestamp};

/// The maximum number of rows that are read: many more than nodes can run.
const MAX_NODES: i64 = 256;
/// How old a row may become, in seconds, before a node that renews its own deletes it.
const KEPT: Seconds = Seconds::new(3600);

/// A node, and what its clock said when it last renewed its row.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NodeClock {
    pub node: String,
    pub time: Timestamp,
}

/// All clocks beside one's own, as the database says at this moment.
#[derive(Clone, Debug, Default)]
pub struct OtherClocks {
    /// The clock of the database's machine; `None` on SQLite, which has no server.
    pub database: Option<Timestamp>,
    /// The rows of other nodes, dead ones among them.
    pub nodes: Vec<NodeClock>,
}

/// The clocks of the database and of all nodes except `own`.
///
/// # Errors
/// Only failures of the database.
pub async fn read(conn: &mut Conn, engine: Engine, own: &str) -> Result<OtherClocks, DbError> {
    let database: Option<(Timestamp,)> = match engine {
        Engine::Sqlite => None,
        // SQLite could only ask this process, so this statement is for one engine.
        Engine::Postgres => {
            conn.query("SELECT CAST(FLOOR(EXTRACT(EPOCH FROM now())) AS BIGINT)").optional().await?
        }
    };
    let nodes = conn
        .query("SELECT node, time FROM node_clocks WHERE node <> $1 ORDER BY time DESC, node LIMIT $2")
        .bind(own)
        .bind(MAX_NODES)
        .all()
        .await?;
    Ok(OtherClocks { database: database.map(|(time,)| time), nodes })
}

/// Stores the time of the clock of `node`, and deletes rows that were not renewed for an hour.
///
/// # Errors
/// Only failures of the database.
pub async fn renew(tx: &mut Tx, node: &str, now: Timestamp) -> Result<(), DbError> {
    let batch = Batch::new()
        .query(
            "INSERT INTO node_clocks (node, time) VALUES ($1, $2)
             ON CONFLICT (node) DO UPDATE SET time = excluded.time",
        )
        .bind(node)
        .bind(now)
        .query("DELETE FROM node_clocks WHERE time < $1")
        .bind(now - KEPT);
    tx.run(batch).await.map(drop)
}

/// Deletes all rows and returns their number. Running nodes write theirs again.
///
/// # Errors
/// Only failures of the database.
pub async fn forget(tx: &mut Tx) -> Result<u64, DbError> {
    tx.query("DELETE FROM node_clocks").execute().await
}
