//! The storage layer in this process: one durable insert, and reading one client by its key.

use grantor::clock::{Clock, Seconds, Timestamp};
use grantor::oauth::grant::granted::Granted;
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::id::ClientId;
use grantor::oauth::token::AccessToken;
use grantor::secret::{Hash, random_id, random_token};
use grantor::store::db::{Batch, Db};
use grantor::store::{access_tokens, clients};

use crate::database::Database;
use crate::load::{self, Subject, Worker};
use crate::report::Report;
use crate::{CROWDS, Options, Outcome};

const CLIENT: &str = "bench-generated";
const LIFETIME: Seconds = Seconds::new(600);

pub(crate) async fn measure(database: &Database, options: &Options, report: &mut Report) -> Outcome<()> {
    let (insert, select) = ("storage_insert", "storage_find_client");
    if !options.wants(insert) && !options.wants(select) {
        return Ok(());
    }
    let db = Db::open(&database.config()?.database_options()).await?;
    let length = options.row_length();
    let subject =
        |name| Subject { name, engine: database.engine, pid: std::process::id(), database_pid: database.pid };
    for callers in CROWDS {
        if options.wants(insert) {
            let worker = Insert { version: version(&db).await?, db: db.clone(), now: Clock::System.now() };
            report.add(load::measure(subject(insert), vec![worker; callers], length).await?);
        }
    }
    for callers in CROWDS {
        if options.wants(select) {
            let worker = Find { db: db.clone() };
            report.add(load::measure(subject(select), vec![worker; callers], length).await?);
        }
    }
    Ok(())
}

/// The client's version, which an insert must name.
async fn version(db: &Db) -> Outcome<i64> {
    let find = async |conn: &mut _| clients::find(conn, &ClientId::new(CLIENT)).await;
    let found = db.read(find).await?;
    Ok(found.ok_or("the client of the benchmark is missing")?.client.version)
}

/// Stores a token and waits until it is durable.
#[derive(Clone)]
struct Insert {
    db: Db,
    version: i64,
    now: Timestamp,
}

impl Worker for Insert {
    async fn once(&mut self) -> Outcome<()> {
        let (hash, version) = (Hash::of(&random_token()), self.version);
        let token = AccessToken {
            id: random_id(),
            audience: None,
            signed_with: None,
            client_id: ClientId::new(CLIENT),
            user_id: None,
            grant_id: None,
            granted: Granted::of_scope(Scope::from_stored("bench.read")),
            issued_at: self.now,
            expires_at: self.now + LIFETIME,
            delegation: Default::default(),
            binding: None,
        };
        let save = access_tokens::save_for_client_in(Batch::new(), &hash, &token, version, None);
        match self.db.run(save).await? == [1] {
            true => Ok(()),
            false => Err("a token was not stored".into()),
        }
    }
}

/// Reads a client and its secrets: two statements.
#[derive(Clone)]
struct Find {
    db: Db,
}

impl Worker for Find {
    async fn once(&mut self) -> Outcome<()> {
        version(&self.db).await.map(drop)
    }
}
