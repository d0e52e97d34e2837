//! What the log says about limits, about repeated refusals, and about a proxy that is not configured.

use reqwest::Method;

use super::FORM;
use crate::support::{Browser, CommandLine};

fn lines<'l>(log: &'l str, part: &str) -> Vec<&'l str> {
    log.lines().filter(|line| line.contains(part)).collect()
}

#[tokio::test]
async fn each_start_warns_when_limits_are_off() {
    let cli = CommandLine::new().await;
    let (_, log) = cli.serve(&[]).stop();
    assert!(lines(&log, "limits.enabled").is_empty(), "{log}");
    for _ in 0..2 {
        let (_, log) = cli.serve(&[("GRANTOR_LIMITS__ENABLED", "false")]).stop();
        let [line] = lines(&log, "limits.enabled is false")[..] else { panic!("one line: {log}") };
        assert!(line.contains("\"level\":\"WARN\""), "{line}");
    }
}

#[tokio::test]
async fn repeated_refusals_of_a_network_are_summed_up() {
    let cli = CommandLine::new().await;
    let serving = cli.serve(&[("GRANTOR_HTTP__TRUSTED_PROXIES", "127.0.0.1")]);
    let mut browser = Browser::new(&serving.url);
    let mut post = async |from: &str, body: &str| {
        let answer = browser.request(Method::POST, "/token", &[FORM, ("x-forwarded-for", from)], body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    };
    for _ in 0..40 {
        post("203.0.113.1", "client_id=a&client_id=b").await;
    }
    for _ in 0..3 {
        post("203.0.113.1", "client_id=a").await;
    }
    post("203.0.113.2", "client_id=a&client_id=b").await;
    let (_, log) = serving.stop();
    let own = lines(&log, "\"address\":\"203.0.113.1\"");
    let all = lines(&log, "refused more requests of this network");
    // A minute may have ended in between on a slow machine; then there are more lines and sums.
    assert!(own.len() >= 30 && own.len() < 43, "{log}");
    assert!(all.iter().all(|line| line.contains("\"network\":\"203.0.113.1\"")), "{all:?}");
    let sum: u64 = all.iter().map(|line| refused(line)).sum();
    assert_eq!(own.len() as u64 + sum, 43, "{log}");
    assert!(all.last().unwrap().contains("grant_type.missing 3"), "{all:?}");
    assert_eq!(lines(&log, "\"address\":\"203.0.113.2\"").len(), 1, "{log}");
}

fn refused(line: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(line).unwrap()["refused"].as_u64().unwrap()
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_named_once_with_the_option() {
    let cli = CommandLine::new().await;
    for (trusted, times) in [("", 1), ("127.0.0.1", 0)] {
        let serving = cli.serve(&[("GRANTOR_HTTP__TRUSTED_PROXIES", trusted)]);
        let mut browser = Browser::new(&serving.url);
        for number in 0..5 {
            let from = format!("203.0.113.{number}");
            browser.request(Method::GET, "/healthz", &[("x-forwarded-for", &from)], "").await;
        }
        let (_, log) = serving.stop();
        let named = lines(&log, "sends X-Forwarded-For");
        assert_eq!(named.len(), times, "{log}");
        for line in named {
            assert!(line.contains("add 127.0.0.1 to http.trusted_proxies"), "{line}");
            assert!(line.contains("\"peer\":\"127.0.0.1\""), "{line}");
        }
    }
}

#[test]
fn the_examples_of_configurations_trust_their_proxies() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for (file, proxies) in
        [("grantor.toml", vec!["127.0.0.1", "::1"]), ("cluster/grantor.toml", vec!["10.0.0.21", "10.0.0.22"])]
    {
        let config = grantor::config::Config::load(Some(&root.join(file))).unwrap();
        for proxy in proxies {
            assert!(config.http.trusted_proxies.have(proxy.parse().unwrap()), "{file}: {proxy}");
        }
    }
    // Docker's gateway, through which a proxy on the same machine reaches the published port.
    let compose = std::fs::read_to_string(root.join("compose.yaml")).unwrap();
    let value = |key: &str| compose.split(key).nth(1).and_then(|rest| rest.split_whitespace().next());
    assert_eq!(value("GRANTOR_HTTP__TRUSTED_PROXIES:"), value("gateway:"));
}
