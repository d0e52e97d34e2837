//! The document of the management API: what is in it, and how it is served. That answers are as it says is checked for every
//! answer that a test gets (`support::contract`).

use std::collections::BTreeSet;

use grantor::representation::settings;
use grantor::server::routes::methods;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Api, refused};
use crate::support::contract::faults;
use crate::support::{Answer, TestServer};

const PATH: &str = "/api/v1/openapi.json";

async fn document(server: &TestServer, headers: &[(&str, &str)]) -> Answer {
    server.browser().request(Method::GET, PATH, headers, "").await
}

/// The operations of the document: its methods and paths, with what it says about each.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item.as_object().expect("methods").clone();
        let path = path.clone();
        methods.into_iter().map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn everyone_gets_the_document_and_caches_ask_whether_it_changed() {
    let server = TestServer::start().await;
    let answer = document(&server, &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-cache");
    let body = answer.json();
    assert_eq!(
        (&body["openapi"], &body["servers"][0]["url"]),
        (&"3.1.0".into(), &server.url.as_str().into())
    );
    assert_eq!(body["info"]["version"], env!("CARGO_PKG_VERSION"));
    let etag = answer.header("etag").to_owned();
    for known in [etag.clone(), format!("\"x\", {etag}"), "*".into()] {
        let answer = document(&server, &[("If-None-Match", &known)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!(answer.header("etag"), etag);
    }
    assert_eq!(document(&server, &[("If-None-Match", "\"x\"")]).await.body, answer.body);
    let packed = document(&server, &[("Accept-Encoding", "gzip")]).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let unknown = server.browser().get(&format!("{PATH}?made_up=1")).await;
    refused(&unknown, StatusCode::BAD_REQUEST, "api.parameter_unknown");
}

#[tokio::test]
async fn the_document_is_only_there_for_the_networks_of_the_api() {
    for (option, value) in [("admin.enabled", "false"), ("admin.networks", "192.0.2.0/24")] {
        let server = TestServer::start_with(&[(option, value)]).await;
        assert_eq!(document(&server, &[]).await.status, StatusCode::NOT_FOUND, "{option} = {value}");
        let page = server.browser().get("/api").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{option} = {value}");
    }
}

#[tokio::test]
async fn the_document_has_every_route_and_no_other() {
    let server = TestServer::start().await;
    let document = document(&server, &[]).await.json();
    let documented: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let routes = methods().filter(|(path, _)| path.starts_with("/api/v1/"));
    let routes: BTreeSet<(String, String)> = routes
        .flat_map(|(path, methods)| {
            let methods = methods.into_iter().filter(|method| *method != "HEAD");
            methods.map(move |method| (method.to_owned(), path.to_owned()))
        })
        .collect();
    assert_eq!(documented, routes);
}

#[tokio::test]
async fn every_example_is_as_the_document_says() {
    let server = TestServer::start().await;
    let document = document(&server, &[]).await.json();
    let mut checked = 0;
    let mut check = |place: String, content: &Value| {
        for (media_type, content) in content.as_object().into_iter().flatten() {
            if let Some(example) = content.get("example") {
                let place = format!("{place}/content/{}/schema", media_type.replace('/', "~1"));
                assert_eq!(faults(&place, example), Vec::<String>::new(), "{place}: {example:#}");
                checked += 1;
            }
        }
    };
    for (method, path, operation) in operations(&document) {
        let place = format!("/paths/{}/{}", path.replace('/', "~1"), method.to_lowercase());
        check(format!("{place}/requestBody"), &operation["requestBody"]["content"]);
        for (status, response) in operation["responses"].as_object().expect("responses") {
            check(format!("{place}/responses/{status}"), &response["content"]);
        }
    }
    for (name, response) in document["components"]["responses"].as_object().expect("responses") {
        check(format!("/components/responses/{name}"), &response["content"]);
    }
    assert!(checked > 90, "{checked}");
}

#[tokio::test]
async fn an_operation_needs_the_scope_that_the_document_names() {
    let server = TestServer::start().await;
    let document = document(&server, &[]).await.json();
    for (method, path, operation) in operations(&document) {
        let scope = &operation["security"][1]["oauth2"][0];
        let Some(scope) = scope.as_str() else {
            assert_eq!((path.as_str(), &operation["security"]), (PATH, &serde_json::json!([{}])));
            continue;
        };
        let path = path.replace(['{', '}'], "").replace("/api/v1", "");
        let http = Method::from_bytes(method.as_bytes()).expect("a method");
        let other = if scope == "grantor.audit.read" { "grantor.keys.read" } else { "grantor.audit.read" };
        let answer = Api::with(&server, other).await.send(http, &path, &[], None).await;
        let challenge = answer.header("www-authenticate");
        assert!(challenge.ends_with(&format!("scope=\"{scope}\"")), "{method} {path}: {challenge}");
    }
}

#[tokio::test]
async fn the_reference_has_every_operation_and_every_member_and_loads_nothing_from_elsewhere() {
    let server = TestServer::start().await;
    let page = server.browser().get("/api").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"),
        "{policy}"
    );
    assert!(!page.body.contains("<script"));
    for (method, path, operation) in operations(&document(&server, &[]).await.json()) {
        let (id, summary) = (operation["operationId"].as_str(), operation["summary"].as_str());
        let heading = format!(
            "<h3 id=\"{0}\"><a href=\"#{0}\">{1}</a></h3>",
            id.expect("an id"),
            summary.expect("a text")
        );
        assert!(page.body.contains(&heading), "{method} {path}: {heading}");
    }
    for object in settings::ALL.iter().filter(|object| !object.name.ends_with("NewSigningKeys")) {
        for member in object.members {
            let anchor = format!("<dt id=\"object-{}-{}\">", object.name, member.name);
            assert!(page.body.contains(&anchor), "{anchor}");
        }
    }
    let anchors: Vec<&str> =
        page.body.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let different: BTreeSet<&&str> = anchors.iter().collect();
    assert_eq!(different.len(), anchors.len(), "every anchor is there once");
    for link in page.body.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(anchors.contains(&link), "#{link} leads nowhere");
    }
}
