//! The operator's brand and that of a client: files, style sheets, and the values that are refused.

use std::path::Path;

use grantor::cache::catalogue::Freshness;
use grantor::face::assets::STYLE;
use grantor::face::brand::ClientBrand;
use grantor::face::colour::Colour;
use grantor::face::scheme::Scheme;
use grantor::face::tokens::{Font, Radius};
use grantor::oauth::id::ClientId;
use grantor::secret::Hash;
use serde_json::{Value, json};

use crate::support::cluster::node;
use crate::support::database::{TestDatabase, engine, private_folder};
use crate::support::operator::succeeded;
use crate::support::process::grantor;
use crate::support::{Browser, Cluster, Operator, TestServer};

const LOGO: &str =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1z\"/></svg>";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";
const ICON: &[u8] = b"\0\0\x01\0rest";
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Writes a file into a folder. Returns its path.
fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// The path of a URL of the server.
fn path(server: &TestServer, url: &str) -> String {
    url.strip_prefix(&server.url).unwrap_or_else(|| panic!("{url}")).to_owned()
}

async fn brand_of(server: &TestServer, id: &str) -> ClientBrand {
    let client = server.app.cache.client(&ClientId::new(id), Freshness::Now).await.unwrap().unwrap();
    server.app.brand.of_client(&client.client)
}

#[tokio::test]
async fn the_files_of_the_brand_are_served_under_names_that_change_with_their_content() {
    let folder = private_folder();
    let of = |name: &str, content: &[u8]| file(folder.path(), name, content);
    let options = [
        ("brand.logo", of("logo", LOGO.as_bytes())),
        ("brand.logo_dark", of("dark", PNG)),
        ("brand.favicon", of("icon", ICON)),
        ("brand.css", of("own.css", b":root { --radius: 2px }\n")),
        ("brand.accent", "#0a7".to_owned()),
        ("brand.radius", "large".to_owned()),
        ("brand.font", "serif".to_owned()),
    ];
    let options: Vec<(&str, &str)> = options.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let server = TestServer::start_with(&options).await;
    let brand = &server.app.brand;
    for (url, media_type, extension, content) in [
        (brand.logo(), "image/svg+xml", "svg", LOGO.as_bytes()),
        (brand.logo_dark(), "image/png", "png", PNG),
        (brand.favicon(), "image/x-icon", "ico", ICON),
    ] {
        let url = path(&server, &url.unwrap());
        assert_eq!(url, format!("/assets/{}.{extension}", Hash::of_bytes(content).to_text()));
        let served = server.get(&url).await;
        assert_eq!((served.status.as_u16(), served.header("content-type")), (200, media_type));
        assert_eq!(served.header("cache-control"), FOREVER);
        assert_eq!(served.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(served.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(served.header("x-content-type-options"), "nosniff");
        assert_eq!(served.body.as_bytes(), String::from_utf8_lossy(content).as_bytes());
    }
    let home = server.get("/").await;
    assert_eq!(home.attribute("<link rel=\"icon\" href=\""), brand.favicon().unwrap());
    assert_eq!(brand.favicon_type(), Some("image/x-icon"));
    let style = path(&server, &home.attribute("<link rel=\"stylesheet\" href=\""));
    let sheet = server.get(&style).await;
    assert_eq!((sheet.status.as_u16(), sheet.header("cache-control")), (200, FOREVER));
    assert_eq!(style, format!("/assets/{}.css", Hash::of(&sheet.body).to_text()));
    let added = sheet.body.strip_prefix(STYLE).expect("the style sheet of the pages comes first");
    assert!(added.starts_with("@media screen { :root { --accent: #"), "{added}");
    assert!(
        added.contains(&format!("--font: {}; font-family: var(--font);", Font::Serif.stack())),
        "{added}"
    );
    assert!(added.contains("--radius: 24px;"), "{added}");
    assert!(added.ends_with(":root { --radius: 2px }\n"), "the operator's own CSS is the last: {added}");
}

#[tokio::test]
async fn the_pages_say_whose_they_are_and_where_there_is_help() {
    let server = TestServer::start_with(&[
        ("brand.name", "Harbour & Sons"),
        ("brand.support", "mailto:help@harbour.example"),
        ("brand.forgotten_password", "https://harbour.example/password"),
        ("brand.privacy", "https://harbour.example/privacy"),
        ("brand.terms", "https://harbour.example/terms"),
        ("brand.sentence", "Branches open an account for you."),
        ("brand.sentence.de", "Ein Konto eröffnen Sie in der Filiale."),
        ("brand.language", "de"),
    ])
    .await;
    let web = server.web().await;
    let host = server.url.strip_prefix("http://").unwrap();
    for (ui_locales, sentence) in
        [("en", "Branches open an account for you."), ("nl", "Ein Konto eröffnen Sie in der Filiale.")]
    {
        let page = server.browser().open(&web.url_with(&[("ui_locales", ui_locales)])).await;
        let body = page.body.replace("&#x2f;", "/");
        for part in [
            "<bdi>Harbour &amp; Sons</bdi>",
            &format!("dir=\"ltr\">{host}</span>"),
            "href=\"mailto:help@harbour.example\"",
            "href=\"https://harbour.example/password\"",
            "href=\"https://harbour.example/privacy\"",
            "href=\"https://harbour.example/terms\"",
            sentence,
        ] {
            assert!(page.is_sign_in() && body.contains(part), "{part}: {body}");
        }
    }
    let plain = TestServer::start().await;
    let page = plain.browser().open(&plain.web().await.url_with(&[])).await;
    assert!(!page.body.contains("id=\"forgotten\"") && !page.body.contains("id=\"help\""), "{page:?}");
}

#[tokio::test]
async fn without_a_brand_the_style_sheet_is_the_one_of_the_pages() {
    let server = TestServer::start().await;
    let home = server.get("/").await;
    let sheet = server.get(&path(&server, &home.attribute("<link rel=\"stylesheet\" href=\""))).await;
    assert_eq!(sheet.body, STYLE);
    let brand = &server.app.brand;
    assert_eq!((brand.name(), brand.logo(), brand.favicon()), (None, None, None));
}

/// The value of a token in a rule set.
fn token(rules: &str, name: &str) -> String {
    let (_, rest) = rules.split_once(&format!("--{name}: ")).unwrap_or_else(|| panic!("no --{name}"));
    rest.split(';').next().unwrap().to_owned()
}

#[test]
fn contrast_is_checked_against_the_colours_that_the_style_sheet_has() {
    let (light, rest) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
    for (rules, scheme) in [(light, Scheme::LIGHT), (rest, Scheme::DARK)] {
        for (name, colour) in [
            ("page", scheme.page),
            ("card", scheme.card),
            ("code", scheme.code),
            ("text", scheme.text),
            ("soft", scheme.soft),
            ("accent", scheme.accent),
        ] {
            assert_eq!(token(rules, name).parse::<Colour>(), Ok(colour), "--{name}");
        }
    }
    let (large, small) = Radius::Medium.tokens();
    assert_eq!((token(light, "radius").as_str(), token(light, "radius-small").as_str()), (large, small));
}

/// The findings of `grantor config check` as option and sentence.
fn findings(folder: &Path) -> Vec<(String, String)> {
    let checked = grantor(folder, &["config", "check", "--json"]).output().unwrap();
    let findings: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = findings.as_array().unwrap().iter();
    all.map(|finding| {
        assert_eq!(finding["source"], "grantor.toml", "{finding}");
        (text(&finding["option"]), text(&finding["finding"]))
    })
    .collect()
}

#[test]
fn every_wrong_value_of_the_brand_is_found_by_the_check_and_keeps_the_server_from_starting() {
    let folder = private_folder();
    let largest = 64 * 1024;
    file(folder.path(), "page.html", "<html><svg/></html>");
    file(folder.path(), "icon.ico", ICON);
    file(folder.path(), "large.svg", format!("{LOGO}{}", " ".repeat(largest + 1 - LOGO.len())));
    file(folder.path(), "import.css", ":root {}\n@import \"a.css\";\n");
    file(folder.path(), "url.css", "a { background: url(https://x.example/a) }");
    file(folder.path(), "large.css", " ".repeat(largest + 1));
    for (option, value, sentence) in [
        ("logo", "none.svg", "brand.logo none.svg cannot be read: No such file"),
        (
            "logo",
            "page.html",
            "brand.logo page.html cannot be used: it is not an SVG, PNG, JPEG or WebP picture",
        ),
        (
            "logo",
            "icon.ico",
            "brand.logo icon.ico cannot be used: it is not an SVG, PNG, JPEG or WebP picture",
        ),
        ("logo", "large.svg", "brand.logo large.svg cannot be used: it is larger than 65536 bytes"),
        (
            "favicon",
            "page.html",
            "brand.favicon page.html cannot be used: it is not an SVG, PNG or ICO picture",
        ),
        (
            "css",
            "import.css",
            "brand.css import.css cannot be used: line 2: @import loads another style sheet",
        ),
        ("css", "url.css", "brand.css url.css cannot be used: line 1: url() loads a file"),
        ("css", "large.css", "brand.css large.css cannot be used: it is larger than 65536 bytes"),
        ("templates", "icon.ico", "brand.templates icon.ico cannot be used: it is not a folder"),
        ("messages", "nowhere", "brand.messages nowhere cannot be read: No such file"),
        ("accent", "green", "brand.accent cannot be used: it is not a colour"),
        ("background", "#777", "brand.background is #777777, on which text in #171c28 has a contrast of 3.8"),
        ("name", "", ""),
    ] {
        file(folder.path(), "grantor.toml", format!("[brand]\n{option} = \"{value}\"\n"));
        let found = findings(folder.path());
        if sentence.is_empty() {
            assert_eq!(found, []);
            continue;
        }
        let [(named, said)] = found.as_slice() else { panic!("{option} = {value}: {found:?}") };
        assert!(*named == format!("brand.{option}") && said.starts_with(sentence), "{named}: {said}");
        let served = grantor(folder.path(), &["serve"]).output().unwrap();
        let text = String::from_utf8_lossy(&served.stderr).into_owned();
        assert!(served.status.code() == Some(1) && text.contains(sentence), "{option} = {value}: {text}");
        assert!(!folder.path().join("grantor.db").exists(), "it makes no database");
    }
}

#[test]
fn a_theme_that_fails_on_some_page_is_found_by_the_check_and_keeps_the_server_from_starting() {
    let folder = private_folder();
    let exported = grantor(folder.path(), &["theme", "export", ".", "sign_in"]).output().unwrap();
    succeeded(&[], exported);
    let ours = std::fs::read_to_string(folder.path().join("sign_in.html")).unwrap();
    let begun = |text: &str| ours.replace("{% block content %}", &format!("{{% block content %}}{text}"));
    let only_english = ours
        .replace("<form ", "{% if lang == \"de\" %}<p>no</p>{% else %}<form ")
        .replace("</form>", "</form>{% endif %}");
    let long = format!("sign-in-button = {}\n", "{\"a\"}".repeat(200));
    let nested = format!("sign-in-button = {}\n", "{".repeat(3000));
    let loops = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
    for (option, value, name, text, sentence) in [
        (
            "templates",
            ".",
            "sign_in.html",
            begun("{% if lang==\"de\" %}{{ t(\"nosuch\") }}{% endif %}"),
            "in de, line 5: invalid operation: there is no text nosuch",
        ),
        ("templates", ".", "sign_in.html", only_english, "in de, it lacks the form with method post"),
        ("templates", ".", "sign_in.html", begun(loops), "the page needs more than 160000 steps"),
        (
            "messages",
            ".",
            "fr.ftl",
            long,
            "line 1: the text sign-in-button: Resolver error: Too many placeables",
        ),
        ("messages", ".", "fr.ftl", nested, "line 1: the message sign-in-button has more than 64 braces"),
        (
            "css",
            "a.css",
            "a.css",
            "a::before{content:\"/*\"} body{background:url(/evil.png)}".to_owned(),
            "line 1: url() loads a file",
        ),
    ] {
        file(folder.path(), name, text);
        file(folder.path(), "grantor.toml", format!("[brand]\n{option} = \"{value}\"\n"));
        let found = findings(folder.path());
        let [(named, said)] = found.as_slice() else { panic!("{sentence}: {found:?}") };
        assert!(*named == format!("brand.{option}") && said.contains(sentence), "{named}: {said}");
        let served = grantor(folder.path(), &["serve"]).output().unwrap();
        let text = String::from_utf8_lossy(&served.stderr).into_owned();
        assert!(served.status.code() == Some(1) && text.contains(sentence), "{sentence}: {text}");
    }
}

#[tokio::test]
async fn the_largest_page_is_shown_beside_templates_of_an_operator() {
    let folder = private_folder();
    let exported = grantor(folder.path(), &["theme", "export", ".", "home"]).output().unwrap();
    succeeded(&[], exported);
    let templates = folder.path().to_str().unwrap();
    let server = TestServer::start_with(&[("brand.templates", templates)]).await;
    let page = Browser::new(&server.url).get("/errors").await;
    assert!(page.status.is_success() && page.body.len() > 30_000, "{page:?}");
}

#[test]
fn the_largest_files_and_a_folder_without_templates_are_good() {
    let folder = private_folder();
    let largest = 64 * 1024;
    file(folder.path(), "largest.svg", format!("{LOGO}{}", " ".repeat(largest - LOGO.len())));
    file(folder.path(), "largest.css", " ".repeat(largest));
    let good =
        "[brand]\nlogo = \"largest.svg\"\ncss = \"largest.css\"\ntemplates = \".\"\nsentence = \"Hello\"\n";
    file(folder.path(), "grantor.toml", good);
    let said = succeeded(&[], grantor(folder.path(), &["config", "check"]).output().unwrap());
    assert!(
        said.contains("read brand.logo largest.svg\n") && said.contains("read brand.templates .\n"),
        "{said}"
    );
}

#[test]
fn a_sentence_is_one_text_or_one_for_each_language() {
    let folder = private_folder();
    let shown = |config: &str, variable: (&str, &str)| {
        file(folder.path(), "grantor.toml", config);
        let mut command = grantor(folder.path(), &["config", "show", "--json"]);
        let text = succeeded(&[], command.env(variable.0, variable.1).output().unwrap());
        let options: Vec<Value> = serde_json::from_str(&text).unwrap();
        move |option: &str| {
            let found = options.iter().find(|found| found["option"] == option).unwrap();
            found["value"].as_str().unwrap().to_owned()
        }
    };
    let nothing = ("UNUSED", "");
    let one = shown("[brand]\nsentence = \"Ask us\"\n", nothing);
    assert_eq!((one("brand.sentence.default"), one("brand.sentence.de")), ("Ask us".into(), String::new()));
    let several = shown(
        "[brand.sentence]\ndefault = \"Ask us\"\npt-BR = \"Pergunte\"\n",
        ("GRANTOR_BRAND__SENTENCE__DE", "Frag uns"),
    );
    assert_eq!(several("brand.sentence.pt-BR"), "Pergunte");
    assert_eq!(several("brand.sentence.de"), "Frag uns");
    let by_variable = shown("", ("GRANTOR_BRAND__SENTENCE__PT_BR", "Pergunte"));
    assert_eq!(by_variable("brand.sentence.pt-BR"), "Pergunte");
    let by_variable = shown("", ("GRANTOR_BRAND__SENTENCE", "Ask us"));
    assert_eq!(by_variable("brand.sentence.default"), "Ask us");
}

#[tokio::test]
async fn the_brand_of_a_client_is_registered_by_command_and_shown_where_the_operator_allows_it() {
    let server = TestServer::start_with(&[("brand.clients_may", "true")]).await;
    let operator = Operator::of(&server);
    server.web().await;
    std::fs::write(operator.directory.join("dark.png"), PNG).unwrap();
    assert_eq!(brand_of(&server, "web").await, ClientBrand::default());
    let colours = ["--brand-accent", "#0A7", "--brand-background", "#ffe", "--brand-background-dark", "#000"];
    let rest = ["--brand-radius", "large", "--brand-logo-dark", "dark.png"];
    let shown = operator.json(&[&["client", "update", "web"], &colours[..], &rest].concat());
    for (member, value) in [
        ("brand_accent", json!("#00aa77")),
        ("brand_background", json!("#ffffee")),
        ("brand_background_dark", json!("#000000")),
        ("brand_radius", json!("large")),
        ("has_dark_logo", json!(true)),
        ("has_logo", json!(false)),
    ] {
        assert_eq!(shown[member], value, "{member}");
    }
    let card = operator.done(&["client", "show", "web"]);
    let line = "accent #00aa77, background #ffffee, dark background #000000, radius large, dark logo";
    assert!(card.contains(line), "{card}");

    let brand = brand_of(&server, "web").await;
    let logo = server.get(&path(&server, &brand.logo_dark.unwrap())).await;
    assert_eq!((logo.status.as_u16(), logo.header("content-type")), (200, "image/png"));
    let style = path(&server, &brand.style.unwrap());
    let sheet = server.get(&style).await;
    assert_eq!((sheet.status.as_u16(), sheet.header("cache-control")), (200, FOREVER));
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    for part in ["--page: #ffffee;", "--page: #000000;", "--accent: #", "--radius: 24px;"] {
        assert!(sheet.body.contains(part), "{part}: {}", sheet.body);
    }
    for wrong in
        [style.replace("00aa77", "0a7"), style.replace("large", "huge"), style.replace("00aa77", "}")]
    {
        assert_eq!(server.get(&wrong).await.status, 404, "{wrong}");
    }

    let one = operator.json(&["client", "update", "web", "--no-brand", "--brand-accent", "#123"]);
    assert_eq!((&one["brand_accent"], &one["brand_radius"]), (&json!("#112233"), &Value::Null));
    assert_eq!(
        (&one["has_dark_logo"], server.number("SELECT COUNT(*) FROM logos").await),
        (&json!(false), 0)
    );
    operator.done(&["client", "update", "web", "--no-brand"]);
    assert_eq!(brand_of(&server, "web").await, ClientBrand::default());
}

#[tokio::test]
async fn a_picture_that_is_the_logo_in_one_scheme_of_any_client_stays() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    std::fs::write(operator.directory.join("logo.png"), PNG).unwrap();
    let create = |id: &str, option: &str| {
        let what = ["client", "create", "--id", id, "--name", id, "--kind", "service"];
        operator.done(&[&what[..], &[option, "logo.png"]].concat());
    };
    create("one", "--logo");
    create("two", "--brand-logo-dark");
    operator.done(&["client", "update", "one", "--no-logo"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM logos").await, 1);
    operator.done(&["client", "delete", "two", "--yes"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM logos").await, 0);
}

#[tokio::test]
async fn a_brand_that_cannot_be_read_is_refused_and_one_that_is_not_shown_gets_a_warning() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.web().await;
    let refused = operator.refused(&["client", "update", "web", "--brand-background", "#777"]);
    assert!(refused.starts_with("--brand-background is #777777, on which text in #171c28"), "{refused}");
    let refused = operator.refused(&["client", "update", "web", "--brand-background-dark", "#fff"]);
    assert!(refused.starts_with("--brand-background-dark is #ffffff, on which text"), "{refused}");
    let unknown = operator.run(&["client", "update", "web", "--brand-accent", "green"]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(unknown.status.code() == Some(2) && said.contains("it is not a colour; write #rgb"), "{said}");

    let taken = operator.run(&["client", "update", "web", "--brand-accent", "#0a7"]);
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(taken.status.success() && said.contains("warning: brand.clients_may is false"), "{said}");
    let allowed = operator.command(&["client", "update", "web", "--brand-accent", "#0a7"]);
    let said = { allowed }.env("GRANTOR_BRAND__CLIENTS_MAY", "true").output().unwrap().stderr;
    assert!(!String::from_utf8_lossy(&said).contains("warning"), "{said:?}");
    assert_eq!(brand_of(&server, "web").await, ClientBrand::default(), "the operator has not allowed it");
}

#[tokio::test]
async fn every_node_serves_the_style_sheet_of_a_client_also_after_a_restart() {
    let options = [("brand.clients_may", "true"), ("brand.background", "#fffbe6")];
    let cluster = Cluster::on(TestDatabase::fresh(engine()).await, 2, &options).await;
    let operator = Operator::of(&cluster.server);
    cluster.server.web().await;
    operator
        .command(&["client", "update", "web", "--brand-accent", "#0a7"])
        .env("GRANTOR_BRAND__BACKGROUND", "#fffbe6")
        .output()
        .unwrap();
    let style = path(&cluster.server, &brand_of(&cluster.server, "web").await.style.unwrap());
    let later = node(&cluster.server, &options);
    let mut bodies = Vec::new();
    for url in cluster.nodes.iter().chain([&later]).map(|node| &node.url) {
        let sheet = Browser::new(url).get(&style).await;
        assert_eq!(sheet.status, 200, "{url}");
        bodies.push(sheet.body);
    }
    assert!(bodies[0].contains("--page: #fffbe6; --accent: #"), "{}", bodies[0]);
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let other = node(&cluster.server, &[("brand.clients_may", "false")]);
    assert_eq!(Browser::new(&other.url).get(&style).await.status, 404, "what is not allowed is not served");
}
