//! The files and options of certificates: what `config check` and `serve` say, and that files are read again.

use std::time::{Duration, Instant};

use super::authority::{Authority, client_cert};
use crate::support::CommandLine;
use crate::support::process::said;

/// What `serve` and `config check` say with these options.
#[track_caller]
fn said_with(cli: &CommandLine, options: &[(&str, &str)], part: &str) {
    for arguments in [&["serve"][..], &["config", "check"]] {
        let mut command = cli.command(arguments);
        command.env("GRANTOR_LISTEN", "127.0.0.1:0").envs(options.iter().copied());
        let text = String::from_utf8(said(command, b"")).unwrap();
        assert!(text.contains(part), "{arguments:?}: {part}: {text}");
    }
}

const BEHIND: [(&str, &str); 2] = [
    ("GRANTOR_TLS__CLIENT_CERTIFICATE_HEADER", "Client-Cert"),
    ("GRANTOR_TLS__CLIENT_CERTIFICATE_PROXIES", "127.0.0.1"),
];

#[tokio::test]
async fn files_that_cannot_be_used_and_half_configurations_have_a_sentence_each() {
    let cli = CommandLine::new().await;
    let path = |name: &str| cli.directory().join(name);
    let authority = Authority::new("Authority");
    let (ca, crl) = (("GRANTOR_TLS__CLIENT_CA", "ca.pem"), ("GRANTOR_TLS__CLIENT_CRL", "crl.pem"));
    let with_ca = [&BEHIND[..], &[ca]].concat();
    let with_crl = [&with_ca[..], &[crl]].concat();
    said_with(&cli, &with_ca, "tls.client_ca ca.pem cannot be read: No such file or directory");
    std::fs::write(path("ca.pem"), "made up").unwrap();
    said_with(&cli, &with_ca, "tls.client_ca ca.pem cannot be used: it is not PEM");
    std::fs::write(path("ca.pem"), authority.pem()).unwrap();
    said_with(&cli, &with_crl, "tls.client_crl crl.pem cannot be read: No such file or directory");
    std::fs::write(path("crl.pem"), authority.pem()).unwrap();
    said_with(
        &cli,
        &with_crl,
        "tls.client_crl crl.pem cannot be used: it has no list of revoked certificates in PEM",
    );
    let broken = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
    std::fs::write(path("crl.pem"), broken).unwrap();
    said_with(
        &cli,
        &with_crl,
        "tls.client_crl crl.pem cannot be used: a list of revoked certificates in it is not",
    );
    said_with(&cli, &BEHIND[..1], "tls.client_certificate_header needs tls.client_certificate_proxies");
    said_with(&cli, &[("GRANTOR_TLS__MTLS_LISTEN", "127.0.0.1:0")], "tls.mtls_listen needs tls.certificate");
    said_with(&cli, &[ca], "tls.client_ca has no effect without tls.mtls_listen");
}

#[tokio::test]
async fn clients_whose_certificates_cannot_arrive_are_named() {
    let cli = CommandLine::new().await;
    cli.client_done(
        "by-name",
        "service",
        &["--auth-method", "tls_client_auth", "--tls-subject-dn", "CN=job"],
    );
    cli.client_done("bound", "service", &["--certificate-bound-tokens"]);
    cli.client_done("other", "service", &[]);
    let check = |options: &[(&str, &str)]| {
        let mut command = cli.command(&["config", "check"]);
        command.envs(options.iter().copied());
        String::from_utf8(said(command, b"")).unwrap()
    };
    let text = check(&[]);
    assert!(text.contains("no certificate can arrive, and the clients bound, by-name need one"), "{text}");
    let text = check(&BEHIND);
    assert!(
        text.contains("tls.client_ca names no authority, and the clients by-name have tls_client_auth"),
        "{text}"
    );
    std::fs::write(cli.directory().join("ca.pem"), Authority::new("Authority").pem()).unwrap();
    let text = check(&[&BEHIND[..], &[("GRANTOR_TLS__CLIENT_CA", "ca.pem")]].concat());
    assert!(
        text.contains("the configuration is good") && text.contains("read tls.client_ca ca.pem"),
        "{text}"
    );
}

#[tokio::test]
async fn new_authorities_count_without_a_restart() {
    let cli = CommandLine::new().await;
    let directory = cli.directory();
    let (first, second) = (Authority::new("First"), Authority::new("Second"));
    std::fs::write(directory.join("ca.pem"), first.pem()).unwrap();
    cli.client_done(
        "job",
        "service",
        &[
            "--auth-method",
            "tls_client_auth",
            "--tls-subject-dn",
            "CN=job",
            "--scope",
            "grantor.clients.read",
        ],
    );
    let options = [&BEHIND[..], &[("GRANTOR_TLS__CLIENT_CA", "ca.pem")]].concat();
    let serving = cli.serve(&options);
    let ask = async |authority: &Authority| {
        let request = reqwest::Client::new().post(format!("{}/token", serving.url));
        let request = request.header("client-cert", client_cert(authority.client("job").der()));
        let request = request.header("content-type", super::FORM);
        request
            .body("grant_type=client_credentials&client_id=job&scope=grantor.clients.read")
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!((ask(&first).await, ask(&second).await), (200, 401));
    std::fs::write(directory.join("ca.pem"), second.pem()).unwrap();
    serving.signal("HUP");
    let began = Instant::now();
    while ask(&second).await != 200 {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&first).await, 401);
    let (clean, log) = serving.stop();
    assert!(clean && log.contains("the authorities for client certificates were replaced"), "{log}");
}

#[tokio::test]
async fn the_command_line_sets_shows_and_removes_what_is_about_certificates() {
    let cli = CommandLine::new().await;
    cli.client_done(
        "job",
        "service",
        &[
            "--auth-method",
            "tls_client_auth",
            "--tls-san-dns",
            "job.example.com",
            "--certificate-bound-tokens",
        ],
    );
    let show = || String::from_utf8(said(cli.command(&["client", "show", "job"]), b"")).unwrap();
    assert!(show().contains("san dns job.example.com; tokens are bound to it"), "{}", show());
    // One name replaces the other.
    cli.done(&[
        "client",
        "update",
        "job",
        "--tls-subject-dn",
        "CN=job,O=Bank",
        "--certificate-bound-tokens",
        "false",
    ]);
    assert!(show().contains("subject dn CN=job,O=Bank") && !show().contains("bound to it"), "{}", show());
    let refused = cli.refused(&["client", "update", "job", "--no-tls-name"]);
    assert!(
        refused.contains("--auth-method tls_client_auth needs the name in the client's certificate"),
        "{refused}"
    );
    let refused = cli.refused(&["client", "update", "job", "--tls-subject-dn", "job"]);
    assert!(refused.contains("--tls-subject-dn \"job\" is not a name as RFC 4514 writes it"), "{refused}");
    for (option, value, why) in [
        ("--tls-san-ip", "300.1.1.1", "is not an IP address"),
        ("--tls-san-dns", "a b", "is not the name of a host"),
        ("--tls-san-uri", "app", "is not a URI"),
        ("--tls-san-email", "job", "is not an e-mail address"),
    ] {
        let refused = cli.refused(&["client", "update", "job", option, value]);
        assert!(refused.contains(&format!("{option} {value:?} {why}")), "{refused}");
    }
    // The name goes with the method that needs it.
    cli.done(&["client", "update", "job", "--auth-method", "client_secret_basic"]);
    assert!(!show().contains("CN=job"), "{}", show());
    let refused = cli.refused(&["client", "update", "job", "--tls-subject-dn", "CN=job"]);
    assert!(refused.contains("--tls-subject-dn is for clients with tls_client_auth"), "{refused}");
}
