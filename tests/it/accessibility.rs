//! Every page in every state, judged by axe-core in a real browser (WCAG 2.2 A and AA, and its best practices). Each state is
//! in another language than the one before.

mod autofill;
mod keyboard;
mod languages;
mod layout;
mod media;
mod screen_reader;
mod text_browser;

use std::collections::HashSet;

use grantor::cache::catalogue::Freshness;
use grantor::clock::Timestamp;
use grantor::face::language::Language;
use grantor::oauth::client::{GrantType, Links};
use grantor::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use grantor::oauth::grant::scope::{Scope, ScopeRecord};
use grantor::store::{authorization_types, logos, scopes};
use serde_json::{Value, json};

use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Application, Operator, TestServer, left_out};

/// The most that a page may load, in bytes of content without headers.
const MAX_PAGE_BYTES: u64 = 30_000;
/// The most that the reference of the API may load: it has every operation on one page, so that a browser can search in it.
const MAX_REFERENCE_BYTES: u64 = 60_000;
const API_REFERENCE: &str = "the API reference";

/// The source of axe-core. TEST_AXE holds the path of `axe.min.js`, because the file is not part of this repository.
fn axe() -> Option<String> {
    let path = std::env::var("TEST_AXE").unwrap_or_default();
    if path.is_empty() {
        left_out("axe-core, because TEST_AXE does not name its axe.min.js (npm install axe-core)");
        return None;
    }
    Some(std::fs::read_to_string(path).expect("axe.min.js"))
}

/// A browser with axe loaded, and the page titles seen so far.
struct AxeChecker {
    chromium: Chromium,
    axe: String,
    titles: HashSet<String>,
    /// How many pages were checked.
    checked: usize,
}

impl AxeChecker {
    async fn start() -> Option<Self> {
        let axe = axe()?;
        Some(Self { chromium: Chromium::start().await?, axe, titles: HashSet::new(), checked: 0 })
    }

    async fn open(&mut self, state: &str, url: &str) {
        self.chromium.open(url).await;
        self.check(state).await;
    }

    /// Checks the current page, and has the next one in another language.
    async fn check(&mut self, state: &str) {
        let title = self.chromium.page.title().await.expect("a title");
        assert!(self.titles.insert(title.clone()), "{state}: another page has the title {title} too");
        let bytes = "return performance.getEntries().reduce((sum, e) => sum + (e.encodedBodySize ?? 0), 0)";
        let bytes = self.chromium.script(bytes).await.as_u64().expect("a number");
        let most = if state == API_REFERENCE { MAX_REFERENCE_BYTES } else { MAX_PAGE_BYTES };
        assert!((500..most).contains(&bytes), "{state} loads {bytes} bytes");
        self.judge(state).await;
        self.checked += 1;
        let next = Language::ALL[self.checked % Language::ALL.len()];
        self.chromium.prefer_language(next.tag()).await;
    }

    /// Checks the current page by axe and by its layout: wide and light, then dark at 400 % zoom.
    async fn judge(&self, state: &str) {
        self.chromium.script(&self.axe).await;
        for (scheme, width, height) in [("light", 1280, 800), ("dark", 320, 256)] {
            self.chromium.prefer_colours(scheme).await;
            self.chromium.resize(width, height).await;
            assert_eq!(self.found().await, Vec::<String>::new(), "{state}, {scheme}, {width} wide");
            let wrong = layout::faults(&self.chromium).await;
            assert_eq!(wrong, Vec::<String>::new(), "{state}, {width} wide");
        }
    }

    async fn found(&self) -> Vec<String> {
        let run = "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
            return axe.run({ runOnly: tags }).then(found => {
                if (found.passes.length < 5) throw new Error('axe looked at nothing');
                return found.violations.flatMap(rule => rule.nodes.map(
                    node => `${rule.id} at ${node.target}: ${node.failureSummary}`));
            })";
        let found = self.chromium.script(run).await;
        serde_json::from_value(found).expect("sentences")
    }

    async fn focused(&self) -> Value {
        let script = "const e = document.activeElement, s = getComputedStyle(e);
            return [e.id, e.getAttribute('aria-describedby'), s.outlineStyle, parseFloat(s.outlineWidth) >= 2]";
        self.chromium.script(script).await
    }
}

/// An application with everything that a consent page can show, and texts longer than any reasonable one.
async fn application(server: &TestServer) -> Application {
    let long = ScopeRecord {
        name: "calendar.events.of-everybody:write".into(),
        description:
            "Create, move and delete events in every calendar that you own or that others share with \
                      you, Donaudampfschifffahrtsgesellschaftskalender included"
                .into(),
        sensitive: true,
        ..ScopeRecord::default()
    };
    server.store(async move |tx| scopes::save(tx, &long, Timestamp::from_unix(0)).await).await;
    let transfer = AuthorizationType {
        name: "transfer".into(),
        version: 1,
        schema: json!({ "type": "object" }),
        template: "Pay {{ amount }} to {{ to }}".into(),
        resources: Vec::new(),
        always_ask: true,
    };
    let save =
        async move |tx: &mut _| authorization_types::save(tx, &transfer, Timestamp::from_unix(0)).await;
    server.store(save).await;
    server.app.cache.catalogue(Freshness::Now).await.unwrap();
    let png = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    server.store(async move |tx| logos::save(tx, "logo", "image/png", &png).await).await;
    let mut registration = Registration::web("web");
    registration.client.name = "The Calendar, Contacts and Correspondence Companion of Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch".into();
    registration.client.scopes = Scope::from_stored("read pay calendar.events.of-everybody:write");
    // The question about a device has no checkboxes.
    registration.client.partial_consent = true;
    registration.client.links = Links {
        site: Some("https://app.example/".into()),
        policy: Some("https://app.example/privacy".into()),
        terms: Some("https://app.example/terms".into()),
        logo: Some("logo".into()),
    };
    server.register(registration).await
}

/// The address of a request for scopes and a detail.
fn asking_for_everything(web: &Application) -> String {
    let details = json!([{
        "type": "transfer",
        "amount": "12.50 EUR",
        "to": "Donaudampfschifffahrtsgesellschaftskapitän".repeat(3),
        "account": { "iban": "DE02100100109307118603" },
    }]);
    web.url_with(&[
        ("scope", "read pay calendar.events.of-everybody:write"),
        ("authorization_details", &details.to_string()),
    ])
}

/// Checks the pages of the device flow.
async fn check_device(checker: &mut AxeChecker, server: &TestServer) {
    let grants = [GrantType::DeviceCode, GrantType::RefreshToken];
    let tv = server.register(Registration::native("tv").grants(&grants)).await;
    checker.open("the sign-in before the code of a device", &format!("{}/device", server.url)).await;
    checker.chromium.sign_in("alice").await;
    checker.chromium.text_of("user_code").await;
    checker.check("the page for the code of a device").await;
    assert_eq!(checker.focused().await, serde_json::json!(["user_code", "code-hint", "solid", true]));
    checker.chromium.type_into("user_code", "ZZZZ-ZZZZ").await;
    checker.chromium.click("continue").await;
    checker.chromium.text_of("problem").await;
    checker.check("the page for the code of a device with an error").await;
    for answer in ["allow", "deny"] {
        let begun = tv.post("/device_authorization", &[("scope", "read pay")]).await;
        checker.chromium.open(&begun.get("verification_uri_complete")).await;
        checker.chromium.click("continue").await;
        if answer == "allow" {
            checker.chromium.text_of("allow").await;
            checker.check("the question whether a device may").await;
        }
        checker.chromium.click(answer).await;
        checker.chromium.text_of(if answer == "allow" { "allowed" } else { "denied" }).await;
        checker.check("what became of a device").await;
    }
    checker.chromium.open(&format!("{}/logout", server.url)).await;
    checker.chromium.click("sign-out").await;
    checker.chromium.text_of("signed-out").await;
}

async fn check_password_link(checker: &mut AxeChecker, server: &TestServer) {
    let made = Operator::of(server).json(&["user", "reset-link", "bob"]);
    let link = made["link"].as_str().expect("a link");
    let link = format!("{}{}", server.url, &link[link.find("/password").expect("a path")..]);
    checker.open("the page of a link for a password", &link).await;
    assert_eq!(checker.focused().await, serde_json::json!(["password", "password-hint", "solid", true]));
    checker.chromium.type_into("password", "Qwerty123456789").await;
    checker.chromium.type_into("repeated", "Qwerty123456789").await;
    checker.chromium.click("set-password").await;
    checker.chromium.text_of("problem").await;
    checker.check("the page of a link for a password with an error").await;
    assert_eq!(
        checker.focused().await,
        serde_json::json!(["password", "problem password-hint", "solid", true])
    );
    checker.chromium.type_into("password", PASSWORD).await;
    checker.chromium.type_into("repeated", PASSWORD).await;
    checker.chromium.click("set-password").await;
    checker.chromium.text_of("password-set").await;
    checker.check("a password that is set").await;
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_in_any_state() {
    let Some(mut checker) = AxeChecker::start().await else { return };
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    server.user("alice").await;
    server.user("bob").await;
    let web = application(&server).await;

    let url = asking_for_everything(&web);
    checker.open("sign-in", &url).await;
    assert_eq!(checker.focused().await, serde_json::json!(["username", null, "solid", true]));
    checker.chromium.sign_in_with("alice", "wrong").await;
    checker.chromium.text_of("problem").await;
    checker.check("sign-in with an error").await;
    // A screen reader reads the problem out together with the focused field.
    assert_eq!(checker.focused().await, serde_json::json!(["password", "problem", "solid", true]));
    checker.chromium.type_into("password", PASSWORD).await;
    checker.chromium.click("sign-in").await;
    checker.chromium.text_of("allow").await;
    checker.check("consent").await;

    checker.open("the page to make an account", &web.url_with(&[("prompt", "create")])).await;
    checker.chromium.type_into("username", "alice").await;
    checker.chromium.type_into("password", PASSWORD).await;
    checker.chromium.click("sign-up").await;
    checker.chromium.text_of("problem").await;
    checker.check("the page to make an account with an error").await;

    checker.open("home of a person who is signed in", &format!("{}/", server.url)).await;
    checker.open("the question whether to sign out", &format!("{}/logout", server.url)).await;
    checker.open("the accounts to choose from", &web.url_with(&[("prompt", "select_account")])).await;
    checker.chromium.click("another").await;
    checker.chromium.sign_in("bob").await;
    checker.chromium.text_of("allow").await;
    checker.open("the question which account to sign out", &format!("{}/logout", server.url)).await;
    checker.chromium.click("sign-out").await;
    checker.chromium.text_of("signed-out").await;
    checker.check("signed out").await;

    check_device(&mut checker, &server).await;
    check_password_link(&mut checker, &server).await;

    let refused = web.url_with(&[("redirect_uri", "https://app.example/other")]);
    checker.open("an error of the application", &refused).await;
    for (state, path) in [
        ("an error of the person", "/sign-in?flow=none"),
        ("nothing there", "/nothing"),
        ("home", "/"),
        (API_REFERENCE, "/api"),
        ("the error reference", "/errors"),
        ("an error", "/errors/invalid_request"),
        ("a reason", "/errors/redirect_uri.path_mismatch"),
        ("no such reason", "/errors/nothing"),
        ("a search", "/errors?q=redirect"),
        ("a search in vain", "/errors?q=unheard-of"),
    ] {
        checker.open(state, &format!("{}{path}", server.url)).await;
    }
    let limiting = TestServer::start_with(&[("limits.pages", "1")]).await;
    assert_eq!(limiting.get("/").await.status, 200);
    checker.open("too many requests", &format!("{}/", limiting.url)).await;
}
