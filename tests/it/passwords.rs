//! Argon2id in use: the default parameters, a change of them, and many sign-ins at once.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use grantor::app::App;
use grantor::secret::Secret;

use reqwest::Method;

use crate::metrics::reply;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Browser, TestServer};

/// The OWASP recommendation, which is the server's default.
const DEFAULT: [(&str, &str); 2] = [("passwords.memory_kib", "19456"), ("passwords.iterations", "2")];

#[tokio::test]
async fn passwords_are_kept_as_owasp_recommends() {
    let config = grantor::config::Config::with(&[]).unwrap();
    assert_eq!((config.passwords.memory_kib, config.passwords.iterations), (19456, 2));
    let server = TestServer::start_with(&DEFAULT).await;
    server.user("alice").await;
    let like = "SELECT COUNT(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(server.number(like).await, 1);
}

#[tokio::test]
async fn a_stored_password_follows_the_parameters_at_its_next_sign_in() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    // A hash with other parameters of the test users' password.
    let older = TestServer::start_with(&[("passwords.memory_kib", "32")]).await;
    let password = Secret::new(PASSWORD.to_owned());
    let hash = older.app.passwords.hash(password).await.unwrap();
    let set = async move |tx: &mut grantor::store::db::Tx| {
        tx.query("UPDATE users SET password_hash = $1").bind(hash.as_str()).execute().await
    };
    server.store(set).await;
    let weak = "SELECT COUNT(*) FROM users WHERE password_hash LIKE '%m=32,%'";
    assert_eq!(server.number(weak).await, 1);

    let page = browser.open(&web.url_with(&[])).await;
    let wrong = browser.submit(&page, &[("username", "alice"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(server.number(weak).await, 1, "only who knows the password can renew its hash");
    assert!(browser.sign_in(&page, "alice").await.is_consent());
    assert_eq!(server.number(weak).await, 0);
    assert!(browser.stranger().open(&web.url_with(&[])).await.is_sign_in());
}

#[tokio::test]
async fn a_sign_in_gets_503_when_the_queue_is_full() {
    let options = [
        DEFAULT[0],
        DEFAULT[1],
        ("passwords.concurrency", "1"),
        ("passwords.queue", "2"),
        ("http.deadline", "60s"),
        ("metrics.listen", "127.0.0.1:0"),
    ];
    let server = TestServer::start_with(&options).await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let attempts = (0..24).map(async |n| {
        let mut browser = browser.clone_with_cookies();
        let name = format!("nobody-{n}");
        browser.submit_only(&page, &[("username", &name), ("password", "wrong")]).await
    });
    let answers = join_all(attempts).await;
    let turned_away: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    let counted = reply(&server).await.by("outcome", "grantor_sign_ins_total");
    let failed = f64::from(u32::try_from(turned_away.len()).unwrap());
    assert!(failed > 0.0);
    assert_eq!((counted["failed"], counted["failed"] + counted["wrong"]), (failed, 24.0));
    assert!(answers.iter().any(|answer| answer.status == 422), "who was in the queue is served");
    for answer in turned_away {
        answer.assert_page(503, "server.busy");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert!(browser.sign_in(&page, "alice").await.is_consent(), "and then all is well again");
}

#[tokio::test]
async fn a_password_that_is_changed_while_it_is_verified_opens_no_session() {
    let slow = [("passwords.memory_kib", "131072"), ("passwords.iterations", "6"), ("http.deadline", "60s")];
    let server = TestServer::start_with(&slow).await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let other = server.app.passwords.hash(Secret::new("another".to_owned())).await.unwrap();
    let sign_in = browser.submit_only(&page, &[("username", "alice"), ("password", PASSWORD)]);
    let change = async {
        // By now the stored hash was read: hashing takes many times longer than this.
        for _ in 0..50 {
            server.number("SELECT COUNT(*) FROM users").await;
        }
        // Any other valid hash: on a busy machine the sign-in may read this one first.
        let update = "UPDATE users SET password_hash = $1";
        server.store(async move |tx| tx.query(update).bind(other.as_str()).execute().await).await;
    };
    let (answer, ()) = futures_util::future::join(sign_in, change).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 0);
}

/// One hashing thread, and a server that accepts the client address that a test sends.
const ONE_THREAD: [(&str, &str); 9] = [
    DEFAULT[0],
    DEFAULT[1],
    ("passwords.concurrency", "1"),
    ("passwords.queue", "4"),
    ("http.deadline", "60s"),
    ("http.trusted_proxies", "127.0.0.1"),
    ("limits.network_passwords", "1000000"),
    ("limits.pages", "1000000"),
    ("limits.token", "1000000"),
];

/// Sends a form as if from a network.
async fn from(browser: &mut Browser, network: &str, path: &str, form: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(form).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", network)];
    browser.request(Method::POST, path, &headers, &body).await
}

/// Signs alice in while 16 senders repeat `send`, with the number of the sender and of the repetition. Returns how many
/// others still waited when she was in, and the statuses that the senders got.
async fn sign_in_beside(server: &TestServer, send: impl AsyncFn(u32, u32) -> u16) -> (usize, BTreeSet<u16>) {
    let web = server.web().await;
    server.alice().await;
    let is_over = Cell::new(false);
    let flood = join_all((0..16).map(async |sender| {
        let mut statuses = BTreeSet::new();
        for repetition in 0.. {
            if is_over.get() {
                break;
            }
            statuses.insert(send(sender, repetition).await);
        }
        statuses
    }));
    let owner = async {
        // The senders share a processor with the hashing, so on a busy machine they may all be late at the same moment.
        let mut waiting = 0;
        for _ in 0..8 {
            let full = async {
                while server.app.passwords.waiting() < 4 {
                    tokio::task::yield_now().await;
                }
            };
            let mut alice = server.browser();
            let page = alice.open(&web.url_with(&[])).await;
            tokio::time::timeout(Duration::from_secs(30), full).await.expect("a full queue");
            let token = page.form_token();
            let form = [("form_token", token.as_str()), ("username", "alice"), ("password", PASSWORD)];
            let answer = from(&mut alice, "203.0.113.2", &page.form_action(), &form).await;
            waiting = server.app.passwords.waiting();
            assert_eq!(answer.status, 303, "{answer:?}");
            if waiting > 0 {
                break;
            }
        }
        is_over.set(true);
        waiting
    };
    let (statuses, waiting) = futures_util::future::join(flood, owner).await;
    (waiting, statuses.into_iter().flatten().collect())
}

#[tokio::test]
async fn a_network_that_sends_many_sign_ins_waits_behind_itself() {
    let server = TestServer::start_with(&ONE_THREAD).await;
    let other = server.register(Registration::web("other")).await;
    let mut browser = server.browser();
    let page = browser.open(&other.url_with(&[])).await;
    let send = async |sender: u32, repetition: u32| {
        let (token, name) = (page.form_token(), format!("nobody-{sender}-{repetition}"));
        let form = [("form_token", token.as_str()), ("username", &name), ("password", "wrong")];
        let mut window = browser.clone_with_cookies();
        from(&mut window, "203.0.113.1", &page.form_action(), &form).await.status.as_u16()
    };
    let (waiting, statuses) = sign_in_beside(&server, send).await;
    assert!(waiting > 0, "alice did not wait for all of the others");
    assert_eq!(statuses, BTreeSet::from([422, 503]), "no one else was turned away for another reason");
}

#[tokio::test]
async fn a_person_signs_in_while_applications_fill_their_queue() {
    let server = TestServer::start_with(&ONE_THREAD).await;
    server.register(Registration::service("job").chosen_secret("a chosen secret")).await;
    let send = async |sender: u32, repetition: u32| {
        let secret = format!("wrong {sender} {repetition}");
        let network = format!("198.51.{sender}.{}", repetition % 250);
        let form = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", &secret)];
        from(&mut server.browser(), &network, "/token", &form).await.status.as_u16()
    };
    let (waiting, statuses) = sign_in_beside(&server, send).await;
    assert!(waiting > 0, "alice did not wait for all of the applications");
    assert_eq!(statuses, BTreeSet::from([401, 503]));
}

/// Stores users with passwords that were hashed with this much memory.
async fn users_with(server: &TestServer, memory_kib: &str, names: &[&str]) {
    let other = TestServer::start_with(&[("passwords.memory_kib", memory_kib)]).await;
    let hash = other.app.passwords.hash(Secret::new(PASSWORD.to_owned())).await.unwrap();
    for name in names {
        let (user, hash) = (server.user(name).await, hash.clone());
        let set = async move |tx: &mut grantor::store::db::Tx| {
            tx.query("UPDATE users SET password_hash = $1 WHERE id = $2")
                .bind(hash.as_str())
                .bind(user.as_str())
                .execute()
                .await
        };
        server.store(set).await;
    }
}

#[tokio::test]
async fn names_without_an_account_cost_what_stored_hashes_cost() {
    let server = TestServer::start().await;
    let App { stand_ins, db, passwords, keys, .. } = &*server.app;
    let find = async |name: &str| {
        let choice = keys.number_of_typed(name);
        stand_ins.find(db, passwords, choice, server.app.now()).await.unwrap()
    };
    assert_eq!(find("nobody").await, None, "there are no users");
    users_with(&server, "32", &["alice", "bob", "carol"]).await;
    users_with(&server, "48", &["dave"]).await;
    server.clock.advance(Duration::from_secs(60));
    let mut weak = 0;
    for n in 0..400 {
        let hash = find(&format!("nobody {n}")).await.unwrap();
        assert!(hash.contains("m=32,t=1,p=1$") || hash.contains("m=48,t=1,p=1$"), "{hash}");
        assert_eq!(Some(&hash), find(&format!("nobody {n}")).await.as_ref(), "always the same");
        weak += i32::from(hash.contains("m=32,"));
    }
    assert!((240..360).contains(&weak), "three quarters of 400: {weak}");
}

#[tokio::test]
async fn a_sign_in_without_an_account_takes_as_long_as_one_with_an_account() {
    let server = TestServer::start_with(&[("http.deadline", "60s")]).await;
    let web = server.web().await;
    users_with(&server, "131072", &["alice"]).await;
    let mut browser = server.browser();
    let page = browser.open(&web.url_with(&[])).await;
    let began = std::time::Instant::now();
    let answer = browser.submit(&page, &[("username", "nobody"), ("password", "wrong")]).await;
    assert_eq!(answer.status, 422);
    // No machine fills 128 MiB in less, and a hash with today's parameters takes 64 KiB.
    assert!(began.elapsed() > Duration::from_millis(20), "{:?}", began.elapsed());
}
