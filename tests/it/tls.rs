//! TLS that the server terminates itself, and the readiness notification for systemd.

use reqwest::Certificate;

use crate::support::CommandLine;
use crate::support::tls::{certificate, serve};

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
    socket.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let serving = cli.serve(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let mut buffer = [0; 64];
    let read = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..read], b"READY=1\n");
    assert_eq!(reqwest::get(format!("{}/readyz", serving.url)).await.unwrap().status(), 200);
}
