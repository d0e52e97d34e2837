//! The pages in a real browser, under the content security policy that the server sends.

use fantoccini::Locator;
use grantor::cache::catalogue::Freshness;
use grantor::oauth::id::ClientId;
use serde_json::json;

use crate::support::chromium::Chromium;
use crate::support::demo::Demo;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::site::{Site, arrival, page, redirect};
use crate::support::{Application, Operator, TestServer};

/// An application on another host name than the server (`localhost` instead of `127.0.0.1`), which redirects to a third
/// origin.
async fn application(server: &TestServer) -> Application {
    let third = Site::start(|path| arrival(&path.replace('&', "&amp;")));
    let onward = third.port;
    let site = Site::start(move |path| match path.split_once('?') {
        Some((_, query)) => redirect(&format!("http://127.0.0.1:{onward}/landed?{query}")),
        None => page(""),
    });
    let uri = format!("http://localhost:{}/callback", site.port);
    server.register(Registration::web("web").redirect_uri(&uri)).await
}

#[tokio::test]
async fn a_person_signs_in_consents_and_arrives_at_a_third_origin() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = application(&server).await;

    chromium.open(&web.url_with(&[])).await;
    chromium.sign_in_with("alice", "wrong").await;
    assert!(chromium.text_of("problem").await.contains("is wrong"));
    assert!(chromium.page.title().await.unwrap().starts_with("Error: "));
    // The form keeps the username; only the password must be typed again.
    chromium.type_into("password", PASSWORD).await;
    chromium.click("sign-in").await;
    chromium.click("allow").await;
    let landed = chromium.arrive().await;
    assert!(landed.contains("code=gac_") && landed.contains("state=the+state"), "{landed}");

    // The second time there is no question left, so the browser goes straight to the application.
    chromium.open("about:blank").await;
    chromium.open(&web.url_with(&[("state", "second")])).await;
    assert!(chromium.arrive().await.contains("state=second"));
}

/// Opens the sign-in in a popup, as signinPopup of oidc-client-ts does, and signs in there. Returns what
/// the page that opened the popup knows in the end: whether the popup seemed to be closed while it was open, and what the
/// application's own page in the popup sent.
async fn sign_in_by_popup(chromium: &Chromium, options: &[(&str, &str)]) -> (bool, String) {
    let server = TestServer::start_with(options).await;
    server.user("alice").await;
    let site = Site::start(|path| match path.split_once('?') {
        Some(_) => {
            page("<p id=arrived>here</p><script>opener?.postMessage('back', location.origin)</script>")
        }
        None => page("<p id=sent>nothing</p><script>onmessage = (m) => (sent.textContent = m.data)</script>"),
    });
    let origin = format!("http://localhost:{}", site.port);
    let mut registration = Registration::web("web").redirect_uri(&format!("{origin}/callback"));
    registration.client.first_party = true;
    let web = server.register(registration).await;
    chromium.open(&format!("{origin}/")).await;
    let opener = chromium.page.window().await.unwrap();
    chromium
        .script(&format!(
            "popup = window.open('about:blank'); popup.location.replace('{}')",
            web.url_with(&[])
        ))
        .await;
    let popup = loop {
        let windows = chromium.page.windows().await.unwrap();
        if let Some(popup) = windows.into_iter().find(|window| *window != opener) {
            break popup;
        }
    };
    chromium.page.switch_to_window(popup.clone()).await.unwrap();
    chromium.sign_in("alice").await;
    chromium.arrive().await;
    chromium.page.switch_to_window(opener.clone()).await.unwrap();
    let seems_closed = chromium.script("return popup.closed").await == true;
    if !seems_closed {
        chromium.until("sent", |text| text != "nothing").await;
    }
    let sent = chromium.text_of("sent").await;
    chromium.page.switch_to_window(popup).await.unwrap();
    chromium.page.close_window().await.unwrap();
    chromium.page.switch_to_window(opener).await.unwrap();
    (seems_closed, sent)
}

#[tokio::test]
async fn a_popup_is_cut_off_from_the_page_that_opened_it_unless_the_operator_allows_popups() {
    let Some(chromium) = Chromium::start().await else { return };
    assert_eq!(sign_in_by_popup(&chromium, &[]).await, (true, "nothing".into()));
    assert_eq!(sign_in_by_popup(&chromium, &[("http.popups", "true")]).await, (false, "back".into()));
}

#[tokio::test]
async fn a_person_denies_or_cancels_and_arrives_with_the_error() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = application(&server).await;

    chromium.open(&web.url_with(&[])).await;
    chromium.click("cancel").await;
    assert!(chromium.arrive().await.contains("sign_in.cancelled"));

    chromium.open(&web.url_with(&[])).await;
    chromium.sign_in("alice").await;
    chromium.click("deny").await;
    let landed = chromium.arrive().await;
    assert!(landed.contains("error=access_denied") && landed.contains("consent.denied"), "{landed}");
}

#[tokio::test]
async fn a_person_clears_the_box_of_a_scope_and_the_application_gets_the_others() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = application(&server).await;
    Operator::of(&server).done(&["client", "update", "web", "--partial-consent"]);
    server.app.cache.client(&ClientId::new("web"), Freshness::Now).await.unwrap();
    chromium.page.set_window_size(360, 740).await.unwrap();
    chromium.open(&web.url_with(&[("scope", "read write pay")])).await;
    chromium.sign_in("alice").await;
    chromium.text_of("allow").await;
    fits(&chromium, &server).await;
    // The words beside the box belong to it.
    let label =
        chromium.page.find(Locator::XPath("//label[contains(., 'Change your things')]")).await.unwrap();
    label.click().await.unwrap();
    let ticked = "return [...document.querySelectorAll('input[type=checkbox]:checked')].map((e) => e.value)";
    assert_eq!(chromium.script(ticked).await, json!(["pay", "read"]));
    chromium.click("allow").await;
    let landed = chromium.arrive().await;
    let (_, code) = landed.split_once("code=").unwrap();
    let tokens = web.redeem_by_hand(code.split('&').next().unwrap()).await;
    assert_eq!(tokens.get("scope"), "pay read");
}

#[tokio::test]
async fn the_policy_lets_a_form_end_in_a_native_application() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let native = server.register(Registration::native("app").redirect_uri("com.example.app:/callback")).await;
    chromium.open(&native.url_with(&[])).await;
    chromium.sign_in("alice").await;
    chromium.text_of("allow").await;
    let watch =
        "document.addEventListener('securitypolicyviolation', e => window.violated = e.violatedDirective)";
    chromium.script(watch).await;
    chromium.click("allow").await;
    while server.number("SELECT COUNT(*) FROM codes").await == 0 {
        tokio::task::yield_now().await;
    }
    // No application handles this scheme, so the page stays. The policy must not have blocked anything.
    assert!(chromium.script("return window.violated ?? null").await.is_null());
}

#[tokio::test]
async fn a_form_on_another_site_may_post_the_request_although_its_cookies_are_lax() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = application(&server).await;
    let fields = web.request_with(&[]);
    let inputs: String = url::form_urlencoded::parse(fields.as_bytes())
        .map(|(name, value)| format!("<input name='{name}' value='{value}'>"))
        .collect();
    let form = format!(
        "<form method=post action='{}/authorize'>{inputs}<button id=go>Go</button></form>",
        server.url
    );
    let site = Site::start(move |_| page(&form));

    chromium.open(&format!("http://localhost:{}/", site.port)).await;
    chromium.click("go").await;
    chromium.sign_in_and_allow("alice").await;
    // Once more with a session, whose cookie the cross-site POST does not carry.
    chromium.open(&format!("http://localhost:{}/", site.port)).await;
    chromium.click("go").await;
    assert!(chromium.arrive().await.contains("code=gac_"));
}

#[tokio::test]
async fn pages_fit_a_phone_and_load_nothing_from_elsewhere() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let web = application(&server).await;
    chromium.page.set_window_size(360, 740).await.unwrap();
    chromium.open(&web.url_with(&[])).await;
    fits(&chromium, &server).await;
    chromium.sign_in("alice").await;
    chromium.text_of("allow").await;
    fits(&chromium, &server).await;
    for path in ["/", "/errors", "/errors/code.expired", "/authorize"] {
        chromium.open(&format!("{}{path}", server.url)).await;
        fits(&chromium, &server).await;
    }
}

/// The page is not wider than the window, and everything it loaded came from the server itself.
async fn fits(chromium: &Chromium, server: &TestServer) {
    let wide = chromium.script("return document.documentElement.scrollWidth > window.innerWidth").await;
    assert_eq!(wide, false, "{}", chromium.url().await);
    let loaded = chromium.script("return performance.getEntriesByType('resource').map(e => e.name)").await;
    let loaded: Vec<String> = serde_json::from_value(loaded).unwrap();
    assert!(loaded.iter().any(|url| url.ends_with(".css")), "{loaded:?}");
    let own = |url: &String| url.starts_with(&server.url) || url.starts_with("data:");
    assert!(loaded.iter().all(own), "{loaded:?}");
}

#[tokio::test]
async fn a_newcomer_signs_in_through_the_demo_and_breaks_a_request() {
    let Some(chromium) = Chromium::start().await else { return };
    let demo = Demo::start();
    chromium.open(&demo.application).await;
    chromium.click("sign-in").await;
    chromium.sign_in_with(&demo.username, &demo.password).await;
    chromium.click("deny").await;
    assert_eq!(chromium.text_of("error").await, "access_denied");
    assert_eq!(chromium.text_of("error-reason").await, "consent.denied");

    chromium.open(&demo.application).await;
    chromium.click("sign-in").await;
    chromium.click("allow").await;
    assert_eq!(chromium.text_of("greeting").await, "Hello, Demo Person");
    assert!(chromium.text_of("calendar").await.contains("Dentist"));
    let claims = chromium.text_of("id-token-claims").await;
    assert!(claims.contains("\"aud\": \"demo-web\"") && claims.contains("\"nonce\": "), "{claims}");
    chromium.click("userinfo").await;
    // The page before this one shows an answer, too.
    chromium.until("answer-body", |text| text.contains("\"name\": \"Demo Person\"")).await;
    chromium.open(&format!("{}/tokens", demo.application.trim_end_matches('/'))).await;
    let first = chromium.text_of("access-token").await;
    assert!(first.starts_with("gat_"), "{first}");
    chromium.click("refresh").await;
    chromium.until("access-token", |text| text.starts_with("gat_") && text != first).await;
    chromium.click("break-replay").await;
    assert_eq!(chromium.text_of("error-reason").await, "code.replayed");
    // The explanation is on the same page.
    assert!(chromium.text_of("explained").await.contains("How to fix it"));
    let example = chromium.script("return document.querySelector('#explained details').textContent").await;
    let example = example.as_str().expect("an example");
    assert!(example.contains("POST http://") && !example.contains("id.example.com"), "{example}");

    connect_a_television(&chromium, &demo.application).await;
    for (id, error) in [
        ("break-forbidden-scope", "forbidden_scope"),
        ("break-unknown-scope", "invalid_scope"),
        ("break-response-type", "unsupported_response_type"),
        ("break-wrong-secret", "invalid_client"),
        ("break-grant-type", "unsupported_grant_type"),
    ] {
        chromium.open(&demo.application).await;
        chromium.click(id).await;
        assert_eq!(chromium.text_of("error").await, error, "{id}");
    }
}

#[tokio::test]
async fn the_demo_asks_a_person_who_allowed_everything_again_before_they_say_no() {
    let Some(chromium) = Chromium::start().await else { return };
    let demo = Demo::start();
    // With everything that the broken request asks for, payments included, allowed before.
    chromium.open(&demo.application).await;
    chromium
        .script("document.querySelectorAll('input[name=scope]').forEach((box) => (box.checked = true))")
        .await;
    sign_in_to_demo(&chromium, &demo).await;
    chromium.click("allow").await;
    chromium.text_of("greeting").await;
    chromium.open(&demo.application).await;
    chromium.click("break-deny").await;
    chromium.click("deny").await;
    assert_eq!(chromium.text_of("error").await, "access_denied");
}

/// Signs in from the demo's first page, and arrives at the question.
async fn sign_in_to_demo(chromium: &Chromium, demo: &Demo) {
    chromium.click("sign-in").await;
    chromium.sign_in_with(&demo.username, &demo.password).await;
}

#[tokio::test]
async fn the_demo_shows_how_a_family_of_refresh_tokens_ends() {
    let Some(chromium) = Chromium::start().await else { return };
    let demo = Demo::start();
    chromium.open(&demo.application).await;
    sign_in_to_demo(&chromium, &demo).await;
    chromium.click("allow").await;
    chromium.click("replay-refresh").await;
    chromium.until("steps", |text| text.contains("A thief sends")).await;
    let texts =
        "return [...document.querySelectorAll('#steps .status, #steps .reason')].map((e) => e.textContent)";
    let texts: Vec<String> = serde_json::from_value(chromium.script(texts).await).unwrap();
    let ok = "200 OK";
    let refused = "400 Bad Request";
    assert_eq!(texts, [ok, ok, refused, "refresh_token.reused", refused, "refresh_token.revoked"]);
}

#[tokio::test]
async fn the_demo_signs_a_second_application_out_by_back_channel() {
    let Some(chromium) = Chromium::start().await else { return };
    let demo = Demo::start();
    chromium.open(&demo.application).await;
    sign_in_to_demo(&chromium, &demo).await;
    chromium.click("allow").await;
    chromium.click("notes").await;
    assert!(chromium.text_of("notes-greeting").await.contains("Hello, Demo Person"));
    let header = "return document.querySelector('header').textContent";
    assert!(chromium.script(header).await.as_str().unwrap().trim().starts_with("Demo Notes"));
    // As the server sends the person back, before its call has come.
    let notes = format!("{}/notes", demo.application.trim_end_matches('/'));
    chromium.open(&format!("{notes}?state=signed-out")).await;
    assert!(chromium.text_of("notes-waiting").await.contains("waiting for the server's call"));
    chromium.open(&notes).await;
    chromium.click("sign-out-everywhere").await;
    // Back at once, and then the page asks until the server has called.
    let token = chromium.text_of("logout-token").await;
    assert!(token.contains("backchannel-logout") && token.contains("\"aud\": \"demo-notes\""), "{token}");
    // Only the server can sign such a token.
    let forged = reqwest::Client::new()
        .post(format!("{}/notes/back-channel", demo.application.trim_end_matches('/')))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("logout_token=e30.e30.e30")
        .send()
        .await
        .unwrap();
    assert_eq!(forged.status(), 400);
}

#[tokio::test]
async fn the_picture_on_the_television_is_for_phones_only_where_they_reach_the_server() {
    let Some(chromium) = Chromium::start().await else { return };
    let here = Demo::start();
    chromium.open(&here.application).await;
    chromium.click("television").await;
    assert!(chromium.text_of("no-phone").await.contains("--lan"));
    // Another address of this machine, as one in a network would be.
    let lan = Demo::start_in_lan("127.0.0.2");
    assert_eq!(lan.password.split('-').count(), 6, "a longer password, of this run only");
    chromium.open(&lan.application).await;
    chromium.click("television").await;
    chromium.text_of("user-code").await;
    let address = chromium.script("return document.getElementById('elsewhere').href").await;
    assert!(address.as_str().unwrap().starts_with("http://127.0.0.2:"), "{address}");
}

/// In another tab, already signed in: only the code and the consent are left.
async fn connect_a_television(chromium: &Chromium, application: &str) {
    chromium.open(application).await;
    chromium.click("television").await;
    let code = chromium.text_of("user-code").await;
    let television = chromium.url().await;
    let elsewhere = chromium.script("return document.getElementById('elsewhere').href").await;
    chromium.open(elsewhere.as_str().expect("an address")).await;
    let typed = chromium.script("return document.getElementById('user_code').value").await;
    assert_eq!(typed, code.as_str());
    chromium.click("continue").await;
    chromium.click("allow").await;
    chromium.text_of("allowed").await;
    chromium.open(&television).await;
    chromium.until("access-token", |text| text.starts_with("gat_")).await;
}

/// Texts that would run a script if a page took them for markup or for a URL.
const HOSTILE: [&str; 6] = [
    "<script>window.owned = 1</script>",
    "\"><img src=x onerror=window.owned=1>",
    "'><svg onload=window.owned=1>",
    "javascript:window.owned=1",
    "{{ 7 * 7 }}{% raw %}",
    "</title><iframe srcdoc='<script>parent.owned=1</script>'>",
];

#[tokio::test]
async fn hostile_names_and_words_are_text_and_no_script_runs() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    for (index, hostile) in HOSTILE.into_iter().enumerate() {
        let mut registration = Registration::web(&format!("client {index}"));
        registration.client.name = hostile.into();
        let web = server.register(registration).await;
        let text = hostile.to_owned();
        let describe = async move |tx: &mut grantor::store::db::Tx| {
            tx.query("UPDATE scopes SET description = $1 WHERE name = 'read'")
                .bind(text.as_str())
                .execute()
                .await
        };
        server.store(describe).await;
        server.app.cache.catalogue(Freshness::Now).await.unwrap();
        server.sql("DELETE FROM sessions").await;

        chromium.open(&web.url_with(&[("state", hostile)])).await;
        chromium.sign_in_with(hostile, "wrong").await;
        chromium.text_of("problem").await;
        harmless(&chromium, hostile).await;
        chromium.script("document.getElementById('username').value = ''").await;
        chromium.sign_in("alice").await;
        chromium.text_of("allow").await;
        harmless(&chromium, hostile).await;
        let body = chromium.script("return document.body.innerText").await;
        assert!(body.as_str().unwrap().contains(hostile), "{hostile}: {body}");

        let query = serde_urlencoded::to_string([("q", hostile)]).unwrap();
        chromium.open(&format!("{}/errors?{query}", server.url)).await;
        harmless(&chromium, hostile).await;
    }
}

async fn harmless(chromium: &Chromium, hostile: &str) {
    let owned =
        chromium.script("return window.owned ?? [...document.querySelectorAll('script, iframe')].filter((one) => !one.textContent.startsWith('for (const field')).length").await;
    assert_eq!(owned, 0, "{hostile} at {}", chromium.url().await);
    assert!(chromium.script("return document.title").await.as_str().is_some_and(|title| !title.is_empty()));
}
