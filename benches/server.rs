//! The release binary as a separate process, and the clients and the user that it serves.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::jose::key::SigningKey;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_token;
use serde_json::Value;

use crate::database::Database;
use crate::http::{Connection, get};
use crate::{Outcome, process};

/// The binary that was built beside the benchmark.
const BINARY: &str = env!("CARGO_BIN_EXE_grantor");
/// How long a server may take until its first answer.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) const USERNAME: &str = "bench";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const WEB_CLIENT: &str = "bench-web";
/// Authenticates by a signature.
pub(crate) const SIGNING_CLIENT: &str = "bench-signing";
pub(crate) const RETURN_TO: &str = "https://app.example.com/callback";
pub(crate) const SCOPE: &str = "bench.read bench.write";
/// Authenticates by a signature, and has the scopes for an ID Token and UserInfo.
pub(crate) const OPENID_SCOPE: &str = "openid profile bench.read bench.write";

/// The setup of the server apart from its database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerOptions {
    Defaults,
    /// One thread for HTTP, so that figures are comparable between machines.
    OneWorker,
}

/// Clients and a user, made by the program's own commands. Only what a client sends is kept.
pub(crate) struct Site {
    /// Basic credentials with a generated secret, with a chosen secret, and of the web application.
    pub(crate) generated: String,
    pub(crate) chosen: String,
    pub(crate) web: String,
    /// Credentials of a service whose tokens are JWTs.
    pub(crate) jwt: String,
    /// The Authorization header line of an API key that may read everything.
    pub(crate) api_key: String,
    /// The signing key of the client [`SIGNING_CLIENT`].
    pub(crate) key: Rc<SigningKey>,
    /// Keeps the server's keys usable from one start to the next.
    pub(crate) master_key: String,
    binary: PathBuf,
}

impl Site {
    /// Makes them with the binary at `binary`, or with the one that was built beside the benchmark.
    pub(crate) fn create(database: &Database, binary: Option<&Path>) -> Outcome<Self> {
        let binary = binary.unwrap_or(Path::new(BINARY));
        let master_key = random_token();
        let run =
            |arguments: &[&str], input: &str| call(command(binary, database, &master_key), arguments, input);
        run(&["migrate"], "")?;
        for scope in SCOPE.split(' ') {
            run(&["scope", "create", scope, "--description", "Be measured"], "")?;
        }
        run(&["user", "create", "--username", USERNAME, "--role", "owner", "--password-stdin"], PASSWORD)?;
        let api_key = run(&["api-key", "create", "--name", "Benchmark", "--scope", "grantor.read"], "")?;
        let api_key = api_key["key"].as_str().ok_or("the API key was not shown")?;
        let api_key = format!("authorization: Bearer {api_key}\r\n");
        let create = |id: &str, options: &[&str]| -> Outcome<String> {
            let basis = ["client", "create", "--id", id, "--name", "Benchmark"];
            let made = run(&[&basis, options].concat(), "")?;
            let secret = made["client_secret"].as_str().unwrap_or(PASSWORD).replace(' ', "+");
            Ok(basic(id, &secret))
        };
        let key = SigningKey::generate(SigningAlgorithm::Es256)?;
        let mut file = tempfile::NamedTempFile::new()?;
        write!(file, "{{\"keys\":[{}]}}", key.public_jwk()?)?;
        let jwks = file.path().to_string_lossy();
        let signing =
            ["--kind", "service", "--scope", SCOPE, "--auth-method", "private_key_jwt", "--jwks", &jwks];
        create(SIGNING_CLIENT, &signing)?;
        let web = [
            "--kind",
            "web",
            "--redirect-uri",
            RETURN_TO,
            "--scope",
            OPENID_SCOPE,
            "--id-token-alg",
            "ES256",
        ];
        Ok(Self {
            generated: create("bench-generated", &["--kind", "service", "--scope", SCOPE])?,
            chosen: create("bench-chosen", &["--kind", "service", "--scope", SCOPE, "--secret", PASSWORD])?,
            web: create(WEB_CLIENT, &web)?,
            jwt: create("bench-jwt", &["--kind", "service", "--scope", SCOPE, "--token-format", "jwt"])?,
            api_key,
            key: Rc::new(key),
            master_key,
            binary: binary.to_owned(),
        })
    }
}

/// The Authorization header line of a client; the secret must already be form-encoded (RFC 6749 §2.3.1).
pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{secret}")))
}

/// The binary, without environment variables that could change its options.
fn command(binary: &Path, database: &Database, master_key: &str) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GRANTOR_")) {
        command.env_remove(name);
    }
    command
        .env("GRANTOR_DATABASE__URL", &database.url)
        .env("GRANTOR_KEYS__MASTER_KEY", master_key)
        .env("GRANTOR_LIMITS__ENABLED", "false")
        .env("GRANTOR_LOG__FILTER", "warn");
    command
}

/// Runs a command that prints one JSON object.
fn call(mut command: Command, arguments: &[&str], input: &str) -> Outcome<Value> {
    command.args(arguments).arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let done = child.wait_with_output()?;
    if !done.status.success() {
        return Err(format!("grantor {} ended with {}", arguments.join(" "), done.status).into());
    }
    Ok(serde_json::from_slice(&done.stdout)?)
}

/// A running server; it ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) engine: &'static str,
    pub(crate) database_pid: Option<u32>,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) began_answering: Duration,
}

impl Server {
    pub(crate) async fn start(database: &Database, site: &Site, tuning: ServerOptions) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = command(&site.binary, database, &site.master_key);
        command.arg("serve").env("GRANTOR_LISTEN", address.to_string()).stdin(Stdio::null());
        if tuning == ServerOptions::OneWorker {
            command.env("GRANTOR_HTTP__WORKERS", "1");
        }
        let began = Instant::now();
        let child = command.spawn()?;
        let (engine, database_pid) = (database.engine, database.pid);
        let mut server = Self { child, engine, database_pid, address, began_answering: Duration::ZERO };
        while !answers(address).await {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended with {status}").into());
            }
            if began.elapsed() > TIMEOUT {
                return Err("the server does not answer".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.began_answering = began.elapsed();
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn memory(&self, what: &str) -> Outcome<u64> {
        process::memory(self.pid(), what)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn answers(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    connection.send(&get("/healthz", "")).await.is_ok_and(|answer| answer.status == 200)
}

/// A port that was free a moment ago, because the caller cannot learn which port replaces port 0.
fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
