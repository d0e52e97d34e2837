//! The forms of the console: what someone else has changed meanwhile.

use serde_json::json;

use super::{Visitor, between};
use crate::api::Api;
use crate::support::{Answer, TestServer};

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
