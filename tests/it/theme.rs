//! `grantor theme`: the preview, and templates of the operator's own.

use std::fs;

use reqwest::StatusCode;
use tempfile::TempDir;

use crate::support::Browser;
use crate::support::preview::{ThemePreview, states};
use crate::support::process::run;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[tokio::test]
async fn the_preview_shows_every_page_in_every_state_as_the_server_sends_it() {
    let directory = folder();
    let preview = ThemePreview::start(directory.path(), &[]);
    let mut browser = Browser::new(&preview.url);
    let index = browser.get("/?lang=de").await;
    let all = states();
    assert!(all.len() > 80, "{}", all.len());
    for state in &all {
        assert!(index.body.contains(&format!("href=\"/view/{state}?lang=de&amp;scheme=auto\"")), "{state}");
        let page = browser.get(&format!("/auto/{state}?lang=de")).await;
        assert_eq!(page.status, StatusCode::OK, "{state}");
        assert!(page.body.contains("<html lang=\"de\" dir=\"ltr\">"), "{state}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{state}: {policy}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{state}");
        // It would be gone before anybody had seen it.
        let goes_on = ["form_post/", "signing_out/"].iter().any(|page| state.starts_with(page));
        assert_eq!(policy.contains("script-src"), !goes_on && page.body.contains("<script>"), "{state}");
    }
    // The server's name is that of the configuration, and needs no database.
    let page = browser.get("/auto/sign_in/plain").await;
    assert!(page.body.contains("<bdi>127.0.0.1:8080</bdi>"), "{page:?}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_state_is_shown_in_two_widths_with_links_to_the_next() {
    let preview = ThemePreview::start(folder().path(), &[]);
    let mut browser = Browser::new(&preview.url);
    let view = browser.get("/view/consent/six-scopes?lang=ar&scheme=dark").await;
    let frame = "src=\"/dark/consent/six-scopes?lang=ar&amp;framed=1\"";
    assert_eq!(view.body.matches(frame).count(), 2, "{view:?}");
    assert!(
        view.body.contains("rel=\"next\" href=\"/view/consent/partial?lang=ar&amp;scheme=dark\""),
        "{view:?}"
    );
    assert!(view.body.contains("rel=\"prev\" href=\"/view/consent/three-scopes?"), "{view:?}");
    let framed = browser.get("/dark/consent/six-scopes?lang=ar&framed=1").await;
    assert!(framed.body.contains("<html lang=\"ar\" dir=\"rtl\">"));
    assert!(framed.header("content-security-policy").contains("frame-ancestors 'self'"));
    assert!(!framed.headers.contains_key("x-frame-options"));
}

#[tokio::test]
async fn a_scheme_is_chosen_by_the_style_sheet_alone() {
    let preview = ThemePreview::start(folder().path(), &[]);
    let mut browser = Browser::new(&preview.url);
    let mut styles = Vec::new();
    for scheme in ["auto", "light", "dark"] {
        let page = browser.get(&format!("/{scheme}/home/signed-out")).await;
        let style = page.attribute("rel=\"stylesheet\" href=\"");
        styles.push(browser.get(&style).await.body);
    }
    assert!(styles[0].contains("(prefers-color-scheme: dark)"));
    assert!(styles[1].ends_with(":root { color-scheme: light }\n"));
    assert!(styles[2].ends_with(":root { color-scheme: dark }\n"));
}

#[tokio::test]
async fn forms_and_links_lead_nowhere_except_to_another_language() {
    let preview = ThemePreview::start(folder().path(), &[]);
    let mut browser = Browser::new(&preview.url);
    let page = browser.get("/auto/sign_in/plain").await;
    let answer = browser.submit(&page, &[("username", "a"), ("password", "b")]).await;
    assert!(answer.body.contains("id=\"nowhere\""), "{answer:?}");
    for path in ["/auto/", "/no/such/page", "/auto/sign_in/no-such-state", "/auto/assets/x.css"] {
        let answer = browser.get(path).await;
        assert!(answer.body.contains("id=\"nowhere\""), "{path}: {answer:?}");
    }
    let form = [("return_to", "/auto/sign_in/plain?lang=de"), ("language", "ja")];
    let answer = browser.post("/auto/language", &form).await;
    assert_eq!(answer.location().as_deref(), Some("/auto/sign_in/plain?lang=ja"));
    let answer =
        browser.post("/auto/language", &[("return_to", "//evil.example/"), ("language", "ja")]).await;
    assert_eq!(answer.location(), None);
}

#[tokio::test]
async fn the_preview_shows_a_template_again_when_it_has_changed() {
    let directory = folder();
    let templates = directory.path().join("templates");
    let exported = run(directory.path(), &["theme", "export", "templates", "home"]);
    assert!(exported.status.success(), "{exported:?}");
    let template = templates.join("home.html");
    let start = fs::read_to_string(&template).unwrap();
    let preview = ThemePreview::start(directory.path(), &["--templates", "templates"]);
    let mut browser = Browser::new(&preview.url);
    let before = browser.get("/changes").await.body;
    assert_eq!(browser.get("/changes").await.body, before);
    let own = start.replace("<h1>", "<h1 class=\"ours\">");
    fs::write(&template, &own).unwrap();
    assert_ne!(browser.get("/changes").await.body, before);
    assert!(browser.get("/auto/home/signed-out").await.body.contains("<h1 class=\"ours\">"));
    // A mistake is shown until it is corrected.
    fs::write(&template, own.replace("{% endblock %}", "")).unwrap();
    let broken = browser.get("/auto/home/signed-out").await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(broken.body.starts_with("the template home.html cannot be used: line"), "{broken:?}");
    fs::write(&template, &start).unwrap();
    assert!(!browser.get("/auto/home/signed-out").await.body.contains("ours"));
}

#[test]
fn templates_that_cannot_be_used_are_refused_at_the_start_by_their_names() {
    let directory = folder();
    let exported = run(directory.path(), &["theme", "export", "t", "consent.html", "sign_in.html"]);
    assert!(exported.status.success(), "{exported:?}");
    for name in ["consent.html", "sign_in.html"] {
        let path = directory.path().join("t").join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("{#- grantor template, version 1: docs/theming.md -#}\n{% extends"),
            "{text}"
        );
        fs::write(&path, text.replace("name=\"form_token\"", "name=\"token\"")).unwrap();
    }
    let refused = run(directory.path(), &["theme", "preview", "--templates", "t"]);
    assert_eq!(refused.status.code(), Some(1));
    let sentences = String::from_utf8(refused.stderr).unwrap();
    for name in ["consent.html", "sign_in.html"] {
        let start = format!("the template {name} cannot be used: in the state ");
        let line = sentences.lines().find(|line| line.contains(&start));
        let line = line.unwrap_or_else(|| panic!("{name}: {sentences}"));
        assert!(line.ends_with("it lacks the hidden field form_token with its value in its form"), "{line}");
    }
}

#[test]
fn export_writes_only_the_named_templates_and_overwrites_nothing() {
    let directory = folder();
    let json = run(directory.path(), &["theme", "export", "a/b", "layout.html", "--json"]);
    assert_eq!(String::from_utf8(json.stdout).unwrap(), "[\"a/b/layout.html\"]\n");
    assert_eq!(fs::read_dir(directory.path().join("a/b")).unwrap().count(), 1);
    let own = directory.path().join("a/b/layout.html");
    fs::write(&own, "mine").unwrap();
    let again = run(directory.path(), &["theme", "export", "a/b", "layout.html"]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
    for name in ["reason.html", "../layout.html", "no-such"] {
        let refused = run(directory.path(), &["theme", "export", "a", name]);
        let sentence = String::from_utf8(refused.stderr).unwrap();
        assert!(
            sentence.starts_with(&format!("grantor: there is no template {name} that can be")),
            "{sentence}"
        );
    }
    assert_eq!(run(directory.path(), &["theme", "export", "a"]).status.code(), Some(2));
}

#[test]
fn the_preview_listens_on_this_machine_only() {
    let directory = folder();
    for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
        let refused = run(directory.path(), &["theme", "preview", "--listen", address]);
        assert_eq!(refused.status.code(), Some(1), "{address}");
        let sentence = String::from_utf8(refused.stderr).unwrap();
        assert!(sentence.contains("--listen must be a loopback address"), "{sentence}");
    }
}
