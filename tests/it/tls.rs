//! TLS that the server terminates itself, and the readiness notification for systemd.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use grantor::clock::Clock;
use grantor::server::Server;
use reqwest::Certificate;

use crate::support::database::{TestDatabase, engine, private_folder};
use crate::support::mark::leak;
use crate::support::process::{free_port, grantor, said};
use crate::support::tls::{ENVIRONMENT, certificate, serve};
use crate::support::{CommandLine, TestServer};

/// Whether a client that trusts only this certificate gets an answer, on a new connection.
async fn answers(certificate: &Certificate, url: &str) -> bool {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([certificate.clone()]).build().unwrap();
    client.get(url).send().await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn a_new_certificate_is_served_without_a_restart() {
    let cli = CommandLine::new().await;
    let directory = cli.directory();
    let first = certificate(&directory);
    let (serving, url) = serve(&cli);
    assert!(answers(&first, &url).await);

    let second = certificate(&directory);
    serving.signal("HUP");
    while !answers(&second, &url).await {
        tokio::task::yield_now().await;
    }
    assert!(!answers(&first, &url).await);

    // A certificate that cannot be used does not replace the current one.
    std::fs::write(directory.join("cert.pem"), "no certificate").unwrap();
    serving.signal("HUP");
    assert!(answers(&second, &url).await);
    let (clean, log) = serving.stop();
    assert!(clean, "{log}");
}

/// Waits until the log of a server has a number of lines with a part.
async fn wait_for(log: &Path, part: &str, count: usize) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        if text.lines().filter(|line| line.contains(part)).count() >= count {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{count} times {part:?}: {text}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_key_that_has_lost_its_line_ends_is_reported_once_and_without_the_key() {
    const WARNING: &str = "the former certificate stays in use";
    let cli = CommandLine::new().await;
    let directory = cli.directory();
    let first = certificate(&directory);
    let good = std::fs::read_to_string(directory.join("key.pem")).unwrap();
    let (log, port) = (directory.join("log"), free_port());
    let mut child = cli
        .command(&["serve"])
        .env("GRANTOR_LISTEN", format!("127.0.0.1:{port}"))
        .env("GRANTOR_LOG__FILTER", "trace")
        .envs(ENVIRONMENT)
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let hang_up = || {
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    };
    wait_for(&log, "listens on", 1).await;
    // Before its first answer, the server may not handle SIGHUP yet.
    assert!(answers(&first, &format!("https://localhost:{port}/readyz")).await);
    // A line of the key's text alone is a secret, too.
    let secret: String = good.lines().nth(1).unwrap().chars().take(24).collect();
    std::fs::write(directory.join("key.pem"), good.replace('\n', "")).unwrap();
    hang_up();
    wait_for(&log, WARNING, 1).await;
    for count in 1..=3 {
        hang_up();
        wait_for(&log, "still cannot be used", count).await;
    }
    std::fs::write(directory.join("key.pem"), "").unwrap();
    hang_up();
    let text = wait_for(&log, WARNING, 2).await;
    assert_eq!(text.matches(WARNING).count(), 2, "{text}");
    assert!(text.contains("tls.key key.pem cannot be used: its line ends are lost"), "{text}");
    assert!(text.contains("tls.key key.pem cannot be used: it is empty"), "{text}");
    std::fs::write(directory.join("key.pem"), good).unwrap();
    hang_up();
    let text = wait_for(&log, "can be used again", 1).await;
    assert_eq!(leak(&secret, text.as_bytes()), None, "{text}");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What `serve` and `config check` say about the files of the certificate; both must say it once.
#[track_caller]
fn said_of_files(cli: &CommandLine, part: &str) {
    for arguments in [&["serve"][..], &["config", "check"]] {
        let mut command = cli.command(arguments);
        command.env("GRANTOR_LISTEN", "127.0.0.1:0").envs(ENVIRONMENT);
        let text = String::from_utf8(said(command, b"")).unwrap();
        assert_eq!(text.matches("cannot be ").count(), 1, "{arguments:?}: one sentence: {text}");
        assert!(text.contains(part), "{arguments:?}: {part}: {text}");
        let secret = std::fs::read_to_string(cli.directory().join("its.key")).unwrap();
        let secret: String = secret.lines().nth(1).unwrap().chars().take(24).collect();
        assert_eq!(leak(&secret, text.as_bytes()), None, "{text}");
    }
}

#[tokio::test]
async fn files_of_a_certificate_that_cannot_be_used_have_one_sentence_each() {
    let cli = CommandLine::new().await;
    let directory = cli.directory();
    let path = |name: &str| directory.join(name);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    certificate(&directory);
    let another = (read("cert.pem"), read("key.pem"));
    certificate(&directory);
    let (own, key) = (read("cert.pem"), read("key.pem"));
    std::fs::copy(path("key.pem"), path("its.key")).unwrap();
    let der = |pem: &str| {
        let lines = pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, lines).unwrap()
    };
    let certificate_is = "tls.certificate cert.pem cannot be used: ";
    let key_is = "tls.key key.pem cannot be used: ";
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (of_certificate, of_key, begin, part) in [
        (another.0.as_bytes(), key.as_bytes(), certificate_is, "no certificate in it belongs to tls.key"),
        (
            format!("{}{own}", another.0).as_bytes(),
            key.as_bytes(),
            certificate_is,
            "its certificates are in the wrong order: the server's own, which belongs to tls.key, comes first",
        ),
        (
            key.as_bytes(),
            own.as_bytes(),
            certificate_is,
            "it is the private key, and tls.key is the certificate",
        ),
        (key.as_bytes(), key.as_bytes(), certificate_is, "it has a private key in it, and no certificate"),
        (own.as_bytes(), own.as_bytes(), key_is, "it has a certificate in it, and no private key"),
        (own.as_bytes(), encrypted.as_bytes(), key_is, "the key in it has a passphrase"),
        (&der(&own), key.as_bytes(), certificate_is, "it is DER, and must be PEM"),
        (own.as_bytes(), &der(&key), key_is, "it is DER, and must be PEM"),
        (b"", key.as_bytes(), certificate_is, "it is empty"),
        (own.as_bytes(), b"\n", key_is, "it is empty"),
    ] {
        std::fs::write(path("cert.pem"), of_certificate).unwrap();
        std::fs::write(path("key.pem"), of_key).unwrap();
        said_of_files(&cli, &format!("{begin}{part}"));
    }
    std::fs::write(path("cert.pem"), &own).unwrap();
    std::fs::remove_file(path("key.pem")).unwrap();
    said_of_files(&cli, "tls.key key.pem cannot be read: No such file or directory");
    std::fs::write(path("key.pem"), &key).unwrap();
    std::fs::remove_file(path("cert.pem")).unwrap();
    said_of_files(&cli, "tls.certificate cert.pem cannot be read: No such file or directory");
    std::fs::write(path("cert.pem"), format!("{own}{}", another.0)).unwrap();
    assert!(cli.serve(&ENVIRONMENT).stop().0, "the server's own certificate first is right");
}

/// A certificate of version 1, as `openssl x509 -req` makes it without extensions.
const VERSION_1: &str = "-----BEGIN CERTIFICATE-----
MIIBJzCBzQIUUil0NPfnWdzz888SGcgDaGDwd+YwCgYIKoZIzj0EAwIwFTETMBEG
A1UEAwwKdjEuZXhhbXBsZTAgFw0yNjExMjkwNTAyMDRaGA8yMTI2MTEwNTA1MDIw
NFowFTETMBEGA1UEAwwKdjEuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABD0x33L0rO9EtDALDWT6xaHsB7jGLReHoeO7vXAzmdpB9Gi6yXpHUTiCZjxU
wA8GBtqQ6jZ3pXgYQ+vizExg0IUwCgYIKoZIzj0EAwIDSQAwRgIhAMAB1y/PSbv+
TjwEUTOg/TkTOj8PLg8laTyo/ova3fhMAiEA+CTxeTwhVcPhXOGIqjfDHOHDi7JM
0Z+vGzehm2Mp3GM=
-----END CERTIFICATE-----
";

#[tokio::test]
async fn a_certificate_of_version_1_is_named_and_its_option_too() {
    let cli = CommandLine::new().await;
    let directory = cli.directory();
    certificate(&directory);
    std::fs::copy(directory.join("key.pem"), directory.join("its.key")).unwrap();
    std::fs::write(directory.join("cert.pem"), VERSION_1).unwrap();
    said_of_files(
        &cli,
        "tls.certificate cert.pem cannot be used: a certificate in it is not X.509 version 3",
    );
    let mut check = cli.command(&["config", "check", "--json"]);
    let output = check.envs(ENVIRONMENT).output().unwrap();
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(findings[0]["option"], "tls.certificate", "{findings}");
    assert_eq!(findings[0]["source"], "GRANTOR_TLS__CERTIFICATE", "{findings}");
}

#[test]
fn a_server_whose_certificate_cannot_be_used_makes_nothing() {
    let directory = private_folder();
    for name in ["cert.pem", "key.pem"] {
        std::fs::write(directory.path().join(name), "").unwrap();
    }
    let mut serve = grantor(directory.path(), &["serve"]);
    let served = serve.env("GRANTOR_LISTEN", "127.0.0.1:0").envs(ENVIRONMENT).output().unwrap();
    let text = String::from_utf8_lossy(&[served.stdout, served.stderr].concat()).into_owned();
    assert_eq!(served.status.code(), Some(1), "{text}");
    assert!(text.contains("cert.pem cannot be used: it is empty") && !text.contains("listens"), "{text}");
    let names = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: std::collections::BTreeSet<_> = names.collect();
    assert_eq!(names, ["cert.pem", "key.pem"].map(Into::into).into());
}

#[tokio::test]
async fn the_certificate_that_was_checked_is_served_although_its_files_change_before_the_server_serves() {
    let database = TestDatabase::fresh(engine()).await;
    let directory = database.directory.path().to_owned();
    let checked = certificate(&directory);
    let path = |name: &str| directory.join(name).display().to_string();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    let options = [
        ("public_url", "https://localhost"),
        ("tls.certificate", certificate.as_str()),
        ("tls.key", key.as_str()),
    ];
    let config = TestServer::config(&database, &options);
    let (ready, started) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = Server::bind(config, Clock::System).await.expect("a server");
            for name in ["cert.pem", "key.pem"] {
                std::fs::write(directory.join(name), "no PEM").unwrap();
            }
            let port = server.port();
            let (running, handle) = server.start().expect("the files are not read again");
            ready.send((port, handle)).expect("the test waits");
            running.await.expect("a clean stop");
        });
    });
    let (port, handle) = started.await.expect("the server starts");
    assert!(answers(&checked, &format!("https://localhost:{port}/healthz")).await);
    handle.stop(false).await;
    thread.join().unwrap();
}

/// A pipe with a name, from which this text can be read once.
fn once(path: &Path, text: String) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let path = path.to_owned();
    std::thread::spawn(move || std::fs::write(path, text));
}

#[tokio::test]
async fn config_check_reads_each_file_of_a_certificate_once() {
    let cli = CommandLine::new().await;
    let path = |name: &str| cli.directory().join(name);
    certificate(&cli.directory());
    for name in ["cert.pem", "key.pem"] {
        let text = std::fs::read_to_string(path(name)).unwrap();
        std::fs::remove_file(path(name)).unwrap();
        once(&path(name), text);
    }
    let mut command = cli.command(&["config", "check"]);
    // A command that opens a pipe again waits for a text that does not come, and `said` gives it up.
    let text = String::from_utf8(said(
        {
            command.envs(ENVIRONMENT);
            command
        },
        b"",
    ))
    .unwrap();
    assert!(!text.contains("cannot be") && text.contains("read tls.certificate cert.pem"), "{text}");
}

#[tokio::test]
async fn half_a_tls_configuration_is_refused() {
    let cli = CommandLine::new().await;
    cli.configure("[tls]\ncertificate = \"cert.pem\"");
    assert!(cli.refused(&["serve"]).contains("tls.certificate and tls.key are set together"));
}

#[tokio::test]
async fn a_service_manager_is_told_when_the_server_is_ready() {
    let cli = CommandLine::new().await;
    let path = cli.directory().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let serving = cli.serve(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let mut buffer = [0; 64];
    let read = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..read], b"READY=1\n");
    assert_eq!(reqwest::get(format!("{}/readyz", serving.url)).await.unwrap().status(), 200);
}

/// A ClientHello that offers one version and these cipher suites, and what every client offers beside them.
fn client_hello(version: u16, suites: &[u16]) -> Vec<u8> {
    let bytes = |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
    let with_length = |part: Vec<u8>| [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], &part].concat();
    let extension = |kind: u16, content: Vec<u8>| [bytes(&[kind]), with_length(content)].concat();
    let groups = extension(10, with_length(bytes(&[29, 23])));
    let points = extension(11, vec![1, 0]);
    let signatures = extension(13, with_length(bytes(&[0x0403, 0x0804, 0x0401, 0x0203])));
    let mut hello =
        [bytes(&[version]), vec![7; 32], vec![0], with_length(bytes(suites)), vec![1, 0]].concat();
    hello.extend(with_length([groups, points, signatures].concat()));
    let length = u32::try_from(hello.len()).unwrap().to_be_bytes();
    let message = [&[1][..], &length[1..], &hello].concat();
    [vec![0x16], bytes(&[0x0301]), with_length(message)].concat()
}

#[tokio::test]
async fn old_versions_of_tls_and_unauthenticated_encryption_are_refused() {
    const ALERT: u8 = 0x15;
    const HANDSHAKE: u8 = 0x16;
    /// ECDHE_ECDSA with AES-128-GCM.
    const GOOD: u16 = 0xc02b;
    /// AES in CBC mode with a MAC, 3DES, RC4, NULL; with ECDHE and without.
    const WEAK: [u16; 7] = [0xc009, 0xc00a, 0xc023, 0x002f, 0x000a, 0x0005, 0x003b];
    let cli = CommandLine::new().await;
    certificate(&cli.directory());
    let (serving, _) = serve(&cli);
    for (version, suites, record) in [
        (0x0303, &[GOOD][..], HANDSHAKE),
        (0x0303, &WEAK, ALERT),
        (0x0302, &[GOOD, WEAK[0]], ALERT),
        (0x0301, &[GOOD, WEAK[0]], ALERT),
        (0x0300, &[GOOD, WEAK[0]], ALERT),
    ] {
        let mut link = TcpStream::connect(serving.url.trim_start_matches("http://")).unwrap();
        link.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        link.write_all(&client_hello(version, suites)).unwrap();
        let mut answer = [0];
        link.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [record], "{version:#06x} {suites:x?}");
    }
}
