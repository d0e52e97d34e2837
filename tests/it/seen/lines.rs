//! The lines of the log that are about requests.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use super::{Furnished, SECRET, be_refused, behave, guess_everything, post_as};
use crate::deadline::Lock;
use crate::support::server::PASSWORD;

const HERE: &str = "203.0.113.7";
/// The address of an application.
const SERVER: &str = "203.0.113.8";
const THERE: &str = "2001:db8::7";

/// The lines of the time in which a server served, as JSON.
#[track_caller]
fn served(log: &str) -> Vec<Value> {
    let lines = log.lines().skip_while(|line| !line.contains("listens on")).skip(1);
    let lines = lines.take_while(|line| !line.contains("\"stopping;"));
    // Lines about the node itself.
    let of_node = ["\"deleted ended rows\"", "\"target\":\"actix_server"];
    let lines = lines.filter(|line| !of_node.iter().any(|text| line.contains(text)));
    lines
        .map(|line| {
            for member in ["address", "request_id", "client", "user", "reason", "session"] {
                let times = line.matches(&format!("\"{member}\":")).count();
                assert!(times <= 1, "{member} is {times} times in {line}");
            }
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        })
        .collect()
}

fn text<'l>(line: &'l Value, member: &str) -> &'l str {
    line[member].as_str().unwrap_or_default()
}

#[tokio::test]
async fn every_line_about_a_request_has_the_address_of_the_client() {
    let furnished = Furnished::start(&[]).await;
    let alice = furnished.alice.clone();
    be_refused(&furnished, [HERE, SERVER]).await;
    guess_everything(&furnished, THERE).await;
    let log = furnished.log();
    let mut reasons: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let lines = served(&log);
    assert!(lines.len() > 60, "{} lines", lines.len());
    for line in &lines {
        assert!([HERE, SERVER, THERE].contains(&text(line, "address")), "{line}");
        assert_eq!(text(line, "request_id").len(), 22, "{line}");
        reasons.entry(text(line, "reason")).or_default().push(line);
    }
    // Refusals in which the server knows the user.
    for reason in [
        "sign_in.failed",
        "sign_in.too_many_guesses",
        "consent.denied",
        "code.replayed",
        "refresh_token.reused",
        "bearer.revoked",
    ] {
        let lines = reasons.get(reason).unwrap_or_else(|| panic!("{reason} is in the log: {log}"));
        assert!(lines.iter().any(|line| text(line, "user") == alice), "{lines:?}");
    }
    let of_no_user: Vec<_> = reasons["sign_in.failed"].iter().filter(|line| line["user"].is_null()).collect();
    assert_eq!(of_no_user.len(), 1, "the name without an account");
    for reason in ["user_code.unknown", "user_code.too_many_guesses"] {
        assert!(reasons[reason].iter().all(|line| text(line, "user").len() == 22), "{reason}");
    }
    for reason in [
        "client.secret_wrong",
        "client.too_many_guesses",
        "client_id.missing",
        "scope.unknown",
        "form.forged",
    ] {
        assert!(reasons.contains_key(reason), "{reason} is in the log: {log}");
    }
    assert!(!log.contains("not-a-user") && !log.contains("wrong password"), "what was typed: {log}");
}

#[tokio::test]
async fn a_good_sign_in_is_a_line_with_the_user_and_the_address() {
    let furnished = Furnished::start(&[]).await;
    let alice = furnished.alice.clone();
    let (mut browser, _) = behave(&furnished, HERE).await;
    browser.sign_out().await;
    let log = furnished.log();
    let lines = served(&log);
    for message in ["a person signed in", "a person signed out"] {
        let line = lines.iter().find(|line| text(line, "message") == message).expect("a line");
        assert_eq!((text(line, "user"), text(line, "address")), (alice.as_str(), HERE), "{line}");
        assert_ne!(text(line, "session"), "", "{line}");
    }
    let signed_in = lines.iter().find(|line| text(line, "message") == "a person signed in").unwrap();
    assert_eq!(text(signed_in, "client"), "web");
}

#[tokio::test]
async fn what_a_client_sends_stays_in_its_member() {
    let furnished = Furnished::start(&[]).await;
    let ids = [
        "x\",\"address\":\"198.51.100.66\",\"request_id\":\"y\"}",
        "x\" address=198.51.100.66 request_id=\"y\"",
        "x\\\" address=198.51.100.66",
    ];
    let mut application = furnished.at(HERE);
    for id in ids {
        let form = [("client_id", id), ("grant_type", "client_credentials")];
        assert_eq!(application.post("/token", &form).await.status, 401);
        assert_eq!(post_as(&mut application, "/token", (id, SECRET), &form[1..]).await.status, 401);
    }
    let log = furnished.log();
    let lines = served(&log);
    assert_eq!(lines.len(), 6, "{lines:?}");
    for (line, id) in lines.iter().zip(ids.iter().flat_map(|id| [id, id])) {
        assert_eq!((text(line, "client"), text(line, "address")), (*id, HERE), "{line}");
    }
    assert!(!log.contains(PASSWORD));
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_in_the_log_beside_the_registered_one() {
    let furnished = Furnished::start(&[]).await;
    let web = furnished.web();
    let mut browser = furnished.at(HERE);
    let url = web.url_with(&[("redirect_uri", "https://app.example:444/callback")]);
    assert_eq!(browser.get(&url).await.status, 400);
    assert_eq!(browser.get(&web.url_with(&[("redirect_uri", "no address\u{202e}")])).await.status, 400);
    let after = "/logout?client_id=web&post_logout_redirect_uri=https://app.example/bye";
    assert_eq!(browser.get(after).await.status, 400);
    let log = furnished.log();
    let lines = served(&log);
    let line = |reason: &str| {
        lines.iter().find(|line| text(line, "reason") == reason).unwrap_or_else(|| panic!("{reason}: {log}"))
    };
    let port = line("redirect_uri.port_mismatch");
    assert_eq!(text(port, "came"), "https://app.example:444/callback", "{port}");
    assert_eq!(text(port, "registered"), "https://app.example/callback", "{port}");
    let malformed = line("redirect_uri.malformed");
    assert_eq!(text(malformed, "came"), "no address%E2%80%AE", "{malformed}");
    let logout = line("logout.redirect_uri");
    assert_eq!(text(logout, "came"), "https://app.example/bye", "{logout}");
    assert!(logout["registered"].is_null(), "the client has no such address: {logout}");
}

#[tokio::test]
async fn requests_that_are_turned_away_are_summed_up_as_refusals_are() {
    let furnished = Furnished::start(&[("GRANTOR_HTTP__DEADLINE", "1s")]).await;
    let lock = Lock::on(furnished.cli.database_url(), "device_codes IN ACCESS EXCLUSIVE MODE").await;
    let begin = async |address| {
        furnished.at(address).post("/device_authorization", &[("client_id", "tv")]).await.status.as_u16()
    };
    let statuses = join_all([HERE; 40].into_iter().chain([THERE]).map(begin)).await;
    lock.release().await;
    assert_eq!(statuses, [503; 41]);
    let log = furnished.log();
    let turned_away = |address: &str| {
        let lines = log.lines().filter(|line| line.contains("turned away"));
        lines.filter(|line| line.contains(&format!("\"address\":\"{address}\""))).count()
    };
    // The minute may have ended in between; then there are more lines and two sums.
    assert!((30..40).contains(&turned_away(HERE)), "{log}");
    assert_eq!(turned_away(THERE), 1, "{log}");
    let sums = log.lines().filter(|line| line.contains("refused more requests of this network"));
    let sums: Vec<Value> = sums.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(sums.iter().all(|sum| sum["network"] == HERE), "{sums:?}");
    let summed: u64 = sums.iter().map(|sum| sum["refused"].as_u64().unwrap()).sum();
    assert_eq!(turned_away(HERE) as u64 + summed, 40, "{log}");
}
