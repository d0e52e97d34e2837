//! Too much of something: refused before it costs anything.

use std::time::{Duration, Instant};

use grantor::oauth::client::GrantType;

#[cfg(target_os = "linux")]
use super::resident;
use super::{AUTHORIZE, FORM, assert_4xx, assert_well, raw, status_of};
#[cfg(target_os = "linux")]
use crate::support::CommandLine;
use crate::support::TestServer;
use crate::support::relying_party::Registration;
use crate::token_endpoint::PARAMETERS;

/// Far more than a refusal takes, and far less than processing a body of 1 MB would take.
const QUICK: Duration = Duration::from_secs(5);
const MEGABYTE: usize = 1_000_000;

#[tokio::test]
async fn bodies_of_a_megabyte_and_of_a_byte_are_refused_soon() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let sign_in = browser.open(&web.url_with(&[])).await;
    let mut other = server.browser();
    let page = other.open(&web.url_with(&[])).await;
    let consent = other.sign_in(&page, "alice").await;
    let paths = [
        "/token".to_owned(),
        "/authorize".into(),
        "/logout".into(),
        "/device_authorization".into(),
        "/bc-authorize".into(),
        "/device".into(),
        "/introspect".into(),
        "/revoke".into(),
        sign_in.form_action(),
        consent.form_action(),
    ];
    for path in &paths {
        for body in [vec![b'a'; MEGABYTE], b"a".to_vec(), vec![0], b"=".to_vec(), vec![0xff; MEGABYTE]] {
            let browser = if path.contains("/consent") { &mut other } else { &mut browser };
            let (began, length) = (Instant::now(), body.len());
            let answer = browser.post_raw(path, FORM, body).await;
            match (length, path.replace("/consent?", "/authorize/resume?")) {
                (MEGABYTE, _) => assert_eq!(answer.status, 413, "{path}: {answer:?}"),
                // A form that was never shown leads back to the question.
                (_, logout) if logout == "/logout" => {
                    assert_eq!(answer.location(), Some(format!("{}/logout", server.url)));
                }
                (_, asked_again) if asked_again != *path => assert_eq!(answer.location(), Some(asked_again)),
                _ => assert_4xx(&answer, path),
            }
            assert!(began.elapsed() < QUICK, "{path} took {:?}", began.elapsed());
        }
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn a_parameter_of_a_million_characters_is_refused_soon() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    let long = "x".repeat(MEGABYTE);
    for (path, names) in [("/authorize", AUTHORIZE.as_slice()), ("/token", PARAMETERS.as_slice())] {
        for name in names {
            let began = Instant::now();
            let answer = browser.post(path, &[(name, &long)]).await;
            assert_eq!(answer.status, 413, "{name} at {path}");
            assert!(began.elapsed() < QUICK, "{name} at {path} took {:?}", began.elapsed());
        }
    }
    for name in AUTHORIZE {
        let began = Instant::now();
        let request = format!("GET /authorize?{name}={long} HTTP/1.1\r\nHost: x\r\n\r\n");
        let status = status_of(&raw(&server, request.as_bytes()));
        assert!((400..500).contains(&status), "{name}: {status}");
        assert!(began.elapsed() < QUICK);
    }
    // What fits into a body is too long for a parameter.
    let long = "x".repeat(60_000);
    for name in AUTHORIZE {
        let body = web.request_with(&[(name, &long)]).into_bytes();
        let answer = browser.post_raw("/authorize", FORM, body).await;
        match name {
            "client_id" | "redirect_uri" => answer.assert_page(400, "parameter.too_long"),
            _ => answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url),
        }
    }
    for name in PARAMETERS {
        let answer = browser.post("/token", &[(name, &long)]).await;
        answer.assert_json_error(400, "invalid_request", "parameter.too_long");
    }
    assert_well(&server).await;
}

#[tokio::test]
async fn too_many_scopes_are_refused() {
    let server = TestServer::start().await;
    let (web, service) = (server.web().await, server.service().await);
    let mut browser = server.browser();
    let (ten_thousand, sixty_five) = (vec!["read"; 10_000].join(" "), vec!["r"; 65].join(" "));
    for (scope, error, reason) in [
        (ten_thousand.as_str(), "invalid_request", "parameter.too_long"),
        (sixty_five.as_str(), "invalid_scope", "scope.too_many"),
    ] {
        let body = web.request_with(&[("scope", scope)]).into_bytes();
        let answer = browser.post_raw("/authorize", FORM, body).await;
        answer.assert_redirect_error(error, reason, &server.url);
        let answer = service.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
        answer.assert_json_error(400, error, reason);
    }
    // 64 names are read, and judged for what they are.
    let body = web.request_with(&[("scope", &vec!["read"; 64].join(" "))]).into_bytes();
    assert!(browser.post_raw("/authorize", FORM, body).await.get("flow").len() > 10);
}

#[tokio::test]
async fn a_thousand_parameters_are_refused() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.browser();
    let many: String = (0..1000).map(|number| format!("&p{number}=1")).collect();
    let request = web.request_with(&[]) + &many;
    browser.get(&format!("/authorize?{request}")).await.assert_page(400, "parameter.too_many");
    let answer = browser.post_raw("/authorize", FORM, request.into_bytes()).await;
    answer.assert_page(400, "parameter.too_many");
    let form = format!("grant_type=client_credentials{many}").into_bytes();
    let answer = browser.post_raw("/token", FORM, form).await;
    answer.assert_json_error(400, "invalid_request", "parameter.too_many");
}

#[tokio::test]
async fn no_refusal_costs_more_than_a_good_request() {
    let server = TestServer::start().await;
    let tv = server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
    let service = server.service().await;
    let words = vec!["read"; 10_000].join(" ");
    // A token may be longer than other parameters.
    let is_token = |name: &str| matches!(name, "token" | "subject_token" | "actor_token");
    let long = |name: &str| "x".repeat(if is_token(name) { 32 * 1024 + 1 } else { 8 * 1024 + 1 });
    let form = |name: &'static str, value: &str| [(name, value.to_owned())];
    let mut hostile = Vec::new();
    for name in PARAMETERS.into_iter().filter(|name| !name.starts_with("client_")) {
        hostile.push((&service, "/token", form(name, &long(name))));
    }
    for (app, path, name) in [
        (&tv, "/device_authorization", "scope"),
        (&tv, "/device_authorization", "resource"),
        (&service, "/introspect", "token"),
        (&service, "/revoke", "token"),
        (&service, "/token", "resource"),
    ] {
        hostile.push((app, path, form(name, &long(name))));
    }
    hostile.push((&service, "/token", form("scope", &words)));
    hostile.push((&tv, "/device_authorization", form("scope", &words)));
    let (mut good_ones, mut refusals) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..3 {
        for (app, path, fields) in &hostile {
            let began = Instant::now();
            let good = service.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await;
            good_ones += began.elapsed();
            assert_eq!(good.status, 200);
            let mut sent = vec![("grant_type", "client_credentials")];
            sent.retain(|(name, _)| *path == "/token" && *name != fields[0].0);
            sent.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
            let began = Instant::now();
            let refused = app.post(path, &sent).await;
            refusals += began.elapsed();
            refused.assert_json_error(400, "invalid_request", "parameter.too_long");
        }
    }
    // A factor of two is the noise of a busy machine.
    assert!(refusals < good_ones * 2, "{refusals:?} for refusals, {good_ones:?} for good requests");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn made_up_values_leave_nothing_in_memory() {
    /// How many requests make the buffers as large as they become.
    const FIRST: usize = 100;
    /// The bytes of all values of a kind.
    const SENT: usize = 800_000;
    /// In KiB: less than half of that.
    const ROOM: usize = 350;
    let cli = CommandLine::new().await;
    let create =
        "client create --id spa --name S --kind spa --redirect-uri https://spa.example/cb --scope openid";
    cli.done(&create.split(' ').collect::<Vec<_>>());
    // One network sends everything.
    let serving = cli.serve(&[("GRANTOR_LIMITS__ENABLED", "false"), ("GRANTOR_HTTP__WORKERS", "1")]);
    let (http, url, process) = (reqwest::Client::new(), &serving.url, serving.child.id());
    let token = |form: String| http.post(format!("{url}/token")).header("content-type", FORM).body(form);
    let bearer = |value: String| http.get(format!("{url}/userinfo")).bearer_auth(value);
    // The longest value of each kind that is looked up.
    for (kind, length, status) in [
        ("client", 248, 401),
        ("refresh token", 4000, 400),
        ("JWT", 4000, 401),
        ("origin", 4000, 400),
        ("path", 4000, 404),
    ] {
        // What is kept grows each time; what the server itself happens to do at the same time does not.
        let mut grown = usize::MAX;
        for round in 0..2 {
            if grown < ROOM {
                break;
            }
            let mut before = 0;
            for number in 0..FIRST + SENT / length {
                if number == FIRST {
                    before = resident(process);
                }
                let value = format!("{:08}", number + round * 10_000).repeat(length / 8);
                let request = match kind {
                    "client" => token(format!("grant_type=refresh_token&client_id={value}")),
                    "refresh token" => {
                        token(format!("grant_type=refresh_token&client_id=spa&refresh_token={value}"))
                    }
                    "JWT" => bearer(format!("eyJhbGciOiJFUzI1NiJ9.{value}.AA")),
                    "origin" => {
                        token("client_id=spa".into()).header("origin", format!("https://{value}.example"))
                    }
                    _ => http.get(format!("{url}/{value}")),
                };
                assert_eq!(request.send().await.unwrap().status(), status, "{kind} {number}");
            }
            grown = resident(process).saturating_sub(before);
        }
        assert!(grown < ROOM, "{kind}: {grown} KiB more");
    }
}
