//! Clients, scopes, resources and authorization types in a cache, for display and client authentication. Never the only check.
//!
//! A refusal that rests on cached data is decided again on fresh data (`decision.rs`). The statement that stores a
//! token names the client's version. A stale entry therefore costs a second look and nothing else. Requests that wait
//! for a fresh look share one database read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::fresh::{Fresh, fresh_or_last};
use super::in_flight_reads::InFlightReads;
use crate::clock::{Clock, Seconds};
use crate::failure::Failure;
use crate::oauth::client::console;
use crate::oauth::grant::authorization_details::authorization_type::{
    KnownAuthorizationTypes, RegisteredType,
};
use crate::oauth::grant::authorization_details::type_of;
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::management;
use crate::oauth::grant::resource::{self, KnownResources, Resource};
use crate::oauth::grant::scope::{KnownScopes, Scope, ScopeRecord};
use crate::oauth::id::ClientId;
use crate::store::clients::StoredClient;
use crate::store::db::{Conn, Db, DbError};
use crate::store::{authorization_types, clients, resources, scopes, withdrawn};

/// The maximum age of an entry, which is how long a change needs to reach every node.
pub(super) const MAX_AGE: Duration = Duration::from_secs(1);
const CLIENTS: usize = 10_000;

/// How recent an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// At most a second old.
    Cached,
    /// As the database says now.
    Now,
}

impl Freshness {
    /// The moment after which a read must have begun to be this fresh.
    fn since(self) -> Instant {
        let now = Instant::now();
        match self {
            Self::Cached => now.checked_sub(MAX_AGE).unwrap_or(now),
            Self::Now => now,
        }
    }
}

/// The scopes, resources and authorization types that the server knows.
#[derive(Debug)]
pub struct Catalogue {
    /// When it was read, by the time that has passed since the process began.
    read_at: Seconds,
    /// How often a scope or a type had been deleted before it was read.
    withdrawals: i64,
    scopes: HashMap<String, ScopeRecord>,
    /// By the normal form of their URIs.
    resources: HashMap<String, Resource>,
    /// By their names, each with the digest of its row. A type that has not changed is taken from the catalogue before, so
    /// that its schema stays compiled.
    types: HashMap<String, (String, Arc<RegisteredType>)>,
    /// The management API, which is before all others, so that no other resource can take its place.
    management: Resource,
    /// The normal form of its URI.
    management_uri: String,
}

impl KnownScopes for Catalogue {
    fn find(&self, name: &str) -> Option<&ScopeRecord> {
        self.scopes.get(name)
    }
}

impl KnownResources for Catalogue {
    fn resource(&self, uri: &str) -> Option<&Resource> {
        if uri == self.management.uri {
            return Some(&self.management);
        }
        // Most servers have no other resource, and need not parse the issuer that most tokens are for.
        if self.resources.is_empty() {
            return (uri == self.management_uri).then_some(&self.management);
        }
        let uri = resource::normal(uri)?;
        if uri == self.management_uri { Some(&self.management) } else { self.resources.get(&uri) }
    }
}

impl KnownAuthorizationTypes for Catalogue {
    fn authorization_type(&self, name: &str) -> Option<&RegisteredType> {
        self.types.get(name).map(|(_, known)| known.as_ref())
    }

    fn authorization_type_names(&self) -> Vec<String> {
        self.type_names()
    }
}

impl Catalogue {
    fn new(
        scopes: Vec<ScopeRecord>,
        resources: Vec<Resource>,
        management: Resource,
        read_at: Seconds,
    ) -> Self {
        let normal = |resource: Resource| Some((resource::normal(&resource.uri)?, resource));
        Self {
            read_at,
            withdrawals: 0,
            scopes: scopes.into_iter().map(|record| (record.name.clone(), record)).collect(),
            resources: resources.into_iter().filter_map(normal).collect(),
            types: HashMap::new(),
            management_uri: resource::normal(&management.uri).unwrap_or_default(),
            management,
        }
    }

    /// Everything as the database has it now. `read_at` is the time that has passed since the process began. `before`: the
    /// catalogue as it was read last.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn read(
        conn: &mut Conn,
        management: Resource,
        read_at: Seconds,
        before: Option<&Self>,
    ) -> Result<Self, DbError> {
        // Before the names: a deletion in between makes it too low, and then nothing of this catalogue is stored.
        let withdrawals = withdrawn::count(conn).await?;
        let mut read = Self::new(scopes::all(conn).await?, resources::all(conn).await?, management, read_at);
        read.withdrawals = withdrawals;
        for (name, digest) in authorization_types::digests(conn).await? {
            let known = before.and_then(|before| before.types.get(&name));
            let known = match known.filter(|(other, _)| *other == digest) {
                Some((_, known)) => known.clone(),
                None => match authorization_types::find(conn, &name).await? {
                    Some(record) => Arc::new(RegisteredType::new(record)),
                    None => continue,
                },
            };
            read.types.insert(name, (digest, known));
        }
        Ok(read)
    }

    /// How often a scope or a type had been deleted before this was read. What a person allows is stored only while the number
    /// is still the same.
    pub fn withdrawals(&self) -> i64 {
        self.withdrawals
    }

    /// Whether all scopes and types of something granted exist.
    pub fn has_all(&self, granted: &Granted) -> bool {
        let mut types = granted.details.iter().map(type_of);
        granted.scope.names().all(|name| self.scopes.contains_key(name))
            && types.all(|name| name.is_some_and(|name| self.types.contains_key(name)))
    }

    /// The names of the authorization types, sorted.
    pub fn type_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.types.keys().cloned().collect();
        names.sort();
        names
    }

    /// All scopes, sorted by name.
    pub fn scopes(&self) -> Vec<&ScopeRecord> {
        let mut all: Vec<&ScopeRecord> = self.scopes.values().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The names of the claims about a person that the scopes give access to.
    pub fn claims_of(&self, scope: &Scope) -> impl Iterator<Item = &str> {
        let records = scope.names().filter_map(|name| self.scopes.get(name));
        records.flat_map(|record| record.claims.iter().map(String::as_str))
    }
}

type Aged<T> = (Arc<T>, Instant);

/// The cache for the clients and the catalogue.
pub struct CatalogueCache {
    db: Db,
    clock: Clock,
    issuer: String,
    clients: Cache<ClientId, Aged<StoredClient>>,
    client_reads: InFlightReads<ClientId, Option<Arc<StoredClient>>, Arc<Failure>>,
    catalogue: Fresh<Catalogue, Arc<Failure>>,
}

impl CatalogueCache {
    /// An empty cache that reads from `db`, for the server with this issuer.
    pub fn new(db: Db, clock: Clock, issuer: String) -> Self {
        Self {
            db,
            clock,
            issuer,
            clients: Cache::new(CLIENTS),
            client_reads: InFlightReads::new(),
            catalogue: Fresh::default(),
        }
    }

    /// The client with this id. `None` if it is not registered.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn client(
        &self,
        id: &ClientId,
        freshness: Freshness,
    ) -> Result<Option<Arc<StoredClient>>, Failure> {
        Ok(self.client_since(id, freshness.since()).await?.0)
    }

    /// The client from a read that began at `since` or later, and the moment when that read began. The client is `None`
    /// if it is not registered.
    pub(super) async fn client_since(
        &self,
        id: &ClientId,
        since: Instant,
    ) -> Result<(Option<Arc<StoredClient>>, Instant), Failure> {
        if let Some((client, at)) = self.clients.get(id)
            && at >= since
        {
            return Ok((Some(client), at));
        }
        let read = async || self.read_client(id).await.map_err(Arc::new);
        self.client_reads.read(id, since, read).await.map_err(Failure::Shared)
    }

    async fn read_client(&self, id: &ClientId) -> Result<Option<Arc<StoredClient>>, Failure> {
        let (key, at) = (id.clone(), Instant::now());
        let found = self.db.read(async move |conn| clients::find(conn, &key).await).await?;
        // Only existing clients are kept, so that made-up ids cannot fill the cache.
        let Some(mut found) = found else {
            self.clients.remove(id);
            return Ok(None);
        };
        if console::is_console(id) {
            // Its row is the same on every server.
            found.client.redirect_uris = vec![console::redirect_uri(&self.issuer)];
        }
        let found = Arc::new(found);
        self.clients.insert(id.clone(), (found.clone(), at));
        Ok(Some(found))
    }

    /// Whether an enabled client allows scripts from this origin to call the server. It always reads the database.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn is_origin(&self, origin: &str) -> Result<bool, Failure> {
        let origin = origin.to_owned();
        let find = async move |conn: &mut Conn| clients::is_origin(conn, &origin).await;
        Ok(self.db.read(find).await?)
    }

    /// The scopes and resources, as recent as `freshness` requires.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn catalogue(&self, freshness: Freshness) -> Result<Arc<Catalogue>, Failure> {
        Ok(self.catalogue_since(freshness.since()).await?.0)
    }

    /// The catalogue for what applications keep for `max_age` anyway: while the database does not answer, as it was read
    /// last, if that was not longer ago. Also returns how long applications may still keep it.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn published_catalogue(&self, max_age: Seconds) -> Result<(Arc<Catalogue>, Seconds), Failure> {
        let left = |catalogue: &Catalogue| max_age - (self.clock.uptime() - catalogue.read_at);
        let last = self.catalogue.kept().map(|(last, _)| last).filter(|last| left(last) > Seconds::ZERO);
        let current = fresh_or_last(self.catalogue(Freshness::Cached), last).await?;
        let left = left(&current);
        Ok((current, left))
    }

    /// The catalogue from a read that began at `since` or later, and the moment when that read began.
    pub(super) async fn catalogue_since(&self, since: Instant) -> Result<Aged<Catalogue>, Failure> {
        let read = async || self.read_catalogue().await.map_err(Arc::new);
        self.catalogue.get(since, |_| true, read).await.map_err(Failure::Shared)
    }

    async fn read_catalogue(&self) -> Result<Catalogue, Failure> {
        let read_at = self.clock.uptime();
        let resource = management::resource(&self.issuer);
        let before = self.catalogue.kept().map(|(before, _)| before);
        let read = async move |conn: &mut Conn| {
            Catalogue::read(conn, resource.clone(), read_at, before.as_deref()).await
        };
        Ok(self.db.read(read).await?)
    }
}
