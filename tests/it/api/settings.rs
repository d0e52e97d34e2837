//! The table of settings has all members that the API reads and gives, and no others.

use grantor::representation::settings::{
    API_KEY, AUTHORIZATION_TYPE, CHECK_REQUEST, CLIENT, GRANT, Given, ISSUER, KEY_ROTATION, ObjectSettings,
    PASSWORD, RESOURCE, RETRY, SCOPE, SECRET, SIGNING_KEY, SUBJECT, Shown, USER,
};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Api, faulty};
use crate::support::TestServer;

/// Checks that an object has the members of the table that answers always have, and no others.
#[track_caller]
fn shows(object: &ObjectSettings, answer: &Value) {
    let members = answer.as_object().unwrap_or_else(|| panic!("{answer}"));
    for name in members.keys() {
        let setting =
            object.find(name).unwrap_or_else(|| panic!("{name} is not in the table of {}", object.name));
        assert_ne!(setting.shown, Shown::Never, "{name} of {}", object.name);
    }
    for setting in object.members.iter().filter(|setting| setting.shown == Shown::Always) {
        assert!(members.contains_key(setting.name), "{} of {}: {answer}", setting.name, object.name);
    }
}

/// A body that has every member of the table with a value that no member can have.
fn nonsense(object: &ObjectSettings, is_meant: impl Fn(Given) -> bool) -> Value {
    let names = object.members.iter().filter(|setting| is_meant(setting.given)).map(|setting| setting.name);
    Value::Object(names.map(|name| (name.to_owned(), json!([[1]]))).collect::<Map<_, _>>())
}

#[tokio::test]
async fn every_member_that_a_caller_may_give_is_read() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let user = api.post("/users", json!({ "username": "jane" })).await.json()["id"].clone();
    let user = format!("/users/{}", user.as_str().expect("an id"));
    api.service("job").await;
    let at_creation = |given: Given| given != Given::ByServer;
    let later = |given: Given| !matches!(given, Given::ByServer | Given::AtCreation { .. });
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    for (object, method, path, body) in [
        (&CLIENT, &post, "/clients", nonsense(&CLIENT, at_creation)),
        (&CLIENT, &put, "/clients/new", nonsense(&CLIENT, at_creation)),
        (&CLIENT, &patch, "/clients/job", nonsense(&CLIENT, later)),
        (&SECRET, &post, "/clients/job/secrets", nonsense(&SECRET, at_creation)),
        (&CHECK_REQUEST, &post, "/clients/job/check", nonsense(&CHECK_REQUEST, at_creation)),
        (&USER, &post, "/users", nonsense(&USER, at_creation)),
        (&USER, &patch, &user, nonsense(&USER, later)),
        (&PASSWORD, &put, &format!("{user}/password"), nonsense(&PASSWORD, at_creation)),
        (&SCOPE, &post, "/scopes", nonsense(&SCOPE, at_creation)),
        (&SCOPE, &put, "/scopes/new", nonsense(&SCOPE, at_creation)),
        (&SCOPE, &patch, "/scopes/openid", nonsense(&SCOPE, later)),
        (&RESOURCE, &post, "/resources", nonsense(&RESOURCE, at_creation)),
        (&RESOURCE, &put, "/resources/new", nonsense(&RESOURCE, at_creation)),
        (&RESOURCE, &patch, "/resources/new", nonsense(&RESOURCE, later)),
        (&AUTHORIZATION_TYPE, &post, "/authorization-types", nonsense(&AUTHORIZATION_TYPE, at_creation)),
        (&AUTHORIZATION_TYPE, &put, "/authorization-types/new", nonsense(&AUTHORIZATION_TYPE, at_creation)),
        (&AUTHORIZATION_TYPE, &patch, "/authorization-types/new", nonsense(&AUTHORIZATION_TYPE, later)),
        (&ISSUER, &post, "/issuers", nonsense(&ISSUER, at_creation)),
        (&ISSUER, &put, "/issuers/new", nonsense(&ISSUER, at_creation)),
        (&ISSUER, &patch, "/issuers/new", nonsense(&ISSUER, later)),
        (&SUBJECT, &post, "/issuers/new/subjects", nonsense(&SUBJECT, at_creation)),
        (&KEY_ROTATION, &post, "/keys", nonsense(&KEY_ROTATION, at_creation)),
        (&RETRY, &post, "/logout-deliveries/retry", nonsense(&RETRY, at_creation)),
        (&API_KEY, &post, "/api-keys", nonsense(&API_KEY, at_creation)),
    ] {
        let headers: &[(&str, &str)] = if *method == put { &[("If-None-Match", "*")] } else { &[] };
        let headers = if path.ends_with("/password") { &[] } else { headers };
        let answer = api.send(method.clone(), path, headers, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}: {answer:?}");
        let faults = faulty(&answer);
        for name in body.as_object().expect("members").keys() {
            let place = format!("/{name}");
            let is_about = |field: &String| *field == place || field.starts_with(&format!("{place}/"));
            let mut reasons: Vec<&String> =
                faults.iter().filter(|(field, _)| is_about(field)).map(|(_, reason)| reason).collect();
            reasons.dedup();
            assert_eq!(reasons, ["api.member_invalid"], "{name} of {} by {method} {path}", object.name);
        }
    }
}

#[tokio::test]
async fn every_member_that_an_answer_has_is_in_the_table() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let german = json!({ "client_id": "job", "client_name": "Job", "client_name#de": "Auftrag", "kind": "service",
                         "client_uri": "https://a.example", "client_uri#de": "https://a.example/de" });
    for (object, path, body) in [
        (&CLIENT, "/clients", german),
        (&SECRET, "/clients/job/secrets", json!({})),
        (&USER, "/users", json!({ "username": "jane" })),
        (
            &SCOPE,
            "/scopes",
            json!({ "name": "fly", "description": "Fly", "consequence#de": "Fliegt" ,
                                    "consequence": "Flies" }),
        ),
        (&RESOURCE, "/resources", json!({ "resource": "https://api.example.com" })),
        (
            &AUTHORIZATION_TYPE,
            "/authorization-types",
            json!({ "name": "payment", "schema": {}, "template": "Pay", "template#de": "Zahlen" }),
        ),
        (
            &ISSUER,
            "/issuers",
            json!({ "issuer": "https://idp.example.com", "scope": "fly", "clients": ["job"],
                                      "jwks_uri": "https://idp.example.com/jwks" }),
        ),
        (&API_KEY, "/api-keys", json!({ "name": "one", "scope": "grantor.read" })),
    ] {
        let answer = api.post(path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        shows(object, &answer.json());
        for setting in object.members.iter().filter(|setting| setting.shown == Shown::Once) {
            assert!(answer.json()[setting.name].is_string(), "{} of {}", setting.name, object.name);
        }
    }
    for (object, path) in [
        (&CLIENT, "/clients"),
        (&SECRET, "/clients/job/secrets"),
        (&USER, "/users"),
        (&SCOPE, "/scopes"),
        (&RESOURCE, "/resources"),
        (&AUTHORIZATION_TYPE, "/authorization-types"),
        (&ISSUER, "/issuers"),
        (&API_KEY, "/api-keys"),
        (&SIGNING_KEY, "/keys"),
    ] {
        let list = api.get(path).await.json();
        let items = list["items"].as_array().expect("items");
        assert!(!items.is_empty(), "{path}");
        for item in items {
            shows(object, item);
            for setting in object.members.iter().filter(|setting| setting.shown == Shown::Once) {
                assert_eq!(item.get(setting.name), None, "{} of {}", setting.name, object.name);
            }
        }
    }
    assert_eq!(GRANT.find("client_id#de").map(|setting| setting.name), None);
}
