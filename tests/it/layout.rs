//! The layout of every page in every state, judged in a real browser; the weight of the pages; and pictures of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use grantor::face::language::Language;
use regex::Regex;
use url::Url;

use crate::support::Browser;
use crate::support::chromium::Chromium;
use crate::support::demo::Demo;
use crate::support::preview::{ThemePreview, states};

/// The most that a page may need with everything that it loads, in bytes as they are sent, with headers and without
/// compression.
const MAX_BYTES: usize = 30_000;

/// Returns what is wrong with the layout of the current page: what is wider than the page, and which texts and controls
/// overlap.
const FAULTS: &str = r#"
const faults = [], root = document.documentElement;
const name = e => e.id ? '#' + e.id : e.tagName.toLowerCase() + (e.className ? '.' + e.className : '');
if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide`);
const boxes = [], isShown = e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.unseen');
const controls = [...document.querySelectorAll('input:not([type=hidden]), button, select, a.button, summary')];
for (const e of controls.filter(isShown)) boxes.push({ e, r: e.getBoundingClientRect(), what: name(e) });
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const e = node.parentElement;
  if (!node.data.trim() || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(e.tagName) || !isShown(e)) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const r of range.getClientRects()) {
    if (r.left < -1 || r.right > root.clientWidth + 1) faults.push(`“${node.data.trim()}” is beyond the edge`);
    // The box of a glyph is taller than its line.
    const slack = r.height / 4;
    boxes.push({ e, node, r: new DOMRect(r.x, r.y + slack, r.width, r.height - 2 * slack), what: `“${node.data.trim()}”` });
  }
}
const isOf = (one, other) => one.node ? one.node === other.node : one.e.contains(other.e);
for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
  const [a, b] = [boxes[i], boxes[j]];
  if (isOf(a, b) || isOf(b, a)) continue;
  const width = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
  const height = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
  if (width > 1 && height > 1) faults.push(`${a.what} and ${b.what} overlap`);
}
"#;

/// Adds whether the button that most people want is in view at once.
const PRIMARY_IN_VIEW: &str = r#"
const primary = document.querySelectorAll('main .primary');
if (primary.length > 1) faults.push('there are several primary buttons');
for (const r of [...primary].map(e => e.getBoundingClientRect()))
  if (r.top < 0 || r.bottom > innerHeight) faults.push(`the primary button ends at ${r.bottom}`);
"#;

/// Adds whether that button can be reached by scrolling.
const PRIMARY_REACHABLE: &str = r#"
for (const e of document.querySelectorAll('main .primary')) {
  e.scrollIntoView({ block: 'center', behavior: 'instant' });
  const r = e.getBoundingClientRect();
  if (!e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))) faults.push('the primary button is covered');
}
for (const e of document.querySelectorAll('details')) e.open = true;
if (root.scrollWidth > root.clientWidth) faults.push(`with all details the page is ${root.scrollWidth} wide`);
"#;

async fn faults(chromium: &Chromium, more: &str) -> Vec<String> {
    let found = chromium.script(&format!("{FAULTS}{more} return faults;")).await;
    serde_json::from_value(found).expect("sentences")
}

/// Judges the current page on a desk and on a phone.
async fn judge(chromium: &Chromium, state: &str, found: &mut Vec<String>) {
    // Names of 200 characters may need the whole window. One of three accounts has such a name, too.
    let is_long = state.contains("long") || state.starts_with("logout/three");
    for (width, height, more) in
        [(1280, 800, if is_long { "" } else { PRIMARY_IN_VIEW }), (360, 640, PRIMARY_REACHABLE)]
    {
        chromium.resize(width, height).await;
        let faults = faults(chromium, more).await;
        found.extend(faults.into_iter().map(|fault| format!("{state}, {width} wide: {fault}")));
    }
}

#[tokio::test]
async fn on_every_page_nothing_overflows_or_overlaps_and_the_primary_button_is_in_view() {
    let Some(chromium) = Chromium::start().await else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let preview = ThemePreview::start(directory.path(), &[]);
    let mut found = Vec::new();
    for (n, state) in states().iter().enumerate() {
        // Each state in English, and in one of the other languages.
        let others = &Language::ALL[1..];
        for (lang, scheme) in [("en", "light"), (others[n % others.len()].tag(), "dark")] {
            chromium.open(&preview.page(state, scheme, lang)).await;
            judge(&chromium, &format!("{state} in {lang}"), &mut found).await;
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn the_judgement_finds_what_it_looks_for() {
    let Some(chromium) = Chromium::start().await else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let preview = ThemePreview::start(directory.path(), &[]);
    for (break_it, fault) in [
        ("document.querySelector('h1').style.minWidth = '2000px'", "the page is"),
        ("document.querySelector('h1').style.marginBottom = '-4rem'", "overlap"),
        ("document.querySelector('#cancel').style.marginTop = '-3rem'", "overlap"),
        ("document.querySelector('.primary').style.marginTop = '900px'", "the primary button ends at"),
    ] {
        chromium.open(&preview.page("sign_in/plain", "light", "en")).await;
        chromium.script(break_it).await;
        let mut found = Vec::new();
        judge(&chromium, "sign_in/plain", &mut found).await;
        assert!(found.iter().any(|sentence| sentence.contains(fault)), "{break_it}: {found:?}");
    }
}

/// The addresses that a page loads by itself.
fn loaded(body: &str) -> Vec<String> {
    let tag = Regex::new(r#"<(?:link|img|script|iframe|source|use|object|embed|video|audio)(?-u:\b)[^>]*"#)
        .unwrap();
    let address = Regex::new(r#"(?-u:\b)(?:src|href|srcset|data|poster)="([^"]*)""#).unwrap();
    let tags = tag.find_iter(body).map(|tag| tag.as_str());
    tags.flat_map(|tag| {
        address.captures_iter(tag).map(|found| found[1].replace("&#x2f;", "/")).collect::<Vec<_>>()
    })
    .collect()
}

#[tokio::test]
async fn every_page_is_small_with_all_that_it_loads_and_loads_nothing_from_elsewhere() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let preview = ThemePreview::start(directory.path(), &[]);
    let mut browser = Browser::new(&preview.url);
    let (mut sizes, mut heaviest) = (BTreeMap::new(), (0, String::new()));
    for state in states() {
        for language in Language::ALL {
            let page = browser.get(&preview.page(&state, "auto", language.tag())).await;
            let mut bytes = size(&page);
            for address in loaded(&page.body) {
                // What applications load to sign a person out is theirs.
                if state.starts_with("signing_out/") && address.ends_with(".example/out") {
                    continue;
                }
                assert!(address.starts_with(&preview.url), "{state} loads {address}");
                if address.ends_with("/logo.svg") {
                    continue;
                }
                bytes += match sizes.get(&address) {
                    Some(known) => *known,
                    None => {
                        let asset = browser.get(&address).await;
                        assert!(!asset.body.contains("url(") && !asset.body.contains("@import"), "{address}");
                        sizes.insert(address, size(&asset));
                        size(&asset)
                    }
                };
            }
            heaviest = heaviest.max((bytes, format!("{state} in {}", language.tag())));
        }
    }
    eprintln!("the heaviest page: {heaviest:?}");
    assert!(sizes.len() >= 2 && heaviest.0 > 5_000, "{sizes:?}");
    assert!(heaviest.0 <= MAX_BYTES, "{heaviest:?}");
}

/// The bytes of an answer with its headers.
fn size(answer: &crate::support::Answer) -> usize {
    let headers = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    answer.body.len() + headers.sum::<usize>()
}

/// The looks of the pictures: name, width, colour scheme.
const LOOKS: [(&str, u32, &str); 3] =
    [("light", 1280, "light"), ("dark", 1280, "dark"), ("360", 360, "light")];
const LANGUAGES: [&str; 4] = ["en", "de", "ja", "ar"];

#[tokio::test]
#[ignore = "makes pictures: just screenshots"]
async fn screenshots() {
    let Some(chromium) = Chromium::start().await else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    fs::create_dir_all(&folder).expect("a folder");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let preview = ThemePreview::start(directory.path(), &[]);
    let mut index = String::from("<!doctype html><meta charset=utf-8><title>Screenshots</title>\n");
    for state in states() {
        let _ = writeln!(index, "<h2>{state}</h2>");
        for lang in LANGUAGES {
            for (look, width, scheme) in LOOKS {
                chromium.open(&preview.page(&state, scheme, lang)).await;
                let file = format!("{}-{lang}-{look}.png", state.replace('/', "-"));
                fs::write(folder.join(&file), chromium.picture(width).await).expect("a picture");
                let _ = writeln!(
                    index,
                    "<a href={file}><img src={file} height=300 loading=lazy alt=\"{file}\"></a>"
                );
            }
        }
    }
    fs::write(folder.join("index.html"), index).expect("the index");
    pictures_of_the_documentation(&chromium, &preview).await;
}

/// Renews the pictures in docs/images.
async fn pictures_of_the_documentation(chromium: &Chromium, preview: &ThemePreview) {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    for (name, state) in [("consent", "consent/six-scopes"), ("sign-in", "sign_in/plain")] {
        chromium.open(&preview.page(state, "light", "en")).await;
        fs::write(images.join(format!("{name}.png")), chromium.picture(540).await).expect("a picture");
    }
    let demo = Demo::start();
    chromium.open(&demo.application).await;
    chromium.click("sign-in").await;
    chromium.type_into("username", &demo.username).await;
    chromium.type_into("password", &demo.password).await;
    let server = chromium.url().await;
    chromium.click("sign-in").await;
    chromium.click("allow").await;
    chromium.text_of("greeting").await;
    fs::write(images.join("demo.png"), chromium.picture_of(1000, 700).await).expect("a picture");
    let issuer = Url::parse(&server).expect("an address").origin().ascii_serialization();
    chromium.open(&format!("{issuer}/errors/redirect_uri.path_mismatch")).await;
    fs::write(images.join("reason.png"), chromium.picture_of(900, 677).await).expect("a picture");
}
