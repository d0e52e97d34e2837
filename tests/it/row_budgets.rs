//! Rows that strangers make: their number is bounded for each network and in all, on any number of nodes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use grantor::oauth::client::GrantType;
use reqwest::Method;

use crate::support::database::{TestDatabase, engine};
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Application, Browser, Cluster, TestServer};

/// The server accepts the client address that this test sends.
const PROXIED: (&str, &str) = ("http.trusted_proxies", "127.0.0.1");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SIGN_UP: (&str, &str) = ("sign_up.enabled", "true");

async fn with(options: &[(&str, &str)]) -> TestServer {
    TestServer::start_with(&[&[PROXIED, SIGN_UP], options].concat()).await
}

async fn television(server: &TestServer) {
    server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
}

async fn ask(server: &TestServer, client: &[(&str, &str)], from: &str) -> Answer {
    let body = serde_urlencoded::to_string(client).unwrap();
    let headers = [FORM, ("x-forwarded-for", from)];
    server.browser().request(Method::POST, "/device_authorization", &headers, &body).await
}

/// Asks for a device code as a television in the network of `from`.
async fn device(server: &TestServer, from: &str) -> Answer {
    ask(server, &[("client_id", "tv")], from).await
}

/// Asserts that the answer is a refusal of an OAuth endpoint that says how long to wait. Returns the seconds.
#[track_caller]
fn wait(answer: &Answer) -> u64 {
    answer.assert_json_error(429, "temporarily_unavailable", "device_code.too_many");
    answer.header("retry-after").parse().unwrap()
}

/// The number of device codes that networks get, one network after another; each asks until it is refused.
async fn fill(server: &TestServer, networks: std::ops::Range<u8>) -> BTreeMap<u8, i64> {
    let mut got = BTreeMap::new();
    for network in networks {
        let mut codes = 0;
        while device(server, &format!("203.0.113.{network}")).await.status == 200 {
            codes += 1;
        }
        got.insert(network, codes);
    }
    got
}

fn later(server: &TestServer, seconds: u64) {
    server.clock.advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn a_network_gets_its_share_of_device_codes_and_more_when_they_have_ended() {
    let server = with(&[("limits.network_device_codes", "3")]).await;
    television(&server).await;
    for from in ["203.0.113.1", "2001:db8:1:2::7"] {
        for _ in 0..3 {
            assert_eq!(device(&server, from).await.status, 200);
        }
        let seconds = wait(&device(&server, from).await);
        assert!((601..=675).contains(&seconds), "{seconds}");
    }
    wait(&device(&server, "2001:db8:1:ffff::7").await);
    assert_eq!(device(&server, "2001:db8:2::7").await.status, 200, "another customer");
    assert_eq!(device(&server, "203.0.113.2").await.status, 200, "another network");
    assert_eq!(server.number("SELECT COUNT(*) FROM device_codes").await, 8);
    let seconds = wait(&device(&server, "203.0.113.1").await);
    later(&server, seconds - 1);
    assert_eq!(wait(&device(&server, "203.0.113.1").await), 1);
    later(&server, 1);
    for _ in 0..3 {
        assert_eq!(device(&server, "203.0.113.1").await.status, 200);
    }
    wait(&device(&server, "203.0.113.1").await);
}

#[tokio::test]
async fn when_the_total_is_used_up_the_largest_networks_wait_first_and_new_ones_find_room() {
    let server = with(&[("limits.network_device_codes", "16"), ("limits.device_codes", "32")]).await;
    television(&server).await;
    let first = fill(&server, 1..2).await[&1];
    assert!((8..=12).contains(&first), "{first}: it alone must not use up everything");
    let second = fill(&server, 2..3).await[&2];
    assert!((2..first).contains(&second), "{second}");
    wait(&device(&server, "203.0.113.1").await);
    assert_eq!(device(&server, "203.0.113.3").await.status, 200, "a new one");
    wait(&device(&server, "203.0.113.1").await);

    let others = fill(&server, 4..40).await;
    assert_eq!(
        server.number("SELECT COUNT(*) FROM device_codes").await,
        32,
        "never more than the total: {others:?}"
    );
    let new = device(&server, "203.0.113.99").await;
    assert!((601..=675).contains(&wait(&new)), "{new:?}");
    assert!(server.number("SELECT COUNT(*) FROM row_budgets").await <= 32);
    later(&server, wait(&new));
    assert_eq!(device(&server, "203.0.113.99").await.status, 200);
}

#[tokio::test]
async fn two_nodes_keep_the_total_together() {
    let database = TestDatabase::fresh(engine()).await;
    let options = [PROXIED, ("limits.network_device_codes", "40"), ("limits.device_codes", "40")];
    let cluster = Cluster::on(database, 2, &options).await;
    television(&cluster.server).await;
    let ask = async |n: u8| device(&cluster.server, &format!("203.0.113.{n}")).await.status.as_u16();
    let statuses = join_all((0..120).map(ask)).await;
    let stored = statuses.iter().filter(|status| **status == 200).count();
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(cluster.shares().iter().all(|share| *share > 20), "{:?}", cluster.shares());
    assert!((40..=41).contains(&stored), "{stored}");
    assert_eq!(
        cluster.server.number("SELECT COUNT(*) FROM device_codes").await,
        i64::try_from(stored).unwrap()
    );
}

#[tokio::test]
async fn many_networks_at_once_do_not_stand_in_each_others_way() {
    let server = with(&[]).await;
    television(&server).await;
    let networks: Vec<String> = (0..100).map(|n| format!("203.0.113.{n}")).collect();
    let answers = join_all(networks.iter().map(async |from| device(&server, from).await)).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(server.number("SELECT CAST(SUM(count) AS BIGINT) FROM row_budgets").await, 100);
}

#[tokio::test]
async fn a_client_with_a_secret_is_bounded_by_the_total_only() {
    let server = with(&[("limits.network_device_codes", "1"), ("limits.device_codes", "20")]).await;
    television(&server).await;
    let box_ = server.register(Registration::web("box").grants(&[GrantType::DeviceCode])).await;
    let codes = async || box_.post("/device_authorization", &[]).await;
    for _ in 0..3 {
        let answer = codes().await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(device(&server, "203.0.113.1").await.status, 200);
    wait(&device(&server, "203.0.113.1").await);
    let mut more = 0;
    while codes().await.status == 200 {
        more += 1;
    }
    assert!((1..16).contains(&more), "{more}");
    assert_eq!(device(&server, "203.0.113.2").await.status, 200, "the client leaves room");
}

#[tokio::test]
async fn limits_that_are_off_bound_and_count_nothing() {
    let server = with(&[("limits.enabled", "false"), ("limits.network_device_codes", "1")]).await;
    television(&server).await;
    for _ in 0..5 {
        assert_eq!(device(&server, "203.0.113.1").await.status, 200);
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM row_budgets").await, 0);
}

async fn sign_up(app: &Application, server: &TestServer, name: &str, from: &str) -> Answer {
    let mut browser = server.browser();
    let page = browser.open(&app.url_with(&[("prompt", "create")])).await;
    post(&mut browser, &page, &[("username", name), ("password", PASSWORD)], from).await
}

async fn post(browser: &mut Browser, page: &Answer, fields: &[(&str, &str)], from: &str) -> Answer {
    let token = page.form_token();
    let form = [&[("form_token", token.as_str())], fields].concat();
    let headers = [FORM, ("x-forwarded-for", from)];
    let body = serde_urlencoded::to_string(form).unwrap();
    browser.request(Method::POST, &page.form_action(), &headers, &body).await
}

#[tokio::test]
async fn a_network_creates_so_many_accounts_in_a_day() {
    let server = with(&[("limits.network_sign_ups", "2")]).await;
    let app = server.web().await;
    for name in ["ann", "ben"] {
        assert_eq!(sign_up(&app, &server, name, "203.0.113.1").await.status, 303, "{name}");
    }
    assert_eq!(sign_up(&app, &server, "ann", "203.0.113.2").await.status, 422, "a taken name");
    let hashes = server.app.passwords.hashes().get();
    let refused = sign_up(&app, &server, "cat", "203.0.113.1").await;
    refused.assert_page(429, "sign_up.too_many");
    assert_eq!(refused.location(), None);
    assert!(refused.body.contains("<h1>Please try again later</h1>"), "{refused:?}");
    assert_eq!(server.app.passwords.hashes().get(), hashes, "nothing is hashed for it");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((86_401..=97_200).contains(&seconds), "{seconds}");
    for name in ["dan", "eve"] {
        assert_eq!(
            sign_up(&app, &server, name, "203.0.113.2").await.status,
            303,
            "the taken name is not counted"
        );
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 4);
    later(&server, seconds - 1);
    assert_eq!(sign_up(&app, &server, "cat", "203.0.113.1").await.status, 429);
    later(&server, 1);
    assert_eq!(sign_up(&app, &server, "cat", "203.0.113.1").await.status, 303);
}

#[tokio::test]
async fn one_form_creates_no_more_accounts_than_the_budget_also_at_once() {
    let server = with(&[("limits.network_sign_ups", "3")]).await;
    let app = server.web().await;
    let mut first = server.browser();
    let page = first.open(&app.url_with(&[("prompt", "create")])).await;
    let names: Vec<String> = (0..12).map(|n| format!("person-{n}")).collect();
    let create = async |name: &String| {
        let fields = [("username", name.as_str()), ("password", PASSWORD)];
        post(&mut first.clone_with_cookies(), &page, &fields, "203.0.113.1").await.status.as_u16()
    };
    let statuses = join_all(names.iter().map(create)).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 3, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 9, "{statuses:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 3);
}

/// Asks for a page in the network `from`, with a request that is too long for an address.
async fn ask_much(server: &TestServer, app: &Application, from: &str) -> Answer {
    let url = app.url_with(&[("state", &"s".repeat(3000))]);
    server.browser().request(Method::GET, &url, &[("x-forwarded-for", from)], "").await
}

#[tokio::test]
async fn a_network_stores_so_many_authorization_requests() {
    let server = with(&[("limits.network_flows", "3")]).await;
    let app = server.web().await;
    for _ in 0..3 {
        assert_eq!(ask_much(&server, &app, "203.0.113.1").await.status, 303);
    }
    let mut browser = server.browser();
    // People who cancel are counted apart.
    for _ in 0..3 {
        let page = browser.open(&app.url_with(&[])).await;
        let cancelled = post(&mut browser, &page, &[("cancel", "1")], "203.0.113.1").await;
        assert_eq!(cancelled.get("error"), "access_denied");
    }
    let refused = ask_much(&server, &app, "203.0.113.1").await;
    refused.assert_page(429, "flow.too_many");
    assert_eq!(refused.location(), None, "the application does not get the person back");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((25 * 3600 + 1..=29 * 3600).contains(&seconds), "{seconds}");
    let page = browser.open(&app.url_with(&[])).await;
    assert!(page.is_sign_in(), "a request that fits into an address is not stored: {page:?}");
    post(&mut browser, &page, &[("cancel", "1")], "203.0.113.1").await.assert_page(429, "flow.too_many");
    assert_eq!(ask_much(&server, &app, "203.0.113.2").await.status, 303, "another network");
    assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, 7);
    later(&server, seconds);
    assert_eq!(ask_much(&server, &app, "203.0.113.1").await.status, 303);
}

async fn sign_in(app: &Application, mut browser: Browser, (name, password): (&str, &str), from: &str) -> u16 {
    let page = browser.open(&app.url_with(&[("prompt", "login")])).await;
    post(&mut browser, &page, &[("username", name), ("password", password)], from).await.status.as_u16()
}

#[tokio::test]
async fn made_up_names_do_not_fill_the_table_of_guesses() {
    let server = with(&[("limits.network_guesses", "5")]).await;
    server.user("alice").await;
    let (web, mut known) = (server.web().await, server.browser());
    let page = known.open(&web.url_with(&[])).await;
    assert!(known.sign_in(&page, "alice").await.is_consent());
    let guess = async |name: &str, from: &str| sign_in(&web, server.browser(), (name, "wrong"), from).await;
    for n in 0..5 {
        assert_eq!(guess(&format!("nobody {n}"), "203.0.113.1").await, 422, "{n}");
    }
    let stored = server.number("SELECT COUNT(*) FROM guesses").await;
    for n in 5..20 {
        assert_eq!(guess(&format!("nobody {n}"), "203.0.113.1").await, 429, "{n}");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM guesses").await, stored);
    assert_eq!(guess("nobody 30", "203.0.113.2").await, 422, "another network");
    // The owner of an account gets in from another network, and in a known browser from this one.
    let right = ("alice", PASSWORD);
    assert_eq!(sign_in(&web, server.browser(), right, "203.0.113.1").await, 429);
    assert_eq!(sign_in(&web, server.browser(), right, "203.0.113.3").await, 303);
    assert_eq!(sign_in(&web, known.clone_with_cookies(), right, "203.0.113.1").await, 303);
    later(&server, 3600 + 450);
    assert_eq!(sign_in(&web, server.browser(), right, "203.0.113.1").await, 303);
}

#[tokio::test]
async fn people_who_sign_in_use_up_no_budget() {
    let server = with(&[("limits.network_guesses", "2")]).await;
    let web = server.web().await;
    for n in 0..6 {
        let name = format!("person{n}");
        server.user(&name).await;
        assert_eq!(sign_in(&web, server.browser(), (&name, PASSWORD), "203.0.113.1").await, 303, "{name}");
    }
    assert_eq!(server.number("SELECT CAST(SUM(count) AS BIGINT) FROM row_budgets").await, 0);
}
