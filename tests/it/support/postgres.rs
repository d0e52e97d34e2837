//! A PostgreSQL server of a test's own, with what the one that all tests share cannot have.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::free_port;

/// It is ended when this value goes.
pub(crate) struct OwnPostgres {
    child: Child,
    pub(crate) port: u16,
    directory: TempDir,
    settings: Vec<String>,
    disk: Disk,
}

/// What the server sees in its folder `small`.
#[derive(Clone, Copy)]
enum Disk {
    /// Nothing.
    AsLargeAsAny,
    /// A disk of 32 MiB, which no other process sees.
    Small,
}

impl OwnPostgres {
    /// Starts one with a certificate for `localhost`, which takes nobody without TLS; `None` where there is no PostgreSQL.
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

    /// Starts one that asks everybody but its administrator for a password.
    pub(crate) fn with_passwords() -> Option<Self> {
        let rules = "host all postgres all trust\nhost all all all scram-sha-256\n";
        Self::start(TempDir::new().expect("a directory"), rules, Vec::new(), Disk::AsLargeAsAny)
    }

    /// Starts one with a tablespace `small` on a small disk, where nothing tidies up; its journal is elsewhere.
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

    /// Goes on as one that waits for the word of a primary, and meanwhile is only read.
    pub(crate) fn becomes_a_standby(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        self.child.wait().expect("an end");
        std::fs::write(self.directory.path().join("data/standby.signal"), "").expect("a file");
        self.child = postgres(self.directory.path(), &self.settings, self.disk);
        self.wait();
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

    /// Where the small disk is.
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
        // At once, but not so that its own processes stay.
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

/// Where the newest version's programs are, on Debian and its kin.
pub(super) fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    found.max()
}

/// Whom the server runs as: it refuses to be the superuser, as whom tests may run.
pub(super) enum Owner {
    Myself,
    Postgres,
}

impl Owner {
    /// Gives the directory to whom it has to belong.
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

    /// The same program where `folder` is a small disk, for it alone: the kernel takes that away with the program.
    fn command_with_a_disk(&self, program: &Path, folder: &Path) -> Command {
        std::fs::create_dir_all(folder).expect("a folder");
        let folder = folder.to_str().expect("text");
        let mount =
            "mount -t tmpfs -o size=32m none \"$0\" && chown --reference=\"$0/..\" \"$0\" && exec \"$@\"";
        // Who is not the superuser may do so where it seems to be, and there becomes itself again.
        let (user, group) = (format!("--map-user={}", id("-u")), format!("--map-group={}", id("-g")));
        match self {
            Self::Myself => {
                let way = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, folder];
                self.after(&[&way[..], &["unshare", "--user", &user, &group]].concat(), program)
            }
            Self::Postgres => self.after(&["unshare", "--mount", "sh", "-c", mount, folder], program),
        }
    }

    /// A program as this owner, begun by way of other ones, each of which becomes the next.
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

/// A number of the user that runs the tests.
fn id(which: &str) -> String {
    let output = Command::new("id").arg(which).output().expect("id");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
