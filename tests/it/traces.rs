//! Traces: a collector gets the spans of requests, without anything secret, and a collector that hangs slows no one.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine};
use crate::support::server::PASSWORD;
use crate::support::site::Site;
use crate::support::{Application, Browser, Cluster, TestServer};

const TIMEOUT: Duration = Duration::from_secs(60);

/// A collector that keeps what it gets.
struct Collector {
    url: String,
    got: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let collector = Self { url, got: Arc::default(), heads: Arc::default() };
        let (got, heads) = (collector.got.clone(), collector.heads.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (got, heads) = (got.clone(), heads.clone());
                std::thread::spawn(move || {
                    while let Some((head, body)) = read(&mut stream) {
                        heads.lock().unwrap().push(head);
                        got.lock().unwrap().push(ExportTraceServiceRequest::decode(&*body).unwrap());
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                    }
                });
            }
        });
        collector
    }

    fn spans(&self) -> Vec<Span> {
        let got = self.got.lock().unwrap();
        let scopes = got.iter().flat_map(|request| &request.resource_spans).flat_map(|of| &of.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// Waits until a request with this name has come. Returns its span, and the spans below it.
    async fn tree(&self, name: &str) -> (Span, Vec<Span>) {
        let come = async {
            loop {
                let spans = self.spans();
                if let Some(root) = spans.iter().find(|span| span.name == name) {
                    let below = spans.iter().filter(|span| span.parent_span_id == root.span_id);
                    return (root.clone(), below.cloned().collect());
                }
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(TIMEOUT, come).await;
        found.unwrap_or_else(|_| panic!("{name}: {:?}", self.spans()))
    }
}

/// Reads the head and the body of a request. `None` at the end of the connection.
fn read(stream: &mut std::net::TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ").map(|text| text.parse::<usize>())
            });
            let length = length.unwrap().unwrap();
            while bytes.len() < end + 4 + length {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => return None,
                    Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                }
            }
            return Some((head, bytes.split_off(end + 4)));
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn attributes(span: &Span) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value {
        Some(AnyValue::StringValue(text)) => text,
        Some(AnyValue::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let pair = |pair: &opentelemetry_proto::tonic::common::v1::KeyValue| {
        (pair.key.clone(), text(pair.value.clone().and_then(|value| value.value)))
    };
    span.attributes.iter().map(pair).collect()
}

fn names(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

/// The hexadecimal digits of an id.
fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that these spans are there.
#[track_caller]
fn assert_has(spans: &[Span], expected: &[&str]) {
    let parts = names(spans);
    for part in expected {
        assert!(parts.contains(part), "{parts:?}");
    }
}

#[tokio::test]
async fn a_collector_gets_the_spans_of_requests_and_nothing_secret_and_a_stranger_joins_no_trace() {
    let collector = Collector::start();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("http.trusted_proxies", "127.0.0.1"),
    ];
    let mut cluster = Cluster::on(TestDatabase::fresh(engine()).await, 1, &variables).await;
    let server = &cluster.server;
    let (service, web, mut alice) = (server.service().await, server.web().await, server.alice().await);
    server.resource("https://api.example.com", "read").await;
    let resource = ("resource", "https://api.example.com");
    let answer = service.token(&[("grant_type", "client_credentials"), ("scope", "read"), resource]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (root, below) = collector.tree("POST /token").await;
    let said = attributes(&root);
    assert_eq!(said["grantor.request_id"], answer.header("x-request-id"));
    let said = ["http.request.method", "http.route", "http.response.status_code"].map(|name| &said[name]);
    assert_eq!(said, ["POST", "/token", "200"]);
    assert_has(&below, &["storage read", "sign"]);
    assert!(below.iter().all(|part| part.trace_id == root.trace_id), "{below:?}");
    assert!(root.parent_span_id.is_empty());

    let page = alice.open(&web.url_with(&[("state", "canary-state")])).await;
    let signed_in = alice.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert!(signed_in.is_consent(), "{signed_in:?}");
    let (root, below) = collector.tree("POST /sign-in").await;
    assert_has(&below, &["hash", "storage read", "storage write"]);
    assert!(root.end_time_unix_nano > root.start_time_unix_nano);

    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let wrong = [("traceparent", parent.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let answer = alice.request(reqwest::Method::POST, "/revoke", &wrong, "token=canary-token").await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let (root, _) = collector.tree("POST /revoke").await;
    assert_eq!((hex(&root.trace_id), hex(&root.parent_span_id)), (trace.into(), "b7ad6b7169203331".into()));
    assert!(attributes(&root)["error.type"].starts_with("client."), "{root:?}");

    // A path that no endpoint has is no route.
    alice.request(reqwest::Method::GET, "/made/up/canary", &[], "").await;
    let (root, _) = collector.tree("GET").await;
    assert!(!attributes(&root).contains_key("http.route"), "{root:?}");

    // This node trusts no proxy.
    let other = node(server, &variables[..3]);
    let mut stranger = Browser::new(&other.url);
    stranger.request(reqwest::Method::GET, "/jwks", &[("traceparent", parent.as_str())], "").await;
    let (root, _) = collector.tree("GET /jwks").await;
    assert!(root.parent_span_id.is_empty() && hex(&root.trace_id) != trace, "{root:?}");
    other.stop();

    cluster.nodes.pop().unwrap().stop();
    let all = format!("{:?}", collector.got.lock().unwrap());
    let secret = service.secret.clone().unwrap();
    for part in ["canary", "alice", PASSWORD, &secret] {
        assert!(!all.contains(part), "{part}: {all}");
    }
    assert!(all.contains("service.name") && all.contains("grantor"), "{all}");
    let heads = collector.heads.lock().unwrap();
    assert!(heads.iter().all(|head| head.starts_with("POST /v1/traces ")), "{heads:?}");
    assert!(heads.iter().all(|head| head.to_ascii_lowercase().contains("x-key: canary")), "{heads:?}");
}

#[tokio::test]
async fn a_collector_that_hangs_slows_no_one() {
    let hung = Site::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let url = format!("http://127.0.0.1:{}", hung.port);
    let server = TestServer::start().await;
    let node = node(
        &server,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8"),
        ],
    );
    let service: Application = server.service().await.at(&node.url);
    let began = Instant::now();
    for _ in 0..100 {
        let answer = service.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "no request waits for the collector: {:?}",
        began.elapsed()
    );
    assert!(hung.called() > 0, "it was called");
    let (is_clean, log) = node.stop();
    assert!(is_clean, "{log}");
}
