//! A server for one test: on port 0, with a fresh database and a clock that only moves when the test moves it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use grantor::app::App;
use grantor::clock::{Clock, ManualClock, Timestamp};
use grantor::config::Config;
use grantor::oauth::client::TokenFormat;
use grantor::oauth::grant::resource::Resource;
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::oauth::id::UserId;
use grantor::oauth::identity::claims::{Claims, Person};
use grantor::secret::{Secret, random_id};
use grantor::server::Server;
use grantor::store::db::{DbError, Tx};
use grantor::store::{resources, scopes, users};
use grantor::work::purge::Purging;
use reqwest::Method;

use super::browser::{Answer, Browser};
use super::database::{TestDatabase, engine};
use super::relying_party::{Application, Registration};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct TestServer {
    pub(crate) url: String,
    /// The address of the management API, if it has one of its own.
    pub(crate) management_address: Option<std::net::SocketAddr>,
    /// The address at which clients are asked for certificates, if there is one.
    pub(crate) mtls_address: Option<std::net::SocketAddr>,
    /// The URL of its metrics, if they are on.
    pub(crate) metrics: Option<String>,
    pub(crate) clock: ManualClock,
    pub(crate) app: Arc<App>,
    /// Deleted with the server.
    pub(crate) database: TestDatabase,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with options over the defaults. Password hashing is cheap unless an option says otherwise.
    pub(crate) async fn start_with(options: &[(&str, &str)]) -> Self {
        let database = TestDatabase::fresh(engine()).await;
        Self::start_on(database, options).await
    }

    /// The configuration of a server on `database`.
    pub(crate) fn config(database: &TestDatabase, options: &[(&str, &str)]) -> Config {
        let key_file = master_key(database.directory.path());
        let mut all = vec![
            ("listen", "127.0.0.1:0"),
            ("database.url", database.url.as_str()),
            ("database.connections", "2"),
            ("keys.master_key_file", key_file.as_str()),
            // Making an RSA key takes longer than most tests.
            ("keys.algorithms", "ES256 EdDSA"),
            ("http.workers", "1"),
            ("http.shutdown", "2s"),
            ("passwords.memory_kib", "64"),
            ("passwords.iterations", "1"),
        ];
        // Variables of OpenTelemetry are only for nodes that are processes.
        all.extend(options.iter().filter(|(key, _)| !key.starts_with("OTEL_")));
        Config::with(&all).expect("a configuration")
    }

    pub(crate) async fn start_on(database: TestDatabase, options: &[(&str, &str)]) -> Self {
        let server = Self::start_by(database, options, ManualClock::starting_now()).await;
        server.create_scopes().await;
        server
    }

    /// Another node on the same database in this process, with the same clock and issuer.
    pub(crate) async fn another_node(&self, options: &[(&str, &str)]) -> Self {
        let key_file = master_key(self.database.directory.path());
        let same = [("public_url", self.url.as_str()), ("keys.master_key_file", key_file.as_str())];
        let options = [options, &same].concat();
        Self::start_by(TestDatabase::at(&self.database.url), &options, self.clock.clone()).await
    }

    async fn start_by(database: TestDatabase, options: &[(&str, &str)], clock: ManualClock) -> Self {
        let config = Self::config(&database, options);
        let (ready, started) = tokio::sync::oneshot::channel();
        let time = Clock::Manual(clock.clone());
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = Server::bind(config, time).await.expect("a server");
                let (app, port, metrics) = (server.app(), server.port(), server.metrics_address());
                let own = (server.management_address(), server.mtls_address());
                let (running, handle) = server.start().expect("a running server");
                ready.send((app, port, (metrics, own), handle)).ok().expect("the test waits");
                running.await.expect("a clean stop");
            });
        });
        let (app, port, (metrics, own), handle) = started.await.expect("the server starts");
        let (management_address, mtls_address) = own;
        Self {
            url: format!("http://127.0.0.1:{port}"),
            metrics: metrics.map(|address| format!("http://{address}")),
            management_address,
            mtls_address,
            clock,
            app,
            database,
            handle,
            thread: Some(thread),
        }
    }

    async fn create_scopes(&self) {
        for (name, description, sensitive) in [
            ("read", "Read your things", false),
            ("write", "Change your things", false),
            ("pay", "Pay with your money", true),
            ("secret", "Nobody may have this", false),
        ] {
            let scope = ScopeRecord {
                name: name.into(),
                description: description.into(),
                sensitive,
                ..ScopeRecord::default()
            };
            self.store(async move |tx| scopes::save(tx, &scope, Timestamp::from_unix(0)).await).await;
        }
    }

    /// Runs a job on the server's database.
    pub(crate) async fn store<T: Send + 'static>(
        &self,
        work: impl AsyncFn(&mut Tx) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.app.db.write(work).await.expect("the database")
    }

    /// Runs a statement that changes the database. Returns the number of rows.
    pub(crate) async fn sql(&self, statement: &'static str) -> u64 {
        self.store(async move |tx| tx.query(statement).execute().await).await
    }

    /// The single number that a query gives.
    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        let row: Option<(i64,)> = self.store(async move |tx| tx.query(query).optional().await).await;
        row.expect("a row").0
    }

    pub(crate) async fn user(&self, username: &str) -> UserId {
        let id = UserId::new(random_id());
        let password = Secret::new(PASSWORD.to_owned());
        let person = Person {
            id: id.clone(),
            username: username.to_owned(),
            name: None,
            email: Some(format!("{username}@example.com")),
            claims: Claims::new(),
            updated_at: Timestamp::from_unix(0),
        };
        let hash = self.app.passwords.hash(password).await.expect("a hash");
        self.store(async move |tx| users::save(tx, &person, Some(&hash), Timestamp::from_unix(0)).await)
            .await;
        id
    }

    /// A user `alice` in a browser, not yet signed in.
    pub(crate) async fn alice(&self) -> Browser {
        self.user("alice").await;
        Browser::new(&self.url)
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    pub(crate) async fn register(&self, registration: Registration) -> Application {
        registration.store(self).await
    }

    /// A web application with a generated secret, `read`, `write` and `pay`, and refresh tokens.
    pub(crate) async fn web(&self) -> Application {
        self.register(Registration::web("web")).await
    }

    /// The same, which may also have offline access.
    pub(crate) async fn offline_web(&self) -> Application {
        self.register(Registration::web("web").offline()).await
    }

    /// A public client in a browser.
    pub(crate) async fn spa(&self) -> Application {
        self.register(Registration::spa("spa")).await
    }

    /// A backend service.
    pub(crate) async fn service(&self) -> Application {
        self.register(Registration::service("service")).await
    }

    /// A protected API whose tokens are JWTs.
    pub(crate) async fn resource(&self, uri: &str, scopes: &str) {
        self.resource_with(uri, scopes, |_| ()).await;
    }

    /// The same, with changes to the registration.
    pub(crate) async fn resource_with(&self, uri: &str, scopes: &str, change: impl FnOnce(&mut Resource)) {
        let mut resource = Resource {
            uri: uri.to_owned(),
            version: 1,
            scopes: Scope::from_stored(scopes),
            format: TokenFormat::Jwt,
            algorithm: None,
            access_token_lifetime: None,
            servers: Vec::new(),
        };
        change(&mut resource);
        let is_new =
            self.store(async move |tx| resources::save(tx, &resource, Timestamp::from_unix(0)).await).await;
        assert!(is_new, "the resource {uri} is new");
        // The test process registered it, so it refreshes the cache itself.
        self.app.cache.catalogue(grantor::cache::catalogue::Freshness::Now).await.expect("the catalogue");
    }

    /// The UserInfo response for this access token.
    pub(crate) async fn user_info(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.browser().request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await
    }

    /// GET without cookies.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.browser().get(path).await
    }

    /// Waits until `/readyz` answers with this status. The server looks every second, and a look takes at most two.
    pub(crate) async fn readiness(&self, status: u16) -> Answer {
        readiness(&mut self.browser(), status).await
    }

    /// POST of a form to the token endpoint, without client authentication except what the form contains.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.browser().post("/token", form).await
    }
}

/// The path of a master key in a folder, which is made if it does not exist.
pub(crate) fn master_key(folder: &std::path::Path) -> String {
    let path = folder.join("grantor.key");
    let key = grantor::secret::to_base64url(&grantor::secret::random::<32>());
    grantor::keys::master::MasterKey::keep(&path, &key).expect("a file");
    path.display().to_string()
}

/// Waits until `/readyz` answers a browser of a node with this status.
pub(crate) async fn readiness(browser: &mut Browser, status: u16) -> Answer {
    let began = Instant::now();
    loop {
        let answer = browser.get("/readyz").await;
        if answer.status.as_u16() == status {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "instead of {status}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a pass of the purge needs, for a node.
pub(crate) fn purging<'a>(app: &'a App, holder: &'a str) -> Purging<'a> {
    Purging::of(app, holder)
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server's thread panicked");
        }
    }
}
