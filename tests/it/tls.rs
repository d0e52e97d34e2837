//! TLS that the server ends itself, and the systemd way to say that it is ready.

use std::path::Path;

use rcgen::generate_simple_self_signed;
use reqwest::Certificate;

use crate::support::database::{TestDatabase, engine};
use crate::support::process::{Serving, run};

/// Writes a certificate for `localhost`; what a client needs to trust it.
fn certificate(directory: &Path) -> Certificate {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    // The key first: a pair that does not match is left alone until both are there.
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(directory.join("cert.pem"), made.cert.pem()).unwrap();
    Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
}

/// A client that trusts this certificate and no other, on a connection of its own.
async fn answers(certificate: &Certificate, url: &str) -> bool {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([certificate.clone()]).build().unwrap();
    client.get(url).send().await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn a_new_certificate_is_served_without_a_restart() {
    let database = TestDatabase::fresh(engine()).await;
    let directory = database.directory.path();
    let first = certificate(directory);
    let config = directory.join("empty.toml");
    std::fs::write(&config, "").unwrap();
    let environment = [
        ("GRANTOR_DATABASE__URL", database.url.as_str()),
        ("GRANTOR_PUBLIC_URL", "https://localhost"),
        ("GRANTOR_TLS__CERTIFICATE", "cert.pem"),
        ("GRANTOR_TLS__KEY", "key.pem"),
    ];
    let serving = Serving::start(directory, &config, &environment);
    let url = format!("{}/readyz", serving.url.replace("http://127.0.0.1", "https://localhost"));
    assert!(answers(&first, &url).await);

    let second = certificate(directory);
    serving.signal("HUP");
    while !answers(&second, &url).await {
        tokio::task::yield_now().await;
    }
    assert!(!answers(&first, &url).await);

    // What cannot be used is not put in force.
    std::fs::write(directory.join("cert.pem"), "no certificate").unwrap();
    serving.signal("HUP");
    assert!(answers(&second, &url).await);
    let (clean, log) = serving.stop();
    assert!(clean, "{log}");
}

#[tokio::test]
async fn half_a_tls_configuration_is_refused() {
    let database = TestDatabase::fresh(engine()).await;
    let directory = database.directory.path();
    std::fs::write(directory.join("c.toml"), "[tls]\ncertificate = \"cert.pem\"\n").unwrap();
    let output = run(directory, &["serve", "--config", "c.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tls.certificate and tls.key are set together"));
}

#[tokio::test]
async fn a_service_manager_is_told_when_the_server_is_ready() {
    let database = TestDatabase::fresh(engine()).await;
    let directory = database.directory.path();
    let config = directory.join("empty.toml");
    std::fs::write(&config, "").unwrap();
    let path = directory.join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let environment =
        [("GRANTOR_DATABASE__URL", database.url.as_str()), ("NOTIFY_SOCKET", path.to_str().unwrap())];
    let serving = Serving::start(directory, &config, &environment);
    let mut buffer = [0; 64];
    let read = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..read], b"READY=1\n");
    assert_eq!(reqwest::get(format!("{}/readyz", serving.url)).await.unwrap().status(), 200);
}
