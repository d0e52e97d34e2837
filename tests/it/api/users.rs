//! `/api/v1/users`, and the passwords and links of users.

use grantor::oauth::id::UserId;
use grantor::store::db::Tx;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, faulty, refused, version};
use crate::support::server::PASSWORD;
use crate::support::{Answer, TestServer};

const NEW: &str = "another correct horse";

fn jane() -> Value {
    json!({
        "username": "jane",
        "name": "Jane Doe",
        "email": "jane@example.com",
        "email_verified": true,
        "groups": ["staff", "on call"],
        "claims": { "given_name": "Jane", "address": { "country": "SE", "locality": "Lund" }, "level": 3 },
        "password": NEW,
    })
}

/// The path of the user in an answer, below `/api/v1`.
fn path_of(answer: &Answer) -> String {
    format!("/users/{}", answer.json()["id"].as_str().expect("an id"))
}

async fn can_sign_in(server: &TestServer, username: &str, password: &str) -> bool {
    let mut browser = server.browser();
    let page = browser.open("/device").await;
    let answer = browser.submit(&page, &[("username", username), ("password", password)]).await;
    !answer.is_sign_in()
}

#[tokio::test]
async fn the_id_of_a_user_is_no_name_for_another_one() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let bob = server.user("bob").await.to_string();
    let answer = api.post("/users", json!({ "username": bob })).await;
    refused(&answer, StatusCode::CONFLICT, "api.conflict");
    server.user("carol").await;
    let answer =
        api.patch(&format!("/users/{}", server.user("dora").await), json!({ "username": bob })).await;
    refused(&answer, StatusCode::CONFLICT, "api.conflict");
}

#[tokio::test]
async fn a_user_is_created_read_changed_and_deleted() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.users.write").await;
    let answer = api.post("/users", jane()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let (path, mut expected) = (path_of(&answer), jane());
    assert_eq!(answer.header("location"), format!("{}/api/v1{path}", server.url));
    let body = answer.json();
    expected.as_object_mut().unwrap().remove("password");
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&body[name], value, "{name}");
    }
    assert_eq!((&body["disabled"], &body["password_link"]), (&json!(false), &Value::Null));
    assert!(!answer.body.contains(NEW), "{answer:?}");

    let read = api.get(&path).await;
    assert_eq!((read.json(), version(&read)), (body, version(&answer)));
    let patch = json!({
        "username": "janet",
        "name": null,
        "groups": ["admins"],
        "claims": { "level": null, "address": { "locality": "Malmö" }, "nickname": "J" },
    });
    let changed = api.patch(&path, patch).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let body = changed.json();
    assert_eq!(
        (&body["username"], &body["name"], &body["groups"]),
        (&json!("janet"), &Value::Null, &json!(["admins"]))
    );
    let claims =
        json!({ "given_name": "Jane", "address": { "country": "SE", "locality": "Malmö" }, "nickname": "J" });
    assert_eq!((&body["claims"], &body["email_verified"]), (&claims, &json!(true)));
    assert_ne!(changed.header("etag"), read.header("etag"));
    let moved = api.patch(&path, json!({ "email": "j@example.org" })).await.json();
    assert_eq!((&moved["email"], &moved["email_verified"]), (&json!("j@example.org"), &json!(false)));

    assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT);
    refused(&api.get(&path).await, StatusCode::NOT_FOUND, "api.not_found");
    refused(&api.delete(&path).await, StatusCode::NOT_FOUND, "api.not_found");
}

#[tokio::test]
async fn a_user_without_a_password_gets_a_link_once() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let body = json!({ "username": "bob", "groups": ["staff"] });
    let rehearsed = api.post("/users?dry_run=true", body.clone()).await;
    assert_eq!(rehearsed.status, StatusCode::CREATED, "{rehearsed:?}");
    let shown = rehearsed.json();
    assert_eq!((&shown["password_link"], shown["link_expires_at"].is_string()), (&Value::Null, true));
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 0);

    let text = body.to_string();
    let keyed = async |text: &str| {
        api.send_text(Method::POST, "/users", &[("Idempotency-Key", "k-1")], Some(text)).await
    };
    let (first, again) = (keyed(&text).await, keyed(&text).await);
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), "true"));
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 1);
    refused(&keyed(r#"{"username": "eve"}"#).await, StatusCode::CONFLICT, "api.idempotency_key_reused");
    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(first.json()["password_changed_at"], Value::Null);
    assert!(api.get(&path_of(&first)).await.json().get("password_link").is_none());

    let link = first.json()["password_link"].as_str().expect("a link").to_owned();
    assert!(link.starts_with(&format!("{}/password?token=", server.url)), "{link}");
    let mut browser = server.browser();
    let page = browser.open(&link).await;
    browser.submit(&page, &[("password", NEW), ("repeated", NEW)]).await;
    assert!(can_sign_in(&server, "bob", NEW).await);
}

#[tokio::test]
async fn every_faulty_member_is_named_at_once() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.post("/users", jane()).await;
    let (invalid, missing, unknown) = ("api.member_invalid", "api.member_missing", "api.member_unknown");
    let long = "x".repeat(2049);
    for (body, expected) in [
        (json!({}), vec![("/username", missing)]),
        (json!({ "username": "" }), vec![("/username", invalid)]),
        (
            json!({ "username": "a@b", "email": "nowhere", "name": 7, "email_verified": "yes", "groups": ["", 1], "password": "short" }),
            vec![
                ("/email", invalid),
                ("/email_verified", invalid),
                ("/groups/0", invalid),
                ("/groups/1", invalid),
                ("/name", invalid),
                ("/password", invalid),
                ("/username", invalid),
            ],
        ),
        (
            json!({ "username": "x", "claims": { "iss": "x", "birthdate": "yesterday", "groups": [], "a/b": &long, "a b": 1 } }),
            vec![
                ("/claims/a b", invalid),
                ("/claims/a~1b", invalid),
                ("/claims/birthdate", invalid),
                ("/claims/groups", invalid),
                ("/claims/iss", invalid),
            ],
        ),
        (
            json!({ "username": "x\u{7}", "name": "a\nb", "claims": [], "id": "x", "created_at": null, "made/up": 1 }),
            vec![
                ("/claims", invalid),
                ("/created_at", invalid),
                ("/id", invalid),
                ("/made~1up", unknown),
                ("/name", invalid),
                ("/username", invalid),
            ],
        ),
        (
            json!({ "username": "x", "disabled": true, "groups": "staff", "claims": { "picture": "JavaScript:alert(1)" } }),
            vec![("/claims/picture", invalid), ("/disabled", invalid), ("/groups", invalid)],
        ),
    ] {
        let answer = api.post("/users", body.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {answer:?}");
        let mut found = faulty(&answer);
        found.sort();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(field, reason)| ((*field).to_owned(), (*reason).to_owned())).collect();
        assert_eq!(found, expected, "{body}");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_patch_is_named() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let path = path_of(&api.post("/users", jane()).await);
    for (patch, field) in [
        (json!({ "username": null }), "/username"),
        (json!({ "password": NEW }), "/password"),
        (json!({ "disabled": "yes" }), "/disabled"),
        (json!({ "claims": null }), "/claims"),
        (json!({ "claims": { "address": { "planet": "Mars" } } }), "/claims"),
        (json!({ "claims": { "birthdate": { "a": 1 } } }), "/claims"),
        (json!({ "updated_at": "2026-01-01T00:00:00Z" }), "/updated_at"),
    ] {
        let answer = api.patch(&path, patch.clone()).await;
        refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
        assert_eq!(faulty(&answer), [(field.to_owned(), "api.member_invalid".to_owned())], "{patch}");
    }
}

#[tokio::test]
async fn a_name_of_another_user_is_a_conflict_and_changes_nothing() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    server.user("alice").await;
    let path = path_of(&api.post("/users", jane()).await);
    let before = api.get(&path).await.json();
    for body in [json!({ "username": "ALICE" }), json!({ "username": "x", "email": "alice@EXAMPLE.com" })] {
        let answer = api.post("/users", body.clone()).await;
        refused(&answer, StatusCode::CONFLICT, "api.conflict");
        let field = if body["username"] == "x" { "/email" } else { "/username" };
        assert_eq!(faulty(&answer), [(field.to_owned(), "api.conflict".to_owned())]);
    }
    let answer =
        api.patch(&path, json!({ "disabled": true, "name": "J", "email": "alice@example.com" })).await;
    refused(&answer, StatusCode::CONFLICT, "api.conflict");
    assert_eq!(api.get(&path).await.json(), before);
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 2);
}

#[tokio::test]
async fn put_replaces_a_user_and_creates_none() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let path = path_of(&api.post("/users", jane()).await);
    let read = api.get(&path).await;
    let etag = read.header("etag").to_owned();
    // As it was read.
    let same = api.put(&path, &[("If-Match", &etag)], read.json()).await;
    assert_eq!((same.status, same.header("etag")), (StatusCode::OK, etag.as_str()), "{same:?}");
    let mut expected = read.json();
    expected["updated_at"] = same.json()["updated_at"].clone();
    assert_eq!(same.json(), expected);

    let less = json!({ "username": "jane", "claims": { "nickname": "J" } });
    refused(&api.put(&path, &[], less.clone()).await, StatusCode::BAD_REQUEST, "api.condition_missing");
    let create = [("If-None-Match", "*")];
    refused(&api.put(&path, &create, less.clone()).await, StatusCode::BAD_REQUEST, "api.parameter_invalid");
    let made_up = [("If-Match", "*")];
    refused(&api.put("/users/made-up", &made_up, less.clone()).await, StatusCode::NOT_FOUND, "api.not_found");
    let rehearsed = api.put(&format!("{path}?dry_run=true"), &[("If-Match", &etag)], less.clone()).await;
    let replaced = api.put(&path, &[("If-Match", &etag)], less.clone()).await;
    assert_eq!((replaced.status, rehearsed.json()), (StatusCode::OK, replaced.json()), "{replaced:?}");
    let body = replaced.json();
    assert_eq!(body["claims"], json!({ "nickname": "J" }));
    assert_eq!((&body["name"], &body["email"], &body["groups"]), (&Value::Null, &Value::Null, &json!([])));
    assert_eq!(body["email_verified"], false);
    refused(
        &api.put(&path, &[("If-Match", &etag)], less).await,
        StatusCode::PRECONDITION_FAILED,
        "api.other_version",
    );
    assert!(can_sign_in(&server, "jane", NEW).await, "the password stays");

    let wrong = json!({ "username": "jane", "id": "other", "password": NEW });
    let answer = api.put(&path, &[("If-Match", "*")], wrong).await;
    let fields: Vec<String> = faulty(&answer).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["/id", "/password"]);
}

#[tokio::test]
async fn a_disabled_user_is_signed_out_and_an_enabled_one_comes_back() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let path = path_of(&api.post("/users", jane()).await);
    assert!(can_sign_in(&server, "jane", NEW).await);
    let sessions = async || server.number("SELECT COUNT(*) FROM sessions").await;
    let etag = api.get(&path).await.header("etag").to_owned();
    assert_eq!(sessions().await, 1);
    let disable = json!({ "disabled": true, "name": "Jane" });
    let rehearsed = api.patch(&format!("{path}?dry_run=true"), disable.clone()).await;
    assert_eq!((sessions().await, &rehearsed.json()["disabled"]), (1, &json!(true)));
    let disabled = api.patch(&path, disable).await;
    assert_eq!((&disabled.json()["disabled"], &disabled.json()["name"]), (&json!(true), &json!("Jane")));
    assert_eq!((sessions().await, can_sign_in(&server, "jane", NEW).await), (0, false));
    // The state is part of the version.
    for method in [Method::PATCH, Method::DELETE] {
        let body = (method == Method::PATCH).then(|| json!({}));
        let answer = api.send(method, &path, &[("If-Match", &etag)], body).await;
        refused(&answer, StatusCode::PRECONDITION_FAILED, "api.other_version");
    }
    for (query, found) in [("?disabled=true", 1), ("?disabled=false", 0), ("", 1)] {
        let list = api.get(&format!("/users{query}")).await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{query}");
    }
    let made = api.send(Method::POST, &format!("{path}/password-link"), &[], None).await;
    refused(&made, StatusCode::CONFLICT, "api.conflict");
    assert_eq!(api.patch(&path, json!({ "disabled": null })).await.json()["disabled"], false);
    assert!(can_sign_in(&server, "jane", NEW).await);
}

#[tokio::test]
async fn an_address_takes_the_id_of_a_user_and_no_name() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    server.user("alice").await;
    for user in ["alice", "alice%40example.com", "made-up", "%00", "a%2Fb"] {
        for (method, rest, body) in [
            (Method::GET, "", None),
            (Method::PUT, "", Some(json!({ "username": "x" }))),
            (Method::PATCH, "", Some(json!({ "name": "x" }))),
            (Method::DELETE, "", None),
            (Method::PUT, "/password", Some(json!({ "password": NEW }))),
            (Method::POST, "/password-link", None),
            (Method::GET, "/sessions", None),
            (Method::DELETE, "/sessions", None),
            (Method::DELETE, "/sessions/x", None),
            (Method::GET, "/consents", None),
            (Method::DELETE, "/consents/web", None),
        ] {
            let headers: &[(&str, &str)] = if rest.is_empty() { &[("If-Match", "*")] } else { &[] };
            let answer = api.send(method.clone(), &format!("/users/{user}{rest}"), headers, body).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {user}{rest}: {answer:?}");
        }
    }
    assert!(can_sign_in(&server, "alice", PASSWORD).await);
}

#[tokio::test]
async fn users_are_listed_by_pages_and_found_by_name() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.users.read").await;
    for name in ["dora", "alice", "carol", "bob"] {
        server.user(name).await;
    }
    let names = |answer: &Answer| {
        let items = answer.json()["items"].as_array().expect("items").clone();
        items.iter().map(|user| user["username"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let first = api.get("/users?limit=3").await;
    assert_eq!(names(&first), ["alice", "bob", "carol"]);
    let next = first.get("next");
    assert!(first.header("link").contains(&next), "{first:?}");
    let last = api.get(&format!("/users?limit=3&cursor={next}")).await;
    assert_eq!((names(&last), &last.json()["next"]), (vec!["dora".to_owned()], &Value::Null));
    assert_eq!(names(&api.get("/users?q=BOB%40").await), ["bob"]);
    for (query, reason) in [
        ("limit=501", "api.parameter_invalid"),
        ("limit=0", "api.parameter_invalid"),
        ("disabled=maybe", "api.parameter_invalid"),
        ("cursor=x", "api.parameter_invalid"),
        ("sort=name", "api.parameter_invalid"),
        ("order=name", "api.parameter_unknown"),
        ("q=a&q=b", "parameter.repeated"),
    ] {
        refused(&api.get(&format!("/users?{query}")).await, StatusCode::BAD_REQUEST, reason);
    }
    let other = api.get(&format!("/grants?cursor={next}")).await;
    refused(&other, StatusCode::FORBIDDEN, "api.scope_missing");
    let owner = Api::owner(&server).await;
    let other = owner.get(&format!("/grants?cursor={next}")).await;
    refused(&other, StatusCode::BAD_REQUEST, "api.parameter_invalid");
    refused(&api.post("/users", jane()).await, StatusCode::FORBIDDEN, "api.scope_missing");
}

#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.browser());
    let (api, id) = (Api::owner(&server).await, server.user("alice").await);
    let tokens = web.redeem_by_hand(&web.code(&mut alice).await).await;
    let path = format!("/users/{id}/password");
    for (body, reason) in [
        (json!({ "password": "short" }), "api.member_invalid"),
        (json!({ "password": "alice@example.com" }), "api.member_invalid"),
        (json!({ "password": 7 }), "api.member_invalid"),
        (json!({}), "api.member_missing"),
        (json!({ "password": NEW, "other": 1 }), "api.member_unknown"),
    ] {
        refused(&api.put(&path, &[], body).await, StatusCode::BAD_REQUEST, reason);
    }
    let body = json!({ "password": NEW });
    let rehearsed = api.put(&format!("{path}?dry_run=true"), &[], body.clone()).await;
    assert_eq!(rehearsed.status, StatusCode::NO_CONTENT, "{rehearsed:?}");
    let stale = api.put(&path, &[("If-Match", "\"stale\"")], body.clone()).await;
    refused(&stale, StatusCode::PRECONDITION_FAILED, "api.other_version");
    assert_eq!(web.introspect(&tokens.get("access_token")).await["active"], true);
    let set = api.put(&path, &[], body).await;
    assert_eq!((set.status, set.body.as_str()), (StatusCode::NO_CONTENT, ""), "{set:?}");
    assert_eq!(web.introspect(&tokens.get("access_token")).await, json!({ "active": false }));
    assert!(!can_sign_in(&server, "alice", PASSWORD).await && can_sign_in(&server, "alice", NEW).await);
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_the_one_before() {
    let server = TestServer::start().await;
    let (api, id) = (Api::owner(&server).await, server.user("alice").await);
    let path = format!("/users/{id}/password-link");
    let rehearsed = api.send(Method::POST, &format!("{path}?dry_run=true"), &[], None).await;
    assert_eq!(
        (rehearsed.status, rehearsed.json()["password_link"].clone()),
        (StatusCode::CREATED, Value::Null)
    );
    let first = api.send(Method::POST, &path, &[], None).await;
    assert_eq!((first.status, first.header("cache-control")), (StatusCode::CREATED, "no-store"));
    assert!(first.header("location").is_empty(), "a link has no address in the API");
    let second =
        api.post(&path, json!({})).await.json()["password_link"].as_str().expect("a link").to_owned();
    refused(&api.post(&path, json!({ "a": 1 })).await, StatusCode::BAD_REQUEST, "api.member_unknown");
    let mut browser = server.browser();
    assert_eq!(
        browser.get(first.json()["password_link"].as_str().expect("a link")).await.status,
        StatusCode::BAD_REQUEST
    );
    let page = browser.open(&second).await;
    browser.submit(&page, &[("password", NEW), ("repeated", NEW)]).await;
    assert!(can_sign_in(&server, "alice", NEW).await);
    assert_eq!(browser.get(&second).await.status, StatusCode::BAD_REQUEST);
}

/// More sessions than end in one transaction.
async fn many_sessions(server: &TestServer, user: &UserId) {
    let (user, now) = (user.clone(), server.app.now());
    server
        .store(async move |tx: &mut Tx| {
            for n in 0..120 {
                tx.query(
                    "INSERT INTO sessions (cookie_hash, id, user_id, auth_time, amr, last_seen_at, expires_at)
                     VALUES ($1, $2, $3, $4, 'pwd', $4, $5)",
                )
                .bind(format!("{n:032}").into_bytes())
                .bind(format!("s-{n}"))
                .bind(user.as_str())
                .bind(now)
                .bind(now + grantor::clock::Seconds::new(3600))
                .execute()
                .await?;
            }
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn an_act_on_a_user_with_very_many_sessions_ends_all_of_them() {
    let server = TestServer::start().await;
    let (api, alice) = (Api::owner(&server).await, server.user("alice").await);
    let path = format!("/users/{alice}");
    let sessions = async || server.number("SELECT COUNT(*) FROM sessions").await;
    many_sessions(&server, &alice).await;
    let rehearsed = api.delete(&format!("{path}?dry_run=true")).await;
    assert_eq!((rehearsed.status, sessions().await), (StatusCode::NO_CONTENT, 120));
    let disabled = api.patch(&path, json!({ "disabled": true })).await;
    assert_eq!((disabled.status, sessions().await), (StatusCode::OK, 0), "{disabled:?}");
    api.patch(&path, json!({ "disabled": false })).await;
    many_sessions(&server, &alice).await;
    let etag = api.get(&path).await.header("etag").to_owned();
    let deleted = api.send(Method::DELETE, &path, &[("If-Match", &etag)], None).await;
    assert_eq!((deleted.status, sessions().await), (StatusCode::NO_CONTENT, 0), "{deleted:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM users").await, 0);
}

#[tokio::test]
async fn of_many_writers_with_the_same_version_one_changes_a_user() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let path = path_of(&api.post("/users", jane()).await);
    let etag = api.get(&path).await.header("etag").to_owned();
    let headers = [("If-Match", etag.as_str())];
    let writers =
        (0..16).map(|n| api.send(Method::PATCH, &path, &headers, Some(json!({ "name": format!("N {n}") }))));
    let answers = futures_util::future::join_all(writers).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(StatusCode::OK), count(StatusCode::PRECONDITION_FAILED)), (1, 15));
}
