//! More requests than the server can serve: it says so, those who are known go first, and it stays in the balancer.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantor::oauth::client::GrantType;
use grantor::store::db::Engine;

use crate::deadline::Lock;
use crate::support::database::engine;
use crate::support::relying_party::Registration;
use crate::support::server::readiness;
use crate::support::{Answer, TestServer};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
/// How soon something happens that takes no time, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// Locks what tokens and requests of strangers are written to, and on SQLite everything.
async fn lock(server: &TestServer) -> Lock {
    Lock::on(&server.database.url, "access_tokens, device_codes IN ACCESS EXCLUSIVE MODE").await
}

/// Whether the application gets at once that it must try again later. Otherwise it waits in the queue, and its caller goes away.
async fn is_refused(answer: impl Future<Output = Answer>) -> bool {
    let answer = tokio::time::timeout(Duration::from_millis(300), answer).await;
    answer.is_ok_and(|answer| is_busy(&answer))
}

fn is_busy(answer: &Answer) -> bool {
    answer.status == 503
}

#[tokio::test]
async fn strangers_fill_their_own_lane_and_keep_no_known_client_waiting() {
    let options =
        [("database.queue", "4"), ("http.deadline", "20s"), ("limits.network_device_codes", "1000")];
    let server = TestServer::start_with(&options).await;
    let tv = Registration::native("tv").grants(&[GrantType::DeviceCode]);
    let (service, tv) = (server.service().await, server.register(tv).await);
    service.client_credentials().await;
    assert_eq!(tv.post("/device_authorization", &[]).await.status, 200);
    let lock = lock(&server).await;
    let ask = async || tv.post("/device_authorization", &[]).await;
    let strangers = join_all((0..20).map(|_| ask()));
    let known = async {
        // A stranger who is refused shows that the lane is full.
        let began = Instant::now();
        while !is_refused(ask()).await {
            assert!(began.elapsed() < SOON, "the lane of strangers has a bound");
        }
        if engine() == Engine::Postgres {
            // The database takes writes, only those of strangers wait.
            assert_eq!(server.app.readiness.look().await, Ok(()));
        }
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        tokio::join!(service.token(&[GRANT]), lock.release()).0
    };
    let (strangers, token) = tokio::join!(strangers, known);
    assert_eq!(token.status, 200, "{token:?}");
    let refused: Vec<&Answer> = strangers.iter().filter(|answer| is_busy(answer)).collect();
    assert!(refused.len() >= 10 && refused.len() < 20, "{} of 20", refused.len());
    for answer in refused {
        answer.assert_json_error(503, "temporarily_unavailable", "server.busy");
    }
    assert_eq!(ask().await.status, 200, "afterwards strangers are served");
}

#[tokio::test]
async fn readiness_is_answered_from_memory_and_soon_notices_what_fails() {
    let server = TestServer::start().await;
    server.readiness(200).await;
    let lock = Lock::on(&server.database.url, "leases IN ACCESS EXCLUSIVE MODE").await;
    let began = Instant::now();
    for _ in 0..100 {
        // None of these waits for the database.
        let asked = Instant::now();
        server.get("/readyz").await;
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    let answer = server.readiness(503).await;
    assert!(answer.get("description").contains("the database"), "{answer:?}");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(began.elapsed() < Duration::from_secs(3) + SOON, "{:?}", began.elapsed());
    lock.release().await;
    let began = Instant::now();
    server.readiness(200).await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_node_that_has_not_looked_is_not_ready() {
    let server = TestServer::start().await;
    let app = &server.app;
    let never = grantor::readiness::Readiness::new(&app.db, &app.keys, &app.clock_watch);
    assert_eq!(never.answer().await, Err(grantor::readiness::NotReady::Unknown));
    never.look().await.expect("the database");
    assert_eq!(never.answer().await, Ok(()));
}

/// A request for each surface, and what shows that its answer has the form of that surface.
async fn assert_each_surface_is_busy(server: &TestServer) {
    let mut browser = server.browser();
    for (path, is_page) in [
        ("/authorize", true),
        ("/sign-in", true),
        ("/errors", true),
        ("/jwks", false),
        ("/.well-known/openid-configuration", false),
        ("/userinfo", false),
        ("/nowhere", false),
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"), "{path}: {answer:?}");
        assert_eq!(answer.header("content-type").starts_with("text/html"), is_page, "{path}");
    }
    for path in ["/token", "/introspect", "/revoke", "/device_authorization", "/bc-authorize", "/userinfo"] {
        browser.post(path, &[GRANT]).await.assert_is_away();
    }
    for path in ["/authorize", "/device"] {
        let answer = browser.post(path, &[("client_id", "x")]).await;
        assert_eq!(answer.header("retry-after"), "1", "{path}: {answer:?}");
        answer.assert_page(503, "server.busy");
    }
}

#[tokio::test]
async fn requests_beyond_the_bound_get_503_with_a_time_on_every_surface_and_health_checks_do_not() {
    for most in [1, 2] {
        let options = [("http.requests", most.to_string()), ("http.deadline", "30s".to_owned())];
        let options: Vec<(&str, &str)> =
            options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let server = TestServer::start_with(&options).await;
        let service = server.service().await;
        server.readiness(200).await;
        let lock = lock(&server).await;
        let began = Instant::now();
        let waiting = join_all((0..most).map(|_| service.token(&[GRANT])));
        let beyond = async {
            while server.get("/errors").await.status != 503 {
                assert!(began.elapsed() < SOON, "{most} requests are the bound");
            }
            assert_each_surface_is_busy(&server).await;
            assert_eq!(server.get("/healthz").await.status, 200);
            // Whatever it says on SQLite, where nothing can be written, it says it.
            let ready = server.get("/readyz").await;
            assert!(engine() == Engine::Sqlite || ready.status == 200, "{ready:?}");
            lock.release().await;
        };
        let (waiting, ()) = tokio::join!(waiting, beyond);
        assert!(waiting.iter().all(|answer| answer.status == 200), "{waiting:?}");
        assert_eq!(server.get("/errors").await.status, 200);
        service.client_credentials().await;
    }
}

#[tokio::test]
async fn a_form_counts_when_it_has_arrived() {
    use std::io::Write as _;
    let server = TestServer::start_with(&[("http.requests", "1"), ("http.deadline", "30s")]).await;
    let service = server.service().await;
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: 100\r\n\r\ngrant";
    let address = server.url.trim_start_matches("http://");
    let held: Vec<_> = (0..20)
        .map(|_| {
            let mut link = std::net::TcpStream::connect(address).expect("the server listens");
            link.write_all(head.as_bytes()).expect("the server reads");
            link
        })
        .collect();
    for _ in 0..5 {
        assert_eq!(service.token(&[GRANT]).await.status, 200);
    }
    drop(held);
}

#[tokio::test]
async fn two_nodes_each_answer_for_themselves_whether_they_are_ready() {
    let server = TestServer::start().await;
    let node = crate::support::cluster::node(&server, &[]);
    let mut browser = crate::support::Browser::new(&node.url);
    readiness(&mut browser, 200).await;
    server.readiness(200).await;
    node.signal("STOP");
    // A node that stands still keeps no other one from being ready.
    assert_eq!(server.app.readiness.look().await, Ok(()));
    server.readiness(200).await;
    node.signal("CONT");
    readiness(&mut browser, 200).await;
    let service = server.register(Registration::service("job")).await.at(&node.url);
    assert_eq!(service.token(&[GRANT]).await.status, 200);
}

/// The memory of one hash in KiB, as in the default options.
const OF_A_HASH: u64 = 19_456;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn five_hundred_sign_ins_at_once_take_the_memory_of_those_that_are_hashed() {
    use crate::support::memory::{most_resident, resident};
    let server = TestServer::start().await;
    let (service, web) = (server.service().await, server.web().await);
    let node = crate::support::cluster::node(
        &server,
        &[
            ("passwords.memory_kib", &OF_A_HASH.to_string()),
            ("passwords.iterations", "1"),
            ("passwords.concurrency", "2"),
            ("limits.free_passwords", "1000000"),
            ("limits.account_passwords", "1000000"),
            ("limits.network_passwords", "1000000"),
            ("http.deadline", "30s"),
        ],
    );
    let (there, web) = (service.at(&node.url), web.at(&node.url));
    assert_eq!(there.token(&[GRANT]).await.status, 200);
    let mut browser = crate::support::Browser::new(&node.url);
    let at_the_node = |url: &str| url.replace(&server.url, &node.url);
    let begun = browser.get(&at_the_node(&web.url_with(&[]))).await;
    let page = browser.get(&at_the_node(&begun.location().expect("a flow"))).await;
    assert!(page.is_sign_in(), "{page:?}");
    let (action, form_token) = (at_the_node(&page.form_action()), page.form_token());
    let idle = resident(node.child.id());
    let sign_ins = join_all((0..500).map(|person| {
        let (mut browser, action, form_token) = (browser.clone_with_cookies(), &action, &form_token);
        async move {
            let form = [("form_token", form_token.as_str()), ("username", "nobody"), ("password", "wrong")];
            let answered = browser.post(action, &form);
            // Every second person does not wait for the answer.
            let patience = if person % 2 == 0 { 60_000 } else { 200 };
            tokio::time::timeout(Duration::from_millis(patience), answered).await.ok()
        }
    }));
    let tokens = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(there.token(&[GRANT]).await.status, 200);
            slowest = slowest.max(began.elapsed());
        }
        slowest
    };
    let (answers, slowest) = tokio::join!(sign_ins, tokens);
    for answer in answers.iter().flatten() {
        let status = answer.status.as_u16();
        let is_put_off = [429, 503].contains(&status) && !answer.header("retry-after").is_empty();
        assert!(status == 422 || is_put_off, "{answer:?}");
    }
    let hashed = answers.iter().flatten().filter(|answer| answer.status == 422).count();
    assert!(hashed >= 10, "{hashed} were hashed");
    assert!(slowest < SOON, "{slowest:?}");
    let most = most_resident(node.child.id());
    // The documented memory of the connections themselves is beside it in a debug build.
    let of_connections = 500 * 25;
    assert!(most <= (idle + 2 * OF_A_HASH) * 11 / 10 + of_connections, "{idle} KiB became {most} KiB");
}
