//! Files that options name, with a marked secret in a broken form.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::{all_keep_the_secret, keeps_the_secret};
use crate::support::mark::MARK;
use crate::support::{CommandLine, tls};

/// Broken PEM with the mark in it, each with its description.
fn broken_pem() -> Vec<(&'static str, Vec<u8>)> {
    let body = format!("{MARK}{MARK}{MARK}");
    let pem = |begin: &str, body: &str| format!("-----BEGIN {begin}-----\n{body}\n-----END {begin}-----\n");
    let good = pem("PRIVATE KEY", &body);
    vec![
        ("lost line ends", good.replace('\n', "").into_bytes()),
        ("spaces for line ends", good.replace('\n', " ").into_bytes()),
        ("escaped line ends", good.replace('\n', "\\n").into_bytes()),
        ("a lost first line end", good.replacen('\n', "", 1).into_bytes()),
        ("no end", good.replace("-----END PRIVATE KEY-----", "").into_bytes()),
        ("an end on the line of the key", good.replace("\n-----END", "-----END").into_bytes()),
        ("truncated base64", pem("PRIVATE KEY", &body[..body.len() - 1]).into_bytes()),
        ("no base64", pem("PRIVATE KEY", &format!("{MARK}!{MARK}")).into_bytes()),
        ("no key in it", good.clone().into_bytes()),
        ("another kind", pem("CERTIFICATE", &body).into_bytes()),
        ("a certificate without line ends", pem("CERTIFICATE", &body).replace('\n', "").into_bytes()),
        ("encrypted", pem("ENCRYPTED PRIVATE KEY", &body).into_bytes()),
        ("no PEM", MARK.as_bytes().to_vec()),
        ("DER", [&[0x30, 0x82, 0x01, 0x00], MARK.as_bytes()].concat()),
        ("no text", [&[0xff, 0xfe, b'\n'], MARK.as_bytes()].concat()),
        ("empty", Vec::new()),
        ("large", [MARK.as_bytes(), &vec![b'A'; 9 << 20]].concat()),
    ]
}

#[tokio::test]
async fn broken_tls_files_are_reported_without_what_is_in_them() {
    let cli = CommandLine::new().await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (what, broken) in broken_pem() {
        std::fs::write(cli.directory().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(cli.directory().join("key.pem"), &broken).unwrap();
        let text = all_keep_the_secret(&cli, &tls::ENVIRONMENT);
        assert!(text.contains("tls.key key.pem cannot be used: "), "{what}: {text}");

        std::fs::write(cli.directory().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(cli.directory().join("cert.pem"), &broken).unwrap();
        let text = all_keep_the_secret(&cli, &tls::ENVIRONMENT);
        assert!(text.contains("tls.certificate cert.pem cannot be used: "), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_broken_file_of_authorities_is_reported_without_what_is_in_it() {
    let cli = CommandLine::new().await;
    for (what, broken) in broken_pem() {
        std::fs::write(cli.directory().join("ca.pem"), &broken).unwrap();
        let text = all_keep_the_secret(&cli, &[("GRANTOR_FETCH__CA_FILE", "ca.pem")]);
        assert!(text.contains("fetch.ca_file ca.pem cannot be used: "), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_broken_master_key_is_reported_without_the_key() {
    let cli = CommandLine::new().await;
    let long = MARK.repeat(5000);
    for broken in
        [MARK.as_bytes(), &MARK.as_bytes()[..23], long.as_bytes(), &[MARK.as_bytes(), b"\xff"].concat(), b""]
    {
        std::fs::write(cli.directory().join("its.key"), broken).unwrap();
        let text = all_keep_the_secret(&cli, &[("GRANTOR_KEYS__MASTER_KEY_FILE", "its.key")]);
        assert!(text.contains("its.key"), "{text}");
        if let Ok(broken) = std::str::from_utf8(broken)
            && (1..10_000).contains(&broken.len())
        {
            let text = all_keep_the_secret(&cli, &[("GRANTOR_KEYS__MASTER_KEY", broken)]);
            assert!(text.contains("keys.master_key is not 32 bytes in base64url"), "{text}");
        }
    }
}

/// A server that says yes to TLS and then says nothing. Returns its port.
fn server_that_offers_tls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // An SSLRequest has 8 bytes (PostgreSQL's protocol, §54.2.11).
            let _ = stream.read_exact(&mut [0; 8]).and_then(|()| stream.write_all(b"S"));
        }
    });
    port
}

#[tokio::test]
async fn broken_keys_for_the_database_are_reported_without_what_is_in_them() {
    let cli = CommandLine::new().await;
    let port = server_that_offers_tls();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let path = |name: &str| cli.directory().join(name).display().to_string();
    let (good_cert, good_key) = (path("good.pem"), path("good.key"));
    std::fs::write(&good_cert, made.cert.pem()).unwrap();
    std::fs::write(&good_key, made.signing_key.serialize_pem()).unwrap();
    let broken_file = path("broken.pem");
    for (what, broken) in broken_pem() {
        std::fs::write(&broken_file, &broken).unwrap();
        for files in [
            format!("sslcert={good_cert}&sslkey={broken_file}"),
            format!("sslcert={broken_file}&sslkey={good_key}"),
            format!("sslmode=verify-full&sslrootcert={broken_file}"),
        ] {
            let url = format!("postgres://u@127.0.0.1:{port}/d?sslmode=require&{files}");
            let url = url.replace("sslmode=require&sslmode=verify-full", "sslmode=verify-full");
            for arguments in [&["client", "list"][..], &["serve"], &["config", "check"]] {
                let text = keeps_the_secret(&cli, arguments, &[("GRANTOR_DATABASE__URL", &url)], b"");
                // Whether what is in PEM is a key is only found out when the key is used.
                assert!(arguments[0] == "config" || text.contains("grantor: "), "{what}: {text}");
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_broken_password_file_is_not_logged() {
    use std::os::unix::fs::PermissionsExt as _;

    let cli = CommandLine::new().await;
    let file = cli.directory().join("pgpass");
    let url = "postgres://u@127.0.0.1:1/d";
    for line in ["127.0.0.1:1:MARK", "MARK", "127.0.0.1:1:d:u\\:MARK", "127.0.0.1:1:d:u:MARK\\"] {
        std::fs::write(&file, format!("{}\n", line.replace("MARK", MARK))).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let environment = [("GRANTOR_DATABASE__URL", url), ("PGPASSFILE", file.to_str().unwrap())];
        for filter in ["trace", "warn", "sqlx_postgres::options::pgpass=trace"] {
            let environment = [&environment[..], &[("GRANTOR_LOG__FILTER", filter)]].concat();
            keeps_the_secret(&cli, &["client", "list"], &environment, b"");
        }
    }
}

#[tokio::test]
async fn a_broken_jwk_set_is_reported_without_what_is_in_it() {
    let cli = CommandLine::new().await;
    cli.client_done("known", "service", &["--scope", "openid"]);
    let file = cli.directory().join("keys.json").display().to_string();
    let sets = [
        "{\"keys\":\"MARK\"}",
        "{\"keys\":[\"MARK\"]}",
        "\"MARK\"",
        "MARK",
        "{\"keys\":[{\"kty\":\"RSA\",\"d\":\"MARK\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"MARK\"}]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":{\"MARK\":\"MARK\"}}]}",
        "{\"keys\":[{\"kty\":[\"MARK\"]}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"MARK\",\"x\":\"MARK\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"d\":\"MARK",
        "{\"keys\":[{\"kty\":\"EC\",\"d\":MARK}]}",
        "{\"keys\":{\"d\":\"MARK\"}}",
        "{\"d\":\"MARK\"}",
        "-----BEGIN PRIVATE KEY-----MARKMARK-----END PRIVATE KEY-----",
    ];
    let mut contents: Vec<Vec<u8>> = sets.iter().map(|set| set.replace("MARK", MARK).into_bytes()).collect();
    contents.push([MARK.as_bytes(), b"\xff"].concat());
    contents.push(MARK.repeat(5000).into_bytes());
    let create = [
        "client",
        "create",
        "--id",
        "new",
        "--name",
        "N",
        "--kind",
        "service",
        "--auth-method",
        "private_key_jwt",
    ];
    for content in contents {
        std::fs::write(&file, content).unwrap();
        let jwks = ["--jwks", file.as_str()];
        for arguments in [
            &[&create[..], &jwks].concat()[..],
            &[&["client", "update", "known"][..], &jwks].concat(),
            &[&["issuer", "create", "https://idp.example.com"][..], &jwks].concat(),
        ] {
            keeps_the_secret(&cli, arguments, &[], b"");
        }
        cli.run(&["client", "delete", "new", "--yes"]);
        cli.run(&["issuer", "delete", "https://idp.example.com", "--yes"]);
    }
}

#[tokio::test]
async fn a_file_that_is_no_logo_is_reported_without_what_is_in_it() {
    let cli = CommandLine::new().await;
    let file = cli.directory().join("logo").display().to_string();
    for content in [
        MARK.as_bytes().to_vec(),
        [b"\x89PNG\r\n\x1a\n", MARK.as_bytes()].concat(),
        format!("<svg>{MARK}</svg>").into_bytes(),
        MARK.repeat(10_000).into_bytes(),
    ] {
        std::fs::write(&file, content).unwrap();
        let create = ["client", "create", "--id", "new", "--name", "N", "--kind", "service", "--logo", &file];
        keeps_the_secret(&cli, &create, &[], b"");
        cli.run(&["client", "delete", "new", "--yes"]);
    }
}
