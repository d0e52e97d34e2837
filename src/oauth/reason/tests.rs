//! What every row of the table has.

use std::collections::HashSet;

use super::*;

#[test]
fn words_are_unique_and_valid_in_a_path() {
    let mut seen = HashSet::new();
    for reason in Reason::ALL {
        let word = reason.word();
        assert!(seen.insert(word), "{word} is used twice");
        assert!(word.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_')), "{word}");
        assert_eq!(Reason::find(word), Some(*reason));
    }
}

#[test]
fn every_row_says_what_happened_who_can_fix_it_and_how() {
    for reason in Reason::ALL {
        for sentence in [reason.what(), reason.fix()] {
            let is_sentence = sentence.len() >= 20 && sentence.starts_with(|c: char| c.is_ascii_uppercase());
            assert!(is_sentence && sentence.ends_with('.'), "{}: {sentence:?}", reason.word());
            assert!(!sentence.contains("  "), "{}: {sentence:?}", reason.word());
        }
        assert!(!reason.who().is_empty(), "{}", reason.word());
    }
}

#[test]
fn every_title_is_short_and_belongs_to_one_page() {
    let mut seen = HashSet::new();
    let codes = ErrorCode::ALL.iter().map(|code| code.title());
    for title in Reason::ALL.iter().map(|reason| reason.title()).chain(codes) {
        assert!(seen.insert(title), "two pages are called {title:?}");
        assert!((10..=60).contains(&title.chars().count()), "{title:?}");
        let is_open = title.ends_with(|c: char| c.is_ascii_alphanumeric());
        assert!(title.starts_with(|c: char| c.is_ascii_uppercase()) && is_open, "{title:?}");
        assert!(!title.contains("  "), "{title:?}");
    }
}

#[test]
fn the_reasons_of_a_subject_follow_each_other() {
    let mut subjects: Vec<&str> = Reason::ALL.iter().map(|reason| reason.subject()).collect();
    subjects.dedup();
    assert_eq!(subjects.iter().collect::<HashSet<_>>().len(), subjects.len(), "{subjects:?}");
}

#[test]
fn the_address_of_the_server_is_always_a_whole_one_that_a_page_can_replace() {
    for reason in Reason::ALL {
        let Example { before, after } = reason.example();
        for text in [before, after] {
            for (at, _) in text.match_indices(ISSUER) {
                let next = text[at + ISSUER.len()..].chars().next();
                assert!(matches!(next, None | Some('/' | '"' | '\n')), "{}: {text}", reason.word());
            }
            assert!(!text.replace(ISSUER, "").contains("id.example.com"), "{}: {text}", reason.word());
        }
        for text in [reason.title(), reason.what(), reason.fix(), reason.command().unwrap_or_default()] {
            assert!(!text.contains("id.example.com"), "{}: {text}", reason.word());
        }
    }
}

#[test]
fn every_row_shows_a_wrong_and_a_right_request_of_made_up_values() {
    for reason in Reason::ALL {
        let Example { before, after } = reason.example();
        assert_ne!(before, after, "{}", reason.word());
        for text in [before, after] {
            assert!(text.len() >= 20 && text == text.trim(), "{}: {text:?}", reason.word());
            let hosts = text
                .split("://")
                .skip(1)
                .filter_map(|rest| rest.split(['/', '?', ':', ' ', '\n', '"']).next());
            for host in hosts {
                let made_up = host.ends_with("example.com") || matches!(host, "127.0.0.1" | "localhost");
                assert!(made_up, "{}: {host}", reason.word());
            }
            for (at, _) in text.match_indices("gac_").chain(text.match_indices("grt_")) {
                assert!(text[at + 4..].starts_with("made-up"), "{}: {text}", reason.word());
            }
        }
    }
}

#[test]
fn related_reasons_are_others_and_listed_once() {
    for reason in Reason::ALL {
        let related = reason.related();
        assert!(!related.contains(reason), "{}", reason.word());
        assert_eq!(related.iter().collect::<HashSet<_>>().len(), related.len(), "{}", reason.word());
        assert!(!related.is_empty(), "{} leads nowhere", reason.word());
    }
}
