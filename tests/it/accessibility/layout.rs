//! The layout of a page, judged in a real browser: nothing is cut, flows over its edge or lies over something else.

use serde_json::Value;

use super::application;
use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::server::PASSWORD;
use crate::support::{Operator, TestServer};

const FAULTS: &str = "
    const wide = document.documentElement.clientWidth, faults = [];
    const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + (e.className ? '.' + e.className : '');
    const shown = e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.unseen, svg, option');
    const over = document.documentElement.scrollWidth - wide;
    if (over > 0) faults.push(`the page scrolls sideways by ${over}`);
    // The error reference has a layout of its own, with a contents list that scrolls.
    if (document.body.className === 'reference') return faults;
    for (const e of [...document.querySelectorAll('body *')].filter(shown)) {
        const r = e.getBoundingClientRect();
        if (r.width && (r.left < -.5 || r.right > wide + .5)) faults.push(`${name(e)} is outside of the page`);
        const isText = getComputedStyle(e).display !== 'inline' && e.tagName !== 'INPUT';
        if (isText && e.scrollWidth > e.clientWidth + 1) faults.push(`${name(e)} is narrower than its content`);
    }
    const parts = [...document.querySelectorAll('h1, p, label, li, a, button, input, summary, .initials, .who')]
        .filter(e => shown(e) && e.type !== 'hidden');
    for (const [n, a] of parts.entries()) for (const b of parts.slice(n + 1)) {
        if (a.contains(b) || b.contains(a)) continue;
        const lies = (r, s) => Math.min(r.right, s.right) - Math.max(r.left, s.left) > 1
            && Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top) > 1;
        if ([...a.getClientRects()].some(r => [...b.getClientRects()].some(s => lies(r, s))))
            faults.push(`${name(a)} lies over ${name(b)}`);
    }
    return faults;";

/// Returns what is wrong with the layout of the current page. Empty if nothing is.
pub(super) async fn faults(chromium: &Chromium) -> Vec<String> {
    serde_json::from_value(chromium.script(FAULTS).await).expect("sentences")
}

#[tokio::test]
async fn a_broken_layout_is_noticed() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let web = application(&server).await;
    chromium.open(&web.url_with(&[])).await;
    assert_eq!(faults(&chromium).await, Vec::<String>::new());
    for (change, noticed) in [
        ("document.querySelector('h1').style.minWidth = '3000px'", "the page scrolls sideways"),
        ("document.querySelector('h1').style.marginLeft = '-900px'", "h1 is outside of the page"),
        ("document.querySelector('label').style.width = '1em'", "label is narrower than its content"),
        (
            "document.getElementById('cancel').style.marginTop = '-1.5rem'",
            "#sign-in.primary lies over button#cancel",
        ),
    ] {
        chromium.page.refresh().await.expect("the page again");
        // Broken in a way that no style of the page prevents.
        chromium.script("document.querySelector('label').style.cssText = 'overflow-wrap: normal; word-break: keep-all'").await;
        chromium.script(change).await;
        let found = faults(&chromium).await;
        assert!(found.iter().any(|fault| fault.contains(noticed)), "{noticed}: {found:?}");
    }
}

/// Whether the primary button is in view without scrolling.
pub(super) const IN_VIEW: &str = "const r = document.querySelector('.primary').getBoundingClientRect();
    return r.top >= 0 && r.bottom <= innerHeight";

#[tokio::test]
async fn allow_is_in_view_with_six_scopes_in_every_language() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let scopes = "openid profile email read write pay";
    let web = server.register(Registration::web("web").scopes(scopes)).await;
    chromium.resize(1280, 800).await;
    for language in grantor::face::language::Language::ALL {
        let asked = [("scope", scopes), ("prompt", "consent"), ("ui_locales", language.tag())];
        chromium.open(&web.url_with(&asked)).await;
        if language == grantor::face::language::Language::ALL[0] {
            assert_eq!(chromium.script(IN_VIEW).await, true, "the button of the sign-in page");
            chromium.type_into("username", "alice").await;
            chromium.type_into("password", PASSWORD).await;
            chromium.click("sign-in").await;
        }
        chromium.text_of("allow").await;
        assert_eq!(chromium.script("return document.querySelectorAll('.scopes li').length").await, 6);
        assert_eq!(chromium.script(IN_VIEW).await, true, "{}", language.tag());
    }
}

/// How far the text of the name is from the initials beside it.
const GAP: &str = "const text = document.createRange();
    text.selectNodeContents(document.querySelector('.who .name'));
    const name = text.getBoundingClientRect(), beside = document.querySelector('.initials').getBoundingClientRect();
    return document.dir === 'rtl' ? beside.left - name.right : name.left - beside.right";

#[tokio::test]
async fn a_name_of_200_characters_or_of_the_other_direction_breaks_no_page() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    for (id, name) in [("long", "Donaudampfschifffahrt".repeat(10)), ("arabic", "تقويم الأصدقاء".into())]
    {
        let mut registration = Registration::web(id);
        registration.client.name = name.chars().take(200).collect::<String>().as_str().into();
        let web = server.register(registration).await;
        let person = if id == "long" { "ع".repeat(200) } else { "ليلى المنصوري".into() };
        for (language, person) in [("en", person), ("ar", "Wolfeschlegelstein".repeat(11))] {
            Operator::of(&server).done(&["user", "update", "alice", "--name", &person]);
            chromium.open(&web.url_with(&[("prompt", "login consent"), ("ui_locales", language)])).await;
            for width in [1280, 320] {
                chromium.resize(width, 800).await;
                assert_eq!(
                    faults(&chromium).await,
                    Vec::<String>::new(),
                    "sign-in to {id}, {language}, {width}"
                );
            }
            chromium.script("document.getElementById('username').value = ''").await;
            chromium.type_into("username", "alice").await;
            chromium.type_into("password", PASSWORD).await;
            chromium.click("sign-in").await;
            chromium.text_of("allow").await;
            for width in [1280, 320] {
                chromium.resize(width, 800).await;
                assert_eq!(
                    faults(&chromium).await,
                    Vec::<String>::new(),
                    "consent to {id}, {language}, {width}"
                );
                let gap: Value = chromium.script(GAP).await;
                let is_beside = gap.as_f64().is_some_and(|gap| (0.0..40.0).contains(&gap));
                assert!(is_beside, "{id}, {language}, {width}: the name is {gap} from the initials");
            }
        }
    }
}
