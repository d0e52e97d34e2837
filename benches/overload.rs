//! What an honest client notices of a thousand hostile connections, and of more sign-ins than the processors can hash.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::browser::sign_in_form;
use crate::database::Database;
use crate::http::{Connection, get, post};
use crate::load::{self, Subject};
use crate::report::{Report, Row};
use crate::rows::Repeat;
use crate::server::{Server, ServerOptions, Site};
use crate::{Options, Outcome};

/// Hostile connections at the same time, from a network that no honest client is in.
const HOSTILE: usize = 1000;
const THEIR_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
/// The server closes a hostile connection after ten seconds.
const LONGEST_ROW: Duration = Duration::from_secs(5);
/// People who sign in at the same time; every second one does not wait for the answer.
const PEOPLE: usize = 500;
/// Connections of the honest client.
const HONEST: usize = 4;

pub(crate) async fn measure(
    database: &Database,
    site: &Site,
    options: &Options,
    report: &mut Report,
) -> Outcome<()> {
    let length = options.row_length().min(LONGEST_ROW);
    if options.wants("flood") {
        grantor::config::descriptors::raise_limit();
        let server = Server::start(database, site, ServerOptions::Defaults).await?;
        report.add(honest(&server, site, "flood_before", length).await?);
        let idle = server.memory("VmRSS")?;
        for (name, sent) in hostile() {
            let held = hold(server.address, &sent).await?;
            report.add(honest(&server, site, name, length).await?);
            report.memory(name, idle, server.memory("VmRSS")?);
            drop(held);
        }
    }
    if options.wants("overload") {
        let server = Server::start(database, site, ServerOptions::Defaults).await?;
        report.add(honest(&server, site, "overload_before", length).await?);
        let idle = server.memory("VmRSS")?;
        let mut people = JoinSet::new();
        let form = sign_in_form(server.address).await?;
        for person in 0..PEOPLE {
            people.spawn_local(signs_in(server.address, form.clone(), person % 2 == 0));
        }
        report.add(honest(&server, site, "overload", length).await?);
        report.memory("overload", idle, server.memory("VmHWM")?);
        people.abort_all();
    }
    Ok(())
}

/// Gets tokens with a generated secret.
async fn honest(server: &Server, site: &Site, name: &str, length: Duration) -> Outcome<Row> {
    let fields = [("grant_type", "client_credentials"), ("scope", "bench.read")];
    let request = post("/token", &site.generated, &fields)?;
    let mut clients = Vec::new();
    for _ in 0..HONEST {
        let connection = Connection::open(server.address).await?;
        clients.push(Repeat {
            connection,
            request: request.clone(),
            status: 200,
            marker: "\"access_token\"",
        });
    }
    let (engine, pid, database_pid) = (server.engine, server.pid(), server.database_pid);
    load::measure(Subject { name, engine, pid, database_pid }, clients, length).await
}

/// What each hostile connection of a row sends, and then nothing more.
fn hostile() -> [(&'static str, Vec<u8>); 6] {
    let form = |length: usize, sent: usize| {
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {length}\r\n\r\n"
        );
        [head.into_bytes(), vec![b'a'; sent]].concat()
    };
    let chunked = "transfer-encoding: chunked\r\n";
    [
        ("flood_silence", Vec::new()),
        ("flood_heads", format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(30_000)).into_bytes()),
        ("flood_unwanted_bodies", get("/healthz", chunked)),
        ("flood_short_forms", form(100, 5)),
        ("flood_long_forms", form(60_000, 59_000)),
        ("flood_unread_answers", get("/errors", "").repeat(200)),
    ]
}

async fn hold(address: SocketAddr, sent: &[u8]) -> Outcome<Vec<TcpStream>> {
    let mut held = Vec::new();
    for _ in 0..HOSTILE {
        let socket = TcpSocket::new_v4()?;
        socket.bind((THEIR_ADDRESS, 0).into())?;
        let mut stream = socket.connect(address).await?;
        // A server that has enough does not read everything.
        let _ = tokio::time::timeout(Duration::from_millis(20), stream.write_all(sent)).await;
        held.push(stream);
    }
    Ok(held)
}

/// Signs in with a wrong password, again and again, and does what an answer says about when to try again.
async fn signs_in(address: SocketAddr, form: Vec<u8>, waits: bool) {
    loop {
        if let Ok(mut connection) = Connection::open(address).await {
            let answered = connection.send(&form);
            let patience = Duration::from_millis(if waits { 30_000 } else { 100 });
            let _ = tokio::time::timeout(patience, answered).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
