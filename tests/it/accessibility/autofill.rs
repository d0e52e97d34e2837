//! What password managers and browsers read in the forms: which field is for what.

use crate::support::{Operator, TestServer};

/// The name and `autocomplete` of each field that a person or a password manager fills in.
fn fields(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let tags =
        html.split("<input ").skip(1).map(|rest| format!(" {}", rest.split('>').next().unwrap_or_default()));
    tags.filter(|tag| !["hidden", "checkbox"].contains(&attribute(tag, "type").unwrap_or_default().as_str()))
        .map(|tag| {
            (attribute(&tag, "name").unwrap_or_default(), attribute(&tag, "autocomplete").unwrap_or_default())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, filled)| ((*name).to_owned(), (*filled).to_owned())).collect()
}

#[tokio::test]
async fn every_field_says_what_a_browser_may_fill_in() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let mut alice = server.alice().await;
    let web = server.web().await;
    let page = alice.open(&web.url_with(&[])).await;
    assert_eq!(fields(&page.body), pairs(&[("username", "username"), ("password", "current-password")]));
    let page = alice.open(&web.url_with(&[("prompt", "create")])).await;
    let expected = [("username", "username"), ("name", "name"), ("password", "new-password")];
    assert_eq!(fields(&page.body), pairs(&expected));
    let page = alice.open_device("/device").await;
    assert_eq!(fields(&page.body), pairs(&[("user_code", "off")]));
    let made = Operator::of(&server).json(&["user", "reset-link", "alice"]);
    let link = made["link"].as_str().expect("a link");
    let page = alice.open(&link[link.find("/password").expect("a path")..]).await;
    // The username is there for the password manager, which must know for which account the new password is.
    let expected = [("username", "username"), ("password", "new-password"), ("repeated", "new-password")];
    assert_eq!(fields(&page.body), pairs(&expected));
}

#[tokio::test]
async fn without_scripts_there_is_no_button_to_show_a_password() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let web = server.web().await;
    let page = alice.open(&web.url_with(&[])).await;
    let (html, script) = page.body.split_once("<script>").expect("the script that adds the button");
    assert!(script.contains("reveal"), "{script}");
    assert!(!html.contains("reveal") && !html.contains("type=\"button\""), "{html}");
}
