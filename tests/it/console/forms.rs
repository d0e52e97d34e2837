//! The forms of the console: what a link fills in, what someone else has changed meanwhile, and what no object can have.

use serde_json::json;

use super::{Visitor, between};
use crate::api::Api;
use crate::support::{Answer, Operator, TestServer};

/// The version of its object that a form has.
#[track_caller]
fn version(page: &Answer) -> String {
    between(page, "name=\"version\" value=\"", "\"")
}

#[tokio::test]
async fn a_second_press_of_save_does_not_overwrite_what_someone_else_has_changed() {
    let server = TestServer::start().await;
    server.web().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let path = "/admin/clients/web/edit";
    let mut shown = version(&visitor.open(path).await);
    assert_eq!(api.patch("/clients/web", json!({ "client_name": "Theirs" })).await.status, 200);
    for press in ["first", "second"] {
        let mine = [
            ("client_name", "Mine"),
            ("kind", "web"),
            ("redirect_uris", "https://app.example/cb"),
            ("grant_types", "authorization_code"),
            ("version", shown.as_str()),
        ];
        let page = visitor.post(path, &mine).await;
        assert_eq!(page.status, 400, "{press}: {page:?}");
        assert!(page.body.contains("was changed since it was read"), "{press}: {page:?}");
        assert!(page.body.contains("value=\"Mine\""), "{press}: what was typed is kept: {page:?}");
        assert_eq!(api.get("/clients/web").await.json()["client_name"], "Theirs", "{press}");
        shown = version(&page);
    }
    let now = version(&visitor.open(path).await);
    assert_ne!(now, shown);
}

#[tokio::test]
async fn each_demand_that_is_only_reported_has_a_link_to_the_form_that_makes_it() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    server.web().await;
    let section = "Demands that are only reported";
    let page = visitor.open("/admin/clients/web/check").await;
    assert!(!page.body.contains(section), "{page:?}");
    let demands = ["pkce", "par", "jar", "token_redirect_uri", "dpop"];
    let options = demands.map(|demand| format!("--{}", demand.replace('_', "-")));
    let options = options.iter().flat_map(|option| [option.as_str(), "report"]);
    let command: Vec<&str> = ["client", "update", "web"].into_iter().chain(options).collect();
    Operator::of(&server).done(&command);
    let page = visitor.open("/admin/clients/web/check").await;
    assert!(page.body.contains(section) && page.body.contains("Require pushed requests"), "{page:?}");
    for demand in demands {
        let link = format!("/admin/clients/web/edit?set_{demand}=require");
        assert!(page.body.contains(&link), "{link}: {page:?}");
        let form = visitor.open(&link).await;
        let select = between(&form, &format!("name=\"{demand}\""), "</select>");
        assert!(select.contains("<option value=\"require\" selected>"), "{demand}: {select}");
        assert!(form.body.contains("The link to this page has filled in: "), "{demand}: {form:?}");
    }
}

#[tokio::test]
async fn one_faulty_line_of_a_field_hides_no_other() {
    let server = TestServer::start().await;
    let mut visitor = Visitor::owner(&server).await;
    let lines = "https://good.example/cb\nnot-a-uri\njavascript:1\nhttps://a.example/#f";
    let new = [("client_name", "App"), ("kind", "web"), ("redirect_uris", lines)];
    let page = visitor.post("/admin/new/clients", &new).await;
    assert_eq!(page.status, 400, "{page:?}");
    for sentence in ["is not an absolute URI", "must be https", "must not have a fragment"] {
        assert!(page.body.contains(sentence), "{sentence}: {page:?}");
    }
}

#[tokio::test]
async fn keys_of_an_unknown_algorithm_are_not_made() {
    let server = TestServer::start().await;
    let (mut visitor, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    let before = api.get("/keys").await.json();
    let page = visitor.post("/admin/new/keys", &[("algorithm", "ES255")]).await;
    assert_eq!(page.status, 400, "{page:?}");
    let refused = api.post("/keys", json!({ "algorithm": "ES255" })).await.json();
    let sentence = refused["errors"][0]["description"].as_str().expect("a sentence");
    assert!(sentence.starts_with("it must be one of: "), "{refused}");
    assert!(page.body.contains(sentence), "{sentence}: {page:?}");
    assert_eq!(api.get("/keys").await.json(), before);
}
