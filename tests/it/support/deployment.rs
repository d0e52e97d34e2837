//! The deployment of `deploy/cluster` on loopback: its own files, with this test's addresses, folders and passwords.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use super::browser::http_client;
use super::postgres::{Owner, binaries};
use super::process::ServerProcess;

/// How long a start or a recovery may take before a test gives up.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) struct Deployment {
    pub(crate) databases: Vec<DatabaseMachine>,
    applications: Vec<ApplicationMachine>,
    places: Places,
}

/// A machine with etcd, Patroni and PostgreSQL.
pub(crate) struct DatabaseMachine {
    address: String,
    folder: TempDir,
    owner: Owner,
    daemons: Vec<Child>,
}

/// A machine with HAProxy, and a node of Grantor once it is started.
struct ApplicationMachine {
    address: String,
    folder: TempDir,
    haproxy: Child,
}

/// The values that replace those in the repository's files.
struct Places {
    /// The first three numbers of every address, with a dot: this deployment's own network.
    network: String,
    binaries: PathBuf,
    /// The certificate of the database machines, which is its own authority, and its key.
    certificate: (String, String),
}

impl Places {
    fn new(binaries: PathBuf) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = std::process::id() as usize * 7 + NEXT.fetch_add(1, Ordering::Relaxed);
        let made = rcgen::generate_simple_self_signed(["db".to_owned()]).expect("a certificate");
        Self {
            network: format!("127.{}.{}.", number / 250 % 200 + 20, number % 250),
            binaries,
            certificate: (made.cert.pem(), made.signing_key.serialize_pem()),
        }
    }

    fn address(&self, last: usize) -> String {
        format!("{}{last}", self.network)
    }

    /// One of the repository's files, with the passwords and addresses of this deployment.
    fn file(&self, name: &str, changes: &[(&str, &str)]) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/cluster").join(name);
        let mut text = std::fs::read_to_string(path).expect("a file of the deployment");
        for (from, to) in changes {
            assert!(text.contains(from), "{name} names {from}");
            text = text.replace(from, to);
        }
        text.replace("10.0.0.0/24", "127.0.0.0/8")
            .replace("10.0.0.", &self.network)
            .replace("CHANGE-ME", "changed")
    }

    /// The URL at which applications and people reach the nodes.
    fn public_url(&self) -> String {
        format!("http://{}:8443", self.address(21))
    }
}

/// The programs that must be installed beside PostgreSQL.
const PROGRAMS: [&str; 3] = ["patroni", "etcd", "/usr/sbin/haproxy"];

impl Deployment {
    /// Starts everything but Grantor; `None` if the programs are not installed.
    pub(crate) async fn start() -> Option<Self> {
        let is_there = |program: &str| Command::new(program).arg("-h").output().is_ok();
        if !PROGRAMS.into_iter().all(is_there) {
            return None;
        }
        let places = Places::new(binaries()?);
        let mut databases: Vec<_> = (1..=3).map(|number| DatabaseMachine::new(number, &places)).collect();
        databases.iter_mut().for_each(DatabaseMachine::start);
        let applications = (1..=2).map(|number| ApplicationMachine::start(number, &places)).collect();
        let deployment = Self { databases, applications, places };
        deployment.create_database().await;
        Some(deployment)
    }

    /// What the operator does once, on the primary.
    async fn create_database(&self) {
        let (primary, _) = self.pair_but(None).await;
        let mut link = self.databases[primary].superuser().connect().await.expect("the primary");
        for sql in
            ["CREATE ROLE grantor LOGIN PASSWORD 'changed-GRANTOR'", "CREATE DATABASE grantor OWNER grantor"]
        {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut link).await.expect(sql);
        }
        link.close().await.expect("a goodbye");
    }

    /// Waits for a primary that is not `but`, and for a second machine that each of its commits waits for.
    pub(crate) async fn pair_but(&self, but: Option<usize>) -> (usize, usize) {
        let began = Instant::now();
        loop {
            let (primary, second) =
                (self.first_that_is("primary").await, self.first_that_is("synchronous").await);
            match (primary, second) {
                (Some(primary), Some(second)) if Some(primary) != but => return (primary, second),
                _ => assert!(began.elapsed() < TIMEOUT, "there is no primary"),
            }
            tokio::task::yield_now().await;
        }
    }

    async fn first_that_is(&self, what: &str) -> Option<usize> {
        for (index, machine) in self.databases.iter().enumerate() {
            if machine.is(what).await {
                return Some(index);
            }
        }
        None
    }

    pub(crate) fn start_what_is_dead(&mut self) {
        self.databases
            .iter_mut()
            .filter_map(|machine| machine.is_dead().then_some(machine))
            .for_each(DatabaseMachine::start);
    }

    /// Waits until a machine follows the primary.
    pub(crate) async fn follows(&self, index: usize) {
        let began = Instant::now();
        while !self.databases[index].is("replica").await {
            assert!(began.elapsed() < TIMEOUT, "{index} does not follow");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until every machine but the primary follows it.
    pub(crate) async fn all_follow(&self) {
        let (primary, _) = self.pair_but(None).await;
        for index in (0..self.databases.len()).filter(|index| *index != primary) {
            self.follows(index).await;
        }
    }

    /// The URL of the database through an application machine's HAProxy.
    pub(crate) fn database_url(&self, application: usize) -> String {
        let machine = &self.applications[application];
        let config = std::fs::read_to_string(machine.folder.path().join("grantor.toml")).expect("a file");
        let line = config.lines().find_map(|line| line.strip_prefix("url = \"")).expect("a URL");
        line.trim_end_matches('"').to_owned()
    }

    pub(crate) fn public_url(&self) -> String {
        self.places.public_url()
    }

    /// The options that the deployment's nodes share, for another server.
    pub(crate) fn options(&self) -> [(&'static str, String); 2] {
        let key_file = self.applications[0].folder.path().join("master.key").display().to_string();
        [("public_url", self.public_url()), ("keys.master_key_file", key_file)]
    }

    /// Starts the node of an application machine with its own configuration file.
    pub(crate) fn node(&self, application: usize) -> ServerProcess {
        let machine = &self.applications[application];
        let listen = format!("{}:8080", machine.address);
        ServerProcess::start_at(machine.folder.path(), &machine.folder.path().join("grantor.toml"), &listen)
    }

    /// The logs of all machines, for finding the cause of a failure.
    fn logs(&self) -> String {
        let databases =
            self.databases.iter().map(|machine| last_words(&machine.address, &machine.folder, "patroni.log"));
        let balancers = self
            .applications
            .iter()
            .map(|machine| last_words(&machine.address, &machine.folder, "haproxy.log"));
        databases.chain(balancers).collect()
    }
}

fn last_words(address: &str, folder: &TempDir, log: &str) -> String {
    let text = std::fs::read_to_string(folder.path().join(log)).unwrap_or_default();
    let is_wanted = |line: &&str| !line.contains(" LOG: ");
    let last: Vec<_> = text.lines().rev().filter(is_wanted).take(60).collect();
    format!("--- {address}\n{}\n", last.into_iter().rev().collect::<Vec<_>>().join("\n"))
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
    }
}

impl DatabaseMachine {
    fn new(number: usize, places: &Places) -> Self {
        let (folder, address) = (TempDir::new().expect("a folder"), places.address(10 + number));
        let path = |name: &str| folder.path().join(name).display().to_string();
        // The first lines of the files name a machine and its address: this machine's replace the first one's.
        let (own_name, own) = (format!("name: db{number}"), format!(": 10.0.0.1{number}:"));
        let own_url = format!(": http://10.0.0.1{number}:");
        let (etcd, data, bin) = (path("etcd"), path("data"), places.binaries.display().to_string());
        let etcd = places.file(
            "etcd.yml",
            &[("name: db1", &own_name), (": http://10.0.0.11:", &own_url), ("/var/lib/etcd/grantor", &etcd)],
        );
        let patroni = places.file(
            "patroni.yml",
            &[
                ("hosts: 10.0.0.11:", "hosts:  10.0.0.11:"),
                ("name: db1", &own_name),
                (": 10.0.0.11:", &own),
                ("/var/lib/postgresql/15/grantor", &data),
                ("/usr/lib/postgresql/15/bin", &bin),
                // There is no watchdog device for each machine here; a test that needs the watchdog plays its part.
                ("mode: required", "mode: off"),
                ("/var/run/postgresql", &path("")),
                ("/etc/postgresql/", &path("")),
            ],
        );
        let (certificate, key) = &places.certificate;
        for (name, text) in
            [("etcd.yml", &etcd), ("patroni.yml", &patroni), ("server.pem", certificate), ("server.key", key)]
        {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let closed = Command::new("chmod").arg("0600").arg(folder.path().join("server.key")).status();
        assert!(closed.expect("chmod").success());
        let owner = Owner::of(folder.path());
        Self { address, folder, owner, daemons: Vec::new() }
    }

    /// Whether the machine is without power.
    fn is_dead(&mut self) -> bool {
        self.daemons.iter_mut().all(|daemon| daemon.try_wait().expect("a child").is_some())
    }

    fn start(&mut self) {
        let folder = self.folder.path();
        let mut etcd = self.owner.command(Path::new("etcd"));
        etcd.arg("--config-file").arg(folder.join("etcd.yml"));
        let mut patroni = self.owner.command(Path::new("patroni"));
        // Where it keeps passwords for its own connections.
        patroni.arg(folder.join("patroni.yml")).env("HOME", folder);
        self.daemons = vec![logged(etcd, folder, "etcd.log"), logged(patroni, folder, "patroni.log")];
    }

    /// Whether Patroni says that this machine is in a state: "primary", "synchronous", "health".
    pub(crate) async fn is(&self, what: &str) -> bool {
        let asked = http_client().get(format!("http://{}:8008/{what}", self.address));
        let answer = asked.timeout(Duration::from_secs(1)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    /// The connection options of the superuser.
    pub(crate) fn superuser(&self) -> PgConnectOptions {
        let options =
            PgConnectOptions::new_without_pgpass().host(&self.address).port(5432).database("postgres");
        options.username("postgres").password("changed-SUPERUSER").ssl_mode(PgSslMode::Require)
    }

    pub(crate) fn postgres_at(&self) -> std::net::SocketAddr {
        format!("{}:5432", self.address).parse().expect("an address")
    }

    /// PostgreSQL's first process, if it runs.
    fn postmaster(&self) -> Option<u32> {
        let data = self.folder.path().join("data");
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let id = text.lines().next()?.parse().ok()?;
        // The file survives a kill, and its process id may belong to another process by then.
        let command = std::fs::read_to_string(format!("/proc/{id}/cmdline")).ok()?;
        command.contains(data.to_str()?).then_some(id)
    }

    /// All processes of PostgreSQL, if it runs.
    fn postgres(&self) -> Option<Vec<u32>> {
        let postmaster = self.postmaster()?;
        let mut all = children(postmaster);
        all.push(postmaster);
        Some(all)
    }

    /// `kill -9` of PostgreSQL's first process; its other processes end with it.
    pub(crate) fn kill_postgres(&self) {
        signal("KILL", &[self.postmaster().expect("PostgreSQL")]);
    }

    /// The whole machine loses its power.
    pub(crate) fn kill(&self) {
        self.signal_all("KILL");
    }

    /// Sends a signal to Patroni, for example to stop and continue it.
    pub(crate) fn signal_patroni(&self, name: &str) {
        signal(name, &[self.daemons[1].id()]);
    }

    /// Promotes this standby, although there may be another primary.
    pub(crate) async fn promote(&self) {
        let mut link = self.superuser().connect().await.expect("the standby");
        sqlx::raw_sql("SELECT pg_promote()").execute(&mut link).await.expect("a promotion");
    }

    /// Sends a signal to everything on the machine: to Patroni first, which would otherwise restart PostgreSQL.
    pub(crate) fn signal_all(&self, name: &str) {
        signal(name, &self.daemons.iter().map(Child::id).collect::<Vec<_>>());
        self.signal_postgres(name);
    }

    /// Sends a signal to PostgreSQL and all of its processes.
    pub(crate) fn signal_postgres(&self, name: &str) {
        signal(name, &self.postgres().expect("PostgreSQL"));
    }
}

impl Drop for DatabaseMachine {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        // Killed, so that it does not shut down cleanly first.
        if let Some(postgres) = self.postgres() {
            signal("KILL", &postgres);
        }
    }
}

impl ApplicationMachine {
    fn start(number: usize, places: &Places) -> Self {
        let (folder, address) = (TempDir::new().expect("a folder"), places.address(20 + number));
        let path = |name: &str| folder.path().join(name).display().to_string();
        let listen = format!("listen = \"10.0.0.2{number}:");
        let grantor = places.file(
            "grantor.toml",
            &[
                ("listen = \"10.0.0.21:", &listen),
                ("https://id.example.com", &places.public_url()),
                ("127.0.0.1:5432", &format!("{address}:5432")),
                ("/etc/grantor/db-ca.pem", &path("db-ca.pem")),
                ("/etc/grantor/master.key", &path("master.key")),
            ],
        );
        let haproxy = places.file(
            "haproxy.cfg",
            &[
                ("bind :443 ssl crt /etc/haproxy/id.example.com.pem", &format!("bind {address}:8443")),
                ("bind 127.0.0.1:5432", &format!("bind {address}:5432")),
                ("log /dev/log local0", "log stdout format raw local0"),
            ],
        );
        let key = "a2V5IG9mIHRoZSBkZXBsb3ltZW50IGluIHRoZSB0ZXM".to_owned();
        for (name, text) in [
            ("grantor.toml", &grantor),
            ("haproxy.cfg", &haproxy),
            ("db-ca.pem", &places.certificate.0),
            ("master.key", &key),
        ] {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let mut command = Command::new("/usr/sbin/haproxy");
        command.arg("-db").arg("-f").arg(folder.path().join("haproxy.cfg"));
        let haproxy = logged(command, folder.path(), "haproxy.log");
        Self { address, folder, haproxy }
    }
}

impl Drop for ApplicationMachine {
    fn drop(&mut self) {
        let _ = self.haproxy.kill();
        let _ = self.haproxy.wait();
    }
}

/// Starts a program with its output written to a file.
fn logged(mut command: Command, folder: &Path, name: &str) -> Child {
    let log = File::options().create(true).append(true).open(folder.join(name)).expect("a file");
    let also = log.try_clone().expect("a file");
    command.stdin(Stdio::null()).stdout(log).stderr(also).spawn().expect("a program that is installed")
}

fn signal(name: &str, processes: &[u32]) {
    let processes = processes.iter().map(u32::to_string);
    let sent = Command::new("kill").arg(format!("-{name}")).args(processes).stderr(Stdio::null()).status();
    sent.expect("kill");
}

/// The child processes of a process.
fn children(of: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // After the program's name in parentheses: the state, and the parent.
        let parent = text.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parent == Some(of)
    };
    ids.filter(is_child).collect()
}
