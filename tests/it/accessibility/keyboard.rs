//! A person without a mouse: every step by the keyboard, with the focus in sight.

use serde_json::Value;

use crate::support::TestServer;
use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::site::{Site, page};

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";

/// The id and the type of what has the focus, and whether the person sees it: in view, with a line around it.
const FOCUSED: &str = "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
    const isSeen = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && r.top >= 0 && r.bottom <= innerHeight;
    return [e.id || e.className || e.tagName, e.type ?? '', isSeen]";

/// Moves to the element with this id by Tab alone. Everything on the way has its focus in sight.
async fn tab_to(chromium: &Chromium, id: &str) {
    for _ in 0..20 {
        chromium.press(TAB).await;
        let focused: Value = chromium.script(FOCUSED).await;
        assert_eq!(focused[2], true, "on the way to {id}: {focused}");
        if focused[0] == id {
            return;
        }
    }
    panic!("no way to {id}");
}

#[tokio::test]
async fn a_person_signs_in_and_allows_by_the_keyboard_alone() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let site = Site::start(|path| page(&format!("<p id=landed>{}</p>", path.replace('&', "&amp;"))));
    let uri = format!("http://localhost:{}/callback", site.port);
    let web = server.register(Registration::web("web").redirect_uri(&uri)).await;
    for (language, show, hide) in
        [("de", "Passwort anzeigen", "Passwort verbergen"), ("ar", "إظهار كلمة المرور", "إخفاء كلمة المرور")]
    {
        chromium.resize(1280, 800).await;
        chromium.open(&web.url_with(&[("prompt", "login consent"), ("ui_locales", language)])).await;
        // On a person's second visit the page knows the username.
        chromium.script("const f = document.getElementById('username'); f.value = ''; f.focus()").await;
        chromium.press(&format!("alice{TAB}")).await;
        assert_eq!(chromium.script(FOCUSED).await, serde_json::json!(["password", "password", true]));
        chromium.press(PASSWORD).await;
        tab_to(&chromium, "reveal").await;
        for (before, after, kind) in [(show, hide, "text"), (hide, show, "password")] {
            let label = "return document.activeElement.textContent";
            assert_eq!(chromium.script(label).await, before);
            chromium.press(ENTER).await;
            assert_eq!(chromium.script(label).await, after);
            assert_eq!(chromium.script("return document.getElementById('password').type").await, kind);
        }
        tab_to(&chromium, "sign-in").await;
        chromium.press(ENTER).await;
        chromium.text_of("allow").await;
        tab_to(&chromium, "allow").await;
        chromium.press(ENTER).await;
        let landed = chromium.text_of("landed").await;
        assert!(landed.contains("code=gac_"), "{language}: {landed}");
    }
}
