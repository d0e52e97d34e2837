//! Clients and scopes through a cache: for display and client authentication, never the only guard.
//!
//! Whoever refuses on a cached state asks again with [`Freshness::Now`]; whoever issues names the client's
//! version in the statement that stores the token. So a stale entry costs a second look and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use crate::failure::Failure;
use crate::oauth::id::ClientId;
use crate::oauth::scope::{KnownScopes, Scope, ScopeRecord};
use crate::store::clients::StoredClient;
use crate::store::db::{Conn, Db, DbError};
use crate::store::{clients, scopes};

/// How old an entry may be: the time in which a change takes effect on every node.
const AGE: Duration = Duration::from_secs(1);
const CLIENTS: usize = 10_000;

/// How recent an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At most a second old.
    Cached,
    /// As the database says now.
    Now,
}

/// The scopes that the server knows.
#[derive(Debug, Default)]
pub struct Scopes(HashMap<String, ScopeRecord>);

impl KnownScopes for Scopes {
    fn find(&self, name: &str) -> Option<&ScopeRecord> {
        self.0.get(name)
    }
}

impl Scopes {
    /// All of them, by name.
    pub fn sorted(&self) -> Vec<&ScopeRecord> {
        let mut all: Vec<&ScopeRecord> = self.0.values().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The claims that an application learns with a scope.
    pub fn claims_of(&self, scope: &Scope) -> impl Iterator<Item = &str> {
        let records = scope.names().filter_map(|name| self.0.get(name));
        records.flat_map(|record| record.claims.iter().map(String::as_str))
    }
}

type Aged<T> = (Arc<T>, Instant);

/// The cache over both tables.
pub struct Registry {
    db: Db,
    clients: Cache<ClientId, Aged<StoredClient>>,
    scopes: RwLock<Option<Aged<Scopes>>>,
}

impl Registry {
    pub fn new(db: Db) -> Self {
        Self { db, clients: Cache::new(CLIENTS), scopes: RwLock::default() }
    }

    pub async fn client(
        &self,
        id: &ClientId,
        freshness: Freshness,
    ) -> Result<Option<Arc<StoredClient>>, Failure> {
        if freshness == Freshness::Cached
            && let Some((client, at)) = self.clients.get(id)
            && at.elapsed() < AGE
        {
            return Ok(Some(client));
        }
        let (key, at) = (id.clone(), Instant::now());
        let found = self.db.read::<_, DbError, _>(async move |conn| clients::find(conn, &key).await).await?;
        // Only what exists is kept, so that made-up ids cannot fill the cache.
        let Some(found) = found.map(Arc::new) else {
            self.clients.remove(id);
            return Ok(None);
        };
        self.clients.insert(id.clone(), (found.clone(), at));
        Ok(Some(found))
    }

    /// Whether scripts of this origin may call for some client.
    pub async fn is_origin(&self, origin: &str) -> Result<bool, Failure> {
        let origin = origin.to_owned();
        let find = async move |conn: &mut Conn| clients::is_origin(conn, &origin).await;
        Ok(self.db.read::<_, DbError, _>(find).await?)
    }

    pub async fn scopes(&self, freshness: Freshness) -> Result<Arc<Scopes>, Failure> {
        let kept = self.scopes.read().ok().and_then(|kept| kept.clone());
        if let Some((scopes, at)) = kept
            && freshness == Freshness::Cached
            && at.elapsed() < AGE
        {
            return Ok(scopes);
        }
        let at = Instant::now();
        let records = self.db.read::<_, DbError, _>(async |conn| scopes::list(conn).await).await?;
        let scopes = records.into_iter().map(|record| (record.name.clone(), record)).collect();
        let scopes = Arc::new(Scopes(scopes));
        if let Ok(mut kept) = self.scopes.write() {
            *kept = Some((scopes.clone(), at));
        }
        Ok(scopes)
    }
}
