//! PgBouncer in transaction mode before the tests' PostgreSQL.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use url::Url;

use super::process::free_port;

/// It is ended when this value goes.
pub(crate) struct Pooler {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Pooler {
    /// Whether the machine has one.
    pub(crate) fn is_installed() -> bool {
        Command::new(BINARY).arg("--version").stdout(Stdio::null()).status().is_ok()
    }

    /// Starts one before the server of `url`; for each database it has fewer sessions than there are connections to it.
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
        // It refuses to run as the superuser, as whom tests may run.
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
        // Nobody reads its log, which must not fill the pipe.
        let mut log = self.child.stderr.take().expect("a pipe");
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    }

    /// The way to the database of `url` through it.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.to_string()
    }
}

/// Debian puts it where not everybody's PATH looks.
const BINARY: &str = "/usr/sbin/pgbouncer";

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
