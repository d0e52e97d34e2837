//! What the console shows of counts, orders and events.

use std::time::Duration;

use grantor::work::{activity, audit};
use serde_json::json;

use super::{Visitor, between};
use crate::api::Api;
use crate::support::TestServer;

/// Two days.
const LATER: Duration = Duration::from_secs(2 * 86_400);

#[tokio::test]
async fn the_overview_and_the_page_of_a_client_show_what_was_counted() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let code = web.code(&mut alice).await;
    assert_eq!(web.redeem_with(&code, &[]).await.status, 200);
    for _ in 0..2 {
        server.get(&web.url_with(&[("redirect_uri", "https://app.example/no")])).await;
    }
    activity::store(&server.app).await;
    server.clock.advance(LATER);
    let mut owner = Visitor::owner(&server).await;
    activity::store(&server.app).await;
    let number =
        |page: &crate::support::Answer, title: &str| between(page, &format!(">{title} <strong>"), "<");
    let numbers = |page: &crate::support::Answer| {
        ["Sign-ins", "Failed sign-ins", "Answers with tokens", "Refused requests"]
            .map(|title| number(page, title))
    };
    let page = owner.open("/admin").await;
    assert_eq!(numbers(&page), ["1", "0", "0", "0"], "{page:?}");
    assert!(page.body.contains("No request was refused in this time."), "{page:?}");
    assert!(page.body.contains("/admin?span=24h\" aria-current=\"true\""), "{page:?}");
    for span in ["7d", "30d"] {
        let page = owner.open(&format!("/admin?span={span}")).await;
        assert_eq!(numbers(&page), ["2", "0", "1", "2"], "{span}: {page:?}");
        let row = between(&page, "/admin/refusals?reason=redirect_uri", "</tr>");
        assert!(row.contains("<bdi>2</bdi>"), "{row}");
    }

    let page = owner.open("/admin").await;
    for queue in [
        "pings wait",
        "pings failed",
        "messages to webhooks wait",
        "for the database on this node",
        "for a check on this node",
    ] {
        assert!(page.body.contains(queue), "{queue}: {page:?}");
    }
    for counted in ["<strong>1</strong> client</a>", "<strong>2</strong> people</a>"] {
        assert!(page.body.contains(counted), "{counted}: {page:?}");
    }
    let page = owner.open("/admin/clients/web").await;
    let health = between(&page, ">Health</h2>", "</section>");
    for part in [
        "Require a state",
        "The only authorization request had a state.",
        "Remove the scope: write",
        "/admin/clients/web/edit?remove_scope=write",
        "/admin/refusals?client=web&reason=redirect_uri",
    ] {
        assert!(health.replace("&amp;", "&").contains(part), "no {part} in {health}");
    }
    // The link leads to the form with the change, which is not saved yet.
    let scopes = |page: &crate::support::Answer| between(page, "name=\"scope\" type=\"text\" value=\"", "\"");
    let before = scopes(&owner.open("/admin/clients/web/edit").await);
    let page = owner.open("/admin/clients/web/edit?remove_scope=write&set_pkce=require").await;
    let without: Vec<&str> = before.split(' ').filter(|name| *name != "write").collect();
    assert!(before.contains("write"), "{before}");
    assert_eq!(scopes(&page), without.join(" "));
    assert!(page.body.contains("<option value=\"require\" selected>"), "{page:?}");
    let page = owner.open("/admin/clients/web/health").await;
    assert!(page.body.contains("grantor client health web"), "{page:?}");
}

#[tokio::test]
async fn lists_are_sorted_by_their_heads_and_an_event_is_found_by_its_id() {
    let server = TestServer::start().await;
    let (mut owner, api) = (Visitor::owner(&server).await, Api::owner(&server).await);
    for (id, name) in [("one", "Zebra"), ("two", "Ape")] {
        let client = json!({ "client_id": id, "client_name": name, "kind": "web", "redirect_uris": ["https://app.example/cb"] });
        assert_eq!(api.post("/clients", client).await.status, 201);
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(api.post("/users", json!({ "username": format!("u-{id}") })).await.status, 201);
    }
    let mut first = async |path: &str, one: &str, other: &str| {
        let page = owner.open(path).await;
        let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("no {text}: {page:?}"));
        place(one) < place(other)
    };
    for (sort, is_first) in [
        ("", true),
        ("?sort=-client_id", false),
        ("?sort=client_name", false),
        ("?sort=-client_name", true),
        ("?sort=created_at", true),
        ("?sort=-created_at", false),
    ] {
        assert_eq!(first(&format!("/admin/clients{sort}"), ">Zebra<", ">Ape<").await, is_first, "{sort}");
    }
    for (sort, is_first) in [("", true), ("?sort=-username", false), ("?sort=-created_at", false)] {
        assert_eq!(first(&format!("/admin/users{sort}"), ">u-one<", ">u-two<").await, is_first, "{sort}");
    }
    // A filter keeps the order, and the order keeps the filter.
    let page = owner.open("/admin/clients?q=e&sort=client_name").await;
    assert!(page.body.contains("name=\"sort\" value=\"client_name\""), "{page:?}");
    assert!(page.body.contains("aria-sort=\"ascending\""), "{page:?}");
    assert!(page.body.replace("&amp;", "&").contains("href=\"?q=e&sort=-client_name\""), "{page:?}");

    audit::pass(&server.app).await.unwrap();
    let events = api.get("/events?act=client.created").await.json();
    let id = events["items"][0]["id"].as_str().expect("an event");
    let page = owner.open(&format!("/admin/search?q={id}")).await;
    let found = between(&page, "<main", "</main>");
    assert!(found.contains("client.created") && found.contains("/admin/clients/one"), "{found}");
}
