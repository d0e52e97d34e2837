//! The files of `deploy`, with the programs that they are for: nginx, HAProxy, Caddy and systemd.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client};
use tempfile::TempDir;

use crate::support::process::{ServerProcess, free_port};
use crate::support::relying_party::REDIRECT_URI;
use crate::support::{CHALLENGE, CommandLine, left_out};

const HOST: &str = "id.example.com";
/// What a request may send (see `Received::check_length`), less the other parameters of the request below.
const LONGEST_STATE: usize = 7_600;

/// A file of `deploy`, with other texts in place of some.
fn example(name: &str, changes: &[(&str, &str)]) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let mut text = std::fs::read_to_string(file).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replace(from, to);
    }
    text
}

/// The path of a program; `None` if it is not installed.
fn program(name: &str) -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin"].map(Path::new);
    let found = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists());
    if found.is_none() {
        left_out(&format!("{name} with its file of deploy, because {name} is not installed"));
    }
    found
}

/// A proxy before a server; both end with this value.
struct Proxied {
    proxy: Child,
    serving: Option<ServerProcess>,
    client: Client,
    base: String,
    /// The database of the server.
    _cli: CommandLine,
    /// The files of the proxy.
    folder: TempDir,
}

impl Proxied {
    /// Starts a server with the configuration of `deploy`, and a proxy before it. `configure` writes the proxy's files into a
    /// folder, with the port of the proxy, the address of the server, and the paths of the certificate and the key; it
    /// returns the command.
    async fn start(configure: impl FnOnce(&Path, u16, &str, [&str; 2]) -> Command) -> Self {
        let cli = CommandLine::new().await;
        cli.configure(&example(
            "grantor.toml",
            &[("[database]\nurl = \"sqlite:/var/lib/grantor/grantor.db\"\n", "")],
        ));
        cli.client_done("web", "web", &["--redirect-uri", REDIRECT_URI, "--scope", "openid"]);
        let serving = cli.serve(&[]);
        let folder = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (certificate, key) = (path("cert.pem"), path("cert.key"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let port = free_port();
        let server = serving.url.trim_start_matches("http://").to_owned();
        let mut command = configure(folder.path(), port, &server, [&certificate, &key]);
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let proxy = command.current_dir(folder.path()).spawn().unwrap();
        let trusted = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([trusted])
            .resolve(HOST, SocketAddr::from(([127, 0, 0, 1], port)))
            .build()
            .unwrap();
        let base = format!("https://{HOST}:{port}");
        let mut proxied = Self { proxy, serving: Some(serving), client, base, _cli: cli, folder };
        proxied.wait(port);
        proxied
    }

    fn wait(&mut self, port: u16) {
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let has_ended = self.proxy.try_wait().unwrap().is_some();
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(!has_ended && began.elapsed() < Duration::from_secs(30), "the proxy listens: {}", log());
            std::thread::yield_now();
        }
    }

    /// The largest request and the largest answer pass, and each request has one id in the answer and in the log.
    async fn passes_the_largest(self) {
        let state = "%".repeat(LONGEST_STATE);
        let mut url = url::Url::parse(&format!("{}/authorize", self.base)).unwrap();
        url.query_pairs_mut().extend_pairs([
            ("client_id", "web"),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", "openid"),
            ("prompt", "none"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", &state),
        ]);
        assert!(url.as_str().len() > 3 * LONGEST_STATE, "each byte of the state is three");
        let request = self.client.get(url.clone()).header("x-request-id", "of-a-stranger");
        let got = request.send().await.unwrap();
        let location = got.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let location = location.unwrap_or_else(|| panic!("{got:?}"));
        assert!(location.len() > 3 * LONGEST_STATE, "{}", location.len());
        let to = url::Url::parse(&location).unwrap();
        let value = |name: &str| to.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned();
        assert_eq!((value("error").as_str(), value("state") == state), ("login_required", true));
        // The same as a form: its answer leads to a page of the server.
        let request = self.client.post(format!("{}/authorize", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let posted = request.body(url.query().unwrap().to_owned()).send().await.unwrap();
        assert_eq!(posted.status(), 303, "{posted:?}");
        let ids = [got, posted].map(|answer| answer.headers()["x-request-id"].to_str().unwrap().to_owned());
        self.has_one_id_for_each(&ids);
    }

    /// Each request has an id that the proxy has chosen, in the answer and in the log.
    fn has_one_id_for_each(mut self, ids: &[String; 2]) {
        let (clean, log) = self.serving.take().unwrap().stop();
        assert!(clean, "{log}");
        // Ids of the server itself have 22 characters.
        assert!(ids.iter().all(|id| id.len() >= 32), "{ids:?}");
        assert!(log.contains(&format!("\"request_id\":\"{}\"", ids[0])), "{ids:?}: {log}");
        assert_ne!(ids[0], ids[1]);
        assert!(!log.contains("sends X-Forwarded-For"), "the proxy is trusted: {log}");
    }
}

impl Drop for Proxied {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

#[tokio::test]
async fn nginx_with_our_file_passes_the_largest_request_and_answer() {
    let Some(nginx) = program("nginx") else { return };
    let proxied = Proxied::start(|folder, port, server, [certificate, key]| {
        let ours = example(
            "nginx.conf",
            &[
                ("server 127.0.0.1:8080;", &format!("server {server};")),
                ("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;")),
                ("/etc/ssl/id.example.com.pem", certificate),
                ("/etc/ssl/id.example.com.key", key),
            ],
        );
        std::fs::write(folder.join("grantor.conf"), ours).unwrap();
        let folder = folder.display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {folder}/{name};")).join(" ");
        let around = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log stderr;\nevents {{}}\n\
             http {{ access_log off; {temporary} include {folder}/grantor.conf; }}\n"
        );
        std::fs::write(format!("{folder}/nginx.conf"), around).unwrap();
        let mut command = Command::new(nginx);
        command.args(["-e", "stderr", "-c", &format!("{folder}/nginx.conf")]);
        command
    });
    proxied.await.passes_the_largest().await;
}

#[tokio::test]
async fn haproxy_with_our_file_passes_the_largest_request_and_answer() {
    let Some(haproxy) = program("haproxy") else { return };
    let proxied = Proxied::start(|folder, port, server, [certificate, key]| {
        let both = folder.join("both.pem");
        let pair = [certificate, key].map(|path| std::fs::read_to_string(path).unwrap()).concat();
        std::fs::write(&both, pair).unwrap();
        let ours = example(
            "haproxy.cfg",
            &[
                ("bind :443", &format!("bind 127.0.0.1:{port}")),
                ("/etc/ssl/id.example.com.pem", &both.display().to_string()),
                ("127.0.0.1:8080", server),
                ("127.0.0.1:8082", server),
            ],
        );
        std::fs::write(folder.join("haproxy.cfg"), ours).unwrap();
        let mut command = Command::new(haproxy);
        command.args(["-db", "-f", "haproxy.cfg"]);
        command
    });
    proxied.await.passes_the_largest().await;
}

#[tokio::test]
async fn caddy_with_our_file_passes_the_largest_request_and_answer() {
    let Some(caddy) = program("caddy") else { return };
    let proxied = Proxied::start(|folder, port, server, [certificate, key]| {
        // A certificate of its own, instead of one from an authority on the internet.
        let site = format!("https://{HOST}:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}");
        let ours = example("Caddyfile", &[("id.example.com {", &site), ("127.0.0.1:8080", server)]);
        let options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
        std::fs::write(folder.join("Caddyfile"), format!("{options}{ours}")).unwrap();
        let mut command = Command::new(caddy);
        command.args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"]);
        command.env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
        command
    });
    proxied.await.passes_the_largest().await;
}

#[test]
fn systemd_finds_no_mistake_in_our_unit() {
    let Some(analyze) = program("systemd-analyze") else { return };
    let folder = TempDir::new().unwrap();
    let verify = |text: &str| {
        let unit = folder.path().join("grantor.service");
        std::fs::write(&unit, text).unwrap();
        let output = Command::new(&analyze).args(["--man=no", "verify"]).arg(unit).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let binary = ("/usr/local/bin/grantor", env!("CARGO_BIN_EXE_grantor"));
    let ours = example("grantor.service", &[binary]);
    assert_eq!(verify(&ours), (true, String::new()));
    // With what the comments and docs/operating.md say to write.
    let more = example(
        "grantor.service",
        &[
            binary,
            ("#LoadCredential=", "LoadCredential="),
            ("#Environment=", "Environment="),
            ("AmbientCapabilities=", "AmbientCapabilities=CAP_NET_BIND_SERVICE"),
            ("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE"),
        ],
    );
    assert_eq!(verify(&more), (true, String::new()));
    let (_, said) = verify(&ours.replace("Restart=", "Restarts="));
    assert!(said.contains("Restarts"), "a mistake is found: {said}");
}
