//! The state that all requests share.

use std::sync::Arc;

use crate::cache::catalogue::CatalogueCache;
use crate::cache::secrets::SecretCache;
use crate::cache::stand_ins::StandIns;
use crate::clock::{Clock, Timestamp};
use crate::clock_watch::ClockWatch;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::http::html::Pages;
use crate::http::route::Routes;
use crate::keys::master::ServerKeys;
use crate::keys::remote::RemoteKeys;
use crate::keys::signing::KeySet;
use crate::metrics::counters::Counters;
use crate::metrics::purge_counters::PurgeCounters;
use crate::metrics::requests::Requests;
use crate::oauth::identity::session::LiveSessions;
use crate::operations::Context;
use crate::secret::passwords::Passwords;
use crate::store::db::Db;
use crate::tokens::verified::VerifiedTokens;
use crate::work::wake::BackChannel;

/// The state of a running server. Correctness never depends on data that is only here.
pub struct App {
    pub config: Config,
    /// The public URL without a slash at its end. Every URL begins with it, whatever the headers of a request say.
    pub issuer: String,
    pub clock: Clock,
    pub clock_watch: ClockWatch,
    pub db: Db,
    pub keys: Arc<ServerKeys>,
    pub key_set: KeySet,
    pub passwords: Passwords,
    pub cache: CatalogueCache,
    pub pages: Pages,
    pub routes: Routes,
    pub secrets: SecretCache,
    pub stand_ins: StandIns,
    pub fetcher: Fetcher,
    pub remote_keys: RemoteKeys,
    pub verified_tokens: VerifiedTokens,
    pub back_channel: BackChannel,
    pub purged: PurgeCounters,
    pub counters: Counters,
    /// `None` if the metrics are off, because then no one can read the counters.
    pub requests: Option<Requests>,
}

impl App {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The sessions that are live at `now`.
    pub fn live_sessions(&self, now: Timestamp) -> LiveSessions {
        self.config.live_sessions(now)
    }

    /// The context for operations in a call that arrived at `now`.
    pub fn operations(&self, now: Timestamp) -> Context<'_> {
        Context { db: &self.db, config: &self.config, now }
    }
}
