//! What an application may ask for, and how a request is refused.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::ClientKind;
use grantor::oauth::id::ClientId;
use grantor::work::kept_refusals;
use reqwest::Method;
use serde_json::json;

use super::{ALICE, BEGIN, CIBA, answer, ask, asking, bank, begin, form, metadata, poll, question, requests};
use crate::support::relying_party::Registration;
use crate::support::{Browser, Operator, TestServer};

#[tokio::test]
async fn a_person_is_asked_elsewhere_and_the_application_gets_tokens() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let begun = ask(&bank, &[("binding_message", "W4SCT")]).await;
    let (id, body) = (begun.get("auth_req_id"), begun.json());
    assert!(id.len() > 40 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)));
    assert_eq!((&body["expires_in"], &body["interval"]), (&json!(300), &json!(5)));
    poll(&bank, &id).await.assert_json_error(400, "authorization_pending", "auth_req_id.pending");
    let page = question(&mut alice).await;
    for part in ["The bank application", "W4SCT", "Read your things"] {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    alice.submit(&page, &[("allow", "1")]).await;
    let tokens = poll(&bank, &id).await;
    assert_eq!((tokens.status.as_u16(), tokens.get("token_type").as_str()), (200, "Bearer"), "{tokens:?}");
    assert!(!tokens.get("id_token").is_empty() && !tokens.get("refresh_token").is_empty(), "{tokens:?}");
    assert_eq!(server.user_info(&tokens.get("access_token")).await.status, 200);

    let known = metadata(&server).await;
    assert_eq!(known["backchannel_authentication_endpoint"], format!("{}{BEGIN}", server.url));
    assert_eq!(known["backchannel_token_delivery_modes_supported"], json!(["poll", "ping"]));
    assert_eq!(known["backchannel_user_code_parameter_supported"], json!(true));
    let algorithms = &known["backchannel_authentication_request_signing_alg_values_supported"];
    assert_eq!(algorithms, &json!(["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]));
    assert!(known["grant_types_supported"].as_array().unwrap().contains(&json!(CIBA)));
}

#[tokio::test]
async fn each_mistake_of_a_request_has_its_error() {
    let server = TestServer::start().await;
    let (bank, _) = bank(&server).await;
    let long = "x".repeat(65);
    let endless = &"x".repeat(9000);
    let long = long.as_str();
    for (changes, error, reason) in [
        (&[("scope", "")][..], "invalid_scope", "backchannel.scope"),
        (&[("scope", "read")], "invalid_scope", "backchannel.scope"),
        (&[("scope", "openid nonsense")], "invalid_scope", "scope.unknown"),
        (&[("scope", "openid secret")], "forbidden_scope", "scope.forbidden"),
        (&[("login_hint", "")], "invalid_request", "backchannel.hint"),
        (&[("id_token_hint", "a.b.c")], "invalid_request", "backchannel.hint"),
        (&[("login_hint_token", "a.b.c")], "invalid_request", "backchannel.hint"),
        (&[("login_hint", "nobody")], "unknown_user_id", "backchannel.unknown_user"),
        (&[("login_hint", "a\u{0}b")], "invalid_request", "parameter.malformed"),
        (&[("binding_message", long)], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", "a\u{202e}b")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", " ")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", "a\nb")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", "a\tb")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", "a\u{0}b")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", "a\u{85}b")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", endless)], "invalid_binding_message", "backchannel.binding_message"),
        (
            &[("binding_message", "\u{200b}\u{200b}")],
            "invalid_binding_message",
            "backchannel.binding_message",
        ),
        (&[("binding_message", "\u{3164}")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("binding_message", "ok\u{e0041}")], "invalid_binding_message", "backchannel.binding_message"),
        (&[("requested_expiry", "0")], "invalid_request", "backchannel.requested_expiry"),
        (&[("requested_expiry", "soon")], "invalid_request", "backchannel.requested_expiry"),
        (&[("resource", "https://nowhere.example")], "invalid_target", "resource.unknown"),
        (
            &[("authorization_details", "[{\"type\":\"nothing\"}]")],
            "invalid_authorization_details",
            "authorization_details.type_unknown",
        ),
    ] {
        ask(&bank, changes).await.assert_json_error(400, error, reason);
    }
    for name in ["scope", "login_hint", "binding_message", "user_code", "requested_expiry", "acr_values"] {
        let twice = [form(&[(name, "openid")]), vec![(name, "openid")]].concat();
        bank.post(BEGIN, &twice).await.assert_json_error(400, "invalid_request", "parameter.repeated");
    }
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn only_a_confidential_client_with_the_grant_may_ask_and_it_authenticates() {
    let server = TestServer::start().await;
    let (bank, _) = bank(&server).await;
    let web = server.web().await;
    ask(&web, &[]).await.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let mut public = asking("public");
    public.client.kind = ClientKind::Spa;
    let public = server.register(public).await;
    ask(&public, &[]).await.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let unproven = form(&[("client_id", "bank")]);
    let unproven = server.browser().post(BEGIN, &unproven).await;
    unproven.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let wrong = form(&[("client_id", "bank"), ("client_secret", "wrong")]);
    server.browser().post(BEGIN, &wrong).await.assert_json_error(
        401,
        "invalid_client",
        "client.secret_wrong",
    );
    let nobody = form(&[("client_id", "nobody")]);
    server.browser().post(BEGIN, &nobody).await.assert_json_error(401, "invalid_client", "client.unknown");
    let got = server.browser().request(Method::GET, BEGIN, &[], "").await;
    assert!(got.status == 405 && got.header("allow").contains("POST"), "{got:?}");
    Operator::of(&server).done(&["client", "update", "bank", "--disable"]);
    server.app.cache.client(&ClientId::new("bank"), Freshness::Now).await.unwrap();
    ask(&bank, &[]).await.assert_json_error(401, "invalid_client", "client.disabled");
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn a_person_who_cannot_answer_is_not_told_apart_from_one_who_does_not_exist() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let operator = Operator::of(&server);
    let unknown = ask(&bank, &[("login_hint", "nobody")]).await.json();
    let same = async || {
        let answer = ask(&bank, &[]).await;
        answer.assert_json_error(400, "unknown_user_id", "backchannel.unknown_user");
        assert_eq!(answer.json()["error_description"], unknown["error_description"]);
    };
    operator.done(&["user", "disable", "alice"]);
    same().await;
    operator.done(&["user", "enable", "alice"]);
    operator.done(&["client", "update", "bank", "--require-group", "staff"]);
    // A node may use what it has read for a second.
    server.app.cache.client(&ClientId::new("bank"), Freshness::Now).await.unwrap();
    same().await;
    // The operator sees what the answer does not say.
    kept_refusals::store(&server.app).await;
    let explained = server.number("SELECT COUNT(*) FROM refusals WHERE detail LIKE '%staff%'").await;
    assert_eq!(explained, 1);
    operator.done(&["user", "update", "alice", "--add-group", "staff"]);
    let id = begin(&bank, &[]).await;
    answer(&mut alice, "allow").await;
    operator.done(&["user", "update", "alice", "--remove-group", "staff"]);
    poll(&bank, &id).await.assert_json_error(400, "invalid_grant", "subject.group_missing");
}

#[tokio::test]
async fn a_request_waits_for_as_long_as_it_asks_within_the_configuration() {
    let options = [("ciba.lifetime", "2m"), ("ciba.max_lifetime", "4m"), ("ciba.waiting_of_client", "9")];
    let server = TestServer::start_with(&options).await;
    let (bank, _) = bank(&server).await;
    for (requested, granted) in [("", 120), ("30", 30), ("240", 240), ("241", 240), ("99999999999", 240)] {
        let begun = ask(&bank, &[("requested_expiry", requested)]).await;
        assert_eq!(begun.json()["expires_in"], granted, "{requested}");
    }
}

#[tokio::test]
async fn a_first_party_application_that_was_allowed_before_asks_each_time() {
    let server = TestServer::start().await;
    let mut own = asking("bank");
    own.client.first_party = true;
    let (bank, mut alice) = (server.register(own).await, server.alice().await);
    for _ in 0..2 {
        let id = begin(&bank, &[]).await;
        poll(&bank, &id).await.assert_json_error(400, "authorization_pending", "auth_req_id.pending");
        answer(&mut alice, "allow").await;
        assert_eq!(poll(&bank, &id).await.status, 200);
    }
}

#[tokio::test]
async fn parameters_that_the_server_does_not_use_are_ignored() {
    let server = TestServer::start().await;
    let (bank, _) = bank(&server).await;
    let more =
        [("acr_values", "1 2"), ("ui_locales", "de"), ("client_notification_token", "a b"), ("x", "y")];
    begin(&bank, &more).await;
}

#[tokio::test]
async fn scripts_of_other_sites_learn_nothing() {
    let server = TestServer::start().await;
    let (bank, _) = bank(&server).await;
    let body = serde_urlencoded::to_string(ALICE).unwrap();
    let basic = crate::support::relying_party::basic(&bank.id, bank.secret.as_deref().unwrap());
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", basic.as_str()),
        ("origin", "https://evil.example"),
    ];
    let begun = Browser::new(&server.url).request(Method::POST, BEGIN, &headers, &body).await;
    assert_eq!((begun.status.as_u16(), begun.header("access-control-allow-origin")), (200, ""), "{begun:?}");
}

#[tokio::test]
async fn the_check_of_a_client_knows_the_grant() {
    let server = TestServer::start().await;
    server.register(asking("bank")).await;
    server.register(Registration::web("web")).await;
    let operator = Operator::of(&server);
    let check = |client: &str| {
        operator.json(&["client", "check", client, "--grant-type", CIBA, "--scope", "openid read"])
    };
    assert_eq!(check("bank")["allowed"], true, "{}", check("bank"));
    let refused = check("web");
    assert!(refused.to_string().contains("client.grant_not_allowed"), "{refused}");
}
