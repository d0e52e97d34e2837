//! Clients: created, read, replaced, patched and deleted.

use grantor::oauth::client::ClientMetadata;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, faulty, refused, version};
use crate::support::TestServer;

const CALLBACK: &str = "https://app.example.com/callback";

fn web() -> Value {
    json!({ "client_name": "Calendar", "kind": "web", "redirect_uris": [CALLBACK], "scope": "openid read" })
}

#[tokio::test]
async fn a_client_that_was_created_works_at_once_and_its_secret_is_shown_once() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let created = api.post(
        "/clients",
        json!({
            "client_name": "Reports", "client_name#de": "Berichte", "kind": "service", "scope": "read",
        }),
    );
    let created = created.await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let client = created.json();
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    assert_eq!(created.header("location"), format!("{}/api/v1/clients/{id}", server.app.issuer));
    assert_eq!(created.header("cache-control"), "no-store");
    assert_eq!(client["grant_types"], json!(["client_credentials"]));
    assert_eq!(client["client_name#de"], "Berichte");

    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let token = server.browser().post("/token", &form).await;
    assert!(token.json()["access_token"].is_string(), "{token:?}");

    let shown = api.get(&format!("/clients/{id}")).await;
    assert_eq!(version(&shown), version(&created));
    let mut without_secret = client.clone();
    without_secret.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(shown.json(), without_secret);
    assert!(!shown.body.contains(secret));
}

#[tokio::test]
async fn an_id_may_be_chosen_and_is_taken_once() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    assert_eq!(api.service("a/b c%").await.status, StatusCode::CREATED);
    assert_eq!(api.get("/clients/a%2Fb%20c%25").await.json()["client_id"], "a/b c%");
    let again = api.service("a/b c%").await;
    refused(&again, StatusCode::CONFLICT, "api.conflict");
    assert_eq!(faulty(&again), [("/client_id".into(), "api.conflict".into())]);
    let none = api.get("/clients/made-up").await;
    refused(&none, StatusCode::NOT_FOUND, "api.not_found");
}

#[tokio::test]
async fn put_creates_or_replaces_and_says_which() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let without = api.put("/clients/calendar", &[], web()).await;
    refused(&without, StatusCode::BAD_REQUEST, "api.condition_missing");
    let created = api.put("/clients/calendar", &[("If-None-Match", "*")], web()).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    assert!(created.json()["client_secret"].is_string());
    let again = api.put("/clients/calendar", &[("If-None-Match", "*")], web()).await;
    refused(&again, StatusCode::PRECONDITION_FAILED, "api.other_version");

    // An object can be sent back as it was read; members that are left out get their defaults.
    let read = api.get("/clients/calendar").await;
    let etag = read.header("etag").to_owned();
    let same = api.put("/clients/calendar", &[("If-Match", &etag)], read.json()).await;
    assert_eq!((same.status, same.header("etag")), (StatusCode::OK, etag.as_str()), "{same:?}");
    let mut changed = web();
    changed.as_object_mut().unwrap().remove("scope");
    changed["pkce"] = "require".into();
    let changed = api.put("/clients/calendar", &[("If-Match", &etag)], changed).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let client = changed.json();
    assert_eq!((&client["scope"], &client["pkce"]), (&json!(""), &json!("require")), "{client}");
    let stale = api.put("/clients/calendar", &[("If-Match", &etag)], web()).await;
    refused(&stale, StatusCode::PRECONDITION_FAILED, "api.other_version");
    assert_eq!(api.get("/clients/calendar").await.json()["pkce"], "require");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_removes() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let mut new = web();
    new["client_id"] = "calendar".into();
    new["policy_uri"] = "https://app.example.com/privacy".into();
    assert_eq!(api.post("/clients", new).await.status, StatusCode::CREATED);
    let before = api.get("/clients/calendar").await.json();
    let patch = json!({ "client_name": "Planner", "policy_uri": null, "disabled": true, "redirect_uris": [CALLBACK, "https://b.example.com/"] });
    let after = api.patch("/clients/calendar", patch).await;
    assert_eq!(after.status, StatusCode::OK, "{after:?}");
    let mut expected = before;
    expected["client_name"] = "Planner".into();
    expected["policy_uri"] = Value::Null;
    expected["disabled"] = true.into();
    expected["redirect_uris"] = json!([CALLBACK, "https://b.example.com/"]);
    assert_eq!(after.json(), expected);
    assert_eq!(api.get("/clients/calendar").await.json(), expected);
}

#[tokio::test]
async fn a_patch_finds_a_text_by_any_spelling_of_its_language() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let mut new = web();
    new["client_id"] = "calendar".into();
    new["client_name#de"] = "D".into();
    new["tos_uri"] = "https://app.example.com/terms".into();
    new["tos_uri#pt-br"] = "https://app.example.com/termos".into();
    api.made("/clients", new).await;
    let patched = async |patch: Value| {
        let after = api.patch("/clients/calendar", patch).await;
        assert_eq!(after.status, StatusCode::OK, "{after:?}");
        assert_eq!(api.get("/clients/calendar").await.json(), after.json());
        after.json()
    };
    let after = patched(json!({ "client_name#DE": "D2", "tos_uri#PT-br": null })).await;
    assert_eq!((&after["client_name#de"], after.get("client_name#DE")), (&json!("D2"), None));
    assert_eq!(after.get("tos_uri#pt-BR"), None);
    let after = patched(json!({ "client_name#DE": null, "client_name#PT-br": "P" })).await;
    assert_eq!((after.get("client_name#de"), &after["client_name#pt-BR"]), (None, &json!("P")));
    let put =
        json!({ "client_name": "C", "client_name#DE": "D3", "kind": "web", "redirect_uris": [CALLBACK] });
    let after = api.put("/clients/calendar", &[("If-Match", "*")], put).await.json();
    assert_eq!((&after["client_name#de"], after.get("client_name#pt-BR")), (&json!("D3"), None));
    for twice in [
        json!({ "client_name#DE": null, "client_name#de": "D" }),
        json!({ "client_name#DE": "D", "client_name#de": null }),
    ] {
        let answer = api.patch("/clients/calendar", twice).await;
        refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
        assert_eq!(faulty(&answer).len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn the_id_of_a_client_cannot_be_removed() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("job").await;
    let alice = server.user("alice").await;
    let whole = json!({ "client_id": null, "client_name": "Job", "kind": "service" });
    let user = json!({ "id": null, "username": "alice" });
    for (answer, place) in [
        (api.patch("/clients/job", json!({ "client_id": null })).await, "/client_id"),
        (api.patch("/clients/job", json!({ "client_id": "other" })).await, "/client_id"),
        (api.put("/clients/job", &[("If-Match", "*")], whole).await, "/client_id"),
        (api.put(&format!("/users/{alice}"), &[("If-Match", "*")], user).await, "/id"),
    ] {
        refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
        assert_eq!(faulty(&answer), [(place.to_owned(), "api.member_invalid".to_owned())], "{answer:?}");
    }
    assert_eq!(api.patch("/clients/job", json!({ "client_id": "job" })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_client_of_the_console_does_not_exist_for_those_who_name_it() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("job").await;
    let console = "grantor-console";
    let issuer = json!({
        "issuer": "https://idp.example", "jwks_uri": "https://idp.example/jwks", "scope": "read", "clients": [console],
    });
    let resource = json!({ "resource": "https://api.example", "clients": ["job", console] });
    for (answer, place) in [
        (api.patch("/clients/job", json!({ "may_act": console })).await, "/may_act"),
        (api.post("/resources", resource).await, "/clients/1"),
        (api.post("/issuers", issuer).await, "/clients/0"),
        (api.post("/logout-deliveries/retry", json!({ "client_id": console })).await, "/client_id"),
    ] {
        refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
        assert_eq!(faulty(&answer), [(place.to_owned(), "api.member_invalid".to_owned())], "{answer:?}");
        let description = answer.json()["description"].to_string();
        assert!(description.contains("there is no client with the id grantor-console"), "{description}");
    }
}

#[tokio::test]
async fn deleting_a_client_leaves_nothing_of_it() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("reports").await;
    assert_eq!(api.delete("/clients/reports").await.status, StatusCode::NO_CONTENT);
    refused(&api.get("/clients/reports").await, StatusCode::NOT_FOUND, "api.not_found");
    refused(&api.delete("/clients/reports").await, StatusCode::NOT_FOUND, "api.not_found");
}

#[tokio::test]
async fn secrets_are_added_with_an_end_that_can_change_and_are_removed() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("reports").await;
    api.patch("/clients/reports", json!({ "scope": "read" })).await;
    let end = (server.app.now() + grantor::clock::Seconds::new(3600)).iso();
    let added = api.post("/clients/reports/secrets", json!({ "expires_at": end })).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let secret = added.json();
    let (id, text) = (secret["id"].as_str().unwrap(), secret["client_secret"].as_str().unwrap());
    assert_eq!(secret["expires_at"], end.as_str());
    let path = format!("/clients/reports/secrets/{id}");
    assert!(added.header("location").ends_with(&path));

    let form = [("grant_type", "client_credentials"), ("client_id", "reports"), ("client_secret", text)];
    assert_eq!(server.browser().post("/token", &form).await.status, StatusCode::OK);
    // It is noted beside the request.
    while server.number("SELECT COUNT(*) FROM client_secrets WHERE last_used_at IS NOT NULL").await == 0 {
        tokio::task::yield_now().await;
    }
    let listed = api.get("/clients/reports/secrets").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
    let items = listed["items"].as_array().unwrap().iter();
    let used: Vec<_> = items.filter(|item| item["last_used_at"].is_string()).collect();
    assert!(used.len() == 1 && used[0]["id"] == id && !listed.to_string().contains(text), "{listed}");

    let endless = api.patch(&path, json!({ "expires_at": null })).await;
    assert_eq!((endless.status, &endless.json()["expires_at"]), (StatusCode::OK, &Value::Null));
    let over = api.patch(&path, json!({ "expires_at": "2001-01-01T00:00:00Z" })).await;
    refused(&over, StatusCode::BAD_REQUEST, "api.member_invalid");
    assert_eq!(faulty(&over), [("/expires_at".into(), "api.member_invalid".into())]);
    assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT);
    refused(&api.delete(&path).await, StatusCode::NOT_FOUND, "api.not_found");
    assert_eq!(server.browser().post("/token", &form).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_setting_of_a_client_can_be_read_and_sent_back() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    server.resource("https://api.example.com", "read").await;
    api.post("/authorization-types", json!({ "name": "payment", "schema": {}, "template": "Pay" })).await;
    for (member, value) in [
        ("client_uri", json!("https://app.example.com/")),
        ("client_name#de", json!("Kalender")),
        ("brand_accent", json!("#123456")),
        ("post_logout_redirect_uris", json!(["https://app.example.com/bye"])),
        ("origins", json!(["https://other.example.com"])),
        ("grant_types", json!(["authorization_code", "refresh_token"])),
        ("response_types", json!(["code", "code id_token"])),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("pkce", json!("off")),
        ("par", json!("report")),
        ("token_redirect_uri", json!("off")),
        ("dpop", json!("report")),
        ("dpop_nonce", json!("require")),
        ("jar", json!("report")),
        ("request_object_signing_alg", json!("none")),
        ("merge_request_object", json!(true)),
        ("backchannel_token_delivery_mode", json!("poll")),
        ("backchannel_client_notification_endpoint", json!("https://app.example.com/ping")),
        ("backchannel_user_code_parameter", json!(true)),
        ("authorization_signed_response_alg", json!("ES256")),
        ("profile", json!("oauth21")),
        ("refresh_tokens", json!("rotate")),
        ("id_token_signed_response_alg", json!("ES256")),
        ("id_token_claims", json!("scopes")),
        ("userinfo_signed_response_alg", json!("ES256")),
        ("backchannel_logout_uri", json!("https://app.example.com/logout")),
        ("frontchannel_logout_uri", json!("https://app.example.com/front")),
        ("subject_type", json!("pairwise")),
        ("token_format", json!("jwt")),
        ("resources", json!(["https://api.example.com"])),
        ("authorization_details_types", json!(["payment"])),
        ("access_token_lifetime", json!(60)),
        ("required_group", json!("staff")),
        ("first_party", json!(true)),
        ("tls_client_certificate_bound_access_tokens", json!(true)),
    ] {
        let mut new = web();
        new[member] = value.clone();
        let created = api.post("/clients", new).await;
        assert_eq!(created.status, StatusCode::CREATED, "{member}: {created:?}");
        let client = created.json();
        assert_eq!(client[member], value, "{client}");
        let path = format!("/clients/{}", client["client_id"].as_str().unwrap());
        let read = api.get(&path).await;
        let sent_back = api.put(&path, &[("If-Match", read.header("etag"))], read.json()).await;
        assert_eq!((sent_back.status, sent_back.json()), (StatusCode::OK, read.json()), "{member}");
    }
    // A setting without a line above would not be tested.
    let known =
        serde_json::to_value(ClientMetadata::new("-", grantor::oauth::client::ClientKind::Web)).unwrap();
    assert_eq!(known.as_object().unwrap().len(), 67, "{known}");
}

#[tokio::test]
async fn a_check_for_a_user_who_does_not_exist_names_the_member_and_not_the_address() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("job").await;
    let answer = api.post("/clients/job/check", json!({ "user": "nobody" })).await;
    refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
    assert_eq!(faulty(&answer), [("/user".to_owned(), "api.member_invalid".to_owned())]);
    let answer = api.post("/clients/made-up/check", json!({ "user": "nobody" })).await;
    refused(&answer, StatusCode::NOT_FOUND, "api.not_found");
}

#[tokio::test]
async fn a_check_takes_one_resource_or_several() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for uri in ["https://one.example/", "https://two.example/"] {
        let resource = json!({ "resource": uri, "scope": "read" });
        assert_eq!(api.post("/resources", resource).await.status, StatusCode::CREATED);
    }
    let job = json!({ "client_id": "job", "client_name": "Job", "kind": "service", "scope": "read" });
    assert_eq!(api.post("/clients", job).await.status, StatusCode::CREATED);
    let check = async |resource: Value| {
        let asked = json!({ "grant_type": "client_credentials", "scope": "read", "resource": resource });
        api.post("/clients/job/check", asked).await
    };
    for (resource, expected) in [
        (json!("https://one.example/"), "https://one.example/"),
        (json!(["https://two.example/"]), "https://two.example/"),
    ] {
        let checked = check(resource.clone()).await.json();
        let steps = checked["steps"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["step"] == "resource").expect("a step about the resource");
        assert_eq!((&checked["allowed"], &step["note"]), (&json!(true), &json!(expected)), "{resource}");
    }
    // A token request names one, as at the token endpoint.
    let several = check(json!(["https://one.example/", "https://two.example/"])).await.json();
    assert!(several.to_string().contains("resource.several"), "{several}");
    let unknown = check(json!(["https://three.example/"])).await.json();
    assert_eq!(unknown["allowed"], false, "{unknown}");
    for (wrong, place) in [(json!(7), "/resource"), (json!(["https://one.example/", 7]), "/resource/1")] {
        assert_eq!(faulty(&check(wrong).await), [(place.to_owned(), "api.member_invalid".to_owned())]);
    }
}

#[tokio::test]
async fn every_address_that_is_none_is_named_with_its_place_and_hides_nothing() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let wrong = [
        "app.example.com/cb",
        "",
        "/cb",
        "https://",
        "https://a.example:99999/",
        "java%73cript:x",
        "%6aavascript:alert(1)",
        "https://a.example/#f",
        "javascript:1",
        "https://a b.example/",
        "https://a.example/%zz",
        "JavaScript:alert(1)",
    ];
    let mut uris = vec![json!("https://good.example.com/cb")];
    uris.extend(wrong.map(Value::from));
    uris.extend([json!(3), Value::Null]);
    let body = json!({ "client_name": "x", "kind": "web", "redirect_uris": uris, "post_logout_redirect_uris": ["/out"],
                       "origins": ["https://app.example.com", "app.example.com"], "scope": "made_up" });
    let mut expected: Vec<String> = (1..uris.len()).map(|n| format!("/redirect_uris/{n}")).collect();
    expected.extend(["/post_logout_redirect_uris/0", "/origins/1", "/scope"].map(str::to_owned));
    expected.sort();
    let changed = json!({ "redirect_uris": body["redirect_uris"], "scope": "made_up",
                          "post_logout_redirect_uris": ["/out"], "origins": body["origins"] });
    api.service("job").await;
    server.web().await;
    for answer in [api.post("/clients", body).await, api.patch("/clients/web", changed).await] {
        let faults = faulty(&answer);
        let mut places: Vec<String> = faults.iter().map(|(place, _)| place.clone()).collect();
        places.sort();
        assert_eq!(places, expected, "{answer:?}");
        let errors = answer.json()["errors"].to_string();
        assert!(
            errors.contains("the redirect URI \\\"app.example.com/cb\\\" is not an absolute URI"),
            "{errors}"
        );
        assert!(!errors.contains("stand-in"), "{errors}");
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_told_what_it_must_be() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for (member, value, said) in [
        ("kind", json!("Web"), "one of: web, spa, native, service"),
        ("token_endpoint_auth_method", json!("x"), "one of: "),
        ("scope", json!(7), "a text"),
        ("access_token_lifetime", json!("abc"), "a whole number"),
        ("disabled", json!("yes"), "true or false"),
        ("redirect_uris", json!("https://a.example/cb"), "a list of texts"),
        ("jwks", json!([]), "a JWK Set"),
    ] {
        let mut body =
            json!({ "client_name": "x", "kind": "web", "redirect_uris": ["https://a.example/cb"] });
        body[member] = value;
        let answer = api.post("/clients", body).await;
        let errors = answer.json()["errors"].clone();
        let found = errors.as_array().unwrap().iter().find(|error| error["field"] == format!("/{member}"));
        let sentence = found.unwrap_or_else(|| panic!("{member}: {answer:?}"))["description"].to_string();
        assert!(sentence.contains(said), "{member}: {sentence}");
    }
}

#[tokio::test]
async fn unknown_members_are_refused_also_as_null_and_with_what_is_no_language() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    server.web().await;
    let long = format!("client_name#{}", "a".repeat(500));
    for name in
        ["zzz", "client_name#zz-bad!", "client_name#", "client_name#no such language", &long, "pkce#de"]
    {
        for value in [Value::Null, json!("x")] {
            let new = json!({ "client_name": "x", "kind": "web", "redirect_uris": ["https://a.example/cb"], name: value });
            for answer in
                [api.post("/clients", new).await, api.patch("/clients/web", json!({ name: value })).await]
            {
                let faults = faulty(&answer);
                assert_eq!(faults, [(format!("/{name}"), "api.member_unknown".to_owned())], "{name} {value}");
            }
        }
    }
    let twice = json!({ "client_name#DE": "A", "client_name#de": "B" });
    assert_eq!(faulty(&api.patch("/clients/web", twice).await).len(), 1);
    let removed = json!({ "client_name": null, "redirect_uris": ["javascript:1"] });
    let places: Vec<String> =
        faulty(&api.patch("/clients/web", removed).await).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["/client_name", "/redirect_uris/0"]);
}
