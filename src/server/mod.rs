//! The server: binds, starts, and stops.

mod mtls;
pub mod routes;
pub mod tls;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::HeaderValue;
use actix_web::{App as ActixApp, web};

use crate::activity::Activity;
use crate::app::App;
use crate::audit::AuditTrail;
use crate::cache::catalogue::CatalogueCache;
use crate::cache::row_budgets::RowBudgets;
use crate::cache::secrets::SecretCache;
use crate::cache::stand_ins::StandIns;
use crate::clock::Clock;
use crate::clock_watch::ClockWatch;
use crate::config::{Config, descriptors, mount_path};
use crate::connection::{self, Deadlines, ListenerOptions, Seats};
use crate::face::theme_files;
use crate::failure::Failure;
use crate::fetch::Fetcher;
use crate::http::envelope;
use crate::http::html::Pages;
use crate::http::in_flight::RequestPlaces;
use crate::http::refusal_log::RefusalLog;
use crate::http::requests_in_work::RequestsInWork;
use crate::http::route::Routes;
use crate::http::untrusted_peers::UntrustedPeers;
use crate::keys::master::ServerKeys;
use crate::keys::registered::RegisteredKeys;
use crate::keys::remote::RemoteKeys;
use crate::keys::signing::KeySet;
use crate::limits::RateLimits;
use crate::metrics;
use crate::metrics::counters::Counters;
use crate::metrics::purge_counters::PurgeCounters;
use crate::metrics::requests::Requests;
use crate::readiness::Readiness;
use crate::representation::document::ApiDocument;
use crate::secret::passwords::Passwords;
use crate::store::db::{Db, DbOptions};
use crate::store::leases;
use crate::store::migrate;
use crate::tokens::verified::VerifiedTokens;
use crate::work::wake::Wake;
use crate::work::{
    activity, audit, back_channel, backchannel_pings, kept_refusals, purge, readiness, refusals, webhooks,
};
use crate::x509::authorities::{AuthorityFiles, ClientAuthorities};
use routes::Mounted;
use tls::Certificates;

/// The threads of a listener that only operators use.
const MANAGEMENT_WORKERS: usize = 1;

/// A server that listens and is ready to run.
pub struct Server {
    app: Arc<App>,
    listeners: Listeners,
    connections: usize,
    /// `None` for plain HTTP.
    certificates: Option<Arc<Certificates>>,
}

/// The listeners, each with its address.
struct Listeners {
    /// For `listen`.
    own: (TcpListener, SocketAddr),
    metrics: Option<(TcpListener, SocketAddr)>,
    /// For the management API and the console, if they have a listener of their own.
    management: Option<(TcpListener, SocketAddr)>,
    /// For clients that show certificates.
    mtls: Option<(TcpListener, SocketAddr)>,
}

impl Listeners {
    fn open(config: &Config) -> Result<Self, Failure> {
        let own = listen(config.listen, "")?;
        let beside =
            |address: Option<SocketAddr>, what| address.map(|address| listen(address, what)).transpose();
        let management = config.admin.listen.filter(|_| config.admin.enabled);
        Ok(Self {
            own,
            metrics: beside(config.metrics.listen, " for metrics")?,
            management: beside(management, " for the management API")?,
            mtls: beside(config.tls.mtls_listen, " for client certificates")?,
        })
    }
}

/// The authorities of clients' certificates, from the files that the options name.
fn client_authorities(config: &Config) -> Result<ClientAuthorities, Failure> {
    Ok(ClientAuthorities::load(AuthorityFiles {
        authorities: config.tls.client_ca.clone(),
        revoked: config.tls.client_crl.clone(),
    })?)
}

impl Server {
    /// Opens the database, migrates it, and listens.
    ///
    /// # Errors
    /// Every mistake of the operator, in a sentence.
    pub async fn bind(config: Config, clock: Clock) -> Result<Self, Failure> {
        // Before a database and a key are made for a server that cannot start.
        let certificates = config.tls.is_on().then(|| Certificates::load(&config.tls)).transpose()?;
        let descriptor_limit = descriptors::raise_limit();
        let listeners = Listeners::open(&config)?;
        let authorities = client_authorities(&config)?;
        let issuer = config.issuer(listeners.own.1.port());
        let mtls_url = config.mtls_url(&issuer, listeners.mtls.as_ref().map(|(_, address)| address.port()));
        let theme = theme_files::load(&config.brand, &issuer)
            .map_err(|mistakes| Failure::Internal(mistakes.join("\n")))?;
        let db = make_database(&config, &clock, config.http.deadline.duration() / 2).await?;
        // Before a master key is created for a database that accepts no writes.
        db.write(async move |tx| leases::touch(tx).await).await?;
        let keys = Arc::new(ServerKeys::open(&config, &db, clock.now()).await?);
        let clock_watch = ClockWatch::new(&db, &clock);
        clock_watch.look().await?;
        let key_set = KeySet::open(&config.keys, (&db, &clock_watch), keys.master(), clock.now()).await?;
        let connections = count_connections(&config, descriptor_limit);
        let app = App {
            readiness: Readiness::new(&db, &keys, &clock_watch),
            db_for_strangers: db.for_strangers(),
            passwords: Passwords::start(&config.passwords)?,
            cache: CatalogueCache::new(db.clone(), clock.clone(), issuer.clone()),
            pages: Pages::new(&issuer, config.http.popups, &theme)?,
            brand: theme.brand,
            strict_transport_security: strict_transport_security(&config),
            request_places: RequestPlaces::new(config.http.requests),
            requests_in_work: RequestsInWork::default(),
            rate_limits: rate_limits(&config, &clock),
            refusals: Arc::new(RefusalLog::new(config.explain.is_on())),
            untrusted_peers: UntrustedPeers::default(),
            secrets: SecretCache::new(),
            row_budgets: RowBudgets::default(),
            stand_ins: StandIns::default(),
            fetcher: Fetcher::new(&config.fetch)?,
            remote_keys: RemoteKeys::new(),
            remote_certificates: RemoteKeys::new(),
            client_authorities: Arc::new(authorities),
            mtls_url,
            registered_keys: RegisteredKeys::new(),
            verified_tokens: VerifiedTokens::new(),
            back_channel: Wake::default(),
            backchannel_pings: Wake::default(),
            webhooks: Wake::default(),
            audit: AuditTrail::default(),
            activity: Activity::default(),
            purged: PurgeCounters::new(),
            counters: Counters::default(),
            requests: config.metrics.listen.map(|_| Requests::default()),
            issuer,
            clock,
            clock_watch,
            db,
            keys,
            key_set,
            config,
        };
        Ok(Self { app: Arc::new(app), listeners, connections, certificates })
    }

    pub fn port(&self) -> u16 {
        self.listeners.own.1.port()
    }

    /// The address of the metrics, if they are on.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.listeners.metrics.as_ref().map(|(_, address)| *address)
    }

    /// The address of the management API and the console, if they have one of their own.
    pub fn management_address(&self) -> Option<SocketAddr> {
        self.listeners.management.as_ref().map(|(_, address)| *address)
    }

    /// The address at which clients are asked for certificates, if there is one.
    pub fn mtls_address(&self) -> Option<SocketAddr> {
        self.listeners.mtls.as_ref().map(|(_, address)| *address)
    }

    pub fn app(&self) -> Arc<App> {
        self.app.clone()
    }

    /// Serves requests until the handle stops it, then finishes the requests in flight.
    ///
    /// # Errors
    /// If a listener cannot be used.
    pub fn start(self) -> Result<(impl Future<Output = std::io::Result<()>>, ServerHandle), Failure> {
        let app = web::Data::from(self.app.clone());
        let mount = mount_path(&self.app.issuer);
        let document = web::Data::new(ApiDocument::new(&self.app.issuer, routes::methods()));
        let factory = |mounted: Mounted| {
            let (app, document, mount) = (app.clone(), document.clone(), mount.clone());
            let routes = web::Data::new(Routes::new(&mount, routes::routes(mounted)));
            move || {
                ActixApp::new()
                    .app_data(app.clone())
                    .app_data(document.clone())
                    .app_data(routes.clone())
                    .app_data(mounted.reached_at())
                    .wrap(actix_web::middleware::from_fn(envelope::wrap))
                    .configure(|config| routes::register(config, &mount, mounted))
            }
        };
        let here = match (self.app.config.admin.enabled, &self.listeners.management) {
            (true, None) => Mounted::All,
            _ => Mounted::WithoutManagement,
        };
        watch_files(&self.app, self.certificates.clone());
        let asking = self.certificates.clone().filter(|_| self.listeners.mtls.is_some());
        let mtls_tls = asking.map(mtls::config).transpose()?;
        let options = listener_options(&self.app, self.connections, self.certificates)?;
        let seats = options.seats.clone();
        let failed = |error: std::io::Error| Failure::Internal(format!("cannot listen: {error}"));
        let management = self.listeners.management.map(|(listener, _)| {
            let options = ListenerOptions { workers: MANAGEMENT_WORKERS, ..options.clone() };
            connection::serve(listener, options, factory(Mounted::Management))
        });
        // All listeners share the seats.
        let mtls = self.listeners.mtls.map(|(listener, _)| {
            let options = ListenerOptions { tls: mtls_tls.map(Arc::new), ..options.clone() };
            connection::serve(listener, options, factory(here.for_programs()))
        });
        let beside =
            [management, mtls].into_iter().flatten().collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let beside: Vec<ServerHandle> = beside.into_iter().map(run_beside).collect();
        let server = connection::serve(self.listeners.own.0, options, factory(here)).map_err(failed)?;
        let handle = server.handle();
        let metrics = self
            .listeners
            .metrics
            .map(|(listener, _)| metrics::serve(listener, self.app.clone(), seats))
            .transpose()?;
        work(&self.app);
        let until_the_end = async move {
            let ended = server.await;
            futures_util::future::join_all(beside.iter().map(|other| other.stop(true))).await;
            self.app.refusals.finish();
            kept_refusals::store(&self.app).await;
            activity::store(&self.app).await;
            audit::finish(&self.app).await;
            // Last, so that the requests in flight are still counted.
            if let Some(metrics) = metrics {
                metrics.stop(false).await;
            }
            ended
        };
        Ok((until_the_end, handle))
    }
}

/// Begins what the server does beside requests.
fn work(app: &Arc<App>) {
    actix_web::rt::spawn(readiness::run(app.clone()));
    actix_web::rt::spawn(purge::run(app.clone()));
    actix_web::rt::spawn(back_channel::run(app.clone()));
    actix_web::rt::spawn(backchannel_pings::run(app.clone()));
    actix_web::rt::spawn(webhooks::run(app.clone()));
    actix_web::rt::spawn(refusals::run(app.clone()));
    actix_web::rt::spawn(audit::run(app.clone()));
    actix_web::rt::spawn(kept_refusals::run(app.clone()));
    actix_web::rt::spawn(activity::run(app.clone()));
}

/// Runs a server beside the one for `listen`, until its handle stops it.
fn run_beside(server: actix_server::Server) -> ServerHandle {
    let handle = server.handle();
    actix_web::rt::spawn(server);
    handle
}

/// Reads the files of certificates again when they change.
fn watch_files(app: &App, certificates: Option<Arc<Certificates>>) {
    let authorities = Some(app.client_authorities.clone()).filter(|authorities| authorities.has_files());
    if certificates.is_none() && authorities.is_none() {
        return;
    }
    actix_web::rt::spawn(tls::watch(move || {
        certificates.iter().for_each(|certificates| certificates.refresh());
        authorities.iter().for_each(|authorities| authorities.refresh());
    }));
}

/// The number of connections that the limit of open descriptors allows; `None` means that there is no limit.
fn count_connections(config: &Config, limit: Option<u64>) -> usize {
    let connections = config.connections(limit);
    tracing::info!(
        "this process may have {} descriptors open; it serves {connections} connections, {} from one network",
        limit.map_or_else(|| "any number of".to_owned(), |limit| limit.to_string()),
        config.http.connections_per_network
    );
    connections
}

/// The limits of requests, as configured. Warns if they are off.
fn rate_limits(config: &Config, clock: &Clock) -> RateLimits {
    let quotas = config.limits.quotas();
    if quotas.is_none() {
        tracing::warn!(
            "limits.enabled is false: requests are not limited, and passwords, codes and client secrets can be guessed \
             without end; only for load tests"
        );
    }
    RateLimits::new(quotas, clock)
}

/// How the server for people and applications serves.
fn listener_options(
    app: &App,
    connections: usize,
    certificates: Option<Arc<Certificates>>,
) -> Result<ListenerOptions, Failure> {
    let http = &app.config.http;
    let tls = certificates.map(tls::config).transpose()?;
    let (refusals, clock) = (app.refusals.clone(), app.clock.clone());
    Ok(ListenerOptions {
        large_head: Arc::new(move |peer| refusals.large_head(peer, clock.now())),
        seats: Seats::new(connections, http.connections_per_network, http.trusted_proxies.clone()),
        deadlines: Deadlines {
            request: http.deadline.duration(),
            keep_alive: http.keep_alive.duration(),
            clock: app.clock.clone(),
        },
        tls: tls.map(Arc::new),
        workers: http.workers(),
        shutdown: http.shutdown.duration(),
    })
}

/// Binds a listener. Returns it with its real address (port 0 is resolved). `what` is appended to the error message.
fn listen(address: SocketAddr, what: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let taken = |error: std::io::Error| {
        // Without this right a process may not use the ports below 1024, such as 443.
        let hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                "; this port needs the right CAP_NET_BIND_SERVICE (AmbientCapabilities= in the unit of systemd)"
            }
            std::io::ErrorKind::AddrInUse => {
                "; another program has this port, perhaps a server that still runs: stop it, or set another port"
            }
            _ => "",
        };
        Failure::Internal(format!("cannot listen on {address}{what}: {error}{hint}"))
    };
    let listener = TcpListener::bind(address).map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, address))
}

/// Opens a migrated database, for the server. Makes it if it does not exist.
///
/// `lock_timeout` is how long another process may hold SQLite's write lock.
///
/// # Errors
/// If the database cannot be used, made or migrated.
pub async fn make_database(config: &Config, clock: &Clock, lock_timeout: Duration) -> Result<Db, Failure> {
    let options = database_options(config, lock_timeout);
    migrate::run(&options, &migrate::this_process(), clock.now()).await?;
    Ok(Db::open(&options).await?)
}

/// Opens a migrated database, for commands, as [`make_database`] does.
///
/// # Errors
/// Those of [`make_database`], and [`DbError::NoDatabase`](crate::store::db::DbError::NoDatabase) if the database does not
/// exist.
pub async fn open_database(config: &Config, clock: &Clock, lock_timeout: Duration) -> Result<Db, Failure> {
    let options = database_options(config, lock_timeout);
    migrate::run_on_existing(&options, &migrate::this_process(), clock.now()).await?;
    Ok(Db::open(&options).await?)
}

fn database_options(config: &Config, lock_timeout: Duration) -> DbOptions {
    let options = config.database_options();
    DbOptions { lock_timeout, timeout: options.timeout.max(lock_timeout), ..options }
}

fn strict_transport_security(config: &Config) -> Option<HeaderValue> {
    config.strict_transport_security().and_then(|value| HeaderValue::try_from(value).ok())
}
