//! Credentials in places where they do not belong: neither the log nor the database keeps them.

use reqwest::Method;
use serde_json::Value;

use crate::support::database::every_row;
use crate::support::mark::leak;
use crate::support::relying_party::{REDIRECT_URI, basic};
use crate::support::server::PASSWORD;
use crate::support::{Application, Browser, CommandLine};

/// The parameters of each endpoint, of which each gets the credential once.
const ENDPOINTS: [(&str, &str, &str); 7] = [
    (
        "GET",
        "/authorize",
        "response_type=code&client_id=web&redirect_uri=https://app.example/callback&scope=openid",
    ),
    ("POST", "/par", "response_type=code&redirect_uri=https://app.example/callback&scope=openid"),
    (
        "POST",
        "/token",
        "grant_type=authorization_code&redirect_uri=https://app.example/callback&scope=openid",
    ),
    ("POST", "/device_authorization", "scope=openid"),
    ("POST", "/bc-authorize", "scope=openid&login_hint=alice"),
    ("POST", "/introspect", "token_type_hint=access_token"),
    ("GET", "/logout", "client_id=web"),
];
/// More parameters, which each endpoint gets beside its own.
const MORE: &str = "client_id resource response_mode prompt display claims ui_locales max_age code_challenge \
                    code_challenge_method request request_uri authorization_details acr_values audience \
                    requested_token_type subject_token_type client_assertion_type post_logout_redirect_uri unknown";

struct Sender<'s> {
    browser: Browser,
    secret: &'s str,
    sent: u16,
}

impl Sender<'_> {
    /// Sends a request from an address of its own, because only the first refusals of each network are logged singly.
    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        self.sent += 1;
        let address = format!("10.{}.{}.1", self.sent / 256, self.sent % 256);
        let headers = [headers, &[("x-forwarded-for", &address)]].concat();
        let answer =
            self.browser.request(Method::from_bytes(method.as_bytes()).unwrap(), path, &headers, body).await;
        assert!((200..500).contains(&answer.status.as_u16()), "{method} {path}: {answer:?}");
    }

    async fn everywhere(&mut self, key: &str) {
        let secret = self.secret.to_owned();
        let form = ("content-type", "application/x-www-form-urlencoded");
        for (method, path, parameters) in ENDPOINTS {
            let all: Vec<(&str, &str)> = serde_urlencoded::from_str(parameters).unwrap();
            let names: Vec<&str> = all.iter().map(|(name, _)| *name).chain(MORE.split_whitespace()).collect();
            let redirect_uri = format!("https://app.example/callback?token={secret}");
            for name in names {
                for value in [&secret, &redirect_uri] {
                    let mut changed: Vec<(&str, &str)> =
                        all.iter().filter(|(other, _)| *other != name).copied().collect();
                    changed.push((name, value));
                    let query = serde_urlencoded::to_string(&changed).unwrap();
                    let (address, body) = match method {
                        "GET" => (format!("{path}?{query}"), ""),
                        _ => (path.to_owned(), query.as_str()),
                    };
                    let wrong = ("authorization", basic("web", "x"));
                    self.send(method, &address, &[form, (wrong.0, &wrong.1)], body).await;
                }
            }
        }
        for header in [basic(&secret, "web"), format!("Bearer {secret}"), secret.clone()] {
            let headers = [form, ("authorization", &header)];
            self.send("POST", "/token", &headers, "grant_type=client_credentials").await;
            self.send("GET", "/userinfo", &headers, "").await;
            self.send("GET", "/api/v1/clients", &headers, "").await;
        }
        let bearer = format!("Bearer {key}");
        let json = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        for path in [format!("/{secret}"), format!("/errors/{secret}"), format!("/admin/clients/{secret}")] {
            self.send("GET", &path, &[], "").await;
        }
        for path in [format!("clients/{secret}"), format!("users/{secret}"), format!("clients?kind={secret}")]
        {
            self.send("GET", &format!("/api/v1/{path}"), &json, "").await;
        }
        for member in ["client_id", "kind", "redirect_uris", "grant_types", secret.as_str()] {
            let body = serde_json::json!({ member: secret }).to_string();
            self.send("POST", "/api/v1/clients", &json, &body).await;
        }
    }
}

#[tokio::test]
async fn a_credential_in_the_wrong_place_is_kept_nowhere() {
    let cli = CommandLine::new().await;
    cli.done(&["scope", "create", "read", "--description", "Read your things"]);
    let more = ["--redirect-uri", REDIRECT_URI, "--scope", "openid read offline_access"];
    let created: Value = cli.client_done("web", "web", &more);
    let secret = created["client_secret"].as_str().unwrap();
    assert!(cli.user(&["--username", "alice"], PASSWORD).status.success());
    let key = ["api-key", "create", "--name", "pipeline", "--scope", "grantor.write grantor.read", "--json"];
    let key: Value = serde_json::from_str(&cli.done(&key)).unwrap();
    let key = key["key"].as_str().unwrap();
    let serving = cli.serve(&[("GRANTOR_HTTP__TRUSTED_PROXIES", "127.0.0.1")]);
    let web = Application::registered_at(&serving.url, "web", Some(secret), REDIRECT_URI);
    let mut alice = Browser::new(&serving.url);
    let scope = [("scope", "openid read offline_access"), ("prompt", "consent")];
    let back = alice.authorize(&web.url_with(&scope)).await;
    let code = back.get("code");
    let tokens = web.redeem_by_hand(&code).await;
    let credentials = [
        secret.to_owned(),
        key.to_owned(),
        code,
        tokens.get("access_token"),
        tokens.get("refresh_token"),
        tokens.get("id_token"),
    ];
    for credential in &credentials {
        assert!(credential.len() > 40, "{tokens:?}");
        let mut sender = Sender { browser: Browser::new(&serving.url), secret: credential, sent: 0 };
        sender.everywhere(key).await;
    }
    let (ended_well, log) = serving.stop();
    assert!(ended_well && log.contains("gcs_(withheld)") && log.contains("eyJ(withheld)"), "it did log");
    let rows = every_row(cli.database_url()).await;
    assert!(rows["refusals"].len() > 100 && rows["events"].len() > 10, "{rows:?}");
    for credential in &credentials {
        let line = log.lines().find(|line| leak(credential, line.as_bytes()).is_some());
        assert_eq!(line, None, "it is in the log");
        for (table, rows) in &rows {
            let row = rows.iter().find(|row| leak(credential, row.as_bytes()).is_some());
            assert_eq!(row, None, "it is in {table}");
        }
    }
}
