//! A PostgreSQL server of a test's own, which takes nobody without TLS.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::free_port;

/// It is ended when this value goes.
pub(crate) struct PostgresWithTls {
    child: Child,
    pub(crate) port: u16,
    directory: TempDir,
}

impl PostgresWithTls {
    /// Starts one with a certificate for `localhost`; `None` where there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let binaries = binaries()?;
        let (directory, port) = (TempDir::new().expect("a directory"), free_port());
        let data = directory.path().join("data");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).expect("a file");
        std::fs::write(directory.path().join("cert.pem"), made.cert.pem()).expect("a file");
        assert!(Command::new("chmod").args(["0600"]).arg(directory.path().join("key.pem")).status().is_ok());
        let owner = Owner::of(directory.path());
        let mut initdb = owner.command(&binaries.join("initdb"));
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "-D"]).arg(&data);
        let made = initdb.stdin(Stdio::null()).output().expect("initdb");
        assert!(made.status.success(), "{made:?}");
        std::fs::write(data.join("pg_hba.conf"), "hostssl all all all trust\n").expect("a file");
        let place = |name: &str| directory.path().join(name).display().to_string();
        let settings = [
            "listen_addresses=localhost".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={}", place("")),
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", place("cert.pem")),
            format!("ssl_key_file={}", place("key.pem")),
        ];
        let mut postgres = owner.command(&binaries.join("postgres"));
        postgres.arg("-D").arg(&data).stdout(Stdio::null()).stderr(Stdio::null());
        postgres.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let mut server = Self { child: postgres.spawn().expect("postgres"), port, directory };
        server.wait();
        Some(server)
    }

    /// Waits until it takes connections, which it does a moment after it listens.
    fn wait(&mut self) {
        let began = Instant::now();
        let ready = self.directory.path().join("data/postmaster.pid");
        let is_ready = || std::fs::read_to_string(&ready).is_ok_and(|text| text.contains("ready"));
        while !is_ready() || TcpStream::connect(("localhost", self.port)).is_err() {
            assert!(self.child.try_wait().expect("a child").is_none(), "the server ended");
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::yield_now();
        }
    }

    /// The certificate, which is its own authority.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }
}

impl Drop for PostgresWithTls {
    fn drop(&mut self) {
        // At once, but not so that its own processes stay.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// Where the newest version's programs are, on Debian and its kin.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    found.max()
}

/// Whom the server runs as: it refuses to be the superuser, as whom tests may run.
enum Owner {
    Myself,
    Postgres,
}

impl Owner {
    /// Gives the directory to whom it has to belong.
    fn of(directory: &Path) -> Self {
        let is_superuser =
            std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(directory).expect("it is")) == 0;
        if !is_superuser {
            return Self::Myself;
        }
        let given = Command::new("chown").args(["-R", "postgres"]).arg(directory).status();
        assert!(given.expect("chown").success());
        Self::Postgres
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::Myself => Command::new(program),
            Self::Postgres => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
                command
            }
        }
    }
}
