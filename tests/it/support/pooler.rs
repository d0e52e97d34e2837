//! PgBouncer in transaction mode in front of the tests' PostgreSQL.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use url::Url;

use super::process::free_port;

/// A running PgBouncer; it ends with this value.
pub(crate) struct Pooler {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Pooler {
    /// Whether PgBouncer is installed.
    pub(crate) fn is_installed() -> bool {
        Command::new(BINARY).arg("--version").stdout(Stdio::null()).status().is_ok()
    }

    /// Starts a PgBouncer for the server of `url`. For each database it has fewer sessions than there are client
    /// connections.
    pub(crate) fn start(url: &str) -> Self {
        let server = Url::parse(url).expect("a URL");
        let (directory, port) = (TempDir::new().expect("a directory"), free_port());
        let config = directory.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={} port={} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n",
            server.host_str().expect("a host"),
            server.port().unwrap_or(5432),
            server.username(),
        );
        std::fs::write(&config, text).expect("a file");
        let mut command = Command::new(BINARY);
        // PgBouncer refuses to run as root, and tests may run as root.
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&config).expect("a file")) == 0 {
            command.args(["--user", "postgres"]);
        }
        command.arg(&config).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut pooler = Self { child: command.spawn().expect("pgbouncer"), port, directory };
        pooler.wait();
        pooler
    }

    fn wait(&mut self) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let has_ended = self.child.try_wait().expect("a child").is_some();
            if has_ended || began.elapsed() > Duration::from_secs(20) {
                let mut said = String::new();
                let _ = self.child.kill();
                let _ =
                    std::io::Read::read_to_string(&mut self.child.stderr.take().expect("a pipe"), &mut said);
                panic!("pgbouncer in {} does not listen: {said}", self.directory.path().display());
            }
            std::thread::yield_now();
        }
        // The log is not used, but the pipe must not fill up.
        let mut log = self.child.stderr.take().expect("a pipe");
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    }

    /// The URL of the same database through this PgBouncer.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.to_string()
    }
}

/// Where Debian installs it; not every user's PATH contains this folder.
const BINARY: &str = "/usr/sbin/pgbouncer";

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
