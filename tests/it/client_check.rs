//! `grantor client check`: decides about a request as the server does, and makes nothing.

mod grants;

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::{AuthMethod, ClientKind, Demand, GrantType, ObjectAlgorithm, SubjectType};
use grantor::oauth::id::ClientId;
use grantor::oauth::request::response_type::ResponseType;
use serde_json::{Value, json};

use crate::support::jwt::claims;
use crate::support::process::said;
use crate::support::relying_party::Registration;
use crate::support::{Application, Operator, TestServer};

fn check(operator: &Operator, server: &TestServer, client: &str, more: &[&str]) -> Value {
    let arguments = [&["client", "check", client, "--json"], more].concat();
    let output = operator.command(&arguments).env("GRANTOR_PUBLIC_URL", &server.url).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The reasons of the steps that are refused.
fn reasons(check: &Value) -> Vec<String> {
    let steps = check["steps"].as_array().unwrap().iter();
    steps.filter_map(|step| step["reason"].as_str().map(str::to_owned)).collect()
}

/// The number of rows that a request could leave behind.
async fn rows(server: &TestServer) -> i64 {
    server
        .number(
            "SELECT (SELECT COUNT(*) FROM codes) + (SELECT COUNT(*) FROM grants) + (SELECT COUNT(*) FROM access_tokens)
                  + (SELECT COUNT(*) FROM flows) + (SELECT COUNT(*) FROM consents) + (SELECT COUNT(*) FROM sessions)
                  + (SELECT COUNT(*) FROM refusals) + (SELECT COUNT(*) FROM device_codes)",
        )
        .await
}

/// Without what differs between any two tokens.
fn lasting(mut token: Value) -> Value {
    let members = token.as_object_mut().unwrap();
    for name in ["exp", "iat", "auth_time", "sid", "jti", "at_hash", "nonce"] {
        members.remove(name);
    }
    token
}

async fn openid_client(server: &TestServer, change: impl FnOnce(&mut Registration)) -> Application {
    let mut registration = Registration::web("web").scopes("openid email profile read");
    change(&mut registration);
    server.register(registration).await
}

#[tokio::test]
async fn the_tokens_of_a_check_are_those_that_the_server_issues_later() {
    for subject in [SubjectType::Public, SubjectType::Pairwise] {
        let server = TestServer::start().await;
        let web = openid_client(&server, |registration| registration.client.subject_type = subject).await;
        let (operator, mut alice) = (Operator::of(&server), server.alice().await);
        let before = rows(&server).await;
        let arguments = ["client", "check", "web", "--json", "--user", "alice", "--scope", "openid email"];
        let mut command = operator.command(&arguments);
        command.env("GRANTOR_PUBLIC_URL", &server.url);
        command.env("GRANTOR_KEYS__MASTER_KEY_FILE", &server.app.config.keys.master_key_file);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let check: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(check["allowed"], true, "{check}");
        assert_eq!(rows(&server).await, before, "nothing was stored");

        let code = alice.authorize(&web.url_with(&[("scope", "openid email")])).await.get("code");
        let tokens = web.redeem_by_hand(&code).await;
        let id_token = claims(&tokens.get("id_token"));
        assert_eq!(lasting(check["tokens"]["id_token"].clone()), lasting(id_token), "{subject:?}");
        let user_info = server.user_info(&tokens.get("access_token")).await.json();
        assert_eq!(check["tokens"]["userinfo"], user_info, "{subject:?}");
        assert_eq!(check["tokens"]["access_token"]["format"], "opaque");
        assert_eq!(check["tokens"]["access_token"]["expires_in"], tokens.json()["expires_in"]);
        let introspected = web.introspect(&tokens.get("access_token")).await;
        for name in ["sub", "scope", "client_id"] {
            assert_eq!(check["tokens"]["access_token"]["claims"][name], introspected[name], "{name}");
        }
        assert_eq!(check["tokens"]["refresh_token"], tokens.json()["refresh_token"].is_string());
    }
}

#[tokio::test]
async fn a_jwt_for_an_api_has_the_claims_of_the_check() {
    let server = TestServer::start().await;
    server.resource("https://api.example", "read").await;
    let web = openid_client(&server, |_| {}).await;
    let (operator, mut alice) = (Operator::of(&server), server.alice().await);
    let more = ["--user", "alice", "--scope", "openid read", "--resource", "https://api.example"];
    let check = check(&operator, &server, "web", &more);
    let url = web.url_with(&[("scope", "openid read"), ("resource", "https://api.example")]);
    let code = alice.authorize(&url).await.get("code");
    let tokens = web.redeem_by_hand(&code).await;
    let expected = claims(&tokens.get("access_token"));
    assert_eq!(lasting(check["tokens"]["access_token"]["claims"].clone()), lasting(expected), "{check}");
    assert_eq!(check["tokens"]["access_token"]["format"], "jwt");
    assert_eq!(check["tokens"]["userinfo"], json!(null), "the token is not for UserInfo");
}

#[tokio::test]
async fn a_check_refuses_for_the_reason_for_which_the_server_refuses() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let web = openid_client(&server, |_| {}).await;
    let mut browser = server.browser();
    for (option, name, value, reason) in [
        ("--redirect-uri", "redirect_uri", "https://app.example/other", "redirect_uri.path_mismatch"),
        ("--redirect-uri", "redirect_uri", "https://evil.example/callback", "redirect_uri.host_mismatch"),
        ("--scope", "scope", "openid pay", "scope.forbidden"),
        ("--scope", "scope", "openid nonsense", "scope.unknown"),
        ("--scope", "scope", "a\"b", "scope.malformed"),
        ("--response-type", "response_type", "code id_token", "response_type.not_allowed"),
        ("--response-type", "response_type", "token", "response_type.unsupported"),
        ("--resource", "resource", "https://api.example", "resource.unknown"),
    ] {
        let check = check(&operator, &server, "web", &[option, value]);
        assert_eq!(check["allowed"], false, "{check}");
        assert_eq!(reasons(&check), [reason], "{check}");
        let answer = browser.get(&web.url_with(&[(name, value)])).await;
        let is_same = answer.body.contains(reason) || answer.get("error_uri").ends_with(reason);
        assert!(is_same, "{reason}: {answer:?}");
    }
}

#[tokio::test]
async fn every_mistake_is_named_at_once_with_the_command_that_helps() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    openid_client(&server, |_| {}).await;
    let more = [
        "--redirect-uri",
        "https://app.example/other",
        "--scope",
        "openid pay",
        "--response-type",
        "code id_token",
    ];
    let found = check(&operator, &server, "web", &more);
    let expected = ["redirect_uri.path_mismatch", "response_type.not_allowed", "scope.forbidden"];
    assert_eq!(reasons(&found), expected, "{found}");
    let step = |name: &str| {
        found["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).cloned().unwrap()
    };
    assert_eq!(step("scope")["command"], "grantor client update web --add-scope pay");
    assert_eq!(step("scope")["detail"]["differs"]["text"], "pay");
    assert_eq!(step("client")["outcome"], "passed");
    assert_eq!(found["tokens"], json!(null));
    let text = operator.done(&[&["client", "check", "web"], &more[..]].concat());
    assert!(text.contains("The request would be refused.") && text.contains("--add-scope pay"), "{text}");
}

#[tokio::test]
async fn a_check_knows_the_person_and_the_groups_and_the_consent() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let web = openid_client(&server, |registration| {
        registration.client.required_group = Some("staff".to_owned());
    })
    .await;
    let mut alice = server.alice().await;
    let of = |more: &[&str]| check(&operator, &server, "web", &[&["--scope", "openid read"], more].concat());
    let refused = of(&["--user", "alice"]);
    assert_eq!(reasons(&refused), ["user.group_missing"], "{refused}");
    let commands: Vec<&Value> =
        refused["steps"].as_array().unwrap().iter().filter_map(|s| s.get("command")).collect();
    assert_eq!(commands, [&json!("grantor user update alice --add-group staff")]);
    operator.done(&["user", "update", "alice", "--add-group", "staff"]);
    let note = |check: &Value| {
        let steps = check["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == "user").unwrap()["note"].as_str().unwrap().to_owned()
    };
    let asked = of(&["--user", "alice"]);
    assert!(note(&asked).starts_with("alice is asked for consent"), "{asked}");
    alice.authorize(&web.url_with(&[("scope", "openid read")])).await;
    assert_eq!(note(&of(&["--user", "alice@example.com"])), "alice gets this without a question");
    operator.done(&["user", "disable", "alice"]);
    let disabled = of(&["--user", "alice"]);
    assert_eq!(reasons(&disabled), ["user.disabled"], "{disabled}");
    let sentence = operator.refused(&["client", "check", "web", "--user", "bob"]);
    assert!(sentence.contains("no user has"), "{sentence}");
    assert!(operator.refused(&["client", "check", "made-up"]).contains("made-up"));
    operator.done(&["client", "update", "web", "--disable"]);
    assert_eq!(reasons(&of(&[]))[0], "client.disabled");
}

#[tokio::test]
async fn a_token_request_of_a_service_is_checked_by_its_grant_type() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let job = server.service().await;
    let of = |more: &[&str]| {
        check(&operator, &server, &job.id, &[&["--grant-type", "client_credentials"], more].concat())
    };
    let good = of(&["--scope", "read"]);
    assert_eq!(good["allowed"], true, "{good}");
    let claims = &good["tokens"]["access_token"]["claims"];
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!(job.id), &json!("read")));
    assert_eq!(
        (&good["tokens"]["id_token"], &good["tokens"]["refresh_token"]),
        (&json!(null), &json!(false))
    );
    assert_eq!(reasons(&of(&["--scope", "nonsense"])), ["scope.unknown"]);
    let unknown = check(&operator, &server, &job.id, &["--grant-type", "password"]);
    assert_eq!(reasons(&unknown), ["grant_type.unsupported"]);
    let mut registration =
        Registration::of_kind("app", ClientKind::Web).grants(&[GrantType::AuthorizationCode]);
    registration.client.response_types = vec![ResponseType::Code, ResponseType::CodeIdToken];
    server.register(registration).await;
    let refused =
        check(&operator, &server, "app", &["--grant-type", "client_credentials", "--scope", "read"]);
    assert_eq!(reasons(&refused), ["client.grant_not_allowed"]);
}

/// What the check says about a step; `None` if it has none.
fn step_of(check: &Value, name: &str) -> Option<Value> {
    check["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).cloned()
}

#[tokio::test]
async fn a_check_says_what_a_token_request_must_prove_and_what_happens_without() {
    let server = TestServer::start().await;
    let (operator, job) = (Operator::of(&server), server.service().await);
    let of = |id: &str, more: &[&str]| {
        let arguments = [&["--grant-type", "client_credentials", "--scope", "read"], more].concat();
        check(&operator, &server, id, &arguments)
    };
    for (demand, begins, contains) in [
        ("off", "a DPoP proof binds the token to its key", "a Bearer token"),
        ("report", "a DPoP proof binds the token to its key", "the log notes dpop.missing"),
        ("require", "required: a DPoP proof", "without it, dpop.missing"),
    ] {
        operator.done(&["client", "update", &job.id, "--dpop", demand, "--dpop-nonce", "require"]);
        let said = step_of(&of(&job.id, &[]), "sender").unwrap();
        let note = said["note"].as_str().unwrap();
        assert!(note.starts_with(begins) && note.contains(contains), "{note}");
        assert!(note.contains("needs a nonce"), "{note}");
        let refused = job.token(&[("grant_type", "client_credentials")]).await.status != 200;
        assert_eq!(refused, note.starts_with("required"), "{note}");
    }
    operator.done(&["client", "update", &job.id, "--dpop", "default", "--dpop-nonce", "default"]);
    // With a profile, the registration and the proof have to fit, whatever the grant.
    let fapi = [("GRANTOR_OAUTH__PROFILE", "fapi2")];
    let arguments = ["client", "check", &job.id, "--json", "--grant-type", "client_credentials"];
    let output = operator.command(&arguments).envs(fapi).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reasons(&found), ["client.profile"], "{found}");
    let rule = |found: &Value| step_of(found, "profile").unwrap()["rule"].as_str().unwrap().to_owned();
    assert!(rule(&found).starts_with("FAPI 2.0 Security Profile"), "{found}");
    server.web().await;
    operator.done(&["client", "update", "web", "--pkce", "report"]);
    let oauth21 = [("GRANTOR_OAUTH__PROFILE", "oauth21")];
    let output = operator.command(&["client", "check", "web", "--json"]).envs(oauth21).output().unwrap();
    let web: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(rule(&web).starts_with("OAuth 2.1"), "{web}");
    // Backchannel requests of a profile are signed, and tell the person what they are about.
    let bank = Registration::web("bank").grants(&[GrantType::Ciba]).scopes("openid");
    server.register(bank).await;
    server.user("alice").await;
    let arguments =
        ["client", "check", "bank", "--json", "--grant-type", "ciba", "--scope", "openid", "--user", "alice"];
    let output = operator.command(&arguments).envs(fapi).output().unwrap();
    let asked: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in ["request_object", "binding_message"] {
        let note = step_of(&asked, name).unwrap()["note"].as_str().unwrap().to_owned();
        assert!(note.starts_with("required: "), "{note}");
    }
    let note = step_of(&found, "sender").unwrap()["note"].as_str().unwrap().to_owned();
    assert!(note.contains("fapi2 wants it signed with PS256, ES256, EdDSA, Ed25519"), "{note}");
}

#[tokio::test]
async fn a_check_of_an_authorization_request_says_that_it_must_be_pushed_and_what_its_code_needs() {
    let server = TestServer::start().await;
    let (operator, _web) = (Operator::of(&server), server.web().await);
    let of = || check(&operator, &server, "web", &["--scope", "read"]);
    assert_eq!(step_of(&of(), "pushed_request"), None);
    operator.done(&["client", "update", "web", "--par", "require", "--dpop", "require"]);
    let found = of();
    assert_eq!(found["allowed"], true, "{found}");
    for name in ["pushed_request", "sender"] {
        let note = step_of(&found, name).unwrap()["note"].as_str().unwrap().to_owned();
        assert!(note.starts_with("required: "), "{note}");
    }
}

#[tokio::test]
async fn a_check_says_of_each_demand_that_is_only_reported_whether_to_require_it() {
    let server = TestServer::start().await;
    let (operator, web, mut alice) = (Operator::of(&server), server.web().await, server.alice().await);
    let text = || operator.done(&["client", "check", "web", "--scope", "read"]);
    assert!(!text().contains("ONLY REPORTED"), "{}", text());
    operator.done(&["client", "update", "web", "--par", "report", "--dpop", "report"]);
    let found = check(&operator, &server, "web", &["--scope", "read"]);
    let verdicts = |found: &Value| -> Vec<(String, String)> {
        let word = |known: &Value, name: &str| known[name].as_str().unwrap().to_owned();
        let reported = found["reported"].as_array().unwrap().iter();
        reported.map(|known| (word(known, "policy"), word(known, "verdict"))).collect()
    };
    let of =
        |par: &str| vec![("par".to_owned(), par.to_owned()), ("dpop".to_owned(), "no_traffic".to_owned())];
    assert_eq!(verdicts(&found), of("no_traffic"));
    server.app.cache.client(&ClientId::new("web"), Freshness::Now).await.unwrap();
    assert_ne!(alice.authorize(&web.url_with(&[])).await.get("code"), "");
    grantor::work::activity::store(&server.app).await;
    let found = check(&operator, &server, "web", &["--scope", "read"]);
    assert_eq!((verdicts(&found), &found["allowed"]), (of("would_refuse"), &json!(true)), "{found}");
    let text = text();
    assert!(text.contains("ONLY REPORTED") && text.contains("The only request that was counted"), "{text}");
}

#[tokio::test]
async fn a_check_says_that_a_demand_of_the_server_cannot_be_met() {
    let server = TestServer::start_with(&[("oauth.jar", "require")]).await;
    openid_client(&server, |registration| {
        registration.client.messages.object_alg = Some(ObjectAlgorithm::Unsigned);
    })
    .await;
    server.register(Registration::web("keyless")).await;
    let mut free = Registration::web("free");
    free.client.messages.jar = Some(Demand::Off);
    server.register(free).await;
    // They send no authorization requests.
    server.service().await;
    server.register(Registration::web("caller").grants(&[GrantType::Ciba]).scopes("openid")).await;
    let operator = Operator::of(&server);
    let demanding = |arguments: &[&str]| {
        let mut command = operator.command(arguments);
        command.env("GRANTOR_PUBLIC_URL", &server.url).env("GRANTOR_OAUTH__JAR", "require");
        String::from_utf8(said(command, b"")).unwrap()
    };
    for (client, refused) in
        [("web", &["request_object.algorithm"][..]), ("keyless", &["request_object.required"]), ("free", &[])]
    {
        let check = serde_json::from_str(&demanding(&["client", "check", client, "--json"])).unwrap();
        assert_eq!(reasons(&check), refused, "{check}");
    }
    let text = demanding(&["config", "check"]);
    for sentence in [
        "demands signed requests, and these clients",
        "their authorization requests are refused: keyless, web;",
        "their backchannel requests are refused: caller;",
    ] {
        assert!(text.contains(sentence), "{text}");
    }
}

#[tokio::test]
async fn a_check_says_that_no_certificate_can_arrive() {
    let server = TestServer::start().await;
    let mut by_name = Registration::service("by-name");
    by_name.client.auth_method = Some(AuthMethod::TlsClientAuth);
    by_name.client.certificate.subject_dn = Some("CN=job".into());
    let mut bound = Registration::service("bound");
    bound.client.certificate.bound_tokens = true;
    server.register(by_name).await;
    server.register(bound).await;
    let operator = Operator::of(&server);
    let grant = ["--grant-type", "client_credentials"];
    for (client, reason) in
        [("by-name", "client_certificate.missing"), ("bound", "client_certificate.required")]
    {
        let check = check(&operator, &server, client, &grant);
        assert_eq!((&check["allowed"], reasons(&check)), (&json!(false), vec![reason.to_owned()]), "{check}");
    }
}
