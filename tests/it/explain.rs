//! Refused requests are kept for the operator, who sees what came beside what is registered, and the command that helps.

use std::time::Duration;

use grantor::clock::{Seconds, Timestamp};
use grantor::oauth::client::{AuthMethod, Demand, GrantType};
use grantor::secret::ordered_id;
use grantor::store::refusals::{self, KeptRefusal, MAX_ROWS, MAX_ROWS_OF_A_NETWORK};
use grantor::work::kept_refusals;
use grantor::work::purge::pass;
use serde_json::{Value, json};

use crate::support::mark::{MARK, leak};
use crate::support::relying_party::{Registration, basic};
use crate::support::server::purging;
use crate::support::{Answer, Operator, TestServer};

/// The last refusal, after everything that was refused before has been stored.
async fn last(server: &TestServer, operator: &Operator) -> Value {
    kept_refusals::store(&server.app).await;
    operator.json(&["explain", "--last"])
}

/// Runs a command that the program has named, without a shell.
fn obey(operator: &Operator, command: &str) {
    let words: Vec<String> =
        command.split(' ').skip(1).map(|word| word.trim_matches('\'').to_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    operator.done(&words);
}

#[tokio::test]
async fn a_wrong_redirect_uri_is_shown_beside_the_registered_one_and_the_command_lets_it_pass() {
    let server = TestServer::start().await;
    let (web, operator) = (server.web().await, Operator::of(&server));
    let mut browser = server.browser();
    let url = web.url_with(&[("redirect_uri", "https://app.example/callback/")]);
    let answer = browser.get(&url).await;
    answer.assert_page(400, "redirect_uri.path_mismatch");
    let id = answer.header("x-request-id").to_owned();
    kept_refusals::store(&server.app).await;

    let explained = operator.json(&["explain", &id]);
    assert_eq!(explained["request_id"], id.as_str());
    assert_eq!(explained["client_id"], web.id.as_str());
    assert_eq!(explained["path"], "/authorize");
    assert_eq!(explained["address"], "127.0.0.1");
    assert_eq!(explained["reason"], "redirect_uri.path_mismatch");
    assert_eq!(explained["error"], "invalid_request");
    assert_eq!(explained["rule"], "RFC 6749 §3.1.2.3, RFC 9700 §2.1");
    assert_eq!(
        explained["detail"],
        json!({
            "subject": "redirect_uri",
            "came": "https://app.example/callback/",
            "registered": ["https://app.example/callback"],
            "differs": { "part": "path", "text": "/callback/" },
            "marks": { "came": [[28, 29]], "registered": [[28, 28]] },
            "seconds": null,
        })
    );
    let command = explained["command"].as_str().unwrap();
    assert_eq!(command, "grantor client update web --add-redirect-uri https://app.example/callback/");
    assert!(explained["caution"].as_str().unwrap().contains("belongs to the application"));

    let text = operator.done(&["explain", &id]);
    let lines: Vec<&str> = text.lines().collect();
    let came = lines.iter().position(|line| line.ends_with("https://app.example/callback/")).unwrap();
    assert_eq!(lines[came + 1].find('^'), lines[came].rfind('/'), "{text}");
    assert!(text.contains("RFC 6749") && text.contains(command) && text.contains("127.0.0.1"), "{text}");

    obey(&operator, command);
    server.clock.advance(Duration::from_secs(2));
    assert_eq!(browser.get(&url).await.status, 303);
}

/// A parameter of a request, the reason for which it is refused, what came, what is registered, and the command.
type Case = ((&'static str, &'static str), &'static str, Value, Value, Value);

fn scopes_and_challenges() -> Vec<Case> {
    vec![
        (
            ("scope", "read write"),
            "scope.forbidden",
            json!("read write"),
            json!(["read"]),
            json!("grantor client update web --add-scope write"),
        ),
        (
            ("scope", "read raed"),
            "scope.unknown",
            json!("raed read"),
            json!(["read"]),
            json!("grantor scope create raed --description 'What raed lets an application do'"),
        ),
        (
            ("code_challenge", ""),
            "pkce.challenge_missing",
            json!(null),
            json!([]),
            // The request has a method, so the application knows PKCE.
            json!(null),
        ),
        (
            ("code_challenge_method", "plain"),
            "pkce.method_unsupported",
            json!("plain"),
            json!(["S256"]),
            json!(null),
        ),
    ]
}

fn addresses_and_types() -> Vec<Case> {
    let callback = "https://app.example/callback";
    vec![
        (
            ("response_type", "code id_token"),
            "response_type.not_allowed",
            json!("code id_token"),
            json!([]),
            json!(null),
        ),
        (
            ("resource", "https://api.example"),
            "resource.unknown",
            json!("https://api.example"),
            json!([]),
            json!("grantor resource create https://api.example"),
        ),
        (("redirect_uri", ""), "redirect_uri.missing", json!(null), json!([callback]), json!(null)),
        (
            ("redirect_uri", "https://app.example/callback?x=$(id)"),
            "redirect_uri.query_mismatch",
            json!("https://app.example/callback?x=$(id)"),
            json!([callback]),
            json!(null),
        ),
        (
            ("redirect_uri", "https://app.example/$(id)"),
            "redirect_uri.path_mismatch",
            json!("https://app.example/$(id)"),
            json!([callback]),
            json!("grantor client update web --add-redirect-uri 'https://app.example/$(id)'"),
        ),
    ]
}

#[tokio::test]
async fn a_refusal_says_what_was_asked_for_what_is_allowed_and_which_command_allows_it() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").scopes("read").pkce(Demand::Require)).await;
    let operator = Operator::of(&server);
    let mut browser = server.browser();
    for (changes, reason, came, registered, command) in
        scopes_and_challenges().into_iter().chain(addresses_and_types())
    {
        let answer = browser.get(&web.url_with(&[changes])).await;
        assert!(matches!(answer.status.as_u16(), 303 | 400), "{answer:?}");
        let explained = last(&server, &operator).await;
        assert_eq!(explained["reason"], reason, "{explained}");
        let detail = &explained["detail"];
        assert_eq!((&detail["came"], &detail["registered"]), (&came, &registered), "{explained}");
        assert_eq!(explained["command"], command, "{explained}");
        server.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_refused_token_request_says_how_late_it_was_and_how_the_client_must_authenticate() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").method(AuthMethod::Basic)).await;
    let (operator, mut alice) = (Operator::of(&server), server.alice().await);
    let code = web.code(&mut alice).await;
    server.clock.advance(Duration::from_secs(90));
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.expired");
    let explained = last(&server, &operator).await;
    assert_eq!(explained["detail"]["subject"], "code_expiry", "{explained}");
    let late = explained["detail"]["seconds"].as_i64().unwrap();
    assert!((29..=60).contains(&late), "{explained}");
    assert_eq!(explained["username"], "alice");
    assert!(operator.done(&["explain", "--last"]).contains(&format!("difference  {late} seconds")));

    let secret = web.secret.clone().unwrap();
    let form = [("grant_type", "client_credentials"), ("client_id", "web"), ("client_secret", &secret)];
    server.clock.advance(Duration::from_secs(1));
    server.token(&form).await.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    let explained = last(&server, &operator).await;
    assert_eq!(explained["detail"]["came"], "client_secret_post");
    assert_eq!(explained["detail"]["registered"], json!(["client_secret_basic"]));
    assert_eq!(explained["command"], "grantor client update web --auth-method client_secret_post");

    server.clock.advance(Duration::from_secs(1));
    web.token(&[("grant_type", "client_credentials")]).await.assert_json_error(
        400,
        "unauthorized_client",
        "client.grant_not_allowed",
    );
    let explained = last(&server, &operator).await;
    assert_eq!(explained["detail"]["came"], "client_credentials");
    assert_eq!(explained["command"], "grantor client update web --add-grant client_credentials");
    obey(&operator, explained["command"].as_str().unwrap());
    assert_eq!(web.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await.status, 200);
}

#[tokio::test]
async fn the_last_refusals_are_listed_and_found_by_client_and_reason() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (one, other) = (
        server.web().await,
        server.register(Registration::web("other").grants(&[GrantType::AuthorizationCode])).await,
    );
    let mut browser = server.browser();
    for (application, changes) in
        [(&one, ("scope", "nonsense")), (&other, ("scope", "nonsense")), (&other, ("response_type", "x"))]
    {
        browser.get(&application.url_with(&[changes])).await;
        server.clock.advance(Duration::from_secs(1));
    }
    kept_refusals::store(&server.app).await;
    let all = operator.json(&["refusal", "list"]);
    let words: Vec<&str> =
        all.as_array().unwrap().iter().map(|row| row["reason"].as_str().unwrap()).collect();
    assert_eq!(words, ["response_type.unsupported", "scope.unknown", "scope.unknown"]);
    let of = |more: &[&str]| operator.json(&[&["refusal", "list"], more].concat()).as_array().unwrap().len();
    assert_eq!(of(&["--client", "other"]), 2);
    assert_eq!(of(&["--client", "other", "--reason", "scope.unknown"]), 1);
    assert_eq!(of(&["--limit", "2"]), 2);
    let explained = operator.json(&["explain", "--last", "--client", &one.id]);
    assert_eq!((&explained["client_id"], &explained["reason"]), (&json!(one.id), &json!("scope.unknown")));
    let explained = operator.json(&["explain", "--last", "--client", "other", "--reason", "scope.unknown"]);
    assert_eq!(explained["request_id"], all[1]["request_id"]);
    assert!(operator.refused(&["explain", "made-up"]).starts_with("no refused request with this id is kept"));
    assert!(operator.refused(&["explain", "--last", "--client", "x"]).contains("no refused request is kept"));
    assert_eq!(operator.run(&["explain"]).status.code(), Some(2));
    assert_eq!(operator.run(&["explain", "a", "--last"]).status.code(), Some(2));
}

#[tokio::test]
async fn the_refusals_of_one_second_are_listed_in_their_order() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    let scopes: Vec<String> = (0..9).map(|n| format!("unknown{n}")).collect();
    for scope in &scopes {
        browser.get(&web.url_with(&[("scope", scope)])).await;
    }
    kept_refusals::store(&server.app).await;
    let operator = Operator::of(&server);
    let all = operator.json(&["refusal", "list"]);
    let listed = all.as_array().unwrap().iter().map(|row| row["description"].to_string());
    for (description, scope) in listed.zip(scopes.iter().rev()) {
        assert!(description.contains(scope.as_str()), "{all}");
    }
    assert!(operator.json(&["explain", "--last"])["description"].to_string().contains("unknown8"));
}

#[tokio::test]
async fn a_refusal_has_no_secret_code_token_or_password() {
    let server = TestServer::start().await;
    let (web, operator, mut alice) = (server.web().await, Operator::of(&server), server.alice().await);
    let mut browser = server.browser();
    for grant_type in ["authorization_code", "refresh_token", "client_credentials", "x"] {
        let form = [
            ("grant_type", grant_type),
            ("code", MARK),
            ("code_verifier", MARK),
            ("refresh_token", MARK),
            ("device_code", MARK),
            ("assertion", MARK),
            ("subject_token", MARK),
            ("redirect_uri", "https://app.example/other"),
        ];
        web.token(&form).await;
        let wrong = [("authorization", basic("web", MARK))];
        let wrong: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = serde_urlencoded::to_string(form).unwrap();
        let headers = [&wrong[..], &[("content-type", "application/x-www-form-urlencoded")]].concat();
        browser.request(reqwest::Method::POST, "/token", &headers, &body).await;
        server.token(&[("client_id", "web"), ("client_secret", MARK), ("grant_type", grant_type)]).await;
    }
    browser.get(&web.url_with(&[("id_token_hint", MARK), ("state", MARK), ("nonce", MARK)])).await;
    browser.get(&web.url_with(&[("code_challenge", MARK)])).await;
    let page = alice.open(&web.url_with(&[])).await;
    let forged = [("form_token", MARK), ("username", "alice"), ("password", MARK)];
    alice.post(&page.form_action(), &forged).await;
    for token in [MARK, &format!("gat_{MARK}")] {
        server.user_info(token).await;
    }
    let code = web.code(&mut alice).await;
    web.redeem_with(&code, &[("code_verifier", "x".repeat(43).as_str())]).await;
    kept_refusals::store(&server.app).await;

    let list = operator.done(&["refusal", "list", "--json"]);
    let count = serde_json::from_str::<Value>(&list).unwrap().as_array().unwrap().len();
    assert!(count >= 14, "{list}");
    for secret in [MARK, &code] {
        assert_eq!(leak(secret, list.as_bytes()), None, "{list}");
        let rows: Vec<(String,)> = server
            .store(async |tx| {
                tx.query("SELECT COALESCE(detail, '') || description || path FROM refusals").all().await
            })
            .await;
        let rows: Vec<String> = rows.into_iter().map(|(row,)| row).collect();
        assert_eq!(leak(secret, rows.join("\n").as_bytes()), None, "{rows:?}");
    }
}

#[tokio::test]
async fn what_a_stranger_sends_is_kept_on_one_line_of_bounded_length() {
    let server = TestServer::start().await;
    let (web, operator) = (server.web().await, Operator::of(&server));
    let long = format!("https://app.example/{}\r\n\u{1b}[31m\u{202e}", "a".repeat(3000));
    server.browser().get(&web.url_with(&[("redirect_uri", &long)])).await;
    let explained = last(&server, &operator).await;
    let came = explained["detail"]["came"].as_str().unwrap_or_default();
    assert!(came.len() < 320 && came.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{explained}");
    assert_eq!(explained["command"], json!(null), "the address is not whole");
}

#[tokio::test]
async fn a_flood_of_one_network_is_kept_in_part_and_ten_thousand_rows_are_kept_in_all() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    for _ in 0..50 {
        browser.get(&web.url_with(&[("scope", "nonsense")])).await;
    }
    kept_refusals::store(&server.app).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM refusals").await, 30);
    let now = server.app.now();
    for batch in 0..11_i64 {
        let made = move |number: i64| KeptRefusal {
            id: ordered_id(now),
            request_id: format!("r{batch}-{number}"),
            created_at: now + Seconds::new(batch * 1000 + number),
            client: None,
            user: None,
            address: "192.0.2.1".into(),
            // Many networks, of which each has its share.
            network: format!("192.0.2.{}", batch * 16 + number % 16),
            path: "/token".into(),
            reason: "code.unknown".into(),
            description: "the code is not known here".into(),
            detail: None,
        };
        let rows: Vec<KeptRefusal> = (0..1000).map(made).collect();
        server.store(async move |tx| refusals::save(tx, &rows, Timestamp::MAX).await).await;
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM refusals").await, MAX_ROWS);
    let oldest = server.number("SELECT MIN(created_at) FROM refusals").await;
    assert_eq!(oldest, (now + Seconds::new(1000)).as_unix(), "the oldest went first");
}

#[tokio::test]
async fn one_network_does_not_push_the_refusals_of_all_others_out() {
    let server = TestServer::start().await;
    let now = server.app.now();
    let made = move |network: &str, number: i64| KeptRefusal {
        id: ordered_id(now),
        request_id: format!("{network} {number}"),
        created_at: now + Seconds::new(number),
        client: None,
        user: None,
        address: network.into(),
        network: network.into(),
        path: "/token".into(),
        reason: "code.unknown".into(),
        description: "the code is not known here".into(),
        detail: None,
    };
    let save = async |rows: Vec<KeptRefusal>| {
        server.store(async move |tx| refusals::save(tx, &rows, Timestamp::MAX).await).await;
    };
    save((0..20).map(|number| made("192.0.2.1", number)).collect()).await;
    // 30 in each minute, for seven hours.
    for batch in 0..126 {
        save((0..100).map(|number| made("198.51.100.1", batch * 100 + number)).collect()).await;
    }
    let of_the_quiet = "SELECT COUNT(*) FROM refusals WHERE network = '192.0.2.1'";
    assert_eq!(server.number(of_the_quiet).await, 20);
    let of_the_loud = "SELECT COUNT(*) FROM refusals WHERE network = '198.51.100.1'";
    assert_eq!(server.number(of_the_loud).await, MAX_ROWS_OF_A_NETWORK);
    let oldest = "SELECT MIN(created_at) FROM refusals WHERE network = '198.51.100.1'";
    assert_eq!(server.number(oldest).await, (now + Seconds::new(12_600 - MAX_ROWS_OF_A_NETWORK)).as_unix());
}

#[tokio::test]
async fn refusals_end_after_their_retention_and_are_not_kept_at_all_if_that_is_zero() {
    let server = TestServer::start_with(&[("purge.every", "0s")]).await;
    let web = server.web().await;
    let refuse = async |server: &TestServer, web: &crate::support::Application| -> Answer {
        let answer = server.browser().get(&web.url_with(&[("scope", "nonsense")])).await;
        kept_refusals::store(&server.app).await;
        answer
    };
    refuse(&server, &web).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM refusals").await, 1);
    for (days, left) in [(6, 1), (2, 0)] {
        server.clock.advance(Duration::from_secs(days * 86_400));
        let live = server.app.live_sessions(server.app.now());
        pass(&purging(&server.app, "test"), live).await.unwrap();
        assert_eq!(server.number("SELECT COUNT(*) FROM refusals").await, left, "{days}");
    }

    let server = TestServer::start_with(&[("explain.retention", "0s")]).await;
    let web = server.web().await;
    refuse(&server, &web).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM refusals").await, 0);
    let mut command = Operator::of(&server).command(&["explain", "--last"]);
    let output = command.env("GRANTOR_EXPLAIN__RETENTION", "0s").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("explain.retention is 0"), "{output:?}");
}
