//! What a person's system asks for: forced colours, less movement, and paper.

use crate::support::TestServer;
use crate::support::chromium::Chromium;
use crate::support::server::PASSWORD;

async fn open_consent(chromium: &Chromium, server: &TestServer) {
    server.user("alice").await;
    let web = server.web().await;
    chromium.open(&web.url_with(&[("scope", "read pay")])).await;
    chromium.type_into("username", "alice").await;
    chromium.type_into("password", PASSWORD).await;
    chromium.click("sign-in").await;
    chromium.text_of("allow").await;
}

#[tokio::test]
async fn with_forced_colours_buttons_and_marks_have_lines() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    open_consent(&chromium, &server).await;
    chromium.prefer("", "forced-colors", "active").await;
    assert_eq!(chromium.script("return matchMedia('(forced-colors: active)').matches").await, true);
    let unseen = "const unseen = [];
        const page = getComputedStyle(document.body).backgroundColor;
        const line = (name, style, side) => {
            const is = style[`border${side}Style`] === 'solid' && parseFloat(style[`border${side}Width`]) >= 1
                && style[`border${side}Color`] !== page;
            if (!is) unseen.push(name);
        };
        line('allow', getComputedStyle(document.getElementById('allow')), 'Bottom');
        line('sheet', getComputedStyle(document.querySelector('.sheet')), 'Bottom');
        line('sensitive', getComputedStyle(document.querySelector('.scopes .sensitive')), 'Bottom');
        line('mark', getComputedStyle(document.querySelector('.scopes li:not(.sensitive)'), '::before'), 'Bottom');
        document.querySelector('.languages summary').click();
        const width = e => parseFloat(getComputedStyle(e).borderBottomWidth);
        const current = document.querySelector('.languages [aria-current]');
        const other = document.querySelector('.languages button:not([aria-current])');
        if (width(current) <= width(other)) unseen.push('the current language');
        return unseen";
    assert_eq!(chromium.script(unseen).await, serde_json::json!([]));
}

#[tokio::test]
async fn nothing_moves_for_a_person_who_wants_less_movement() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    open_consent(&chromium, &server).await;
    let moving = "return [...document.querySelectorAll('*')].filter(e => {
        const s = getComputedStyle(e);
        return s.transitionDuration.split(',').some(t => parseFloat(t) > 0) || s.animationName !== 'none';
    }).length";
    chromium.prefer("", "prefers-reduced-motion", "reduce").await;
    assert_eq!(chromium.script(moving).await, 0);
}

#[tokio::test]
async fn paper_has_what_was_allowed_in_black_and_nothing_to_click() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    open_consent(&chromium, &server).await;
    chromium.prefer("print", "prefers-color-scheme", "dark").await;
    let printed = "const shown = s => [...document.querySelectorAll(s)].filter(e => e.checkVisibility()).length;
        const style = s => getComputedStyle(document.querySelector(s));
        return [shown('h1'), shown('.scopes li'), shown('.who'), shown('button, input, footer *'),
            style('h1').color, style('.sheet').backgroundColor, style('.sensitive').color, style('.sensitive').backgroundColor]";
    let (black, white) = ("rgb(0, 0, 0)", "rgb(255, 255, 255)");
    assert_eq!(chromium.script(printed).await, serde_json::json!([1, 2, 1, 0, black, white, black, white]),);
}
