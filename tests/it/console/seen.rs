//! What people see in the console: every fault at once and at the top, who did what by which credential, and lists that show
//! what was asked for.

use grantor::work::audit;
use serde_json::json;

use super::{Visitor, between};
use crate::api::Api;
use crate::support::TestServer;

/// Fields of a client that are wrong: two that cannot be read, and others that the operation refuses, which has no grant types,
/// either. The form for a new client has only two of them.
const WRONG: [(&str, &str); 7] = [
    ("client_name", "App"),
    ("kind", "web"),
    ("redirect_uris", "not an address"),
    ("scope", "openid made-up"),
    ("access_token_lifetime", "abc"),
    ("jwks", "{"),
    ("tos_uri", "ftp://app.example/terms"),
];

#[tokio::test]
async fn a_form_names_every_wrong_field_at_its_top_with_a_link() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let made = json!({ "client_id": "app", "client_name": "App", "kind": "web", "redirect_uris": ["https://app.example/cb"] });
    assert_eq!(api.post("/clients", made).await.status, 201);
    let version = between(&visitor.open("/admin/clients/app/edit").await, "name=\"version\" value=\"", "\"");
    let edit = [&WRONG[..], &[("version", version.as_str())]].concat();
    let few = ["Redirect URIs", "Scopes"];
    let all = ["Redirect URIs", "Grant types", "Scopes", "Terms of service", "Lifetime of access tokens"];
    for (path, fields, count, labels) in
        [("/admin/new/clients", &WRONG[..], 2, &few[..]), ("/admin/clients/app/edit", &edit, 6, &all)]
    {
        let page = visitor.post(path, fields).await;
        assert_eq!(page.status, 400, "{path}: {page:?}");
        let top = between(&page, "role=\"alert\"", "</div>");
        assert!(top.contains(&format!("{count} fields need a change")), "{path}: {top}");
        for label in labels {
            assert!(top.contains(&format!("\">{label}</a>: ")), "{path} {label}: {top}");
        }
        let links: Vec<&str> =
            top.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(links.len(), count, "{top}");
        for link in links {
            assert_eq!(page.body.matches(&format!("id=\"{link}\"")).count(), 1, "{path} {link}");
            assert!(page.body.contains(&format!("id=\"{link}e\"")), "{path} {link}");
        }
    }
    // The same for objects that have no code of their own.
    let fields = [("name", ""), ("resources", "https://api.example.com")];
    let page = visitor.post("/admin/new/scopes", &fields).await;
    assert!(between(&page, "role=\"alert\"", "</div>").contains("\">Name</a>: "), "{page:?}");
    let page = visitor
        .post("/admin/new/webhooks", &[("name", "W"), ("url", "https://a.example"), ("types", "made.up")])
        .await;
    assert!(page.body.contains("there is no event made.up"), "{page:?}");
}

#[tokio::test]
async fn a_link_that_fills_a_form_and_a_stale_form_lead_to_what_they_name() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let made = json!({ "client_id": "app", "client_name": "App", "kind": "web", "redirect_uris": ["https://app.example/cb"] });
    assert_eq!(api.post("/clients", made).await.status, 201);
    let page = visitor.open("/admin/clients/app/edit?add_redirect_uris=https://app.example/new").await;
    let notice = between(&page, "has filled in:", "</p>");
    let id = notice.split("href=\"#").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    assert!(page.body.contains(&format!("id=\"{id}\" name=\"redirect_uris\"")), "{notice}");
    let stale = [("client_name", "Stale"), ("kind", "web"), ("version", "old")];
    let page = visitor.post("/admin/clients/app/edit", &stale).await;
    let page = crate::support::Answer { body: page.body.replace("&#x2f;", "/"), ..page };
    assert!(page.status == 400 && page.body.contains("was changed since it was read"), "{page:?}");
    let link = between(&page, "What you typed is still below, and is not saved. <a href=\"", "\"");
    assert!(link.ends_with("/admin/clients/app/edit"), "{link}");
}

#[tokio::test]
async fn an_event_says_by_what_credential_and_has_a_page_of_its_own() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let made = json!({ "client_id": "app", "client_name": "App", "kind": "web", "redirect_uris": ["https://app.example/cb"] });
    let made = api.post("/clients", made).await;
    assert_eq!(made.status, 201);
    audit::pass(&server.app).await.unwrap();
    let list = visitor.open("/admin/events?act=client.created").await;
    assert!(list.body.contains(" · API key") && list.body.contains(" settings</summary>"), "{list:?}");
    assert!(!list.body.contains("null"), "{list:?}");
    assert!(list.body.contains("Time <span class=\"zone\">UTC</span>"), "{list:?}");
    let number = between(&list, "/admin/events/", "\"");
    let page = visitor.open(&format!("/admin/events/{number}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    for shown in
        [made.header("x-request-id"), "client.created", "https://app.example/cb", " · API key", " UTC</time>"]
    {
        assert!(page.body.contains(shown), "{shown}: {page:?}");
    }
    for wrong in ["0", "-1", "999999", "x", "9223372036854775807"] {
        assert_eq!(visitor.open(&format!("/admin/events/{wrong}")).await.status, 404, "{wrong}");
    }
}

#[tokio::test]
async fn a_list_refuses_what_it_does_not_know_and_an_empty_one_says_that_there_is_nothing_yet() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    for query in ["limit=9999", "made-up=1", "sort=made-up"] {
        for list in ["clients", "users"] {
            let page = visitor.open(&format!("/admin/{list}?{query}")).await;
            assert_eq!(page.status, 400, "{list}?{query}: {page:?}");
        }
    }
    let kept = visitor.open("/admin/clients?sort=-created_at&q=&note=deleted").await;
    assert_eq!(kept.status, 200, "{kept:?}");
    for (list, sentence) in [
        ("clients", "There is no client yet. A client is an application that gets tokens here."),
        ("authorization-types", "There is no type yet."),
        ("clients?q=nothing", "No client matches."),
    ] {
        let page = visitor.open(&format!("/admin/{list}")).await;
        assert!(page.body.contains(sentence), "{list}: {page:?}");
    }
    for (list, command) in
        [("clients", "grantor client list"), ("users", "grantor user list"), ("grants", "grantor grant list")]
    {
        let page = visitor.open(&format!("/admin/{list}")).await;
        assert!(page.body.contains(command), "{list}: {page:?}");
    }
}
