//! Who gets into the console, what they may do there, and what ends it.

use std::time::Duration;

use grantor::oauth::identity::role::Role;
use grantor::secret::Hash;
use reqwest::Method;

use super::{Visitor, between, give_role};
use crate::api::Api;
use crate::support::TestServer;
use crate::support::browser::http_client;

/// Pages, each with the roles that may see it: owner, operator, auditor.
const PAGES: &[(&str, [bool; 3])] = &[
    ("/admin", [true, true, true]),
    ("/admin/search?q=web", [true, true, true]),
    ("/admin/clients", [true, true, true]),
    ("/admin/clients/web", [true, true, true]),
    ("/admin/clients/web/check", [true, true, true]),
    ("/admin/clients/web/health", [true, true, true]),
    ("/admin/clients/web/edit", [true, true, false]),
    ("/admin/clients/web/secret", [true, true, false]),
    ("/admin/clients/web/delete", [true, true, false]),
    ("/admin/new/clients", [true, true, false]),
    ("/admin/users", [true, true, true]),
    ("/admin/new/users", [true, true, false]),
    ("/admin/grants", [true, true, true]),
    ("/admin/scopes", [true, true, true]),
    ("/admin/scopes/read", [true, true, true]),
    ("/admin/scopes/read/edit", [true, false, false]),
    ("/admin/new/scopes", [true, false, false]),
    ("/admin/resources", [true, true, true]),
    ("/admin/new/resources", [true, false, false]),
    ("/admin/authorization-types", [true, true, true]),
    ("/admin/new/authorization-types", [true, false, false]),
    ("/admin/issuers", [true, true, true]),
    ("/admin/new/issuers", [true, false, false]),
    ("/admin/keys", [true, true, true]),
    ("/admin/new/keys", [true, false, false]),
    ("/admin/logout-deliveries", [true, true, true]),
    ("/admin/pings", [true, true, true]),
    ("/admin/refusals", [true, true, true]),
    ("/admin/events", [true, true, true]),
    ("/admin/webhooks", [true, true, true]),
    ("/admin/new/webhooks", [true, false, false]),
    ("/admin/api-keys", [true, false, true]),
    ("/admin/new/api-keys", [true, false, false]),
];

/// The path of a form, its fields, and who may send it.
type RoleForm<'a> = (&'a str, &'a [(&'a str, &'a str)], [bool; 3]);

/// Forms that someone without the permission sends anyway, each with the roles that may send it.
const FORMS: &[RoleForm<'_>] = &[
    (
        "/admin/new/clients",
        &[
            ("client_name", "x"),
            ("kind", "spa"),
            ("redirect_uris", "https://app.example/cb"),
            ("check", "true"),
        ],
        [true, true, false],
    ),
    ("/admin/clients/web/secret", &[], [true, true, false]),
    ("/admin/clients/web/enable", &[], [true, true, false]),
    ("/admin/new/users", &[("username", "x1"), ("check", "true")], [true, true, false]),
    ("/admin/new/users", &[("username", "x2"), ("role", "owner"), ("check", "true")], [true, false, false]),
    ("/admin/new/scopes", &[("name", "x"), ("description", "x"), ("check", "true")], [true, false, false]),
    ("/admin/scopes/read/delete", &[], [true, false, false]),
    ("/admin/new/resources", &[("resource", "https://x.example"), ("check", "true")], [true, false, false]),
    (
        "/admin/new/authorization-types",
        &[("name", "x"), ("schema", "{}"), ("template", "x"), ("check", "true")],
        [true, false, false],
    ),
    ("/admin/new/issuers", &[("issuer", "https://x.example")], [true, false, false]),
    ("/admin/new/keys", &[("algorithm", "ES256")], [true, false, false]),
    (
        "/admin/new/webhooks",
        &[("name", "x"), ("url", "https://hooks.example"), ("check", "true")],
        [true, false, false],
    ),
    (
        "/admin/new/api-keys",
        &[("name", "x"), ("scope", "grantor.write"), ("check", "true")],
        [true, false, false],
    ),
    ("/admin/logout-deliveries/all/retry", &[], [true, true, false]),
];

#[tokio::test]
async fn each_role_sees_and_changes_what_it_may_and_no_more() {
    let server = TestServer::start().await;
    server.web().await;
    let roles = [(Role::Auditor, 2), (Role::Operator, 1), (Role::Owner, 0)];
    for (role, column) in roles {
        let mut visitor = Visitor::with(&server, role.as_str(), Some(role)).await;
        for (path, may) in PAGES {
            let page = visitor.open(path).await;
            let expected = if may[column] { 200 } else { 403 };
            assert_eq!(page.status, expected, "{} at {path}: {page:?}", role.as_str());
            assert!(!page.is_sign_in(), "{path}");
        }
        for (path, fields, may) in FORMS {
            let answer = visitor.post(path, fields).await;
            // An operator's form with a role is shown again, with the sentence of the fault.
            let is_refused = answer.status == 403 || answer.status == 400;
            let is_done = answer.status == 303
                || answer.status == 200 && answer.body.contains("Nothing is wrong")
                || answer.body.contains("id=\"secret\"")
                || answer.body.contains("an issuer has jwks or jwks_uri");
            assert_eq!(
                (is_done, is_refused || is_done),
                (may[column], true),
                "{} at {path}: {answer:?}",
                role.as_str()
            );
        }
    }
}

#[tokio::test]
async fn someone_without_a_role_learns_who_can_give_one_and_a_role_that_is_taken_ends_at_once() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::with(&server, "nobody", None).await;
    let page = visitor.open("/admin/clients").await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("an owner can give it one"), "{page:?}");
    assert!(!page.body.contains("/admin/clients"), "{page:?}");

    server.user("keeper").await;
    give_role(&server, "keeper", Some(Role::Owner)).await;
    give_role(&server, "nobody", Some(Role::Owner)).await;
    assert_eq!(visitor.open("/admin/clients").await.status, 200);
    give_role(&server, "nobody", Some(Role::Auditor)).await;
    assert_eq!(visitor.open("/admin/new/clients").await.status, 403);
    give_role(&server, "nobody", None).await;
    assert_eq!(visitor.open("/admin").await.status, 403);
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let server = TestServer::start().await;
    server.web().await;
    let mut visitor = Visitor::owner(&server).await;
    let token = visitor.open("/admin").await.form_token();
    let other = Visitor::with(&server, "other", Some(Role::Owner)).await.open("/admin").await.form_token();
    for token in ["", "wrong", &other] {
        let answer = visitor.browser.post("/admin/clients/web/delete", &[("form_token", token)]).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.body.contains("form.forged") || answer.body.contains("not sent from"), "{answer:?}");
    }
    let body = format!("form_token={token}");
    let form = ("content-type", "application/x-www-form-urlencoded");
    for header in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer =
            visitor.browser.request(Method::POST, "/admin/clients/web/delete", &[form, header], &body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    // The client is still there, and the same form from our own page deletes it.
    assert_eq!(visitor.open("/admin/clients/web").await.status, 200);
    visitor.done("/admin/clients/web/delete", &[]).await;
    assert_eq!(visitor.open("/admin/clients/web").await.status, 404);
}

#[tokio::test]
async fn what_destroys_needs_a_fresh_sign_in() {
    let server = TestServer::start().await;
    server.web().await;
    let mut visitor = Visitor::owner(&server).await;
    server.clock.advance(Duration::from_secs(301));
    assert_eq!(visitor.open("/admin/clients/web/edit").await.status, 200);
    for path in [
        "/admin/clients/web/delete",
        "/admin/clients/web/secret",
        "/admin/new/keys",
        "/admin/new/api-keys",
        "/admin/new/issuers",
    ] {
        assert!(visitor.open(path).await.is_sign_in(), "{path}");
    }
    let answer = visitor.post("/admin/clients/web/delete", &[]).await;
    let page = visitor.browser.follow(answer).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM clients WHERE id = 'web'").await, 1);
    // After the sign-in, the question is there again.
    let question = visitor.browser.sign_in(&page, "owner").await;
    assert!(question.body.contains("Delete the client"), "{question:?}");
    assert!(question.body.contains("Live grants of people: 0."), "{question:?}");
    visitor.done("/admin/clients/web/delete", &[]).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM clients WHERE id = 'web'").await, 0);
}

#[tokio::test]
async fn a_token_that_has_ended_is_replaced_without_a_page_and_a_form_is_not_lost() {
    let server = TestServer::start_with(&[("tokens.access_token_lifetime", "60s")]).await;
    let mut visitor = Visitor::owner(&server).await;
    server.clock.advance(Duration::from_secs(61));
    let page = visitor.open("/admin/clients?q=%3Cb%3E").await;
    assert_eq!((page.status.as_u16(), page.url.query()), (200, Some("q=%3Cb%3E")), "{page:?}");

    let token = page.form_token();
    server.clock.advance(Duration::from_secs(61));
    let form = [
        ("form_token", token.as_str()),
        ("client_name", "<i>Kept</i>"),
        ("kind", "spa"),
        ("redirect_uris", "https://app.example/cb"),
    ];
    let answer = visitor.browser.post("/admin/new/clients", &form).await;
    assert_eq!(answer.status, 401);
    assert!(answer.body.contains("value=\"&lt;i&gt;Kept&lt;"), "{answer:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM clients").await, 1);
    // In another tab the person gets a new token; then the same form is good.
    visitor.open("/admin").await;
    let answer = visitor.browser.post("/admin/new/clients", &form).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    // Someone else's form is not shown again.
    server.clock.advance(Duration::from_secs(61));
    let answer =
        visitor.browser.post("/admin/new/clients", &[("form_token", "x"), ("client_name", "y")]).await;
    assert_eq!(answer.location().as_deref(), Some(&*format!("{}/admin", server.url)));
}

#[tokio::test]
async fn a_revocation_the_end_of_the_session_and_a_sign_out_end_the_console_at_once() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    let (api, id) =
        (Api::owner(&server).await, between(&visitor.open("/admin").await, "/admin/users/", "\""));
    let cookie = visitor.browser.cookies["grantor-console"].clone();
    // A revoked grant: the person is still signed in, so there is a new token without a page.
    api.delete(&format!("/grants?user={id}")).await;
    let page = visitor.open("/admin").await;
    assert_eq!(page.status, 200);
    assert_ne!(visitor.browser.cookies["grantor-console"], cookie);
    // The token before cannot be used, even where it was kept.
    let mut thief = server.browser();
    thief.cookies.insert("grantor-console".into(), cookie);
    assert!(thief.open("/admin").await.is_sign_in());

    let kept = visitor.browser.cookies["grantor-console"].clone();
    let answer = visitor.post("/admin/sign-out", &[]).await;
    assert_eq!(answer.location().as_deref(), Some(&*format!("{}/logout", server.url)));
    assert!(!visitor.browser.cookies.contains_key("grantor-console"));
    let mut thief = server.browser();
    thief.cookies.insert("grantor-console".into(), kept);
    assert!(thief.open("/admin").await.is_sign_in());

    visitor.open("/admin").await;
    api.delete(&format!("/users/{id}/sessions")).await;
    assert!(visitor.open("/admin").await.is_sign_in());
    let page = visitor.open("/admin").await;
    visitor.browser.sign_in(&page, "owner").await;
    server.user("keeper").await;
    give_role(&server, "keeper", Some(Role::Owner)).await;
    api.patch(&format!("/users/{id}"), serde_json::json!({ "disabled": true })).await;
    assert!(visitor.open("/admin").await.is_sign_in());
}

#[tokio::test]
async fn the_client_of_the_console_is_only_for_the_console() {
    let server = TestServer::start().await;
    let (api, mut visitor) = (Api::owner(&server).await, Visitor::owner(&server).await);
    let list = api.get("/clients").await.json();
    assert_eq!(list["items"], serde_json::json!([]), "{list}");
    assert_eq!(api.get("/clients/grantor-console").await.status, 404);
    let redirect = serde_json::json!({ "redirect_uris": ["https://evil.example/cb"] });
    assert_eq!(api.patch("/clients/grantor-console", redirect).await.status, 404);
    assert_eq!(api.delete("/clients/grantor-console").await.status, 404);
    assert_eq!(api.post("/clients/grantor-console/secrets", serde_json::json!({})).await.status, 404);
    let taken = serde_json::json!({ "client_id": "grantor-console", "client_name": "x", "kind": "service", "scope": "read" });
    assert_eq!(api.post("/clients", taken).await.status, 409);

    // A code of the console cannot be used at the token endpoint, or in another browser.
    let mut browser = server.browser();
    let page = browser.open("/admin").await;
    let answer = browser
        .submit_only(&page, &[("username", "owner"), ("password", crate::support::server::PASSWORD)])
        .await;
    let mut answer = answer;
    while let Some(location) = answer.location().filter(|location| !location.contains("/admin/callback")) {
        answer = browser.get(&location).await;
    }
    let (callback, code) = (answer.location().expect("a redirect"), answer.get("code"));
    let uri = format!("{}/admin/callback", server.url);
    for client in
        [&[("client_id", "grantor-console")][..], &[("client_id", "grantor-console"), ("client_secret", "x")]]
    {
        let form = [&[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &uri)], client]
            .concat();
        assert_eq!(server.token(&form).await.status, 401);
    }
    let stolen = visitor.browser.get(&callback).await;
    assert_eq!(stolen.status, 400, "{stolen:?}");
    // It was used up by that, so even its own browser cannot use it any more.
    assert_eq!(browser.get(&callback).await.status, 400);
    // A state that is not ours leads to the beginning.
    let answer = browser.get("/admin/callback?code=x&state=y").await;
    assert_eq!(answer.location().as_deref(), Some(&*format!("{}/admin", server.url)));
}

#[tokio::test]
async fn the_console_is_where_the_api_is() {
    let off = TestServer::start_with(&[("admin.enabled", "false")]).await;
    assert_eq!(off.get("/admin").await.status, 404);
    assert_eq!(off.get("/admin/callback?code=x&state=y").await.status, 404);
    let elsewhere = TestServer::start_with(&[("admin.networks", "10.0.0.0/8")]).await;
    for path in ["/admin", "/admin/clients", "/admin/callback?code=x"] {
        assert_eq!(elsewhere.get(path).await.status, 404, "{path}");
    }
    let here = TestServer::start_with(&[("admin.networks", "127.0.0.0/8")]).await;
    assert_eq!(here.get("/admin").await.status, 303);
}

#[tokio::test]
async fn a_client_that_may_manage_the_server_is_made_and_changed_only_after_a_fresh_sign_in() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    let powerful = [("client_name", "Robot"), ("kind", "service"), ("scope", "grantor.write")];
    visitor.done("/admin/new/clients", &powerful).await;
    let robot =
        "SELECT COUNT(*) FROM clients WHERE scopes LIKE '%grantor.write%' AND id <> 'grantor-console'";
    assert_eq!(server.number(robot).await, 1);
    server.clock.advance(Duration::from_secs(301));
    let answer = visitor.post("/admin/new/clients", &powerful).await;
    assert!(visitor.browser.follow(answer).await.is_sign_in());
    assert_eq!(server.number(robot).await, 1);
    server.web().await;
    let version = between(&visitor.open("/admin/clients/web/edit").await, "name=\"version\" value=\"", "\"");
    let change =
        [("version", version.as_str()), ("scope", "grantor.write"), ("client_name", "web"), ("kind", "web")];
    let answer = visitor.post("/admin/clients/web/edit", &change).await;
    assert!(visitor.browser.follow(answer).await.is_sign_in());
    assert_eq!(server.number(robot).await, 1);
}

#[tokio::test]
async fn the_console_can_be_used_where_every_client_must_push_its_requests() {
    let server = TestServer::start_with(&[("oauth.par", "require")]).await;
    let mut visitor = Visitor::owner(&server).await;
    assert_eq!(visitor.open("/admin/clients").await.status, 200);
}

#[tokio::test]
async fn the_way_back_from_a_sign_in_works_only_in_the_browser_that_began_it() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    // The person who attacks makes the verifier of a browser without a cookie.
    let begun = server.browser().get("/admin").await.location().expect("the authorization endpoint");
    let begun = url::Url::parse(&begun).unwrap();
    let state = begun.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let challenge = Hash::of(&Hash::of(&format!("console  {state}")).to_text()).to_text();
    let pairs = begun.query_pairs().map(|(name, value)| match &*name {
        "code_challenge" => (name.into_owned(), challenge.clone()),
        _ => (name.into_owned(), value.into_owned()),
    });
    let query = serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap();
    let back = visitor.browser.get(&format!("/authorize?{query}")).await.location().expect("the way back");
    assert!(back.contains("code="), "{back}");
    let stranger = server.browser().get(&back).await;
    assert_eq!(stranger.status, 400, "{stranger:?}");
    assert!(stranger.body.contains("does not have the cookie of this sign-in"), "{stranger:?}");
    assert!(!stranger.headers.contains_key("set-cookie"), "{stranger:?}");
}

#[tokio::test]
async fn a_sign_out_ends_the_tokens_of_earlier_sign_ins_too() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    let mut earlier = visitor.browser.clone_with_cookies();
    server.clock.advance(Duration::from_secs(301));
    let page = visitor.open("/admin/new/keys").await;
    visitor.browser.sign_in(&page, "owner").await;
    assert_eq!(earlier.get("/admin/clients").await.status, 200);
    visitor.post("/admin/sign-out", &[]).await;
    // Without a token, the console sends to the authorization endpoint.
    let answer = earlier.get("/admin/clients").await;
    assert!(answer.location().is_some_and(|onward| onward.contains("/authorize?")), "{answer:?}");
}

#[tokio::test]
async fn another_network_sees_nothing_of_the_console_and_the_api_by_any_method() {
    let server = TestServer::start_with(&[("admin.networks", "192.0.2.0/24")]).await;
    let http = http_client();
    for path in
        ["/admin", "/admin/clients", "/admin/sign-out", "/api", "/api/v1/openapi.json", "/api/v1/clients"]
    {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE] {
            for body in ["", &"x".repeat(70_000)] {
                let request = http
                    .request(method.clone(), format!("{}{path}", server.url))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(body.to_owned());
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status(), 404, "{method} {path}: {answer:?}");
                assert!(!answer.headers().contains_key("allow"), "{method} {path}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_person_without_a_role_puts_no_command_before_the_owner() {
    let server = TestServer::start().await;
    let mut mallory = Visitor::with(&server, "mallory", None).await;
    let refused = mallory.open("/admin").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.body.contains("grantor user update"), "{refused:?}");
}
