//! Running the server: mistakes of the operator, its layers of configuration, its end, and its log.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::operator::sentence;
use crate::support::process::{ends, free_port, grantor};
use crate::support::relying_party::{REDIRECT_URI, basic};
use crate::support::{Application, Browser, Desk, VERIFIER};

const SECRET: &str = "canary-of-the-client-secret-0123456789";
const PASSWORD: &str = crate::support::server::PASSWORD;

/// A scope, a web client with a chosen secret, a service, and the user `alice`.
fn furnish(desk: &Desk) {
    desk.done(&["scope", "create", "read", "--description", "Read your things"]);
    let web = ["--secret", SECRET, "--redirect-uri", REDIRECT_URI, "--scope", "openid read"];
    desk.client_done("web", "web", &web);
    desk.client_done("service", "service", &["--secret", SECRET, "--scope", "read"]);
    let alice = desk.user(&["--username", "alice"], PASSWORD);
    assert!(alice.status.success(), "{alice:?}");
}

/// What a start that must fail says: one line, and exit code 1.
#[track_caller]
fn refusal(desk: &Desk, environment: &[(&str, &str)]) -> String {
    let mut command = desk.command(&["serve"]);
    command.env("GRANTOR_LISTEN", "127.0.0.1:0").envs(environment.iter().copied());
    let (code, text) = ends(command);
    assert_eq!(code, Some(1), "{text}");
    sentence(&text)
}

#[tokio::test]
async fn an_unknown_option_is_named_with_its_place() {
    let desk = Desk::new().await;
    let in_environment = refusal(&desk, &[("GRANTOR_TOKENS__CODE_LIFE", "5s")]);
    assert!(
        in_environment.starts_with("unknown option tokens.code_life in the environment"),
        "{in_environment}"
    );
    let close = refusal(&desk, &[("GRANTOR_PUBLIK_URL", "https://x")]);
    assert_eq!(close, "unknown option publik_url in the environment; did you mean public_url?");
    for (text, key) in [
        ("publik_url = \"x\"", "publik_url"),
        ("[tokens]\nlifetime = \"5m\"", "tokens.lifetime"),
        ("[x]\ny = 1", "x.y"),
    ] {
        desk.configure(text);
        let in_file = refusal(&desk, &[]);
        assert!(
            in_file.starts_with(&format!("unknown option {key} in {}", desk.config.display())),
            "{in_file}"
        );
    }
}

#[tokio::test]
async fn an_address_that_nobody_could_trust_is_refused() {
    let desk = Desk::new().await;
    for (environment, parts) in [
        (("GRANTOR_PUBLIC_URL", "http://id.example.com"), ["public_url", "must be https"]),
        (("GRANTOR_PUBLIC_URL", "https://u:p@id.example.com"), ["public_url", "user name"]),
        (("GRANTOR_PUBLIC_URL", "id.example.com"), ["public_url", "is not a URL"]),
        (("GRANTOR_LISTEN", "0.0.0.0:0"), ["public_url must be set", "0.0.0.0:0"]),
        (("GRANTOR_LISTEN", "[::]:0"), ["public_url must be set", "[::]:0"]),
        (("GRANTOR_LISTEN", "nowhere"), ["listen", "socket address"]),
    ] {
        let text = refusal(&desk, &[environment]);
        assert!(parts.iter().all(|part| text.contains(part)), "{environment:?}: {text}");
    }
}

#[tokio::test]
async fn values_that_cannot_be_are_refused_with_their_key() {
    let desk = Desk::new().await;
    for (environment, key) in [
        (("GRANTOR_DATABASE__CONNECTIONS", "many"), "database.connections"),
        (("GRANTOR_TOKENS__CODE_LIFETIME", "10m"), "tokens.code_lifetime"),
        (("GRANTOR_TOKENS__ACCESS_TOKEN_LIFETIME", "0s"), "tokens.access_token_lifetime"),
        (("GRANTOR_HTTP__DEADLINE", "soon"), "http.deadline"),
        (("GRANTOR_METRICS__LISTEN", "9464"), "metrics.listen"),
        (("GRANTOR_LOG__FILTER", "==="), "log.filter"),
        (("GRANTOR_LOG__FORMAT", "xml"), "log.format"),
        (("GRANTOR_OAUTH__REQUIRE_PKCE", "never"), "oauth.require_pkce"),
        (("GRANTOR_PASSWORDS__MEMORY_KIB", "1"), "passwords"),
        (("GRANTOR_DATABASE__URL", "mysql://root:hunter2@x/y"), "database.url"),
        (("GRANTOR_KEYS__MASTER_KEY", "hunter2"), "keys.master_key"),
    ] {
        let text = refusal(&desk, &[environment]);
        assert!(text.contains(key), "{environment:?}: {text}");
        assert!(!text.contains("hunter2"), "a secret does not belong on a screen: {text}");
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named() {
    let desk = Desk::new().await;
    let directory = desk.directory().display().to_string();
    // No one can write in /proc, not even the superuser, as whom tests may run.
    for place in
        ["/proc/grantor.db", "/proc/none/grantor.db", &directory, &format!("{directory}/none/grantor.db")]
    {
        let url = format!("sqlite:{place}");
        let text = refusal(&desk, &[("GRANTOR_DATABASE__URL", &url)]);
        assert!(text.starts_with(&format!("cannot open the database {place}: ")), "{text}");
        assert_eq!(text.matches("unable to open database file").count(), 1, "{text}");
    }
    let nobody = format!("postgres://u:hunter2@127.0.0.1:{}/d", free_port());
    let text = refusal(&desk, &[("GRANTOR_DATABASE__URL", &nobody)]);
    assert!(text.starts_with("cannot open the database d at 127.0.0.1:"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let desk = Desk::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (option, what) in [("GRANTOR_LISTEN", ""), ("GRANTOR_METRICS__LISTEN", " for metrics")] {
        let text = refusal(&desk, &[(option, &address)]);
        let begin = format!("cannot listen on {address}{what}: ");
        assert!(text.starts_with(&begin) && text.contains("in use"), "{text}");
    }
}

#[tokio::test]
async fn a_configuration_file_that_cannot_be_read_is_named() {
    let desk = Desk::new().await;
    let directory = desk.directory();
    let bad = [
        ("none.toml", None),
        ("bad.toml", Some("listen = ".as_bytes())),
        ("types.toml", Some(b"listen = [1, 2]")),
        ("twice.toml", Some(b"listen = \"127.0.0.1:0\"\nlisten = \"127.0.0.1:1\"")),
        ("bytes.toml", Some(b"\xff\xfe")),
        ("", None),
    ];
    for (name, content) in bad {
        if let Some(content) = content {
            std::fs::write(directory.join(name), content).unwrap();
        }
        let path = directory.join(name).display().to_string();
        let (code, text) = ends(grantor(&directory, &["serve", "--config", &path]));
        assert_eq!(code, Some(1), "{name}: {text}");
        // Where the text itself is wrong, the lines after the first show the place.
        let place = if name.is_empty() { &path } else { name };
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("grantor: ") && text.contains(place), "{name}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[tokio::test]
async fn only_the_master_key_that_a_database_was_made_with_opens_it() {
    let desk = Desk::new().await;
    let key_file = desk.directory().join("grantor.key");
    assert!(desk.serve(&[]).stop().0, "the first start makes a key");
    let right = std::fs::read_to_string(&key_file).unwrap();
    assert_eq!(right.trim().len(), 43);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    std::fs::write(&key_file, "A".repeat(43)).unwrap();
    assert!(refusal(&desk, &[]).contains("master key is not the one that this database was made with"));
    assert!(refusal(&desk, &[("GRANTOR_KEYS__MASTER_KEY", &("B".repeat(42) + "E"))]).contains("not the one"));
    std::fs::write(&key_file, "no key").unwrap();
    let text = refusal(&desk, &[]);
    assert!(text.contains("grantor.key is not 32 bytes in base64url"), "{text}");

    std::fs::remove_file(&key_file).unwrap();
    let text = refusal(&desk, &[]);
    assert!(text.contains("grantor.key is missing"), "{text}");
    assert!(!key_file.exists(), "a wrong key must not lie where the right one belongs");

    assert!(desk.serve(&[("GRANTOR_KEYS__MASTER_KEY", right.trim())]).stop().0);
    std::fs::write(&key_file, right).unwrap();
    assert!(desk.serve(&[]).stop().0);
}

#[tokio::test]
async fn a_server_that_runs_says_so() {
    let desk = Desk::new().await;
    let serving = desk.serve(&[]);
    let answer = Browser::new(&serving.url).get("/healthz").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, serde_json::json!({"status": "ok"})));
    assert_eq!(answer.header("cache-control"), "no-store");
    let (ended_well, log) = serving.stop();
    assert!(ended_well);
    assert!(log.contains("stopping; requests in flight may finish") && log.contains("\"stopped\""), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn the_environment_goes_over_the_file_and_the_file_over_the_default() {
    let desk = Desk::new().await;
    furnish(&desk);
    let lifetime = async |environment: &[(&str, &str)]| {
        let serving = desk.serve(environment);
        let service = Application::registered_at(&serving.url, "service", Some(SECRET), "");
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        answer.json()["expires_in"].as_i64().unwrap()
    };
    assert_eq!(lifetime(&[]).await, 600);
    desk.configure("[tokens]\naccess_token_lifetime = \"5m\"");
    assert_eq!(lifetime(&[]).await, 300);
    assert_eq!(lifetime(&[("GRANTOR_TOKENS__ACCESS_TOKEN_LIFETIME", "2m")]).await, 120);
    desk.configure("");
    assert_eq!(lifetime(&[("GRANTOR_TOKENS__ACCESS_TOKEN_LIFETIME", "2m")]).await, 120);
}

#[tokio::test]
async fn a_request_in_flight_is_finished_when_the_server_is_told_to_stop() {
    let desk = Desk::new().await;
    furnish(&desk);
    let serving = desk.serve(&[("GRANTOR_HTTP__WORKERS", "1")]);
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
    // The one worker has taken the first request when it answers the next one.
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
    let desk = Desk::new().await;
    let serving = desk.serve(&[("GRANTOR_HTTP__WORKERS", "1"), ("GRANTOR_HTTP__SHUTDOWN", "1s")]);
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
    let desk = Desk::new().await;
    furnish(&desk);
    let first = desk.serve(&[]);
    let mut browser = Browser::new(&first.url);
    let web = Application::registered_at(&first.url, "web", Some(SECRET), REDIRECT_URI);
    let page = browser.open(&web.url_with(&[])).await;
    assert!(page.is_sign_in());
    let code = web.code(&mut browser).await;
    let tokens = web.redeem_by_hand(&code).await;
    let unredeemed = web.code(&mut browser).await;
    let cookies = browser.cookies.clone();
    assert!(first.stop().0);

    let second = desk.serve(&[]);
    let web = Application::registered_at(&second.url, "web", Some(SECRET), REDIRECT_URI);
    let refreshed = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    assert_eq!(web.redeem_by_hand(&unredeemed).await.status, 200);
    let mut browser = Browser::new(&second.url);
    browser.cookies = cookies;
    assert_ne!(browser.get(&web.url_with(&[])).await.get("code"), "", "the session is still there");
    // What was replayed before the restart is still a replay.
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
}

#[tokio::test]
async fn the_log_says_why_an_application_got_no_refresh_token() {
    let desk = Desk::new().await;
    furnish(&desk);
    desk.done(&["client", "update", "web", "--grant", "authorization_code"]);
    let serving = desk.serve(&[]);
    let web = Application::registered_at(&serving.url, "web", Some(SECRET), REDIRECT_URI);
    let back = Browser::new(&serving.url).authorize(&web.url_with(&[("scope", "read")])).await;
    let answer = web.redeem_by_hand(&back.get("code")).await;
    assert_eq!((answer.status.as_u16(), answer.get("refresh_token")), (200, String::new()));
    let (_, log) = serving.stop();
    let line = log.lines().find(|line| line.contains("no_refresh_token")).expect("a line");
    assert!(line.contains("the client is not registered for the grant refresh_token"), "{line}");
    assert!(line.contains("\"client\":\"web\"") && line.contains(answer.header("x-request-id")), "{line}");
}

/// Everything that a log must not hold, with what it is.
type Secrets = Vec<(&'static str, String)>;

#[tokio::test]
async fn no_secret_reaches_the_log_however_much_is_logged() {
    let desk = Desk::new().await;
    furnish(&desk);
    let serving = desk.serve(&[("GRANTOR_LOG__FILTER", "trace")]);
    let web = Application::registered_at(&serving.url, "web", Some(SECRET), REDIRECT_URI);
    let mut secrets = good_flow(&web, &serving.url).await;
    secrets.extend(bad_flow(&web, &serving.url).await);
    let key = std::fs::read_to_string(desk.directory().join("grantor.key")).unwrap();
    secrets.push(("the master key", key.trim().to_owned()));
    secrets.push(("the password in a URL", PASSWORD.replace(' ', "+")));
    secrets.push(("the password in a URL", PASSWORD.replace(' ', "%20")));
    let (ended_well, log) = serving.stop();
    assert!(ended_well);
    assert!(
        log.contains("TRACE") && log.contains("code.unknown") && log.contains("sign_in.failed"),
        "it did log"
    );
    for (what, secret) in secrets {
        assert!(secret.len() > 8, "{what} is {secret:?}");
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{what} is in the log");
    }
}

async fn good_flow(web: &Application, url: &str) -> Secrets {
    let mut browser = Browser::new(url);
    let url = web.url_with(&[("scope", "openid read"), ("nonce", "canary-of-the-nonce")]);
    let page = browser.open(&url).await;
    let (flow_cookies, form_token) = (browser.cookies.clone(), page.form_token());
    let back = browser.authorize(&url).await;
    let tokens = web.redeem_by_hand(&back.get("code")).await;
    let refreshed = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    let post = [("grant_type", "refresh_token"), ("client_id", "web"), ("client_secret", SECRET)];
    let again = browser
        .post("/token", &[&post[..], &[("refresh_token", &refreshed.get("refresh_token"))]].concat())
        .await;
    let bearer = format!("Bearer {}", refreshed.get("access_token"));
    let told = browser.request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await;
    assert_eq!(told.status, 200, "{told:?}");
    let silent = [("prompt", "none"), ("id_token_hint", &tokens.get("id_token"))];
    assert_ne!(browser.get(&web.url_with(&silent)).await.get("code"), "");
    let mut secrets = vec![
        ("the password", PASSWORD.to_owned()),
        ("the client secret", SECRET.to_owned()),
        ("the Basic credentials", basic("web", SECRET).trim_start_matches("Basic ").to_owned()),
        ("the verifier", VERIFIER.to_owned()),
        ("the code", back.get("code")),
        ("a form token", form_token),
    ];
    for answer in [tokens, refreshed, again] {
        assert_eq!(answer.status, 200, "{answer:?}");
        secrets.push(("an access token", answer.get("access_token")));
        secrets.push(("an ID Token", answer.get("id_token")));
        secrets.push(("a refresh token", answer.get("refresh_token")));
    }
    let cookies = flow_cookies.into_iter().chain(browser.cookies);
    secrets.extend(
        cookies.map(|(_, value)| ("a cookie", value.rsplit('.').next().unwrap_or_default().to_owned())),
    );
    secrets
}

/// Requests that are refused, with the secrets also where they do not belong.
async fn bad_flow(web: &Application, url: &str) -> Secrets {
    let mut browser = Browser::new(url);
    let page = browser.open(&web.url_with(&[])).await;
    browser.submit_only(&page, &[("username", "alice"), ("password", "canary-wrong-password")]).await;
    browser.submit_only(&page, &[("username", "alice"), ("Password", "canary-case-password")]).await;
    browser.submit_only(&page, &[("username", "canary-typed-into-username"), ("password", "x")]).await;
    web.redeem_with("gac_canary-unknown-code", &[("code_verifier", &"canary-verifier".repeat(4))]).await;
    web.refresh_by_hand("grt_canary-unknown-refresh").await;
    for form in [
        [
            ("client_id", "web"),
            ("client_secret", "canary-wrong-secret"),
            ("grant_type", "client_credentials"),
        ],
        [("client_id", "web"), ("Client_Secret", "canary-case-secret"), ("grant_type", "refresh_token")],
        [
            ("client_id", "canary-not-known"),
            ("client_secret", "canary-other-secret"),
            ("grant_type", "refresh_token"),
        ],
    ] {
        browser.post("/token", &form).await;
    }
    browser
        .post("/token?client_secret=canary-query-secret&code=canary-query-code", &[("grant_type", "x")])
        .await;
    browser.get("/authorize?client_id=web&password=canary-query-password&code_challenge=x").await;
    let (method, cookie) = (
        Method::GET,
        [("cookie", "grantor-session=canary-cookie"), ("authorization", "Bearer canary-bearer")],
    );
    browser.request(method, &web.url_with(&[]), &cookie, "").await;
    browser
        .request(
            Method::POST,
            "/token",
            &[("content-type", "application/json")],
            "{\"client_secret\":\"canary-json\"}",
        )
        .await;
    let canaries = [
        "canary-wrong-password",
        "canary-case-password",
        "canary-typed-into-username",
        "canary-unknown-code",
        "canary-verifier",
        "canary-unknown-refresh",
        "canary-wrong-secret",
        "canary-case-secret",
        "canary-other-secret",
        "canary-query-secret",
        "canary-query-code",
        "canary-query-password",
        "canary-cookie",
        "canary-bearer",
        "canary-json",
    ];
    canaries.iter().map(|canary| ("a refused secret", (*canary).to_owned())).collect()
}
