//! What a screen reader says: the names of what has no visible text of its own, or more than its name.

use crate::support::chromium::Chromium;
use crate::support::server::PASSWORD;
use crate::support::{Operator, TestServer};

/// The names of everything with one of these roles.
async fn names(chromium: &Chromium, roles: &[&str]) -> Vec<String> {
    let announced = chromium.announced().await;
    announced.into_iter().filter(|(role, _)| roles.contains(&role.as_str())).map(|(_, name)| name).collect()
}

const SUMMARY: [&str; 2] = ["DisclosureTriangle", "button"];

#[tokio::test]
async fn the_list_of_languages_and_the_button_of_a_password_have_names_in_the_language_of_the_page() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let web = server.web().await;
    for (language, list, show, hide) in [
        ("en", "Language: English", "Show password", "Hide password"),
        ("ar", "اللغة: العربية", "إظهار كلمة المرور", "إخفاء كلمة المرور"),
        ("it", "Lingua: Italiano", "Mostra password", "Nascondi password"),
    ] {
        chromium.open(&web.url_with(&[("ui_locales", language)])).await;
        let before = names(&chromium, &SUMMARY).await;
        assert!(before.iter().any(|name| name == list), "{before:?}");
        assert!(before.iter().any(|name| name == show), "{before:?}");
        chromium.script("document.querySelector('.reveal').click()").await;
        let after = names(&chromium, &SUMMARY).await;
        assert!(after.iter().any(|name| name == hide) && !after.contains(&show.to_owned()), "{after:?}");
    }
}

#[tokio::test]
async fn an_account_is_called_by_its_name_and_address_and_not_by_its_initials() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Example"]);
    let web = server.web().await;
    chromium.open(&web.url_with(&[])).await;
    chromium.type_into("username", "alice").await;
    chromium.type_into("password", PASSWORD).await;
    chromium.click("sign-in").await;
    chromium.text_of("allow").await;
    chromium.open(&web.url_with(&[("prompt", "select_account")])).await;
    let buttons = names(&chromium, &["button"]).await;
    for name in ["Alice Example alice@example.com", "Use another account"] {
        assert!(buttons.iter().any(|button| button == name), "{name}: {buttons:?}");
    }
}

#[tokio::test]
async fn a_password_that_was_shown_is_sent_from_a_field_for_passwords() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = server.web().await;
    chromium.open(&web.url_with(&[])).await;
    chromium.type_into("username", "alice").await;
    chromium.type_into("password", "wrong").await;
    chromium.script("document.querySelector('.reveal').click()").await;
    assert_eq!(chromium.script("return document.getElementById('password').type").await, "text");
    // Added after the listener of the page, so it sees what that one has done.
    let watch = "document.querySelector('main form').addEventListener('submit',
        () => sessionStorage.setItem('sent', document.getElementById('password').type))";
    chromium.script(watch).await;
    chromium.click("sign-in").await;
    chromium.text_of("problem").await;
    assert_eq!(chromium.script("return sessionStorage.getItem('sent')").await, "password");
}
