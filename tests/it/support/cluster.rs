//! Several nodes on one database, each in its own process, and a balancer that gives every request to the next node.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::database::{TestDatabase, engine};
use super::process::ServerProcess;
use super::{Browser, TestServer};

pub(crate) struct Cluster {
    /// Registers applications and people, and reads the database. It serves no requests itself: its URL is the
    /// balancer's, so that browsers and applications made from it reach all nodes.
    pub(crate) server: TestServer,
    pub(crate) nodes: Vec<ServerProcess>,
    balancer: Balancer,
}

impl Cluster {
    pub(crate) async fn of(count: usize) -> Self {
        Self::on(TestDatabase::fresh(engine()).await, count, &[]).await
    }

    /// Starts the nodes with options over the defaults.
    pub(crate) async fn on(database: TestDatabase, count: usize, options: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut server = TestServer::start_on(database, &[options, &[("public_url", &url)]].concat()).await;
        server.url.clone_from(&url);
        let nodes: Vec<ServerProcess> = (0..count).map(|_| node(&server, options)).collect();
        let balancer = Balancer::start(listener, nodes.iter().map(|node| node.url.clone()).collect()).await;
        Self { server, nodes, balancer }
    }

    /// A browser for each node, which talks to that node only.
    pub(crate) fn windows(&self) -> Vec<Browser> {
        self.nodes.iter().map(|node| Browser::new(&node.url)).collect()
    }

    /// How many requests each node got.
    pub(crate) fn shares(&self) -> Vec<usize> {
        let sent = self.balancer.nodes.sent.load(Ordering::SeqCst);
        let count = self.nodes.len();
        (0..count).map(|index| (sent + count - 1 - index) / count).collect()
    }
}

/// Starts one more node with the settings of `server`.
pub(crate) fn node(server: &TestServer, options: &[(&str, &str)]) -> ServerProcess {
    node_by(server, options, ServerProcess::start)
}

/// Starts one more node in the given way.
pub(crate) fn node_by(
    server: &TestServer,
    options: &[(&str, &str)],
    start: fn(&Path, &Path, &[(&str, &str)]) -> ServerProcess,
) -> ServerProcess {
    let directory = server.database.directory.path();
    let config = directory.join("node.toml");
    std::fs::write(&config, "[database]\nconnections = 4\n[http]\nworkers = 1\n").expect("a file");
    let key_file = super::server::master_key(directory);
    let mut all = vec![
        ("database.url", server.database.url.as_str()),
        ("keys.master_key_file", key_file.as_str()),
        ("public_url", server.url.as_str()),
    ];
    all.extend_from_slice(options);
    let all: Vec<_> = all.into_iter().map(|(key, value)| (variable(key), value)).collect();
    let all: Vec<_> = all.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    start(directory, &config, &all)
}

/// The environment variable of an option, or a variable of OpenTelemetry as it is.
fn variable(key: &str) -> String {
    if key.starts_with("OTEL_") {
        return key.to_owned();
    }
    format!("GRANTOR_{}", key.replace('.', "__").to_uppercase())
}

struct Nodes {
    http: reqwest::Client,
    urls: Vec<String>,
    sent: AtomicUsize,
}

struct Balancer {
    nodes: Arc<Nodes>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Balancer {
    async fn start(listener: TcpListener, urls: Vec<String>) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("an HTTP client");
        let nodes = Arc::new(Nodes { http, urls, sent: AtomicUsize::new(0) });
        let shared = web::Data::from(nodes.clone());
        let (ready, started) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let factory = move || App::new().app_data(shared.clone()).default_service(web::to(forward));
                let server = HttpServer::new(factory).workers(1).disable_signals().shutdown_timeout(1);
                let server = server.listen(listener).expect("a listener").run();
                ready.send(server.handle()).expect("the test waits");
                server.await.expect("a clean stop");
            });
        });
        Self { nodes, handle: started.await.expect("it starts"), thread: Some(thread) }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Forwards a request to the next node, and returns the answer unchanged.
async fn forward(request: HttpRequest, body: web::Bytes, nodes: web::Data<Nodes>) -> HttpResponse {
    let turn = nodes.sent.fetch_add(1, Ordering::SeqCst);
    let url = format!("{}{}", nodes.urls[turn % nodes.urls.len()], request.uri());
    let method = request.method().as_str().parse().expect("a method");
    let mut passed = nodes.http.request(method, url).body(body.to_vec());
    for (name, value) in request.headers() {
        let name: HeaderName = name.as_str().parse().expect("a name");
        if ![HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            passed = passed.header(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
    }
    let Ok(answer) = passed.send().await else { return HttpResponse::BadGateway().finish() };
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16()).expect("a status");
    let mut passed = HttpResponse::build(status);
    for (name, value) in answer.headers() {
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
            passed.append_header((name.as_str(), value.as_bytes()));
        }
    }
    match answer.bytes().await {
        Ok(body) => passed.body(body.to_vec()),
        Err(_) => HttpResponse::BadGateway().finish(),
    }
}
