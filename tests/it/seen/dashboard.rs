//! The dashboard and the documentation name only metrics that the server has.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use super::guess;
use crate::metrics::reply;
use crate::support::TestServer;

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"(?-u:\b)(?:grantor|process)_[a-z_]*[a-z](?-u:\b)").unwrap();
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// The names that the queries of a server's metrics may contain.
async fn exported() -> BTreeSet<String> {
    let server = TestServer::start_with(&[("metrics.listen", "127.0.0.1:0"), ("purge.every", "1s")]).await;
    // Some metrics have no value before the first event.
    guess(&mut server.browser(), &server.web().await, "alice").await;
    assert_eq!(server.get("/authorize").await.status, 400);
    let began = std::time::Instant::now();
    loop {
        let reply = reply(&server).await;
        let names: BTreeSet<String> = reply.names().into_iter().map(str::to_owned).collect();
        if names.contains("grantor_purge_last_success_timestamp_seconds") {
            let parts = ["_bucket", "_sum", "_count"];
            let histogram = "grantor_http_request_duration_seconds";
            return names.into_iter().chain(parts.map(|part| format!("{histogram}{part}"))).collect();
        }
        assert!(began.elapsed().as_secs() < 60, "it does not purge: {names:?}");
        tokio::task::yield_now().await;
    }
}

/// Every query of a panel, and of the panels in it.
fn queries(panel: &Value, found: &mut Vec<String>) {
    let targets = panel["targets"].as_array().into_iter().flatten();
    found.extend(targets.map(|target| target["expr"].as_str().expect("a query").to_owned()));
    panel["panels"].as_array().into_iter().flatten().for_each(|inner| queries(inner, found));
}

#[tokio::test]
async fn each_metric_of_the_dashboard_is_one_that_the_server_has() {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana-dashboard.json")).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    let (named, exported) = (named(&found.join("\n")), exported().await);
    let missing: Vec<_> = named.difference(&exported).collect();
    assert!(missing.is_empty(), "the server has no {missing:?}: {exported:?}");
    for part in [
        "http_responses",
        "http_request_duration",
        "http_refusals",
        "sign_ins",
        "guesses_delayed",
        "tokens_issued",
        "hashing_jobs_waiting",
        "database_jobs_waiting",
        "hashing_threads",
        "database_connections",
        "http_connections",
        "resident_memory",
        "open_fds",
        "database_up",
        "clock_agrees",
    ] {
        assert!(named.iter().any(|name| name.contains(part)), "no panel shows {part}");
    }
    let is_of_instance = |query: &String| query.contains("job=~\"$job\"");
    assert!(found.iter().all(is_of_instance), "{found:?}");
}

#[tokio::test]
async fn each_metric_of_the_documentation_is_one_that_the_server_has_and_the_other_way_round() {
    let documented = named(&file("docs/operating.md"));
    let exported = exported().await;
    let missing: Vec<_> = documented.difference(&exported).collect();
    assert!(missing.is_empty(), "the server has no {missing:?}");
    let parts = ["_bucket", "_sum", "_count"];
    let is_part = |name: &&String| parts.iter().any(|part| name.ends_with(part));
    let unmentioned: Vec<_> = exported.difference(&documented).filter(|name| !is_part(name)).collect();
    assert!(unmentioned.is_empty(), "docs/operating.md does not mention {unmentioned:?}");
}
