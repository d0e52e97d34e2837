//! Guessing passwords: every guess is counted before it is checked, and no account is locked by the guesses of others.

use std::time::Duration;

use futures_util::future::join_all;
use grantor::cache::catalogue::Freshness;
use grantor::oauth::id::ClientId;
use grantor::operations::clients::{self, ChosenSecret, SecretSource};
use grantor::secret::Secret;
use reqwest::Method;

use crate::support::database::{TestDatabase, engine};
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Application, Browser, Cluster, TestServer};

/// The server accepts the client address that this test sends.
const PROXIED: (&str, &str) = ("http.trusted_proxies", "127.0.0.1");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A sign-in page in a browser of some network.
struct Window {
    browser: Browser,
    page: Answer,
    from: String,
}

impl Window {
    async fn open(mut browser: Browser, web: &Application, from: &str) -> Self {
        let page = browser.open(&web.url_with(&[("prompt", "login")])).await;
        assert!(page.is_sign_in(), "{page:?}");
        Self { browser, page, from: from.to_owned() }
    }

    async fn stranger(server: &TestServer, web: &Application, from: &str) -> Self {
        Self::open(server.browser(), web, from).await
    }

    /// Sends a user name and a password.
    async fn send(&mut self, username: &str, password: &str) -> Answer {
        let token = self.page.form_token();
        let form = [("form_token", token.as_str()), ("username", username), ("password", password)];
        let body = serde_urlencoded::to_string(form).unwrap();
        let headers = [FORM, ("x-forwarded-for", &self.from)];
        self.browser.request(Method::POST, &self.page.form_action(), &headers, &body).await
    }

    async fn wrong(&mut self, username: &str) -> u16 {
        self.send(username, "wrong").await.status.as_u16()
    }

    async fn right(&mut self, username: &str) -> u16 {
        self.send(username, PASSWORD).await.status.as_u16()
    }
}

/// Asserts that the answer asks to wait. Returns the number of seconds.
#[track_caller]
fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.location(), None);
    assert!(answer.is_sign_in() && answer.body.contains("Too many attempts"), "{answer:?}");
    assert!(answer.body.contains("<code>sign_in.too_many_guesses</code>"), "{answer:?}");
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    let sentence = match seconds {
        1 => "in a second".to_owned(),
        2..=90 => format!("in {seconds} seconds"),
        _ => format!("in {} minutes", seconds.div_ceil(60)),
    };
    assert!(answer.body.contains(&sentence), "{sentence}: {answer:?}");
    seconds
}

async fn seconds_later(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn after_five_wrong_passwords_each_attempt_waits_twice_as_long_up_to_a_minute() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let mut window = Window::stranger(&server, &web, "").await;
    for _ in 0..5 {
        assert_eq!(window.wrong("alice").await, 422);
    }
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let hashes = server.app.passwords.hashes().get();
        assert_eq!(wait(&window.send("alice", "wrong").await), seconds);
        assert_eq!(wait(&window.send("alice", PASSWORD).await), seconds, "the right one waits, too");
        assert_eq!(
            server.app.passwords.hashes().get(),
            hashes,
            "nothing is hashed for an attempt that waits"
        );
        seconds_later(&server, seconds - 1).await;
        assert_eq!(wait(&window.send("alice", "wrong").await), 1, "a second too early");
        seconds_later(&server, 1).await;
        assert_eq!(window.wrong("alice").await, 422, "after {seconds} seconds");
    }
    seconds_later(&server, 60).await;
    assert_eq!(window.right("alice").await, 303);
}

#[tokio::test]
async fn of_fifty_guesses_at_once_five_are_checked() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let mut windows = Vec::new();
    for _ in 0..50 {
        windows.push(Window::stranger(&server, &web, "").await);
    }
    let statuses = join_all(windows.iter_mut().map(|window| window.wrong("alice"))).await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 45, "{statuses:?}");
}

#[tokio::test]
async fn an_account_has_one_budget_whatever_it_is_called() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let mut window = Window::stranger(&server, &web, "").await;
    for name in ["alice", "ALICE", " alice", "alice@example.com", "Alice@Example.com"] {
        assert_eq!(window.wrong(name).await, 422, "{name}");
    }
    for name in ["alice", "alice@example.com"] {
        assert_eq!(window.wrong(name).await, 429, "{name}");
    }
    assert_eq!(window.wrong("bob").await, 422, "another account");
}

#[tokio::test]
async fn a_name_without_an_account_gets_the_same_answers() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let mut told = Vec::new();
    for names in [["alice", "Alice"], ["nobody", "NoBody"]] {
        let mut window = Window::stranger(&server, &web, "").await;
        let mut answers = Vec::new();
        for attempt in 0..8 {
            let name = names[attempt % 2];
            let answer = window.send(name, "wrong").await;
            let body = answer.body.replace(&answer.form_token(), "").replace(&answer.form_action(), "");
            let body = body.replace(&format!("value=\"{name}\""), "");
            let flow = body.split("flow=").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            answers.push((answer.status, answer.header("retry-after").to_owned(), body.replace(flow, "")));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0][7].0, 429);
}

#[tokio::test]
async fn a_right_password_does_not_count_and_forgives_no_wrong_one() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    for _ in 0..12 {
        let mut window = Window::stranger(&server, &web, "").await;
        assert_eq!(window.right("alice").await, 303);
    }
    for round in 0..6 {
        let mut window = Window::stranger(&server, &web, "").await;
        assert_eq!(window.wrong("alice").await, if round < 5 { 422 } else { 429 }, "{round}");
        let mut window = Window::stranger(&server, &web, "").await;
        assert_eq!(window.right("alice").await, if round < 4 { 303 } else { 429 }, "{round}");
    }
    seconds_later(&server, 3600).await;
    let mut window = Window::stranger(&server, &web, "").await;
    for _ in 0..5 {
        assert_eq!(window.wrong("alice").await, 422, "an hour later they are forgotten");
    }
}

#[tokio::test]
async fn all_networks_together_have_a_budget_for_an_account() {
    let server = TestServer::start_with(&[PROXIED, ("limits.account_passwords", "3")]).await;
    let web = server.web().await;
    server.user("alice").await;
    for network in 1..=3 {
        let mut window = Window::stranger(&server, &web, &format!("203.0.113.{network}")).await;
        assert_eq!(window.wrong("alice").await, 422, "{network}");
    }
    let mut fourth = Window::stranger(&server, &web, "203.0.113.4").await;
    assert_eq!(wait(&fourth.send("alice", "wrong").await), 1200);
    // Networks that have guessed share another budget.
    for network in 1..=3 {
        let mut window = Window::stranger(&server, &web, &format!("203.0.113.{network}")).await;
        assert_eq!(window.wrong("alice").await, 422, "{network}");
    }
    let mut first = Window::stranger(&server, &web, "203.0.113.1").await;
    assert_eq!(wait(&first.send("alice", "wrong").await), 1200);
    assert_eq!(first.wrong("bob").await, 422, "another account");
    seconds_later(&server, 1199).await;
    assert_eq!((fourth.wrong("alice").await, first.wrong("alice").await), (429, 429));
    seconds_later(&server, 1).await;
    assert_eq!((fourth.right("alice").await, first.right("alice").await), (303, 303));
}

#[tokio::test]
async fn a_network_has_a_budget_for_all_accounts() {
    let server = TestServer::start_with(&[PROXIED, ("limits.network_passwords", "3")]).await;
    let web = server.web().await;
    server.user("alice").await;
    let mut window = Window::stranger(&server, &web, "203.0.113.1").await;
    for name in ["bob", "carol", "dave"] {
        assert_eq!(window.wrong(name).await, 422, "{name}");
    }
    assert_eq!(wait(&window.send("alice", PASSWORD).await), 1200);
    let mut other = Window::stranger(&server, &web, "203.0.113.2").await;
    assert_eq!(other.right("alice").await, 303);
    seconds_later(&server, 1200).await;
    assert_eq!(window.right("alice").await, 303);
}

#[tokio::test]
async fn an_ipv6_customer_counts_as_one_network() {
    let server = TestServer::start_with(&[PROXIED]).await;
    let web = server.web().await;
    for network in 0..6 {
        let mut window = Window::stranger(&server, &web, &format!("2001:db8:1:{network}::7")).await;
        assert_eq!(window.wrong("alice").await, if network < 5 { 422 } else { 429 }, "{network}");
    }
    let mut other = Window::stranger(&server, &web, "2001:db8:2::7").await;
    assert_eq!(other.wrong("alice").await, 422);
}

#[tokio::test]
async fn two_nodes_count_together() {
    let database = TestDatabase::fresh(engine()).await;
    let options = [("limits.account_passwords", "5"), ("limits.free_passwords", "1000")];
    let cluster = Cluster::on(database, 2, &options).await;
    let web = cluster.server.web().await;
    cluster.server.user("alice").await;
    let mut windows = Vec::new();
    for _ in 0..20 {
        windows.push(Window::stranger(&cluster.server, &web, "").await);
    }
    let statuses = join_all(windows.iter_mut().map(|window| window.wrong("alice"))).await;
    let checked = statuses.iter().filter(|status| **status == 422).count();
    assert!(cluster.shares().iter().all(|share| *share > 20), "{:?}", cluster.shares());
    assert_eq!(checked, 6, "one of a new network and five of one that has guessed: {statuses:?}");
}

/// A browser in which alice has signed in.
async fn known(server: &TestServer, web: &Application) -> Browser {
    let mut browser = server.browser();
    let page = browser.open(&web.url_with(&[])).await;
    assert!(browser.sign_in(&page, "alice").await.is_consent());
    assert!(browser.cookies.contains_key("grantor-known"));
    browser
}

#[tokio::test]
async fn while_100_networks_guess_the_owner_gets_in() {
    let server = TestServer::start_with(&[PROXIED, ("http.deadline", "60s")]).await;
    let web = server.web().await;
    server.user("alice").await;
    let known = known(&server, &web).await;
    let mut attackers = Vec::new();
    for network in 0..100 {
        attackers.push(Window::stranger(&server, &web, &format!("198.51.100.{network}")).await);
    }
    let mut checked = 0;
    for second in 0..6 {
        for _ in 0..10 {
            let statuses = join_all(attackers.iter_mut().map(|attacker| attacker.wrong("alice"))).await;
            // 503: no more than 64 wait for the hashing threads.
            assert!(statuses.iter().all(|status| [422, 429, 503].contains(status)), "{statuses:?}");
            checked += statuses.iter().filter(|status| **status == 422).count();
        }
        // The owner does not wait, not even if a neighbour in the same network is among those who guess.
        let mut owner = Window::open(known.clone_with_cookies(), &web, "198.51.100.1").await;
        assert_eq!(owner.right("alice").await, 303, "second {second}");
        seconds_later(&server, 1).await;
    }
    assert!((200..=240).contains(&checked), "the account's budget: {checked}");
    let mut owner = Window::stranger(&server, &web, "203.0.113.77").await;
    assert_eq!(owner.right("alice").await, 303, "a new browser in a network that has not guessed");
}

#[tokio::test]
async fn a_known_browser_is_known_for_its_account_after_sign_out_until_ten_wrong_passwords() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    server.user("bob").await;
    let mut known = known(&server, &web).await;
    known.sign_out().await;
    let set = known.cookies["grantor-known"].clone();
    let mut stranger = Window::stranger(&server, &web, "").await;
    for name in ["alice", "bob"] {
        for _ in 0..5 {
            assert_eq!(stranger.wrong(name).await, 422, "{name}");
        }
        assert_eq!(stranger.wrong(name).await, 429, "{name}");
    }
    let mut window = Window::open(known, &web, "").await;
    assert_eq!(window.right("bob").await, 429, "not its account");
    for _ in 0..9 {
        assert_eq!(window.wrong("alice").await, 422);
    }
    assert_eq!(window.right("alice").await, 303, "after nine wrong passwords");
    let renewed = window.browser.cookies["grantor-known"].clone();
    assert_ne!(renewed, set);

    // The old cookie has one wrong password left, and the new one has ten.
    window.browser.cookies.insert("grantor-known".into(), set);
    assert_eq!((window.wrong("alice").await, window.right("alice").await), (422, 429));
    window.browser.cookies.insert("grantor-known".into(), renewed);
    for _ in 0..10 {
        assert_eq!(window.wrong("alice").await, 422);
    }
    assert_eq!(window.right("alice").await, 429, "void after ten");
}

#[tokio::test]
async fn a_forged_cookie_makes_no_browser_known() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let known = known(&server, &web).await;
    let real = known.cookies["grantor-known"].clone();
    let other = TestServer::start().await;
    let elsewhere = other.web().await;
    other.user("alice").await;
    let foreign = self::known(&other, &elsewhere).await.cookies["grantor-known"].clone();
    let mut stranger = Window::stranger(&server, &web, "").await;
    for _ in 0..5 {
        assert_eq!(stranger.wrong("alice").await, 422);
    }
    let mut changed = real.clone().into_bytes();
    changed[40] = if changed[40] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for forged in ["", "x", &changed, &foreign, &real[..real.len() - 2], &"A".repeat(4000)] {
        let mut browser = server.browser();
        browser.cookies.insert("grantor-known".into(), forged.to_owned());
        let mut window = Window::open(browser, &web, "").await;
        assert_eq!(window.right("alice").await, 429, "{forged}");
    }
    let mut browser = server.browser();
    browser.cookies.insert("grantor-known".into(), real);
    assert_eq!(Window::open(browser, &web, "").await.right("alice").await, 303);
}

#[tokio::test]
async fn a_browser_is_known_for_a_year_and_for_five_accounts() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let names = ["alice", "bob", "carol", "dave", "erin", "frank"];
    let mut browser = server.browser();
    for name in names {
        server.user(name).await;
        let mut window = Window::open(browser, &web, "").await;
        let answer = window.send(name, PASSWORD).await;
        assert_eq!(answer.status, 303);
        let lines: Vec<&str> =
            answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        let line = lines.iter().find(|line| line.starts_with("grantor-known=")).unwrap();
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=31536000"] {
            assert!(line.contains(attribute), "{line}");
        }
        assert!(line.len() < 1000, "{line}");
        browser = window.browser;
    }
    let mut stranger = Window::stranger(&server, &web, "").await;
    for name in names {
        for _ in 0..5 {
            assert_eq!(stranger.wrong(name).await, 422, "{name}");
        }
    }
    let later = browser.clone_with_cookies();
    let mut window = Window::open(browser, &web, "").await;
    assert_eq!(window.right("alice").await, 429, "the oldest of six");
    assert_eq!(window.right("bob").await, 303);
    seconds_later(&server, 365 * 24 * 3600).await;
    let mut stranger = Window::stranger(&server, &web, "").await;
    for _ in 0..5 {
        assert_eq!(stranger.wrong("frank").await, 422);
    }
    let mut window = Window::open(later, &web, "").await;
    assert_eq!(window.right("frank").await, 429, "a year later");
}

/// A service with five secrets that a person chose; `secret 1` is the first.
async fn with_five_secrets(server: &TestServer) {
    server.register(Registration::service("job").chosen_secret("secret 1")).await;
    let context = server.app.operations(server.app.now(), grantor::operations::actor::Actor::server());
    for n in 2..=5 {
        let text = Secret::new(format!("secret {n}"));
        let chosen = ChosenSecret::new(&server.app.passwords, text).await.ok().unwrap();
        let source = SecretSource::Chosen(chosen);
        clients::add_secret(&context, &ClientId::new("job"), source, None).await.ok().unwrap();
    }
    // The test process has changed the client, so it refreshes the cache itself.
    server.app.cache.client(&ClientId::new("job"), Freshness::Now).await.ok().unwrap();
}

async fn present(server: &TestServer, from: &str, secret: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", secret)];
    let body = serde_urlencoded::to_string(form).unwrap();
    server.browser().request(Method::POST, "/token", &[FORM, ("x-forwarded-for", from)], &body).await
}

#[tokio::test]
async fn a_chosen_client_secret_costs_one_hash_of_five() {
    let server = TestServer::start_with(&[PROXIED]).await;
    with_five_secrets(&server).await;
    let hashes = || server.app.passwords.hashes().get();
    for n in 1..=5 {
        let before = hashes();
        assert_eq!(present(&server, "203.0.113.1", &format!("secret {n}")).await.status, 200, "{n}");
        assert_eq!(hashes() - before, 1, "{n}");
        assert_eq!(present(&server, "203.0.113.1", &format!("secret {n}")).await.status, 200, "{n}");
        assert_eq!(hashes() - before, 1, "{n}: it is known now");
    }
    let before = hashes();
    let wrong = present(&server, "203.0.113.1", "wrong").await;
    wrong.assert_json_error(401, "invalid_client", "client.secret_wrong");
    assert_eq!(hashes() - before, 1);
}

#[tokio::test]
async fn a_right_client_secret_that_many_present_at_once_is_hashed_once() {
    let server = TestServer::start_with(&[PROXIED]).await;
    with_five_secrets(&server).await;
    let before = server.app.passwords.hashes().get();
    let answers = join_all((0..50).map(async |_| present(&server, "203.0.113.1", "secret 4").await)).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(server.app.passwords.hashes().get() - before, 1);
}

#[tokio::test]
async fn wrong_client_secrets_wait_and_nobody_else_does() {
    let server = TestServer::start_with(&[PROXIED]).await;
    with_five_secrets(&server).await;
    assert_eq!(present(&server, "203.0.113.1", "secret 1").await.status, 200);
    let guesses = (0..30).map(async |n| present(&server, "203.0.113.1", &format!("wrong {n}")).await);
    let answers = join_all(guesses).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 10);
    let hashes = server.app.passwords.hashes().get();
    for secret in ["wrong", "secret 2"] {
        let waits = present(&server, "203.0.113.1", secret).await;
        waits.assert_json_error(429, "temporarily_unavailable", "client.too_many_guesses");
        assert_eq!(waits.header("retry-after"), "6");
    }
    assert_eq!(server.app.passwords.hashes().get(), hashes, "nothing is hashed for a guess that waits");
    assert_eq!(present(&server, "203.0.113.1", "secret 1").await.status, 200, "accepted before");
    assert_eq!(present(&server, "203.0.113.2", "secret 2").await.status, 200, "from another network");
    seconds_later(&server, 5).await;
    assert_eq!(present(&server, "203.0.113.1", "secret 3").await.status, 429);
    seconds_later(&server, 1).await;
    assert_eq!(present(&server, "203.0.113.1", "secret 3").await.status, 200);
    assert_eq!(present(&server, "203.0.113.1", "secret 4").await.status, 200, "a right one does not count");
}
