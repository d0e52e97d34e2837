//! The consent page with details in a real browser.

use serde_json::json;

use super::{accounts, bank, payment, shop, url};
use crate::support::chromium::Chromium;
use crate::support::site::{Site, arrival};

#[tokio::test]
async fn a_payment_can_be_read_and_allowed_on_a_small_screen_in_both_schemes() {
    let Some(chromium) = Chromium::start().await else { return };
    let (server, ..) = bank().await;
    let site = Site::start(|_| arrival("here"));
    let registration = shop("site").redirect_uri(&format!("http://127.0.0.1:{}/callback", site.port));
    let app = server.register(registration).await;
    let mut long = payment();
    long["creditorName"] = "Donaudampfschifffahrtsgesellschaftskapitän".repeat(4).into();
    let address = url(&app, &json!([long, accounts()]));
    for (round, scheme) in ["light", "dark"].into_iter().enumerate() {
        chromium.prefer_colours(scheme).await;
        chromium.resize(360, 800).await;
        chromium.open(&address).await;
        if round == 0 {
            chromium.sign_in("alice").await;
        }
        chromium.text_of("allow").await;
        let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(chromium.script(overflow).await, 0, "{scheme}: nothing is wider than the screen");
        let sentence = "return document.querySelector('.asked p').innerText";
        let sentence = chromium.script(sentence).await;
        assert!(sentence.as_str().unwrap().starts_with("Pay 123.50 EUR to Donau"), "{sentence}");
        // What the sentence leaves out is one click away.
        let hidden = "return document.querySelector('.asked dl').checkVisibility()";
        assert_eq!(chromium.script(hidden).await, false);
        chromium.script("document.querySelector('.asked summary').click()").await;
        assert_eq!(chromium.script(hidden).await, true);
        assert_eq!(chromium.script(overflow).await, 0, "{scheme}: also with all details");
        for width in [390, 1000] {
            chromium.resize(width, 800).await;
            let narrowest = "return Math.min(...[...document.querySelectorAll('.asked details[open] dd')]\
                             .map(value => value.getBoundingClientRect().width))";
            let narrowest = chromium.script(narrowest).await;
            assert!(narrowest.as_f64().is_some_and(|narrowest| narrowest > 150.0), "{width}: {narrowest}");
        }
        chromium.resize(360, 800).await;
        if let Some(folder) = std::env::var_os("TEST_PICTURES") {
            let picture = chromium.picture(360).await;
            std::fs::write(std::path::Path::new(&folder).join(format!("details-{scheme}.png")), picture)
                .unwrap();
        }
        chromium.click("allow").await;
        chromium.arrive().await;
        let back = chromium.url().await;
        assert!(back.contains("code="), "{back}");
    }
}
