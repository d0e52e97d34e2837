//! The states are complete: every branch of every template is taken, and every state is a page in every language.

use std::collections::BTreeSet;

use super::{LOGO, all};
use crate::config::Config;
use crate::face::assets::Assets;
use crate::face::brand::Brand;
use crate::face::language::Language;
use crate::face::templates::{PAGES, Reader, Templates, replaceable};
use crate::face::theme::{OperatorTheme, Replacement};

const ISSUER: &str = "https://id.example.com";

fn templates(options: &[(&str, &str)], replaced: &[Replacement]) -> Templates {
    let brand = Brand::load(&Config::with(options).unwrap().brand, ISSUER).unwrap();
    let unchanged = OperatorTheme::unchanged(ISSUER);
    let theme = OperatorTheme { brand, templates: replaced.to_vec(), ..unchanged };
    Templates::new(ISSUER, &Assets::new(&theme.brand), &theme).unwrap()
}

/// The text of a template in which each branch leaves a mark on the page, and the marks. A condition without an alternative
/// gets one.
fn marked(name: &str, text: &str) -> (String, Vec<String>) {
    let (mut out, mut marks, mut open) = (String::new(), Vec::new(), Vec::<bool>::new());
    let mut mark = |line: usize, what: &str| {
        let mark = format!("\u{1}{name} line {line}, {what}, {}\u{2}", marks.len());
        marks.push(mark.clone());
        mark
    };
    let mut rest = text;
    while let Some(at) = rest.find("{%") {
        let end = at + rest[at..].find("%}").unwrap() + 2;
        let (before, tag) = (&rest[..at], &rest[at..end]);
        out.push_str(before);
        let line = text[..text.len() - rest.len() + at].lines().count();
        let words = tag.trim_matches(['{', '%', '}', '-', ' ']).to_owned();
        match words.split(' ').next().unwrap() {
            "endif" => {
                if !open.pop().unwrap() {
                    out.push_str(&format!("{{% else %}}{}", mark(line, "not")));
                }
                out.push_str(tag);
            }
            word => {
                out.push_str(tag);
                if word == "if" {
                    open.push(false);
                } else if word == "else" && !open.is_empty() {
                    *open.last_mut().unwrap() = true;
                }
                if ["if", "elif", "else"].contains(&word) {
                    out.push_str(&mark(line, &words));
                }
            }
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    (out, marks)
}

#[test]
fn every_branch_of_every_template_is_taken_in_a_state() {
    let (mut replaced, mut wanted) = (Vec::new(), BTreeSet::new());
    for (name, text) in &PAGES {
        let (text, marks) = marked(name, text);
        replaced.push(Replacement { name: (*name).to_owned(), text });
        wanted.extend(marks);
    }
    assert!(wanted.len() > 100, "{}", wanted.len());
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, LOGO).unwrap();
    let logo = logo.to_str().unwrap();
    let brands: [&[(&str, &str)]; 4] = [
        &[],
        &[("brand.support", "mailto:help@example.com"), ("brand.logo", logo)],
        &[("brand.privacy", "https://example.com/privacy")],
        &[
            ("brand.name", "Example"),
            ("brand.logo", logo),
            ("brand.logo_dark", logo),
            ("brand.terms", "https://example.com/terms"),
            ("brand.sentence", "Example Ltd."),
        ],
    ];
    for (brand, here) in brands.into_iter().flat_map(|brand| [(brand, None), (brand, Some("/x"))]) {
        let templates = templates(brand, &replaced);
        for state in all(ISSUER) {
            let reader = Reader { language: Language::English, here };
            let page = templates.render(reader, state.view.as_ref()).unwrap();
            wanted.retain(|mark| !page.contains(mark.as_str()));
        }
    }
    assert!(wanted.is_empty(), "no state takes these branches: {wanted:#?}");
}

#[test]
fn every_state_is_a_page_in_every_language() {
    let templates = templates(&[], &[]).strict();
    let mut names = BTreeSet::new();
    for state in all(ISSUER) {
        let name = format!("{}/{}", state.page, state.name);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
        assert!(name.chars().all(is_plain) && names.insert(name.clone()), "{name}");
        for language in Language::ALL {
            let page = templates.render(Reader { language, here: Some("/x") }, state.view.as_ref());
            let page = page.unwrap_or_else(|error| panic!("{name} in {}: {error:#}", language.tag()));
            assert!(page.contains(&format!("<html lang=\"{}\"", language.tag())), "{name}");
        }
    }
    let shown: BTreeSet<_> = all(ISSUER).iter().map(|state| format!("{}.html", state.page)).collect();
    let pieces = ["layout.html", "parts.html", "ways.html"];
    let missing: Vec<_> =
        replaceable().into_iter().filter(|name| !shown.contains(*name) && !pieces.contains(name)).collect();
    assert!(missing.is_empty(), "templates without a state: {missing:?}");
}

#[test]
fn the_operators_sentence_is_under_the_form_and_nothing_else_is() {
    for (options, sentence) in
        [(&[][..], None), (&[("brand.sentence", "Example Ltd.")][..], Some("Example Ltd."))]
    {
        let templates = templates(options, &[]);
        for state in all(ISSUER) {
            let page =
                templates.render(Reader { language: Language::English, here: None }, state.view.as_ref());
            let page = page.unwrap();
            let (_, footer) = page.split_once("<footer>").unwrap();
            let shown = footer.split_once("<p><bdi>").and_then(|(_, rest)| rest.split("</bdi>").next());
            // Pages that continue by themselves have nothing there.
            let has_footer = !["form_post", "signing_out"].contains(&state.page);
            assert_eq!(shown, sentence.filter(|_| has_footer), "{}/{}", state.page, state.name);
        }
    }
}
