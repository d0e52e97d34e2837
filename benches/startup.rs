//! How soon a server answers, and how much memory it uses.

use std::net::SocketAddr;
use std::time::Duration;

use crate::browser::sign_in;
use crate::database::Database;
use crate::report::{IdleServer, Report};
use crate::server::{Server, ServerOptions, Site};
use crate::{Options, Outcome};

const STARTS: usize = 5;
const SIGN_INS: usize = 100;
/// People who sign in at the same time; more than there are hashing threads.
const PEOPLE: usize = 4;

/// Starts servers with the default options on an existing database, as an operator would.
pub(crate) async fn measure(
    database: &Database,
    site: &Site,
    options: &Options,
    report: &mut Report,
) -> Outcome<()> {
    if !options.wants("startup") {
        return Ok(());
    }
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(Server::start(database, site, ServerOptions::Defaults).await?.began_answering);
    }
    starts.sort_unstable();
    let start = starts.get(STARTS / 2).copied().unwrap_or_default();

    let server = Server::start(database, site, ServerOptions::Defaults).await?;
    let before = server.memory("VmRSS")?;
    let people = (0..PEOPLE).map(|_| sign_in_often(server.address, SIGN_INS / PEOPLE));
    futures_util::future::try_join_all(people).await?;
    let after = server.memory("VmRSS")?;
    tokio::time::sleep(options.rest()).await;
    report.resting(IdleServer {
        engine: database.engine,
        start_millis: start.as_secs_f64() * 1000.0,
        idle_kib: before,
        after_sign_ins_kib: after,
        rested_kib: server.memory("VmRSS")?,
        rest_seconds: options.rest().as_secs(),
        most_kib: server.memory("VmHWM")?,
    });
    Ok(())
}

async fn sign_in_often(address: SocketAddr, times: usize) -> Outcome<()> {
    for _ in 0..times {
        tokio::time::timeout(Duration::from_secs(30), sign_in(address)).await??;
    }
    Ok(())
}
