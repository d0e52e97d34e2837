//! The console in a real browser: a journey of an operator, and every page judged by axe-core.

use grantor::work::kept_refusals;
use reqwest::StatusCode;

use super::between;
use super::pages::{filled, reached};
use crate::clients::{Program, Said};
use crate::support::chromium::Chromium;
use crate::support::{Operator, TestServer, left_out};

/// Clicks the first element that a selector finds.
async fn press(chromium: &Chromium, selector: &str) {
    let began = std::time::Instant::now();
    loop {
        let click = format!("const e = document.querySelector({selector:?}); if (e) e.click(); return !!e");
        if chromium.script(&click).await == true {
            return;
        }
        assert!(began.elapsed().as_secs() < 60, "{selector} at {}", chromium.url().await);
    }
}

async fn fill(chromium: &Chromium, name: &str, value: &str) {
    let set = format!(
        "const e = document.querySelector('main [name={name}]'); e.value = {value:?}; return e.value"
    );
    chromium.script(&set).await;
}

async fn arrived(chromium: &Chromium, part: &str) {
    let began = std::time::Instant::now();
    while !chromium.url().await.contains(part) {
        assert!(began.elapsed().as_secs() < 60, "{part} is not in {}", chromium.url().await);
    }
}

#[tokio::test]
async fn an_operator_makes_a_client_sees_a_refusal_and_applies_the_cure() {
    let server = TestServer::start().await;
    let Some(chromium) = Chromium::start().await else { return };
    server.user("alice").await;
    Operator::of(&server).done(&["user", "update", "alice", "--role", "owner"]);
    chromium.open(&format!("{}/admin/new/clients", server.url)).await;
    chromium.sign_in("alice").await;
    arrived(&chromium, "/admin/new/clients").await;
    fill(&chromium, "client_name", "Shop").await;
    fill(&chromium, "client_id", "shop").await;
    fill(&chromium, "kind", "web").await;
    fill(&chromium, "redirect_uris", "https://shop.example/cb").await;
    fill(&chromium, "scope", "openid read").await;
    press(&chromium, "main form button.primary").await;
    let secret = chromium.text_of("secret").await;

    // The application sends people here with another address than the one that is registered.
    let arguments = [server.url.as_str(), "shop", &secret, "https://shop.example/callback"];
    let Some(mut shop) = Program::of_node("openid_code.mjs", &arguments) else { return };
    let Said::Open(url) = shop.says().await else { panic!("it does not ask anyone") };
    let mut browser = server.browser();
    let refused = browser.get(&url).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    kept_refusals::store(&server.app).await;

    // The operator finds it by the id on the person's page, and follows it to the form with the cure.
    press(&chromium, "main a.button.primary").await;
    arrived(&chromium, "/admin/clients/shop").await;
    let id = refused.header("x-request-id");
    chromium.type_into("q", id).await;
    press(&chromium, "form.search button").await;
    arrived(&chromium, "/admin/search").await;
    press(&chromium, "main td a[href*=refusals]").await;
    arrived(&chromium, "/admin/refusals/").await;
    let marked =
        chromium.script("return [...document.querySelectorAll('mark')].map(e => e.textContent)").await;
    assert!(marked.to_string().contains("allback"), "{marked}");
    press(&chromium, "main a.button.primary").await;
    arrived(&chromium, "/edit?add_redirect_uris=").await;
    press(&chromium, "main form button.primary").await;
    arrived(&chromium, "note=saved").await;

    let answer = browser.authorize(&url).await;
    shop.hears(answer.location().unwrap_or_else(|| panic!("{answer:?}")).as_str()).await;
    let Said::Done(signed_in) = shop.says().await else { panic!("it asks again") };
    assert_eq!(signed_in["scope"], "openid read");
    chromium.open(&format!("{}/admin/clients/shop", server.url)).await;
    let page = chromium.script("return document.querySelector('main').textContent").await;
    assert!(
        page.as_str()
            .is_some_and(|text| text.contains("https://shop.example/callback") && text.contains("live"))
    );
}

/// A browser in which the person of a visitor is signed in.
async fn signed_in(server: &TestServer) -> Option<Chromium> {
    let chromium = Chromium::start().await?;
    chromium.open(&format!("{}/admin", server.url)).await;
    chromium.sign_in("owner").await;
    chromium.until("content", |text| text.contains("Overview")).await;
    Some(chromium)
}

#[tokio::test]
async fn every_page_is_accessible_wide_and_narrow_light_and_dark() {
    let Ok(path) = std::env::var("TEST_AXE") else {
        left_out("axe-core, because TEST_AXE does not name its axe.min.js (npm install axe-core)");
        return;
    };
    let axe = std::fs::read_to_string(path).expect("axe.min.js");
    let (server, mut visitor) = filled().await;
    let Some(chromium) = signed_in(&server).await else { return };
    let mut paths = reached(&server, &mut visitor).await;
    paths.extend(["/admin/nothing".to_owned(), "/admin/clients?q=nothing".to_owned()]);
    let mut faults = Vec::new();
    for path in &paths {
        chromium.open(&format!("{}{path}", server.url)).await;
        chromium.script(&axe).await;
        for (scheme, width) in [("light", 1200), ("dark", 360)] {
            chromium.prefer_colours(scheme).await;
            chromium.resize(width, 800).await;
            let run =
                "const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
                return axe.run({ runOnly: tags }).then(found => {
                    if (found.passes.length < 5) throw new Error('axe looked at nothing');
                    return found.violations.flatMap(rule => rule.nodes.slice(0, 2).map(
                        node => `${rule.id} at ${node.target}: ${node.failureSummary}`)) })";
            let found = chromium.script(run).await;
            let found = found.as_array().expect("a list").iter();
            faults.extend(found.map(|fault| format!("{path} {scheme}: {fault}")));
            let too_wide = chromium.script("return document.documentElement.scrollWidth > innerWidth").await;
            if too_wide == true {
                faults.push(format!("{path} is wider than {width}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // The keyboard: the first stop leads past the navigation.
    chromium.open(&format!("{}/admin/clients", server.url)).await;
    let first = chromium
        .script("return document.querySelector('a[href], button, input, summary').getAttribute('href')")
        .await;
    assert_eq!(first, "#content");
    let page = visitor.open("/admin").await;
    assert_eq!(between(&page, "<main id=\"", "\""), "content");
}
