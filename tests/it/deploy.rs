//! The files of `deploy`, with the programs that they are for: nginx, HAProxy, Caddy and systemd.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use grantor::x509::header::HeaderForm;
use reqwest::{Certificate, Client};
use tempfile::TempDir;

use crate::mtls::authority::{Authority, escaped_pem, self_signed};
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
    /// The certificate of the proxy.
    trusted: Certificate,
    base: String,
    /// The database of the server.
    cli: CommandLine,
    /// The files of the proxy.
    folder: TempDir,
}

impl Proxied {
    /// Starts a server with the configuration of `deploy`, and a proxy before it. `configure` writes the proxy's files into a
    /// folder, with the port of the proxy, the address of the server, and the paths of the certificate and the key; it
    /// returns the command.
    async fn start(configure: impl FnOnce(&Path, u16, &str, [&str; 2]) -> Command) -> Self {
        Self::start_with("", configure).await
    }

    /// The same with more in the configuration of the server.
    async fn start_with(more: &str, configure: impl FnOnce(&Path, u16, &str, [&str; 2]) -> Command) -> Self {
        let cli = CommandLine::new().await;
        let database = "[database]\nurl = \"sqlite:/var/lib/grantor/grantor.db\"\n";
        cli.configure(&format!("{}{more}", example("grantor.toml", &[(database, "")])));
        cli.client_done("web", "web", &["--redirect-uri", REDIRECT_URI, "--scope", "openid"]);
        let serving = cli.serve(&[]);
        let folder = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed([HOST.to_owned(), format!("mtls.{HOST}")]).unwrap();
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
            .tls_certs_only([trusted.clone()])
            .resolve(HOST, SocketAddr::from(([127, 0, 0, 1], port)))
            .build()
            .unwrap();
        let base = format!("https://{HOST}:{port}");
        let mut proxied = Self { proxy, serving: Some(serving), client, trusted, base, cli, folder };
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

/// The command of nginx with these parts of its http block.
fn run_nginx(nginx: PathBuf, folder: &Path, ours: &str) -> Command {
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
        run_nginx(nginx, folder, &ours)
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

/// The options in the comments at the beginning of a file of `deploy`, with the file of the authority in place of ours.
fn options_of(name: &str, authority: &Path) -> String {
    let text = example(name, &[]);
    let lines =
        text.lines().skip_while(|line| *line != "#   [tls]").take_while(|line| line.starts_with("#   "));
    let options: String = lines.map(|line| format!("{}\n", &line[4..])).collect();
    options.replace("/etc/grantor/client-ca.pem", &authority.display().to_string())
}

impl Proxied {
    /// Certificates of clients pass the proxy, and headers of strangers do not. `url` asks for certificates, and `header`
    /// is the one of the configuration.
    async fn passes_certificates(self, authority: &Authority, url: &str, (header, form): (&str, HeaderForm)) {
        let own = [
            "--auth-method",
            "tls_client_auth",
            "--tls-subject-dn",
            "CN=job",
            "--scope",
            "grantor.clients.read",
        ];
        self.cli.client_done("job", "service", &own);
        let jwks = self.folder.path().join("jwks.json");
        let registered = self_signed("registered", |_| ());
        std::fs::write(&jwks, registered.jwks()).unwrap();
        let own = [
            "--auth-method",
            "self_signed_tls_client_auth",
            "--jwks",
            jwks.to_str().unwrap(),
            "--scope",
            "grantor.clients.read",
        ];
        self.cli.client_done("registered", "service", &own);
        let shown = authority.client("job");
        let forged = match form {
            HeaderForm::Pem => escaped_pem(&shown),
            _ => shown.header(),
        };
        let ask = async |base: &str, id: &str, identity: Option<reqwest::Identity>, forged: Option<&str>| {
            let host = url::Url::parse(base).unwrap();
            let address = SocketAddr::from(([127, 0, 0, 1], host.port().unwrap()));
            let client = Client::builder()
                .no_proxy()
                .tls_certs_only([self.trusted.clone()])
                .resolve(host.host_str().unwrap(), address);
            let client = identity.into_iter().fold(client, |client, identity| client.identity(identity));
            let request = client.build().unwrap().post(format!("{base}/token"));
            let request = forged.into_iter().fold(request, |request, value| request.header(header, value));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = request
                .body(format!("grant_type=client_credentials&client_id={id}&scope=grantor.clients.read"))
                .send()
                .await
                .unwrap();
            let status = answer.status().as_u16();
            let json: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            (status, json["reason"].as_str().unwrap_or_default().to_owned())
        };
        let missing = (401, "client_certificate.missing".to_owned());
        let good = (200, String::new());
        assert_eq!(ask(url, "job", Some(shown.identity(&[])), None).await, good);
        assert_eq!(ask(url, "registered", Some(registered.identity(&[])), None).await, good);
        let stranger = self_signed("job", |_| ());
        let unknown = (401, "client_certificate.unknown_issuer".to_owned());
        assert_eq!(ask(url, "job", Some(stranger.identity(&[])), None).await, unknown);
        assert_eq!(ask(url, "job", None, None).await, missing);
        // The header of a stranger goes no further, with a certificate and without, here and at the other address.
        assert_eq!(ask(url, "job", None, Some(&forged)).await, missing);
        assert_eq!(ask(url, "job", Some(stranger.identity(&[])), Some(&forged)).await, unknown);
        assert_eq!(ask(&self.base, "job", None, Some(&forged)).await, missing);
        assert_eq!(ask(&self.base, "job", Some(shown.identity(&[])), None).await, missing);
    }
}

#[tokio::test]
async fn nginx_with_our_files_passes_certificates_of_clients_and_no_header_of_a_stranger() {
    let Some(nginx) = program("nginx") else { return };
    let (authority, files) = (Authority::new("Authority"), TempDir::new().unwrap());
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let options = options_of("nginx-mtls.conf", &ca);
    let mut port_of_all = 0;
    let proxied = Proxied::start_with(&options, |folder, port, server, [certificate, key]| {
        port_of_all = port;
        let changes = [
            ("listen 443 ssl;", format!("listen 127.0.0.1:{port} ssl;")),
            ("/etc/ssl/id.example.com.pem", certificate.to_owned()),
            ("/etc/ssl/id.example.com.key", key.to_owned()),
        ];
        let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
        let upstream = format!("server {server};");
        let ours = example("nginx.conf", &[&changes[..], &[("server 127.0.0.1:8080;", &upstream)]].concat());
        run_nginx(nginx, folder, &format!("{ours}{}", example("nginx-mtls.conf", &changes)))
    });
    let proxied = proxied.await;
    let url = format!("https://mtls.{HOST}:{port_of_all}");
    proxied.passes_certificates(&authority, &url, ("X-Client-Cert", HeaderForm::Pem)).await;
}

#[tokio::test]
async fn haproxy_with_our_files_passes_certificates_of_clients_and_no_header_of_a_stranger() {
    let Some(haproxy) = program("haproxy") else { return };
    let (authority, files) = (Authority::new("Authority"), TempDir::new().unwrap());
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    let options = options_of("haproxy-mtls.cfg", &ca);
    let asking = free_port();
    let proxied = Proxied::start_with(&options, |folder, port, server, [certificate, key]| {
        let both = folder.join("both.pem");
        let pair = [certificate, key].map(|path| std::fs::read_to_string(path).unwrap()).concat();
        std::fs::write(&both, pair).unwrap();
        let both = both.display().to_string();
        let ours = example(
            "haproxy.cfg",
            &[
                ("bind :443", &format!("bind 127.0.0.1:{port}")),
                ("/etc/ssl/id.example.com.pem", &both),
                ("127.0.0.1:8080", server),
                ("127.0.0.1:8082", server),
            ],
        );
        let more = example(
            "haproxy-mtls.cfg",
            &[
                ("bind :8443", &format!("bind 127.0.0.1:{asking}")),
                ("/etc/ssl/id.example.com.pem", &both),
                ("/etc/grantor/client-ca.pem", &ca.display().to_string()),
            ],
        );
        std::fs::write(folder.join("haproxy.cfg"), ours).unwrap();
        std::fs::write(folder.join("haproxy-mtls.cfg"), more).unwrap();
        let mut command = Command::new(haproxy);
        command.args(["-db", "-f", "haproxy.cfg", "-f", "haproxy-mtls.cfg"]);
        command
    });
    let proxied = proxied.await;
    let url = format!("https://{HOST}:{asking}");
    proxied.passes_certificates(&authority, &url, ("Client-Cert", HeaderForm::Rfc9440)).await;
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
