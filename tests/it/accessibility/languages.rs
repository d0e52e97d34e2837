//! The sign-in and the consent in every language, judged by axe-core and by their layout.

use grantor::face::language::Language;

use super::{AxeChecker, application};
use crate::support::TestServer;
use crate::support::server::PASSWORD;

#[tokio::test]
async fn axe_finds_nothing_on_the_sign_in_and_the_consent_in_any_language() {
    let Some(checker) = AxeChecker::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = application(&server).await;
    for language in Language::ALL {
        let tag = language.tag();
        let scope = ("scope", "read pay calendar.events.of-everybody:write");
        let url = web.url_with(&[scope, ("prompt", "login consent"), ("ui_locales", tag)]);
        checker.chromium.open(&url).await;
        let page = "return [document.documentElement.lang, document.documentElement.dir]";
        let page = checker.chromium.script(page).await;
        assert_eq!(page, serde_json::json!([tag, language.direction()]));
        checker.judge(&format!("the sign-in in {tag}")).await;
        checker.chromium.script("document.getElementById('username').value = ''").await;
        checker.chromium.type_into("username", "alice").await;
        checker.chromium.type_into("password", PASSWORD).await;
        checker.chromium.click("sign-in").await;
        checker.chromium.text_of("allow").await;
        checker.judge(&format!("the consent in {tag}")).await;
    }
}
