//! What a Prometheus is told, and where.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::support::exposition::Exposition;
use crate::support::process::{Serving, free_port};
use crate::support::{Browser, TestServer};

const ON: (&str, &str) = ("metrics.listen", "127.0.0.1:0");

/// Asks as a Prometheus does.
async fn told(server: &TestServer) -> Exposition {
    let answer = Browser::new(server.metrics.as_deref().expect("metrics are on")).get("/metrics").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    Exposition::read(&answer.body)
}

#[tokio::test]
async fn metrics_are_told_at_an_address_of_their_own() {
    let server = TestServer::start_with(&[ON]).await;
    let version = BTreeMap::from([(env!("CARGO_PKG_VERSION").to_owned(), 1.0)]);
    assert_eq!(told(&server).await.by("version", "grantor_build_info"), version);
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, 404, "not where the whole world can ask: {answer:?}");
    assert!(TestServer::start().await.metrics.is_none(), "nor anywhere, where nobody wants it");
}

#[tokio::test]
async fn nothing_else_is_answered_where_metrics_are_told() {
    let server = TestServer::start_with(&[ON]).await;
    let mut asker = Browser::new(server.metrics.as_deref().unwrap());
    for path in [
        "/",
        "/metrics/",
        "/metrics/x",
        "/Metrics",
        "/healthz",
        "/token",
        "/.well-known/openid-configuration",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = asker.request(method.clone(), path, &[], "").await;
            assert_eq!(
                (answer.status.as_u16(), answer.get("message")),
                (404, "404 Not Found".into()),
                "{path}"
            );
        }
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let answer = asker.request(method.clone(), "/metrics", &[], "").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(
            (answer.header("allow"), answer.get("message").as_str()),
            ("GET, HEAD", "405 Method Not Allowed")
        );
    }
    let head = asker.request(Method::HEAD, "/metrics", &[], "").await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_server_says_where_it_tells_metrics() {
    let server = TestServer::start().await;
    let directory = server.database.directory.path();
    let (config, key_file) =
        (directory.join("node.toml"), directory.join("grantor.key").display().to_string());
    let address = format!("127.0.0.1:{}", free_port());
    std::fs::write(&config, format!("[metrics]\nlisten = \"{address}\"\n")).unwrap();
    let environment = [
        ("GRANTOR_DATABASE__URL", server.database.url.as_str()),
        ("GRANTOR_KEYS__MASTER_KEY_FILE", key_file.as_str()),
    ];
    let serving = Serving::start(directory, &config, &environment);
    assert_eq!(Browser::new(&format!("http://{address}")).get("/metrics").await.status, 200);
    serving.terminate();
    let (ended_well, log) = serving.finish();
    assert!(ended_well && log.contains(&format!(", metrics on {address}\"")), "{log}");
}
