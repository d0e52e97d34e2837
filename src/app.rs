//! The state that all requests share.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;

use crate::activity::Activity;
use crate::audit::AuditTrail;
use crate::cache::catalogue::CatalogueCache;
use crate::cache::row_budgets::{Draw, RowBudgets};
use crate::cache::secrets::SecretCache;
use crate::cache::stand_ins::StandIns;
use crate::clock::{Clock, Timestamp};
use crate::clock_watch::ClockWatch;
use crate::config::Config;
use crate::face::brand::Brand;
use crate::failure::Failure;
use crate::fetch::Fetcher;
use crate::http::html::Pages;
use crate::http::in_flight::RequestPlaces;
use crate::http::refusal_log::RefusalLog;
use crate::http::requests_in_work::RequestsInWork;
use crate::http::untrusted_peers::UntrustedPeers;
use crate::jose::foreign::ForeignKeys;
use crate::keys::master::ServerKeys;
use crate::keys::registered::RegisteredKeys;
use crate::keys::remote::RemoteKeys;
use crate::keys::signing::KeySet;
use crate::limits::RateLimits;
use crate::metrics::counters::Counters;
use crate::metrics::purge_counters::PurgeCounters;
use crate::metrics::requests::Requests;
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::{Client, Demand};
use crate::oauth::id::ClientId;
use crate::oauth::identity::session::LiveSessions;
use crate::oauth::row_budget::{RowBudget, RowKind};
use crate::operations::Context;
use crate::operations::actor::Actor;
use crate::operations::terms::Terms;
use crate::readiness::Readiness;
use crate::secret::passwords::Passwords;
use crate::store::db::Db;
use crate::tokens::verified::VerifiedTokens;
use crate::work::wake::Wake;
use crate::x509::authorities::ClientAuthorities;
use crate::x509::registered::RegisteredCertificates;

/// The state of a running server. Correctness never depends on data that is only here.
pub struct App {
    pub config: Config,
    /// The public URL without a slash at its end. Every URL begins with it, whatever the headers of a request say.
    pub issuer: String,
    pub clock: Clock,
    pub clock_watch: ClockWatch,
    pub db: Db,
    /// The same database for those who have not proven who they are.
    pub db_for_strangers: Db,
    pub readiness: Readiness,
    pub keys: Arc<ServerKeys>,
    pub key_set: KeySet,
    pub passwords: Passwords,
    pub cache: CatalogueCache,
    pub brand: Brand,
    pub pages: Pages,
    pub request_places: RequestPlaces,
    pub requests_in_work: RequestsInWork,
    pub rate_limits: RateLimits,
    pub refusals: Arc<RefusalLog>,
    pub untrusted_peers: UntrustedPeers,
    pub secrets: SecretCache,
    pub row_budgets: RowBudgets,
    pub stand_ins: StandIns,
    pub fetcher: Fetcher,
    pub registered_keys: RegisteredKeys,
    pub remote_keys: RemoteKeys<ForeignKeys>,
    pub remote_certificates: RemoteKeys<RegisteredCertificates>,
    /// The authorities that sign certificates of clients.
    pub client_authorities: Arc<ClientAuthorities>,
    /// The base of the URLs at which clients are asked for certificates. `None` if there are no such URLs.
    pub mtls_url: Option<String>,
    /// The `Strict-Transport-Security` of every answer; `None` if answers have none.
    pub strict_transport_security: Option<HeaderValue>,
    pub verified_tokens: VerifiedTokens,
    /// Wakes the delivery of logout notifications.
    pub back_channel: Wake,
    /// Wakes the delivery of pings (CIBA Core §10.2).
    pub backchannel_pings: Wake,
    /// Wakes the delivery of messages to webhooks.
    pub webhooks: Wake,
    pub audit: AuditTrail,
    pub activity: Activity,
    pub purged: PurgeCounters,
    pub counters: Counters,
    /// `None` if the metrics are off, because then no one can read the counters.
    pub requests: Option<Requests>,
}

impl App {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts and logs how an answered request meets the demands that are only reported. `observed`: each demand that is
    /// about the request, with whether the request meets it.
    pub fn report(&self, client: &Client, observed: &[(Demanded, bool)], at: Timestamp) {
        let server = self.config.oauth.demands();
        for &(what, is_met) in observed {
            if client.demand(what, &server) != Demand::Report {
                continue;
            }
            self.activity.demanded(&client.id, (what, is_met), at);
            if !is_met {
                let (demand, reason) = (what.as_str(), what.reason().word());
                tracing::info!(
                    reason,
                    demand,
                    "a request was answered that would be refused if the demand were require"
                );
            }
        }
    }

    /// The sessions that are live at `now`.
    pub fn live_sessions(&self, now: Timestamp) -> LiveSessions {
        self.config.live_sessions(now)
    }

    /// The context for operations of this actor in a call that arrived at `now`.
    pub fn operations(&self, now: Timestamp, actor: Arc<Actor>) -> Context<'_> {
        Context { db: &self.db, config: &self.config, now, actor, terms: Terms::default() }
    }

    /// The context for operations of someone who has not proven who they are, in a call that arrived at `now`.
    pub fn operations_of_a_stranger(&self, now: Timestamp, actor: Arc<Actor>) -> Context<'_> {
        Context { db: &self.db_for_strangers, ..self.operations(now, actor) }
    }

    /// The database for what a client asks that has named itself: a client without credentials may be anyone.
    pub fn db_of(&self, client: &Client) -> &Db {
        if client.kind.is_public() { &self.db_for_strangers } else { &self.db }
    }

    /// Draws on the budget for one row that a stranger in the network `site` makes.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn draw(&self, kind: RowKind, site: String, now: Timestamp) -> Result<Draw, Failure> {
        self.draw_within(kind, self.config.row_budget(kind), site, now).await
    }

    /// Draws on the budget for one row that the client `id` makes, which has proven to be that client. It has no bound of
    /// its own, but a row of it counts like those of strangers.
    ///
    /// # Errors
    /// Only failures of the database.
    pub async fn draw_for_client(
        &self,
        kind: RowKind,
        id: &ClientId,
        now: Timestamp,
    ) -> Result<Draw, Failure> {
        let budget = self.config.row_budget(kind);
        let budget = RowBudget { per_network: budget.in_all, ..budget };
        self.draw_within(kind, budget, format!("client {id}"), now).await
    }

    async fn draw_within(
        &self,
        kind: RowKind,
        budget: RowBudget,
        from: String,
        now: Timestamp,
    ) -> Result<Draw, Failure> {
        if !self.config.limits.enabled {
            return Ok(Draw::unlimited());
        }
        self.row_budgets.draw(&self.db, (kind, budget), from, now).await
    }
}
