//! The metrics of sign-ins, tokens and guesses, of what waits, and of the process.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use grantor::oauth::client::GrantType;
use grantor::oauth::reason::Reason;
use grantor::oauth::request::response_type::ResponseType;
use grantor::server::routes::methods;
use grantor::store::expired::ExpiringTable;
use reqwest::Method;
use tokio::net::TcpStream;

use super::{guess, guess_codes, until_it_waits};
use crate::metrics::reply;
use crate::support::relying_party::Registration;
use crate::support::{Application, TestServer};

const ON: [(&str, &str); 2] = [("metrics.listen", "127.0.0.1:0"), ("sign_up.enabled", "true")];

fn words(values: &[(&str, f64)]) -> BTreeMap<String, f64> {
    values.iter().map(|(word, value)| ((*word).to_owned(), *value)).collect()
}

#[tokio::test]
async fn sign_ins_are_counted_by_their_outcome() {
    let server = TestServer::start_with(&ON).await;
    let outcomes = async || reply(&server).await.by("outcome", "grantor_sign_ins_total");
    let none = ["succeeded", "signed_up", "wrong", "delayed", "failed"].map(|word| (word, 0.0));
    assert_eq!(outcomes().await, words(&none), "each word is there before the first sign-in");
    let (web, mut alice) = (server.web().await, server.alice().await);
    web.code(&mut alice).await;
    let mut guesser = server.browser();
    assert_eq!(until_it_waits(async || guess(&mut guesser, &web, "alice").await).await, 6);
    guess_codes(&mut server.browser()).await;
    let expected =
        [("succeeded", 1.0), ("signed_up", 1.0), ("wrong", 5.0), ("delayed", 1.0), ("failed", 0.0)];
    assert_eq!(outcomes().await, words(&expected));
}

#[tokio::test]
async fn guesses_that_wait_are_counted_by_their_kind() {
    let server = TestServer::start_with(&ON).await;
    let delayed = async || reply(&server).await.by("kind", "grantor_guesses_delayed_total");
    assert_eq!(delayed().await, words(&[("password", 0.0), ("user_code", 0.0), ("client_secret", 0.0)]));
    let (web, mut guesser) = (server.web().await, server.browser());
    server.user("alice").await;
    until_it_waits(async || guess(&mut guesser, &web, "alice").await).await;
    guess_codes(&mut server.browser()).await;
    let chosen = server.register(Registration::service("chosen").chosen_secret("chosen by a person")).await;
    let wrong = Application::registered_at(&server.url, &chosen.id, Some("wrong"), "");
    let form = [("grant_type", "client_credentials")];
    until_it_waits(async || wrong.token(&form).await.status.as_u16()).await;
    assert_eq!(delayed().await, words(&[("password", 1.0), ("user_code", 1.0), ("client_secret", 1.0)]));
}

#[tokio::test]
async fn answers_with_tokens_are_counted_by_grant_type() {
    let server = TestServer::start_with(&ON).await;
    let issued = async || reply(&server).await.by("grant_type", "grantor_tokens_issued_total");
    let mut expected: BTreeMap<String, f64> = grant_types().map(|word| (word.to_owned(), 0.0)).collect();
    assert_eq!(issued().await, expected);

    let service = server.service().await;
    for _ in 0..3 {
        service.client_credentials().await;
    }
    let mut registration = Registration::web("app").scopes("openid read");
    registration.client.response_types = ResponseType::ALL[1..].to_vec();
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    let refresh = app.redeem_by_hand(&app.code(&mut alice).await).await.get("refresh_token");
    assert_eq!(app.refresh_by_hand(&refresh).await.status, 200);
    assert_eq!(app.refresh_by_hand("grt_nonsense").await.status, 400, "not counted");
    let both = [("response_type", "code id_token token"), ("scope", "openid read"), ("nonce", "n-0S6")];
    assert_ne!(alice.authorize(&app.url_with(&both)).await.get("access_token"), "");
    for (word, count) in
        [("client_credentials", 3.0), ("authorization_code", 1.0), ("refresh_token", 1.0), ("implicit", 1.0)]
    {
        expected.insert(word.to_owned(), count);
    }
    assert_eq!(issued().await, expected);
}

/// The grant types of RFC 7591 §2 that this server has.
fn grant_types() -> impl Iterator<Item = &'static str> {
    let all = <GrantType as strum::VariantArray>::VARIANTS;
    all.iter().map(|grant| (*grant).into()).chain(["implicit"])
}

#[tokio::test]
async fn open_connections_and_threads_are_metrics() {
    let server =
        TestServer::start_with(&[ON[0], ("http.connections", "100"), ("passwords.concurrency", "3")]).await;
    let address = server.url.trim_start_matches("http://").to_owned();
    let connections = async || reply(&server).await.value("grantor_http_connections").unwrap();
    let before = connections().await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(TcpStream::connect(&address).await.unwrap());
    }
    until(async || connections().await == before + 3.0).await;
    drop(open);
    until(async || connections().await <= before).await;
    let reply = reply(&server).await;
    assert_eq!(reply.value("grantor_http_connections_max"), Some(100.0));
    assert_eq!(reply.value("grantor_hashing_threads"), Some(3.0));
    assert_eq!(reply.value("grantor_hashing_threads_busy"), Some(0.0));
    assert_eq!(reply.value("grantor_clock_agrees"), Some(1.0));
    let shares = words(&[("known_people", 0.0), ("people", 0.0), ("applications", 0.0)]);
    assert_eq!(reply.by("share", "grantor_hashing_jobs_waiting"), shares);
    let pools = reply.by("pool", "grantor_database_connections");
    assert!(pools.values().sum::<f64>() >= f64::from(server.app.config.database.connections), "{pools:?}");
    for name in ["grantor_database_jobs_waiting", "grantor_database_connections_busy"] {
        assert_eq!(reply.by("pool", name).keys().collect::<Vec<_>>(), pools.keys().collect::<Vec<_>>());
    }
}

/// Waits until something is true, at most a minute.
async fn until(mut is_true: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_true().await {
        assert!(began.elapsed() < Duration::from_secs(60), "it never is");
        tokio::task::yield_now().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_and_descriptors_have_the_usual_names() {
    let server = TestServer::start_with(&ON).await;
    let reply = reply(&server).await;
    let value = |name: &str| reply.value(name).unwrap_or_else(|| panic!("{name}: {reply:?}"));
    let memory = value("process_resident_memory_bytes");
    assert!((4e6..1e11).contains(&memory), "{memory} bytes");
    let (open, most) = (value("process_open_fds"), value("process_max_fds"));
    assert!((10.0..=most).contains(&open), "{open} of {most}");
}

/// Every label with its values, by the name of the label.
fn labels(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((_, inside)) = line.split_once('{') else { continue };
        for label in inside.rsplit_once('}').expect("an end").0.split("\",") {
            let (name, value) = label.split_once("=\"").expect("a label");
            found.entry(name.to_owned()).or_default().insert(value.trim_end_matches('"').to_owned());
        }
    }
    found
}

#[tokio::test]
async fn a_stranger_can_create_no_label() {
    let server = TestServer::start_with(&ON).await;
    let web = server.web().await;
    server.user("alice").await;
    let mut stranger = server.browser();
    for made_up in ["made-up-1", "made-up-2\" x=\"", "made-up-3\\\n"] {
        let encoded = serde_urlencoded::to_string([("", made_up)]).unwrap();
        for path in ["", "errors/", "logos/", "token/", ".well-known/", "metrics/"] {
            stranger.get(&format!("/{path}{}", &encoded[1..])).await;
        }
        for name in ["client_id", "grant_type", "scope", "resource", "response_type", "prompt", "code"] {
            let mut form = vec![("client_id", "web"), ("grant_type", "authorization_code")];
            form.retain(|(other, _)| *other != name);
            form.push((name, made_up));
            for path in
                ["/token", "/introspect", "/revoke", "/device_authorization", "/bc-authorize", "/userinfo"]
            {
                stranger.post(path, &form).await;
            }
            stranger.get(&format!("/authorize?{}", serde_urlencoded::to_string(&form).unwrap())).await;
            stranger.get(&format!("/logout?{}", serde_urlencoded::to_string(&form).unwrap())).await;
        }
        let method = Method::from_bytes(format!("MADE{}", made_up.len()).as_bytes()).unwrap();
        stranger.request(method, "/token", &[("authorization", made_up.trim())], "").await;
        guess(&mut stranger, &web, made_up).await;
        let wrong = Application::registered_at(&server.url, "made-up", Some(made_up), "");
        wrong.token(&[("grant_type", "client_credentials")]).await;
    }
    let metrics = crate::support::Browser::new(server.metrics.as_deref().unwrap()).get("/metrics").await;
    let labels = labels(&metrics.body);
    let is_known = |name: &str, value: &str| match name {
        "version" => value == env!("CARGO_PKG_VERSION"),
        "endpoint" => value == "none" || methods().any(|(path, _)| path == value),
        "status" => value.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)),
        "reason" => Reason::find(value).is_some(),
        "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
        "table" => ExpiringTable::ALL.iter().any(|table| table.name() == value),
        "outcome" => {
            ["succeeded", "signed_up", "wrong", "delayed", "failed", "delivered", "retried"].contains(&value)
        }
        "grant_type" => grant_types().any(|grant| grant == value),
        "kind" => ["password", "user_code", "client_secret"].contains(&value),
        "share" => ["known_people", "people", "applications"].contains(&value),
        "pool" => ["read", "write", "read_write", "replica"].contains(&value),
        _ => false,
    };
    for (name, values) in &labels {
        for value in values {
            assert!(is_known(name, value), "{name}={value}");
        }
    }
    assert!(labels["reason"].len() > 5 && labels["endpoint"].len() > 8, "{labels:?}");
    assert!(!metrics.body.contains("made-up"));
}
