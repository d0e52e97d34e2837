//! Links inside the documentation lead to files and headings that exist.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// The pages: README, CONTRIBUTING and the like at the root, and everything below `docs`.
fn pages() -> Vec<PathBuf> {
    let mut folders = vec![root().join("docs")];
    let mut pages: Vec<_> = entries(&root()).into_iter().filter(|path| is_page(path)).collect();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if is_page(&path) {
                pages.push(path);
            }
        }
    }
    pages
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// A page without its blocks of code.
fn prose(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let mut is_code = false;
    let mut prose = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            prose.push(line.to_owned());
        }
    }
    prose
}

/// The end of a link: its address.
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());
/// A whole link: its text, and its address.
static WHOLE_LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap());

/// The anchor that GitHub gives a heading: small letters and digits, `-` for a space, nothing for other signs.
fn anchor(heading: &str) -> String {
    let text = WHOLE_LINK.replace_all(heading, "$1").to_lowercase();
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The anchors of a page; the second heading with the same words gets `-1`, and so on.
fn anchors(page: &Path) -> Vec<String> {
    let mut seen = HashMap::<String, usize>::new();
    let headings = prose(page).into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let anchor = anchor(line.trim_start_matches('#').trim());
            let count = seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_insert(0);
            if *count == 0 { anchor } else { format!("{anchor}-{count}") }
        })
        .collect()
}

/// What is wrong with a link of a page.
fn fault(page: &Path, link: &str) -> Option<&'static str> {
    let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some("no such file");
    }
    let has_anchor =
        fragment.is_empty() || (is_page(&target) && anchors(&target).iter().any(|it| it == fragment));
    (!has_anchor).then_some("no such heading")
}

#[test]
fn links_inside_the_documentation_lead_somewhere() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for page in pages() {
        let text = prose(&page).join("\n");
        let links = LINK.captures_iter(&text).map(|found| found[1].to_owned());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            count += 1;
            let name = page.strip_prefix(root()).unwrap().display();
            faults.extend(fault(&page, &link).map(|fault| format!("{name}: {link}: {fault}")));
        }
    }
    assert!(count > 50, "{count} links");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_missing_file_and_a_missing_heading_are_noticed() {
    let page = root().join("README.md");
    assert_eq!(fault(&page, "docs/operating.md#backups"), None);
    assert_eq!(fault(&page, "docs/operating.md#no-such-heading"), Some("no such heading"));
    assert_eq!(fault(&page, "docs/no-such-page.md"), Some("no such file"));
    assert_eq!(anchor("Move to PostgreSQL, or from it"), "move-to-postgresql-or-from-it");
}
