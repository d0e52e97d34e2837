//! A server from its start to its end, and after it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use grantor::store::db::Engine;

use super::{SECRET, furnish};
use crate::support::database::engine;
use crate::support::relying_party::{REDIRECT_URI, basic};
use crate::support::{Application, Browser, CommandLine};

#[tokio::test]
async fn a_running_server_says_so() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[]);
    let answer = Browser::new(&serving.url).get("/healthz").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, serde_json::json!({"status": "ok"})));
    assert_eq!(answer.header("cache-control"), "no-store");
    let (ended_well, log) = serving.stop();
    assert!(ended_well);
    assert!(log.contains("stopping; requests in flight may finish") && log.contains("\"stopped\""), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn the_environment_overrides_the_file_and_the_file_the_default() {
    let cli = CommandLine::new().await;
    furnish(&cli);
    let lifetime = async |environment: &[(&str, &str)]| {
        let serving = cli.serve(environment);
        let service = Application::registered_at(&serving.url, "service", Some(SECRET), "");
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        answer.json()["expires_in"].as_i64().unwrap()
    };
    assert_eq!(lifetime(&[]).await, 600);
    cli.configure("[tokens]\naccess_token_lifetime = \"5m\"");
    assert_eq!(lifetime(&[]).await, 300);
    assert_eq!(lifetime(&[("GRANTOR_TOKENS__ACCESS_TOKEN_LIFETIME", "2m")]).await, 120);
    cli.configure("");
    assert_eq!(lifetime(&[("GRANTOR_TOKENS__ACCESS_TOKEN_LIFETIME", "2m")]).await, 120);
}

#[tokio::test]
async fn a_request_in_flight_is_finished_when_the_server_is_told_to_stop() {
    let cli = CommandLine::new().await;
    furnish(&cli);
    let serving = cli.serve(&[("GRANTOR_HTTP__WORKERS", "1")]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    let body = "grant_type=client_credentials&scope=read";
    let (first, second) = body.split_at(20);
    let mut link = TcpStream::connect(&address).unwrap();
    link.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        basic("service", SECRET)
    );
    link.write_all(format!("{head}Content-Length: {}\r\n\r\n{first}", body.len()).as_bytes()).unwrap();
    // The only worker reads connections in order, so it has taken the first request when it answers this one.
    assert_eq!(Browser::new(&serving.url).get("/healthz").await.status, 200);

    serving.terminate();
    let began = Instant::now();
    while TcpStream::connect(&address).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "a stopping server takes no new connections");
        tokio::task::yield_now().await;
    }
    link.write_all(second.as_bytes()).unwrap();
    let mut answer = String::new();
    link.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"access_token\":\"gat_"), "{answer}");
    let (ended_well, log) = serving.finish();
    assert!(ended_well, "{log}");
    assert!(log.contains("\"stopped\""), "{log}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_waits_no_longer_than_configured() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[("GRANTOR_HTTP__WORKERS", "1"), ("GRANTOR_HTTP__SHUTDOWN", "1s")]);
    let mut link = TcpStream::connect(serving.url.trim_start_matches("http://")).unwrap();
    link.write_all(b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n")
        .unwrap();
    link.write_all(b"Content-Length: 100\r\n\r\ngrant").unwrap();
    assert_eq!(Browser::new(&serving.url).get("/healthz").await.status, 200);
    let began = Instant::now();
    assert!(serving.stop().0);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn tokens_and_sessions_survive_a_restart() {
    let cli = CommandLine::new().await;
    furnish(&cli);
    let first = cli.serve(&[]);
    let mut browser = Browser::new(&first.url);
    let web = Application::registered_at(&first.url, "web", Some(SECRET), REDIRECT_URI);
    let page = browser.open(&web.url_with(&[])).await;
    assert!(page.is_sign_in());
    let code = web.code(&mut browser).await;
    let tokens = web.redeem_by_hand(&code).await;
    let unredeemed = web.code(&mut browser).await;
    let cookies = browser.cookies.clone();
    assert!(first.stop().0);

    let second = cli.serve(&[]);
    let web = Application::registered_at(&second.url, "web", Some(SECRET), REDIRECT_URI);
    let refreshed = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    assert_eq!(web.redeem_by_hand(&unredeemed).await.status, 200);
    let mut browser = Browser::new(&second.url);
    browser.cookies = cookies;
    assert_ne!(browser.get(&web.url_with(&[])).await.get("code"), "", "the session is still there");
    // A code that was replayed before the restart is still a replay.
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
}

/// A process that closes a file gives up all of its locks on it (POSIX), including SQLite's. Then the last process to
/// close the database takes the journal away from under the server.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_keeps_its_file_lock_on_its_database() {
    if engine() != Engine::Sqlite {
        return;
    }
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[]);
    let file = std::fs::metadata(cli.directory().join("grantor.db")).unwrap();
    let number = format!(":{}", std::os::unix::fs::MetadataExt::ino(&file));
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let process = serving.child.id().to_string();
    let is_its = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.contains(&process.as_str()) && fields.iter().any(|field| field.ends_with(&number))
    };
    assert_eq!(locks.lines().filter(is_its).count(), 1, "{number} {process}\n{locks}");
}
