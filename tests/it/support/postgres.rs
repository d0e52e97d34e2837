//! A PostgreSQL server for a single test, with settings that the shared one cannot have.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::free_port;

/// A running PostgreSQL; it ends with this value.
pub(crate) struct OwnPostgres {
    child: Child,
    pub(crate) port: u16,
    directory: TempDir,
    settings: Vec<String>,
    disk: Disk,
}

/// The disk that the server sees in its folder `small`.
#[derive(Clone, Copy)]
enum Disk {
    /// The ordinary disk.
    AsLargeAsAny,
    /// A disk of 32 MiB that no other process sees.
    Small,
}

impl OwnPostgres {
    /// Starts a server with a certificate for `localhost` that accepts only TLS; `None` if PostgreSQL is not installed.
    pub(crate) fn with_tls() -> Option<Self> {
        let directory = TempDir::new().expect("a directory");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let place = |name: &str| directory.path().join(name);
        std::fs::write(place("key.pem"), made.signing_key.serialize_pem()).expect("a file");
        std::fs::write(place("cert.pem"), made.cert.pem()).expect("a file");
        assert!(Command::new("chmod").args(["0600"]).arg(place("key.pem")).status().is_ok());
        let settings = vec![
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", place("cert.pem").display()),
            format!("ssl_key_file={}", place("key.pem").display()),
        ];
        Self::start(directory, "hostssl all all all trust\n", settings, Disk::AsLargeAsAny)
    }

    /// Starts a server that asks every role but its administrator for a password.
    pub(crate) fn with_passwords() -> Option<Self> {
        let rules = "host all postgres all trust\nhost all all all scram-sha-256\n";
        Self::start(TempDir::new().expect("a directory"), rules, Vec::new(), Disk::AsLargeAsAny)
    }

    /// Starts a server with a tablespace `small` on a small disk and without autovacuum; its WAL is on another disk.
    pub(crate) fn with_a_small_disk() -> Option<Self> {
        let settings = vec!["autovacuum=off".to_owned()];
        Self::start(TempDir::new().expect("a directory"), "host all all all trust\n", settings, Disk::Small)
    }

    fn start(directory: TempDir, rules: &str, mut settings: Vec<String>, disk: Disk) -> Option<Self> {
        let (binaries, port) = (binaries()?, free_port());
        let data = directory.path().join("data");
        let owner = Owner::of(directory.path());
        let mut initdb = owner.command(&binaries.join("initdb"));
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "-D"]).arg(&data);
        let made = initdb.stdin(Stdio::null()).output().expect("initdb");
        assert!(made.status.success(), "{made:?}");
        std::fs::write(data.join("pg_hba.conf"), rules).expect("a file");
        settings.extend([
            "listen_addresses=localhost".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={}", directory.path().display()),
            "fsync=off".to_owned(),
        ]);
        let child = postgres(directory.path(), &settings, disk);
        let mut server = Self { child, port, directory, settings, disk };
        server.wait();
        Some(server)
    }

    /// Restarts as a standby that waits for a primary, and so is read-only.
    pub(crate) fn becomes_a_standby(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        self.child.wait().expect("an end");
        std::fs::write(self.directory.path().join("data/standby.signal"), "").expect("a file");
        self.child = postgres(self.directory.path(), &self.settings, self.disk);
        self.wait();
    }

    /// Waits until it accepts connections, which it does a moment after it listens.
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

    /// The path of the small disk.
    pub(crate) fn small(&self) -> PathBuf {
        self.directory.path().join("small")
    }

    /// The certificate, which is its own authority.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // SIGQUIT: an immediate end, which its child processes do not survive.
        let _ = Command::new("kill").args(["-QUIT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn postgres(directory: &Path, settings: &[String], disk: Disk) -> Child {
    let binaries = binaries().expect("it has been there");
    let owner = Owner::of(directory);
    let program = binaries.join("postgres");
    let mut postgres = match disk {
        Disk::AsLargeAsAny => owner.command(&program),
        Disk::Small => owner.command_with_a_disk(&program, &directory.join("small")),
    };
    postgres.arg("-D").arg(directory.join("data")).stdout(Stdio::null()).stderr(Stdio::null());
    postgres.args(settings.iter().flat_map(|setting| ["-c", setting]));
    postgres.spawn().expect("postgres")
}

/// The folder of the newest version's programs on Debian and similar systems.
pub(super) fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    found.max()
}

/// The user that the server runs as: it refuses to be root, and tests may run as root.
pub(super) enum Owner {
    Myself,
    Postgres,
}

impl Owner {
    /// The owner for a server in this directory; gives the directory to that user.
    pub(super) fn of(directory: &Path) -> Self {
        let process = std::fs::metadata("/proc/self").expect("a process");
        let is_superuser = std::os::unix::fs::MetadataExt::uid(&process) == 0;
        if !is_superuser {
            return Self::Myself;
        }
        let given = Command::new("chown").args(["-R", "postgres"]).arg(directory).status();
        assert!(given.expect("chown").success());
        Self::Postgres
    }

    pub(super) fn command(&self, program: &Path) -> Command {
        self.after(&[], program)
    }

    /// A command that sees a small disk at `folder`. Only its process sees it, and the kernel removes it when the
    /// process ends.
    fn command_with_a_disk(&self, program: &Path, folder: &Path) -> Command {
        std::fs::create_dir_all(folder).expect("a folder");
        let folder = folder.to_str().expect("text");
        let mount =
            "mount -t tmpfs -o size=32m none \"$0\" && chown --reference=\"$0/..\" \"$0\" && exec \"$@\"";
        // An ordinary user may mount inside a user namespace, where it seems to be root, and then becomes itself again.
        let (user, group) = (format!("--map-user={}", id("-u")), format!("--map-group={}", id("-g")));
        match self {
            Self::Myself => {
                let way = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, folder];
                self.after(&[&way[..], &["unshare", "--user", &user, &group]].concat(), program)
            }
            Self::Postgres => self.after(&["unshare", "--mount", "sh", "-c", mount, folder], program),
        }
    }

    /// A program run as this owner through a chain of wrapper commands, each of which becomes the next.
    fn after(&self, way: &[&str], program: &Path) -> Command {
        let owner: &[&str] = match self {
            Self::Myself => &[],
            Self::Postgres => &["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"],
        };
        let way = [way, owner].concat();
        let Some((first, rest)) = way.split_first() else { return Command::new(program) };
        let mut command = Command::new(first);
        command.args(rest).arg(program);
        command
    }
}

/// The user or group id of the user that runs the tests.
fn id(which: &str) -> String {
    let output = Command::new("id").arg(which).output().expect("id");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
